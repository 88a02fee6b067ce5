package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/seed-e634fa49/troupe/wal"
)

// verifiedLog is what log verify says of one log.
type verifiedLog struct {
	Log     string        `json:"log"`
	Entries int64         `json:"entries"`
	Bytes   int64         `json:"bytes"`
	Damage  []shownDamage `json:"damage"`
}

func logVerify() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify DIR",
		Short: "Check every entry of logs, and name what is damaged",
		Long: "verify reads every entry of a log, or of every log of a data directory, and checks it. It ends with exit code 1 where\n" +
			"something is damaged. Damage at the very end of a log may be a torn write, which the next start cuts off.",
		Args: arguments(cobra.ExactArgs(1)),
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		dirs, err := logDirs(args[0])
		if err != nil {
			return err
		}
		all, broken := []verifiedLog{}, false
		for _, dir := range dirs {
			v := verifyLog(dir)
			all = append(all, v)
			broken = broken || len(v.Damage) > 0
		}
		if err := printVerified(c, asJSON, all); err != nil {
			return err
		}
		if broken {
			return damaged
		}
		return nil
	}
	jsonFlag(c, &asJSON)
	return c
}

// verifyLog checks one log. That it can't be read at all is damage too: the others are checked all the same.
func verifyLog(dir string) verifiedLog {
	v := verifiedLog{Log: filepath.Base(dir), Damage: []shownDamage{}}
	damages, err := wal.Inspect(dir, func(e wal.Entry) error {
		v.Entries++
		v.Bytes += e.To - e.From
		return nil
	})
	for _, d := range damages {
		v.Damage = append(v.Damage, showDamage(d))
	}
	if err != nil {
		v.Damage = append(v.Damage, shownDamage{File: v.Log, Reason: err.Error()})
	}
	return v
}

func printVerified(c *cobra.Command, asJSON bool, all []verifiedLog) error {
	if asJSON {
		return printJSON(c.OutOrStdout(), all)
	}
	for _, v := range all {
		state := "whole"
		if len(v.Damage) > 0 {
			state = "DAMAGED"
		}
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%s: %d entries in %d bytes, %s\n", v.Log, v.Entries, v.Bytes, state); err != nil {
			return err
		}
		for _, d := range v.Damage {
			fmt.Fprintf(c.OutOrStdout(), "  %s\n", d)
		}
	}
	return nil
}
