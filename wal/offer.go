package wal

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sort"
	"sync"
)

// Offer is the committed beginning of a log, held for another replica to fetch. Until it is closed its files stay, also those
// that DropHead has taken out of the log. Safe for concurrent use; the log may go on meanwhile, and closing it closes its offers.
type Offer struct {
	Manifest
	log   *Log
	state []byte

	mu     sync.Mutex
	closed bool
	file   *os.File // the one that was read last
	first  uint64   // its first entry
}

// offers are the open ones of a log, and the files that wait for them to be closed.
type offers struct {
	mu      sync.Mutex
	open    map[*Offer]struct{}
	retired []span
}

// Offer holds the log up to the entry at index, which must be committed, and the owner's state as of that entry. The last file
// may be the beginning of the tail: bytes of committed entries never change.
func (l *Log) Offer(index uint64, state []byte) (*Offer, error) {
	if err := l.usable("offering"); err != nil {
		return nil, err
	}
	if rotten := l.rot.list(); len(rotten) > 0 {
		return nil, &DamagedError{rotten[0]}
	}
	term, err := l.Term(index)
	if err != nil {
		return nil, fmt.Errorf("offering %s up to entry %d: %w", l.name, index, err)
	}
	o := &Offer{log: l, state: state, Manifest: Manifest{
		First: l.head.first, PrevTerm: l.head.term, Base: l.head.offset, Last: index, Term: term,
		StateBytes: int64(len(state)), StateSum: crc32.Checksum(state, castagnoli),
	}}
	spans := append(l.sealed[:len(l.sealed):len(l.sealed)], l.tail.span)
	for i := range spans {
		sp := &spans[i]
		if sp.seg.first > index {
			break
		}
		if sp.last > index {
			cut, err := l.spanBehind(index)
			if err != nil {
				return nil, err
			}
			sp = &cut.span
		}
		o.Files = append(o.Files, ManifestFile{sp.seg.first, sp.end, sp.last, sp.next, sp.seg.created})
	}
	l.offers.mu.Lock()
	defer l.offers.mu.Unlock()
	if l.offers.open == nil {
		l.offers.open = map[*Offer]struct{}{}
	}
	l.offers.open[o] = struct{}{}
	return o, nil
}

// ReadAt fills p from byte off on of a file: a segment, named by the index of its first entry, or StateFile. ErrCutOff says
// that the offer was closed; ErrOutOfRange that there is no such place. The bytes are as the disk has them: whoever gets them
// verifies each entry.
func (o *Offer) ReadAt(p []byte, file uint64, off int64) error {
	size, ok := o.size(file)
	if !ok || off < 0 || off > size || int64(len(p)) > size-off {
		return fmt.Errorf("reading %d bytes at byte %d of the offered file %d of %s: %w", len(p), off, file, o.log.name, ErrOutOfRange)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return fmt.Errorf("reading an offer of %s: %w", o.log.name, ErrCutOff)
	}
	if file == StateFile {
		copy(p, o.state[off:])
		return nil
	}
	if err := o.turnTo(file); err != nil {
		return err
	}
	if _, err := o.log.store.disk.ReadAt(o.file, p, off); err != nil && !errors.Is(err, io.EOF) {
		return storageErr(err, "reading %d bytes at byte %d of %s", len(p), off, o.file.Name())
	}
	return nil
}

// Verify reads a segment that whoever fetched it has found damaged. Damage that is there counts as met by a reader.
func (o *Offer) Verify(file uint64) error {
	size, ok := o.size(file)
	if !ok || file == StateFile {
		return fmt.Errorf("verifying the offered file %d of %s: %w", file, o.log.name, ErrOutOfRange)
	}
	path := segmentPath(o.log.dir, file)
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("verifying the offered file %d of %s: %w", file, o.log.name, ErrCutOff)
	}
	defer f.Close()
	for sc, index := newScanner(o.log.store.disk, f, 0, size), file; ; index++ {
		e, _, err := sc.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return o.log.rot.add(Damage{File: path, From: e.pos, To: size, FirstIndex: index, Reason: err.Error()})
		}
	}
}

// turnTo opens a file, unless it is open.
func (o *Offer) turnTo(file uint64) error {
	if o.file != nil && o.first == file {
		return nil
	}
	f, err := os.Open(segmentPath(o.log.dir, file))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reading an offer of %s: %w", o.log.name, ErrCutOff)
	}
	if err != nil {
		return storageErr(err, "reading an offer of %s", o.log.name)
	}
	o.drop()
	o.file, o.first = f, file
	return nil
}

func (o *Offer) drop() {
	if o.file != nil {
		o.file.Close()
		o.file = nil
	}
}

func (o *Offer) size(file uint64) (int64, bool) {
	if file == StateFile {
		return o.StateBytes, true
	}
	i := sort.Search(len(o.Files), func(i int) bool { return o.Files[i].First >= file })
	if i == len(o.Files) || o.Files[i].First != file {
		return 0, false
	}
	return o.Files[i].Bytes, true
}

// Close lets go of the files. It may be called twice.
func (o *Offer) Close() {
	o.mu.Lock()
	o.closed = true
	o.drop()
	o.mu.Unlock()
	l := o.log
	l.offers.mu.Lock()
	delete(l.offers.open, o)
	var free []span
	if len(l.offers.open) == 0 {
		free, l.offers.retired = l.offers.retired, nil
	}
	l.offers.mu.Unlock()
	if len(free) > 0 {
		l.store.behind(func() { l.deleteSegments(free) })
	}
}

// retire takes over files that were dropped while they are offered; false if none is offered.
func (q *offers) retire(dropped []span) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.open) == 0 {
		return false
	}
	q.retired = append(q.retired, dropped...)
	return true
}

// closeOffers closes what is still open: the log's directory may be replaced once the log is closed.
func (l *Log) closeOffers() {
	l.offers.mu.Lock()
	open := make([]*Offer, 0, len(l.offers.open))
	for o := range l.offers.open {
		open = append(open, o)
	}
	l.offers.mu.Unlock()
	for _, o := range open {
		o.Close()
	}
}
