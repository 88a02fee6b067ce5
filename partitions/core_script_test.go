package partitions

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// TestCore runs the scripts of testdata/core. Each opens with a picture of its situation. Commands:
//
//	open [key=value …]   open a replica over the log as it is, the only voter; it campaigns
//	config key=value …   change the topic's configuration
//	append               one request per line: acks, pid, epoch, seq, n, ts, leader-epoch
//	flush [n]            report the first n syncs durable, or all
//	crash [keep=INDEX]   lose what is not durable, but for the entries up to keep
//	stop                 a clean stop: what is in flight is answered, the state is saved
//	fail-write TEXT      the next write to the log fails
//	delete-records N     move the log start
//	now DURATION         let time pass
//	retain, roll, segments, state, producers, log
func TestCore(t *testing.T) {
	datadriven.Walk(t, "testdata/core", func(t *testing.T, path string) {
		s := &script{t: t, log: newMemLog(), config: testConfig(), now: time.UnixMilli(1_000_000)}
		s.log.now = func() time.Time { return s.now }
		datadriven.RunTest(t, path, s.run)
	})
}

type script struct {
	t      *testing.T
	log    *memLog
	config msg.TopicConfig
	now    time.Time
	d      *driver
	slot   int
	out    strings.Builder
}

func (s *script) printf(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

func (s *script) run(t *testing.T, td *datadriven.TestData) string {
	s.out.Reset()
	if s.d != nil {
		s.d.now = s.now
	}
	if err := s.command(td); err != nil {
		s.printf("error: %v", err)
	}
	if s.out.Len() == 0 {
		return "ok"
	}
	return s.out.String()
}

func (s *script) command(td *datadriven.TestData) error {
	switch td.Cmd {
	case "open":
		s.configure(td.CmdArgs)
		return s.open()
	case "config":
		s.configure(td.CmdArgs)
		s.d.core.Config = s.config
	case "append":
		for line := range strings.Lines(td.Input) {
			s.d.core.Append(s.request(strings.TrimSpace(line)))
		}
		return s.d.drive()
	case "flush":
		n := -1
		if len(td.CmdArgs) > 0 {
			n, _ = strconv.Atoi(td.CmdArgs[0].Key)
		}
		return s.d.flush(n)
	case "crash":
		var keep uint64
		td.MaybeScanArgs(s.t, "keep", &keep)
		s.log.crash(keep)
		s.d = nil
	case "stop":
		return s.stop()
	case "fail-write":
		s.log.broken = errors.New(td.CmdArgs[0].Key)
	case "delete-records":
		n, _ := strconv.ParseInt(td.CmdArgs[0].Key, 10, 64)
		s.d.core.DeleteRecords(&msg.DeleteRecords{Offset: n, Done: func(low int64, err error) { s.printf("deleted: log start %d%s", low, problem(err)) }})
		return s.d.drive()
	case "now":
		d, err := time.ParseDuration(td.CmdArgs[0].Key)
		s.now = s.now.Add(d)
		return err
	case "retain":
		s.d.core.Retain(s.now)
		return s.d.drive()
	case "damage":
		s.log.damage = append(s.log.damage, wal.Damage{File: "00000001", From: 10, To: 20, FirstIndex: 2, Reason: "the checksum does not match"})
	default:
		return s.show(td.Cmd)
	}
	return nil
}

func (s *script) show(what string) error {
	switch what {
	case "roll":
		return s.log.Roll()
	case "segments":
		for _, g := range s.log.Segments() {
			s.printf("from entry %d: offsets %d to %d, max timestamp %d", g.FirstIndex, g.BaseOffset, g.NextOffset-1, g.MaxTimestamp)
		}
	case "state":
		st := s.d.core.State(s.now)
		s.printf("%s, epoch %d, log %d to %d, high watermark %d, in sync %v", [...]string{"follower", "leader"}[st.Role], st.Epoch, st.LogStart, st.LogEnd, st.HighWatermark, st.InSync)
	case "producers":
		for _, p := range s.d.core.Producers() {
			s.printf("%d: epoch %d, last sequence %d", p.ProducerID, p.Epoch, p.LastSequence)
		}
	case "log":
		for i, f := range s.log.frames {
			s.printf("%d: %s, term %d, offsets %d to %d", s.log.first+uint64(i), f.Kind(), f.Term(), f.BaseOffset(), f.NextOffset()-1)
		}
	default:
		return fmt.Errorf("command %q is not known", what)
	}
	return nil
}

func (s *script) open() (err error) {
	if s.d, err = newDriver(1, []uint64{1}, s.log, s.config, s.now); err != nil {
		return err
	}
	s.d.trace = s.printf
	if err := s.d.drive(); err != nil || s.d.core.Damage() != nil {
		return errors.Join(err, s.d.core.Damage())
	}
	if err := s.d.core.Campaign(); err != nil {
		return err
	}
	return s.d.drive()
}

func (s *script) stop() error {
	s.d.core.Abort(errors.New("the node stops"))
	s.d.core.Answer()
	hs := s.d.core.HardState()
	s.log.SyncLater(&hs)
	index, state, err := s.d.core.Snapshot()
	if state != nil {
		s.printf("save the state of %d", index)
		s.log.SaveState(index, state)
	}
	s.log.Sync(nil, func(error) {})
	s.log.flush(-1)
	s.d = nil
	return err
}

func (s *script) configure(args []datadriven.CmdArg) {
	for _, a := range args {
		n, err := strconv.ParseInt(a.Vals[0], 10, 64)
		if err != nil {
			s.t.Fatal(err)
		}
		switch a.Key {
		case "retention-ms":
			s.config.RetentionTime = time.Duration(n) * time.Millisecond
		case "retention-bytes":
			s.config.RetentionBytes = n
		case "segment-bytes":
			s.config.SegmentBytes = n
		case "segment-ms":
			s.config.SegmentTime = time.Duration(n) * time.Millisecond
		case "min-isr":
			s.config.MinInsyncReplicas = int(n)
		case "caching":
			s.config.WriteCaching = n == 1
		case "delete":
			s.config.Delete = n == 1
		case "append-time":
			s.config.LogAppendTime = n == 1
		default:
			s.t.Fatalf("config %s is not known", a.Key)
		}
	}
}

// request reads an append: key=value, separated by spaces.
func (s *script) request(line string) *msg.Append {
	v := map[string]int64{"acks": -1, "pid": -1, "epoch": 0, "seq": 0, "n": 1, "ts": s.now.UnixMilli(), "leader-epoch": -1}
	for _, f := range strings.Fields(line) {
		key, value, _ := strings.Cut(f, "=")
		n, err := strconv.ParseInt(value, 10, 64)
		if _, known := v[key]; err != nil || !known {
			s.t.Fatalf("append: what does %q mean?", f)
		}
		v[key] = n
	}
	s.slot++
	return &msg.Append{
		Batches: []record.Batch{produced(v["pid"], int16(v["epoch"]), int32(v["seq"]), int(v["n"]), v["ts"])},
		Acks:    int16(v["acks"]), LeaderEpoch: int32(v["leader-epoch"]), Slot: s.slot,
		Sink: sink{func(a *msg.Append) {
			at := ""
			if a.AppendTime >= 0 {
				at = fmt.Sprintf(", append time %d", a.AppendTime)
			}
			s.printf("request %d: offset %d%s%s", a.Slot, a.Base, at, problem(a.Err))
		}},
	}
}

func problem(err error) string {
	if err == nil {
		return ""
	}
	name := "?"
	var e *msg.Error
	if errors.As(err, &e) {
		name = e.Kafka.Message
	}
	detail := err.Error()
	if e != nil {
		detail = e.Detail
	}
	return fmt.Sprintf(", %s: %s", name, strings.ReplaceAll(detail, testID.String(), "t-0"))
}
