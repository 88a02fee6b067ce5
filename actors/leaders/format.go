package leaders

import (
	"encoding/binary"
	"errors"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Announcements on the wire, big-endian, one after the other:
//
//	 0  16  topic id
//	16   4  partition
//	20   4  leader, -1 for none
//	24   4  leader epoch
//	28   2  number of nodes in sync, each:
//	          0  4  node
//
// A frame begins with the version of the format, one byte, 1.
const (
	formatVersion    = 1
	announcementSize = 30
)

// mostInSync bounds the nodes in sync of one partition.
const mostInSync = 1 << 10

// FrameTarget is how many bytes of announcements one frame gathers.
const FrameTarget = 256 << 10

var errFormat = errors.New("leader announcements: the frame is cut, or of another version of the format")

// Encode makes frames of announcements, each of about FrameTarget bytes at most.
func Encode(all []Announcement) [][]byte {
	var frames [][]byte
	var p []byte
	for _, a := range all {
		if p == nil {
			p = append(p, formatVersion)
		}
		p = a.encode(p)
		if len(p) >= FrameTarget {
			frames, p = append(frames, p), nil
		}
	}
	if p != nil {
		frames = append(frames, p)
	}
	return frames
}

func (a *Announcement) encode(p []byte) []byte {
	p = append(p, a.Partition.Topic[:]...)
	p = binary.BigEndian.AppendUint32(p, uint32(a.Partition.Partition))
	p = binary.BigEndian.AppendUint32(p, uint32(a.Leader))
	p = binary.BigEndian.AppendUint32(p, uint32(a.Epoch))
	inSync := a.InSync[:min(len(a.InSync), mostInSync)]
	p = binary.BigEndian.AppendUint16(p, uint16(len(inSync)))
	for _, n := range inSync {
		p = binary.BigEndian.AppendUint32(p, uint32(n))
	}
	return p
}

// Decode reads a frame. It allocates in proportion to it.
func Decode(frame []byte) ([]Announcement, error) {
	if len(frame) == 0 || frame[0] != formatVersion {
		return nil, errFormat
	}
	var all []Announcement
	for p := frame[1:]; len(p) > 0; {
		if len(p) < announcementSize {
			return nil, errFormat
		}
		var a Announcement
		copy(a.Partition.Topic[:], p)
		a.Partition.Partition = int32(binary.BigEndian.Uint32(p[16:]))
		a.Leader = msg.NodeID(binary.BigEndian.Uint32(p[20:]))
		a.Epoch = int32(binary.BigEndian.Uint32(p[24:]))
		n := int(binary.BigEndian.Uint16(p[28:]))
		p = p[announcementSize:]
		if n > mostInSync || len(p) < 4*n {
			return nil, errFormat
		}
		for i := range n {
			a.InSync = append(a.InSync, msg.NodeID(binary.BigEndian.Uint32(p[4*i:])))
		}
		p = p[4*n:]
		all = append(all, a)
	}
	return all, nil
}
