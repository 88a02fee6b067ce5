package fabric

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// frameVersion is the version of the frames' layout.
const frameVersion = 1

// The two kinds of frames.
const (
	frameAsk    = 1
	frameAnswer = 2
)

// maxName bounds the names of actors and of requests: their length is one byte.
const maxName = 255

// headerBytes is what all frames begin with.
const headerBytes = 18

// frame is what goes over the bus or a link. Numbers are big endian, names are UTF-8, the body is JSON to the frame's end.
//
// A request:
//
//	0         1      2       10   18        19      ..        ..     ..        ..
//	+---------+------+-------+----+---------+-------+---------+------+---------+------+
//	| version | ask  | epoch | id | len (1) | actor | len (1) | name | version | body |
//	+---------+------+-------+----+---------+-------+---------+------+---------+------+
//
// An answer, with the epoch and the id of its request:
//
//	+---------+--------+-------+----+------+
//	| version | answer | epoch | id | body |
//	+---------+--------+-------+----+------+
type frame struct {
	kind uint8
	// epoch is the asking fabric's, id the request's among those of that fabric.
	epoch, id uint64
	// actor is whom the request is for, name and version what it is.
	actor, name string
	version     uint8
	body        []byte
}

func (f *frame) encode() []byte {
	data := make([]byte, 0, headerBytes+3+len(f.actor)+len(f.name)+len(f.body))
	data = append(data, frameVersion, f.kind)
	data = binary.BigEndian.AppendUint64(data, f.epoch)
	data = binary.BigEndian.AppendUint64(data, f.id)
	if f.kind == frameAsk {
		data = appendName(data, f.actor)
		data = appendName(data, f.name)
		data = append(data, f.version)
	}
	return append(data, f.body...)
}

func appendName(data []byte, name string) []byte {
	data = append(data, uint8(len(name)))
	return append(data, name...)
}

var errShort = errors.New("the frame ends too early")

// decodeFrame reads a frame. Its body is part of data.
func decodeFrame(data []byte) (frame, error) {
	if len(data) < headerBytes {
		return frame{}, errShort
	}
	if data[0] != frameVersion {
		return frame{}, fmt.Errorf("the frame is of version %d, this node reads version %d; upgrade it", data[0], frameVersion)
	}
	f := frame{kind: data[1], epoch: binary.BigEndian.Uint64(data[2:]), id: binary.BigEndian.Uint64(data[10:]), body: data[headerBytes:]}
	switch f.kind {
	case frameAnswer:
		return f, nil
	case frameAsk:
		return f, f.takeAddress()
	}
	return frame{}, fmt.Errorf("the frame is neither a request nor an answer but a %d", f.kind)
}

// takeAddress takes what says whom a request is for and what it is off the body.
func (f *frame) takeAddress() (err error) {
	if f.actor, f.body, err = takeName(f.body); err != nil {
		return err
	}
	if f.name, f.body, err = takeName(f.body); err != nil {
		return err
	}
	if len(f.body) == 0 {
		return errShort
	}
	f.version, f.body = f.body[0], f.body[1:]
	return nil
}

func takeName(data []byte) (name string, rest []byte, err error) {
	if len(data) == 0 || len(data) < 1+int(data[0]) {
		return "", nil, errShort
	}
	end := 1 + int(data[0])
	return string(data[1:end]), data[end:], nil
}
