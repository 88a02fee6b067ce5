package link

import (
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestAKindHasOneHandler(t *testing.T) {
	l := New(options(1))
	defer l.Close()
	l.Handle(Files, func(msg.NodeID, []byte) {})
	defer func() {
		if recover() == nil {
			t.Error("a second handler took the place of the first")
		}
	}()
	l.Handle(Files, func(msg.NodeID, []byte) {})
}
