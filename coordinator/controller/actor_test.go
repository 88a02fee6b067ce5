package controller

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// theatre runs a controller on the deterministic dispatcher.
type theatre struct {
	t       *testing.T
	steps   *actors.Deterministic
	clock   *clock.Virtual
	system  *actors.System
	ref     actors.Ref
	log     *fakeLog
	options Options
	applied []*metadata.Image
	changes []metadata.Changes
	before  func() // called first by Applied
	printed bytes.Buffer
}

func play(t *testing.T, seed uint64, log *fakeLog) *theatre {
	th := &theatre{t: t, steps: actors.NewDeterministic(seed), clock: clock.NewVirtual(time.UnixMilli(1000)), log: log}
	th.system = actors.NewSystem(actors.Options{Node: 1, Clock: th.clock, Log: zerolog.New(&th.printed), Dispatcher: th.steps})
	th.options = Options{
		Node:     msg.Registration{ID: 1, Incarnation: "first", Directory: "dir1", MinLevel: 1, MaxLevel: 1},
		Founding: Founding{ClusterID: "troupe-1", Quorum: []metadata.Quorum{{Node: 1, Directory: "dir1", RaftID: 1, Voter: true}}}, Log: log, Random: &counter{},
		Applied: func(i *metadata.Image, c metadata.Changes) {
			if th.before != nil {
				th.before()
			}
			th.applied, th.changes = append(th.applied, i), append(th.changes, c)
		},
	}
	return th
}

func (th *theatre) begin() *theatre {
	var err error
	if th.ref, err = th.system.Spawn(Spec(th.options)); err != nil {
		th.t.Fatal(err)
	}
	th.steps.Run()
	return th
}

// run lets everything happen that has no need of time, then some time pass.
func (th *theatre) run() {
	th.steps.Run()
	th.clock.Advance(lookAgain)
	th.steps.Run()
}

// asked is a request under way.
type asked struct {
	*msg.CreateTopics
	answers []error
}

func (th *theatre) ask(topic string) *asked {
	a := &asked{CreateTopics: &msg.CreateTopics{Topics: []*msg.NewTopic{{Name: topic, Partitions: 1, ReplicationFactor: 1}}}}
	a.Done = func(err error) {
		if _, ok := th.image().Topic(topic); err == nil && a.Topics[0].Err == nil && !ok {
			th.t.Errorf("topic %s is answered before the node was told of it", topic)
		}
		a.answers = append(a.answers, err)
	}
	if err := th.ref.Post(a.CreateTopics); err != nil {
		th.t.Fatal(err)
	}
	return a
}

func (th *theatre) image() *metadata.Image {
	if len(th.applied) == 0 {
		return metadata.Empty()
	}
	return th.applied[len(th.applied)-1]
}

func (th *theatre) want(a *asked, codes ...int16) {
	th.t.Helper()
	var got []int16
	for _, err := range a.answers {
		got = append(got, msg.Code(err))
	}
	if !slices.Equal(got, codes) {
		th.t.Fatalf("topic %s: answered %v, want %v", a.Topics[0].Name, a.answers, codes)
	}
}

// founded is a log whose node has founded its cluster.
func founded(t *testing.T) *theatre {
	th := play(t, 1, &fakeLog{state: msg.State{Leader: msg.NoNode}}).begin()
	th.log.lead()
	th.run()
	th.log.commit()
	th.run()
	if got := th.image().ClusterID(); got != "troupe-1" {
		t.Fatalf("cluster id %q", got)
	}
	return th
}

func TestActorAnswersWhenCommittedAndApplied(t *testing.T) {
	th := founded(t)
	a := th.ask("a")
	th.run()
	th.want(a)
	th.log.commit()
	th.run()
	th.want(a, 0)
}

// Leadership that begins in the epoch that the actor has seen already is noticed, though no waiter is woken by it.
func TestActorNoticesALeaderWithoutANewEpoch(t *testing.T) {
	th := play(t, 1, &fakeLog{state: msg.State{Leader: msg.NoNode, Epoch: 4}}).begin()
	th.log.state.Role, th.log.state.Leader = msg.Leader, 1
	th.run()
	if th.log.pending == nil {
		t.Fatal("nothing is proposed")
	}
}

func TestActorTakesWhatWaitsIntoOneRound(t *testing.T) {
	th := founded(t)
	first := th.ask("first")
	th.run()
	var rest []*asked
	for n := range 50 {
		rest = append(rest, th.ask(fmt.Sprint("t", n)))
	}
	th.run()
	th.log.commit()
	th.run()
	th.want(first, 0)
	if got := th.log.pending.Batches[0].Count(); got != 150 {
		t.Errorf("the second round has %d records, want 3 for each of 50 topics", got)
	}
	th.log.commit()
	th.run()
	for _, a := range rest {
		th.want(a, 0)
	}
}

func TestActorAnswersAFailedAppend(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int16
	}{
		{msg.Errorf(kerr.KafkaStorageError, "disk full"), kerr.KafkaStorageError.Code},
		{msg.Errorf(kerr.NotLeaderForPartition, "moved"), kerr.RequestTimedOut.Code},
		{msg.Errorf(kerr.FencedLeaderEpoch, "moved"), kerr.NotController.Code},
		{msg.ErrStopped, kerr.RequestTimedOut.Code},
	} {
		th := founded(t)
		a := th.ask("a")
		th.run()
		th.log.fail(c.err)
		th.run()
		th.want(a, c.code)
		// No trace: the same topic can be made.
		again := th.ask("a")
		th.run()
		th.log.commit()
		th.run()
		th.want(again, 0)
	}
}

func TestActorAnswersWhenTheLogTakesNothing(t *testing.T) {
	th := founded(t)
	th.log.refuse = msg.ErrMailboxFull
	a := th.ask("a")
	th.run()
	th.want(a, kerr.ThrottlingQuotaExceeded.Code)
	th.log.refuse = msg.ErrStopped
	b := th.ask("b")
	th.run()
	th.want(b, kerr.NotController.Code)
	if len(th.image().Topics()) != 0 {
		t.Error("a refused topic is in the image")
	}
}

func TestActorLosesLeadership(t *testing.T) {
	th := founded(t)
	flying := th.ask("flying")
	th.run()
	waiting := th.ask("waiting")
	th.steps.Run()
	th.log.lose()
	th.run()
	th.want(flying, kerr.RequestTimedOut.Code)
	th.want(waiting, kerr.NotController.Code)
	late := th.ask("late")
	th.run()
	th.want(late, kerr.NotController.Code)
	// As a follower it applies what the other node decides.
	th.log.add(record.Build([]record.Record{metadata.Encode(metadata.TopicCreated{ID: msg.TopicID{15: 99}, Name: "late"})}, time.UnixMilli(0)))
	th.run()
	if _, ok := th.image().Topic("late"); !ok {
		t.Error("the follower has not applied the leader's batch")
	}
}

// A node that starts is told of the last image, once, however long the log is.
func TestActorTellsOfTheLastImageOnly(t *testing.T) {
	log := founded(t).log
	for n := range 30 {
		change := metadata.Encode(metadata.TopicCreated{ID: msg.TopicID{15: byte(n + 50)}, Name: fmt.Sprint("t", n)})
		gone := metadata.Encode(metadata.TopicDeleted{ID: msg.TopicID{15: byte(n + 50)}})
		log.add(record.Build([]record.Record{change}, time.UnixMilli(0)))
		if n > 0 {
			log.add(record.Build([]record.Record{gone}, time.UnixMilli(0)))
		}
	}
	log.waits = nil
	th := play(t, 1, log)
	th.options.Node.Incarnation = "second"
	th.begin()
	if len(th.applied) != 1 || len(th.changes[0].Created) != 1 || len(th.changes[0].Deleted) != 0 {
		t.Fatalf("told %d times, first of %+v", len(th.applied), th.changes)
	}
	if log.pending == nil {
		t.Error("the new incarnation is not registered")
	}
}

// A panic of the node's Applied refuses what waits, and the node is told again; the log is not read from its beginning.
func TestActorSurvivesAPanic(t *testing.T) {
	th := founded(t)
	a := th.ask("a")
	th.run()
	told := 0
	th.tell(func() { told++; panic("the node fails") })
	th.log.commit()
	th.steps.Run()
	th.want(a, kerr.RequestTimedOut.Code)
	th.tell(func() { told++ })
	reads := th.log.reads
	th.clock.Advance(time.Second)
	th.steps.Run()
	if told != 2 || th.log.reads != reads+1 {
		t.Errorf("told %d times, want twice; %d more reads, want one", told, th.log.reads-reads)
	}
	b := th.ask("b")
	th.run()
	th.log.commit()
	th.run()
	th.want(b, 0)
}

// tell puts a function in front of Applied.
func (th *theatre) tell(f func()) { th.before = f }

func TestActorStops(t *testing.T) {
	th := founded(t)
	flying := th.ask("flying")
	th.run()
	waiting := th.ask("waiting")
	th.steps.Run()
	th.system.Stop(th.ref, nil)
	th.steps.Run()
	th.want(flying, kerr.RequestTimedOut.Code)
	th.want(waiting, kerr.NotController.Code)
	for _, w := range th.log.waits {
		if !w.Waiter.Expired() {
			t.Error("a waiter is left behind")
		}
	}
	th.log.commit()
	th.steps.Run()
	th.want(flying, kerr.RequestTimedOut.Code)
}

// The answer to what an actor proposed before it failed is not taken for that to the next one's proposal.
func TestActorKnowsItsOwnProposal(t *testing.T) {
	th := founded(t)
	old := th.ask("old")
	th.run()
	th.tell(func() { panic("the node fails") })
	late := th.log.commitUnanswered()
	th.steps.Run()
	th.want(old, kerr.RequestTimedOut.Code)
	th.tell(func() {})
	th.clock.Advance(time.Second)
	th.steps.Run()
	fresh := th.ask("fresh")
	th.run()
	late.Answer()
	th.run()
	th.log.fail(msg.Errorf(kerr.KafkaStorageError, "disk full"))
	th.run()
	th.want(fresh, kerr.KafkaStorageError.Code)
}

// What can't be decided yet, and has no event that would say when, is looked at again.
func TestActorLooksAgain(t *testing.T) {
	th := play(t, 1, &fakeLog{state: msg.State{Leader: msg.NoNode}, refuse: msg.ErrMailboxFull}).begin()
	th.log.lead()
	th.run()
	th.log.refuse = nil
	th.run()
	if th.log.pending == nil {
		t.Fatal("the cluster is not founded when the log has room again")
	}
	th.log.commit()
	th.run()
	th.log.state.LogEnd += 2
	a := th.ask("a")
	th.run()
	th.log.state.LogEnd -= 2
	th.run()
	if th.log.pending == nil {
		t.Fatal("the request is not decided when the log's uncommitted end is gone")
	}
	th.log.commit()
	th.run()
	th.want(a, 0)
}

// Looking at a log without a leader costs the same whatever else wakes the actor, and there is one waiter at most.
func TestActorLooksAtItsOwnPace(t *testing.T) {
	th := play(t, 1, &fakeLog{state: msg.State{Leader: msg.NoNode}}).begin()
	if len(th.log.waits) != 1 {
		t.Errorf("%d waiters at the log from the start, want one", len(th.log.waits))
	}
	for range 20 {
		th.log.state.Epoch++
		th.log.wake()
		th.steps.Run()
	}
	before := th.log.views
	for range 10 {
		th.run()
	}
	if got := th.log.views - before; got > 30 {
		t.Errorf("%d looks in ten times the pace", got)
	}
	if len(th.log.waits) != 1 {
		t.Errorf("%d waiters at the log, want one", len(th.log.waits))
	}
}

// A log that has failed wakes whoever waits for it at once, one that has stopped takes no waiter. Neither makes the actor
// run in circles, and both are followed again when they are back.
func TestActorIsPatientWithASickLog(t *testing.T) {
	for _, fall := range []func(l *fakeLog){
		func(l *fakeLog) { l.state.Err = errors.New("damaged") },
		func(l *fakeLog) { l.stopped = msg.ErrStopped },
	} {
		th := founded(t)
		fall(th.log)
		th.log.state.Epoch++
		th.log.wake()
		before := th.log.views
		for range 10 {
			th.run()
		}
		if got := th.log.views - before; got > 50 {
			t.Errorf("%d looks in ten times the pace", got)
		}
		th.log.state.Err, th.log.stopped = nil, nil
		th.run()
		th.log.add(record.Build([]record.Record{metadata.Encode(metadata.RaftIDsIssued{Next: 9})}, time.UnixMilli(0)))
		th.steps.Run()
		if got := th.image().NextRaftID(); got != 9 {
			t.Errorf("the next raft id is %d: the log is not followed again", got)
		}
	}
}

// A leader that has not heard a majority lately may not read its own log. That is no damage.
func TestActorWaitsForALeaseThatHasRunOut(t *testing.T) {
	th := founded(t)
	th.log.silent = msg.Errorf(kerr.NotLeaderForPartition, "no majority was heard lately")
	th.log.add(record.Build([]record.Record{metadata.Encode(metadata.RaftIDsIssued{Next: 9})}, time.UnixMilli(0)))
	for range 10 {
		th.run()
	}
	if got := th.printed.String(); strings.Contains(got, "failed") {
		t.Errorf("logged %s", got)
	}
	th.log.silent = nil
	th.run()
	if got := th.image().NextRaftID(); got != 9 {
		t.Errorf("the next raft id is %d: the log is not followed again", got)
	}
}

func TestActorFailsAloud(t *testing.T) {
	th := play(t, 1, &fakeLog{state: msg.State{Leader: msg.NoNode}})
	th.options.Founding.ClusterID = ""
	th.begin()
	if want := "no cluster id"; !strings.Contains(th.printed.String(), want) {
		t.Errorf("logged %s, want %q", th.printed.String(), want)
	}
	th = play(t, 1, &fakeLog{mute: true, state: msg.State{Leader: msg.NoNode, HighWatermark: 3}}).begin()
	if want := "at offset 0: nothing there, below the high watermark 3"; !strings.Contains(th.printed.String(), want) {
		t.Errorf("logged %s, want %q", th.printed.String(), want)
	}
}

// A log that this node can't read any further stops it: an image that has missed a record must not be decided on.
func TestActorFailsOnALogItDoesNotUnderstand(t *testing.T) {
	th := founded(t)
	th.log.add(record.Build([]record.Record{{Key: []byte("Rebalanced"), Value: []byte(`{"v":1,"data":{}}`)}}, time.UnixMilli(0)))
	th.run()
	var e *msg.Error
	a := &msg.CreateTopics{Asked: msg.Asked{Done: func(err error) { errors.As(err, &e) }}}
	if err := th.ref.Post(a); err == nil {
		th.run()
	}
	if e == nil {
		t.Error("a request to the failed controller was not refused")
	}
	if got := th.image().Offset(); got != 1 {
		t.Errorf("the image is at offset %d, want 1", got)
	}
}
