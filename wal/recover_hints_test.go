package wal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
)

// What recovery found beyond the recovery point is durable before anybody is told of it.
func TestWhatRecoveryFindsIsSynced(t *testing.T) {
	c := crash(t, rand.New(rand.NewPCG(11, 11)), 30, 10, 1000)
	d := &faultyDisk{}
	s := openStore(t, c.dir, withDisk(d))
	s.syncer.plan.cannot = true
	d.reset()
	l := openLog(t, s, "a-0")
	if names, _ := d.syncs(); !bytes.Contains([]byte(names), []byte(segmentName(1))) {
		t.Errorf("synced %q", names)
	}
	if k, _ := s.journal.lookup("a-0"); k.synced.last != l.LastIndex() {
		t.Errorf("recovery point at %d, the log ends at %d", k.synced.last, l.LastIndex())
	}
}

// After a clean stop nothing is scanned; after a kill only what lies behind the last point.
func TestRecoveryReadsTheTailOnly(t *testing.T) {
	for _, clean := range []bool{true, false} {
		d := &faultyDisk{}
		s := openStore(t, t.TempDir(), func(o *Options) { o.SegmentBytes = 4 << 20 })
		l := openLog(t, s, "a-0")
		w := newTwin()
		rng := rand.New(rand.NewPCG(12, 12))
		for range 1500 {
			appendTo(t, l, w.add(rng, 8000))
		}
		syncLog(t, l, nil)
		dir := s.opts.Dir
		if clean {
			s.Close()
		} else {
			dir = copyDir(t, dir)
		}
		var reads int
		d.failAt = func(name string, write bool) error {
			if !write && len(name) == 20 {
				reads++
			}
			return nil
		}
		s = openStore(t, dir, withDisk(d), func(o *Options) { o.SegmentBytes = 4 << 20 })
		l = openLog(t, s, "a-0")
		if most := 5; reads > most || clean && reads > 0 {
			t.Errorf("clean %v: %d reads of %d KiB", clean, reads, scanWindow>>10)
		}
		d.set(func(d *faultyDisk) { d.failAt = nil })
		w.same(t, l)
	}
}

// A bad sidecar costs a scan, and nothing else.
func TestSidecarsAreHints(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 13))
	small := func(o *Options) { o.SegmentBytes, o.Disk = 200<<10, lazyDisk{} }
	c := crash(t, rng, 300, 0, 4000, small)
	logDir := filepath.Join(c.dir, partitionsDir, "a-0")
	files, _ := listLog(logDir)
	for round := range 40 {
		dir := copyDir(t, c.dir)
		for _, first := range files.indexes {
			path := filepath.Join(dir, partitionsDir, "a-0", segmentName(first)+indexSuffix)
			switch rng.IntN(4) {
			case 0:
				os.Remove(path)
			case 1:
				scribble(t, path, func(b []byte) []byte { return damage(rng, b, rng.Int64N(int64(len(b)))) })
			case 2: // that of another segment
				other, _ := os.ReadFile(segmentPath(logDir, files.indexes[rng.IntN(len(files.indexes))]) + indexSuffix)
				os.WriteFile(path, other, 0o640)
			case 3: // a point that lies: right by its checksum, wrong by the bytes that it points to
				scribble(t, path, func(b []byte) []byte { return lie(b, first) })
			}
		}
		l := openLog(t, openStore(t, dir, small), "a-0")
		if len(l.Damage()) > 0 {
			t.Fatalf("round %d: %+v", round, l.Damage())
		}
		if l.LastIndex() != 300 {
			t.Fatalf("round %d: last index %d", round, l.LastIndex())
		}
	}
}

// lie moves the last point of a sidecar by a byte.
func lie(b []byte, first uint64) []byte {
	points, _, _, _ := parseSidecar(b, first)
	if len(points) < 2 {
		return b
	}
	points[len(points)-1].pos++
	var out []byte
	for _, p := range points {
		out = appendPoint(out, first, p)
	}
	return out
}

func TestLateDamageIsFoundByReaders(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	w := newTwin()
	rng := rand.New(rand.NewPCG(14, 14))
	for range 100 {
		appendTo(t, l, w.add(rng, 3000))
	}
	at := w.entryAt(1, 50)
	f, _ := os.OpenFile(segmentPath(l.dir, 1), os.O_RDWR, 0)
	defer f.Close()
	f.WriteAt([]byte{0xff, 0xff}, at+60)
	_, _, _, err := l.Reader().Read(w.frames[49].BaseOffset(), w.next, 100, true)
	if !errors.Is(err, kerr.KafkaStorageError) || len(l.Damage()) != 1 {
		t.Errorf("read: %v, damage %v", err, l.Damage())
	}
	if d := l.Damage(); len(d) == 1 && (d[0].From != at || d[0].FirstIndex > 50) {
		t.Errorf("damage %+v, want it at %d", d[0], at)
	}
	w.served(t, l)
}

// badSector is a disk that can't read segments from some byte on.
type badSector struct {
	realDisk
	from int64
}

func (d badSector) ReadAt(f *os.File, p []byte, off int64) (int, error) {
	if len(filepath.Base(f.Name())) == 20 && off+int64(len(p)) > d.from {
		n, _ := d.realDisk.ReadAt(f, p[:max(0, d.from-off)], off)
		return n, syscall.EIO
	}
	return d.realDisk.ReadAt(f, p, off)
}

// What the disk refuses to read is no torn end, even beyond the recovery point.
func TestReadsThatFailAreNotDataAndNotCut(t *testing.T) {
	c := crash(t, rand.New(rand.NewPCG(15, 15)), 30, 10, 3000)
	for _, from := range []int64{0, c.twin.entryAt(1, 10), c.twin.entryAt(1, 25) + 100} {
		dir := copyDir(t, c.dir)
		before, _ := os.ReadFile(c.path(1))
		l := openLog(t, openStore(t, dir, withDisk(badSector{from: from})), "a-0")
		if after, _ := os.ReadFile(l.tail.seg.path()); !bytes.Equal(before, after) || len(l.Damage()) == 0 {
			t.Errorf("a file that can't be read from %d on was cut from %d to %d bytes; damage %v", from, len(before), len(after), l.Damage())
		}
		c.twin.served(t, l)
	}
}

// memoryDisk reads every file as text.
type memoryDisk struct {
	realDisk
	text []byte
}

func (d memoryDisk) ReadAt(_ *os.File, p []byte, off int64) (int, error) {
	return bytes.NewReader(d.text).ReadAt(p, off)
}

// FuzzScan scans whatever bytes: what the scanner takes for an entry is one.
func FuzzScan(f *testing.F) {
	rng := rand.New(rand.NewPCG(16, 16))
	w := newTwin()
	var seed []byte
	for range 4 {
		fr := w.add(rng, 60)
		seed = append(binary.AppendUvarint(seed, uint64(len(fr))), fr...)
	}
	f.Add(seed)
	f.Add(seed[:len(seed)-5])
	f.Add(append(bytes.Clone(seed), 0, 0, 0))
	f.Add([]byte{0x28, 'T', 'F', 1, 1})
	f.Fuzz(func(t *testing.T, text []byte) {
		sc := newScanner(memoryDisk{text: text}, nil, 0, int64(len(text)))
		for at := 0; ; {
			e, _, err := sc.next()
			if err != nil {
				break
			}
			size, n := binary.Uvarint(text[at:])
			if int64(at) != e.pos || int64(n)+int64(size) != e.size || Frame(text[at+n:at+n+int(size)]).Check() != nil {
				t.Fatalf("the scanner takes bytes %d to %d for an entry", e.pos, e.pos+e.size)
			}
			at += n + int(size)
		}
	})
}
