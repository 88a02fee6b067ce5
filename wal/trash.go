package wal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Remove deletes a log that is not open: renamed away at once, its files deleted behind. In the trash a log's name is
// followed by a number, after a space: that is how the journal is told to forget it should we crash in between.
func (s *Store) Remove(name string) error {
	if err := checkLogName(name); err != nil {
		return err
	}
	if err := s.reserveName(name); err != nil {
		return err
	}
	defer s.forgetOpen(name)
	if err := s.abandon(name); err != nil {
		return fmt.Errorf("removing the log %s: %w", name, err)
	}
	grave, err := s.bury(name)
	if err != nil {
		return fmt.Errorf("removing the log %s: %w", name, err)
	}
	if err := s.syncer.forget(name); err != nil {
		return fmt.Errorf("removing the log %s from the journal: %w", name, err)
	}
	if grave != "" {
		s.behind(func() { s.deleteAll(grave) })
	}
	return nil
}

// bury moves a log to the trash, durably. A log that is not there needs no grave.
func (s *Store) bury(name string) (grave string, err error) {
	from := filepath.Join(s.opts.Dir, partitionsDir, name)
	if _, err := os.Stat(from); os.IsNotExist(err) {
		return "", nil
	}
	for n := 0; ; n++ {
		grave = filepath.Join(s.opts.Dir, trashDir, fmt.Sprintf("%s %d", name, n))
		if _, err := os.Stat(grave); os.IsNotExist(err) {
			break
		}
	}
	if err := s.disk.Rename(from, grave); err != nil {
		return "", err
	}
	for _, d := range []string{trashDir, partitionsDir} {
		if err := syncDir(s.disk, filepath.Join(s.opts.Dir, d)); err != nil {
			return "", err
		}
	}
	return grave, nil
}

// emptyTrash finishes what was being removed when the node stopped.
func (s *Store) emptyTrash() error {
	graves, err := listDirs(filepath.Join(s.opts.Dir, trashDir))
	if err != nil {
		return err
	}
	forgotten := false
	for _, grave := range graves {
		name := grave
		if i := strings.LastIndexByte(grave, ' '); i >= 0 {
			name = grave[:i]
		}
		if _, err := os.Stat(filepath.Join(s.opts.Dir, partitionsDir, name)); os.IsNotExist(err) {
			s.journal.forget(name)
			forgotten = true
		}
	}
	if forgotten {
		if err := s.journal.rewrite(s.opts.Dir); err != nil {
			return err
		}
	}
	for _, grave := range graves {
		s.behind(func() { s.deleteAll(filepath.Join(s.opts.Dir, trashDir, grave)) })
	}
	return nil
}

func (s *Store) deleteAll(path string) {
	if err := os.RemoveAll(path); err != nil {
		s.log.Warn().Err(err).Str("path", path).Msg("could not delete a removed log; it is tried again at the next start")
	}
}
