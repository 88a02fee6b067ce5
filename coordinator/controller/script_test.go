package controller

import (
	"errors"
	"fmt"
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

// counter is randomness that counts: the n-th draw is zeros and n, from 16 on.
type counter struct{ n byte }

func (c *counter) Read(p []byte) (int, error) {
	clear(p)
	p[len(p)-1] = 16 + c.n
	c.n++
	return len(p), nil
}

// stage is a core and a log that the script commits to.
type stage struct {
	core     *core
	state    msg.State
	proposed []record.Record
	base     int64
	asks     []named
	group    []msg.Member // of the metadata log
	leaders  map[msg.TopicPartition]msg.Leadership
	out      strings.Builder
}

type named struct {
	name string
	ask  ask
}

func newStage() *stage {
	return &stage{
		core: &core{
			node:     msg.Registration{ID: 1, Incarnation: "first", Directory: "dir1", MinLevel: 1, MaxLevel: 1},
			founding: Founding{ClusterID: "troupe-1", Quorum: []metadata.Quorum{{Node: 1, Directory: "dir1", RaftID: 1, Voter: true}}}, random: &counter{}, image: metadata.Empty(), static: map[string]string{},
			settings: Settings{}.withDefaults(), leader: msg.NoNode, now: time.Unix(0, 0),
		},
		state: msg.State{Leader: msg.NoNode, Epoch: 0},
		group: []msg.Member{{Placed: msg.Placed{Node: 1, RaftID: 1}}},
	}
}

// TestCore runs the scripts of testdata/core:
//
//	leader epoch=2, follower leader=2,
//	elected epoch=3, sick               what the log's state says
//	committed                           a batch of somebody else's, one "Kind {fields}" a line; "unpublished": there is more to read
//	decide                              what waits becomes a round
//	appended, applied                   the round is committed; the log is read to its high watermark
//	read, applied, answered             the same, but the log is read before it answers
//	fail code=…                         the round is not committed
//	uncommitted n=…                     so much more of somebody else's is at the log's end
//	static key=value, image
//	round                               decide, appended and applied, until there is nothing to decide
//	time 6s, group, leaders, cluster    see cluster_script_test.go
//
// and one command for each request, in request.go's words. Every command prints the core's effects.
func TestCore(t *testing.T) {
	datadriven.Walk(t, "testdata/core", func(t *testing.T, path string) {
		s := newStage()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.out.Reset()
			s.run(t, d)
			s.print()
			if s.out.Len() == 0 {
				return "nothing\n"
			}
			return s.out.String()
		})
	})
}

func (s *stage) run(t *testing.T, d *datadriven.TestData) {
	switch d.Cmd {
	case "leader":
		d.ScanArgs(t, "epoch", &s.state.Epoch)
		s.state.Role, s.state.Leader = msg.Leader, 1
	case "follower":
		d.ScanArgs(t, "leader", &s.state.Leader)
		s.state.Role = msg.Follower
	case "static":
		for _, arg := range d.CmdArgs {
			s.core.static[arg.Key] = arg.Vals[0]
		}
	case "incarnation":
		s.core.node.Incarnation = d.CmdArgs[0].Key
	case "elected":
		d.ScanArgs(t, "epoch", &s.state.Epoch)
		s.state.Role, s.state.Leader = msg.Leader, msg.NoNode
	case "stopping":
		s.core.stopping = true
	case "sick":
		s.state.Err = errors.New("damaged")
	case "committed":
		s.proposed = s.records(d.Input)
		s.append()
		if !d.HasArg("unpublished") {
			s.core.publish()
		}
	case "decide":
		s.core.voters.group = s.group
		s.core.decide()
	case "round":
		s.round()
	case "appended":
		s.core.appended(s.state.LogEnd, nil)
		s.append()
	case "read":
		s.base = s.state.LogEnd
		s.append()
	case "answered":
		s.core.appended(s.base, nil)
	case "uncommitted":
		var n int64
		d.ScanArgs(t, "n", &n)
		s.state.LogEnd += n
	case "applied":
		s.core.publish()
	case "fail":
		s.fail(t, d)
	case "image":
		s.showImage()
	case "moved", "recovered", "lost", "levels", "time", "start", "founders", "beat", "group", "leaders", "cluster", "settings":
		s.runCluster(t, d)
	default:
		s.core.request(s.request(t, d))
	}
	s.core.observe(&s.state)
}

func (s *stage) records(lines string) []record.Record {
	var out []record.Record
	for _, line := range strings.Split(lines, "\n") {
		kind, fields, _ := strings.Cut(line, " ")
		out = append(out, record.Record{Key: []byte(kind), Value: fmt.Appendf(nil, `{"v":1,"data":%s}`, fields)})
	}
	return out
}

// append takes what is proposed to the log and reads it, without publishing it.
func (s *stage) append() {
	b := record.Build(s.proposed, time.UnixMilli(0))
	b.Stamp(s.state.LogEnd, s.state.Epoch)
	s.state.LogEnd = b.LastOffset() + 1
	s.state.HighWatermark = s.state.LogEnd
	if err := s.core.apply([]record.Batch{b}); err != nil {
		fmt.Fprintln(&s.out, "error:", err)
	}
	s.proposed = nil
}

func (s *stage) fail(t *testing.T, d *datadriven.TestData) {
	var code int16
	d.ScanArgs(t, "code", &code)
	s.proposed = nil
	s.core.appended(-1, &msg.Error{Kafka: kerr.TypedErrorForCode(code), Detail: "the log says no"})
}

// print shows and clears the core's effects.
func (s *stage) print() {
	out := s.core.take()
	if out.applied != nil {
		fmt.Fprintf(&s.out, "applied up to %d%s\n", out.applied.Offset(), changed(out.changes))
	}
	for _, a := range out.answers {
		s.printAnswer(a)
	}
	s.printTold(out)
	if out.propose != nil {
		s.proposed = out.propose
		fmt.Fprintf(&s.out, "propose in epoch %d\n", out.epoch)
		for _, r := range out.propose {
			_, value, _ := strings.Cut(strings.TrimSuffix(string(r.Value), "}"), `"data":`)
			fmt.Fprintf(&s.out, "  %s %s\n", r.Key, value)
		}
	}
}

func changed(c metadata.Changes) string {
	var b strings.Builder
	for _, l := range []struct {
		what   string
		topics []*metadata.Topic
	}{{"created", c.Created}, {"deleted", c.Deleted}, {"reconfigured", c.Reconfigured}} {
		for _, t := range l.topics {
			fmt.Fprintf(&b, ", %s %s", l.what, t.Name)
		}
	}
	if c.Nodes {
		b.WriteString(", nodes")
	}
	return b.String()
}

func (s *stage) printAnswer(a answer) {
	name := "?"
	for _, n := range s.asks {
		if n.ask == a.ask {
			name = n.name
		}
	}
	fmt.Fprintf(&s.out, "%s: %s\n", name, verdict(a.err))
	if a.err != nil {
		return
	}
	switch q := a.ask.(type) {
	case *msg.CreateTopics:
		for _, t := range q.Topics {
			ok := fmt.Sprintf("id %s, %d partition(s), %d replica(s)", t.ID, t.Partitions, t.ReplicationFactor)
			s.item(t.Name, t.Err, ok)
		}
	case *msg.DeleteTopics:
		for _, t := range q.Topics {
			s.item(t.Name+" "+t.ID.String(), t.Err, "deleted")
		}
	case *msg.CreatePartitions:
		for _, t := range q.Topics {
			s.item(t.Name, t.Err, "wider")
		}
	case *msg.AlterConfigs:
		for _, t := range q.Resources {
			s.item(fmt.Sprintf("%d %q", t.Type, t.Name), t.Err, "altered")
		}
	case *msg.AllocateProducerIDs:
		fmt.Fprintf(&s.out, "  %d ids from %d\n", q.Count, q.First)
	default:
		s.printClusterAnswer(q)
	}
}

func (s *stage) item(name string, err error, ok string) {
	if err != nil {
		ok = verdict(err)
	}
	fmt.Fprintf(&s.out, "  %s: %s\n", name, ok)
}

// verdict is an error as a client sees it: its code and its detail.
func verdict(err error) string {
	if err == nil {
		return "done"
	}
	var e *msg.Error
	if !errors.As(err, &e) {
		return "no Kafka error: " + err.Error()
	}
	return e.Kafka.Message + " " + strconv.Itoa(int(e.Kafka.Code)) + ": " + e.Detail
}

func (s *stage) showImage() {
	i := s.core.image
	fmt.Fprintf(&s.out, "cluster %s, offset %d, next producer id %d, next raft id %d\n", i.ClusterID(), i.Offset(), i.NextProducerID(), i.NextRaftID())
	for _, n := range i.Nodes() {
		fmt.Fprintf(&s.out, "node %d %s rack %q\n", n.ID, n.Incarnation, n.Rack)
	}
	for _, t := range i.Topics() {
		fmt.Fprintf(&s.out, "topic %s", t.Name)
		for _, p := range t.Partitions {
			fmt.Fprintf(&s.out, " [%s]", replicas(p.Replicas))
			if p.Target != nil {
				fmt.Fprintf(&s.out, "→[%s]", replicas(p.Target))
			}
			if p.Dropped != nil {
				fmt.Fprintf(&s.out, "−[%s]", replicas(p.Dropped))
			}
		}
		fmt.Fprintf(&s.out, " %v\n", i.Overrides(msg.TopicResource, t.Name))
	}
	for _, name := range i.Resources(msg.BrokerResource) {
		fmt.Fprintf(&s.out, "broker %q %v\n", name, i.Overrides(msg.BrokerResource, name))
	}
	for _, name := range i.Resources(msg.GroupResource) {
		fmt.Fprintf(&s.out, "group %q %v\n", name, i.Overrides(msg.GroupResource, name))
	}
}
