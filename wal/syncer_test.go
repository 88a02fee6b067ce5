package wal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// 64 logs ask 1,000 times while a sync is under way: one more cycle answers all of them.
func TestManyRequestsShareASync(t *testing.T) {
	d := &faultyDisk{}
	s := openStore(t, t.TempDir(), withDisk(d))
	logs := make([]*Log, 64)
	for i := range logs {
		logs[i] = openLog(t, s, fmt.Sprintf("p-%d", i))
	}
	gate := make(chan struct{})
	d.reset()
	d.set(func(d *faultyDisk) { d.gate = gate })
	before := s.Stats()
	var wg sync.WaitGroup
	ask := func(l *Log) {
		appendTo(t, l, recordsFrame(1, l.NextOffset(), 1, 1, []byte("x")))
		wg.Add(1)
		l.Sync(nil, func(err error) {
			if err != nil {
				t.Error(err)
			}
			wg.Done()
		})
	}
	ask(logs[0])
	waitFor(t, func() bool { // the first cycle is in its sync
		names, all := d.syncs()
		return all > 0 || strings.Contains(names, journalFile) || strings.Contains(names, segmentName(1))
	})
	d.reset()
	for i := range 1000 {
		ask(logs[i%len(logs)])
	}
	close(gate)
	wg.Wait()
	after := s.Stats()
	if n := after.Cycles - before.Cycles; n != 2 {
		t.Errorf("%d cycles for 1,001 requests, want 2", n)
	}
	if after.SyncedLogs-before.SyncedLogs != 65 {
		t.Errorf("%d logs were synced, want 65", after.SyncedLogs-before.SyncedLogs)
	}
}

// waitFor waits until a condition holds that other goroutines bring about.
func waitFor(t testing.TB, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !cond(); {
		if time.Now().After(end) {
			t.Fatal("waited for ten seconds")
		}
		time.Sleep(100 * time.Microsecond)
	}
}

func TestAnswersComeInOrder(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	var next atomic.Int64
	var wg sync.WaitGroup
	for i := range int64(500) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, nil))
		wg.Add(1)
		l.Sync(nil, func(error) {
			if got := next.Add(1) - 1; got != i {
				t.Errorf("answer %d came as number %d", i, got)
			}
			wg.Done()
		})
	}
	wg.Wait()
}

func TestTheFirstFailedSyncIsFinal(t *testing.T) {
	d := &faultyDisk{}
	var fatal atomic.Int64
	s := openStore(t, t.TempDir(), withDisk(d), func(o *Options) { o.Fatal = func(error) { fatal.Add(1) } })
	l, other := openLog(t, s, "a-0"), openLog(t, s, "b-0")
	d.set(func(d *faultyDisk) { d.failSync = syscall.EIO })
	ask := func(l *Log) error {
		appendTo(t, l, recordsFrame(1, l.NextOffset(), 1, 1, nil))
		answer := make(chan error, 1)
		l.Sync(nil, func(err error) { answer <- err })
		return <-answer
	}
	if err := ask(l); !errors.Is(err, syscall.EIO) {
		t.Fatalf("a failed sync was answered with %v", err)
	}
	d.set(func(d *faultyDisk) { d.failSync = nil })
	for _, l := range []*Log{l, other} {
		if err := ask(l); !errors.Is(err, syscall.EIO) {
			t.Errorf("a sync after a failed one was answered with %v", err)
		}
	}
	s.syncer.fail(errors.New("and another one"))
	if fatal.Load() != 1 {
		t.Errorf("Fatal was called %d times", fatal.Load())
	}
	if err := s.Close(); err == nil {
		t.Error("the store says that it was closed cleanly")
	}
	if _, err := os.Stat(filepath.Join(s.opts.Dir, cleanFile)); err == nil {
		t.Error("there is a mark of a clean stop")
	}
}

// A new name is lost in a power failure unless its directory is synced.
func TestDirectoriesAreSynced(t *testing.T) {
	d := &faultyDisk{}
	s := openStore(t, t.TempDir(), withDisk(d))
	s.syncer.plan.cannot = true // so that each sync has a name
	synced := func(do func()) string {
		d.reset()
		do()
		names, _ := d.syncs()
		return " " + names + " "
	}
	var l *Log
	if got := synced(func() { l = openLog(t, s, "a-0") }); !strings.Contains(got, " a-0 ") || !strings.Contains(got, " partitions ") {
		t.Errorf("create synced%s", got)
	}
	appendTo(t, l, recordsFrame(1, 0, 1, 1, nil))
	if got := synced(func() { l.Roll(); syncLog(t, l, nil) }); !strings.Contains(got, " a-0 ") || !strings.Contains(got, segmentName(1)) {
		t.Errorf("roll synced%s", got)
	}
	appendTo(t, l, recordsFrame(1, 1, 1, 1, nil), recordsFrame(1, 2, 1, 1, nil))
	if got := synced(func() { l.TruncateBack(2) }); strings.Count(got, " a-0 ") < 2 || !strings.HasSuffix(got, " a-0 ") || !strings.Contains(got, segmentName(2)) {
		t.Errorf("truncate synced%s", got)
	}
	if got := synced(func() { l.DropHead(1) }); !strings.Contains(got, " a-0 ") || !strings.Contains(got, " head.tmp ") {
		t.Errorf("drop synced%s", got)
	}
	l.Close()
	if got := synced(func() { s.Remove("a-0") }); !strings.Contains(got, " trash ") || !strings.Contains(got, " partitions ") {
		t.Errorf("remove synced%s", got)
	}
}

// SyncLater needs no further request: its data and then its recovery point become durable by themselves.
func TestSyncLaterComesByItself(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	appendTo(t, l, recordsFrame(1, 0, 1, 1, nil))
	began := time.Now()
	l.SyncLater(&HardState{Term: 1})
	waitFor(t, func() bool { k, _ := s.journal.lookup("a-0"); return k.synced.last == 1 && k.state.Term == 1 })
	if took := time.Since(began); took < laterAfter/2 {
		t.Errorf("it came after %v: what has no hurry should wait for company", took)
	}
}

// After the last request the journal is synced once more: the recovery points that were written behind it.
func TestTheLastRecoveryPointBecomesDurable(t *testing.T) {
	d := &faultyDisk{}
	s := openStore(t, t.TempDir(), withDisk(d))
	l := openLog(t, s, "a-0")
	appendTo(t, l, recordsFrame(1, 0, 1, 1, nil))
	syncLog(t, l, nil)
	d.reset()
	waitFor(t, func() bool { names, all := d.syncs(); return names == journalFile && all == 0 })
}

// The recovery point on disk never claims more than was synced, and lags by one cycle at most.
func TestRecoveryPointsFollowTheSync(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	l := openLog(t, s, "a-0")
	for i := range int64(5) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, nil))
		syncLog(t, l, nil)
		k, ok := s.journal.lookup("a-0")
		if want := (position{1, l.tail.end, uint64(i + 1)}); !ok || i > 0 && k.synced.last < uint64(i) || want.before(k.synced) {
			t.Fatalf("recovery point %+v with the log at %+v", k.synced, want)
		}
	}
}

func TestSyncPlanLeavesTheWholeFileSystemAloneWhereThatIsDear(t *testing.T) {
	p := syncPlan{whole: time.Second, each: time.Millisecond}
	if p.prefersWhole(10) || !p.prefersWhole(5000) || p.prefersWhole(syncAllFrom-1) {
		t.Error("one sync of a second is compared wrongly with syncs of a millisecond each")
	}
	files := []*os.File{}
	for i := range syncAllFrom {
		f, err := os.Create(filepath.Join(t.TempDir(), fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	tries := 0
	for ; !p.prefersWhole(syncAllFrom) && tries < 2000; tries++ {
		if _, err := p.sync(realDisk{}, nil, files, &counters{}); err != nil {
			t.Fatal(err)
		}
	}
	if tries == 2000 {
		t.Error("a file system that was slow once is never tried again")
	}
}

// A cycle syncs the journal where it holds what is promised: hard states, removals, and recovery points that go back.
func TestTheJournalIsSyncedForWhatIsPromised(t *testing.T) {
	d := &faultyDisk{}
	s := openStore(t, t.TempDir(), withDisk(d))
	s.syncer.plan.cannot = true // so that each sync has a name
	l := openLog(t, s, "a-0")
	syncLog(t, l, nil)
	for _, c := range []struct {
		name string
		do   func()
		want bool
	}{
		{"records", func() { syncLog(t, l, nil) }, false},
		{"a hard state", func() { syncLog(t, l, &HardState{Term: 2, Vote: 1}) }, true},
		{"records behind it", func() { syncLog(t, l, nil) }, false},
		{"a truncation", func() { l.TruncateBack(l.LastIndex() - 2) }, true},
		{"a removal", func() { l.Close(); s.Remove("a-0") }, true},
	} {
		if l.usable("") == nil {
			appendTo(t, l, recordsFrame(1, l.NextOffset(), 1, 1, nil))
		}
		d.reset()
		c.do()
		if names, _ := d.syncs(); strings.Contains(names, journalFile) != c.want {
			t.Errorf("%s: synced %s", c.name, names)
		}
	}
}

// Recovery points become durable within about a second, whether cycles follow each other without end or none follows.
func TestRecoveryPointsAreDurableSoon(t *testing.T) {
	d := &faultyDisk{}
	s := openStore(t, t.TempDir(), withDisk(d))
	s.syncer.plan.cannot = true
	l := openLog(t, s, "a-0")
	once := func() bool {
		names, _ := d.syncs()
		return strings.Contains(names, journalFile)
	}
	syncLog(t, l, &HardState{Term: 1})
	d.reset()
	waitFor(t, func() bool {
		appendTo(t, l, recordsFrame(1, l.NextOffset(), 1, 1, nil))
		syncLog(t, l, nil)
		return once()
	})
	appendTo(t, l, recordsFrame(1, l.NextOffset(), 1, 1, nil))
	syncLog(t, l, nil)
	d.reset()
	waitFor(t, once)
}

// BenchmarkSyncFiles shows from how many files on one sync of the file system is cheaper: see syncPlan.
func BenchmarkSyncFiles(b *testing.B) {
	for _, n := range []int{2, 4, 16, 64, 200} {
		for _, how := range []string{"each", "whole"} {
			b.Run(fmt.Sprintf("%d/%s", n, how), func(b *testing.B) {
				dir := b.TempDir()
				root, _ := os.Open(dir)
				defer root.Close()
				var files []*os.File
				for i := range n {
					f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
					if err != nil {
						b.Fatal(err)
					}
					defer f.Close()
					files = append(files, f)
				}
				block := make([]byte, 4<<10)
				for b.Loop() {
					for _, f := range files {
						f.Write(block)
					}
					err := error(nil)
					if how == "each" {
						err = syncEach(realDisk{}, files)
					} else {
						err = realDisk{}.SyncAll(root)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
