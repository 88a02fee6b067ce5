//lint:file-ignore U1000 the mirrors have every field, used or not

package wal

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	twal "github.com/tidwall/wal"
)

// The pinned version of tidwall/wal must have the layout that lending counts on: a new version needs a look at lend.go.
func TestLendingKnowsThePinnedVersion(t *testing.T) {
	if !lending {
		t.Fatal("tidwall/wal is not laid out as lend.go says: tails are held in memory")
	}
}

func TestLendingIsOffWhereTheLayoutDiffers(t *testing.T) {
	type segment struct {
		path  string
		index uint64
		epos  []tidwallPosition
		ebuf  []byte
	}
	type other struct{ segments []*segment }
	type without struct{ segs []*tidwallSegment }
	type batch struct {
		entries []tidwallEntry
		data    []byte
	}
	type same struct{ segments []*tidwallSegment }
	for _, c := range []struct {
		log, batch reflect.Type
		want       bool
	}{
		{reflect.TypeFor[same](), reflect.TypeFor[tidwallBatch](), true},
		{reflect.TypeFor[other](), reflect.TypeFor[tidwallBatch](), false},
		{reflect.TypeFor[without](), reflect.TypeFor[tidwallBatch](), false},
		{reflect.TypeFor[same](), reflect.TypeFor[batch](), false},
		{reflect.TypeFor[twal.Log](), reflect.TypeFor[twal.Batch](), true},
	} {
		if _, got := findSegments(c.log, c.batch); got != c.want {
			t.Errorf("%v, %v: lending %v, want %v", c.log, c.batch, got, c.want)
		}
	}
}

func TestATailHoldsNoMemoryBetweenWrites(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	for i := range int64(10) {
		appendTo(t, l, recordsFrame(1, i, 1, 1, make([]byte, 100<<10)))
		if seg := lastSegment(l.file.log); seg.ebuf != nil || seg.epos != nil {
			t.Fatalf("tidwall/wal holds %d bytes after a write", len(seg.ebuf))
		}
	}
}

// A lone frame is written from where it lies; the buffer of the next write must not lie there too.
func TestALentFrameIsLeftAlone(t *testing.T) {
	s := openStore(t, t.TempDir())
	l := openLog(t, s, "a-0")
	lone := recordsFrame(1, 0, 1, 1, make([]byte, 5000))
	before := bytes.Clone(lone)
	appendTo(t, l, lone)
	appendTo(t, l, recordsFrame(1, 1, 1, 1, []byte("x")), recordsFrame(1, 2, 1, 1, []byte("y")))
	if !bytes.Equal(lone, before) {
		t.Error("a frame that was appended was overwritten by the next write")
	}
}

func TestWithoutLendingTailsAreClosedToSaveMemory(t *testing.T) {
	lending = false
	defer func() { lending = true }()
	s := openStore(t, t.TempDir(), func(o *Options) { o.TailMemory = 4 << 20 })
	rng := rand.New(rand.NewPCG(3, 3))
	logs, twins := map[string]*Log{}, map[string]*twin{}
	for _, name := range []string{"a-0", "b-0", "c-0", "d-0", "e-0", "f-0", "g-0", "h-0"} {
		logs[name], twins[name] = openLog(t, s, name), newTwin()
	}
	for range 30 {
		for name, l := range logs {
			appendTo(t, l, twins[name].add(rng, 60<<10))
		}
	}
	for name, l := range logs {
		twins[name].same(t, l)
	}
	if held := s.Stats().TailBytes; held == 0 || held > 6<<20 {
		t.Errorf("tails hold %d bytes under a budget of %d", held, 4<<20)
	}
}
