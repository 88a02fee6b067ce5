package wal

import (
	"os"
	"path/filepath"
	"testing"
)

// inBoot opens a store in a boot of the kernel.
func inBoot(boot string) func(*Options) { return func(o *Options) { o.Boot = boot } }

// killed is a copy of a store's directory as it is now, as a process that is killed leaves it.
func killed(t *testing.T, s *Store) string {
	t.Helper()
	s.syncer.hurry()
	dir := filepath.Join(t.TempDir(), "killed")
	if err := os.CopyFS(dir, os.DirFS(s.opts.Dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What a kernel that goes down may have taken with it is marked, and nothing else.
func TestTheNextBootMarksWhatMayBeMissing(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		cached, clean, again bool
		boot                 string
		forgot               bool
	}{
		{name: "another boot", cached: true, boot: "two", forgot: true},
		{name: "the same boot: the page cache is still there", cached: true, boot: "one"},
		{name: "a clean stop before it", cached: true, clean: true, boot: "two"},
		{name: "every append was synced", boot: "two"},
		{name: "the process is killed before anything is done about it", cached: true, boot: "two", again: true, forgot: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := openStore(t, dir, inBoot("one"))
			l := openLog(t, s, "a-0")
			was := Owner{Replica: 7, Cached: tt.cached}
			l.SetOwner(was)
			syncLog(t, l, &HardState{Term: 1})
			if tt.clean {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			} else {
				dir = killed(t, s)
			}
			s = openStore(t, dir, inBoot(tt.boot))
			if tt.again {
				s = openStore(t, killed(t, s), inBoot(tt.boot))
			}
			l = openLog(t, s, "a-0")
			was.Forgot = tt.forgot
			if got := l.Owner(); got != was || l.HardState().Term != 1 {
				t.Errorf("%+v, %+v; want %+v", got, l.HardState(), was)
			}
		})
	}
}

// The mark of a clean stop is taken away only when the boot is noted: a start that fails in between finds both.
func TestACleanStopIsKnownUntilTheBootIsNoted(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, inBoot("one"))
	l := openLog(t, s, "a-0")
	l.SetOwner(Owner{Replica: 7, Cached: true})
	syncLog(t, l, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenStore(Options{Dir: dir, Boot: "two", Disk: stubbornDisk{realDisk{}, bootFile}}); err == nil {
		t.Fatal("the boot could not be noted, and nobody was told")
	}
	if l = openLog(t, openStore(t, dir, inBoot("three")), "a-0"); l.Owner().Forgot {
		t.Error("what was stopped cleanly is taken for lost")
	}
}

// stubbornDisk can't give a file its name.
type stubbornDisk struct {
	Disk
	name string
}

func (d stubbornDisk) Rename(from, to string) error {
	if filepath.Base(to) == d.name {
		return os.ErrPermission
	}
	return d.Disk.Rename(from, to)
}

func TestAnOwnerIsKept(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	l := openLog(t, s, "a-0")
	if l.Owner() != (Owner{}) {
		t.Fatalf("a new log belongs to %+v", l.Owner())
	}
	want := Owner{Replica: 1 << 40, Forgot: true}
	l.SetOwner(want)
	syncLog(t, l, nil)
	l.Close()
	if err := s.Close(); err != nil { // which writes the journal anew
		t.Fatal(err)
	}
	s = openStore(t, dir)
	if l = openLog(t, s, "a-0"); l.Owner() != want {
		t.Errorf("after a rewrite it belongs to %+v, want %+v", l.Owner(), want)
	}
	l.SetOwner(Owner{Replica: 8})
	want = l.Owner()
	syncLog(t, l, &HardState{Term: 2})
	dir = killed(t, s)
	s = openStore(t, dir)
	if l = openLog(t, s, "a-0"); l.Owner() != want {
		t.Errorf("it belongs to %+v, want %+v", l.Owner(), want)
	}
	l.Close()
	if err := s.Remove("a-0"); err != nil {
		t.Fatal(err)
	}
	if l = openLog(t, s, "a-0"); l.Owner() != (Owner{}) {
		t.Errorf("a log of the same name belongs to %+v", l.Owner())
	}
}

func TestAJournalOfTheFirstVersionGoesOn(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	syncLog(t, openLog(t, s, "a-0"), &HardState{Term: 5})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, journalFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(text, oldJournalMagic)
	if err := os.WriteFile(path, text, 0o640); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir)
	l := openLog(t, s, "a-0")
	l.SetOwner(Owner{Replica: 3})
	syncLog(t, l, nil)
	text, err = os.ReadFile(path)
	if err != nil || string(text[:len(journalMagic)]) != journalMagic || l.HardState().Term != 5 {
		t.Errorf("it begins with %q, %v; hard state %+v", text[:len(journalMagic)], err, l.HardState())
	}
}
