package actors

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/rs/zerolog"
)

func TestProtoactorLogsIntoOurs(t *testing.T) {
	var out bytes.Buffer
	log := protoLogger(zerolog.New(&out))(nil)
	log.With("system", "x").WithGroup("ignored").Info("started", slog.Int("n", 1))
	log.Error("bad")
	want := `{"level":"debug","lib":"protoactor","system":"x","n":"1","message":"started"}
{"level":"warn","lib":"protoactor","message":"bad"}
`
	if out.String() != want {
		t.Errorf("logged\n%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	protoLogger(zerolog.New(&out).Level(zerolog.InfoLevel))(nil).Info("quiet")
	if out.Len() > 0 {
		t.Errorf("debugging got out at level info: %s", out.String())
	}
}
