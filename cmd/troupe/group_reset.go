package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// resetting is how group reset was called.
type resetting struct {
	remote
	topics  []string
	to      string
	by      int64
	file    string
	execute bool
}

// movedOffset is what group reset does to one partition. From is -1 where nothing was committed.
type movedOffset struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	From      int64  `json:"from"`
	To        int64  `json:"to"`
}

func (s shell) groupReset() *cobra.Command {
	q := resetting{}
	c := &cobra.Command{
		Use:   "reset GROUP",
		Short: "Move the offsets of a group that has no members",
		Long: "Moves what a group has committed, for the partitions of --topic or else for all that it has committed. It only shows what it\n" +
			"would do; --execute does it. Offsets stay within what the logs hold.",
		Example: "  troupe group reset billing --to start\n" +
			"  troupe group reset billing --topic orders --to 2h --execute\n" +
			"  troupe group reset billing --topic orders:3 --by -100 --execute\n" +
			"  troupe group reset billing --from-file offsets.csv --execute",
		Args: arguments(cobra.ExactArgs(1)),
	}
	c.ValidArgsFunction = completeGroups(&q.remote)
	c.RunE = func(c *cobra.Command, args []string) error {
		admin, err := q.admin(c.Context())
		if err != nil {
			return err
		}
		defer admin.Close()
		return q.run(c.Context(), admin, c.OutOrStdout(), args[0], c.Flags().Changed("by"))
	}
	s.remoteFlags(c, &q.remote)
	f := c.Flags()
	f.StringSliceVar(&q.topics, "topic", nil, "only these, `TOPIC or TOPIC:PARTITION`; repeat, or separate with commas")
	f.StringVar(&q.to, "to", "", "where to: `start, end, OFFSET, or TIME`, as 2006-01-02T15:04:05Z or as a duration ago, 15m")
	f.Int64Var(&q.by, "by", 0, "how many records further, or back where negative")
	f.StringVar(&q.file, "from-file", "", "a `FILE` with lines TOPIC,PARTITION,OFFSET")
	f.BoolVar(&q.execute, "execute", false, "do it, and not only show it")
	c.MarkFlagsMutuallyExclusive("to", "by", "from-file")
	c.MarkFlagsOneRequired("to", "by", "from-file")
	return c
}

func (q *resetting) run(ctx context.Context, admin *kadm.Client, out io.Writer, group string, by bool) error {
	committed, err := admin.FetchOffsets(ctx, group)
	if err != nil {
		return fmt.Errorf("asking what group %s has committed: %w", group, err)
	}
	var moves []movedOffset
	switch {
	case q.file != "":
		moves, err = readOffsets(q.file)
	default:
		moves, err = q.plan(ctx, admin, group, committed, by)
	}
	if err != nil {
		return err
	}
	for i := range moves {
		moves[i].From = -1
		if o, ok := committed.Lookup(moves[i].Topic, moves[i].Partition); ok {
			moves[i].From = o.At
		}
	}
	if q.execute {
		if err := commitMoves(ctx, admin, group, moves); err != nil {
			return err
		}
	}
	return q.print(out, moves)
}

// plan settles where each partition goes.
func (q *resetting) plan(ctx context.Context, admin *kadm.Client, group string, committed kadm.OffsetResponses, by bool) ([]movedOffset, error) {
	from, err := parseStart(q.to, time.Now())
	if by {
		from, err = startAt{}, nil
	}
	if err != nil {
		return nil, misusef("--to %s: %w", q.to, err)
	}
	chosen, err := q.chosen(committed)
	if err != nil {
		return nil, err
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("group %s has committed nothing; say which topics with --topic", group)
	}
	var moves []movedOffset
	for _, topic := range slices.Sorted(maps.Keys(chosen)) {
		ranges, err := findRanges(ctx, admin, topic, chosen[topic], from)
		if err != nil {
			return nil, err
		}
		for _, p := range slices.Sorted(maps.Keys(ranges)) {
			to := ranges[p].from
			if by {
				o, ok := committed.Lookup(topic, p)
				if !ok {
					continue // nothing to count from
				}
				to = min(max(o.At+q.by, ranges[p].start), ranges[p].end)
			}
			moves = append(moves, movedOffset{Topic: topic, Partition: p, To: to})
		}
	}
	return moves, nil
}

// chosen are the partitions by topic: those of --topic, none meaning all, or else what the group has committed.
func (q *resetting) chosen(committed kadm.OffsetResponses) (map[string][]int32, error) {
	chosen := map[string][]int32{}
	for _, text := range q.topics {
		topic, number, one := strings.Cut(text, ":")
		if !one {
			chosen[topic] = nil
			continue
		}
		p, err := strconv.ParseInt(number, 10, 32)
		if err != nil || p < 0 {
			return nil, misusef("--topic %s: want TOPIC or TOPIC:PARTITION", text)
		}
		chosen[topic] = append(chosen[topic], int32(p))
	}
	if len(q.topics) == 0 {
		committed.Each(func(o kadm.OffsetResponse) { chosen[o.Topic] = append(chosen[o.Topic], o.Partition) })
	}
	return chosen, nil
}

// readOffsets reads lines of TOPIC,PARTITION,OFFSET.
func readOffsets(name string) ([]movedOffset, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, misusef("--from-file: %w", err)
	}
	defer f.Close()
	var moves []movedOffset
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		fields := strings.Split(line, ",")
		if len(fields) != 3 {
			return nil, misusef("--from-file %s, line %d: want TOPIC,PARTITION,OFFSET", name, n)
		}
		p, errP := strconv.ParseInt(strings.TrimSpace(fields[1]), 10, 32)
		o, errO := strconv.ParseInt(strings.TrimSpace(fields[2]), 10, 64)
		if err := errors.Join(errP, errO); err != nil || p < 0 || o < 0 {
			return nil, misusef("--from-file %s, line %d: want TOPIC,PARTITION,OFFSET", name, n)
		}
		moves = append(moves, movedOffset{Topic: strings.TrimSpace(fields[0]), Partition: int32(p), To: o})
	}
	return moves, lines.Err()
}

func commitMoves(ctx context.Context, admin *kadm.Client, group string, moves []movedOffset) error {
	offsets := kadm.Offsets{}
	for _, m := range moves {
		offsets.Add(kadm.Offset{Topic: m.Topic, Partition: m.Partition, At: m.To, LeaderEpoch: -1})
	}
	err := admin.CommitAllOffsets(ctx, group, offsets)
	if errors.Is(err, kerr.UnknownMemberID) {
		return fmt.Errorf("group %s has members, which would go on where they are; stop them first: `troupe group describe %s` shows them", group, group)
	}
	if err != nil {
		return fmt.Errorf("committing offsets of group %s: %w", group, err)
	}
	return nil
}

func (q *resetting) print(out io.Writer, moves []movedOffset) error {
	if q.asJSON {
		return printJSON(out, moves)
	}
	rows := [][]string{{"TOPIC", "PARTITION", "FROM", "TO"}}
	for _, m := range moves {
		rows = append(rows, []string{m.Topic, fmt.Sprint(m.Partition), known(m.From), fmt.Sprint(m.To)})
	}
	if err := table(out, rows); err != nil {
		return err
	}
	if !q.execute {
		fmt.Fprintln(out, "nothing was changed; --execute does it")
	}
	return nil
}
