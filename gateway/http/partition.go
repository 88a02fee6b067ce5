package http

import (
	"net/http"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/gateway/admin"
)

// Partition is the answer to GET /admin/partitions: the partition as its leader sees it.
type Partition struct {
	Topic         string     `json:"topic"`
	Partition     int32      `json:"partition"`
	Leader        msg.NodeID `json:"leader"`
	Epoch         int32      `json:"epoch"`
	LogStart      int64      `json:"log_start"`
	HighWatermark int64      `json:"high_watermark"`
	LogEnd        int64      `json:"log_end"`
	Replicas      []Replica  `json:"replicas"`
}

// Replica is one of a partition's replicas. The numbers are -1 where they are not known.
type Replica struct {
	Node   msg.NodeID `json:"node"`
	RaftID uint64     `json:"raft_id"`
	// Voter has a vote; one that has none is being added.
	Voter bool `json:"voter"`
	// LogEnd is the offset behind its last record, Lag how many records the leader has more.
	LogEnd int64 `json:"log_end"`
	Lag    int64 `json:"lag"`
	// HeardMillis is how long ago it was heard last, CaughtUpMillis how long ago it had everything.
	HeardMillis    int64 `json:"heard_ms"`
	CaughtUpMillis int64 `json:"caught_up_ms"`
	// Doing says in a word what the leader does about it, "" where it just replicates: probing, snapshot, paused.
	Doing string `json:"doing,omitempty"`
}

func describePartition(c *admin.Client, q *http.Request) (any, error) {
	topic, id, err := named(c, q)
	if err != nil {
		return nil, err
	}
	led, _ := c.Directory.Leadership(id)
	if led.Leader == msg.NoNode {
		return nil, msg.Errorf(kerr.LeaderNotAvailable, "partition %d of %s has no leader that is known here", id.Partition, topic.Name)
	}
	told := &msg.DescribePartition{}
	if err := askPartition(c, led.Leader, id, told); err != nil {
		return nil, err
	}
	return partition(topic.Name, id.Partition, led.Leader, told, c.Clock.Now()), nil
}

// named finds the partition in a request's path.
func named(c *admin.Client, q *http.Request) (*metadata.Topic, msg.TopicPartition, error) {
	name := q.PathValue("topic")
	number, err := strconv.ParseInt(q.PathValue("number"), 10, 32)
	topic, found := c.Image().Topic(name)
	if err != nil || !found || number < 0 || int(number) >= len(topic.Partitions) {
		return nil, msg.TopicPartition{}, msg.Errorf(kerr.UnknownTopicOrPartition, "there is no partition %s of topic %q", q.PathValue("number"), name)
	}
	return topic, msg.TopicPartition{Topic: topic.ID, Partition: int32(number)}, nil
}

// askPartition waits for the answer of the replica on a node.
func askPartition(c *admin.Client, node msg.NodeID, id msg.TopicPartition, q admin.Request) error {
	answered := make(chan error, 2)
	q.Slot().Done = func(err error) { answered <- err }
	timer := c.Clock.AfterFunc(adminTimeout, func() {
		answered <- msg.Errorf(kerr.RequestTimedOut, "node %d did not answer for partition %s within %s", node, id, adminTimeout)
	})
	defer timer.Stop()
	if err := c.At(node, msg.PartitionName(id)).Post(q); err != nil {
		return err
	}
	return <-answered
}

// Recovered is the answer to POST /admin/partitions/TOPIC/NUMBER/recover-unsafe: the replica on Node is the only voter, and those on the
// others can't come back under their raft ids.
type Recovered struct {
	Topic     string       `json:"topic"`
	Partition int32        `json:"partition"`
	Node      msg.NodeID   `json:"node"`
	Left      []msg.NodeID `json:"left"`
}

func recoverUnsafe(c *admin.Client, q *http.Request) (any, error) {
	topic, id, err := named(c, q)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseInt(q.URL.Query().Get("node"), 10, 32)
	if err != nil {
		return nil, msg.Errorf(kerr.InvalidRequest, "recovering partition %d of %s: ?node= says %q, which is no node's id: name the node whose replica is to go on", id.Partition, topic.Name, q.URL.Query().Get("node"))
	}
	r := Recovered{Topic: topic.Name, Partition: id.Partition, Node: msg.NodeID(number), Left: []msg.NodeID{}}
	held := false
	for _, at := range topic.Partitions[id.Partition].Replicas {
		if at.Node == r.Node {
			held = true
		} else {
			r.Left = append(r.Left, at.Node)
		}
	}
	if !held {
		return nil, msg.Errorf(kerr.InvalidRequest, "recovering partition %d of %s: node %d has no replica of it, nodes %v have", id.Partition, topic.Name, r.Node, r.Left)
	}
	return r, askPartition(c, r.Node, id, &msg.RecoverUnsafe{})
}

func partition(topic string, number int32, leader msg.NodeID, told *msg.DescribePartition, now time.Time) Partition {
	p := Partition{Topic: topic, Partition: number, Leader: leader, Epoch: told.Epoch, LogStart: told.LogStart,
		HighWatermark: told.HighWatermark, LogEnd: told.LogEnd, Replicas: []Replica{}}
	for _, m := range told.Members {
		r := Replica{Node: m.Node, RaftID: m.RaftID, Voter: !m.Learner, LogEnd: m.LogEnd, Lag: -1, HeardMillis: ago(now, m.LastFetch), CaughtUpMillis: ago(now, m.LastCaughtUp), Doing: m.Doing}
		if m.LogEnd >= 0 {
			r.Lag = max(0, told.LogEnd-m.LogEnd)
		}
		p.Replicas = append(p.Replicas, r)
	}
	return p
}

// ago is how many milliseconds have passed since then, -1 where then is not known.
func ago(now, then time.Time) int64 {
	if then.IsZero() {
		return -1
	}
	return max(0, now.Sub(then).Milliseconds())
}
