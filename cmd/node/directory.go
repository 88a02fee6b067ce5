package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-e634fa49/troupe/wal"
)

// openDirectory makes the data directory if need be, checks that it is ours, locks it, and opens the store.
func (n *Node) openDirectory(context.Context) error {
	if err := makeDirectory(n.o.Dir); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	// Before anything is touched: another node's directory is refused as it is.
	id, known, err := readIdentity(n.o.Dir, n.o.ID)
	if err != nil {
		return err
	}
	n.store, err = wal.OpenStore(wal.Options{
		Dir: n.o.Dir, TailMemory: n.o.TailMemory, SegmentBytes: n.o.SegmentBytes, Reserve: n.o.Reserve,
		Log: n.log, Now: n.o.Clock.Now, Fatal: n.fatal, Disk: n.o.Disk, Boot: n.o.Boot,
	})
	if err != nil {
		return openingFailed(n.o.Dir, err)
	}
	if !known {
		if id, err = n.identifyLocked(); err != nil {
			return err
		}
	}
	n.identity.Store(&id)
	n.incarnation, err = newID(n.o.Random)
	return err
}

// identifyLocked gives the directory an identity, if nobody has by the time that this process has the lock.
func (n *Node) identifyLocked() (identity, error) {
	if id, known, err := readIdentity(n.o.Dir, n.o.ID); known || err != nil {
		return id, err
	}
	logs, err := n.store.Logs()
	if err != nil {
		return identity{}, fmt.Errorf("looking for logs in %s: %w", n.o.Dir, err)
	}
	if len(logs) > 0 {
		return identity{}, fmt.Errorf("%s holds %d logs but no %s that says whose they are; restore that file, or give this node an empty directory with --data", n.o.Dir, len(logs), identityFile)
	}
	id, err := newIdentity(n.o.ID, n.o.Random)
	if err != nil {
		return identity{}, err
	}
	return id, id.write(n.o.Dir)
}

// makeDirectory makes dir and what is above it, each durably.
func makeDirectory(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDirectory(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return syncDirectory(parent)
}

// openingFailed says what to do about a directory that can't be opened.
func openingFailed(dir string, err error) error {
	switch {
	case errors.Is(err, wal.ErrInUse):
		return fmt.Errorf("data directory %s is in use by another process; stop that one, or give this node a directory of its own with --data: %w", dir, err)
	case errors.Is(err, wal.ErrVersion):
		return fmt.Errorf("data directory %s was written by another version; start the version that wrote it, or give this node a directory of its own with --data: %w", dir, err)
	}
	return fmt.Errorf("opening data directory %s: %w", dir, err)
}

// disk tells how large the disk of the data directory is, and how much of it is free: -1 where it can't be known, as in
// Kafka.
func (n *Node) disk() (total, free int64) {
	total, free, err := diskSize(n.o.Dir)
	if err != nil {
		return -1, -1
	}
	return total, free
}
