package link

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"testing"
)

func TestQueueSaysNoWhenFull(t *testing.T) {
	q := newQueue(10_000)
	kb := newFrame(Actor, [][]byte{make([]byte, 1000)})
	n := 0
	for q.put(kb) {
		n++
	}
	if want := 10_000 / kb.cost(); n != want {
		t.Errorf("%d frames found room, want %d", n, want)
	}
	taken := q.take(nil)
	if len(taken) != n || q.put(kb) {
		t.Errorf("%d frames were taken; what is being written has to count until it is", len(taken))
	}
	q.written(kb.cost())
	if !q.put(kb) || q.put(kb) {
		t.Error("one frame was written, so that one finds room")
	}
	q.written(n * kb.cost())
	if w := q.waiting(); w != 0 {
		t.Errorf("%d bytes wait in an empty queue", w)
	}
	large := newFrame(Actor, [][]byte{make([]byte, 20_000)})
	if !q.put(large) || q.put(kb) {
		t.Error("a frame that is larger than the queue gets in when that is empty, and then nothing does")
	}
	empty, n := newQueue(10_000), 0
	for empty.put(newFrame(Actor, nil)) {
		n++
	}
	if n > 100 {
		t.Errorf("%d empty frames found room in 10,000 bytes", n)
	}
}

// piped gives a TCP connection's two ends.
func piped(t testing.TB) (near, far net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// TestPingsOvertake: a ping that becomes due while frames wait goes first, and only the newest one.
func TestPingsOvertake(t *testing.T) {
	near, far := piped(t)
	q := newQueue(1 << 20)
	for range 3 {
		q.put(newFrame(Actor, [][]byte{[]byte("frame")}))
	}
	q.control(ping, 4)
	q.control(ping, 5)
	q.control(pong, 2)
	w := newWriter(near, q)
	w.gather()
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	var got []Kind
	r := bufio.NewReader(far)
	for range 5 {
		k, p, err := readFrame(r, 100)
		if err != nil {
			t.Fatal(err)
		}
		if k == ping && !bytes.Equal(p, []byte{7: 5}) {
			t.Errorf("the ping is %x", p)
		}
		got = append(got, k)
	}
	if want := []Kind{pong, ping, Actor, Actor, Actor}; !bytes.Equal(kinds(got), kinds(want)) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

func kinds(k []Kind) (b []byte) {
	for _, k := range k {
		b = append(b, byte(k))
	}
	return b
}

// TestOneGatheringIsOneWrite: small frames are joined, large ones named, and what waits goes out together.
func TestOneGatheringIsOneWrite(t *testing.T) {
	near, _ := piped(t)
	q := newQueue(16 << 20)
	small, large := []byte("small"), make([]byte, 100<<10)
	for range 4 {
		q.put(newFrame(Raft, [][]byte{small, small}))
		q.put(newFrame(RaftEntries, [][]byte{small, large}))
	}
	w := newWriter(near, q)
	cost := w.gather()
	// Four times: all that is small since the last large one, and the large one.
	if len(w.pieces) != 8 || w.next != 8 || cost != q.waiting() {
		t.Errorf("%d pieces of %d frames, %d of %d bytes", len(w.pieces), w.next, cost, q.waiting())
	}
	if &w.pieces[1][0] != &large[0] {
		t.Error("a large piece was copied")
	}
	q = newQueue(1 << 30)
	for range 5000 {
		q.put(newFrame(RaftEntries, [][]byte{large}))
	}
	w = newWriter(near, q)
	w.gather()
	bytes := 0
	for _, p := range w.pieces {
		bytes += len(p)
	}
	if bytes < gatherBytes || bytes > gatherBytes+len(large)+frameHead {
		t.Errorf("one gathering holds %d bytes", bytes)
	}
}

// TestManySmallPieces: small pieces that fill the room for copies are sent all the same.
func TestManySmallPieces(t *testing.T) {
	near, far := piped(t)
	q := newQueue(16 << 20)
	var want []byte
	var pieces [][]byte
	for i := range 3000 {
		pieces = append(pieces, bytes.Repeat([]byte{byte(i)}, i%700))
		want = append(want, pieces[i]...)
	}
	q.put(newFrame(Raft, pieces))
	done := make(chan struct{})
	go func() { _ = newWriter(near, q).run(done) }()
	_, got, err := readFrame(bufio.NewReader(far), 16<<20)
	close(done)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came, %v; %d were sent", len(got), err, len(want))
	}
	_ = near.Close()
	if n, err := far.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("%d more bytes came, %v", n, err)
	}
}

// TestManySmallFrames: more than there is room to copy at once, and they fill it to the last byte.
func TestManySmallFrames(t *testing.T) {
	near, far := piped(t)
	q := newQueue(16 << 20)
	const frames, size = 2000, scratchBytes/256 - frameHead
	for i := range frames {
		q.put(newFrame(Actor, [][]byte{bytes.Repeat([]byte{byte(i)}, size)}))
	}
	done := make(chan struct{})
	defer close(done)
	go func() { _ = newWriter(near, q).run(done) }()
	r := bufio.NewReader(far)
	for i := range frames {
		_, p, err := readFrame(r, size)
		if err != nil || !bytes.Equal(p, bytes.Repeat([]byte{byte(i)}, size)) {
			t.Fatalf("frame %d: %x, %v", i, p, err)
		}
	}
}
