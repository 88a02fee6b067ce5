package controller

import (
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// ensemble is a cluster of controllers over one simulated log: each node has a replica that is as far as it was delivered, one
// of them leads, and the network between the controllers may be cut.
type ensemble struct {
	t        *testing.T
	rnd      *rand.Rand
	steps    *actors.Deterministic
	clock    *clock.Virtual
	players  []*player // by node id, from 1
	settings Settings

	committed []record.Batch
	start     int64
	epoch     int32
	leader    msg.NodeID
	group     []msg.Placed // the members of the metadata log's group
	transfers []msg.NodeID // whom leadership of a partition was asked for
	asked     int          // registrations that were taken
	beats     map[msg.NodeID]*msg.Heartbeat
}

// player is a node.
type player struct {
	*ensemble
	id      msg.NodeID
	system  *actors.System
	ref     actors.Ref
	state   msg.State
	pending []*msg.Append
	waits   []*msg.Wait
	cut     bool
	stopped bool
	images  []*metadata.Image
	refused []error
	renewed time.Time // the lease
	starts  int       // of its process
}

func newEnsemble(t *testing.T, seed uint64, nodes int) *ensemble {
	e := &ensemble{t: t, rnd: rand.New(rand.NewPCG(seed, 3)), steps: actors.NewDeterministic(seed), clock: clock.NewVirtual(time.UnixMilli(0)), leader: msg.NoNode, beats: map[msg.NodeID]*msg.Heartbeat{}}
	for id := range nodes + 1 {
		e.players = append(e.players, &player{ensemble: e, id: msg.NodeID(id), state: msg.State{Leader: msg.NoNode}})
	}
	e.group = []msg.Placed{{Node: 1, RaftID: 1}}
	return e
}

// begin starts a node's process.
func (e *ensemble) begin(id msg.NodeID) {
	p := e.players[id]
	p.starts++
	p.stopped, p.waits = false, nil
	p.system = actors.NewSystem(actors.Options{Node: id, Clock: e.clock, Log: zerolog.New(io.Discard), Dispatcher: e.steps})
	var err error
	p.ref, err = p.system.Spawn(Spec(Options{
		Node:     msg.Registration{ID: id, Incarnation: fmt.Sprint("start", p.starts), Directory: fmt.Sprint("dir", id), MinLevel: 1, MaxLevel: metadata.FeatureLevel},
		Founding: Founding{ClusterID: "c", Secret: "s", Quorum: []metadata.Quorum{{Node: 1, Directory: "dir1", RaftID: 1, Voter: true}}},
		Log:      p, Random: chance{e.rnd}, Settings: e.settings,
		Applied:    func(i *metadata.Image, _ metadata.Changes) { p.images = append(p.images, i) },
		Peers:      func(to msg.NodeID) msg.Target { return wire{p, e.players[to]} },
		Partition:  func(node msg.NodeID, _ msg.TopicPartition) msg.Target { return transferred{e, node} },
		Leadership: func(msg.TopicPartition) (msg.Leadership, bool) { return msg.Leadership{Leader: msg.NoNode}, true },
		Load:       func() Load { return Load{DiskBytes: int64(id), Led: 1} },
		Refused:    func(err error) { p.refused = append(p.refused, err) },
		Renewed:    func(at time.Time) { p.renewed = at },
	}))
	if err != nil {
		e.t.Fatal(err)
	}
}

// wire carries messages from one controller to another, unless it is cut: then they are lost, and so may be the answer.
type wire struct{ from, to *player }

func (w wire) Post(m msg.Message) error {
	if w.from.cut || w.to.cut {
		return nil
	}
	if w.to.stopped {
		return msg.ErrStopped
	}
	switch m := m.(type) {
	case *msg.RegisterNode:
		w.to.asked++
	case *msg.Heartbeat:
		w.to.beats[w.from.id] = m
	}
	return w.to.ref.Post(m)
}

// transferred counts what partition leaders are asked for.
type transferred struct {
	*ensemble
	node msg.NodeID
}

func (t transferred) Post(m msg.Message) error {
	t.transfers = append(t.transfers, t.node)
	return nil
}

func (p *player) image() *metadata.Image {
	if len(p.images) == 0 {
		return metadata.Empty()
	}
	return p.images[len(p.images)-1]
}

// Post implements msg.Partition: it is the node's replica of the metadata log.
func (p *player) Post(m msg.Message) error {
	switch m := m.(type) {
	case *msg.Append:
		if p.state.Role != msg.Leader || m.LeaderEpoch != p.state.Epoch {
			m.Refuse(msg.Errorf(kerr.NotLeaderForPartition, "epoch %d", m.LeaderEpoch))
			return nil
		}
		p.pending = append(p.pending, m)
		p.state.LogEnd += int64(m.Batches[0].Count())
	case *msg.Wait:
		p.waits = append(p.waits, m)
	case *msg.Assign:
		if p.state.Role == msg.Leader {
			p.group = m.Members
		}
	case *msg.DeleteRecords:
		p.ensemble.start = max(p.ensemble.start, m.Offset)
		m.Answer(m.Offset, nil)
	case *msg.Transfer:
		p.lead(m.To)
		m.Answer(nil)
	}
	p.wake()
	return nil
}

func (p *player) wake() {
	p.waits = slices.DeleteFunc(p.waits, func(w *msg.Wait) bool {
		if w.Waiter.Expired() || p.state.HighWatermark > w.Offset || p.state.Epoch != w.Epoch {
			w.Waiter.Wake()
			return true
		}
		return false
	})
}

// View implements msg.Partition.
func (p *player) View() msg.View { s := p.state; return ensembleView{p: p, state: &s} }

type ensembleView struct {
	msg.View
	p     *player
	state *msg.State
}

func (v ensembleView) State() *msg.State { return v.state }

func (v ensembleView) Members() []msg.Member {
	var out []msg.Member
	for _, m := range v.p.group {
		out = append(out, msg.Member{Placed: m})
	}
	return out
}

func (v ensembleView) Read(req msg.ReadRequest) (msg.ReadResult, error) {
	if req.Offset < v.p.ensemble.start {
		return msg.ReadResult{}, kerr.OffsetOutOfRange
	}
	for _, b := range v.p.committed {
		if b.LastOffset() >= req.Offset {
			return msg.ReadResult{Chunks: [][]byte{b}, Bytes: len(b), Release: func() {}}, nil
		}
	}
	return msg.ReadResult{Release: func() {}}, nil
}

func (e *ensemble) end() int64 {
	if len(e.committed) == 0 {
		return 0
	}
	return e.committed[len(e.committed)-1].LastOffset() + 1
}

// lead makes a node the leader. What the old one has not committed is lost, or is committed though nobody can tell it.
func (e *ensemble) lead(id msg.NodeID) {
	old := e.leader
	e.epoch++
	e.leader = id
	if old != msg.NoNode {
		p := e.players[old]
		for _, a := range p.pending {
			if e.rnd.IntN(2) == 0 {
				e.commitBatch(a)
			}
			a.Refuse(msg.Errorf(kerr.NotLeaderForPartition, "node %d leads", id))
		}
		p.pending = nil
	}
	for _, p := range e.players[1:] {
		p.state.Role, p.state.Leader, p.state.Epoch = msg.Follower, id, e.epoch
		if p.id == id {
			p.state.Role = msg.Leader
			p.deliver()
		}
		p.state.LogEnd = p.state.HighWatermark
		p.wake()
	}
}

func (e *ensemble) commitBatch(a *msg.Append) {
	b := slices.Clone(a.Batches[0])
	b.Stamp(e.end(), e.epoch)
	a.Base = e.end()
	e.committed = append(e.committed, b)
}

// commit commits what the leader has proposed.
func (e *ensemble) commit() {
	if e.leader == msg.NoNode {
		return
	}
	p := e.players[e.leader]
	pending := p.pending
	p.pending = nil
	for _, a := range pending {
		e.commitBatch(a)
	}
	p.deliver()
	for _, a := range pending {
		a.Answer()
	}
}

// deliver brings a node's replica up to date.
func (p *player) deliver() {
	p.state.HighWatermark = p.end()
	p.state.LogEnd = max(p.state.LogEnd, p.state.HighWatermark)
	if len(p.pending) == 0 {
		p.state.LogEnd = p.state.HighWatermark
	}
	p.state.LogStart = p.ensemble.start
	p.wake()
}

// settle lets everything happen that is under way, and time pass.
func (e *ensemble) settle(pass time.Duration) {
	for step := 100 * time.Millisecond; pass > 0; pass -= step {
		e.steps.Run()
		e.commit()
		for _, p := range e.players[1:] {
			if !p.cut {
				p.deliver()
			}
		}
		e.steps.Run()
		e.endMoves()
		e.clock.Advance(step)
	}
	e.steps.Run()
}

// endMoves reports of every partition that its group is as asked for, as its leader would.
func (e *ensemble) endMoves() {
	if e.leader == msg.NoNode {
		return
	}
	for _, t := range e.players[e.leader].image().Topics() {
		for n, p := range t.Partitions {
			q := &msg.MoveDone{Asked: msg.Asked{Done: func(error) {}}, Partition: msg.TopicPartition{Topic: t.ID, Partition: int32(n)}, Move: p.Move}
			for _, r := range p.Members() {
				q.RaftIDs = append(q.RaftIDs, r.RaftID)
			}
			if p.Moving() {
				_ = e.players[e.leader].ref.Post(q)
			}
		}
	}
}

// ask sends a request to a node's controller, and returns where its answer will be.
func (e *ensemble) ask(id msg.NodeID, q ask, asked *msg.Asked) *[]error {
	answers := &[]error{}
	asked.Done = func(err error) { *answers = append(*answers, err) }
	if err := e.players[id].ref.Post(q); err != nil {
		e.t.Fatal(err)
	}
	return answers
}

func (e *ensemble) join(id msg.NodeID) {
	q := &msg.JoinCluster{Node: id, Directory: fmt.Sprint("dir", id)}
	e.ask(e.leader, q, &q.Asked)
	e.settle(time.Second)
	e.begin(id)
	e.settle(time.Second)
}

// formed is a cluster of three that has been founded, joined and registered.
func formed(t *testing.T, seed uint64, settings Settings) *ensemble {
	e := newEnsemble(t, seed, 3)
	e.settings = settings
	e.begin(1)
	e.lead(1)
	e.settle(time.Second)
	e.join(2)
	e.join(3)
	return e
}

func (e *ensemble) nodes(id msg.NodeID) string {
	out := ""
	for _, n := range e.players[id].image().Nodes() {
		out += fmt.Sprint(n.ID)
		if n.Fenced {
			out += "f"
		}
		out += " "
	}
	return out
}

func TestNodesJoinAndStayAlive(t *testing.T) {
	e := formed(t, 1, Settings{})
	e.settle(30 * time.Second)
	for id := msg.NodeID(1); id <= 3; id++ {
		if got := e.nodes(id); got != "1 2 3 " {
			t.Errorf("node %d sees nodes %s", id, got)
		}
		if got := e.players[id].image().Secret(); got != "s" {
			t.Errorf("node %d has secret %q", id, got)
		}
	}
	if len(e.group) != 3 || e.group[0].Learner || e.group[1].Learner || e.group[2].Learner {
		t.Errorf("the log's group is %+v, want three voters", e.group)
	}
	if b := e.beats[2]; b.DiskBytes != 2 || b.Led != 1 || b.Applied != e.players[2].image().Offset() || b.Stopping {
		t.Errorf("node 2 says in its heartbeats %+v", b)
	}
	if batches := len(e.committed); batches > 10 {
		t.Errorf("%d batches were written: heartbeats are not to be seen in the log", batches)
	}
}

func TestANodeThatIsNotHeardIsFenced(t *testing.T) {
	e := formed(t, 1, Settings{})
	e.players[3].cut = true
	e.settle(5 * time.Second)
	if got := e.nodes(1); got != "1 2 3 " {
		t.Errorf("after 5 s without node 3 there are nodes %s", got)
	}
	e.settle(3 * time.Second)
	for id, most := range map[msg.NodeID]time.Duration{2: time.Second, 3: time.Minute} {
		if ago := e.clock.Now().Sub(e.players[id].renewed); ago > most || id == 3 && ago < 7*time.Second {
			t.Errorf("node %d's lease was renewed %s ago", id, ago)
		}
	}
	if got := e.nodes(2); got != "1 2 3f " {
		t.Errorf("after 8 s without node 3 there are nodes %s", got)
	}
	e.players[3].cut = false
	e.settle(3 * time.Second)
	if got := e.nodes(3); got != "1 2 3 " {
		t.Errorf("node 3 is heard again, and there are nodes %s", got)
	}
}

func TestANewLeaderHearsTheOthers(t *testing.T) {
	e := formed(t, 1, Settings{})
	e.lead(2)
	e.settle(20 * time.Second)
	if got := e.nodes(1); got != "1 2 3 " {
		t.Errorf("there are nodes %s", got)
	}
}

func TestAStoppingNodeIsFencedAtOnce(t *testing.T) {
	for _, leader := range []msg.NodeID{1, 3} {
		e := formed(t, 1, Settings{})
		e.lead(leader)
		e.settle(time.Second)
		q := &msg.StopNode{}
		answers := e.ask(3, q, &q.Asked)
		e.settle(300 * time.Millisecond)
		if got := e.nodes(1); got != "1 2 3f " || len(*answers) != 1 || (*answers)[0] != nil {
			t.Errorf("led by %d: nodes %s, answered %v", leader, got, *answers)
		}
		e.settle(20 * time.Second)
		if got := e.nodes(1); got != "1 2 3f " {
			t.Errorf("led by %d: a stopping node is back: %s", leader, got)
		}
	}
	e := formed(t, 1, Settings{})
	e.lead(msg.NodeID(2))
	e.players[3].state.Leader = msg.NoNode
	q := &msg.StopNode{}
	answers := e.ask(3, q, &q.Asked)
	e.steps.Run()
	if len(*answers) != 1 || msg.Code((*answers)[0]) != kerr.NotController.Code {
		t.Errorf("without a leader a stopping node is answered %v", *answers)
	}
}

// A stopping node is answered also when the leader's controller is not there, and when its own is gone by the time of the answer.
func TestAStoppingNodeIsAnswered(t *testing.T) {
	e := formed(t, 1, Settings{})
	e.players[1].stopped = true
	q := &msg.StopNode{}
	answers := e.ask(3, q, &q.Asked)
	e.steps.Run()
	if len(*answers) != 1 || msg.Code((*answers)[0]) != kerr.NotController.Code {
		t.Errorf("without a controller that leads it is answered %v", *answers)
	}
	e = formed(t, 1, Settings{})
	q = &msg.StopNode{}
	answers = e.ask(3, q, &q.Asked)
	for !e.beats[3].Stopping {
		e.steps.Step()
	}
	e.players[3].system.Stop(e.players[3].ref, nil)
	e.settle(time.Second)
	if len(*answers) != 1 || (*answers)[0] != nil {
		t.Errorf("with its own controller gone it is answered %v", *answers)
	}
}

func TestARestartedNodeIsRegisteredAnew(t *testing.T) {
	e := formed(t, 1, Settings{})
	e.players[2].stopped = true
	e.players[2].system.Stop(e.players[2].ref, nil)
	e.settle(time.Second)
	e.begin(2)
	e.settle(time.Second)
	n, _ := e.players[3].image().Node(2)
	if n.Incarnation != "start2" {
		t.Errorf("node 2 is registered as %s", n.Incarnation)
	}
}

// A node that has started is not kept waiting by a controller that did not lead yet, or was not there, when it asked; nor does
// it ask on and on.
func TestRegistrationIsTriedAgainSoon(t *testing.T) {
	for _, c := range []struct {
		why           string
		fault, repair func(leader *player)
	}{
		{"does not lead", func(p *player) { p.state.Role = msg.Follower }, func(p *player) { p.state.Role = msg.Leader }},
		{"is not there", func(p *player) { p.stopped = true }, func(p *player) { p.stopped = false }},
		{"is there", func(*player) {}, func(*player) {}},
	} {
		e := formed(t, 1, Settings{HeartbeatInterval: 10 * time.Second, SessionTimeout: time.Hour})
		e.players[2].stopped = true
		e.players[2].system.Stop(e.players[2].ref, nil)
		e.settle(time.Second)
		c.fault(e.players[1])
		e.begin(2)
		e.steps.Run()
		c.repair(e.players[1])
		e.settle(time.Second)
		if n, _ := e.players[1].image().Node(2); n.Incarnation != "start2" {
			t.Errorf("the leader %s: a second later node 2 is registered as %s", c.why, n.Incarnation)
		}
		if e.asked > 4 {
			t.Errorf("the leader %s: three nodes have asked %d times to be registered", c.why, e.asked)
		}
	}
}

// A node that was decommissioned hears that it is not wanted.
func TestARemovedNodeIsRefused(t *testing.T) {
	e := formed(t, 1, Settings{})
	q := &msg.ChangeNode{Node: 3, Change: msg.DecommissionNode}
	answers := e.ask(1, q, &q.Asked)
	e.settle(2 * time.Second)
	if got := e.nodes(1); got != "1 2 " || len(*answers) != 1 || (*answers)[0] != nil {
		t.Fatalf("nodes %s, answered %v", got, *answers)
	}
	e.settle(5 * time.Second)
	if refused := e.players[3].refused; len(refused) != 1 || msg.Code(refused[0]) != kerr.BrokerIDNotRegistered.Code {
		t.Errorf("node 3 was told %v, want once that it is not registered", refused)
	}
	if got := e.nodes(1); got != "1 2 " {
		t.Errorf("the removed node is back: %s", got)
	}
}

// An incarnation that was replaced hears so.
func TestAnOldIncarnationIsRefused(t *testing.T) {
	e := formed(t, 1, Settings{})
	q := &msg.RegisterNode{Node: msg.Registration{ID: 3, Incarnation: "other", Directory: "dir3", MinLevel: 1, MaxLevel: 2}}
	e.players[3].cut = true // its replica is behind, and its beats go through
	e.ask(1, q, &q.Asked)
	e.settle(300 * time.Millisecond)
	e.players[3].cut = false
	e.steps.Run()
	e.clock.Advance(time.Second)
	e.steps.Run()
	if refused := e.players[3].refused; len(refused) != 1 || msg.Code(refused[0]) != kerr.StaleBrokerEpoch.Code {
		t.Errorf("node 3 was told %v, want that its incarnation is stale", refused)
	}
}

// The log stays short, and a node that was away while its start moved reads on from there.
func TestTheLogStaysShort(t *testing.T) {
	e := formed(t, 1, Settings{SnapshotRecords: 50})
	e.players[3].cut = true
	for range 300 {
		q := &msg.AllocateProducerIDs{Node: 2}
		e.ask(1, q, &q.Asked)
		e.settle(100 * time.Millisecond)
	}
	e.settle(6 * time.Second)
	if length := e.end() - e.start; e.start == 0 || length > 150 {
		t.Errorf("the log begins at %d and ends at %d", e.start, e.end())
	}
	e.players[3].cut = false
	e.settle(5 * time.Second)
	if got, want := e.players[3].image(), e.players[1].image(); !reflect.DeepEqual(got, want) {
		t.Errorf("node 3, which was away, has another image: %+v, want %+v", got, want)
	}
	e.begin(2) // and one that knows nothing begins there
	e.settle(3 * time.Second)
	if got, want := e.players[2].image(), e.players[1].image(); !reflect.DeepEqual(got, want) {
		t.Errorf("node 2, which has started, has another image: %+v, want %+v", got, want)
	}
}

// Draining the node that leads the log gives the log to another.
func TestTheLogIsHandedOver(t *testing.T) {
	e := formed(t, 1, Settings{})
	q := &msg.ChangeNode{Node: 1, Change: msg.DrainNode}
	e.ask(1, q, &q.Asked)
	e.settle(3 * time.Second)
	if e.leader == 1 {
		t.Error("a draining node leads the metadata log")
	}
}

// Whatever happens to leaders, links and processes: what was answered is so, all images agree, and when it is over the cluster
// heals.
func TestControllersAgree(t *testing.T) {
	for seed := range uint64(15) {
		e := formed(t, seed, Settings{SnapshotRecords: 60})
		made := map[string]*[]error{}
		requests := map[string]*msg.CreateTopics{}
		for n := range 150 {
			switch id := msg.NodeID(1 + e.rnd.IntN(3)); e.rnd.IntN(10) {
			case 0:
				e.lead(id)
			case 1:
				e.players[id].cut = !e.players[id].cut
			case 2, 3:
				e.players[id].deliver()
			case 4, 5:
				name := fmt.Sprint("t", n)
				q := &msg.CreateTopics{Topics: []*msg.NewTopic{{Name: name, Partitions: 2, ReplicationFactor: int16(1 + e.rnd.IntN(3))}}}
				requests[name], made[name] = q, e.ask(id, q, &q.Asked)
			case 6:
				e.steps.Run()
				e.commit()
			case 7:
				if e.rnd.IntN(4) == 0 && id != e.leader {
					e.players[id].system.Stop(e.players[id].ref, nil)
					e.steps.Run()
					e.begin(id)
				}
			default:
				e.settle(time.Duration(e.rnd.IntN(10)) * 100 * time.Millisecond)
			}
			for range e.rnd.IntN(20) {
				e.steps.Step()
			}
		}
		for _, p := range e.players[1:] {
			p.cut = false
		}
		e.settle(20 * time.Second)
		e.checkAgreed(seed)
		for name, answers := range made {
			if len(*answers) != 1 {
				t.Errorf("seed %d: topic %s was answered %d times", seed, name, len(*answers))
			} else if _, ok := e.players[1].image().Topic(name); (*answers)[0] == nil && requests[name].Topics[0].Err == nil && !ok {
				t.Errorf("seed %d: topic %s was answered and is not there", seed, name)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// checkAgreed holds that all nodes have the same image, and that it is that of a healthy cluster.
func (e *ensemble) checkAgreed(seed uint64) {
	first := e.players[1].image()
	for _, p := range e.players[1:] {
		if !reflect.DeepEqual(p.image(), first) {
			e.t.Errorf("seed %d: node %d has another image than node 1: %s, %s", seed, p.id, e.nodes(p.id), e.nodes(1))
		}
	}
	if got := e.nodes(1); got != "1 2 3 " {
		e.t.Errorf("seed %d: nodes %s", seed, got)
	}
	for _, t := range first.Topics() {
		for n, p := range t.Partitions {
			if p.Moving() {
				e.t.Errorf("seed %d: partition %s-%d is still moving", seed, t.Name, n)
			}
		}
	}
	if first.SnapshotOpen() {
		e.t.Errorf("seed %d: a snapshot is not ended", seed)
	}
	if len(e.group) != 3 {
		e.t.Errorf("seed %d: the log's group is %v", seed, e.group)
	}
}
