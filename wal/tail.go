package wal

import (
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	twal "github.com/tidwall/wal"
)

// tail writes entries behind the last segment file of a log. Opened at the first write, it can be closed at any time
// between two writes, and opens again at the next.
type tail struct {
	store *Store
	dir   string
	used  atomic.Int64 // when it was last written, in writes of the whole store

	mu   sync.Mutex   // against being closed by the store to save descriptors and memory
	log  *twal.Log    // nil: closed
	file *handle      // of the same file, for the syncer
	held atomic.Int64 // bytes that tidwall/wal holds in memory, where lending is off
}

// handle is a descriptor that is closed when the last who needs it lets go. A file's handle is opened before the first
// write to it and lives until that is synced, so that no error of writing back can pass unseen.
type handle struct {
	*os.File
	refs atomic.Int32
}

func newHandle(f *os.File) *handle {
	h := &handle{File: f}
	h.refs.Store(1)
	return h
}

func (h *handle) acquire() *handle {
	h.refs.Add(1)
	return h
}

func (h *handle) release() {
	if h.refs.Add(-1) == 0 {
		h.Close()
	}
}

// options of tidwall/wal under which it never syncs when it writes, never starts a file of its own, and never reads.
var tidwallOptions = twal.Options{
	NoSync:           true,
	AllowEmpty:       true,
	SegmentSize:      math.MaxInt,
	SegmentCacheSize: 1,
	NoCopy:           true,
	DirPerms:         0o750,
	FilePerms:        0o640,
}

// open makes the tail ready to be written. size is the length of the file. t.mu is held.
func (t *tail) open(seg *segment, size int64) error {
	if t.log != nil {
		return nil
	}
	f, err := os.OpenFile(seg.path(), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	opts := tidwallOptions
	log, err := twal.Open(t.dir, &opts)
	if err != nil {
		f.Close()
		return err
	}
	t.log, t.file = log, newHandle(f)
	if lending {
		s := lastSegment(log)
		s.ebuf, s.epos = nil, nil
	} else {
		t.held.Store(size)
	}
	t.store.tails.opened(t)
	return nil
}

// joinedBytes is up to which size frames are joined to one write. Larger ones cost more to copy together than to write apart.
const joinedBytes = 128 << 10

// joined is how many of the first frames go into one write, at least one.
func joined(frames []Frame) int {
	n, size := 1, len(frames[0])
	for n < len(frames) && size+len(frames[n]) <= joinedBytes {
		size += len(frames[n])
		n++
	}
	return n
}

// write appends frames, and returns the file's handle, for the syncer. After an error some may be in the file.
func (t *tail) write(seg *segment, size int64, first uint64, frames []Frame) (*handle, error) {
	b := t.store.loans.get()
	defer t.store.loans.put(b)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.open(seg, size); err != nil {
		return nil, err
	}
	for rest := frames; len(rest) > 0; {
		n := joined(rest)
		b.fill(first, rest[:n])
		b.lend(t.log)
		err := t.log.WriteBatch(&b.batch)
		b.takeBack(t.log)
		if err != nil {
			return nil, err
		}
		first, rest = first+uint64(n), rest[n:]
	}
	t.used.Store(t.store.tails.clock.Add(1))
	if !lending {
		t.held.Add(framesSize(frames))
	}
	return t.file.acquire(), nil
}

func (t *tail) isOpen() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.log != nil
}

// detach closes the tail, but leaves it to the caller to close what it was: tidwall/wal syncs when it is closed, which is
// nothing to wait for. The returned function does that; nil if the tail was not open.
func (t *tail) detach() func() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.detachLocked()
}

func (t *tail) detachLocked() func() error {
	if t.log == nil {
		return nil
	}
	log, file := t.log, t.file
	t.log, t.file = nil, nil
	t.held.Store(0)
	t.store.tails.closed(t)
	return func() error {
		defer file.release()
		return log.Close()
	}
}

// tails are the open tails of a node, under one limit of descriptors and (where lending is off) of memory.
type tails struct {
	clock atomic.Int64
	limit int
	bytes int64

	mu   sync.Mutex
	open map[*tail]struct{}
}

func (ts *tails) opened(t *tail) {
	ts.mu.Lock()
	ts.open[t] = struct{}{}
	victim := ts.victim(t)
	delete(ts.open, victim) // so that it is not chosen twice
	ts.mu.Unlock()
	if victim != nil {
		victim.store.behind(func() { victim.store.closeTail(victim.detach()) })
	}
}

func (ts *tails) closed(t *tail) {
	ts.mu.Lock()
	delete(ts.open, t)
	ts.mu.Unlock()
}

// victim is the tail to close so that keep can stay open: the one that was written longest ago. ts.mu is held.
func (ts *tails) victim(keep *tail) *tail {
	var oldest *tail
	for t := range ts.open {
		if t != keep && (oldest == nil || t.used.Load() < oldest.used.Load()) {
			oldest = t
		}
	}
	if len(ts.open) > ts.limit || !lending && ts.heldBytes() > ts.bytes {
		return oldest
	}
	return nil
}

func (ts *tails) heldBytes() (sum int64) {
	for t := range ts.open {
		sum += t.held.Load()
	}
	return sum
}

// closeTail closes what detach took off. It fails only if a sync failed, which is final.
func (s *Store) closeTail(closing func() error) {
	if closing == nil {
		return
	}
	if err := closing(); err != nil {
		s.syncer.fail(storageErr(err, "syncing a segment when it was closed"))
	}
}

// loans bounds the buffers that are lent to tails: as many as can be written at once, and none kept that is larger than its
// share of the budget.
type loans struct {
	slots chan struct{}
	share int64

	mu   sync.Mutex
	idle []*loan // the latest used last, so that no more stay warm than are needed at once
}

func newLoans(slots int, budget int64) *loans {
	return &loans{slots: make(chan struct{}, slots), share: budget / int64(slots)}
}

func (p *loans) get() *loan {
	p.slots <- struct{}{}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		b := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return b
	}
	return &loan{}
}

func (p *loans) put(b *loan) {
	if lending && b.size() <= p.share {
		p.mu.Lock()
		p.idle = append(p.idle, b)
		p.mu.Unlock()
	}
	<-p.slots
}

func framesSize(frames []Frame) (n int64) {
	for _, f := range frames {
		n += int64(uvarintSize(uint64(len(f))) + len(f))
	}
	return n
}

func segmentPath(dir string, first uint64) string { return filepath.Join(dir, segmentName(first)) }
