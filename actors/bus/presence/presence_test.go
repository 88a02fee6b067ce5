package presence

import (
	"slices"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestPresence(t *testing.T) {
	type beat struct {
		at    time.Duration
		from  msg.NodeID
		hears []msg.NodeID
		fresh bool
	}
	cases := []struct {
		name  string
		beats []beat
		at    time.Duration
		heard []msg.NodeID // both ways
		hears []msg.NodeID
	}{
		{"nobody", nil, 0, nil, nil},
		{"it hears us", []beat{{0, 2, []msg.NodeID{1, 3}, true}}, time.Second, []msg.NodeID{2}, []msg.NodeID{2}},
		{"it does not hear us", []beat{{0, 2, []msg.NodeID{3}, true}}, 0, nil, []msg.NodeID{2}},
		{"too long ago", []beat{{0, 2, []msg.NodeID{1}, true}}, time.Second + 1, nil, nil},
		{"it hears us no more", []beat{{0, 2, []msg.NodeID{1}, true}, {1, 2, nil, false}}, 1, nil, []msg.NodeID{2}},
		{"it is back", []beat{{0, 2, []msg.NodeID{1}, true}, {2 * time.Second, 2, []msg.NodeID{1}, true}}, 2 * time.Second,
			[]msg.NodeID{2}, []msg.NodeID{2}},
		{"two", []beat{{0, 9, []msg.NodeID{1}, true}, {0, 2, []msg.NodeID{1}, true}}, 0, []msg.NodeID{2, 9}, []msg.NodeID{2, 9}},
		{"our own", []beat{{0, 1, []msg.NodeID{1}, false}}, 0, nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := New(1)
			for _, b := range c.beats {
				if fresh := p.Beat(b.from, b.hears, noon.Add(b.at)); fresh != b.fresh {
					t.Errorf("beat %+v: fresh %v", b, fresh)
				}
			}
			var heard []msg.NodeID
			for node := msg.NodeID(0); node < 10; node++ {
				if p.Heard(node, noon.Add(c.at)) {
					heard = append(heard, node)
				}
			}
			if !slices.Equal(heard, c.heard) {
				t.Errorf("heard %v, want %v", heard, c.heard)
			}
			if hears := p.Hears(noon.Add(c.at)); !slices.Equal(hears, c.hears) {
				t.Errorf("hears %v, want %v", hears, c.hears)
			}
		})
	}
}

func TestPresenceIsBounded(t *testing.T) {
	p := New(0)
	for node := range msg.NodeID(2 * maxHeard) {
		p.Beat(node, nil, noon)
	}
	if len(p.seen) != maxHeard {
		t.Errorf("%d nodes are kept in mind", len(p.seen))
	}
	p.Hears(noon.Add(time.Hour))
	if len(p.seen) != 0 {
		t.Errorf("%d nodes are remembered for ever", len(p.seen))
	}
}

func TestABeatIsBounded(t *testing.T) {
	if _, ok := Decode(make([]byte, 4*maxHeard)); !ok {
		t.Error("the longest beat was not read")
	}
	if _, ok := Decode(make([]byte, 4*maxHeard+4)); ok {
		t.Error("a longer one was")
	}
}

func FuzzBeat(f *testing.F) {
	f.Add(Encode([]msg.NodeID{1, 2, 1 << 30}))
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		hears, ok := Decode(data)
		if ok && !slices.Equal(Encode(hears), data) {
			t.Errorf("%x reads as %v", data, hears)
		}
	})
}
