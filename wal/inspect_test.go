package wal

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

func TestInspectShowsEveryEntryAndNamesWhatIsDamaged(t *testing.T) {
	small := func(o *Options) { o.SegmentBytes = 20 << 10 }
	c := crash(t, rand.New(rand.NewPCG(1, 81)), 80, 0, 3000, small)
	dir := filepath.Join(c.dir, partitionsDir, "a-0")
	walk := func() (n int, bad []Damage) {
		t.Helper()
		at := map[string]int64{}
		bad, err := Inspect(dir, func(e Entry) error {
			if !bytes.Equal(e.Frame, c.twin.frames[e.Index-1]) {
				t.Fatalf("entry %d is shown wrong", e.Index)
			}
			if len(bad) == 0 && e.From != at[e.File] && n == int(e.Index-1) {
				t.Fatalf("entry %d is said to begin at %d of %s, want %d", e.Index, e.From, e.File, at[e.File])
			}
			at[e.File] = e.To
			n++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n, bad
	}
	if n, bad := walk(); n != 80 || len(bad) != 0 {
		t.Fatalf("%d entries, damage %v", n, bad)
	}
	files, _ := listLog(dir)
	at := c.twin.entryAt(1, 3)
	scribble(t, segmentPath(dir, 1), func(b []byte) []byte { return flip(b, at+50) })
	n, bad := walk()
	if n != 79 || len(bad) != 1 || bad[0].From != at || bad[0].To != c.twin.entryAt(1, 4) || bad[0].FirstIndex != 3 {
		t.Errorf("%d entries, damage %+v, want it at %d", n, bad, at)
	}
	last := files.segments[len(files.segments)-1]
	scribble(t, segmentPath(dir, last), func(b []byte) []byte { return b[:len(b)-1] })
	if n, bad = walk(); n != 78 || len(bad) != 2 || bad[1].FirstIndex != 80 {
		t.Errorf("%d entries, damage %+v", n, bad)
	}
	if _, err := Inspect(t.TempDir(), nil); err == nil {
		t.Error("a directory without segments was inspected")
	}
}
