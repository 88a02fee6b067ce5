package link

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func encoded(k Kind, pieces ...[]byte) []byte {
	f := newFrame(k, pieces)
	return append(f.appendHead(nil), bytes.Join(pieces, nil)...)
}

func decoded(b []byte, most int) (Kind, []byte, error) {
	return readFrame(bufio.NewReaderSize(bytes.NewReader(b), 4<<10), most)
}

func TestFrameBytes(t *testing.T) {
	got := encoded(Actor, []byte("ab"), []byte("c"))
	want := []byte{0, 0, 0, 3, byte(Actor), 0, 0, 0, 0, 'a', 'b', 'c'}
	binary.BigEndian.PutUint32(want[5:], crc32.Checksum([]byte{0, 0, 0, 3, byte(Actor), 'a', 'b', 'c'}, crc32.MakeTable(crc32.Castagnoli)))
	if !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// TestTurnedBitsOfFrames: every bit of a frame is covered, but those of payloads that check themselves.
func TestTurnedBitsOfFrames(t *testing.T) {
	for _, k := range []Kind{Actor, RaftEntries} {
		whole := encoded(k, []byte("payload"))
		covered := len(whole)
		if k.checksItself() {
			covered = frameHead
		}
		for bit := range len(whole) * 8 {
			turned := slices.Clone(whole)
			turned[bit/8] ^= 1 << (bit % 8)
			_, _, err := decoded(turned, 1<<20)
			// A kind's bit may make another rule of summing apply, and still does not fit the sum.
			if noticed := err != nil; noticed != (bit/8 < covered) {
				t.Errorf("kind %d: bit %d of byte %d: error %v", k, bit%8, bit/8, err)
			}
		}
	}
}

func TestFramesThatEndEarlyOrAreTooLong(t *testing.T) {
	whole := encoded(Actor, []byte("payload"))
	for n := range len(whole) {
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF // the connection was closed between two frames
		}
		if _, _, err := decoded(whole[:n], 1<<20); err != want {
			t.Errorf("after %d bytes: %v, want %v", n, err, want)
		}
	}
	if _, _, err := decoded(whole, 6); err == nil || !strings.Contains(err.Error(), "6 are allowed") {
		t.Errorf("a frame of 7 bytes where 6 are allowed: %v", err)
	}
	if _, p, err := decoded(whole, 7); err != nil || string(p) != "payload" {
		t.Errorf("a frame of 7 bytes where 7 are allowed: %q, %v", p, err)
	}
}

// TestALengthAloneCostsLittle: memory comes with the bytes.
func TestALengthAloneCostsLittle(t *testing.T) {
	head := encoded(RaftEntries)
	binary.BigEndian.PutUint32(head, 100<<20)
	binary.BigEndian.PutUint32(head[5:], crc32.Checksum(head[:5], castagnoli))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, _, err := decoded(append(head, 1, 2, 3), 128<<20); err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 2*wholeAtOnce {
		t.Errorf("three bytes of a hundred million took %d bytes of memory", took)
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 300_000)
	if _, p, err := decoded(encoded(RaftEntries, large), 128<<20); err != nil || !bytes.Equal(p, large) || cap(p) != len(p) {
		t.Errorf("%d bytes came as %d with room for %d, %v", len(large), len(p), cap(p), err)
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(encoded(Actor, []byte("a")))
	f.Add(encoded(Files, []byte("abc")))
	f.Add([]byte{0, 0, 0, 1, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		k, p, err := decoded(b, 1<<16)
		if err != nil {
			return
		}
		if again := encoded(k, p); !bytes.Equal(again, b[:len(again)]) {
			t.Errorf("%x came, and goes again as %x", b, again)
		}
	})
}

func FuzzReadGreeting(f *testing.F) {
	g := greeting{Identity: options(3).Self, To: 4, Lane: Bulk, Session: 5}
	f.Add(appendGreeting(nil, hello, g))
	f.Add(appendGreeting(nil, refusal, greeting{Refused: "no", Soon: true}))
	f.Add(appendNote(nil, hello, []byte("{")))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, g, err := readGreeting(bytes.NewReader(b), hello, welcome)
		if err == nil && (g.Node < 0 || g.Lane >= lanes) {
			t.Errorf("%q was taken as %+v", b, g)
		}
	})
}

func TestNotes(t *testing.T) {
	g := greeting{Identity: options(3).Self, To: 4, Lane: Bulk, Session: 5}
	note := appendGreeting(nil, hello, g)
	if k, got, err := readGreeting(bytes.NewReader(note), hello); k != hello || got != g || err != nil {
		t.Fatalf("%d, %+v, %v", k, got, err)
	}
	newer := slices.Clone(note)
	newer[5] = 9
	sealNote(newer)
	newerNo := appendGreeting(nil, refusal, greeting{Identity: g.Identity, Refused: "too old"})
	newerNo[5] = 9
	sealNote(newerNo)
	turned := slices.Clone(note)
	turned[len(turned)-2] ^= 1
	for name, c := range map[string]struct {
		note []byte
		want string
	}{
		"another protocol":      {[]byte("GET / HTTP/1.1\r\n\r\n"), `it begins with "GET "`},
		"a newer version":       {newer, "it speaks version 9 of the link protocol, and this node speaks 1"},
		"refused by a newer":    {newerNo, "node 3 refuses: too old"},
		"another note":          {appendGreeting(nil, asks, g), "no place here"},
		"no JSON":               {appendNote(nil, hello, []byte("x")), "can't be read"},
		"no node":               {appendGreeting(nil, hello, greeting{Identity: Identity{Node: -1}}), "node -1"},
		"a third lane":          {appendGreeting(nil, hello, greeting{Lane: 2}), "lane 2"},
		"a turned bit":          {turned, "checksum"},
		"too long":              {appendNote(nil, hello, make([]byte, maxGreeting+1)), "are allowed"},
		"a refusal not in JSON": {appendNote(nil, refusal, nil), "can't read"},
	} {
		if _, _, err := readGreeting(bytes.NewReader(c.note), hello); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// sealNote makes the checksum right again.
func sealNote(b []byte) {
	binary.BigEndian.PutUint32(b[12:], crc32.Update(crc32.Checksum(b[:12], castagnoli), castagnoli, b[16:]))
}
