package partitions

import (
	"fmt"

	"github.com/rs/zerolog"
	"go.etcd.io/raft/v3"
)

// raftLogger hands raft's own lines to the partition's logger, at debug level but for errors. Raft panics when something is
// wrong that it can't go on with; the actor is then opened again through recovery.
type raftLogger struct{ zerolog.Logger }

var _ raft.Logger = raftLogger{}

func (l raftLogger) Debug(v ...any)                   { l.line(zerolog.TraceLevel, v) }
func (l raftLogger) Debugf(format string, v ...any)   { l.linef(zerolog.TraceLevel, format, v) }
func (l raftLogger) Info(v ...any)                    { l.line(zerolog.DebugLevel, v) }
func (l raftLogger) Infof(format string, v ...any)    { l.linef(zerolog.DebugLevel, format, v) }
func (l raftLogger) Warning(v ...any)                 { l.line(zerolog.DebugLevel, v) }
func (l raftLogger) Warningf(format string, v ...any) { l.linef(zerolog.DebugLevel, format, v) }
func (l raftLogger) Error(v ...any)                   { l.line(zerolog.ErrorLevel, v) }
func (l raftLogger) Errorf(format string, v ...any)   { l.linef(zerolog.ErrorLevel, format, v) }
func (l raftLogger) Fatal(v ...any)                   { l.Panic(v...) }
func (l raftLogger) Fatalf(format string, v ...any)   { l.Panicf(format, v...) }
func (l raftLogger) Panic(v ...any)                   { panic("raft: " + fmt.Sprint(v...)) }
func (l raftLogger) Panicf(format string, v ...any)   { panic("raft: " + fmt.Sprintf(format, v...)) }

func (l raftLogger) line(level zerolog.Level, v []any) {
	if l.GetLevel() <= level {
		l.WithLevel(level).Msg("raft: " + fmt.Sprint(v...))
	}
}

func (l raftLogger) linef(level zerolog.Level, format string, v []any) {
	if l.GetLevel() <= level {
		l.WithLevel(level).Msg("raft: " + fmt.Sprintf(format, v...))
	}
}
