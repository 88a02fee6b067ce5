package partitions

import (
	"fmt"
	"slices"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// offers are what a replica that leads has offered to other members. They outlive its leadership: what is in them is
// committed.
type offers struct {
	// newest is told to the next member that needs a snapshot, unless the log has gone far beyond it.
	newest *raftpb.Snapshot
	data   *snapshotData
	// sent are the snapshots that members were told of and have not taken yet, by raft id.
	sent map[uint64]sentSnapshot
	// repairs are the damaged members that have asked, by raft id.
	repairs  map[uint64]repairAsked
	watching bool // an offersDue is on its way
}

type sentSnapshot struct {
	index uint64
	to    msg.NodeID
	at    time.Time
}

// offersDue reminds a replica to look after its offers.
type offersDue struct{}

func (offersDue) Bytes() int { return 0 }

// offerStale is how many entries the log may go beyond an offer that is told to another member.
const offerStale = 10_000

// offerable is a log whose files can be offered.
type offerable interface {
	Offer(index uint64, state []byte) (*wal.Offer, error)
}

// snapshots makes raft's snapshots, if the log has files and the node links to send them over; else nil.
func (r *replica) snapshots() func() (*raftpb.Snapshot, error) {
	if _, ok := r.log.(offerable); !ok || r.host.files == nil {
		return nil
	}
	return func() (*raftpb.Snapshot, error) { return r.offer(0) }
}

// offer holds the log up to the last entry applied, and describes it in a raft snapshot. An offer that is held already will do if
// it is not older than the entry at floor.
func (r *replica) offer(floor uint64) (*raftpb.Snapshot, error) {
	o, applied := &r.offers, r.core.Applied()
	if s := o.newest; s != nil {
		index := s.GetMetadata().GetIndex()
		if index >= floor && index+offerStale >= applied && index+1 >= r.log.FirstIndex() && r.host.files.holds(offerKey{r.spec.ID, index}) {
			return s, nil
		}
	}
	meta, state, err := r.core.SnapshotNow()
	var held *wal.Offer
	if err == nil {
		held, err = r.log.(offerable).Offer(meta.GetIndex(), state)
	}
	if err != nil {
		r.core.Logger.Error().Err(err).Msg("the log could not be offered to a member that needs it")
		return nil, raft.ErrSnapshotTemporarilyUnavailable
	}
	r.host.files.hold(offerKey{r.spec.ID, meta.GetIndex()}, held)
	o.data = &snapshotData{manifest: held.Manifest}
	o.newest = &raftpb.Snapshot{Metadata: meta, Data: o.data.encode()}
	return o.newest, nil
}

// told notes that a member is told of a snapshot.
func (r *replica) told(c *actors.Context, m *raftpb.Message) {
	if r.offers.sent == nil {
		r.offers.sent = map[uint64]sentSnapshot{}
	}
	meta := m.GetSnapshot().GetMetadata()
	r.offers.sent[m.GetTo()] = sentSnapshot{meta.GetIndex(), r.core.NodeOf(m.GetTo()), c.Now()}
	c.Log().Info().Uint64("member", m.GetTo()).Int32("node", r.core.NodeOf(m.GetTo())).Uint64("index", meta.GetIndex()).
		Msg("a member is sent the log's files")
	if !r.offers.watching {
		r.offers.watching = true
		c.After(r.host.ticks(watchOffers), offersDue{})
	}
}

// watchOffers gives up on members that take nothing any more, so that raft begins anew, and lets go of what nobody takes.
func (r *replica) watchOffers(c *actors.Context) {
	now := c.Now()
	for _, id := range sortedKeys(r.offers.sent) {
		s := r.offers.sent[id]
		quiet := now.Sub(later(s.at, r.host.files.seen(offerKey{r.spec.ID, s.index}, s.to))) > r.host.ticks(stuckAfter)
		switch {
		case quiet:
			r.core.SnapshotFailed(id)
			fallthrough
		case !r.core.Snapshotting(id) && r.offers.repairs[id].number == 0:
			delete(r.offers.sent, id)
		}
	}
	for id, asked := range r.offers.repairs {
		if now.Sub(asked.last) > r.host.ticks(stuckAfter) {
			delete(r.offers.repairs, id)
		}
	}
	r.offers.watching = r.host.files.letGo(r.spec.ID, now)
	if r.offers.watching {
		c.After(r.host.ticks(watchOffers), offersDue{})
	}
}

// memberGaveUp takes a member's word that it takes no more of a snapshot.
func (r *replica) memberGaveUp(id, index uint64) {
	if s, ok := r.offers.sent[id]; ok && s.index == index {
		r.core.SnapshotFailed(id)
		delete(r.offers.sent, id)
	}
}

func sortedKeys[V any](m map[uint64]V) []uint64 {
	keys := make([]uint64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// hold keeps an offer until letGo lets go of it.
func (f *files) hold(key offerKey, o *wal.Offer) {
	f.mu.Lock()
	old := f.offers[key]
	f.offers[key] = &heldOffer{Offer: o, takers: map[msg.NodeID]taker{}}
	f.mu.Unlock()
	if old != nil {
		old.Close()
	}
}

func (f *files) holds(key offerKey) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.offers[key] != nil
}

// seen is when a node last wanted something of an offer.
func (f *files) seen(key offerKey, by msg.NodeID) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if held := f.offers[key]; held != nil {
		return held.takers[by].seen
	}
	return time.Time{}
}

// letGo closes the offers of a partition that nobody has wanted anything of for a while, and those that were held too long. It
// reports whether any is left.
func (f *files) letGo(id msg.TopicPartition, now time.Time) (left bool) {
	return f.closeOffers(id, func(h *heldOffer) bool {
		if h.made.IsZero() {
			h.made = now
		}
		last := h.made
		for _, t := range h.takers {
			last = later(last, t.seen)
		}
		return now.Sub(last) > f.host.ticks(2*stuckAfter) || now.Sub(h.made) > offerFor
	})
}

// closeOffers closes the offers of a partition that over says it of, and reports whether any is left.
func (f *files) closeOffers(id msg.TopicPartition, over func(*heldOffer) bool) (left bool) {
	f.mu.Lock()
	var closing []*heldOffer
	for key, held := range f.offers {
		if key.id != id {
			continue
		}
		if over(held) {
			closing = append(closing, held)
			delete(f.offers, key)
		} else {
			left = true
		}
	}
	f.mu.Unlock()
	for _, held := range closing {
		held.Close()
	}
	return left
}

// moved says how much of a partition's files a member has: this node's own as it fetches them, another's as it asks for them. ""
// where nothing moves.
func (h *Host) moved(id msg.TopicPartition, node msg.NodeID, self bool) string {
	f := h.files
	if f == nil {
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if t := f.fetching[id]; t != nil && self {
		return fmt.Sprintf("fetching %d%%", t.Here*100/max(t.Bytes, 1))
	}
	var last taker
	var of int64
	for key, held := range f.offers {
		if t, ok := held.takers[node]; ok && key.id == id && t.seen.After(last.seen) {
			last, of = t, held.Manifest.Bytes()
		}
	}
	if self || last.seen.IsZero() {
		return ""
	}
	return fmt.Sprintf(" %d%%", last.here*100/max(of, 1))
}
