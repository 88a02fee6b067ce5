package kafka

import (
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// A section of a log goes from the page cache to a plain TCP connection by sendfile, where the system has that (Linux): its
// bytes never pass through this process. Through anything else, as TLS, views are asked for chunks.

// fileSender is how a socket takes pieces of files; nil if it can't.
func fileSender(socket net.Conn) syscall.RawConn {
	plain, ok := socket.(*net.TCPConn)
	if !ok || !hasSendfile {
		return nil
	}
	raw, err := plain.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// sendsFiles reports whether answers may hold sections.
func (c *connection) sendsFiles() bool { return c.sender != nil }

// sendSection sends a portion of a section, and takes it off. A file that ends before its section does fails the connection:
// the reply's length is promised.
func (c *connection) sendSection(s *msg.Section) error {
	left := min(s.Size, writePortion)
	var failed error
	err := c.sender.Write(func(socket uintptr) (done bool) {
		for left > 0 {
			n, err := sendfile(socket, s, left)
			switch {
			case err == syscall.EAGAIN:
				return false // until the socket takes more
			case err == syscall.EINTR:
				continue
			case err == nil && n == 0:
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				failed = fmt.Errorf("sending %s from byte %d on: %w", s.File.Name(), s.At, err)
				return true
			}
			left -= n
		}
		return true
	})
	if err != nil {
		return err
	}
	return failed
}
