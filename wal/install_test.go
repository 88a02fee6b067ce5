package wal

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// dyingDisk stops for good before its n-th change: a process that is killed there. What was written stays.
type dyingDisk struct {
	realDisk
	left int
}

var errDead = errors.New("the process was killed")

func (d *dyingDisk) step() error {
	if d.left == 0 {
		return errDead
	}
	d.left--
	return nil
}

func (d *dyingDisk) Sync(f *os.File) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.realDisk.Sync(f)
}

func (d *dyingDisk) SyncAll(*os.File) error { return ErrNoSyncAll }

func (d *dyingDisk) WriteAt(f *os.File, p []byte, off int64) (int, error) {
	if err := d.step(); err != nil {
		return 0, err
	}
	return d.realDisk.WriteAt(f, p, off)
}

func (d *dyingDisk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.realDisk.Rename(from, to)
}

// gathered is a data directory with a log of its own, closed, and another one's files, sealed and not yet installed.
func gathered(t testing.TB, rng *rand.Rand, own, other int) (dir string, o *Offer, mine, theirs *twin) {
	t.Helper()
	from := openStore(t, scratch(t))
	l, theirs := filled(t, from, "p", rng, other, 20)
	o = offer(t, l, l.LastIndex(), "state")
	dir = scratch(t)
	to := openStore(t, dir)
	m, mine := filled(t, to, "p", rng, own, 20)
	m.SaveState(3, []byte("mine"))
	m.Close()
	in := receive(t, to, "p", o.Manifest)
	if err := errors.Join(carry(o, in, 4096, everything), in.Seal()); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, o, mine, theirs
}

// Killed before any step of it, an installation leaves the old log or the new one, whole, with its hard state, and so does being
// killed again while that is finished at the next start. The new log may be longer or shorter than the old one.
func TestInstallIsAllOrNothing(t *testing.T) {
	for _, sizes := range [][2]int{{1, 3}, {3, 1}} {
		rng := rand.New(rand.NewPCG(3, uint64(sizes[0])))
		dir, o, mine, theirs := gathered(t, rng, sizes[0], sizes[1])
		oldState, newState := HardState{Term: mine.term, Commit: mine.last()}, HardState{Term: 77, Vote: 2, Commit: o.Last}
		for n, finished := 0, false; !finished; n++ {
			at := copyDir(t, dir)
			finished = killedInstall(t, at, o.Manifest, newState, n)
			for again := 0; ; again++ {
				copied := copyDir(t, at)
				if killedStart(t, copied, again) {
					break
				}
				checkInstalled(t, copied, mine, theirs, oldState, newState, n)
			}
			isNew := checkInstalled(t, at, mine, theirs, oldState, newState, n)
			if finished && !isNew {
				t.Fatal("it was installed, and the old log is there")
			}
			if n == 0 && isNew {
				t.Fatal("it was not begun, and the new log is there")
			}
		}
	}
}

// killedInstall installs until the disk dies at its n-th step; true if it came to the end.
func killedInstall(t *testing.T, dir string, m Manifest, hs HardState, n int) bool {
	disk := &dyingDisk{left: -1}
	s := openStore(t, dir, withDisk(disk), func(o *Options) { o.Fatal = func(error) {} })
	defer func() { disk.left = 0; s.Close() }()
	waitFor(t, func() bool { return s.syncer.wait(&unsynced{name: "p"}, unsynced{}) == nil })
	disk.left = n
	err := s.Install("p", m, hs)
	if err != nil && !errors.Is(err, errDead) {
		t.Fatalf("killed at step %d: %v", n, err)
	}
	return err == nil
}

// killedStart opens the store on a disk that dies at its n-th step; true if that was not needed.
func killedStart(t *testing.T, dir string, n int) bool {
	disk := &dyingDisk{left: n}
	s, err := OpenStore(Options{Dir: dir, Disk: disk})
	if err != nil {
		return false
	}
	disk.left = 0
	s.Close()
	return true
}

func checkInstalled(t *testing.T, dir string, mine, theirs *twin, oldState, newState HardState, n int) (isNew bool) {
	t.Helper()
	s := openStore(t, dir)
	defer s.Close()
	l := openLog(t, s, "p")
	if d := l.Damage(); len(d) > 0 {
		t.Fatalf("killed at step %d: %+v", n, d)
	}
	_, state, err := l.LoadState()
	if err != nil {
		t.Fatal(err)
	}
	switch hs := l.HardState(); {
	case hs == newState && string(state) == "state":
		theirs.same(t, l)
		isNew = true
	case hs == oldState && string(state) == "mine":
		mine.same(t, l)
	default:
		t.Fatalf("killed at step %d: hard state %v with state %q", n, hs, state)
	}
	l.Close()
	if left, _ := os.ReadDir(filepath.Join(dir, incomingDir)); isNew && len(left) > 0 {
		t.Errorf("killed at step %d: %v is left over", n, left)
	}
	return isNew
}

// An installation that fails half way in a running process is finished when the log is opened.
func TestHaltedInstallIsFinishedByOpen(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	dir, o, _, theirs := gathered(t, rng, 2, 2)
	disk := &faultyDisk{}
	s := openStore(t, dir, withDisk(&noRename{faultyDisk: disk, to: partitionsDir, times: 2}))
	if err := s.Install("p", o.Manifest, HardState{Term: 5}); err == nil {
		t.Fatal("it was installed without its rename")
	}
	if _, err := s.Open("p"); err == nil {
		t.Fatal("a log that is half installed was opened")
	}
	theirs.same(t, openLog(t, s, "p"))
}

// noRename fails to rename into a directory, some times.
type noRename struct {
	*faultyDisk
	to    string
	times int
}

func (d *noRename) Rename(from, to string) error {
	if filepath.Base(filepath.Dir(to)) == d.to && d.times > 0 {
		d.times--
		return errDead
	}
	return d.faultyDisk.Rename(from, to)
}

// The old log's recovery point says nothing of the new one's files: it is replaced before the installation is forgotten.
func TestAnInstalledLogHasItsOwnRecoveryPoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	dir, o, _, _ := gathered(t, rng, 1, 3)
	s := openStore(t, dir)
	if err := s.Install("p", o.Manifest, HardState{Term: 77}); err != nil {
		t.Fatal(err)
	}
	if k, _ := s.journal.lookup("p"); k.synced != o.Manifest.end() || s.journal.lags() {
		t.Errorf("the recovery point is %+v, and that is durable: %v", k.synced, !s.journal.lags())
	}
}

func TestOpenLogIsNotReplaced(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 10))
	dir, o, mine, _ := gathered(t, rng, 1, 1)
	s := openStore(t, dir)
	l := openLog(t, s, "p")
	if err := s.Install("p", o.Manifest, HardState{}); !errors.Is(err, ErrOpen) {
		t.Errorf("replacing an open log: %v", err)
	}
	mine.same(t, l)
}

// What the old log's owner left to be done behind does not reach the new log: neither a state nor a recovery point.
func TestNothingOfTheOldLogReachesTheNewOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 11))
	dir, o, _, theirs := gathered(t, rng, 3, 1)
	s := openStore(t, dir)
	l := openLog(t, s, "p")
	appendTo(t, l, emptyFrame(90, l.NextOffset()))
	held := make(chan struct{})
	s.behind(func() { <-held })
	l.SaveState(60, []byte("late"))
	l.Close()
	go func() {
		defer close(held)
		for range 25 {
			if _, err := os.Stat(s.incomingPath("p")); err != nil {
				t.Error("it is installed before all is done that the old log's owner asked for")
			}
			time.Sleep(2 * time.Millisecond)
		}
	}()
	if err := s.Install("p", o.Manifest, HardState{Term: 91}); err != nil {
		t.Fatal(err)
	}
	s.syncer.hurry()
	if err := s.syncer.wait(&unsynced{name: "p"}, unsynced{}); err != nil {
		t.Fatal(err)
	}
	if k, _ := s.journal.lookup("p"); k.synced != o.end() {
		t.Errorf("the recovery point is %+v, want %+v", k.synced, o.end())
	}
	files, err := listLog(filepath.Join(dir, partitionsDir, "p"))
	if err != nil || len(files.states) != 1 || files.states[0] != o.Last {
		t.Errorf("states %v, %v", files.states, err)
	}
	theirs.same(t, openLog(t, s, "p"))
}

// sickDir fails to sync the directory of what is received, from the n-th time on, for a while.
type sickDir struct {
	*faultyDisk
	n, times int
}

func (d *sickDir) Sync(f *os.File) error {
	if filepath.Base(f.Name()) == incomingDir {
		if d.n--; d.n < 0 && d.times > 0 {
			d.times--
			return errDead
		}
	}
	return d.faultyDisk.Sync(f)
}

// If nobody knows whether the new log counts, the node stops: what it would append to the old one could be lost.
func TestNodeStopsWhenItIsUnknownWhichLogCounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 12))
	dir, o, _, _ := gathered(t, rng, 1, 1)
	var fatal error
	s := openStore(t, dir, withDisk(&sickDir{faultyDisk: &faultyDisk{}, times: 1}), func(o *Options) { o.Fatal = func(err error) { fatal = err } })
	if err := s.Install("p", o.Manifest, HardState{Term: 7}); !errors.Is(err, errDead) {
		t.Errorf("it was installed: %v", err)
	}
	if !errors.Is(fatal, errDead) {
		t.Errorf("the node goes on: %v", fatal)
	}
}

func TestInstallThatMissedItsLastSyncIsFinishedByOpen(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 13))
	dir, o, _, theirs := gathered(t, rng, 1, 1)
	s := openStore(t, dir, withDisk(&sickDir{faultyDisk: &faultyDisk{}, n: 2, times: 1}))
	if err := s.Install("p", o.Manifest, HardState{Term: 7}); !errors.Is(err, errDead) {
		t.Errorf("it was installed: %v", err)
	}
	theirs.same(t, openLog(t, s, "p"))
}

func TestStartRemovesWhatNeverCounted(t *testing.T) {
	dir := scratch(t)
	openStore(t, dir).Close()
	torn := filepath.Join(dir, incomingDir, "p"+installSuffix+tempSuffix)
	if err := os.WriteFile(torn, []byte("INS"), 0o640); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, dir)
	if _, err := os.Stat(torn); !os.IsNotExist(err) {
		t.Errorf("it is there: %v", err)
	}
	if _, err := s.Open("p" + installSuffix); err == nil {
		t.Error("a log may have the name of a mark")
	}
}
