package kafka

import (
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// world is all that a server sees of its node, in memory: an image, partitions that this node leads, and a controller
// that does at once what it is asked.
type world struct {
	testing.TB
	mu         sync.Mutex
	image      *metadata.Image
	partitions map[msg.TopicPartition]*fakePartition
	leaders    map[msg.TopicPartition]msg.Leadership // of partitions that are not here
	nextID     int64
	nextRaft   uint64
	refuse     error // of the controller
	asked      int   // requests that the controller has seen
	silent     bool  // the controller does not answer
	moved      []*msg.Reassignment
	changed    []*msg.ChangeNode
	quorum     []msg.Member
}

func newWorld(t testing.TB) *world {
	w := &world{TB: t, image: metadata.Empty(), partitions: map[msg.TopicPartition]*fakePartition{}, leaders: map[msg.TopicPartition]msg.Leadership{}, nextRaft: 1}
	w.apply(metadata.ClusterFounded{ClusterID: "test-cluster", Level: 1})
	w.register(1, 9092)
	w.partitions[metadataLog] = newFakePartition()
	w.leads(1, 1, metadataLog)
	return w
}

func (w *world) register(id msg.NodeID, port int32) {
	w.apply(metadata.NodeRegistered{Registration: msg.Registration{ID: id, Directory: "d", MinLevel: 1, MaxLevel: 1,
		Listeners: map[string]metadata.Endpoint{"kafka": {Host: "127.0.0.1", Port: port}}}})
}

// apply changes the image. Not for use while others hold w.mu.
func (w *world) apply(records ...metadata.Record) {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	draft := w.image.Draft()
	for _, r := range records {
		if err := draft.Apply(r); err != nil {
			w.Fatal(err)
		}
	}
	w.image = draft.Image()
}

// topicID makes ids that are easy to read: the first letter of the name, then zeros.
func topicID(name string) msg.TopicID {
	id := msg.TopicID{}
	copy(id[:], name)
	return id
}

// topic makes a topic whose partitions node 1 leads, with configs as key=value.
func (w *world) topic(name string, partitions int, configs ...string) []*fakePartition {
	id := topicID(name)
	records := []metadata.Record{metadata.RaftIDsIssued{Next: w.nextRaft + uint64(partitions)},
		metadata.TopicCreated{ID: id, Name: name, Internal: name[0] == '_'}}
	made := make([]*fakePartition, partitions)
	w.mu.Lock()
	for i := range made {
		tp := msg.TopicPartition{Topic: id, Partition: int32(i)}
		records = append(records, metadata.PartitionCreated{Topic: id, Number: int32(i),
			Replicas: []metadata.Replica{{Node: 1, Directory: "d", RaftID: w.nextRaft}}})
		w.nextRaft++
		made[i] = newFakePartition()
		w.partitions[tp] = made[i]
	}
	w.mu.Unlock()
	for _, c := range configs {
		key, value, _ := strings.Cut(c, "=")
		records = append(records, metadata.SetConfig(msg.TopicResource, name, key, value))
	}
	w.apply(records...)
	return made
}

// elsewhere makes a topic of one partition on these nodes, of which no replica is here.
func (w *world) elsewhere(name string, replicas ...msg.NodeID) msg.TopicPartition {
	id := topicID(name)
	records := []metadata.Record{metadata.RaftIDsIssued{Next: w.nextRaft + uint64(len(replicas))}, metadata.TopicCreated{ID: id, Name: name}}
	created := metadata.PartitionCreated{Topic: id}
	for _, node := range replicas {
		created.Replicas = append(created.Replicas, metadata.Replica{Node: node, Directory: "d", RaftID: w.nextRaft})
		w.nextRaft++
	}
	w.apply(append(records, created)...)
	return msg.TopicPartition{Topic: id}
}

// open opens a door on the world.
func (w *world) open(change ...func(*Options)) (*Server, string) {
	return openDoor(w.TB, append([]func(*Options){func(o *Options) {
		o.Image, o.Directory, o.At, o.Random = w.Image, w, w.at, rand.Reader
		o.Static = map[string]string{}
	}}, change...)...)
}

func (w *world) Image() *metadata.Image {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.image
}

func (w *world) Partition(tp msg.TopicPartition) (msg.Partition, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, ok := w.partitions[tp]
	if !ok {
		return nil, false
	}
	return p, true
}

// Leadership is what the partitions here say, and of the others what the test does.
func (w *world) Leadership(tp msg.TopicPartition) (msg.Leadership, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if told, ok := w.leaders[tp]; ok {
		return told, true
	}
	p, ok := w.partitions[tp]
	if !ok {
		return msg.Leadership{Leader: msg.NoNode}, false
	}
	s := p.View().State()
	return msg.Leadership{Leader: s.Leader, Epoch: s.Epoch, InSync: s.InSync}, true
}

// leads says that a node leads a partition that is not here.
func (w *world) leads(node msg.NodeID, epoch int32, tp msg.TopicPartition, inSync ...msg.NodeID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leaders[tp] = msg.Leadership{Leader: node, Epoch: epoch, InSync: inSync}
}

// at finds actors: the controller of the node that leads the metadata log, and the partitions of this node.
func (w *world) at(node msg.NodeID, name string) msg.Target {
	w.mu.Lock()
	defer w.mu.Unlock()
	if name == msg.ControllerName && node == w.leaders[metadataLog].Leader {
		return w
	}
	for tp, p := range w.partitions {
		if name == msg.PartitionName(tp) && node == 1 {
			return p
		}
	}
	for tp, led := range w.leaders {
		if name == msg.PartitionName(tp) && node == led.Leader {
			return distantPartition{w, tp}
		}
	}
	return nobody{}
}

// distantPartition leads on another node, and hands over when asked, but for node 3.
type distantPartition struct {
	world *world
	id    msg.TopicPartition
}

func (p distantPartition) Post(m msg.Message) error {
	q := m.(*msg.Transfer)
	if q.To == 3 {
		q.Refuse(msg.Errorf(kerr.PreferredLeaderNotAvailable, "node 3 is not caught up"))
		return nil
	}
	p.world.leads(q.To, 9, p.id, q.To)
	q.Answer(nil)
	return nil
}

// nobody is where there is no actor.
type nobody struct{}

func (nobody) Post(msg.Message) error { return msg.ErrStopped }

var metadataLog = msg.TopicPartition{Topic: msg.MetadataTopicID}

// handover orders what actors of a test have written before what its client reads once it has the reply: the race detector does not
// see that a socket does.
var handover sync.Mutex

func posted() {
	handover.Lock()
	defer handover.Unlock()
}

// Post is the controller.
func (w *world) Post(m msg.Message) error {
	defer posted()
	w.mu.Lock()
	refuse, silent := w.refuse, w.silent
	w.asked++
	w.mu.Unlock()
	if silent {
		return nil
	}
	switch q := m.(type) {
	case *msg.CreateTopics:
		for _, t := range q.Topics {
			if refuse != nil {
				t.Err = refuse
				continue
			}
			w.topic(t.Name, 1)
			t.ID = topicID(t.Name)
		}
		q.Answer(nil)
	case *msg.AllocateProducerIDs:
		w.mu.Lock()
		q.First, q.Count = w.nextID, 150
		w.nextID += q.Count
		w.mu.Unlock()
		q.Answer(refuse)
	case *msg.AlterAssignments:
		for _, p := range q.Partitions {
			w.moved = append(w.moved, p)
			if _, exists := w.Image().Topic(p.Topic); !exists {
				p.Err = msg.Errorf(kerr.UnknownTopicOrPartition, "there is no topic %s", p.Topic)
			}
		}
		q.Answer(refuse)
	case *msg.ChangeNode:
		w.changed = append(w.changed, q)
		q.Answer(refuse)
	case *msg.DescribeQuorum:
		q.Leader, q.Epoch, q.HighWatermark, q.Members = 2, 5, 70, w.quorum
		q.Answer(refuse)
	default:
		m.(msg.Request).Refuse(kerr.InvalidRequest)
	}
	return nil
}

// requests is how many the controller has seen.
func (w *world) requests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// fakePartition is a partition's actor and log, without either.
type fakePartition struct {
	mu      sync.Mutex
	state   msg.State
	batches []record.Batch
	aborted []msg.AbortedTransaction
	members []msg.Member
	waits   []*msg.Wait
	full    bool          // the mailbox is
	holding bool          // appends are taken and not answered
	held    []*msg.Append // those
	err     error         // what appends are answered
	posted  int           // appends taken
	// forgetful keeps no batches, and every offset is 0, for benchmarks.
	forgetful bool
	reading   chan struct{} // if not nil, reads wait until it is closed
	file      *fakeFile     // holds batches that are sent from there
}

func newFakePartition() *fakePartition {
	return &fakePartition{state: msg.State{Role: msg.Leader, Leader: 1, Epoch: 3, Replicas: []msg.NodeID{1}, InSync: []msg.NodeID{1}}}
}

func (p *fakePartition) Post(m msg.Message) error {
	p.mu.Lock()
	switch q := m.(type) {
	case *msg.Append:
		if p.full {
			p.mu.Unlock()
			return msg.ErrMailboxFull
		}
		p.posted++
		if p.holding {
			p.held = append(p.held, q)
			p.mu.Unlock()
			return nil
		}
		p.mu.Unlock()
		p.answer(q)
		return nil
	case *msg.DeleteRecords:
		p.mu.Unlock()
		q.Answer(0, nil)
		return nil
	case *msg.Wait:
		if p.state.HighWatermark <= q.Offset && p.state.Epoch == q.Epoch {
			p.waits = append(p.waits, q)
			p.mu.Unlock()
			return nil
		}
		p.mu.Unlock()
		q.Waiter.Wake()
		return nil
	}
	p.mu.Unlock()
	return msg.ErrStopped
}

// answer appends and answers, as the actor does in its step.
func (p *fakePartition) answer(q *msg.Append) {
	p.mu.Lock()
	if q.Err = p.err; q.Err == nil {
		q.Base, q.AppendTime, q.LogStart = p.state.LogEnd, -1, p.state.LogStart
		for _, b := range q.Batches {
			p.appendLocked(b)
		}
	}
	waits := p.waits
	p.waits = nil
	p.mu.Unlock()
	q.Answer()
	for _, w := range waits {
		w.Waiter.Wake()
	}
}

func (p *fakePartition) appendLocked(b record.Batch) {
	if p.forgetful {
		return
	}
	own := append(record.Batch(nil), b...)
	own.Stamp(p.state.LogEnd, p.state.Epoch)
	p.batches = append(p.batches, own)
	p.state.LogEnd += int64(b.LastOffsetDelta()) + 1
	p.state.HighWatermark, p.state.LastStable = p.state.LogEnd, p.state.LogEnd
}

// letGo answers what was held, the last first.
func (p *fakePartition) letGo() {
	p.mu.Lock()
	held := p.held
	p.held, p.holding = nil, false
	p.mu.Unlock()
	for _, q := range held {
		p.answer(q)
	}
}

// change changes the state, and wakes who waits.
func (p *fakePartition) change(f func(*fakePartition)) {
	p.mu.Lock()
	f(p)
	waits := p.waits
	p.waits = nil
	p.mu.Unlock()
	for _, w := range waits {
		w.Waiter.Wake()
	}
}

func (p *fakePartition) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waits)
}

// stored are the batches of the log.
func (p *fakePartition) stored() []record.Batch {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.batches[:len(p.batches):len(p.batches)]
}

func (p *fakePartition) View() msg.View {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &fakeView{state: p.state, batches: p.batches[:len(p.batches):len(p.batches)], aborted: p.aborted, members: slices.Clone(p.members), reading: p.reading, file: p.file}
}

type fakeView struct {
	state   msg.State
	batches []record.Batch
	aborted []msg.AbortedTransaction
	members []msg.Member
	reading chan struct{}
	file    *fakeFile
}

func (v *fakeView) State() *msg.State { return &v.state }

func (v *fakeView) Read(req msg.ReadRequest) (msg.ReadResult, error) {
	if v.reading != nil {
		<-v.reading
	}
	r := msg.ReadResult{Release: func() {}}
	if req.Offset < v.state.LogStart || req.Offset > v.state.HighWatermark {
		return r, kerr.OffsetOutOfRange
	}
	end := v.state.HighWatermark
	if req.Isolation == msg.ReadCommitted {
		end, r.Aborted = v.state.LastStable, v.aborted
	}
	for _, b := range v.batches {
		if b.LastOffset() < req.Offset || b.BaseOffset() >= end {
			continue
		}
		if r.Bytes+len(b) > req.MaxBytes && !(req.AtLeastOne && r.Bytes == 0) {
			break
		}
		if at, ok := v.file.place(b); ok && req.Sections {
			r.Sections = append(r.Sections, msg.Section{File: v.file.File, At: at, Size: int64(len(b))})
		} else {
			r.Chunks = append(r.Chunks, b)
		}
		r.Bytes += len(b)
	}
	return r, nil
}

func (v *fakeView) OffsetForTime(ts int64, _ msg.Isolation) (msg.TimedOffset, error) {
	for _, b := range v.batches {
		for r, err := range b.Records() {
			if err != nil || r.Timestamp >= ts {
				return msg.TimedOffset{Offset: r.Offset, Timestamp: r.Timestamp, Epoch: b.LeaderEpoch()}, err
			}
		}
	}
	return msg.TimedOffset{Offset: -1, Timestamp: -1, Epoch: -1}, nil
}

func (v *fakeView) MaxTimestamp() (msg.TimedOffset, error) {
	best := msg.TimedOffset{Offset: -1, Timestamp: -1, Epoch: -1}
	for _, b := range v.batches {
		for r := range b.Records() {
			if r.Timestamp > best.Timestamp {
				best = msg.TimedOffset{Offset: r.Offset, Timestamp: r.Timestamp, Epoch: b.LeaderEpoch()}
			}
		}
	}
	return best, nil
}

func (v *fakeView) EndOffsetForEpoch(epoch int32) (int32, int64) {
	found, end := int32(-1), int64(-1)
	for _, b := range v.batches {
		if b.LeaderEpoch() <= epoch {
			found, end = b.LeaderEpoch(), b.LastOffset()+1
		}
	}
	return found, end
}

func (v *fakeView) EpochAt(offset int64) int32 {
	for _, b := range v.batches {
		if b.BaseOffset() <= offset && offset <= b.LastOffset() {
			return b.LeaderEpoch()
		}
	}
	return -1
}

func (v *fakeView) Producers() []msg.ProducerState {
	return []msg.ProducerState{
		{ProducerID: 9, Epoch: 1, LastSequence: 2, LastTimestamp: 3, CoordinatorTerm: -1, TxnStartOffset: -1},
		{ProducerID: 7, Epoch: 2, LastSequence: 3, LastTimestamp: 4, CoordinatorTerm: 5, TxnStartOffset: 6},
	}
}

// batchOf makes a batch of records with these values, one second apart from second 1000 on.
func batchOf(values ...string) record.Batch {
	var records []record.Record
	for i, v := range values {
		records = append(records, record.Record{Timestamp: int64(1_000_000 + 1000*i), Key: []byte("k"), Value: []byte(v)})
	}
	return record.Build(records, time.UnixMilli(0))
}

func (v *fakeView) Members() []msg.Member { return v.members }
