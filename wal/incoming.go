package wal

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sort"
)

// Incoming is where the files of a log are gathered that another replica offers, until they are whole and take the log's place
// (install.go). Bytes come in order: At says which ones are next. A file that is complete is verified, entry by entry, and
// durable before the next one begins; what a crash leaves of an incomplete one is verified when the transfer goes on.
// It is for one goroutine.
type Incoming struct {
	store *Store
	name  string
	dir   string
	m     Manifest

	i     int   // the file that comes next; len(m.Files): the state; behind it: nothing
	off   int64 // bytes of it that are here
	term  uint64
	file  *os.File
	state []byte
}

// ErrRefused says that what was received is not what the manifest promised. It was thrown away, and At says from where on it
// is wanted again.
var ErrRefused = errors.New("what was received is damaged, or not what was offered")

// Receive begins to gather the files of m for the log of that name, or goes on with what is there of them. The log itself may
// be open and in use.
func (s *Store) Receive(name string, m Manifest) (*Incoming, error) {
	if err := checkLogName(name); err != nil {
		return nil, err
	}
	in := &Incoming{store: s, name: name, dir: s.incomingPath(name), m: m, term: m.PrevTerm}
	if err := in.resume(); err != nil {
		in.drop()
		return nil, storageErr(err, "gathering the files of %s", name)
	}
	return in, nil
}

func (s *Store) incomingPath(name string) string {
	return filepath.Join(s.opts.Dir, incomingDir, name)
}

// resume finds out how much of the manifest's files is here, and removes what is not of them.
func (in *Incoming) resume() error {
	if err := os.MkdirAll(in.dir, 0o750); err != nil {
		return err
	}
	if err := in.removeStrangers(); err != nil {
		return err
	}
	return in.turn()
}

// turn finds the first file that is not complete, and makes it ready to be written.
func (in *Incoming) turn() error {
	for in.i < len(in.m.Files) {
		whole, err := in.isWhole()
		if err != nil {
			return err
		}
		if whole {
			in.i++
			continue
		}
		if err := in.reopen(); err != nil || in.off < in.m.Files[in.i].Bytes {
			return err
		}
		// All of it was here when the last transfer stopped, before that was on record.
		if err := in.complete(); err != nil && !errors.Is(err, ErrRefused) {
			return err
		}
	}
	return nil
}

func (in *Incoming) removeStrangers() error {
	entries, err := os.ReadDir(in.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		first, ok := parseName(e.Name(), "")
		if !ok {
			first, ok = parseName(e.Name(), indexSuffix)
		}
		i := sort.Search(len(in.m.Files), func(i int) bool { return in.m.Files[i].First >= first })
		if ok && i < len(in.m.Files) && in.m.Files[i].First == first {
			continue
		}
		if err := os.RemoveAll(filepath.Join(in.dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// isWhole reports whether the file in front was verified and made durable before: only then it has a sidecar.
func (in *Incoming) isWhole() (bool, error) {
	f := &in.m.Files[in.i]
	seg := in.segment()
	info, err := os.Stat(seg.path())
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	sum, ok := readSummary(seg)
	if !ok || sum.end != f.Bytes || info.Size() != f.Bytes {
		return false, nil
	}
	for _, t := range sum.terms {
		in.term = t.term
	}
	return true, nil
}

func (in *Incoming) segment() *segment {
	f := &in.m.Files[in.i]
	return newSegment(in.dir, f.First, in.m.base(in.i), f.Created)
}

// reopen makes the file in front ready to be written, and keeps what is whole in it.
func (in *Incoming) reopen() error {
	seg := in.segment()
	f, err := os.OpenFile(seg.path(), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return err
	}
	in.drop()
	in.file = f
	info, err := f.Stat()
	if err != nil {
		return err
	}
	g, _ := in.scan(min(info.Size(), in.m.Files[in.i].Bytes))
	return in.cutTo(g.end)
}

func (in *Incoming) cutTo(size int64) error {
	in.off = size
	return in.store.disk.Truncate(in.file, size)
}

// scan verifies the entries in the first size bytes of the file in front: each for itself, and that it follows the one before.
func (in *Incoming) scan(size int64) (growing, error) {
	g := newGrowing(in.segment(), in.term)
	for sc := newScanner(in.store.disk, in.file, 0, size); g.end < size; {
		e, head, err := sc.next()
		switch {
		case err != nil:
			return g, err
		case head.BaseOffset() != g.next:
			return g, fmt.Errorf("its base offset is %d where %d is next", head.BaseOffset(), g.next)
		case head.Term() < g.lastTerm:
			return g, fmt.Errorf("its term %d is below the term %d before it", head.Term(), g.lastTerm)
		}
		g.add(head, e.size)
	}
	return g, nil
}

// At is what comes next: left bytes of a file, a segment or StateFile, from byte off on. more is false when all is here.
func (in *Incoming) At() (file uint64, off, left int64, more bool) {
	switch {
	case in.i < len(in.m.Files):
		f := &in.m.Files[in.i]
		return f.First, in.off, f.Bytes - in.off, true
	case in.i == len(in.m.Files) && in.m.StateBytes > int64(len(in.state)):
		return StateFile, int64(len(in.state)), in.m.StateBytes - int64(len(in.state)), true
	}
	return 0, 0, 0, false
}

// Here is how many of the manifest's bytes are here.
func (in *Incoming) Here() int64 {
	n := in.off + int64(len(in.state))
	for _, f := range in.m.Files[:in.i] {
		n += f.Bytes
	}
	return n
}

// Write takes the bytes that At asked for, or the first of them. ErrRefused says that they made up a file that is not right;
// any other error, which a client would see as KAFKA_STORAGE_ERROR, that they can't be kept. After either At says what is
// wanted.
func (in *Incoming) Write(p []byte) error {
	file, off, left, more := in.At()
	if !more || int64(len(p)) > left {
		return fmt.Errorf("gathering the files of %s: %d bytes more than were asked for: %w", in.name, len(p), ErrRefused)
	}
	if file == StateFile {
		in.state = append(in.state, p...)
		return in.checkState()
	}
	if err := in.store.Room(len(p)); err != nil {
		return err
	}
	if _, err := in.store.disk.WriteAt(in.file, p, off); err != nil {
		return storageErr(err, "gathering the files of %s: writing to %s", in.name, in.file.Name())
	}
	in.off += int64(len(p))
	if int64(len(p)) < left {
		return nil
	}
	if err := in.complete(); err != nil {
		return err
	}
	if err := in.turn(); err != nil {
		return storageErr(err, "gathering the files of %s", in.name)
	}
	return nil
}

func (in *Incoming) checkState() error {
	if int64(len(in.state)) == in.m.StateBytes && crc32.Checksum(in.state, castagnoli) != in.m.StateSum {
		in.state = nil
		return fmt.Errorf("gathering the files of %s: its state: %w", in.name, ErrRefused)
	}
	return nil
}

// complete verifies the file in front, of which all is here, and makes it durable.
func (in *Incoming) complete() error {
	f := &in.m.Files[in.i]
	g, err := in.scan(f.Bytes)
	if err == nil && (g.last != f.Last || g.next != f.Next || f.Last == in.m.Last && g.lastTerm != in.m.Term) {
		err = fmt.Errorf("it ends with entry %d of term %d and offset %d", g.last, g.lastTerm, g.next)
		g.end = 0
	}
	if err != nil {
		if cerr := in.cutTo(g.end); cerr != nil {
			return storageErr(cerr, "throwing away what was received of %s", in.file.Name())
		}
		return fmt.Errorf("gathering the files of %s: byte %d of the file that begins with entry %d: %w: %w", in.name, g.end, f.First, err, ErrRefused)
	}
	if err := in.keep(&g); err != nil {
		return storageErr(err, "gathering the files of %s: completing %s", in.name, segmentPath(in.dir, f.First))
	}
	return nil
}

// keep makes the file in front durable; its sidecar says so.
func (in *Incoming) keep(g *growing) error {
	if err := in.store.disk.Sync(in.file); err != nil {
		in.store.syncer.fail(err)
		return err
	}
	sum := summarize(&g.span, termsOf(g.points))
	if err := writeSidecar(in.store.disk, g.seg, g.points, &sum); err != nil {
		return err
	}
	in.drop()
	in.term, in.i, in.off = g.lastTerm, in.i+1, 0
	return nil
}

// termsOf are the terms in a segment: the first entry of each has a point.
func termsOf(points []point) (terms []termStart) {
	for _, p := range points {
		if n := len(terms); n == 0 || terms[n-1].term < p.term {
			terms = append(terms, termStart{p.term, p.index, p.base})
		}
	}
	return terms
}

func (in *Incoming) drop() {
	if in.file != nil {
		in.file.Close()
		in.file = nil
	}
}

// Close lets go of the files, and keeps them for another Receive.
func (in *Incoming) Close() { in.drop() }

// Discard deletes what was gathered for the log of that name, if anything was.
func (s *Store) Discard(name string) error {
	if err := checkLogName(name); err != nil {
		return err
	}
	if err := os.RemoveAll(s.incomingPath(name)); err != nil {
		return storageErr(err, "deleting what was gathered for %s", name)
	}
	return nil
}
