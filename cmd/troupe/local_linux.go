package main

import (
	"os/exec"
	"syscall"
)

// detach keeps a terminal's interrupt from the node, which is stopped by local alone, and has the kernel end it if local is killed.
func detach(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
