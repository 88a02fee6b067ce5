package kafka

import (
	"syscall"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

const hasSendfile = true

// sendfile sends up to n bytes of s to a socket, and takes them off s.
func sendfile(socket uintptr, s *msg.Section, n int64) (sent int64, err error) {
	at := s.At // the file's own position is everybody's
	did, err := syscall.Sendfile(int(socket), int(s.File.Fd()), &at, int(n))
	if did > 0 {
		s.At, s.Size, sent = s.At+int64(did), s.Size-int64(did), int64(did)
	}
	return sent, err
}
