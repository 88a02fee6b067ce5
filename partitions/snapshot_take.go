package partitions

import (
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// taking is what a replica does about snapshots that it is told of.
type taking struct {
	order *fetchOrder // under way; nil: none
	rest  time.Time   // until then none is taken
	// repair is the number under which a damaged replica asks for the log, 0 for a replica that is whole.
	repair uint64
	// swept: nothing is left of earlier transfers. Until then opened is the last entry that the log was opened with.
	swept  bool
	opened uint64
}

// step hands raft a message, but for snapshots that bring what the replica does not have: first their files must be here.
func (r *replica) step(c *actors.Context, m *Step) {
	if m.Message.GetType() == raftpb.MsgSnap && r.host.files != nil && r.takeSnapshot(c, m) {
		return
	}
	if err := r.core.Step(m.Message, m.From, c.Now()); err != nil {
		c.Log().Debug().Err(err).Msg("a raft message was not taken")
	}
}

// takeSnapshot has the files of a snapshot fetched. False: raft is to see it at once, as it brings nothing new.
func (r *replica) takeSnapshot(c *actors.Context, m *Step) bool {
	data, err := decodeSnapshot(m.Message.GetSnapshot().GetData())
	if err == nil && data.manifest.Last != m.Message.GetSnapshot().GetMetadata().GetIndex() {
		err = fmt.Errorf("its files end with entry %d, and it is of %d", data.manifest.Last, m.Message.GetSnapshot().GetMetadata().GetIndex())
	}
	if err != nil {
		c.Log().Error().Err(err).Uint64("member", m.Message.GetFrom()).Msg("a snapshot was not taken")
		return true
	}
	if !r.wants(m.Message, data) {
		return r.core.Damage() != nil
	}
	t := &r.taking
	if c.Now().Before(t.rest) {
		return true
	}
	if t.order != nil && t.order.from == m.From && t.order.data.manifest.Last == data.manifest.Last {
		return true
	}
	order := &fetchOrder{data: data, from: m.From, message: m.Message, to: c.Self()}
	if r.host.files.fetch(r.spec.ID, order) {
		t.order, t.swept = order, false
		c.Log().Info().Int32("from", m.From).Uint64("index", data.manifest.Last).Int64("bytes", data.manifest.Bytes()).
			Msg("fetching the log's files")
	}
	return true
}

// wants reports whether the replica is to be made anew from a snapshot. A damaged one takes only what answers its own request:
// with an older snapshot it could forget what it has acknowledged.
func (r *replica) wants(m *raftpb.Message, data *snapshotData) bool {
	if m.GetTerm() < r.log.HardState().Term {
		return false
	}
	if r.core.Damage() != nil {
		return r.taking.repair != 0 && data.asked == r.taking.repair
	}
	return r.core.Wants(data.manifest.Last, m.GetSnapshot().GetMetadata().GetTerm())
}

// fetched goes on with the files that are here, or says why they are not.
func (r *replica) fetched(c *actors.Context, m *fetched) {
	t := &r.taking
	if m.order != t.order {
		return
	}
	t.order = nil
	if m.err != nil {
		c.Log().Warn().Err(m.err).Msg("the log's files did not come; it is tried again")
		if !errors.Is(m.err, errNotOffered) && !errors.Is(m.err, errStopped) {
			t.rest = c.Now().Add(r.host.ticks(restAfter))
		}
		r.host.files.send(m.order.from, fileFrame{says: gaveUp, id: r.spec.ID, index: m.order.data.manifest.Last, file: r.spec.Self})
		return
	}
	if r.wants(m.order.message, m.order.data) {
		r.install(c, m.order)
	}
	if r.core.Damage() == nil {
		r.step(c, &Step{Message: m.order.message, From: m.order.from})
	}
}

// install puts the files in place of the log, and opens the partition from them.
func (r *replica) install(c *actors.Context, o *fetchOrder) {
	hs, index := hardStateAfter(r.log.HardState(), o.message), o.data.manifest.Last
	r.reopening(msg.Errorf(kerr.NotLeaderForPartition, "partition %s of %s takes over its leader's files; try again", r.spec.ID, r.spec.Topic))
	err := r.host.store.(receiver).Install(r.spec.ID.String(), o.data.manifest, hs)
	if err == nil {
		err = r.open(c)
	}
	if err != nil {
		r.fail(c, fmt.Errorf("installing the log's files up to entry %d: %w", index, err))
	}
	r.taking.repair, r.taking.swept = 0, true
	c.Log().Info().Uint64("index", index).Int32("from", o.from).Msg("the log's files were fetched and are in place")
}

// hardStateAfter is the hard state of a replica that a snapshot brings to the term of its sender: no vote is forgotten, and all of
// the snapshot is committed.
func hardStateAfter(hs wal.HardState, m *raftpb.Message) wal.HardState {
	if m.GetTerm() > hs.Term {
		hs.Term, hs.Vote = m.GetTerm(), 0
	}
	hs.Commit = m.GetSnapshot().GetMetadata().GetIndex()
	return hs
}

// reopening closes the log to open another one in its place.
func (r *replica) reopening(why error) {
	r.close(why)
	r.published = msg.State{Leader: msg.NoNode, Err: why}
}

// sweep deletes what is left of a transfer once the replica gets entries again, and can do without.
func (r *replica) sweep(c *actors.Context) {
	t := &r.taking
	if t.swept || t.order != nil || r.host.files == nil || r.core.Damage() != nil || r.log.LastIndex() == t.opened {
		return
	}
	if store, ok := r.host.store.(receiver); ok {
		if err := store.Discard(r.spec.ID.String()); err != nil {
			c.Log().Warn().Err(err).Msg("what is left of a transfer could not be deleted")
		}
	}
	t.swept = true
}
