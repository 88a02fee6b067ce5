package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/seed-e634fa49/troupe/wal"
)

func logCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "log",
		Short: "Look into the files of logs",
		Long: "The log commands read the files of one log (DATA/partitions/TOPICID-NUMBER) or of all in a data directory. They change nothing,\n" +
			"and may be used while the node runs; the last entry of a log that is being written may then look torn.",
		Args: arguments(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(logDump(), logVerify())
	return c
}

// logDirs are the directories of the logs that dir means: itself, or those of a data directory.
func logDirs(dir string) ([]string, error) {
	partitions := filepath.Join(dir, "partitions")
	entries, err := os.ReadDir(partitions)
	if errors.Is(err, fs.ErrNotExist) {
		return []string{dir}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for logs: %w", err)
	}
	var all []string
	for _, e := range entries {
		if e.IsDir() {
			all = append(all, filepath.Join(partitions, e.Name()))
		}
	}
	return all, nil
}

// shownDamage is a range of a file that can't be read.
type shownDamage struct {
	File   string `json:"file"`
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Index  uint64 `json:"first_index"`
	Reason string `json:"reason"`
}

func showDamage(d wal.Damage) shownDamage {
	return shownDamage{filepath.Base(d.File), d.From, d.To, d.FirstIndex, d.Reason}
}

func (d shownDamage) String() string {
	return fmt.Sprintf("DAMAGED  %s, bytes %d to %d, from index %d on: %s", d.File, d.From, d.To, d.Index, d.Reason)
}

// damaged is the error of a command that has found damage and said so.
var damaged = &exitError{code: exitFailed}
