package wal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func testJournal(t testing.TB, dir string, d Disk) (*journal, error) {
	t.Helper()
	s := &Store{opts: Options{Dir: dir}, disk: d}
	s.opts.setDefaults()
	room := &room{store: s, ballast: filepath.Join(dir, ballastFile)}
	return openJournal(d, filepath.Join(dir, journalFile), room)
}

// contents is what a journal knows, by name.
func (j *journal) contents() map[string]known {
	all := map[string]known{}
	for name, k := range j.known.byName {
		all[name] = known{name: name, state: k.state, hasState: k.hasState, owner: k.owner, synced: k.synced, hasSynced: k.hasSynced}
	}
	return all
}

func mustWrite(t testing.TB, j *journal) {
	t.Helper()
	if err := j.write(); err != nil {
		t.Fatal(err)
	}
	if err := j.file.Sync(); err != nil {
		t.Fatal(err)
	}
	j.durable = j.size
}

func TestJournalKeepsTheLatest(t *testing.T) {
	dir := t.TempDir()
	j, err := testJournal(t, dir, realDisk{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(10) {
		j.state("a-0", HardState{i, 2, i * 10})
		j.synced("a-0", position{1, int64(i) * 100, i})
		j.state(fmt.Sprintf("b-%d", i%3), HardState{i, i, i})
		mustWrite(t, j)
	}
	j.forget("b-1")
	mustWrite(t, j)
	want := j.contents()
	if len(want) != 3 || want["a-0"].state != (HardState{9, 2, 90}) || want["a-0"].synced != (position{1, 900, 9}) {
		t.Fatalf("contents: %+v", want)
	}
	for range 2 {
		j.close()
		if j, err = testJournal(t, dir, realDisk{}); err != nil {
			t.Fatal(err)
		}
		if got := j.contents(); !maps.Equal(got, want) {
			t.Fatalf("read back %+v, want %+v", got, want)
		}
		before := j.size
		if err := j.rewrite(dir); err != nil {
			t.Fatal(err)
		}
		if j.size > before {
			t.Errorf("rewriting took it from %d to %d bytes", before, j.size)
		}
	}
	j.close()
}

// Every cut of the file leaves what was written before the cut.
func TestJournalCutsATornEnd(t *testing.T) {
	dir := scratch(t)
	j, _ := testJournal(t, dir, realDisk{})
	sizes := []int64{j.size}
	for i := range uint64(4) {
		j.state("a-0", HardState{Term: i + 1})
		if err := j.write(); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, j.size)
	}
	j.close()
	whole, _ := os.ReadFile(j.path)
	for cut := range int64(len(whole)) {
		for _, torn := range [][]byte{whole[:cut], append(bytes.Clone(whole[:cut]), make([]byte, 100)...)} {
			if err := os.WriteFile(j.path, torn, 0o640); err != nil {
				t.Fatal(err)
			}
			j, err := testJournal(t, dir, realDisk{})
			if cut < int64(len(journalMagic)) && len(torn) > len(journalMagic) {
				if !errors.Is(err, ErrVersion) {
					t.Fatalf("cut at %d, zeros behind: %v", cut, err)
				}
				continue
			}
			if err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			// A name may be whole where its state is not, and a state where its cycle's last record is not.
			got := j.contents()["a-0"].state.Term
			least, most := uint64(0), uint64(0)
			for i := range uint64(4) {
				if sizes[i+1] <= cut {
					least = i + 1
				}
				if sizes[i] < cut {
					most = i + 1
				}
			}
			if got < least || got > most {
				t.Fatalf("cut at %d: term %d, want %d to %d", cut, got, least, most)
			}
			j.close()
		}
	}
}

// What was durable and is damaged must not be taken for a torn end: a vote would be forgotten.
func TestJournalRefusesRot(t *testing.T) {
	dir := scratch(t)
	j, _ := testJournal(t, dir, realDisk{})
	for i := range uint64(4) {
		j.state("a-0", HardState{Term: i + 1})
		mustWrite(t, j)
	}
	durable := j.size
	j.state("a-0", HardState{Term: 9})
	mustWrite(t, j)
	j.close()
	whole, _ := os.ReadFile(j.path)
	for at := int64(0); at < durable; at++ {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 0x10
		if err := os.WriteFile(j.path, flipped, 0o640); err != nil {
			t.Fatal(err)
		}
		if j, err := testJournal(t, dir, realDisk{}); err == nil {
			t.Fatalf("a flipped bit at %d of %d went unnoticed: %+v", at, len(whole), j.contents())
		} else if at >= int64(len(journalMagic)) && !strings.Contains(err.Error(), "damaged at byte") {
			t.Fatalf("flipped at %d: %v", at, err)
		}
	}
}

func TestJournalIsAsBeforeAfterAFailedWrite(t *testing.T) {
	dir := t.TempDir()
	d := &faultyDisk{}
	j, err := testJournal(t, dir, d)
	if err != nil {
		t.Fatal(err)
	}
	j.state("a-0", HardState{Term: 1})
	mustWrite(t, j)
	d.failAt = func(name string, write bool) error {
		if write {
			return syscall.ENOSPC
		}
		return nil
	}
	j.state("b-0", HardState{Term: 2})
	if err := j.write(); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("write: %v", err)
	}
	d.failAt = nil
	// What could not be written is known, and whoever opens b-0 goes on from there: so the next write brings it, whatever it is for.
	j.state("c-0", HardState{Term: 1})
	mustWrite(t, j)
	want := j.contents()
	j.close()
	if j, err = testJournal(t, dir, d); err != nil {
		t.Fatal(err)
	}
	if got := j.contents(); !maps.Equal(got, want) || got["b-0"].state.Term != 2 || got["a-0"].state.Term != 1 {
		t.Errorf("read back %+v, want %+v", got, want)
	}
	j.close()
}

// The ballast is there for the journal to be written when the disk is full.
func TestTheBallastLetsTheJournalGoOn(t *testing.T) {
	d := &faultyDisk{}
	dir := t.TempDir()
	s := openStore(t, dir, withDisk(d))
	if !s.Stats().BallastHeld {
		t.Skip("no room for ballast here")
	}
	l := openLog(t, s, "a-0")
	full := func() bool { _, err := os.Stat(filepath.Join(dir, ballastFile)); return err == nil }
	d.set(func(d *faultyDisk) {
		d.failAt = func(name string, write bool) error {
			if write && full() {
				return syscall.ENOSPC
			}
			return nil
		}
	})
	syncLog(t, l, &HardState{Term: 5})
	if s.Stats().BallastHeld || s.Room(1) == nil {
		t.Error("the ballast is still there, or producers may still write")
	}
	d.set(func(d *faultyDisk) { d.failAt = nil })
}

func FuzzJournal(f *testing.F) {
	dir := f.TempDir()
	j, _ := testJournal(f, dir, lazyDisk{})
	j.state("a-0", HardState{1, 2, 3})
	j.synced("a-0", position{1, 2, 3})
	j.forget("b")
	j.write()
	j.close()
	whole, _ := os.ReadFile(j.path)
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := scratch(t)
		if err := os.WriteFile(filepath.Join(dir, journalFile), text, 0o640); err != nil {
			t.Fatal(err)
		}
		j, err := testJournal(t, dir, lazyDisk{})
		if err != nil {
			return
		}
		want := j.contents()
		if err := j.rewrite(dir); err != nil {
			t.Fatal(err)
		}
		j.close()
		if j, err = testJournal(t, dir, lazyDisk{}); err != nil || !maps.Equal(j.contents(), want) {
			t.Fatalf("rewritten it says %+v, %v; want %+v", j.contents(), err, want)
		}
		j.close()
	})
}
