//go:build !linux

package main

import (
	"os/exec"
	"syscall"
)

// detach keeps a terminal's interrupt from the node, which is stopped by local alone.
func detach(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
