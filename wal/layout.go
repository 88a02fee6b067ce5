package wal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// Names in a data directory; doc.go draws the whole.
const (
	lockFile      = "LOCK"
	formatFile    = "format"
	cleanFile     = "clean"
	journalFile   = "journal"
	ballastFile   = "ballast"
	partitionsDir = "partitions"
	trashDir      = "trash"
	incomingDir   = "incoming"

	// In the directory of a log.
	headFile    = "head"
	indexSuffix = ".index"
	stateSuffix = ".state"
	tempSuffix  = ".tmp"

	// Beside the directory of a log that is received.
	installSuffix = ".install"
)

// formatText is all that the format file holds.
const formatText = "troupe log format 1\n"

// segmentName is tidwall/wal's name for the file that begins at index first.
func segmentName(first uint64) string { return fmt.Sprintf("%020d", first) }

// parseName reads the index that a file's name begins with, if it is one of a segment (suffix ""), a sidecar or a state.
func parseName(name, suffix string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil && first > 0
}

// lockDir takes the data directory for this process, until the file is closed or the process ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of the data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", dir, ErrInUse)
		}
		return nil, fmt.Errorf("locking the data directory %s: %w", dir, err)
	}
	return f, nil
}

// checkFormat refuses a directory of another version, and marks a new one as ours.
func checkFormat(d Disk, dir string) error {
	path := filepath.Join(dir, formatFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, partitionsDir)); err == nil {
			return fmt.Errorf("%s holds partitions but no file that says in which format: %w", dir, ErrVersion)
		}
		return replaceFile(d, path, []byte(formatText), dir)
	}
	if err != nil {
		return err
	}
	if string(text) != formatText {
		return fmt.Errorf("%s says %q where this version writes %q: %w", path, text, formatText, ErrVersion)
	}
	return nil
}

// cleanMark reports whether the last owner stopped cleanly.
func cleanMark(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, cleanFile))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// takeCleanMark removes the last owner's mark, durably: it must not outlive the next crash. Until the boot is noted it stays: a crash
// before that is none of the kernel's.
func (s *Store) takeCleanMark() error {
	if !s.clean {
		return nil
	}
	err := ignoreMissing(os.Remove(filepath.Join(s.opts.Dir, cleanFile)))
	if err == nil {
		err = syncDir(s.disk, s.opts.Dir)
	}
	if err != nil {
		return fmt.Errorf("removing the marker of the last clean stop: %w", err)
	}
	return nil
}

// checkLogName refuses what can't be the name of a directory.
func checkLogName(name string) error {
	if name == "" || len(name) > 240 || name[0] == '.' || strings.ContainsAny(name, "/\\\x00") || strings.HasSuffix(name, installSuffix) {
		return fmt.Errorf("%q can't be the name of a log: it becomes a directory", name)
	}
	return nil
}

// logFiles are the files in the directory of a log, by kind, each list sorted by index.
type logFiles struct {
	segments, indexes, states []uint64
	rest                      []string // left behind by a crash
}

func listLog(dir string) (files logFiles, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return files, err
	}
	for _, e := range entries {
		name := e.Name()
		if i, ok := parseName(name, ""); ok {
			files.segments = append(files.segments, i)
		} else if i, ok := parseName(name, indexSuffix); ok {
			files.indexes = append(files.indexes, i)
		} else if i, ok := parseName(name, stateSuffix); ok {
			files.states = append(files.states, i)
		} else if strings.HasSuffix(name, tempSuffix) {
			files.rest = append(files.rest, name)
		}
	}
	for _, list := range [][]uint64{files.segments, files.indexes, files.states} {
		sort.Slice(list, func(i, j int) bool { return list[i] < list[j] })
	}
	return files, nil
}

func listDirs(path string) (names []string, err error) {
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}
