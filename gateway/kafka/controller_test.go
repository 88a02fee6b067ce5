package kafka

import (
	"errors"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestAMessageLeavesTheCodeToTheClient(t *testing.T) {
	coded := msg.Errorf(kerr.InvalidConfig, "retention.ms: soon is no number")
	for _, c := range []struct {
		err  error
		want string
	}{
		{coded, "retention.ms: soon is no number"},
		{fmt.Errorf("altering orders: %w", coded), "altering orders: retention.ms: soon is no number"},
		{errors.New("plain"), "plain"},
	} {
		if got := errorText(c.err); got == nil || *got != c.want {
			t.Errorf("%v is shown as %v, want %q", c.err, got, c.want)
		}
	}
	if errorText(nil) != nil {
		t.Error("no error has a message")
	}
}
