package main

import (
	"os"
	"syscall"
)

// syncData makes a file's bytes durable.
func syncData(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
