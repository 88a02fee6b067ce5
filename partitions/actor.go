package partitions

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// replica is the actor round a Core: it moves messages, and owns the log. One lives from an opening of the log to its
// closing; after a failure there is another one.
type replica struct {
	host *Host
	*hosted

	log  Log
	core *Core
	// mu is held while the core's producers may change, for the views that list them. It is never held during I/O.
	mu sync.Mutex

	waiters   waiters
	commits   heldCommits
	synced    *synced
	published msg.State
	finishing *finish
	listing   atomic.Pointer[listing] // the group's members, at a leader
	ticks     int
	ticking   bool // a tick is on its way
	standing  bool // a stand is
	// recovering: an unsafe recovery is being made durable, and the core knows nothing of it.
	recovering bool
	offers     offers
	taking     taking
	// inside is true while a message is handled. Stopped finds it true after a panic, when the core can't be trusted.
	inside bool
}

var _ actors.Actor = (*replica)(nil)

// Started recovers the partition from its log. The only voter of a group leads it at once.
func (r *replica) Started(c *actors.Context) error {
	r.inside = true
	if err := r.open(c); err != nil {
		r.close(msg.Errorf(kerr.KafkaStorageError, "%v", err))
		return err
	}
	r.drain(c)
	if r.core.Damage() != nil {
		c.Log().Error().Err(r.core.Damage()).Msg("the partition is damaged")
		r.askForRepair(c)
	} else if r.core.Only() {
		if err := r.core.Campaign(); err != nil {
			return fmt.Errorf("electing the only voter: %w", err)
		}
		r.drain(c)
	}
	r.stand(c, r.core.Opened())
	r.pace(c)
	c.After(r.host.o.RetentionInterval, &msg.Retain{})
	r.inside = false
	return nil
}

func (r *replica) open(c *actors.Context) (err error) {
	if err = r.openLog(c); err != nil {
		return fmt.Errorf("opening the log of partition %s of %s: %w", r.spec.ID, r.spec.Topic, err)
	}
	r.synced = newSynced(c.Self())
	r.taking.opened = r.log.LastIndex()
	r.watchLog(c)
	r.core, err = r.newCore(c)
	return err
}

func (r *replica) newCore(c *actors.Context) (*Core, error) {
	return NewCore(CoreConfig{
		Spec:           *r.spec,
		Log:            r.log,
		Owner:          r.owner(),
		Room:           r.host.store.Room,
		Frames:         &r.host.frames,
		Snapshots:      r.snapshots(),
		Echo:           r.host.echo(),
		TickInterval:   r.host.o.TickInterval,
		ProducerExpiry: r.host.o.ProducerExpiry,
		Logger:         *c.Log(),
	}, c.Now())
}

// pace keeps raft's clock going while the core needs it.
func (r *replica) pace(c *actors.Context) {
	if !r.ticking && r.core.Ticking() {
		r.ticking = true
		c.After(r.host.o.TickInterval, tick{})
	}
}

// Receive hands a message to the core. What it makes of them is done in Idle.
func (r *replica) Receive(c *actors.Context, m msg.Message) {
	if r.putOff(m) {
		return
	}
	r.inside = true
	switch m := m.(type) {
	case *msg.Append:
		r.append(m)
	case *msg.Wait:
		r.waiters.add(m, &r.published)
	case *synced:
		r.durable(c, m)
	case *msg.DeleteRecords:
		r.core.DeleteRecords(m)
	case *msg.Configure:
		r.spec.Config = m.Config
		r.core.Config = m.Config
	case *msg.Retain:
		r.core.Retain(c.Now())
		r.sweep(c)
		c.After(r.host.o.RetentionInterval, m)
	case *Step:
		r.step(c, m)
	case *said:
		r.about(c, m)
	case *fetched:
		r.fetched(c, m)
	case offersDue:
		r.watchOffers(c)
	case repairDue:
		r.repair(c)
	case rotten:
		r.quarantine(c)
	case *msg.Assign:
		r.assign(c, m)
	case *msg.RecoverUnsafe:
		r.recoverUnsafe(c, m)
	case *recovered:
		r.reopen(c, m)
	case *msg.Transfer:
		r.core.Transfer(m, c.Now())
	case *msg.DescribePartition:
		r.describe(m)
	case peerDown:
		r.stand(c, r.core.PeerDown(m.node, c.Now()))
	case peerUp:
		r.stand(c, r.core.PeerUp(m.node, c.Now()))
	case stand:
		r.standing = false
		if r.core.Stand() && m.tries > 1 {
			r.standAfter(c, standAgain, m.tries-1)
		}
	case tick:
		r.ticking = false
		r.core.Tick(c.Now())
		r.tell(c.Now())
	case commitsDue:
		r.tellCommits()
	case *finish:
		r.finishing = m
	default:
		c.Log().Error().Type("message", m).Msg("a partition does not know this message")
	}
	r.inside = false
}

func (r *replica) append(a *msg.Append) {
	if r.finishing != nil {
		a.Refuse(msg.Errorf(kerr.NotLeaderForPartition, "appending to partition %s of %s: the node is stopping; nothing was appended, look up the leader and try again",
			r.spec.ID, r.spec.Topic))
		return
	}
	r.core.Append(a)
}

// durable passes on what the syncer reported. A report to an earlier incarnation concerns a log that is closed.
func (r *replica) durable(c *actors.Context, s *synced) {
	if s != r.synced {
		return
	}
	n, err := s.take()
	if err != nil {
		r.fail(c, fmt.Errorf("syncing the log: %w", err))
	}
	r.core.Durable(n)
}

// Idle proposes all that waits in as few frames as possible, and does what the core wants done.
func (r *replica) Idle(c *actors.Context) {
	if r.recovering {
		return
	}
	r.inside = true
	r.drain(c)
	for r.core.CanPropose() {
		r.mu.Lock()
		r.core.Propose(c.Now())
		r.mu.Unlock()
		r.drain(c)
	}
	if r.finishing != nil && !r.core.Busy() {
		done := r.finishing.done
		r.finishing.done = func() {}
		done()
	}
	r.pace(c)
	r.paceCommits(c)
	r.inside = false
}

// drain does what the core wants done, until that is nothing.
func (r *replica) drain(c *actors.Context) {
	for r.core.HasReady() {
		rd, err := r.ready(c.Now())
		if err != nil && r.quarantine(c) {
			break
		}
		if err == nil {
			err = r.write(c, rd)
		}
		if err != nil {
			r.fail(c, err)
		}
		r.core.Written()
	}
	r.publish(c.Now())
	r.core.Answer()
}

// ready is the core's Ready. Raft panics when it can't read what it is to apply; where the log is damaged, that is an error.
func (r *replica) ready(now time.Time) (rd Ready, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() {
		if damage := r.log.Damage(); len(damage) > 0 {
			if raised := recover(); raised != nil {
				err = fmt.Errorf("applying what the log holds: %v", raised)
			}
		}
	}()
	return r.core.Ready(now)
}

// write does what a Ready asks for, in its order.
func (r *replica) write(c *actors.Context, rd Ready) error {
	if t := r.host.o.Transport; t != nil && len(rd.Messages) > 0 {
		for _, m := range rd.Messages {
			if r.commits.holds(m) {
				continue
			}
			t.Send(r.core.NodeOf(m.GetTo()), r.spec.ID, []*raftpb.Message{m})
			if m.GetType() == raftpb.MsgSnap {
				r.told(c, m)
			}
		}
	}
	if err := r.appendFrames(rd); err != nil {
		return err
	}
	r.sign(rd)
	switch rd.Sync {
	case SyncNow:
		r.log.Sync(rd.HardState, r.synced.done)
	case SyncLater:
		r.log.SyncLater(rd.HardState)
	}
	if rd.Roll {
		if err := r.log.Roll(); err != nil {
			return fmt.Errorf("rolling the log: %w", err)
		}
	}
	if rd.State != nil {
		r.log.SaveState(rd.StateIndex, rd.State)
	}
	if rd.Moved != nil && r.host.o.Moved != nil {
		r.host.o.Moved(r.spec.ID, rd.Moved, rd.Move)
	}
	if rd.Recovered != nil && r.host.o.Recovered != nil {
		r.host.o.Recovered(r.spec.ID, *rd.Recovered)
	}
	if rd.Lost && r.host.o.Lost != nil {
		r.host.o.Lost(r.spec.ID, r.spec.Self)
	}
	if rd.DropBelow > 0 {
		if _, err := r.log.DropHead(rd.DropBelow); err != nil {
			// Nothing is lost but room on the disk, and the next round tries again.
			c.Log().Warn().Err(err).Int64("below", rd.DropBelow).Msg("files that retention has freed could not be deleted")
		}
	}
	return nil
}

func (r *replica) appendFrames(rd Ready) error {
	if len(rd.Frames) == 0 {
		return nil
	}
	if rd.First <= r.log.LastIndex() {
		if err := r.log.TruncateBack(rd.First - 1); err != nil {
			return fmt.Errorf("truncating the log behind entry %d: %w", rd.First-1, err)
		}
	}
	if err := r.log.Append(rd.First, rd.Frames); err != nil {
		return fmt.Errorf("appending %d entries from %d on to the log: %w", len(rd.Frames), rd.First, err)
	}
	return nil
}

// publish shows readers how the partition stands, if that has changed, and wakes those who wait for it.
func (r *replica) publish(now time.Time) {
	s := r.core.State(now)
	old := &r.published
	moved := s.HighWatermark != old.HighWatermark
	turned := s.Role != old.Role || s.Leader != old.Leader || s.Epoch != old.Epoch || s.LogStart != old.LogStart || old.Err != nil ||
		!slices.Equal(s.InSync, old.InSync) || !slices.Equal(s.Replicas, old.Replicas)
	if !moved && !turned {
		return
	}
	if turned {
		r.host.counters.turned(old, &s)
	}
	s.Size = r.log.Size()
	if !r.core.Only() {
		s.Err = r.core.Damage()
	}
	if r.published = s; turned {
		r.list(now)
	}
	r.show(&view{
		id: r.spec.ID, topic: r.spec.Topic, state: s, now: r.host.o.System.Clock().Now, reader: r.log.Reader(),
		producers: r.producers, members: r.members,
	})
	if turned {
		r.waiters.wakeAll()
		r.host.led(r.hosted)
		if r.host.o.Turned != nil {
			r.host.o.Turned(r.spec.ID, &r.published)
		}
	} else {
		r.waiters.passed(s.HighWatermark)
	}
}

func (r *replica) producers() []msg.ProducerState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.core.Producers()
}

// fail ends this incarnation: everything under way is answered, and the log is recovered anew. It does not return.
func (r *replica) fail(c *actors.Context, err error) {
	r.close(msg.Errorf(kerr.KafkaStorageError, "partition %s of %s: %v; whether what was under way is appended is unknown; try again", r.spec.ID, r.spec.Topic, err))
	c.Fail(err)
}

// Stopped answers what is under way, saves the state if it can be trusted, and lets go of the log.
func (r *replica) Stopped(c *actors.Context) {
	if r.host.files != nil {
		r.host.files.stopFetching(r.spec.ID)
	}
	if r.log == nil {
		return
	}
	if !r.inside && r.core.Damage() == nil {
		if err := r.save(); err != nil {
			c.Log().Error().Err(err).Msg("the partition's state could not be saved; recovery will replay the log")
		}
	}
	r.close(msg.Errorf(kerr.NotLeaderForPartition, "partition %s of %s stops here; whether what was under way is appended is unknown; look up the leader and try again", r.spec.ID, r.spec.Topic))
	if f := r.finishing; f != nil {
		f.done()
	}
}

func (r *replica) save() error {
	hs := r.core.HardState()
	r.log.SyncLater(&hs)
	index, state, err := r.core.Snapshot()
	if err == nil && state != nil {
		r.log.SaveState(index, state)
	}
	return err
}

// close answers everything with err, which from now on is what the view says, and closes the log. It may be called twice.
func (r *replica) close(err error) {
	r.show(closedView(*r.spec, err))
	if r.core != nil {
		r.core.Abort(err)
		r.core.Answer()
	}
	r.waiters.wakeAll()
	if r.log == nil {
		return
	}
	if r.host.files != nil {
		r.host.files.closeOffers(r.spec.ID, func(*heldOffer) bool { return true })
	}
	if cerr := r.log.Close(); cerr != nil {
		r.host.o.Log.Error().Err(cerr).Stringer("partition", r.spec.ID).Msg("the log could not be closed")
	}
	r.log = nil
}

var _ Log = diskLog{(*wal.Log)(nil)}
