package wal

import (
	"container/list"
	"errors"
	"io"
	"sync"
)

// indexCacheBytes bounds the points of sealed segments that are held in memory, for the whole node.
const indexCacheBytes = 8 << 20

const pointBytes = 40

// indexCache holds the points of the sealed segments that were read lately. Safe for concurrent use.
type indexCache struct {
	store *Store
	limit int64

	mu    sync.Mutex
	bytes int64
	order *list.List // of *cachedIndex, the latest used in front
	bySeg map[*segment]*list.Element
}

type cachedIndex struct {
	seg    *segment
	points []point
}

func newIndexCache(s *Store, limit int64) *indexCache {
	return &indexCache{store: s, limit: limit, order: list.New(), bySeg: map[*segment]*list.Element{}}
}

func (c *indexCache) get(seg *segment) []point {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.bySeg[seg]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cachedIndex).points
}

func (c *indexCache) put(seg *segment, points []point) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(c.bySeg[seg])
	c.bySeg[seg] = c.order.PushFront(&cachedIndex{seg, points})
	c.bytes += int64(len(points)) * pointBytes
	for c.bytes > c.limit && c.order.Len() > 1 {
		c.drop(c.order.Back())
	}
}

func (c *indexCache) forget(seg *segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(c.bySeg[seg])
}

// drop is called with c.mu held.
func (c *indexCache) drop(e *list.Element) {
	if e == nil {
		return
	}
	ci := c.order.Remove(e).(*cachedIndex)
	delete(c.bySeg, ci.seg)
	c.bytes -= int64(len(ci.points)) * pointBytes
}

// pointsOf returns the points of a span, from memory, from its sidecar, or by a scan of the segment. There is at least one.
func (s *Store) pointsOf(sp *span) ([]point, error) {
	if sp.points != nil {
		return sp.points, nil
	}
	if points := s.indexes.get(sp.seg); points != nil {
		return points, nil
	}
	points, ok := readPoints(sp)
	if !ok {
		return s.rescan(sp)
	}
	s.indexes.put(sp.seg, points)
	return points, nil
}

// rescan finds the points of a sealed segment in the segment itself. It stops without an error at what is damaged: a reader
// that gets there will meet it.
func (s *Store) rescan(sp *span) ([]point, error) {
	h, err := s.files.acquire(sp.seg)
	if err != nil {
		return nil, storageErr(err, "reading a segment whose index is not usable")
	}
	defer h.release()
	g := newGrowing(sp.seg, 0)
	sc := newScanner(s.disk, h.File, 0, sp.end)
	e, head, err := sc.next()
	for ; err == nil; e, head, err = sc.next() {
		g.add(head, e.size)
	}
	if len(g.points) == 0 {
		g.points = []point{{index: sp.seg.first, base: sp.seg.base, maxTS: -1}}
	}
	if errors.Is(err, io.EOF) {
		s.indexes.put(sp.seg, g.points)
	}
	return g.points, nil
}
