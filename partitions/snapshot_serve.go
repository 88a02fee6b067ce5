package partitions

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// files are a node's transfers, in both directions. Safe for concurrent use.
type files struct {
	host  *Host
	links FileLinks
	limit *rate.Limiter // of what is asked for and what is served, together; nil: none
	serve actors.Ref

	mu     sync.Mutex
	offers map[offerKey]*heldOffer
	// fetching are the transfers to this node, also those that wait for their turn.
	fetching map[msg.TopicPartition]*Transfer
	running  int
}

// offerKey names an offer: a partition, and the last entry in it.
type offerKey struct {
	id    msg.TopicPartition
	index uint64
}

// heldOffer is an offer that this node's replica, a leader, holds for others.
type heldOffer struct {
	*wal.Offer
	made   time.Time
	takers map[msg.NodeID]taker
}

// taker is how far a node has come with an offer.
type taker struct {
	seen time.Time // when it last wanted something
	here int64     // bytes it has, as it asks for those behind them
}

// newFiles makes the node's transfers, and spawns the actor that serves pieces.
func newFiles(h *Host) *files {
	f := &files{host: h, links: h.o.Files, offers: map[offerKey]*heldOffer{}, fetching: map[msg.TopicPartition]*Transfer{}}
	if r := h.o.TransferRate; r > 0 {
		f.limit = rate.NewLimiter(rate.Limit(r), max(int(r), pieceBytes))
	}
	ref, err := h.o.System.Spawn(actors.Spec{Name: "files", New: func() actors.Actor { return &server{files: f} }})
	if err != nil {
		h.o.Log.Error().Err(err).Msg("no files can be sent to other nodes")
	}
	f.serve = ref
	return f
}

// TakeFiles hands what another node says about files to whom it concerns. Whoever is not there, or has too much to do, is asked
// again. The payload is the host's from now on.
func (h *Host) TakeFiles(from msg.NodeID, payload []byte) {
	f := h.files
	if f == nil {
		return
	}
	frame, err := decodeFileFrame(payload)
	if err != nil {
		h.o.Log.Warn().Err(err).Int32("from", from).Msg("a frame about files was refused")
		return
	}
	m := &said{fileFrame: frame, from: from}
	switch frame.says {
	case wantPiece, isDamaged:
		_ = f.serve.Post(m)
	case herePiece, notHere:
		_ = h.o.System.Lookup(fetchName(frame.id)).Post(m)
	default:
		if p, ok := h.partitions.Load(frame.id); ok {
			_ = p.(*hosted).Post(m)
		}
	}
}

// send sends a frame without bytes, which is small.
func (f *files) send(to msg.NodeID, frame fileFrame) bool {
	return f.links.Send(to, link.Urgent, link.Files, frame.encode())
}

// delay is how long to wait before n bytes may move.
func (f *files) delay(now time.Time, n int) time.Duration {
	if f.limit == nil {
		return 0
	}
	return f.limit.ReserveN(now, n).DelayFrom(now)
}

// said is a frame from another node, as a message to an actor here.
type said struct {
	*fileFrame
	from msg.NodeID
}

// Bytes is what the frame holds of a file.
func (s *said) Bytes() int { return len(s.bytes) }

// server is the actor that reads pieces of what is offered, one after the other.
type server struct{ *files }

var _ actors.Actor = (*server)(nil)

func (s *server) Started(*actors.Context) error { return nil }
func (s *server) Idle(*actors.Context)          {}
func (s *server) Stopped(*actors.Context)       {}

// Receive takes a request, waits for its turn under the node's limit, and serves it.
func (s *server) Receive(c *actors.Context, m msg.Message) {
	switch m := m.(type) {
	case *said:
		if wait := s.delay(c.Now(), int(m.count)); wait > 0 {
			c.After(wait, due{m})
			return
		}
		s.answer(c, m)
	case due:
		s.answer(c, m.said)
	}
}

// due is a request whose time has come.
type due struct{ *said }

func (due) Bytes() int { return 0 }

func (s *server) answer(c *actors.Context, m *said) {
	o := s.touch(m, c.Now())
	if o == nil {
		s.send(m.from, fileFrame{says: notHere, id: m.id, index: m.index})
		return
	}
	if m.says == isDamaged {
		// Damage that is found is told to the partition, as that which readers find.
		err := o.Verify(m.file)
		c.Log().Warn().Err(err).Int32("to", m.from).Uint64("file", m.file).Msg("a file that was sent to another node was refused there")
		return
	}
	if m.count == 0 {
		return
	}
	piece := fileFrame{says: herePiece, id: m.id, index: m.index, file: m.file, at: m.at, count: m.count, bytes: make([]byte, m.count)}
	if err := o.ReadAt(piece.bytes, m.file, int64(m.at)); err != nil {
		c.Log().Warn().Err(err).Int32("to", m.from).Msg("a piece of a file could not be read for another node")
		s.send(m.from, fileFrame{says: notHere, id: m.id, index: m.index})
		return
	}
	// What does not get into the link's queue is asked for again.
	if s.links.Send(m.from, link.Bulk, link.Files, piece.encode(), piece.bytes) {
		s.host.counters.filesOut.Add(uint64(len(piece.bytes)))
	}
}

// touch finds the offer that a request is about, and notes that it is wanted.
func (f *files) touch(m *said, now time.Time) *wal.Offer {
	f.mu.Lock()
	defer f.mu.Unlock()
	held := f.offers[offerKey{m.id, m.index}]
	if held == nil {
		return nil
	}
	t := held.takers[m.from]
	held.takers[m.from] = taker{now, max(t.here, held.before(m.file)+int64(m.at))}
	return held.Offer
}

// before is how many bytes are fetched before a file.
func (h *heldOffer) before(file uint64) (n int64) {
	for _, f := range h.Files {
		if file != wal.StateFile && f.First >= file {
			break
		}
		n += f.Bytes
	}
	return n
}
