//go:build !linux

package kafka

import (
	"syscall"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

const hasSendfile = false

func sendfile(uintptr, *msg.Section, int64) (int64, error) { return 0, syscall.ENOSYS }
