package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// startAt says where consume begins: exactly one of its fields counts, in this order.
type startAt struct {
	end    bool
	offset *int64
	time   *time.Time
	// otherwise at the start
}

// parseStart reads --from.
func parseStart(text string, now time.Time) (startAt, error) {
	switch text {
	case "start":
		return startAt{}, nil
	case "end":
		return startAt{end: true}, nil
	}
	if offset, err := strconv.ParseInt(text, 10, 64); err == nil {
		if offset < 0 {
			return startAt{}, errors.New("offsets begin at 0")
		}
		return startAt{offset: &offset}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		t := now.Add(-ago.Abs())
		return startAt{time: &t}, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return startAt{time: &t}, nil
	}
	return startAt{}, errors.New("want start, end, an offset, a time as 2006-01-02T15:04:05Z, or a duration ago such as 15m")
}

// offsetRange is what consume reads of a partition: from on. start and end are where the log began and ended when it looked.
type offsetRange struct{ start, from, end int64 }

type offsetRanges map[int32]offsetRange

// starts is where to begin, of all partitions, or only of those that hold something to read now.
func (rs offsetRanges) starts(onlyFilled bool) map[int32]kgo.Offset {
	all := map[int32]kgo.Offset{}
	for p, r := range rs {
		if !onlyFilled || r.from < r.end {
			all[p] = kgo.NewOffset().At(r.from)
		}
	}
	return all
}

// ends is where the partitions end that hold something to read now.
func (rs offsetRanges) ends() map[int32]int64 {
	all := map[int32]int64{}
	for p, r := range rs {
		if r.from < r.end {
			all[p] = r.end
		}
	}
	return all
}

// findRanges asks the cluster where each of the partitions (none: all) begins and ends.
func findRanges(ctx context.Context, admin *kadm.Client, topic string, partitions []int32, from startAt) (offsetRanges, error) {
	t, err := topicNamed(ctx, admin, topic)
	if err != nil {
		return nil, err
	}
	for _, p := range partitions {
		if err := checkPartition(t, p); err != nil {
			return nil, err
		}
	}
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("asking where %s begins: %w", topic, err)
	}
	ends, err := admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("asking where %s ends: %w", topic, err)
	}
	timed := starts
	if from.time != nil {
		if timed, err = admin.ListOffsetsAfterMilli(ctx, from.time.UnixMilli(), topic); err != nil {
			return nil, fmt.Errorf("asking for the offsets of %s at %s: %w", topic, from.time.Format(time.RFC3339), err)
		}
	}
	ranges := offsetRanges{}
	var outside error
	held := from.offset == nil
	for _, p := range sortedPartitions(t) {
		if len(partitions) > 0 && !slices.Contains(partitions, p.Partition) {
			continue
		}
		r, holds, err := findRange(topic, p.Partition, starts, ends, timed, from)
		if err != nil {
			return nil, err
		}
		ranges[p.Partition] = r
		if held = held || holds; !holds {
			outside = fmt.Errorf("partition %d of %s holds offsets %d up to %d; there is no %d", p.Partition, topic, r.start, r.end, *from.offset)
		}
	}
	if !held {
		return nil, outside
	}
	return ranges, nil
}

// findRange settles one partition. holds is false where an offset was asked for that lies outside it; then it is read from
// the nearest one, for the sake of the partitions that hold it.
func findRange(topic string, p int32, starts, ends, timed kadm.ListedOffsets, from startAt) (r offsetRange, holds bool, err error) {
	start, _ := starts.Lookup(topic, p)
	end, _ := ends.Lookup(topic, p)
	at, _ := timed.Lookup(topic, p)
	if err := errors.Join(start.Err, end.Err, at.Err); err != nil {
		return r, false, fmt.Errorf("asking for the offsets of partition %d of %s: %w", p, topic, err)
	}
	r = offsetRange{start: start.Offset, from: start.Offset, end: end.Offset}
	switch {
	case from.end:
		r.from = r.end
	case from.offset != nil:
		r.from = min(max(*from.offset, r.start), r.end)
		return r, r.from == *from.offset, nil
	case from.time != nil:
		r.from = at.Offset
		if at.Offset < 0 {
			r.from = r.end
		}
	}
	return r, true, nil
}
