package wal

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// room watches the free space of the disk. Producers are refused when it falls below the reserve; everything else may use the
// reserve up. When even that is gone, the ballast is given up: a file of a few MiB that does nothing but take space, so that
// votes, metadata and deletions go on. It is made again when there is room.
type room struct {
	store   *Store
	reserve int64
	ballast string

	left    atomic.Int64 // bytes that producers may still add before the disk is asked again
	askedAt atomic.Int64 // when it was asked last, unix nanoseconds
	refused atomic.Bool

	mu   sync.Mutex
	held bool // the ballast is there
}

const (
	defaultReserve = 256 << 20
	minReserve     = 8 << 20
	ballastBytes   = 4 << 20
	// roomEvery is how long an answer of the disk is believed; others write to it too.
	roomEvery = 500 * time.Millisecond
	// roomStep bounds what is added before the disk is asked again.
	roomStep = 64 << 20
)

var errDiskFull = errors.New("the disk is full up to the reserve: free space, or delete topics or records; writing goes on by itself when there is room")

func newRoom(s *Store) (*room, error) {
	free, total, err := s.disk.Space(s.opts.Dir)
	if err != nil {
		return nil, storageErr(err, "asking for the free space of %s", s.opts.Dir)
	}
	r := &room{store: s, reserve: s.opts.Reserve, ballast: filepath.Join(s.opts.Dir, ballastFile)}
	if r.reserve <= 0 {
		r.reserve = max(minReserve, min(defaultReserve, total/20))
	}
	if info, err := os.Stat(r.ballast); err == nil && info.Size() == ballastBytes {
		r.held = true
	} else if free > ballastBytes+r.reserve {
		r.makeBallast()
	}
	return r, nil
}

// Room says whether a producer may add n bytes to the disk: nil, or an error that a client sees as KAFKA_STORAGE_ERROR.
func (s *Store) Room(n int) error {
	r := s.room
	if r.left.Add(int64(-n)) >= 0 && s.opts.Now().UnixNano()-r.askedAt.Load() < int64(roomEvery) {
		return nil
	}
	return r.ask(int64(n))
}

// ask asks the disk, unless it has just refused.
func (r *room) ask(n int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.store.opts.Now().UnixNano()
	if r.refused.Load() && now-r.askedAt.Load() < int64(roomEvery) {
		return storageErr(errDiskFull, "writing to %s", r.store.opts.Dir)
	}
	free, _, err := r.store.disk.Space(r.store.opts.Dir)
	if err != nil {
		return storageErr(err, "asking for the free space of %s", r.store.opts.Dir)
	}
	r.askedAt.Store(now)
	spare := free - r.reserve
	if spare > ballastBytes && !r.held {
		r.makeBallast()
		spare -= ballastBytes
	}
	full := spare < n
	if r.refused.Swap(full) != full {
		r.store.log.Warn().Bool("full", full).Int64("free", free).Int64("reserve", r.reserve).Msg("disk space")
	}
	if full {
		r.left.Store(0)
		return storageErr(errDiskFull, "writing to %s", r.store.opts.Dir)
	}
	r.left.Store(min(spare/2, roomStep) - n)
	return nil
}

// giveUpBallast frees the ballast, and refuses producers at once. It reports whether there was one: then it is worth trying
// again.
func (r *room) giveUpBallast() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left.Store(0)
	r.refused.Store(true)
	r.askedAt.Store(r.store.opts.Now().UnixNano())
	if !r.held {
		return false
	}
	r.held = false
	r.store.log.Warn().Msg("the disk is full: the ballast is given up so that votes, metadata and deletions go on")
	return os.Remove(r.ballast) == nil
}

// makeBallast takes the ballast's space. It is no matter if that fails. r.mu is held, or nobody else has r yet.
func (r *room) makeBallast() {
	f, err := os.OpenFile(r.ballast, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return
	}
	defer f.Close()
	if err := allocate(f, ballastBytes); err != nil {
		os.Remove(r.ballast)
		return
	}
	r.held = true
}
