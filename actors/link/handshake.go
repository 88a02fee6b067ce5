package link

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"strconv"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// A connection begins with notes. Their head is the same in all versions of the protocol, so that a refusal can always be read:
//
//	 0  4  magic "TRLK"
//	 4  2  protocol version of the sender, 1
//	 6  1  what the note is
//	 7  1  zero
//	 8  4  length of the body
//	12  4  CRC-32C of bytes 0-11 and of the body
//	16     body: a greeting in JSON; of a question and its reply whatever was asked
//
// Who dials a lane says hello, and gets a welcome or a refusal; after a welcome frames follow, both ways. Who has only a question
// says asks and the question, and gets a welcome and the reply.
const noteHead = 16

const (
	noteMagic   = "TRLK"
	noteVersion = 1
)

type noteKind uint8

const (
	hello    noteKind = 1
	welcome  noteKind = 2
	refusal  noteKind = 3
	asks     noteKind = 4
	question noteKind = 5
	reply    noteKind = 6
)

const (
	maxGreeting = 64 << 10 // bytes
	maxQuestion = 16 << 20 // bytes, of a question and of a reply
)

// greeting is who speaks, and what about.
type greeting struct {
	Identity
	// To is the node that is meant, msg.NoNode in a question.
	To msg.NodeID `json:"to"`
	// Lane and Session name the connection: both lanes of a link have the same session, which its dialer counts up.
	Lane    Lane   `json:"lane"`
	Session uint64 `json:"session"`
	// Refused is why, in a refusal. Soon says that it is a matter of a moment, and nothing to tell an operator of.
	Refused string `json:"refused,omitempty"`
	Soon    bool   `json:"soon,omitempty"`
}

// appendNote appends a note with its head.
func appendNote(b []byte, k noteKind, body []byte) []byte {
	at := len(b)
	b = append(b, noteMagic...)
	b = binary.BigEndian.AppendUint16(b, noteVersion)
	b = append(b, byte(k), 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	sum := crc32.Update(crc32.Checksum(b[at:], castagnoli), castagnoli, body)
	return append(binary.BigEndian.AppendUint32(b, sum), body...)
}

// appendGreeting appends a note that holds a greeting.
func appendGreeting(b []byte, k noteKind, g greeting) []byte {
	// A greeting has nothing in it that JSON can't hold.
	body, _ := json.Marshal(g)
	return appendNote(b, k, body)
}

// readNote reads a note of up to most bytes.
func readNote(r io.Reader, most int) (k noteKind, version uint16, body []byte, err error) {
	head := make([]byte, noteHead)
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, 0, nil, err
	}
	if string(head[:4]) != noteMagic {
		return 0, 0, nil, fmt.Errorf("what is at the other end does not speak this protocol: it begins with %q", head[:4])
	}
	length := binary.BigEndian.Uint32(head[8:])
	if length > uint32(most) {
		return 0, 0, nil, fmt.Errorf("it says that %d bytes follow, and %d are allowed", length, most)
	}
	if body, err = readBody(r, int(length)); err != nil {
		return 0, 0, nil, err
	}
	if crc32.Update(crc32.Checksum(head[:12], castagnoli), castagnoli, body) != binary.BigEndian.Uint32(head[12:]) {
		return 0, 0, nil, errors.New("the checksum does not match")
	}
	return noteKind(head[6]), binary.BigEndian.Uint16(head[4:]), body, nil
}

// refusedError is what the other side has said to a hello.
type refusedError struct{ greeting }

func (e *refusedError) Error() string {
	return fmt.Sprintf("node %d refuses: %s", e.Node, e.Refused)
}

// readGreeting reads a greeting of one of the kinds wanted.
func readGreeting(r io.Reader, want ...noteKind) (noteKind, greeting, error) {
	g := greeting{Identity: Identity{Node: msg.NoNode}}
	k, version, body, err := readNote(r, maxGreeting)
	if err != nil {
		return 0, g, err
	}
	if k == refusal {
		if json.Unmarshal(body, &g) != nil {
			return 0, g, errors.New("it refuses, in words that this version can't read")
		}
		return k, g, &refusedError{g}
	}
	if version != noteVersion {
		return k, g, fmt.Errorf("it speaks version %d of the link protocol, and this node speaks %d: run versions of troupe that are neighbours", version, noteVersion)
	}
	if err := json.Unmarshal(body, &g); err != nil {
		return k, g, fmt.Errorf("its greeting can't be read: %w", err)
	}
	for _, w := range want {
		if k == w {
			return k, g, g.check()
		}
	}
	return k, g, fmt.Errorf("it sent a note of kind %d, which has no place here", k)
}

func (g *greeting) check() error {
	if g.Node < 0 || g.Lane >= lanes {
		return fmt.Errorf("its greeting is of node %d and lane %d, which can't be", g.Node, g.Lane)
	}
	return nil
}

// address is an endpoint as net.Dial takes it.
func address(e msg.Endpoint) string { return net.JoinHostPort(e.Host, strconv.Itoa(int(e.Port))) }
