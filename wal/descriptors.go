package wal

import (
	"container/list"
	"errors"
	"os"
	"sync"
	"syscall"
)

// descriptors are the segments that readers have open, for the whole node: the ones used lately stay open, up to a limit. One
// that is dropped while somebody reads from it is closed when the last reader lets go; a file that was unlinked meanwhile can
// be read until then.
type descriptors struct {
	store *Store
	limit int

	mu    sync.Mutex
	order *list.List // of *openSegment, the latest used in front
	bySeg map[*segment]*list.Element
}

type openSegment struct {
	seg *segment
	*handle
}

// maxReadDescriptors bounds the descriptors that wait for the next reader.
const maxReadDescriptors = 512

func newDescriptors(s *Store) *descriptors {
	return &descriptors{
		store: s, limit: min(maxReadDescriptors, descriptorLimit()/4),
		order: list.New(), bySeg: map[*segment]*list.Element{},
	}
}

// descriptorLimit is how many files this process may open.
func descriptorLimit() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 1024
	}
	return int(min(l.Cur, 1<<20))
}

// tailLimit is how many tails may be open to be written; each takes two descriptors.
func tailLimit() int { return max(16, min(16<<10, descriptorLimit()/8)) }

// acquire opens a segment, or takes the descriptor that is open. The caller releases it.
func (d *descriptors) acquire(seg *segment) (*handle, error) {
	d.mu.Lock()
	if e := d.bySeg[seg]; e != nil {
		d.order.MoveToFront(e)
		h := e.Value.(*openSegment).handle.acquire()
		d.mu.Unlock()
		return h, nil
	}
	d.mu.Unlock()
	f, err := os.Open(seg.path())
	if err != nil && (seg.valid.Load() == 0 || gone(seg.dir)) {
		return nil, ErrCutOff
	}
	if err != nil {
		return nil, err
	}
	h := newHandle(f)
	if seg.valid.Load() == 0 { // another file may have its name by now
		h.release()
		return nil, ErrCutOff
	}
	d.keep(seg, h.acquire())
	return h, nil
}

// gone reports whether a log was removed.
func gone(dir string) bool {
	_, err := os.Stat(dir)
	return errors.Is(err, os.ErrNotExist)
}

// keep takes over one reference to h.
func (d *descriptors) keep(seg *segment, h *handle) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bySeg[seg] != nil {
		h.release()
		return
	}
	d.bySeg[seg] = d.order.PushFront(&openSegment{seg, h})
	for d.order.Len() > d.limit {
		d.drop(d.order.Back())
	}
}

func (d *descriptors) forget(seg *segment) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop(d.bySeg[seg])
}

// drop is called with d.mu held.
func (d *descriptors) drop(e *list.Element) {
	if e == nil {
		return
	}
	open := d.order.Remove(e).(*openSegment)
	delete(d.bySeg, open.seg)
	open.release()
}

func (d *descriptors) closeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.order.Len() > 0 {
		d.drop(d.order.Back())
	}
}

func (d *descriptors) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.order.Len()
}

// sameFileSystem reports whether path lies in the file system of root.
func sameFileSystem(root *os.File, path string) bool {
	a, aerr := root.Stat()
	b, berr := os.Stat(path)
	if errors.Join(aerr, berr) != nil {
		return false
	}
	sa, aok := a.Sys().(*syscall.Stat_t)
	sb, bok := b.Sys().(*syscall.Stat_t)
	return aok && bok && sa.Dev == sb.Dev
}
