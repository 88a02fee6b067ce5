package partitions

import (
	"fmt"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// A damaged replica that is not alone takes no part in its group: it neither votes nor acknowledges. It keeps what it has, and
// asks the other members for the log until it has another one:
//
//	member   asks all others, under a number of its own, every repairEvery
//	leader   remembers the end of its log as it was when it heard of that number first; when it has applied all up to there, it
//	         offers its log to the member, by a snapshot that bears the number
//	member   takes that snapshot, and no other
//
// Whatever the member has acknowledged, to this leader or to one before, lies before the end of the log as the leader had it when
// it heard of the number: the member has acknowledged nothing since. So it forgets nothing, and may vote again.

// repairDue reminds a damaged replica to ask.
type repairDue struct{}

func (repairDue) Bytes() int { return 0 }

// rotten tells the actor that a reader has found damage in the log.
type rotten struct{ damage wal.Damage }

func (rotten) Bytes() int { return 0 }

// repairAsked is what a leader knows of a member's request.
type repairAsked struct {
	number, term uint64 // term is the leader's own
	end          uint64 // index of the last entry when the number was first heard in that term
	last         time.Time
}

// watchLog has the actor told of damage that readers find.
func (r *replica) watchLog(c *actors.Context) {
	if l, ok := r.log.(interface{ OnDamage(func(wal.Damage)) }); ok {
		self := c.Self()
		l.OnDamage(func(d wal.Damage) {
			_ = self.Post(rotten{d}) // one that has stopped finds it again
		})
	}
}

// quarantine makes a replica that was whole a damaged one, and reports whether it did. One without which the others have no majority
// goes on: nobody could repair it.
func (r *replica) quarantine(c *actors.Context) bool {
	if r.host.files == nil || r.core.Damage() != nil || len(r.log.Damage()) == 0 || !r.core.Dispensable() {
		return false
	}
	core, err := r.newCore(c)
	if err != nil {
		r.fail(c, fmt.Errorf("opening the damaged log %s: %w", r.spec.ID, err))
	}
	r.core.Abort(core.Damage())
	r.core.Answer()
	r.mu.Lock()
	r.core = core
	r.mu.Unlock()
	r.synced = newSynced(c.Self()) // what was asked for until now concerns the old core
	r.askForRepair(c)
	return true
}

// askForRepair begins to ask, if the replica is damaged and others may help.
func (r *replica) askForRepair(c *actors.Context) {
	if r.core.Damage() == nil || r.core.Lost() || r.core.Only() || r.host.files == nil {
		return
	}
	c.Log().Error().Err(r.core.Damage()).Msg("the partition is damaged here: this replica stops voting and fetches the log from its leader")
	r.taking.repair = uint64(c.Now().UnixNano())
	r.repair(c)
}

// repair asks all other members, unless an answer is being fetched.
func (r *replica) repair(c *actors.Context) {
	if r.taking.repair == 0 || r.core.Damage() == nil {
		return
	}
	c.After(r.host.ticks(repairEvery), repairDue{})
	if r.taking.order != nil || c.Now().Before(r.taking.rest) {
		return
	}
	for _, node := range r.core.Nodes() {
		if node != r.host.o.Node {
			r.host.files.send(node, fileFrame{says: wantRepair, id: r.spec.ID, index: r.taking.repair, file: r.spec.Self, at: r.log.HardState().Term})
		}
	}
}

// about handles what another node says about this partition's files.
func (r *replica) about(c *actors.Context, m *said) {
	switch m.says {
	case gaveUp:
		r.memberGaveUp(m.file, m.index)
	case wantRepair:
		r.repairMember(c, m)
	}
}

// followNoMore makes a follower look for another leader when its own says that it is damaged. A group at rest would not notice.
func (r *replica) followNoMore(c *actors.Context, m *said) {
	if r.core.role != msg.Leader {
		r.stand(c, r.core.PeerDown(m.from, c.Now()))
	}
}

// repairMember offers the log to a damaged member, once it reaches as far as the member may have acknowledged.
func (r *replica) repairMember(c *actors.Context, m *said) {
	if r.core.Damage() != nil {
		return
	}
	end, ok := r.core.RepairedBy(m.file, m.at)
	if !ok {
		r.followNoMore(c, m)
		return
	}
	if r.offers.repairs == nil {
		r.offers.repairs = map[uint64]repairAsked{}
	}
	asked := r.offers.repairs[m.file]
	if term := r.log.HardState().Term; asked.number != m.index || asked.term != term {
		asked = repairAsked{number: m.index, term: term, end: end}
	}
	asked.last = c.Now()
	r.offers.repairs[m.file] = asked
	if r.core.Applied() < asked.end {
		return
	}
	s, err := r.offer(asked.end)
	if err != nil {
		return
	}
	data := *r.offers.data
	data.asked = asked.number
	message := r.core.Offered(m.file, &raftpb.Snapshot{Metadata: s.GetMetadata(), Data: data.encode()})
	r.told(c, message)
	if t := r.host.o.Transport; t != nil {
		t.Send(m.from, r.spec.ID, []*raftpb.Message{message})
	}
}
