package wal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kerr"
)

func TestADirectoryHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	if _, err := OpenStore(Options{Dir: dir, Log: zerolog.Nop()}); !errors.Is(err, ErrInUse) {
		t.Fatalf("a second owner got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	openStore(t, dir)
}

func TestADirectoryOfAnotherVersionIsRefused(t *testing.T) {
	for what, spoil := range map[string]func(dir string) error{
		"another version": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, formatFile), []byte("troupe log format 2\n"), 0o640)
		},
		"no version": func(dir string) error { return os.Remove(filepath.Join(dir, formatFile)) },
		"another journal": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, journalFile), []byte("TROUPE-JOURNAL 3"), 0o640)
		},
	} {
		dir := t.TempDir()
		openStore(t, dir).Close()
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenStore(Options{Dir: dir, Log: zerolog.Nop()}); !errors.Is(err, ErrVersion) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTheCleanMarkLastsForOneStart(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	if s.Clean() {
		t.Error("a new directory was not stopped cleanly")
	}
	s.Close()
	s = openStore(t, dir)
	if !s.Clean() {
		t.Error("the mark is missing")
	}
	killed := openStore(t, copyDir(t, dir))
	if killed.Clean() {
		t.Error("the mark outlived a crash")
	}
}

func TestALogHasOneOwner(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	if _, err := s.Open("a-0"); !errors.Is(err, ErrOpen) {
		t.Fatalf("a second owner got %v", err)
	}
	if err := s.Remove("a-0"); !errors.Is(err, ErrOpen) {
		t.Fatalf("an open log was removed: %v", err)
	}
	l.Close()
	openLog(t, s, "a-0")
	for _, name := range []string{"", ".", "..", "a/b", ".x", strings.Repeat("x", 300)} {
		if _, err := s.Open(name); err == nil {
			t.Errorf("a log was made with the name %q", name)
		}
	}
}

func TestARemovedLogIsForgotten(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	l := openLog(t, s, "a-0")
	appendTo(t, l, recordsFrame(3, 0, 1, 1, nil))
	syncLog(t, l, &HardState{Term: 3})
	r := l.Reader()
	l.Close()
	if err := s.Remove("a-0"); err != nil {
		t.Fatal(err)
	}
	if names, _ := s.Logs(); len(names) != 0 {
		t.Errorf("logs: %v", names)
	}
	if _, _, _, err := r.Read(0, 1, 100, true); !errors.Is(err, ErrCutOff) {
		t.Errorf("reading a removed log: %v", err)
	}
	if l = openLog(t, s, "a-0"); l.LastIndex() != 0 || l.HardState() != (HardState{}) || len(l.Damage()) != 0 {
		t.Errorf("a log of the same name begins with %d entries, %+v, %v", l.LastIndex(), l.HardState(), l.Damage())
	}
	s.Close()
	if graves, _ := os.ReadDir(filepath.Join(dir, trashDir)); len(graves) != 0 {
		t.Errorf("the trash holds %v", graves)
	}
}

// A crash between moving a log to the trash and forgetting it must not make its name unusable.
func TestTheTrashIsForgottenAtStart(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	l := openLog(t, s, "a-0")
	appendTo(t, l, recordsFrame(3, 0, 1, 1, nil))
	syncLog(t, l, nil)
	s.Close()
	if err := os.Rename(filepath.Join(dir, partitionsDir, "a-0"), filepath.Join(dir, trashDir, "a-0 0")); err != nil {
		t.Fatal(err)
	}
	openStore(t, dir).Close()
	s = openStore(t, dir)
	if l = openLog(t, s, "a-0"); l.LastIndex() != 0 || len(l.Damage()) != 0 {
		t.Errorf("the new log has %d entries, damage %v", l.LastIndex(), l.Damage())
	}
}

func TestALogThatIsMissingIsDamage(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	l := openLog(t, s, "a-0")
	appendTo(t, l, recordsFrame(3, 0, 1, 1, nil))
	syncLog(t, l, nil)
	s.Close()
	os.RemoveAll(filepath.Join(dir, partitionsDir, "a-0"))
	s = openStore(t, dir)
	l = openLog(t, s, "a-0")
	if len(l.Damage()) != 1 {
		t.Fatalf("damage: %v", l.Damage())
	}
	if err := l.Append(2, []Frame{recordsFrame(3, 1, 1, 1, nil)}); !errors.Is(err, kerr.KafkaStorageError) {
		t.Errorf("appending: %v", err)
	}
}

func TestAJournalThatIsMissingIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	openLog(t, s, "a-0")
	s.Close()
	os.Remove(filepath.Join(dir, journalFile))
	if _, err := OpenStore(Options{Dir: dir, Log: zerolog.Nop()}); err == nil || !strings.Contains(err.Error(), "votes") {
		t.Errorf("a store without its journal: %v", err)
	}
}

func TestRoomIsRefusedBelowTheReserveAndComesBack(t *testing.T) {
	d := &faultyDisk{free: 1 << 30}
	now := int64(1e9)
	s := openStore(t, t.TempDir(), withDisk(d), func(o *Options) { o.Reserve = 100 << 20; o.Now = clockAt(&now) })
	if err := s.Room(1 << 20); err != nil {
		t.Fatal(err)
	}
	d.set(func(d *faultyDisk) { d.free = 50 << 20 })
	if err := s.Room(1 << 20); err != nil {
		t.Errorf("the disk was asked again at once: %v", err)
	}
	now += int64(2 * roomEvery)
	if err := s.Room(1 << 20); !errors.Is(err, kerr.KafkaStorageError) {
		t.Fatalf("below the reserve: %v", err)
	}
	d.set(func(d *faultyDisk) { d.free = 1 << 30 })
	now += int64(2 * roomEvery)
	if err := s.Room(1 << 20); err != nil {
		t.Errorf("there is room again: %v", err)
	}
	// What is granted in between counts.
	d.set(func(d *faultyDisk) { d.free = 140 << 20 })
	now += int64(2 * roomEvery)
	granted := 0
	for ; s.Room(1<<20) == nil; granted++ {
		d.set(func(d *faultyDisk) { d.free -= 1 << 20 })
	}
	if granted < 30 || granted > 41 {
		t.Errorf("granted %d MiB of 40", granted)
	}
}
