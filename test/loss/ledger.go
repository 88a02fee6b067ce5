package loss

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/seed-e634fa49/troupe/wal"
)

// Ledger is a disk that writes down what became durable, one line each, before anybody is told:
//
//	file LENGTH PATH   everything up to LENGTH is synced
//	name PATH          the directory that lists PATH is synced
//	move FROM TO       FROM is now called TO (a tab between them)
//
// The lines are in the page cache, which a killed process leaves behind.
type Ledger struct {
	wal.Disk
	// Forgetful makes syncs that do nothing and say that they did: what the test must notice.
	Forgetful bool
	// Broken is the name of a file: while it is there, every sync fails.
	Broken string

	mu  sync.Mutex
	out *os.File
}

// OpenLedger appends to the ledger at path.
func OpenLedger(path string, disk wal.Disk) (*Ledger, error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	return &Ledger{Disk: disk, out: out}, err
}

// Sync syncs and writes down. The length is taken before: what comes in meanwhile may not be covered.
func (l *Ledger) Sync(f *os.File) error {
	if l.broken() {
		return syscall.EIO
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	lines := []string{fmt.Sprintf("file %d %s", info.Size(), f.Name())}
	if info.IsDir() {
		if lines, err = names(f.Name()); err != nil {
			return err
		}
	}
	if l.Forgetful {
		return nil
	}
	if err := l.Disk.Sync(f); err != nil {
		return err
	}
	return l.write(lines)
}

// SyncAll syncs the file system and writes down all that lies below dir.
func (l *Ledger) SyncAll(dir *os.File) error {
	if l.broken() {
		return syscall.EIO
	}
	lines, err := everything(dir.Name())
	if err != nil || l.Forgetful {
		return err
	}
	if err := l.Disk.SyncAll(dir); err != nil {
		return err
	}
	return l.write(lines)
}

func (l *Ledger) broken() bool {
	if l.Broken == "" {
		return false
	}
	_, err := os.Stat(l.Broken)
	return err == nil
}

// Rename renames and writes down.
func (l *Ledger) Rename(from, to string) error {
	if err := l.Disk.Rename(from, to); err != nil {
		return err
	}
	return l.write([]string{fmt.Sprintf("move %s\t%s", from, to)})
}

func (l *Ledger) write(lines []string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.out.WriteString(strings.Join(lines, "\n") + "\n")
	return err
}

func names(dir string) (lines []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		lines = append(lines, "name "+filepath.Join(dir, e.Name()))
	}
	return lines, err
}

func everything(dir string) (lines []string, err error) {
	err = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if os.IsNotExist(err) {
			return nil // deleted while we look
		}
		if err != nil {
			return err
		}
		lines = append(lines, "name "+path)
		if !info.IsDir() {
			lines = append(lines, fmt.Sprintf("file %d %s", info.Size(), path))
		}
		return nil
	})
	return lines, err
}

// durable is what a ledger says that a power loss must leave.
type durable struct {
	length map[string]int64
	named  map[string]bool
}

// readLedger adds up a ledger.
func readLedger(path string) (durable, error) {
	d := durable{map[string]int64{}, map[string]bool{}}
	f, err := os.Open(path)
	if err != nil {
		return d, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		kind, rest, _ := strings.Cut(lines.Text(), " ")
		switch kind {
		case "file":
			var n int64
			size, name, _ := strings.Cut(rest, " ")
			if _, err := fmt.Sscan(size, &n); err != nil {
				return d, fmt.Errorf("ledger line %q: %w", lines.Text(), err)
			}
			d.length[name] = n
		case "name":
			d.named[rest] = true
		case "move":
			d.move(rest)
		}
	}
	return d, lines.Err()
}

// move follows a rename, also of a directory.
func (d durable) move(fromTo string) {
	from, to, _ := strings.Cut(fromTo, "\t")
	moved := map[string]int64{}
	for path, n := range d.length {
		if path == from || strings.HasPrefix(path, from+"/") {
			moved[to+strings.TrimPrefix(path, from)] = n
			delete(d.length, path)
		}
	}
	for path, n := range moved {
		d.length[path] = n
		d.named[path] = true
	}
}
