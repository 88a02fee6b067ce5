package partitions

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
)

// Transfer is a partition's files on their way to this node.
type Transfer struct {
	ID   msg.TopicPartition
	From msg.NodeID
	// Here of Bytes have come. What was here before the transfer began counts.
	Here, Bytes int64
	Since       time.Time
	// Waits says that other transfers go first.
	Waits bool
}

// Transfers lists the files on their way to this node, by partition.
func (h *Host) Transfers() []Transfer {
	if h.files == nil {
		return nil
	}
	h.files.mu.Lock()
	defer h.files.mu.Unlock()
	var out []Transfer
	for _, t := range h.files.fetching {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Transfer) int { return a.ID.Compare(b.ID) })
	return out
}

// receiver is a store that can put the files of another replica in place of a log.
type receiver interface {
	Receive(name string, m wal.Manifest) (*wal.Incoming, error)
	Install(name string, m wal.Manifest, hs wal.HardState) error
	Discard(name string) error
}

// fetchOrder tells a partition's fetcher what to fetch from whom; not answered but by fetched. A newer order replaces the one
// before.
type fetchOrder struct {
	data    *snapshotData
	from    msg.NodeID
	message *raftpb.Message // with the snapshot
	to      msg.Target      // who is told
}

func (*fetchOrder) Bytes() int { return 0 }

// Refuse answers: with nil, it is carried out.
func (o *fetchOrder) Refuse(err error) {
	// A partition that has stopped meanwhile fetches again when it is there again.
	_ = o.to.Post(&fetched{o, err})
}

// fetched tells the partition that what it ordered is here and sealed, or why it is not.
type fetched struct {
	order *fetchOrder
	err   error
}

func (*fetched) Bytes() int { return 0 }

var (
	errNotOffered = errors.New("the leader's node offers it no longer")
	errStuck      = errors.New("nothing has come for too long")
	errStopped    = errors.New("it was stopped")
)

// fetcher is the actor that fetches one partition's files and writes them. It asks for pieces in order, a few ahead, and takes
// only the one that comes next: whatever goes wrong on the way, it asks anew from there. It may wait for the disk.
type fetcher struct {
	*files
	id       msg.TopicPartition
	order    *fetchOrder
	in       *wal.Incoming
	state    *Transfer // in files.fetching, guarded by its mutex
	running  bool      // it is one of transfersAtOnce
	asked    int64     // bytes behind what is here
	holding  bool      // a proceed is on its way: the node's limit
	progress time.Time // when the last piece was taken
	refusals int
	over     bool
}

var _ actors.Actor = (*fetcher)(nil)

func fetchName(id msg.TopicPartition) string { return "fetch/" + id.String() }

// lookAgain and proceed are the fetcher's timers: it looks whether anything has come, and goes on when the limit allows it.
type (
	lookAgain struct{}
	proceed   struct{}
)

func (lookAgain) Bytes() int { return 0 }
func (proceed) Bytes() int   { return 0 }

// fetch has an order carried out. False: the partition's last fetcher has not stopped yet.
func (f *files) fetch(id msg.TopicPartition, o *fetchOrder) bool {
	name := fetchName(id)
	if f.host.o.System.Lookup(name).Post(o) == nil {
		return true
	}
	ref, err := f.host.o.System.Spawn(actors.Spec{
		Name:    name,
		New:     func() actors.Actor { return &fetcher{files: f, id: id} },
		Restart: func(int) (time.Duration, bool) { return 0, false },
	})
	return err == nil && ref.Post(o) == nil
}

func (f *files) stopFetching(id msg.TopicPartition) {
	f.host.o.System.Stop(f.host.o.System.Lookup(fetchName(id)), nil)
}

func (f *fetcher) Started(c *actors.Context) error {
	c.After(f.host.ticks(askAgain), lookAgain{})
	return nil
}

func (f *fetcher) Receive(c *actors.Context, m msg.Message) {
	order, ordered := m.(*fetchOrder)
	switch {
	case f.over && ordered:
		order.Refuse(errStopped)
	case !f.over:
		f.handle(c, m)
	}
}

func (f *fetcher) handle(c *actors.Context, m msg.Message) {
	switch m := m.(type) {
	case *fetchOrder:
		f.begin(c, m)
	case *said:
		f.take(c, m)
	case lookAgain:
		f.look(c)
	case proceed:
		f.holding = false
	}
}

// Idle asks for what is wanted next.
func (f *fetcher) Idle(c *actors.Context) {
	if !f.over && f.running {
		f.ask(c)
	}
}

func (f *fetcher) Stopped(*actors.Context) { f.end(errStopped) }

// begin turns to an order, with what is here of the last one.
func (f *fetcher) begin(c *actors.Context, o *fetchOrder) {
	if f.in != nil {
		f.in.Close()
	}
	f.order, f.asked, f.progress = o, 0, c.Now()
	var err error
	if f.in, err = f.host.store.(receiver).Receive(f.id.String(), o.data.manifest); err != nil {
		f.finish(c, err)
		return
	}
	f.mu.Lock()
	f.state = &Transfer{ID: f.id, From: o.from, Here: f.in.Here(), Bytes: o.data.manifest.Bytes(), Since: c.Now(), Waits: !f.running}
	f.fetching[f.id] = f.state
	f.mu.Unlock()
	f.claim()
}

// claim makes this one of the transfers that go on, if there is room among them.
func (f *fetcher) claim() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running || f.files.running >= transfersAtOnce {
		return
	}
	f.files.running++
	f.running, f.state.Waits = true, false
}

// ask asks for pieces as far ahead as is allowed, and finishes when there is nothing left to ask for.
func (f *fetcher) ask(c *actors.Context) {
	for !f.holding {
		file, off, left, more := f.in.At()
		if !more {
			f.finish(c, f.in.Seal())
			return
		}
		n := min(f.pieceSize(), left-f.asked)
		if n <= 0 || f.asked >= piecesAhead*f.pieceSize() {
			return
		}
		if wait := f.delay(c.Now(), int(n)); wait > 0 {
			f.holding = true
			c.After(wait, proceed{})
		}
		f.send(f.order.from, fileFrame{
			says: wantPiece, id: f.id, index: f.index(), file: file, at: uint64(off + f.asked), count: uint32(n),
		})
		f.asked += n
	}
}

func (f *fetcher) index() uint64 { return f.order.data.manifest.Last }

// pieceSize is smaller where the node's limit is low, so that pieces come several times a second.
func (f *fetcher) pieceSize() int64 {
	if f.limit == nil {
		return pieceBytes
	}
	return min(pieceBytes, max(int64(f.limit.Limit())/8, 4<<10))
}

// take takes the piece that comes next. Others were asked for before something went wrong.
func (f *fetcher) take(c *actors.Context, m *said) {
	if f.order == nil || m.index != f.index() || m.from != f.order.from {
		return
	}
	if m.says == notHere {
		f.finish(c, errNotOffered)
		return
	}
	file, off, left, more := f.in.At()
	if !more || m.file != file || int64(m.at) != off || int64(m.count) > left || m.count == 0 {
		return
	}
	f.asked = max(0, f.asked-int64(m.count))
	f.progress = c.Now()
	f.host.counters.filesIn.Add(uint64(len(m.bytes)))
	err := f.in.Write(m.bytes)
	if errors.Is(err, wal.ErrRefused) {
		c.Log().Warn().Err(err).Int32("from", m.from).Msg("what another node sent of a file was refused")
		f.asked = 0
		f.send(m.from, fileFrame{says: isDamaged, id: f.id, index: m.index, file: m.file})
		if f.refusals++; f.refusals < mostRefusals {
			err = nil
		}
	}
	if err != nil {
		f.finish(c, err)
		return
	}
	f.mu.Lock()
	f.state.Here = f.in.Here()
	f.mu.Unlock()
}

// look asks again for what has not come, and gives up after a while. One that waits for its turn asks the leader to be patient.
func (f *fetcher) look(c *actors.Context) {
	c.After(f.host.ticks(askAgain), lookAgain{})
	if f.order == nil {
		return
	}
	f.claim()
	quiet := c.Now().Sub(f.progress)
	switch {
	case !f.running:
		f.progress = c.Now()
		f.send(f.order.from, fileFrame{says: wantPiece, id: f.id, index: f.index()})
	case quiet > f.host.ticks(stuckAfter):
		f.finish(c, errStuck)
	case quiet >= f.host.ticks(askAgain):
		f.asked = 0
	}
}

// finish reports how it ended, and stops.
func (f *fetcher) finish(c *actors.Context, err error) {
	f.end(err)
	f.host.o.System.Stop(c.Self(), nil)
}

func (f *fetcher) end(err error) {
	if f.over {
		return
	}
	f.over = true
	if f.in != nil {
		f.in.Close()
	}
	f.mu.Lock()
	if f.running {
		f.files.running--
	}
	if f.fetching[f.id] == f.state {
		delete(f.fetching, f.id)
	}
	f.mu.Unlock()
	if f.order == nil {
		return
	}
	if err != nil {
		err = fmt.Errorf("fetching the files of partition %s from node %d: %w", f.id, f.order.from, err)
	}
	f.order.Refuse(err)
}
