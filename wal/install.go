package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
)

// install says what a log becomes when the files that were gathered for it take its place. It is kept in a file beside them,
// "incoming/NAME.install", and from the moment that this file is durable the new log counts, whatever happens:
//
//	 0  4  CRC-32C of everything behind this field
//	 4  4  "INST"
//	 8  8  term of the hard state
//	16  8  vote
//	24  8  commit
//	32  8  first index of the last segment
//	40  8  bytes in it
//	48  8  index of the last entry
//
// All integers are big-endian. Then the old directory goes to the trash, the new one takes its name, the journal takes hard
// state and recovery point, and the file is removed. Each step may be done again: a start finishes what a crash interrupted.
type install struct {
	state HardState
	end   position
}

const installSize = 56

func (i install) encode() []byte {
	b := make([]byte, 8, installSize)
	copy(b[4:], "INST")
	for _, v := range []uint64{i.state.Term, i.state.Vote, i.state.Commit, i.end.first, uint64(i.end.pos), i.end.last} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return b
}

func parseInstall(b []byte) (install, error) {
	if len(b) != installSize || string(b[4:8]) != "INST" {
		return install{}, fmt.Errorf("it has %d bytes, or does not begin with \"INST\"", len(b))
	}
	if crc32.Checksum(b[4:], castagnoli) != binary.BigEndian.Uint32(b) {
		return install{}, errChecksum
	}
	u := func(at int) uint64 { return binary.BigEndian.Uint64(b[at:]) }
	return install{HardState{u(8), u(16), u(24)}, position{u(32), int64(u(40)), u(48)}}, nil
}

// Seal makes what was gathered a log: its head and its owner's state are put beside the segments, and everything is durable.
// What is still missing is an error. The Incoming can't be used any more.
func (in *Incoming) Seal() error {
	if file, off, _, more := in.At(); more {
		return fmt.Errorf("sealing what was gathered for %s: byte %d of file %d is missing", in.name, off, file)
	}
	in.drop()
	d, m := in.store.disk, &in.m
	if m.First > 1 {
		h := head{first: m.First, term: m.PrevTerm, offset: m.Base}
		if err := replaceFile(d, filepath.Join(in.dir, headFile), h.encode(), in.dir); err != nil {
			return storageErr(err, "writing the head of what was gathered for %s", in.name)
		}
	}
	if m.StateBytes > 0 {
		path := filepath.Join(in.dir, segmentName(m.Last)+stateSuffix)
		if err := replaceFile(d, path, encodeState(m.Last, in.state), in.dir); err != nil {
			return storageErr(err, "writing the state of what was gathered for %s", in.name)
		}
	}
	if err := errors.Join(syncDir(d, in.dir), syncDir(d, filepath.Dir(in.dir))); err != nil {
		in.store.syncer.fail(err)
		return storageErr(err, "making durable what was gathered for %s", in.name)
	}
	return nil
}

// Install replaces the log, which must be closed, by what was gathered and sealed for the manifest m, and hs becomes its hard
// state. An error before the new log counts leaves the old one as it was; an error after that is mended when the log is opened.
func (s *Store) Install(name string, m Manifest, hs HardState) error {
	if err := s.reserveName(name); err != nil {
		return fmt.Errorf("installing the log %s: %w", name, err)
	}
	defer s.forgetOpen(name)
	if err := s.quiet(name); err != nil {
		return fmt.Errorf("installing the log %s: %w", name, err)
	}
	i := install{hs, m.end()}
	if err := replaceFile(s.disk, s.installPath(name), i.encode(), filepath.Join(s.opts.Dir, incomingDir)); err != nil {
		if _, serr := os.Stat(s.installPath(name)); serr == nil {
			s.syncer.fail(err) // nobody knows which of the two logs counts after a crash, so the old one must not go on
		}
		return storageErr(err, "installing the log %s", name)
	}
	s.halt(name, true)
	return s.resumeInstall(name)
}

func (s *Store) installPath(name string) string { return s.incomingPath(name) + installSuffix }

// quiet waits for what the log's last owner has left to be done behind: nothing of the old log may reach the new one.
func (s *Store) quiet(name string) error {
	swept := make(chan struct{})
	s.behind(func() { close(swept) })
	<-swept
	s.syncer.hurry()
	return s.syncer.wait(&unsynced{name: name}, unsynced{})
}

func (s *Store) halt(name string, halted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if halted {
		s.halted[name] = true
	} else {
		delete(s.halted, name)
	}
}

// resumeInstall finishes an installation that counts, if there is one.
func (s *Store) resumeInstall(name string) error {
	s.mu.Lock()
	halted := s.halted[name]
	s.mu.Unlock()
	if !halted {
		return nil
	}
	grave, err := s.finishInstall(name, func(i install) error {
		return s.syncer.wait(&unsynced{name: name}, unsynced{state: i.state, hasState: true, pos: i.end, hasPos: true, placed: true})
	})
	if err != nil {
		return storageErr(err, "installing the log %s: it is finished when the log is opened", name)
	}
	s.halt(name, false)
	if grave != "" {
		s.behind(func() { s.deleteAll(grave) })
	}
	return nil
}

// finishInstall does what follows once an installation counts. record makes the journal say so, durably.
func (s *Store) finishInstall(name string, record func(install) error) (grave string, err error) {
	text, err := os.ReadFile(s.installPath(name))
	if errors.Is(err, os.ErrNotExist) { // all was done, but for the last sync
		return "", syncDir(s.disk, filepath.Join(s.opts.Dir, incomingDir))
	}
	if err != nil {
		return "", err
	}
	i, err := parseInstall(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.installPath(name), err)
	}
	from, to := s.incomingPath(name), filepath.Join(s.opts.Dir, partitionsDir, name)
	if _, err := os.Stat(from); err == nil {
		if grave, err = s.bury(name); err != nil {
			return grave, err
		}
		if err := s.disk.Rename(from, to); err != nil {
			return grave, err
		}
	}
	for _, dir := range []string{partitionsDir, incomingDir} {
		if err := syncDir(s.disk, filepath.Join(s.opts.Dir, dir)); err != nil {
			return grave, err
		}
	}
	if err := record(i); err != nil {
		return grave, err
	}
	if err := os.Remove(s.installPath(name)); err != nil {
		return grave, err
	}
	return grave, syncDir(s.disk, filepath.Join(s.opts.Dir, incomingDir))
}

// finishInstalls finishes what counted when the node stopped, before the trash is emptied: the journal must not forget a log
// whose new directory has not got its name yet.
func (s *Store) finishInstalls() error {
	dir := filepath.Join(s.opts.Dir, incomingDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), tempSuffix) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
		name, ok := strings.CutSuffix(e.Name(), installSuffix)
		if !ok {
			continue
		}
		if _, err := s.finishInstall(name, func(i install) error {
			s.journal.state(name, i.state)
			s.journal.synced(name, i.end)
			return s.journal.rewrite(s.opts.Dir)
		}); err != nil {
			return fmt.Errorf("finishing the installation of the log %s: %w", name, err)
		}
	}
	return nil
}

// abandon forgets what is gathered for a log that is to be removed.
func (s *Store) abandon(name string) error {
	if err := ignoreMissing(os.Remove(s.installPath(name))); err != nil {
		return err
	}
	s.halt(name, false)
	return s.Discard(name)
}
