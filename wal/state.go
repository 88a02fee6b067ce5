package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
)

// A state, INDEX.state, is a snapshot of what the owner knows as of that index:
//
//	 0  4  CRC-32C of everything behind this field
//	 4  4  "STAT"
//	 8  8  index, big-endian
//	16     the owner's bytes
const stateHeader = 16

// statesKept is how many snapshots a log keeps: should the newest be damaged, the one before it serves.
const statesKept = 2

// stateFiles writes and removes the states of a log. The owner asks, the janitor writes.
type stateFiles struct {
	store *Store
	name  string
	dir   string

	mu     sync.Mutex
	kept   []uint64 // on disk, oldest first
	queued uint64   // waits to be written; 0: none
}

// SaveState keeps a snapshot of the partition's state as of index, in the background, durably; the newest two are kept.
func (l *Log) SaveState(index uint64, state []byte) {
	s := &l.states
	s.mu.Lock()
	s.queued = index
	s.mu.Unlock()
	l.store.behind(func() {
		err := s.save(index, state)
		if errors.Is(err, os.ErrNotExist) {
			return // the log was removed meanwhile, and its state with it
		}
		if err != nil {
			l.store.log.Warn().Err(err).Str("log", s.name).Msg("could not save a snapshot of the state; the next start reads more of the log")
		}
	})
}

func (s *stateFiles) path(index uint64) string {
	return filepath.Join(s.dir, segmentName(index)+stateSuffix)
}

// save writes a state, unless a newer one waits or the log was cut below it since.
func (s *stateFiles) save(index uint64, state []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queued != index {
		return nil
	}
	s.queued = 0
	if err := replaceFile(s.store.disk, s.path(index), encodeState(index, state), s.dir); err != nil {
		return err
	}
	if n := len(s.kept); n == 0 || s.kept[n-1] != index {
		s.kept = append(s.kept, index)
	}
	for len(s.kept) > statesKept {
		if err := os.Remove(s.path(s.kept[0])); err != nil {
			return err
		}
		s.kept = s.kept[1:]
	}
	return nil
}

func encodeState(index uint64, state []byte) []byte {
	b := make([]byte, stateHeader, stateHeader+len(state))
	copy(b[4:], "STAT")
	binary.BigEndian.PutUint64(b[8:], index)
	b = append(b, state...)
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return b
}

// dropBehind removes the states of what is cut off: another history will have these indexes.
func (s *stateFiles) dropBehind(index uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queued > index {
		s.queued = 0
	}
	for n := len(s.kept); n > 0 && s.kept[n-1] > index; n-- {
		os.Remove(s.path(s.kept[n-1]))
		s.kept = s.kept[:n-1]
	}
}

// LoadState returns the newest whole snapshot at or below LastIndex; index 0 when there is none.
func (l *Log) LoadState() (index uint64, state []byte, err error) {
	s := &l.states
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.kept) - 1; i >= 0; i-- {
		if s.kept[i] > l.tail.last {
			continue
		}
		state, lerr := s.load(s.kept[i])
		if lerr == nil {
			return s.kept[i], state, nil
		}
		l.store.log.Warn().Err(lerr).Str("log", l.name).Uint64("index", s.kept[i]).Msg("a snapshot of the state can't be read; an older one is taken")
		if !errors.Is(lerr, errBadState) {
			err = lerr
		}
	}
	return 0, nil, err
}

var errBadState = errors.New("the snapshot is damaged")

func (s *stateFiles) load(index uint64) ([]byte, error) {
	b, err := os.ReadFile(s.path(index))
	if err != nil {
		return nil, err
	}
	if len(b) < stateHeader || string(b[4:8]) != "STAT" || binary.BigEndian.Uint64(b[8:]) != index ||
		crc32.Checksum(b[4:], castagnoli) != binary.BigEndian.Uint32(b) {
		return nil, fmt.Errorf("%s: %w", s.path(index), errBadState)
	}
	return b[stateHeader:], nil
}
