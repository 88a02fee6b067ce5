package partitions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// FileLinks carry what is said about files to other nodes; *link.Links is the real one. What comes from there Peers hand to
// Host.TakeFiles.
type FileLinks interface {
	// Send sends one frame made of the pieces, which must not change any more. False: no link, or its queue is full.
	Send(to msg.NodeID, lane link.Lane, k link.Kind, payload ...[]byte) bool
}

// fileFrame is what nodes say to each other about the files of one partition. One is sent as
//
//	 0   4  CRC-32C of everything behind this field
//	 4   1  what is said
//	 5  16  topic id
//	21   4  partition
//	25   8  index of the snapshot; of a repair: the number of the request
//	33   8  file, as wal.Offer numbers them; of a repair and of an end: the member's raft id
//	41   8  byte in it; of a repair: the member's term
//	49   4  how many bytes
//	53      the bytes of a piece
//
// All integers are big-endian.
type fileFrame struct {
	says  says
	id    msg.TopicPartition
	index uint64
	file  uint64
	at    uint64
	count uint32
	bytes []byte
}

// says is what a fileFrame says.
type says uint8

const (
	// wantPiece asks the leader's node for a piece; of zero bytes, it asks for patience.
	wantPiece says = 1
	// herePiece is a piece.
	herePiece says = 2
	// notHere answers wantPiece: nothing is offered under that index, or not that.
	notHere says = 3
	// gaveUp tells the leader that the member takes no more of that snapshot.
	gaveUp says = 4
	// wantRepair asks all members for the log: whoever leads offers it.
	wantRepair says = 5
	// isDamaged tells the leader's node that a file came whole as the link goes, and damaged as the log goes.
	isDamaged says = 6
)

const fileFrameHeader = 53

// encode is the frame's header, with a sum that covers the bytes, too.
func (f *fileFrame) encode() []byte {
	b := make([]byte, 5, fileFrameHeader)
	b[4] = byte(f.says)
	b = append(b, f.id.Topic[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(f.id.Partition))
	b = binary.BigEndian.AppendUint64(b, f.index)
	b = binary.BigEndian.AppendUint64(b, f.file)
	b = binary.BigEndian.AppendUint64(b, f.at)
	b = binary.BigEndian.AppendUint32(b, f.count)
	binary.BigEndian.PutUint32(b, crc32.Update(crc32.Checksum(b[4:], castagnoli), castagnoli, f.bytes))
	return b
}

// decodeFileFrame reads a frame; its bytes share p's memory.
func decodeFileFrame(p []byte) (*fileFrame, error) {
	switch {
	case len(p) < fileFrameHeader:
		return nil, fmt.Errorf("a frame about files has %d bytes", len(p))
	case crc32.Checksum(p[4:], castagnoli) != binary.BigEndian.Uint32(p):
		return nil, errors.New("the checksum of a frame about files does not match")
	}
	f := &fileFrame{
		says:  says(p[4]),
		id:    msg.TopicPartition{Topic: msg.TopicID(p[5:21]), Partition: int32(binary.BigEndian.Uint32(p[21:]))},
		index: binary.BigEndian.Uint64(p[25:]),
		file:  binary.BigEndian.Uint64(p[33:]),
		at:    binary.BigEndian.Uint64(p[41:]),
		count: binary.BigEndian.Uint32(p[49:]),
		bytes: p[fileFrameHeader:],
	}
	switch {
	case f.says < wantPiece || f.says > isDamaged:
		return nil, fmt.Errorf("a frame about files says %d, which is not known here", f.says)
	case f.says == herePiece && int(f.count) != len(f.bytes), f.says != herePiece && len(f.bytes) > 0:
		return nil, fmt.Errorf("a frame about files has %d bytes in it that should be %d", len(f.bytes), f.count)
	case f.count > pieceBytes:
		return nil, fmt.Errorf("a piece of %d bytes is larger than pieces are", f.count)
	}
	return f, nil
}
