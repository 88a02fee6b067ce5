package controller

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// The commands of scripts about the life of a cluster:
//
//	time DURATION                     so much time passes
//	founders N N N                    those of the cluster, with directories dirN and raft ids N
//	beat N N for=DURATION             so much time passes, in which these nodes are heard every second
//	group 1 2 3+                      the raft ids of the metadata log's group; + marks those that have no vote
//	leaders                           who leads: lines "TOPIC NUMBER leader=N insync=N,N"
//	start at=N                        the log starts there
//	levels LOW HIGH                   the feature levels that node 1 can work at
//	settings moves=N records=N
//	cluster                           prints nodes and quorum
//
// and the requests
//
//	register node=N inc=I dir=D rack=R levels=1-2
//	heartbeat node=N inc=I bytes=N stopping
//	join node=N dir=D
//	drain, undrain, decommission node=N
//	reassign factor                   lines "TOPIC NUMBER N,N,N", or "TOPIC NUMBER cancel", or "TOPIC NUMBER" (no replicas)
//	moved TOPIC NUMBER ID ID          the group of a partition has the members with these raft ids
//	recovered TOPIC NUMBER ID without ID ID
//	                                  the group of a partition has the first of these raft ids as voters, and has banned the others
//	lost TOPIC NUMBER ID              a replica is lost
//	balance

func (s *stage) runCluster(t *testing.T, d *datadriven.TestData) {
	switch d.Cmd {
	case "time":
		pass, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		s.core.now = s.core.now.Add(pass)
	case "group":
		s.group = nil
		for _, arg := range d.CmdArgs {
			id, learner := strings.CutSuffix(arg.Key, "+")
			s.group = append(s.group, msg.Member{Placed: msg.Placed{RaftID: uint64(number(id)), Learner: learner}})
		}
	case "founders":
		s.core.founding.Quorum = nil
		for _, arg := range d.CmdArgs {
			n := number(arg.Key)
			s.core.founding.Quorum = append(s.core.founding.Quorum, metadata.Quorum{Node: msg.NodeID(n), Directory: fmt.Sprint("dir", n), RaftID: uint64(n), Voter: true})
		}
	case "levels":
		s.core.node.MinLevel, s.core.node.MaxLevel = int(number(d.CmdArgs[0].Key)), int(number(d.CmdArgs[1].Key))
	case "start":
		d.ScanArgs(t, "at", &s.state.LogStart)
	case "beat":
		s.beat(t, d)
	case "leaders":
		s.setLeaders(d.Input)
	case "settings":
		for _, arg := range d.CmdArgs {
			switch arg.Key {
			case "moves":
				s.core.settings.MaxMoves = int(number(arg.Vals[0]))
			case "records":
				s.core.settings.SnapshotRecords = number(arg.Vals[0])
			}
		}
	case "moved":
		s.moved(d)
	case "recovered":
		i := slices.IndexFunc(d.CmdArgs, func(a datadriven.CmdArg) bool { return a.Key == "without" })
		s.ask("recovered", &msg.PartitionRecovered{Asked: msg.Asked{Done: func(error) {}}, Partition: s.partition(d.CmdArgs[0].Key, d.CmdArgs[1].Key), RaftIDs: raftIDs(d.CmdArgs[2:i]), Banned: raftIDs(d.CmdArgs[i+1:])})
	case "lost":
		s.ask("lost", &msg.ReplicaLost{Asked: msg.Asked{Done: func(error) {}}, Partition: s.partition(d.CmdArgs[0].Key, d.CmdArgs[1].Key), RaftID: raftIDs(d.CmdArgs[2:])[0]})
	case "cluster":
		s.showCluster()
	}
}

// moved reports the voters that a partition's group has: as was asked for last, or by the move with the number move=N.
func (s *stage) moved(d *datadriven.TestData) {
	id := s.partition(d.CmdArgs[0].Key, d.CmdArgs[1].Key)
	q := &msg.MoveDone{Asked: msg.Asked{Done: func(error) {}}, Partition: id}
	if t, ok := s.core.image.TopicByID(id.Topic); ok && id.Partition >= 0 && int(id.Partition) < len(t.Partitions) {
		q.Move = t.Partitions[id.Partition].Move
	}
	for _, arg := range d.CmdArgs[2:] {
		if arg.Key == "move" {
			q.Move = uint64(number(arg.Vals[0]))
			continue
		}
		q.RaftIDs = append(q.RaftIDs, uint64(number(arg.Key)))
	}
	s.ask("moved", q)
}

func (s *stage) ask(name string, q ask) {
	s.asks = append(s.asks, named{name, q})
	s.core.request(q)
}

// beat lets time pass, second by second, in which some nodes are heard and everything is decided that has to be. Only what is
// decided is printed.
func (s *stage) beat(t *testing.T, d *datadriven.TestData) {
	var text string
	d.ScanArgs(t, "for", &text)
	pass, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	for ; pass > 0; pass -= time.Second {
		s.core.now = s.core.now.Add(min(pass, time.Second))
		for _, arg := range d.CmdArgs {
			if n, ok := s.core.image.Node(msg.NodeID(atoi(arg.Key))); ok {
				s.core.request(&msg.Heartbeat{Asked: msg.Asked{Done: func(error) {}}, Node: n.ID, Incarnation: n.Incarnation, DiskBytes: s.core.leases.load(n.ID).DiskBytes})
			}
		}
		s.core.out.answers = nil
		s.round()
	}
}

func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// round lets the core decide, and the log take what it proposes, until nothing comes any more.
func (s *stage) round() {
	for range 100 {
		s.core.voters.group = s.group
		s.core.decide()
		s.print()
		if s.proposed == nil {
			return
		}
		s.core.appended(s.state.LogEnd, nil)
		s.append()
		s.core.publish()
		s.core.observe(&s.state)
		s.print()
	}
	s.out.WriteString("it never ends\n")
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func numbers(text string) []msg.NodeID {
	out := []msg.NodeID{}
	for _, part := range strings.Split(text, ",") {
		if part != "" {
			out = append(out, msg.NodeID(number(part)))
		}
	}
	return out
}

// words reads "key=value" words.
func words(fields []string) map[string]string {
	out := map[string]string{}
	for _, f := range fields {
		key, value, _ := strings.Cut(f, "=")
		out[key] = value
	}
	return out
}

func (s *stage) partition(topic, n string) msg.TopicPartition {
	if topic == msg.MetadataTopic {
		return msg.TopicPartition{Topic: msg.MetadataTopicID}
	}
	t, ok := s.core.image.Topic(topic)
	if !ok {
		return msg.TopicPartition{Topic: msg.TopicID{99}}
	}
	return msg.TopicPartition{Topic: t.ID, Partition: int32(number(n))}
}

func (s *stage) setLeaders(lines string) {
	s.leaders = map[msg.TopicPartition]msg.Leadership{}
	for _, line := range strings.Split(lines, "\n") {
		f := strings.Fields(line)
		w := words(f[2:])
		s.leaders[s.partition(f[0], f[1])] = msg.Leadership{Leader: msg.NodeID(number(w["leader"])), InSync: numbers(w["insync"])}
	}
	s.core.leadership = func(tp msg.TopicPartition) (msg.Leadership, bool) { l, ok := s.leaders[tp]; return l, ok }
}

// clusterRequest makes the requests of nodes, leaders and operators.
func clusterRequest(t *testing.T, d *datadriven.TestData, asked msg.Asked, lines [][]string) ask {
	arg := func(key string) string {
		for _, a := range d.CmdArgs {
			if a.Key == key && len(a.Vals) > 0 {
				return strings.Join(a.Vals, ",")
			}
		}
		return ""
	}
	node := msg.NodeID(-7)
	if text := arg("node"); text != "" {
		node = msg.NodeID(number(text))
	}
	switch d.Cmd {
	case "register":
		n := msg.Registration{ID: node, Incarnation: arg("inc"), Directory: arg("dir"), Rack: arg("rack"), MinLevel: 1, MaxLevel: 2}
		if levels := arg("levels"); levels != "" {
			low, high, _ := strings.Cut(levels, "-")
			n.MinLevel, n.MaxLevel = int(number(low)), int(number(high))
		}
		return &msg.RegisterNode{Asked: asked, Node: n}
	case "heartbeat":
		q := &msg.Heartbeat{Asked: asked, Node: node, Incarnation: arg("inc"), Stopping: d.HasArg("stopping")}
		if bytes := arg("bytes"); bytes != "" {
			q.DiskBytes = number(bytes)
		}
		return q
	case "join":
		return &msg.JoinCluster{Asked: asked, Node: node, Directory: arg("dir")}
	case "drain":
		return &msg.ChangeNode{Asked: asked, Node: node, Change: msg.DrainNode}
	case "undrain":
		return &msg.ChangeNode{Asked: asked, Node: node, Change: msg.UndrainNode}
	case "decommission":
		return &msg.ChangeNode{Asked: asked, Node: node, Change: msg.DecommissionNode}
	case "strange":
		return &msg.ChangeNode{Asked: asked, Node: node, Change: 9}
	case "reassign":
		q := &msg.AlterAssignments{Asked: asked, AllowFactorChange: d.HasArg("factor")}
		for _, f := range lines {
			p := &msg.Reassignment{Topic: f[0], Partition: int32(number(f[1]))}
			if len(f) == 2 {
				p.Replicas = []msg.NodeID{}
			} else if f[2] != "cancel" {
				p.Replicas = numbers(f[2])
			}
			q.Partitions = append(q.Partitions, p)
		}
		return q
	case "balance":
		return &msg.BalanceCluster{Asked: asked}
	}
	d.Fatalf(t, "unknown command %s", d.Cmd)
	return nil
}

// printTold prints what the core tells others.
func (s *stage) printTold(out effects) {
	if out.assign != nil {
		s.out.WriteString("the log's group shall be")
		for _, m := range out.assign {
			fmt.Fprintf(&s.out, " %d(%d)", m.Node, m.RaftID)
			if m.Learner {
				s.out.WriteString("+")
			}
		}
		s.out.WriteString("\n")
	}
	for _, t := range out.transfers {
		name := "the metadata log"
		if topic, ok := s.core.image.TopicByID(t.partition.Topic); ok {
			name = fmt.Sprint(topic.Name, "-", t.partition.Partition)
		}
		fmt.Fprintf(&s.out, "node %d shall hand %s over to %d\n", t.leader, name, t.to)
	}
	if out.deleteBefore > 0 {
		fmt.Fprintf(&s.out, "the log shall start at %d\n", out.deleteBefore)
	}
}

func (s *stage) printClusterAnswer(q ask) {
	switch q := q.(type) {
	case *msg.JoinCluster:
		fmt.Fprintf(&s.out, "  cluster %s, raft id %d, founders %v\n", q.ClusterID, q.RaftID, q.Founders)
	case *msg.AlterAssignments:
		for _, p := range q.Partitions {
			s.item(fmt.Sprint(p.Topic, "-", p.Partition), p.Err, "fine")
		}
	case *msg.BalanceCluster:
		fmt.Fprintf(&s.out, "  %d moves, %d leaders\n", q.Moves, q.Leaders)
	}
}

func replicas(of []metadata.Replica) string {
	var b []string
	for _, r := range of {
		b = append(b, fmt.Sprintf("%d(%s,%d)", r.Node, r.Directory, r.RaftID))
	}
	return strings.Join(b, " ")
}

func (s *stage) showCluster() {
	i := s.core.image
	for _, n := range i.Nodes() {
		fmt.Fprintf(&s.out, "node %d %s %s", n.ID, n.Incarnation, n.Directory)
		for _, state := range []struct {
			is   bool
			name string
		}{{n.Fenced, "fenced"}, {n.Draining, "draining"}, {n.Leaving, "leaving"}} {
			if state.is {
				fmt.Fprint(&s.out, " ", state.name)
			}
		}
		fmt.Fprintln(&s.out)
	}
	s.out.WriteString("quorum")
	for _, q := range i.Quorum() {
		fmt.Fprintf(&s.out, " %d(%s,%d)", q.Node, q.Directory, q.RaftID)
		if !q.Voter {
			s.out.WriteString("+")
		}
	}
	s.out.WriteString("\n")
}

// raftIDs reads arguments that are raft ids.
func raftIDs(args []datadriven.CmdArg) []uint64 {
	var ids []uint64
	for _, arg := range args {
		ids = append(ids, uint64(number(arg.Key)))
	}
	return ids
}
