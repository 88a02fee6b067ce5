package wal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Options of a node's store. The zero value of each but Dir has a default.
type Options struct {
	Dir string
	// TailMemory is the budget, in bytes, of all buffers that are lent to tails while they are written. Default 32 MiB.
	TailMemory int64
	// SegmentBytes is the length at which a segment is rolled. Default 64 MiB.
	SegmentBytes int64
	// Reserve is how many bytes of the disk are kept back from producers. Default: 256 MiB, or 5% of the disk if that is
	// less, but 8 MiB at least.
	Reserve int64
	Log     zerolog.Logger
	Now     func() time.Time
	// Fatal is told, once, that a sync failed: the node must stop at once.
	Fatal func(error)
	// Boot identifies the boot of the kernel, "" is what the kernel says.
	Boot string
	// Disk replaces the real disk, to put faults into it.
	Disk Disk
}

const (
	defaultTailMemory   = 32 << 20
	defaultSegmentBytes = 64 << 20
)

func (o *Options) setDefaults() {
	if o.TailMemory <= 0 {
		o.TailMemory = defaultTailMemory
	}
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = defaultSegmentBytes
	}
	if !lending {
		o.SegmentBytes = min(o.SegmentBytes, max(o.TailMemory/4, 1<<20))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Fatal == nil {
		o.Fatal = func(error) {}
	}
	if o.Boot == "" {
		o.Boot = kernelBoot()
	}
	if o.Disk == nil {
		o.Disk = realDisk{}
	}
}

// Store is what the logs of a node share. Safe for concurrent use.
type Store struct {
	opts    Options
	disk    Disk
	log     zerolog.Logger
	lock    *os.File
	clean   bool // the last owner stopped cleanly
	journal *journal
	syncer  *syncer
	tails   *tails
	loans   *loans
	files   *descriptors
	indexes *indexCache
	room    *room
	stats   counters
	opening chan struct{} // bounds how many logs are recovered at once
	janitor *janitor

	mu     sync.Mutex
	open   map[string]*Log
	closed bool
	// halted are the logs whose installation has failed half way: it is finished before they are opened.
	halted map[string]bool
}

// OpenStore takes the data directory, making it if need be, for this process alone. ErrInUse and ErrVersion say what to do.
func OpenStore(o Options) (*Store, error) {
	o.setDefaults()
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		opts: o, disk: o.Disk, log: o.Log, lock: lock,
		tails:   &tails{limit: tailLimit(), bytes: o.TailMemory, open: map[*tail]struct{}{}},
		loans:   newLoans(2*runtime.GOMAXPROCS(0), o.TailMemory),
		opening: make(chan struct{}, 2),
		open:    map[string]*Log{},
		halted:  map[string]bool{},
		janitor: newJanitor(),
	}
	s.files = newDescriptors(s)
	s.indexes = newIndexCache(s, indexCacheBytes)
	if err := s.start(); err != nil {
		s.janitor.stop()
		lock.Close()
		return nil, err
	}
	return s, nil
}

// start reads what the directory holds and starts the syncer.
func (s *Store) start() (err error) {
	if err := checkFormat(s.disk, s.opts.Dir); err != nil {
		return err
	}
	for _, d := range []string{partitionsDir, trashDir, incomingDir} {
		if err := os.MkdirAll(filepath.Join(s.opts.Dir, d), 0o750); err != nil {
			return err
		}
	}
	if s.clean, err = cleanMark(s.opts.Dir); err != nil {
		return fmt.Errorf("looking for the marker of the last clean stop: %w", err)
	}
	if s.room, err = newRoom(s); err != nil {
		return err
	}
	if s.journal, err = s.openJournal(); err != nil {
		return err
	}
	for _, step := range []func() error{s.noteBoot, s.takeCleanMark, s.finishInstalls, s.emptyTrash, s.startSyncer} {
		if err := step(); err != nil {
			s.journal.close()
			return err
		}
	}
	return nil
}

func (s *Store) startSyncer() (err error) {
	s.syncer, err = startSyncer(s)
	return err
}

// openJournal reads the journal, or makes it in a directory that holds no log yet.
func (s *Store) openJournal() (*journal, error) {
	path := filepath.Join(s.opts.Dir, journalFile)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		names, err := s.Logs()
		if err != nil {
			return nil, err
		}
		if len(names) > 0 {
			return nil, fmt.Errorf("%s is missing, but there are %d logs: votes and recovery points are lost with it. "+
				"Put it back, or let this node join anew with an empty directory", path, len(names))
		}
	}
	return openJournal(s.disk, path, s.room)
}

// Clean reports whether the owner before us stopped cleanly.
func (s *Store) Clean() bool { return s.clean }

// Logs lists the names of the logs on disk.
func (s *Store) Logs() ([]string, error) {
	names, err := listDirs(filepath.Join(s.opts.Dir, partitionsDir))
	if err != nil {
		return nil, fmt.Errorf("listing the logs: %w", err)
	}
	return names, nil
}

// Open recovers the log of that name, or makes it. It is for one owner, who alone calls its methods, one at a time
// (Reader's methods excepted).
func (s *Store) Open(name string) (*Log, error) {
	if err := checkLogName(name); err != nil {
		return nil, err
	}
	if err := s.reserveName(name); err != nil {
		return nil, err
	}
	s.opening <- struct{}{}
	began := time.Now()
	var l *Log
	err := s.resumeInstall(name)
	if err == nil {
		l, err = recoverLog(s, name)
	}
	s.stats.opened(time.Since(began))
	<-s.opening
	if err == nil {
		err = l.makeDurable()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		delete(s.open, name)
		return nil, fmt.Errorf("opening the log %s: %w", name, err)
	}
	s.open[name] = l
	return l, nil
}

func (s *Store) reserveName(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if _, ok := s.open[name]; ok {
		return fmt.Errorf("%s: %w", name, ErrOpen)
	}
	s.open[name] = nil
	return nil
}

func (s *Store) forgetOpen(name string) {
	s.mu.Lock()
	delete(s.open, name)
	s.mu.Unlock()
}

// behind does f in the background, in the order of the calls.
func (s *Store) behind(f func()) { s.janitor.do(f) }

// Close syncs everything, writes the marker of a clean stop, and lets go of the directory. Logs that are still open are
// closed; their owners must have stopped using them.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.closed = true
	open := make([]*Log, 0, len(s.open))
	for _, l := range s.open {
		if l != nil {
			open = append(open, l)
		}
	}
	s.mu.Unlock()
	for _, l := range open {
		l.Close()
	}
	s.janitor.stop()
	err := s.syncer.stop()
	if err == nil {
		err = s.journal.rewrite(s.opts.Dir)
	}
	s.journal.close()
	s.files.closeAll()
	if err == nil {
		err = replaceFile(s.disk, filepath.Join(s.opts.Dir, cleanFile), []byte("stopped cleanly\n"), s.opts.Dir)
	}
	if cerr := s.lock.Close(); err == nil {
		err = cerr
	}
	return err
}
