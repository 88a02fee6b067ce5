package controller

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// leading is a core that leads a cluster of its own, whose directory's id is given: the longer, the larger are records.
func leading(directory string) *stage {
	s := newStage()
	s.core.node.Directory = directory
	s.core.random = chance{rand.New(rand.NewPCG(1, 1))}
	s.state.Role, s.state.Leader, s.state.Epoch = msg.Leader, 1, 1
	s.core.observe(&s.state)
	s.core.decide()
	s.land()
	return s
}

// land commits the round in flight, and returns how many records it has.
func (s *stage) land() int {
	s.proposed = s.core.take().propose
	n := len(s.proposed)
	s.core.appended(s.state.LogEnd, nil)
	s.append()
	s.core.publish()
	s.core.observe(&s.state)
	return n
}

func topic(name string, partitions int32) *msg.CreateTopics {
	return &msg.CreateTopics{Topics: []*msg.NewTopic{{Name: name, Partitions: partitions, ReplicationFactor: 1}}}
}

// A request may not cause more than one batch can hold.
func TestRequestsAreBounded(t *testing.T) {
	for _, c := range []struct {
		directory  string
		partitions []int32
		codes      []int16
	}{
		{"d", []int32{9_998}, []int16{0}},
		{"d", []int32{9_999}, []int16{44}}, // with the topic's own record and that of the raft ids
		{"d", []int32{10_001}, []int16{44}},
		{"d", []int32{4_000, 4_000, 4_000, 1_000}, []int16{0, 0, 44, 0}},
		{strings.Repeat("d", 1000), []int32{3_000}, []int16{0}},
		{strings.Repeat("d", 1000), []int32{5_000}, []int16{44}},
	} {
		s := leading(c.directory)
		q := &msg.CreateTopics{}
		for n, partitions := range c.partitions {
			q.Topics = append(q.Topics, topic(fmt.Sprint("t", n), partitions).Topics[0])
		}
		s.core.request(q)
		s.core.decide()
		for n, code := range c.codes {
			if got := msg.Code(q.Topics[n].Err); got != code {
				t.Errorf("topic %d of %v partitions: %v, want code %d", n, c.partitions, q.Topics[n].Err, code)
			}
		}
	}
}

// A registration is bounded, too.
func TestRegistrationsAreBounded(t *testing.T) {
	s := leading("d")
	q := &msg.RegisterNode{Node: msg.Registration{ID: 2, Directory: "d2", Rack: strings.Repeat("r", maxRequestBytes), MinLevel: 1, MaxLevel: 2}}
	s.core.request(q)
	s.core.decide()
	if out := s.core.take(); len(out.answers) != 1 || msg.Code(out.answers[0].err) != kerr.PolicyViolation.Code || out.propose != nil {
		t.Errorf("answered %v, want POLICY_VIOLATION", out.answers)
	}
}

// A crowd of requests is served in rounds that a batch can hold, and is not longer than can be served.
func TestRoundsAreBounded(t *testing.T) {
	for _, c := range []struct {
		directory           string
		partitions          int32
		rounds, least, most int
	}{
		{"d", 1, 3, 990, 1_002},                           // 334 topics of three records
		{strings.Repeat("d", 4000), 10, 40, 300, 26 * 12}, // 26 topics of 40 KB
	} {
		s := leading(c.directory)
		for n := range maxWaiting + 1 {
			s.core.request(topic(fmt.Sprint("t", n), c.partitions))
		}
		if out := s.core.take(); len(out.answers) != 1 || msg.Code(out.answers[0].err) != kerr.ThrottlingQuotaExceeded.Code {
			t.Fatalf("%d requests were turned away, want one, with THROTTLING_QUOTA_EXCEEDED", len(out.answers))
		}
		rounds := 0
		for s.core.decide(); s.core.flight != nil; s.core.decide() {
			rounds++
			if n := s.land(); n > c.most || n < c.least && rounds < c.rounds-1 {
				t.Errorf("round %d has %d records, want %d to %d", rounds, n, c.least, c.most)
			}
		}
		if _, ok := s.core.image.Topic(fmt.Sprint("t", maxWaiting-1)); !ok || rounds > c.rounds {
			t.Errorf("%d rounds, want %d; the last request is served: %v", rounds, c.rounds, ok)
		}
	}
}

// A large snapshot takes several batches, whose first one begins with its beginning. What is asked meanwhile is decided after it.
func TestALargeSnapshotIsCutIntoBatches(t *testing.T) {
	s := leading("d")
	s.core.settings.SnapshotRecords = 1 << 40
	s.core.request(topic("t", 2_500))
	for n := range 12_000 {
		if n%1000 == 0 { // a round, and another that makes the log long
			s.core.decide()
			s.land()
		}
		s.core.request(&msg.AllocateProducerIDs{Node: 1})
	}
	s.core.settings.SnapshotRecords = 1
	batches, begin := 0, int64(-1)
	for s.core.decide(); s.core.flight != nil; s.core.decide() {
		if s.core.flight.snapshot {
			if batches++; batches == 1 {
				begin = s.state.LogEnd
			}
			if n := len(s.core.out.propose); n > fullRoundRecords {
				t.Errorf("a batch of the snapshot has %d records", n)
			}
		}
		s.land()
	}
	if got, _ := s.core.image.LastSnapshot(); got != begin || batches != 3 || s.core.image.SnapshotOpen() {
		t.Errorf("a snapshot in %d batches begins at %d, want 3 and %d", batches, got, begin)
	}
	if len(s.core.waiting) != 0 {
		t.Errorf("%d requests still wait", len(s.core.waiting))
	}
}

// A cluster is full at some time.
func TestTheClusterIsBounded(t *testing.T) {
	s := leading("d")
	draft := s.core.image.Draft()
	id := msg.TopicID{15: 99}
	changes := []metadata.Record{metadata.TopicCreated{ID: id, Name: "huge"}, metadata.RaftIDsIssued{Next: maxClusterPartitions}}
	for n := range maxClusterPartitions - 1 {
		changes = append(changes, metadata.PartitionCreated{Topic: id, Number: int32(n), Replicas: []metadata.Replica{{Node: 1, RaftID: 1}}})
	}
	for _, change := range changes {
		if err := draft.Apply(change); err != nil {
			t.Fatal(err)
		}
	}
	s.core.image = draft.Image()
	for _, c := range []struct {
		partitions int32
		code       int16
	}{{2, 44}, {1, 0}} {
		q := topic("t", c.partitions)
		s.core.newRound().decide(q)
		if got := msg.Code(q.Topics[0].Err); got != c.code {
			t.Errorf("%d more partitions: %v, want code %d", c.partitions, q.Topics[0].Err, c.code)
		}
	}
}

func TestTopicIDsAreFree(t *testing.T) {
	ids := func(first ...byte) []byte {
		var all []byte
		for _, b := range first {
			id := msg.TopicID{15: b}
			if b >= 0xf8 {
				id = msg.TopicID{0: b}
			}
			all = append(all, id[:]...)
		}
		return all
	}
	for _, c := range []struct {
		why   string
		draws []byte
		want  msg.TopicID // zero: an error
	}{
		{"the first that comes", ids(7), msg.TopicID{15: 7}},
		{"not that of no topic, nor of the metadata log", ids(0, 1, 7), msg.TopicID{15: 7}},
		{"not one that is taken", ids(5, 7), msg.TopicID{15: 7}},
		{"not one that looks like a flag", ids(0xf8, 7), msg.TopicID{15: 7}},
		{"sixteen draws are enough", make([]byte, 17*16), msg.TopicID{}},
		{"no randomness left", ids(0), msg.TopicID{}},
		{"half an id", []byte{1, 2, 3}, msg.TopicID{}},
	} {
		draft := metadata.Empty().Draft()
		if err := draft.Apply(metadata.TopicCreated{ID: msg.TopicID{15: 5}, Name: "taken"}); err != nil {
			t.Fatal(err)
		}
		r := (&core{image: draft.Image(), random: bytes.NewReader(c.draws)}).newRound()
		id, err := r.drawTopicID()
		if c.want == (msg.TopicID{}) {
			if !errors.Is(err, kerr.UnknownServerError) {
				t.Errorf("%s: %v, %v, want an error", c.why, id, err)
			}
		} else if err != nil || id != c.want {
			t.Errorf("%s: %v, %v, want %v", c.why, id, err, c.want)
		}
	}
}

func TestTopicNames(t *testing.T) {
	long := strings.Repeat("n", maxTopicName)
	for name, code := range map[string]int16{
		"a": 0, "A-Z_0.9": 0, "...": 0, "_": 0, long: 0,
		"": 17, ".": 17, "..": 17, long + "n": 17, "a b": 17, "a/b": 17, "ä": 17, "a\x00": 17, "\xff": 17, "*": 17,
	} {
		if err := checkTopicName(name); msg.Code(err) != code {
			t.Errorf("name %.20q: %v, want code %d", name, err, code)
		}
	}
}

// default.replication.factor, where nobody has set it, is three where there are three nodes.
func TestDefaultReplication(t *testing.T) {
	for _, c := range []struct {
		nodes  int
		static map[string]string
		want   int16
	}{
		{1, nil, 1}, {2, nil, 1}, {3, nil, 3}, {4, nil, 3},
		{4, map[string]string{"default.replication.factor": "1"}, 1},
		{4, map[string]string{"default.replication.factor": "4"}, 4},
	} {
		draft := metadata.Empty().Draft()
		for n := range c.nodes {
			if err := draft.Apply(metadata.NodeRegistered{Registration: msg.Registration{ID: msg.NodeID(n + 1)}}); err != nil {
				t.Fatal(err)
			}
		}
		q := &msg.CreateTopics{Topics: []*msg.NewTopic{{Name: "t", Partitions: 1, ReplicationFactor: -1}}}
		(&core{image: draft.Image(), static: c.static, random: &counter{}}).newRound().decide(q)
		if got := q.Topics[0]; got.Err != nil || got.ReplicationFactor != c.want {
			t.Errorf("%d nodes, %v: %d replicas, %v, want %d", c.nodes, c.static, got.ReplicationFactor, got.Err, c.want)
		}
	}
}

// The log is JSON, which can't hold what is not UTF-8: it would come back as something else.
func TestWhatIsNotUTF8IsRefused(t *testing.T) {
	value := "a\xff"
	s := leading("d")
	q := &msg.AlterConfigs{Resources: []*msg.AlteredResource{
		{Type: msg.GroupResource, Name: "g\xff"},
		{Type: msg.BrokerResource, Ops: []msg.ConfigOp{{Name: "ssl.keystore.location", Value: &value}}},
	}}
	s.core.request(q)
	s.core.decide()
	for _, a := range q.Resources {
		if msg.Code(a.Err) != kerr.InvalidRequest.Code || !strings.Contains(a.Err.Error(), "UTF-8") {
			t.Errorf("resource %q: %v, want INVALID_REQUEST", a.Name, a.Err)
		}
	}
}

// A broker's new bound counts for the groups that are altered after it, in the same request.
func TestGroupsAreBoundByTheBrokerAsItIsThen(t *testing.T) {
	s := leading("d")
	group := func(name string) *msg.AlteredResource {
		value := "20000"
		return &msg.AlteredResource{Type: msg.GroupResource, Name: name, Ops: []msg.ConfigOp{{Name: "consumer.session.timeout.ms", Value: &value}}}
	}
	s.core.static["group.consumer.min.session.timeout.ms"] = "10000"
	before, after := group("before"), group("after")
	r := s.core.newRound()
	r.decide(&msg.AlterConfigs{Resources: []*msg.AlteredResource{before}})
	s.core.static["group.consumer.min.session.timeout.ms"] = "30000"
	value := "2"
	r.decide(&msg.AlterConfigs{Resources: []*msg.AlteredResource{
		{Type: msg.BrokerResource, Name: "1", Ops: []msg.ConfigOp{{Name: "log.cleaner.threads", Value: &value}}}, after,
	}})
	if before.Err != nil || msg.Code(after.Err) != kerr.InvalidConfig.Code {
		t.Errorf("before: %v, after: %v, want INVALID_CONFIG", before.Err, after.Err)
	}
}

// What a request beyond all measure is refused for is not worked out item by item.
func TestItemsAreBounded(t *testing.T) {
	s := leading("d")
	topics, wider, configured, moved := &msg.CreateTopics{}, &msg.CreatePartitions{}, &msg.AlterConfigs{}, &msg.AlterAssignments{}
	for n := range maxRequestRecords + 1 {
		topics.Topics = append(topics.Topics, &msg.NewTopic{Name: fmt.Sprint("a b", n)})
		wider.Topics = append(wider.Topics, &msg.WiderTopic{Name: fmt.Sprint("t", n)})
		moved.Partitions = append(moved.Partitions, &msg.Reassignment{Topic: fmt.Sprint("t", n)})
		configured.Resources = append(configured.Resources, &msg.AlteredResource{Type: msg.TopicResource, Name: fmt.Sprint("t", n)})
	}
	for _, q := range []ask{topics, wider, configured, moved} {
		s.core.newRound().decide(q)
	}
	last := maxRequestRecords
	for _, c := range []struct {
		err  error
		code int16
	}{
		{topics.Topics[last-1].Err, 17}, {topics.Topics[last].Err, 44},
		{wider.Topics[last-1].Err, 3}, {wider.Topics[last].Err, 44},
		{configured.Resources[last-1].Err, 3}, {configured.Resources[last].Err, 44},
		{moved.Partitions[last-1].Err, 3}, {moved.Partitions[last].Err, 44},
	} {
		if got := msg.Code(c.err); got != c.code {
			t.Errorf("%v, want code %d", c.err, c.code)
		}
	}
}

func TestDeletionCanBeDisabled(t *testing.T) {
	s := leading("d")
	s.core.static["delete.topic.enable"] = "false"
	q := &msg.DeleteTopics{Topics: []*msg.DeadTopic{{Name: "anything"}}}
	s.core.newRound().decide(q)
	if got := msg.Code(q.Topics[0].Err); got != kerr.TopicDeletionDisabled.Code {
		t.Errorf("deleting answered %d, want TOPIC_DELETION_DISABLED (73)", got)
	}
}

func TestSomeConfigsAreForOneBrokerOnly(t *testing.T) {
	value := "PLAINTEXT://:9999"
	for name, want := range map[string]int16{"": kerr.InvalidRequest.Code, "1": 0} {
		s := leading("d")
		a := &msg.AlteredResource{Type: msg.BrokerResource, Name: name, Ops: []msg.ConfigOp{{Name: "listeners", Value: &value}}}
		s.core.newRound().decide(&msg.AlterConfigs{Resources: []*msg.AlteredResource{a}})
		if got := msg.Code(a.Err); got != want {
			t.Errorf("listeners of broker %q: answered %d (%v), want %d", name, got, a.Err, want)
		}
	}
}
