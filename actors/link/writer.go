package link

import (
	"encoding/binary"
	"net"
)

const (
	// gatherBytes and gatherPieces end a gathering: one writev takes no more pieces.
	gatherBytes  = 1 << 20
	gatherPieces = 1000
	// scratchBytes is the room for heads and small pieces. A piece of up to smallPiece bytes is cheaper to copy than to name.
	scratchBytes = 32 << 10
	smallPiece   = 1 << 10
	// keptFrames is how long a queue's memory may be to be used again.
	keptFrames = 1024
)

// writer sends the frames of one lane: it gathers what waits, and hands it to the kernel in one writev, payloads as they lie.
type writer struct {
	conn  net.Conn
	queue *queue
	// taken are from the queue, those before next are written.
	taken []frame
	next  int
	// pieces is one gathering, in order. Heads and small pieces lie in scratch, whose memory never moves.
	pieces  net.Buffers
	scratch []byte
	// open: the last of pieces is the end of scratch, and can grow with it.
	open bool
	// record is where pieces are joined, over TLS.
	record []byte
}

func newWriter(conn net.Conn, q *queue) *writer {
	return &writer{conn: conn, queue: q, scratch: make([]byte, 0, scratchBytes)}
}

// run writes until the connection fails or done is closed.
func (w *writer) run(done <-chan struct{}) error {
	for {
		cost := w.gather()
		if len(w.pieces) == 0 {
			select {
			case <-w.queue.wake:
				continue
			case <-done:
				return nil
			}
		}
		if err := w.flush(); err != nil {
			return err
		}
		w.queue.written(cost)
	}
}

// gather collects pings, answers, and as many of the waiting frames as one write may hold, and tells the frames' cost.
func (w *writer) gather() (cost int) {
	w.pieces, w.scratch, w.open = w.pieces[:0], w.scratch[:0], false
	pingNumber, pongNumber := w.queue.takeControl()
	w.addControl(pong, pongNumber)
	w.addControl(ping, pingNumber)
	if w.next == len(w.taken) {
		w.refill()
	}
	bytes := 0
	for w.next < len(w.taken) && bytes < gatherBytes && w.fits(&w.taken[w.next]) {
		f := &w.taken[w.next]
		w.add(f)
		bytes += frameHead + f.length
		cost += f.cost()
		w.next++
	}
	return cost
}

// refill takes what waits. The memory of what was written is used again, unless a burst has made it large.
func (w *writer) refill() {
	clear(w.taken)
	if cap(w.taken) > keptFrames {
		w.taken = nil
	}
	w.taken, w.next = w.queue.take(w.taken[:0]), 0
}

// fits reports whether a frame's head and small pieces find room in scratch. The first frame of a gathering always does.
func (w *writer) fits(f *frame) bool {
	return len(w.pieces) == 0 || len(w.pieces)+len(f.payload) < gatherPieces && cap(w.scratch)-len(w.scratch) >= frameHead+smallPiece
}

func (w *writer) addControl(k Kind, number uint64) {
	if number == 0 {
		return
	}
	f := newFrame(k, [][]byte{binary.BigEndian.AppendUint64(nil, number)})
	w.add(&f)
}

func (w *writer) add(f *frame) {
	w.copied(f.appendHead(w.scratch), frameHead)
	for _, p := range f.payload {
		switch {
		case len(p) == 0:
		case len(p) <= smallPiece && len(p) <= cap(w.scratch)-len(w.scratch):
			w.copied(append(w.scratch, p...), len(p))
		default:
			w.pieces, w.open = append(w.pieces, p), false
		}
	}
}

// copied takes scratch as it is after n bytes were appended to it.
func (w *writer) copied(scratch []byte, n int) {
	if last := len(w.pieces) - 1; w.open {
		w.pieces[last] = w.pieces[last][:len(w.pieces[last])+n]
	} else {
		w.pieces, w.open = append(w.pieces, scratch[len(w.scratch):]), true
	}
	w.scratch = scratch
}

// flush writes the gathering. Over TLS, where there is no writev, the pieces are joined to full records first.
func (w *writer) flush() error {
	pieces := w.pieces
	defer clear(w.pieces)
	if tcp, ok := w.conn.(*net.TCPConn); ok {
		_, err := pieces.WriteTo(tcp)
		return err
	}
	return w.flushJoined(pieces)
}

// recordBytes is what one TLS record holds.
const recordBytes = 16 << 10

func (w *writer) flushJoined(pieces [][]byte) error {
	if w.record == nil {
		w.record = make([]byte, 0, recordBytes)
	}
	for _, p := range pieces {
		for len(p) > 0 {
			room := min(len(p), recordBytes-len(w.record))
			w.record, p = append(w.record, p[:room]...), p[room:]
			if len(w.record) == recordBytes {
				if err := w.flushRecord(); err != nil {
					return err
				}
			}
		}
	}
	return w.flushRecord()
}

func (w *writer) flushRecord() error {
	_, err := w.conn.Write(w.record)
	w.record = w.record[:0]
	return err
}
