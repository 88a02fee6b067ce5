package wal

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

// manyLogs fills a directory with logs, of size bytes each.
func manyLogs(t testing.TB, dir string, logs, size int) *Store {
	t.Helper()
	s := openStore(t, dir)
	payload := noise(rand.New(rand.NewPCG(1, 1)), 60<<10)
	var wg sync.WaitGroup
	for i := range logs {
		l := openLog(t, s, fmt.Sprintf("p-%d", i))
		for at := 0; at < size; at += len(payload) {
			appendTo(t, l, recordsFrame(1, l.NextOffset(), 1, 1, payload))
		}
		wg.Add(1)
		l.Sync(nil, func(error) { wg.Done() })
	}
	wg.Wait()
	return s
}

func openAll(t testing.TB, s *Store, logs int) time.Duration {
	t.Helper()
	began := time.Now()
	var wg sync.WaitGroup
	for i := range logs {
		wg.Go(func() {
			if _, err := s.Open(fmt.Sprintf("p-%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// Idle logs hold next to nothing: no buffers, no descriptors.
func TestIdleLogsHoldNothing(t *testing.T) {
	const logs = 300
	dir := scratch(t)
	manyLogs(t, dir, logs, 120<<10).Close()
	var before, after runtime.MemStats
	s := openStore(t, dir)
	runtime.GC()
	runtime.ReadMemStats(&before)
	openAll(t, s, logs)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / logs; each > 8<<10 {
		t.Errorf("an idle log holds %d bytes", each)
	}
	if st := s.Stats(); st.OpenTails != 0 || st.ReadFiles != 0 || st.TailBytes != 0 {
		t.Errorf("idle logs hold %+v", st)
	}
	runtime.KeepAlive(s)
}

func TestTailsAreClosedToSaveDescriptors(t *testing.T) {
	s := openStore(t, scratch(t))
	s.tails.limit = 16
	const logs = 60
	open := make([]*Log, logs)
	for i := range open {
		open[i] = openLog(t, s, fmt.Sprintf("p-%d", i))
	}
	for range 3 {
		for _, l := range open {
			appendTo(t, l, recordsFrame(1, l.NextOffset(), 1, 1, []byte("x")))
		}
	}
	waitFor(t, func() bool { return s.Stats().OpenTails <= 16 })
	for _, l := range open {
		syncLog(t, l, nil)
		if got := readAll(t, l.Reader(), 0, 3, 1000); len(got) != 3*62 {
			t.Fatalf("%d bytes are there", len(got))
		}
	}
}

// TestOpenManyLogs measures how long a start takes: TROUPE_WAL_OPEN=MiB of data in 1,000 logs.
func TestOpenManyLogs(t *testing.T) {
	mib, err := strconv.Atoi(os.Getenv("TROUPE_WAL_OPEN"))
	if err != nil {
		t.Skip("set TROUPE_WAL_OPEN to the MiB of data in 1,000 logs")
	}
	const logs = 1000
	dir := t.TempDir()
	s := manyLogs(t, dir, logs, mib<<20/logs)
	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s.Close()
	t.Logf("stop: %v", time.Since(began))
	for what, dir := range map[string]string{"clean stop": dir, "kill": killed} {
		began := time.Now()
		s := openStore(t, dir)
		store := time.Since(began)
		t.Logf("start after a %s: store %v, logs %v", what, store, openAll(t, s, logs))
		s.Close()
	}
}
