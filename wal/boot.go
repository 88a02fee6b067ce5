package wal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// A kernel that has gone down has taken with it what was written and not synced. The boot file names the kernel's boot in which the
// directory was last used:
//
//	boot id, as the kernel writes it, and a line feed
//
// A store that is opened in another boot, after one that did not stop cleanly, marks each log that was written without syncs: what it has
// acknowledged may be missing. The marks are durable before the new boot is named. So a crash in between loses none of them.

const bootFile = "boot"

// kernelBoot is the id of the kernel's boot, "" where the system has none.
func kernelBoot() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// noteBoot marks what a kernel that went down may have taken with it. Where boots have no ids nothing is ever found missing.
func (s *Store) noteBoot() error {
	boot := s.opts.Boot
	if boot == "" {
		return nil
	}
	path := filepath.Join(s.opts.Dir, bootFile)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	last := strings.TrimSpace(string(text))
	if last == boot {
		return nil
	}
	if last != "" && !s.clean {
		if err := s.markForgotten(); err != nil {
			return err
		}
	}
	return replaceFile(s.disk, path, []byte(boot+"\n"), s.opts.Dir)
}

// markForgotten marks the logs that were written without syncs.
func (s *Store) markForgotten() error {
	marked := 0
	for name, known := range s.journal.known.byName {
		if o := known.owner; o.Cached && !o.Forgot {
			o.Forgot = true
			s.journal.own(name, o)
			marked++
		}
	}
	if marked == 0 {
		return nil
	}
	s.log.Warn().Int("logs", marked).Msg("the machine went down while this node ran: logs of topics with write.caching may lack what they have acknowledged")
	return s.journal.rewrite(s.opts.Dir)
}
