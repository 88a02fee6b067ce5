package fabric

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// patience is how long a request waits for its answer.
const patience = 10 * time.Second

// Send takes m for the actor of that name on that node. msg.ErrStopped means that there is no way to the node,
// msg.ErrMailboxFull that too much waits for answers already; any other error that m can't travel to such an actor at all.
func (f *Fabric) Send(node msg.NodeID, name string, m msg.Message) error {
	q, kind := f.known.of(m)
	if kind == nil || !kind.to(name) || len(name) > maxName {
		return fmt.Errorf("sending a %T to actor %s of node %d: such a message does not travel there", m, name, node)
	}
	body, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("encoding a %s for actor %s of node %d: %w", kind.name, name, node, err)
	}
	w := &waiting{node: node, actor: name, request: q, kind: kind, bytes: len(body)}
	if err := f.pending.add(w, patience, f.late); err != nil {
		return err
	}
	ask := frame{kind: frameAsk, epoch: f.epoch, id: w.id, actor: name, name: kind.name, version: kind.version, body: body}
	if f.carry(node, ask.encode()) || f.pending.take(w.id, node) == nil {
		return nil // under way, or refused already by somebody else
	}
	return msg.ErrStopped
}

// late refuses a request whose answer has not come in time.
func (f *Fabric) late(w *waiting) {
	f.complete(w, unknown(w, fmt.Sprintf("did not answer within %v", patience)))
}

// PeerDown refuses what is pending at a node that is known to be dead, or out of reach.
func (f *Fabric) PeerDown(node msg.NodeID) {
	for _, w := range f.pending.takeAll(func(w *waiting) bool { return w.node == node }) {
		f.complete(w, unknown(w, "was lost before it answered"))
	}
}

// Close refuses everything that is pending. From then on nothing is taken.
func (f *Fabric) Close() {
	for _, w := range f.pending.close() {
		f.complete(w, unknown(w, "had not answered when this node stopped"))
	}
}

// unknown is the answer to a request of which nobody knows what became of it.
func unknown(w *waiting, why string) error {
	return msg.Errorf(kerr.RequestTimedOut, "node %d %s: %s to actor %s, whose outcome is unknown", w.node, why, w.kind.name, w.actor)
}

// complete answers a request that was taken out of the table. What is called with the answer belongs to the sender: should it
// panic, neither the bus nor the link suffers.
func (f *Fabric) complete(w *waiting, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			f.log.Error().Str("panic", fmt.Sprint(reason)).Bytes("stack", debug.Stack()).Msg("panic while answering a " + w.kind.name)
		}
	}()
	w.request.Slot().Answer(err)
}
