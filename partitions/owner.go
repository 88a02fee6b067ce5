package partitions

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// owned is a Log that keeps whose it is. *wal.Log is one; of another it is not known.
type owned interface {
	Owner() wal.Owner
	SetOwner(wal.Owner)
}

func (r *replica) owner() wal.Owner {
	if l, ok := r.log.(owned); ok {
		return l.Owner()
	}
	return wal.Owner{}
}

// sign makes the log say whose it is, with the sync that follows.
func (r *replica) sign(rd Ready) {
	if l, ok := r.log.(owned); ok && rd.Owner != nil {
		l.SetOwner(*rd.Owner)
	}
}

// openLog opens the replica's log. That of an earlier replica on this node, which was given up, is dropped: what it has acknowledged and
// for whom it has voted must not be taken for this one's.
func (r *replica) openLog(c *actors.Context) (err error) {
	name := r.spec.ID.String()
	if r.log, err = r.host.store.Open(name); err != nil {
		return err
	}
	past := r.owner().Replica
	if past == 0 || past >= r.spec.Self {
		return nil
	}
	c.Log().Warn().Uint64("dropped", past).Uint64("replica", r.spec.Self).Msg("the log here is that of a replica that was given up; it is dropped, and the new one gets its leader's")
	if err := r.log.Close(); err != nil {
		return err
	}
	r.log = nil
	if err := r.host.store.Remove(name); err != nil {
		return err
	}
	if r.log, err = r.host.store.Open(name); err != nil {
		return err
	}
	r.sign(Ready{Owner: &wal.Owner{Replica: r.spec.Self}})
	r.log.Sync(nil, func(error) {}) // one that fails ends the node
	return nil
}

// assign takes what the group's members are to be. Where another replica is to stand here than this one, it becomes that.
func (r *replica) assign(c *actors.Context, a *msg.Assign) {
	if a.Self > r.spec.Self {
		r.reopening(msg.Errorf(kerr.NotLeaderForPartition, "partition %s of %s: its replica here is replaced; try again", r.spec.ID, r.spec.Topic))
		if r.host.files != nil {
			r.host.files.stopFetching(r.spec.ID)
		}
		r.taking, r.offers = taking{}, offers{}
		r.spec.Self = a.Self
		if err := r.open(c); err != nil {
			r.fail(c, err)
		}
	}
	r.core.Assign(a, c.Now())
}
