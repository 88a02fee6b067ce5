package group

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// counter is randomness that counts, so that ids are easy to read.
type counter struct{ n byte }

func (c *counter) Read(p []byte) (int, error) {
	clear(p)
	c.n++
	p[len(p)-1] = c.n
	return len(p), nil
}

// theBeginning is when every script begins.
var theBeginning = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// stage is a core and the log that it writes.
type stage struct {
	t     *testing.T
	core  *core
	now   time.Time
	log   []record.Record
	asked map[ask]string // what the script calls a request that is not answered
	image *metadata.Image
	set   settings
	out   strings.Builder
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, now: theBeginning, asked: map[ask]string{}, image: metadata.Empty()}
	s.set = settingsOf(s.image, 1, map[string]string{"group.min.session.timeout.ms": "1000", "offset.metadata.max.bytes": "10"})
	s.core = newCore(&counter{})
	s.begin()
	return s
}

func (s *stage) begin() {
	s.core.observe(s.image, s.set)
	s.core.loaded(s.now)
}

// TestCore runs the scripts of testdata/core. Commands are requests, with the arguments below; each begins with the name of
// the client, which is the client's id too. A member id NAME#07 is the client's, with the seventh UUID.
//
//	join, sync, heartbeat, leave                  the classic protocol; join takes protocols=(a,b), meta=x, or topics=(t,u)
//	consume                                       a heartbeat of the consumer protocol
//	commit, fetch, forget, list, describe, delete, why
//	topic NAME=PARTITIONS ..., drop NAME          what the image has
//	after 5s                                      time passes, and what is due is done when it is due
//	reload                                        another coordinator takes over: all that was written is replayed
//	rewrite                                       the log is written again, and only that is kept
//	config name=value
//
// Every command prints what is answered, and the records that are written before, with a plus, or a minus for tombstones.
func TestCore(t *testing.T) {
	datadriven.Walk(t, "testdata/core", func(t *testing.T, path string) {
		s := newStage(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.out.Reset()
			s.run(d)
			s.print()
			if s.out.Len() == 0 {
				return "nothing\n"
			}
			return s.out.String()
		})
	})
}

func (s *stage) run(d *datadriven.TestData) {
	if q := s.request(d); q != nil {
		s.asked[q] = d.CmdArgs[0].Key
		s.core.handle(q, s.now)
		return
	}
	switch d.Cmd {
	case "after":
		s.pass(duration(s.t, d.CmdArgs[0].Key))
	case "reload":
		s.core.abandon(kerr.NotCoordinator)
		s.print()
		s.reload(s.log)
	case "rewrite":
		s.core.beginRewrite()
		for !s.core.rewriteSome() {
		}
		s.log = s.core.out.records
		s.print()
		s.reload(s.log)
	case "config":
		config := map[string]string{"group.min.session.timeout.ms": "1000", "offset.metadata.max.bytes": "10"}
		for _, a := range d.CmdArgs {
			config[a.Key] = a.Vals[0]
		}
		s.set = settingsOf(s.image, 1, config)
		s.core.observe(s.image, s.set)
	case "topic":
		for _, a := range d.CmdArgs {
			s.topic(a.Key, number(s.t, a.Vals[0]))
		}
	case "drop":
		topic, _ := s.image.Topic(d.CmdArgs[0].Key)
		s.apply(metadata.TopicDeleted{ID: topic.ID})
	default:
		s.t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
	}
}

func (s *stage) reload(log []record.Record) {
	s.log = log
	s.core = newCore(s.core.random)
	for _, r := range log {
		if err := s.core.replay(r); err != nil {
			fmt.Fprintf(&s.out, "unreadable: %v\n", err)
		}
	}
	s.begin()
}

// pass lets time pass.
func (s *stage) pass(d time.Duration) {
	until := s.now.Add(d)
	for at := s.core.next(); !at.After(until); at = s.core.next() {
		s.now = at
		before := len(s.core.out.answers) + len(s.core.out.records)
		s.core.tick(at)
		if after := len(s.core.out.answers) + len(s.core.out.records); after > before {
			fmt.Fprintf(&s.out, "at %s\n", at.Sub(theBeginning))
			s.print()
		}
	}
	s.now = until
}

// topicNamed gives a topic an id that is easy to read.
func topicNamed(name string) msg.TopicID {
	var id msg.TopicID
	copy(id[:], name)
	return id
}

func (s *stage) topic(name string, partitions int) {
	id := topicNamed(name)
	records := []metadata.Record{}
	first := 0
	if old, ok := s.image.Topic(name); ok {
		first = len(old.Partitions)
	} else {
		records = append(records, metadata.TopicCreated{ID: id, Name: name})
	}
	raft := s.image.NextRaftID()
	records = append(records, metadata.RaftIDsIssued{Next: raft + uint64(partitions)})
	for p := first; p < partitions; p++ {
		records = append(records, metadata.PartitionCreated{Topic: id, Number: int32(p), Replicas: []metadata.Replica{{Node: 1, Directory: "d", RaftID: raft + uint64(p)}}})
	}
	s.apply(records...)
}

func (s *stage) apply(records ...metadata.Record) {
	draft := s.image.Draft()
	if _, ok := s.image.Node(1); !ok {
		records = append([]metadata.Record{metadata.ClusterFounded{ClusterID: "c", Level: 1}, metadata.NodeRegistered{Registration: msg.Registration{ID: 1, Directory: "d", MinLevel: 1, MaxLevel: 1}}}, records...)
	}
	for _, r := range records {
		if err := draft.Apply(r); err != nil {
			s.t.Fatal(err)
		}
	}
	s.image = draft.Image()
	s.core.observe(s.image, s.set)
}

// print shows what the core wants done, and does it.
func (s *stage) print() {
	out := s.core.take()
	for _, r := range out.records {
		s.log = append(s.log, r)
		fmt.Fprintf(&s.out, "%s\n", short(describeRecord(r)))
	}
	for _, a := range out.answers {
		fmt.Fprintf(&s.out, "%s\n", strings.TrimRight(short(s.asked[a.ask]+": "+describeAnswer(a.ask, a.err)), " "))
		delete(s.asked, a.ask)
	}
}

var uuid = regexp.MustCompile(`-?00000000-0000-4000-8000-0000000000([0-9a-f]{2})`)

func short(s string) string { return uuid.ReplaceAllString(s, "#$1") }

// long is the id that short has made shorter.
func long(id string) string {
	name, n, ok := strings.Cut(id, "#")
	if !ok {
		return id
	}
	if name != "" {
		name += "-"
	}
	return name + "00000000-0000-4000-8000-0000000000" + n
}

func number(t *testing.T, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func duration(t *testing.T, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// describeAnswer prints what a request was answered.
func describeAnswer(q ask, err error) string {
	if err != nil {
		text := strings.TrimPrefix(kerr.ErrorForCode(msg.Code(err)).(*kerr.Error).Message, "")
		if j, ok := q.(*msg.JoinGroup); ok && j.NewMemberID != "" {
			text += " " + j.NewMemberID
		}
		return text
	}
	switch q := q.(type) {
	case *msg.JoinGroup:
		text := fmt.Sprintf("generation %d as %s, leader %s, %s", q.Generation, q.NewMemberID, q.Leader, orEmpty(q.Protocol))
		for _, m := range q.Members {
			text += fmt.Sprintf(" [%s %s]", m.ID, reading(m.Metadata))
		}
		if q.Skip {
			text += " skip the assignment"
		}
		return text
	case *msg.SyncGroup:
		return fmt.Sprintf("assigned %q by %s", having(q.Assignment), orEmpty(q.Chosen))
	case *msg.LeaveGroup:
		var each []string
		for _, m := range q.Members {
			each = append(each, m.ID+" "+code(m.Err))
		}
		return strings.Join(each, ", ")
	case *msg.CommitOffsets:
		return offsetErrors(q.Offsets)
	case *msg.DeleteOffsets:
		return offsetErrors(q.Offsets)
	case *msg.FetchOffsets:
		var each []string
		for _, o := range q.Offsets {
			each = append(each, fmt.Sprintf("%s/%d=%d %s", o.Topic, o.Partition, o.Offset, o.Metadata))
		}
		return strings.Join(each, ", ")
	case *msg.ListGroups:
		return fmt.Sprint(q.Groups)
	case *msg.DescribeGroup:
		return describeGroup(q)
	case *msg.HeartbeatConsumer:
		text := fmt.Sprintf("%s in epoch %d", q.NewMemberID, q.NewEpoch)
		if q.Assignment != nil {
			text += " has " + named(*q.Assignment)
		}
		return text
	case *msg.ExplainGroup:
		text := ""
		for _, e := range q.Events {
			text += fmt.Sprintf("\n  %s %s %s (%d) after %s: %s", e.At.Sub(theBeginning), e.What, e.Member, e.Generation, e.Took, e.Why)
		}
		return text
	}
	return "yes"
}

func describeGroup(q *msg.DescribeGroup) string {
	text := fmt.Sprintf("%s %s %s%s epoch %d/%d", q.State, q.ProtocolType, q.Protocol, q.Assignor, q.Epoch, q.AssignmentEpoch)
	for _, m := range q.Members {
		text += fmt.Sprintf("\n  %s", m.ID)
		if q.Consumer {
			text += fmt.Sprintf(" epoch %d, has %s, is to have %s, classic %v", m.Epoch, named(m.Assigned), named(m.Target), m.Classic)
		} else {
			text += fmt.Sprintf(" %q %q", reading(m.Metadata), having(m.Assignment))
		}
	}
	return text
}

func named(topics []msg.AssignedTopic) string {
	var each []string
	for _, t := range topics {
		each = append(each, fmt.Sprintf("%s%v", strings.TrimRight(string(t.Topic[:]), "\x00"), t.Partitions))
	}
	return "(" + strings.Join(each, " ") + ")"
}

func offsetErrors(offsets []msg.CommittedOffset) string {
	var each []string
	for _, o := range offsets {
		each = append(each, fmt.Sprintf("%s/%d %s", o.Topic, o.Partition, code(o.Err)))
	}
	return strings.Join(each, ", ")
}

func code(err error) string {
	if err == nil {
		return "yes"
	}
	return kerr.ErrorForCode(msg.Code(err)).(*kerr.Error).Message
}

// reading is what a member says about itself, as text or as a subscription.
func reading(b []byte) string {
	if s, err := parseSubscription(b); err == nil && len(b) > 1 && b[0] == 0 {
		return strings.TrimSpace("reads " + strings.Join(s.topics, ",") + " " + owning(s.owned))
	}
	return string(b)
}

// having is what a member is assigned, as text or as an assignment of the protocol type consumer.
func having(b []byte) string {
	if a, err := parseAssignment(b); err == nil && len(b) > 1 && b[0] == 0 {
		return "has " + owning(a)
	}
	return string(b)
}

func owning(topics []ownedTopic) string {
	var each []string
	for _, t := range topics {
		each = append(each, fmt.Sprintf("%s%v", t.topic, t.partitions))
	}
	return strings.Join(each, " ")
}

// describeRecord prints a record of the log.
func describeRecord(r record.Record) string {
	k := reader{b: r.Key}
	version := k.int16()
	id := k.string()
	text := "+ "
	if r.Value == nil {
		text = "- "
	}
	switch version {
	case offsetKey:
		text += fmt.Sprintf("offset %s %s/%d", id, k.string(), k.int32())
		if v, err := readOffset(r.Value); r.Value != nil && err == nil {
			text += fmt.Sprintf(" = %d %s", v.offset, v.metadata)
		}
	case classicKey:
		text += "classic " + id
		if v, err := readClassic(r.Value); r.Value != nil && err == nil {
			text += fmt.Sprintf(" %s generation %d, protocol %q, leader %q", v.state, v.generation, v.protocol, v.leader)
			for _, m := range v.members.list {
				text += fmt.Sprintf(" [%s %q]", m.id, having(m.assignment))
			}
		}
	case consumerKey, targetKey:
		text += map[int16]string{consumerKey: "epoch ", targetKey: "target epoch "}[version] + id
		if v, _, err := readConsumer(r.Value); r.Value != nil && err == nil {
			text += fmt.Sprintf(" = %d", v)
		}
	default:
		text += describeMemberRecord(version, id, k.string(), r.Value)
	}
	return strings.TrimRight(text, " ")
}

func describeMemberRecord(version int16, id, member string, value []byte) string {
	switch version {
	case memberKey:
		var m consumerMember
		if value == nil || readConsumerMember(value, &m) != nil {
			return fmt.Sprintf("member %s %s", id, member)
		}
		return fmt.Sprintf("member %s %s reads %v%s", id, member, m.topics, orEmpty(m.pattern))
	case targetMemberKey:
		a, _ := readTarget(value)
		return fmt.Sprintf("target %s %s %s", id, member, showAssignment(a))
	case currentKey:
		v, _ := readCurrent(value)
		return fmt.Sprintf("current %s %s epoch %d after %d state %d has %s gives up %s", id, member, v.epoch, v.previous, v.state, showAssignment(v.assigned), showAssignment(v.revoking))
	}
	return "record"
}

func showAssignment(a assignment) string {
	var all []msg.AssignedTopic
	for _, t := range a.topics() {
		all = append(all, msg.AssignedTopic{Topic: t, Partitions: a[t]})
	}
	return named(all)
}

// arguments are a command's, by name.
type arguments struct {
	t *testing.T
	m map[string][]string
}

func argumentsOf(t *testing.T, d *datadriven.TestData) arguments {
	a := arguments{t, map[string][]string{}}
	for _, arg := range d.CmdArgs {
		a.m[arg.Key] = arg.Vals
	}
	return a
}

func (a arguments) has(name string) bool { _, ok := a.m[name]; return ok }

func (a arguments) text(name, otherwise string) string {
	if v, ok := a.m[name]; ok {
		return strings.Join(v, ",")
	}
	return otherwise
}

func (a arguments) id(name string) string { return long(a.text(name, "")) }

func (a arguments) optional(name string) *string {
	if !a.has(name) {
		return nil
	}
	v := a.text(name, "")
	return &v
}

func (a arguments) number(name string, otherwise int) int {
	if !a.has(name) {
		return otherwise
	}
	return number(a.t, a.text(name, ""))
}

func (a arguments) duration(name string, otherwise time.Duration) time.Duration {
	if !a.has(name) {
		return otherwise
	}
	return duration(a.t, a.text(name, ""))
}

// places reads t/0=5 and the like.
func (a arguments) offsets() []msg.CommittedOffset {
	var all []msg.CommittedOffset
	for _, key := range slices.Sorted(maps.Keys(a.m)) {
		topic, rest, ok := strings.Cut(key, "/")
		if !ok {
			continue
		}
		o := msg.CommittedOffset{Topic: topic, Partition: int32(number(a.t, rest)), LeaderEpoch: -1, Metadata: a.text("meta", "")}
		if v := a.m[key]; len(v) > 0 {
			o.Offset = int64(number(a.t, v[0]))
		}
		all = append(all, o)
	}
	return all
}
