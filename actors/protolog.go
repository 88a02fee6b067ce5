package actors

import (
	"context"
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"
)

// protoLogger makes protoactor log into our log instead of to the console. What it calls information is our debugging;
// what it finds worse is a warning, as failures of actors are logged where they are handled.
func protoLogger(log zerolog.Logger) func(*actor.ActorSystem) *slog.Logger {
	return func(*actor.ActorSystem) *slog.Logger {
		return slog.New(slogBridge{log.With().Str("lib", "protoactor").Logger()})
	}
}

// slogBridge is a slog.Handler that writes to zerolog.
type slogBridge struct{ log zerolog.Logger }

func bridged(l slog.Level) zerolog.Level {
	if l >= slog.LevelWarn {
		return zerolog.WarnLevel
	}
	return zerolog.DebugLevel
}

func (b slogBridge) Enabled(_ context.Context, l slog.Level) bool {
	return b.log.GetLevel() <= bridged(l) && zerolog.GlobalLevel() <= bridged(l)
}

func (b slogBridge) Handle(_ context.Context, r slog.Record) error {
	event := b.log.WithLevel(bridged(r.Level))
	r.Attrs(func(a slog.Attr) bool {
		event.Str(a.Key, a.Value.String())
		return true
	})
	event.Msg(r.Message)
	return nil
}

func (b slogBridge) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := b.log.With()
	for _, a := range attrs {
		with = with.Str(a.Key, a.Value.String())
	}
	return slogBridge{with.Logger()}
}

// WithGroup ignores groups: protoactor has none.
func (b slogBridge) WithGroup(string) slog.Handler { return b }
