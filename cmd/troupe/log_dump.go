package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// shownEntry is an entry of a log as log dump shows it.
type shownEntry struct {
	Log    string `json:"log"`
	File   string `json:"file"`
	From   int64  `json:"from"`
	To     int64  `json:"to"` // the byte behind it
	Index  uint64 `json:"index"`
	Term   uint64 `json:"term"`
	Kind   string `json:"kind"`
	Offset int64  `json:"offset"` // of the first record, or the next to be assigned
	Next   int64  `json:"next_offset"`
	// LogStart is what an entry of that kind sets.
	LogStart *int64       `json:"log_start,omitempty"`
	Batches  []shownBatch `json:"batches,omitempty"`
}

// shownBatch is a record batch in an entry.
type shownBatch struct {
	Offset       int64         `json:"offset"`
	Last         int64         `json:"last_offset"`
	Records      int32         `json:"records"`
	Bytes        int           `json:"bytes"`
	Compression  string        `json:"compression"`
	LeaderEpoch  int32         `json:"leader_epoch"`
	Producer     int64         `json:"producer_id"`
	Epoch        int16         `json:"producer_epoch"`
	Sequence     int32         `json:"base_sequence"`
	MaxTimestamp string        `json:"max_timestamp"`
	Control      bool          `json:"control,omitempty"`
	Damage       string        `json:"damage,omitempty"`
	Contents     []shownChange `json:"contents,omitempty"`
}

// shownChange is a record: in the metadata log, the kind of a change and what it says. Key and value may be null.
type shownChange struct {
	Offset int64           `json:"offset"`
	Key    *string         `json:"key"`
	Value  json.RawMessage `json:"value"`
}

func logDump() *cobra.Command {
	var asJSON, records bool
	c := &cobra.Command{
		Use:   "dump DIR",
		Short: "Show the entries of logs, with where they lie in which file",
		Long: "dump shows every entry of a log, or of every log of a data directory, with its byte range, kind, raft term, offsets and\n" +
			"batches, and names what is damaged. The records of the cluster's metadata are shown as JSON, others with --records.",
		Args: arguments(cobra.ExactArgs(1)),
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		dirs, err := logDirs(args[0])
		if err != nil {
			return err
		}
		d := dumper{out: bufio.NewWriter(c.OutOrStdout()), asJSON: asJSON}
		for _, dir := range dirs {
			d.log = filepath.Base(dir)
			d.records = records || strings.HasPrefix(d.log, msg.MetadataTopicID.String())
			if err := d.dump(dir); err != nil {
				return fmt.Errorf("dumping %s: %w", dir, err)
			}
		}
		if err := d.out.Flush(); err != nil {
			return err
		}
		if d.damaged {
			return damaged
		}
		return nil
	}
	jsonFlag(c, &asJSON)
	c.Flags().BoolVar(&records, "records", false, "show the records of every log")
	return c
}

// dumper prints logs.
type dumper struct {
	out     *bufio.Writer // keeps its first error
	log     string
	asJSON  bool
	records bool
	damaged bool
}

func (d *dumper) dump(dir string) error {
	if !d.asJSON {
		fmt.Fprintf(d.out, "log %s\n", d.log)
	}
	damages, err := wal.Inspect(dir, func(e wal.Entry) error {
		shown := d.show(e)
		if d.asJSON {
			return json.NewEncoder(d.out).Encode(shown)
		}
		shown.print(d.out)
		return nil
	})
	for _, damage := range damages {
		d.damaged = true
		if d.asJSON {
			if err := json.NewEncoder(d.out).Encode(showDamage(damage)); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(d.out, showDamage(damage))
	}
	return err
}

var kindNames = map[wal.Kind]string{
	wal.KindEmpty: "empty", wal.KindRecords: "records", wal.KindMembers: "members", wal.KindLogStart: "log-start",
}

func (d *dumper) show(e wal.Entry) shownEntry {
	f := e.Frame
	s := shownEntry{
		Log: d.log, File: filepath.Base(e.File), From: e.From, To: e.To, Index: e.Index, Term: f.Term(),
		Kind: kindNames[f.Kind()], Offset: f.BaseOffset(), Next: f.NextOffset(),
	}
	switch f.Kind() {
	case wal.KindRecords:
		s.Batches = d.batches(f.Payload())
	case wal.KindLogStart:
		if p := f.Payload(); len(p) == 8 {
			start := int64(binary.BigEndian.Uint64(p))
			s.LogStart = &start
		}
	}
	return s
}

// batches reads the batches of an entry. One that can't be read ends the list and says why.
func (d *dumper) batches(p []byte) []shownBatch {
	var all []shownBatch
	for len(p) > 0 {
		b, rest, err := record.Next(p)
		if err != nil {
			return append(all, shownBatch{Bytes: len(p), Damage: err.Error()})
		}
		shown := shownBatch{
			Offset: b.BaseOffset(), Last: b.LastOffset(), Records: b.Count(), Bytes: len(b), Compression: b.Compression().String(),
			LeaderEpoch: b.LeaderEpoch(), Producer: b.ProducerID(), Epoch: b.ProducerEpoch(), Sequence: b.BaseSequence(),
			MaxTimestamp: rfc3339(time.UnixMilli(b.MaxTimestamp())), Control: b.Control(),
		}
		if d.records {
			shown.addContents(b)
		}
		all = append(all, shown)
		p = rest
	}
	return all
}

func (s *shownBatch) addContents(b record.Batch) {
	for r, err := range b.Records() {
		if err != nil {
			s.Damage = err.Error()
			return
		}
		one := shownChange{Offset: r.Offset, Value: asJSON(r.Value)}
		if r.Key != nil {
			key := string(r.Key)
			one.Key = &key
		}
		s.Contents = append(s.Contents, one)
	}
}

// asJSON is a value as it is where it is JSON, and as a JSON text otherwise. The slice is the caller's own.
func asJSON(value []byte) json.RawMessage {
	switch {
	case value == nil:
		return json.RawMessage("null")
	case json.Valid(value):
		return bytes.Clone(value)
	}
	text, _ := json.Marshal(string(value)) // a text can't fail to be encoded
	return text
}

func (s shownEntry) print(w io.Writer) {
	fmt.Fprintf(w, "%s  bytes %d to %d  index %d  term %d  %s", s.File, s.From, s.To, s.Index, s.Term, s.Kind)
	switch {
	case s.LogStart != nil:
		fmt.Fprintf(w, "  to %d", *s.LogStart)
	case s.Next > s.Offset:
		fmt.Fprintf(w, "  offsets %d to %d", s.Offset, s.Next-1)
	}
	fmt.Fprintln(w)
	for _, b := range s.Batches {
		b.print(w)
	}
}

func (s shownBatch) print(w io.Writer) {
	if s.Records > 0 {
		fmt.Fprintf(w, "    batch  offsets %d to %d  %s  %d bytes  %s  leader epoch %d  to %s", s.Offset, s.Last,
			counted(int64(s.Records), "record"), s.Bytes, s.Compression, s.LeaderEpoch, s.MaxTimestamp)
		if s.Producer >= 0 {
			fmt.Fprintf(w, "  producer %d epoch %d from sequence %d", s.Producer, s.Epoch, s.Sequence)
		}
		if s.Control {
			fmt.Fprint(w, "  control")
		}
		fmt.Fprintln(w)
	}
	for _, r := range s.Contents {
		key := "null"
		if r.Key != nil {
			key = *r.Key
		}
		fmt.Fprintf(w, "        %d  %s  %s\n", r.Offset, key, r.Value)
	}
	if s.Damage != "" {
		fmt.Fprintf(w, "    batch that can't be read: %s\n", s.Damage)
	}
}
