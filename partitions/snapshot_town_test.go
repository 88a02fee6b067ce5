package partitions

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// town is a few nodes in one process, with real logs and links in memory. The raft id of a node's replica is its number.
type town struct {
	t      testing.TB
	base   string
	nodes  map[msg.NodeID]*house
	config msg.TopicConfig
	rate   int64
	full   msg.NodeID // whose disk is full as soon as its store is open; 0: nobody's
	tick   time.Duration
	voters []Voter
	logs   zerolog.Logger

	mu sync.Mutex
	// spoil, if not nil, sees every frame before it is delivered, and returns what is; nil for nothing.
	spoil func(from, to msg.NodeID, k link.Kind, p []byte) []byte
	moved int64 // bytes of pieces that were delivered
}

// house is a node of a town.
type house struct {
	*node
	town  *town
	id    msg.NodeID
	disk  *fullDisk
	peers *Peers
	mu    sync.Mutex
	takes map[link.Kind]func(msg.NodeID, []byte)
}

// fullDisk has no room for files that are received while it is full.
type fullDisk struct {
	wal.Disk
	mu   sync.Mutex
	full bool
}

func (d *fullDisk) WriteAt(f *os.File, p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full && strings.Contains(f.Name(), "incoming") {
		return 0, errors.New("no space left")
	}
	return d.Disk.WriteAt(f, p, off)
}

func (d *fullDisk) set(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

func newTown(t *testing.T, voters ...msg.NodeID) *town {
	t.Parallel() // most of the time it waits
	w := &town{t: t, base: t.TempDir(), nodes: map[msg.NodeID]*house{}, config: testConfig(), tick: 5 * time.Millisecond, logs: zerolog.Nop()}
	if os.Getenv("TOWN_LOG") != "" {
		w.logs = zerolog.New(zerolog.NewTestWriter(t))
	}
	w.config.SegmentBytes = 64 << 10
	for _, v := range voters {
		w.voters = append(w.voters, Voter{Node: v, RaftID: uint64(v)})
	}
	t.Cleanup(func() {
		for _, h := range w.nodes {
			h.stop()
		}
	})
	return w
}

var townID = msg.TopicPartition{Topic: msg.TopicID{9}, Partition: 1}

// up starts a node, in the directory that it had before.
func (w *town) up(ids ...msg.NodeID) {
	w.t.Helper()
	for _, id := range ids {
		w.open(id, w.dir(id))
	}
}

func (w *town) dir(id msg.NodeID) string { return filepath.Join(w.base, fmt.Sprint(id)) }

func (w *town) open(id msg.NodeID, dir string) {
	w.t.Helper()
	h := &house{town: w, id: id, disk: &fullDisk{Disk: wal.RealDisk()}, takes: map[link.Kind]func(msg.NodeID, []byte){}}
	log := w.logs.With().Int32("node", id).Logger()
	store, err := wal.OpenStore(wal.Options{Dir: dir, Log: log, Disk: h.disk, Fatal: func(err error) { w.t.Error(err) }})
	if err != nil {
		w.t.Fatal(err)
	}
	h.disk.set(id == w.full)
	sys := actors.NewSystem(actors.Options{Node: id, Log: log})
	h.node = &node{t: w.t, dir: dir, sys: sys, store: store}
	h.peers = NewPeers(h, func() *Host { return h.host })
	h.host = NewHost(HostOptions{System: sys, Store: store, Node: id, Log: log, Transport: h.peers, Files: h,
		TickInterval: w.tick, TransferRate: w.rate, RetentionInterval: 50 * time.Millisecond})
	w.mu.Lock()
	w.nodes[id] = h
	w.mu.Unlock()
	if err := h.host.Start(Spec{ID: townID, Topic: "t", Self: uint64(id), Voters: w.voters, Config: w.config}); err != nil {
		w.t.Fatal(err)
	}
}

// down stops a node cleanly; kill copies its directory as it is, then stops it, and goes on with the copy.
func (w *town) down(id msg.NodeID) {
	w.t.Helper()
	w.mu.Lock()
	h := w.nodes[id]
	delete(w.nodes, id)
	w.mu.Unlock()
	h.stop()
}

func (w *town) kill(id msg.NodeID) {
	w.t.Helper()
	dir := w.nodes[id].dir
	if err := os.CopyFS(dir+".killed", os.DirFS(dir)); err != nil {
		w.t.Fatal(err)
	}
	w.down(id)
	if err := errors.Join(os.RemoveAll(dir), os.Rename(dir+".killed", dir)); err != nil {
		w.t.Fatal(err)
	}
}

func (h *house) Handle(k link.Kind, f func(msg.NodeID, []byte)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.takes[k] = f
}

func (h *house) Send(to msg.NodeID, _ link.Lane, k link.Kind, payload ...[]byte) bool {
	h.town.mu.Lock()
	other, spoil := h.town.nodes[to], h.town.spoil
	h.town.mu.Unlock()
	if other == nil {
		return false
	}
	p := bytes.Join(payload, nil)
	if spoil != nil {
		if p = spoil(h.id, to, k, p); p == nil {
			return true
		}
	}
	if k == link.Files && says(p[4]) == herePiece {
		h.town.mu.Lock()
		h.town.moved += int64(len(p) - fileFrameHeader)
		h.town.mu.Unlock()
	}
	other.mu.Lock()
	f := other.takes[k]
	other.mu.Unlock()
	if f != nil {
		f(h.id, p)
	}
	return true
}

func (h *house) Echo(msg.NodeID) time.Time { return time.Now() }

// spoils sets what is done to frames, and returns what was counted of pieces until then.
func (w *town) spoils(f func(from, to msg.NodeID, k link.Kind, p []byte) []byte) (moved int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spoil = f
	moved, w.moved = w.moved, 0
	return moved
}

func (w *town) state(id msg.NodeID) *msg.State {
	p, ok := w.nodes[id].host.Partition(townID)
	if !ok {
		w.t.Fatalf("node %d does not host the partition", id)
	}
	return p.View().State()
}

// eventually waits for something that other goroutines bring about.
func (w *town) eventually(what string, cond func() bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); {
		if time.Now().After(end) {
			for id := range w.nodes {
				w.t.Logf("node %d: %+v", id, *w.state(id))
			}
			w.t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// leader waits until a node leads.
func (w *town) leader() (id msg.NodeID) {
	w.t.Helper()
	w.eventually("a leader", func() bool {
		for n := range w.nodes {
			if s := w.state(n); s.Role == msg.Leader && s.Err == nil {
				id = n
				return true
			}
		}
		return false
	})
	return id
}

const batchRecords = 600 // about 10 KiB

// fill appends n batches of an idempotent producer, the seq-th and those behind it.
func (w *town) fill(seq, n int) {
	w.t.Helper()
	for i := range n {
		b := produced(7, 0, int32(seq+i)*batchRecords, batchRecords, 1)
		w.eventually("an append", func() bool {
			p, _ := w.nodes[w.leader()].host.Partition(townID)
			a := appendTo(p, slices.Clone(b))
			return a.Err == nil
		})
	}
}

// same waits until a node has everything that the leader has, and compares what both read.
func (w *town) same(id msg.NodeID) {
	w.t.Helper()
	l := w.leader()
	w.eventually(fmt.Sprintf("node %d to have what %d has", id, l), func() bool {
		a, b := w.state(id), w.state(l)
		return a.Err == nil && a.LogStart == b.LogStart && a.HighWatermark == b.HighWatermark && a.LogEnd == b.LogEnd && a.Leader == b.Leader
	})
	if a, b := w.records(id), w.records(l); !slices.Equal(a, b) {
		w.t.Fatalf("node %d reads %d records, the leader %d", id, len(a), len(b))
	}
	a, _ := w.nodes[id].host.Partition(townID)
	b, _ := w.nodes[l].host.Partition(townID)
	w.eventually("the same producers", func() bool {
		x, y := a.View().Producers(), b.View().Producers()
		return len(x) > 0 && slices.Equal(x, y)
	})
}

func (w *town) records(id msg.NodeID) (out []string) {
	w.t.Helper()
	p, _ := w.nodes[id].host.Partition(townID)
	v := p.View()
	for at := v.State().LogStart; at < v.State().HighWatermark; {
		r, err := w.readAt(v, at)
		if err != nil {
			w.t.Fatalf("reading node %d at %d: %v", id, at, err)
		}
		for _, chunk := range r.Chunks {
			for len(chunk) > 0 {
				b, rest, err := record.Next(chunk)
				if err != nil {
					w.t.Fatal(err)
				}
				out = append(out, string(b))
				at, chunk = b.LastOffset()+1, rest
			}
		}
		r.Release()
	}
	return out
}

// readAt reads from a view, for as long as its replica has no lease because the machine is busy.
func (w *town) readAt(v msg.View, at int64) (r msg.ReadResult, err error) {
	w.t.Helper()
	w.eventually("a lease", func() bool {
		r, err = v.Read(msg.ReadRequest{Offset: at, MaxBytes: 1 << 20, AtLeastOne: true})
		return !errors.Is(err, kerr.NotLeaderForPartition)
	})
	return r, err
}

// assign tells every node which members the group is to have.
func (w *town) assign(ids ...msg.NodeID) {
	w.t.Helper()
	a := &msg.Assign{}
	for _, id := range ids {
		a.Members = append(a.Members, msg.Placed{Node: id, RaftID: uint64(id)})
	}
	for _, h := range w.nodes {
		p, _ := h.host.Partition(townID)
		if err := p.Post(a); err != nil {
			w.t.Fatal(err)
		}
	}
}

// follower is a node that does not lead.
func (w *town) follower() msg.NodeID {
	l := w.leader()
	for id := msg.NodeID(1); ; id++ {
		if id != l && w.nodes[id] != nil {
			return id
		}
	}
}

// path is a file of a node's log, named by its first entry.
func (w *town) path(id msg.NodeID, first uint64) string {
	return filepath.Join(w.dir(id), "partitions", townID.String(), fmt.Sprintf("%020d", first))
}

// forget makes the leader forget the beginning of its log.
func (w *town) forget(below int64) {
	w.t.Helper()
	l := w.leader()
	p, _ := w.nodes[l].host.Partition(townID)
	done := make(chan error, 1)
	if err := p.Post(&msg.DeleteRecords{Offset: below, Done: func(_ int64, err error) { done <- err }}); err != nil {
		w.t.Fatal(err)
	}
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
	w.eventually("the leader to drop files", func() bool {
		_, err := os.Stat(w.path(l, 1))
		return os.IsNotExist(err)
	})
}
