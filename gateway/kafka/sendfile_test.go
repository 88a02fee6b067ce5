package kafka

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// fakeFile holds some of a partition's batches, with other bytes between them.
type fakeFile struct {
	*os.File
	at map[int64]int64 // by base offset
}

func (f *fakeFile) place(b record.Batch) (at int64, ok bool) {
	if f == nil {
		return 0, false
	}
	at, ok = f.at[b.BaseOffset()]
	return at, ok
}

// layDown writes the batches that are there so far to a file.
func (p *fakePartition) layDown(t *testing.T) *fakeFile {
	file, err := os.Create(filepath.Join(t.TempDir(), "segment"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	f := &fakeFile{file, map[int64]int64{}}
	var all []byte
	for _, b := range p.stored() {
		all = append(all, "a frame's header"...)
		f.at[b.BaseOffset()] = int64(len(all))
		all = append(all, b...)
	}
	if _, err := file.Write(all); err != nil {
		t.Fatal(err)
	}
	p.change(func(p *fakePartition) { p.file = f })
	return f
}

// fetchMuch asks for up to 48 MiB of a partition.
func fetchMuch(offset int64) *kmsg.FetchRequest {
	req := fetchFrom(13, "topic", offset, 0)
	req.SessionEpoch = -1
	req.MaxBytes, req.Topics[0].Partitions[0].PartitionMaxBytes = 48<<20, 48<<20
	return req
}

// Batches in a file and batches in memory come in order, in replies in order, whole, however they are cut into portions.
func TestSectionsAndChunksInOneReply(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	for i, n := range []int{3 << 20, 10, 1 << 20, writePortion - 68, 70_000} {
		p.append(strings.Repeat(string(rune('a'+i)), n))
	}
	p.layDown(t)
	p.append("in memory")
	p.append(strings.Repeat("m", 2<<20))
	_, addr := w.open()
	c := dial(t, addr)
	offsets := []int64{0, 3, 6, 1}
	for _, offset := range offsets {
		c.send(fetchMuch(offset))
	}
	for _, offset := range offsets {
		var want []byte
		for _, b := range p.stored()[offset:] {
			want = append(want, b...)
		}
		_, body := c.receive()
		got := onlyFetched(t, decodeReply[*kmsg.FetchResponse](t, fetchMuch(offset), body))
		if !bytes.Equal(got.RecordBatches, want) {
			t.Errorf("from %d: %d bytes, want %d, or others", offset, len(got.RecordBatches), len(want))
		}
	}
}

// The file is read at a position: any number of connections share it.
func TestConnectionsShareAFile(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	for i := range 8 {
		p.append(strings.Repeat(string(rune('a'+i)), 1<<20))
	}
	f := p.layDown(t)
	s, addr := w.open()
	var clients []*client
	for i := range 4 {
		c := dial(t, addr)
		c.send(fetchMuch(int64(i)))
		clients = append(clients, c)
	}
	for i, c := range clients {
		_, body := c.receive()
		got := onlyFetched(t, decodeReply[*kmsg.FetchResponse](t, fetchMuch(int64(i)), body))
		if want := bytes.Join(toBytes(p.stored()[i:]), nil); !bytes.Equal(got.RecordBatches, want) {
			t.Errorf("client %d got %d bytes, want %d, or others", i, len(got.RecordBatches), len(want))
		}
	}
	if at, _ := f.Seek(0, 1); at != f.at[7]+int64(len(p.stored()[7])) {
		t.Errorf("the file's own position has moved to %d", at)
	}
	waitFor(t, "the budget", func() bool { return s.fetching.inUse() == 0 })
}

func toBytes(batches []record.Batch) (out [][]byte) {
	for _, b := range batches {
		out = append(out, b)
	}
	return out
}

// A reply whose file was cut can't be completed, and a half one is worse than none.
func TestACutSectionEndsTheConnection(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.append(strings.Repeat("x", 1<<20))
	f := p.layDown(t)
	if err := f.Truncate(1 << 19); err != nil {
		t.Fatal(err)
	}
	s, addr := w.open(func(o *Options) { o.Log = zerolog.Nop() })
	c := dial(t, addr)
	c.send(fetchMuch(0))
	n, _ := c.Read(make([]byte, 2<<20))
	for n < 1<<20 {
		more, err := c.Read(make([]byte, 2<<20))
		if n += more; err != nil {
			break
		}
	}
	if n >= 1<<20 {
		t.Errorf("%d bytes came of half a file", n)
	}
	waitFor(t, "the end of the connection", func() bool { return len(s.all()) == 0 && s.fetching.inUse() == 0 })
}

// A client that takes nothing of a section is closed when it has stalled for too long.
func TestASectionThatStallsIsGivenUp(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	for range 40 {
		p.append(strings.Repeat("x", 1<<20))
	}
	p.layDown(t)
	s, addr := w.open(func(o *Options) { o.Limits.StallTimeout, o.Log = 300*time.Millisecond, zerolog.Nop() })
	c := dial(t, addr)
	c.send(fetchMuch(0))
	waitFor(t, "a stall", func() bool {
		for _, conn := range s.all() {
			if conn.writeStall.since.Load() != 0 {
				return true
			}
		}
		return false
	})
	waitFor(t, "the end of it", func() bool { return len(s.all()) == 0 && s.fetching.inUse() == 0 })
}

// A client that takes a section slowly is not one that stalls.
func TestASlowSectionIsNoStall(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.append(strings.Repeat("x", 40<<20))
	p.layDown(t)
	virtual := clock.NewVirtual(time.Unix(1_000_000, 0))
	s, addr := w.open(func(o *Options) { o.Clock, o.Limits.StallTimeout, o.Log = virtual, 30*time.Second, zerolog.Nop() })
	c := dial(t, addr)
	c.send(fetchMuch(0))
	for range 8 {
		if _, err := io.ReadFull(c, make([]byte, 4<<20)); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "the next portion", func() bool {
			for _, conn := range s.all() {
				if since := conn.writeStall.since.Load(); since == 0 || since == virtual.Now().UnixNano() {
					return true
				}
			}
			return false
		})
		virtual.Advance(20 * time.Second)
	}
}

func TestOnlyPlainTCPTakesSections(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if fileSender(a) != nil {
		t.Error("a pipe takes pieces of files")
	}
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.append(strings.Repeat("x", 1<<20))
	p.layDown(t)
	s, _ := w.open()
	s.admit(a, "PLAINTEXT")
	c := &client{TB: t, Conn: b}
	c.send(fetchMuch(0))
	_, body := c.receive()
	got := onlyFetched(t, decodeReply[*kmsg.FetchResponse](t, fetchMuch(0), body))
	if !bytes.Equal(got.RecordBatches, p.stored()[0]) {
		t.Errorf("%d bytes came through a pipe", len(got.RecordBatches))
	}
}
