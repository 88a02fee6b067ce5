package group

import (
	"fmt"
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

// theatre runs a coordinator on the deterministic dispatcher.
type theatre struct {
	*testing.T
	steps  *actors.Deterministic
	clock  *clock.Virtual
	system *actors.System
	ref    actors.Ref
	log    *fakeLog
}

func play(t *testing.T, log *fakeLog) *theatre {
	th := &theatre{T: t, steps: actors.NewDeterministic(1), clock: clock.NewVirtual(theBeginning), log: log}
	th.system = actors.NewSystem(actors.Options{Node: 1, Clock: th.clock, Log: zerolog.Nop(), Dispatcher: th.steps})
	image := metadata.Empty()
	var err error
	th.ref, err = th.system.Spawn(Spec(Options{
		Node: 1, Directory: log, Image: func() *metadata.Image { return image }, Random: &counter{},
		Static: map[string]string{"group.initial.rebalance.delay.ms": "0"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	th.run(0)
	return th
}

// led is a coordinator that coordinates.
func led(t *testing.T) *theatre {
	th := play(t, &fakeLog{state: msg.State{Leader: msg.NoNode}})
	th.log.lead()
	th.run(0)
	return th
}

// run lets everything happen, and then time pass.
func (th *theatre) run(d time.Duration) {
	th.steps.Run()
	for range 10 {
		th.clock.Advance(d / 10)
		th.steps.Run()
	}
}

// answers are what a request was answered: none, or one.
type answers struct{ codes []string }

func (th *theatre) post(q ask, asked *msg.Asked) *answers {
	a := &answers{}
	asked.Done = func(err error) { a.codes = append(a.codes, code(err)) }
	if err := th.ref.Post(q); err != nil {
		th.Fatal(err)
	}
	th.run(0)
	return a
}

func (th *theatre) want(a *answers, codes ...string) {
	th.Helper()
	if got := strings.Join(a.codes, " "); got != strings.Join(codes, " ") {
		th.Fatalf("answered %q, want %q", got, codes)
	}
}

func (th *theatre) commits(offset int64) *answers {
	q := &msg.CommitOffsets{Group: "g", Epoch: -1, Retention: -1, Offsets: []msg.CommittedOffset{{Topic: "t", Offset: offset}}}
	return th.post(q, &q.Asked)
}

// committed is what the coordinator says is committed.
func (th *theatre) committed() int64 {
	th.Helper()
	q := &msg.FetchOffsets{Group: "g", MemberEpoch: -1, Offsets: []msg.CommittedOffset{{Topic: "t"}}}
	th.want(th.post(q, &q.Asked), "yes")
	return q.Offsets[0].Offset
}

func (th *theatre) joins(id string) (*msg.JoinGroup, *answers) {
	q := &msg.JoinGroup{Group: "h", MemberID: id, ClientID: "c", ProtocolType: "x", Protocols: []msg.GroupProtocol{{Name: "p"}}, SessionTimeout: 10 * time.Second, RebalanceTimeout: time.Minute}
	return q, th.post(q, &q.Asked)
}

func TestAnswersComeWhenTheyAreCommitted(t *testing.T) {
	th := led(t)
	first := th.commits(5)
	q := &msg.FetchOffsets{Group: "g", MemberEpoch: -1, All: true}
	fetch := th.post(q, &q.Asked)
	second := th.commits(6)
	th.want(first)
	th.want(fetch) // it tells what is not committed yet
	th.log.commit()
	th.run(0)
	th.want(first, "yes")
	th.want(fetch)
	if q.Offsets[0].Offset != 5 {
		t.Errorf("fetched %d, want 5", q.Offsets[0].Offset)
	}
	th.log.commit()
	th.run(0)
	th.want(second, "yes")
	th.want(fetch, "yes")
}

func TestWhatIsNotCommittedNeverHappened(t *testing.T) {
	th := led(t)
	th.log.auto = true
	th.want(th.commits(5), "yes")
	th.log.auto = false
	first := th.commits(6)
	second := th.commits(7)
	th.log.fail(msg.Errorf(kerr.NotEnoughReplicas, "alone"))
	th.run(time.Second)
	th.want(first, "COORDINATOR_NOT_AVAILABLE")
	th.want(second, "COORDINATOR_NOT_AVAILABLE")
	if got := th.committed(); got != 5 {
		t.Errorf("committed %d, want 5", got)
	}
}

func TestWhoDoesNotLeadDoesNotCoordinate(t *testing.T) {
	th := play(t, &fakeLog{state: msg.State{Leader: msg.NoNode}})
	th.want(th.commits(5), "NOT_COORDINATOR")
	th.log.lead()
	th.run(0)
	joined, joining := th.joins("")
	th.log.auto = true
	if th.want(joining, "yes"); joined.NewMemberID == "" {
		t.Fatal("no member id")
	}
	_, other := th.joins("")
	th.want(other) // until the first has joined again
	th.log.lose()
	th.run(0)
	th.want(other, "NOT_COORDINATOR")
	th.want(th.commits(5), "NOT_COORDINATOR")
	th.log.lead()
	th.want(th.commits(5), "yes") // noticed by the request, if it comes first
}

func TestACoordinatorThatLoadsAsksForPatience(t *testing.T) {
	th := led(t)
	th.log.auto = true
	for i := range int64(20) {
		th.commits(i)
	}
	th.log.lose()
	th.run(0)
	th.log.lead()
	q := &msg.ListGroups{}
	a := &answers{}
	q.Done = func(err error) { a.codes = append(a.codes, code(err)) }
	if err := th.ref.Post(q); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		th.steps.Step()
	}
	th.want(a, "COORDINATOR_LOAD_IN_PROGRESS")
	th.run(0)
	if got := th.committed(); got != 19 {
		t.Errorf("committed %d, want 19", got)
	}
}

func TestARecordThatCannotBeReadCostsNoOtherGroup(t *testing.T) {
	log := &fakeLog{state: msg.State{Leader: msg.NoNode}}
	now := theBeginning
	for _, r := range [][]record.Record{
		{offsetRecord("g", place{"t", 0}, offset{offset: 5})},
		{{Key: []byte{0, 2, 0, 1, 'h'}, Value: []byte{0, 9}}, {Key: []byte("junk"), Value: []byte("x")}},
		{offsetRecord("g", place{"t", 0}, offset{offset: 6})},
	} {
		b := record.Build(r, now)
		b.Stamp(log.state.HighWatermark, 0)
		log.batches = append(log.batches, b)
		log.state.HighWatermark = b.LastOffset() + 1
	}
	th := play(t, log)
	log.lead()
	th.run(0)
	if got := th.committed(); got != 6 {
		t.Errorf("committed %d, want 6", got)
	}
}

func TestAFullLogIsOfferedTheRecordsAgain(t *testing.T) {
	th := led(t)
	th.log.refuse = msg.ErrMailboxFull
	a := th.commits(5)
	th.run(time.Second)
	th.want(a)
	th.log.refuse, th.log.auto = nil, true
	th.run(time.Second)
	th.want(a, "yes")
}

func TestMembersTimeOutByTheClock(t *testing.T) {
	th := led(t)
	th.log.auto = true
	first, _ := th.joins("")
	sync := &msg.SyncGroup{Group: "h", Generation: 1, MemberID: first.NewMemberID}
	th.want(th.post(sync, &sync.Asked), "yes")
	_, other := th.joins("")
	th.run(9 * time.Second)
	th.want(other)
	th.run(2 * time.Second)
	th.want(other, "yes")
}

func TestAStoppedCoordinatorAnswersWhoIsParked(t *testing.T) {
	th := led(t)
	th.log.auto = true
	th.joins("")
	_, other := th.joins("")
	th.log.auto = false
	pending := th.commits(5)
	th.system.Stop(th.ref, nil)
	th.run(0)
	th.want(other, "NOT_COORDINATOR")
	th.want(pending, "NOT_COORDINATOR")
}

func TestPastTheLeaseNothingIsAnsweredAndNothingForgotten(t *testing.T) {
	th := led(t)
	th.log.auto = true
	th.joins("")
	_, parked := th.joins("")
	th.log.state.Lease = fakeLease(theBeginning)
	th.want(th.commits(5), "NOT_COORDINATOR")
	th.want(parked)
	th.log.state.Lease = fakeLease(theBeginning.Add(time.Hour))
	th.want(th.commits(5), "yes")
}

// A log that grows is written again and begins later; a coordinator that takes over knows everything.
func TestTheLogStaysShort(t *testing.T) {
	th := led(t)
	th.log.auto = true
	first, _ := th.joins("")
	note := strings.Repeat("x", 4000)
	for i := range int64(60) {
		q := &msg.CommitOffsets{Group: fmt.Sprint("g", i%2), Epoch: -1, Retention: -1}
		for p := range int32(100) {
			q.Offsets = append(q.Offsets, msg.CommittedOffset{Topic: "t", Partition: p, Offset: i, Metadata: note})
		}
		th.want(th.post(q, &q.Asked), "yes")
	}
	if len(th.log.deleted) != 0 {
		t.Fatal("a group in the middle of a rebalance was written again")
	}
	sync := &msg.SyncGroup{Group: "h", Generation: 1, MemberID: first.NewMemberID}
	th.want(th.post(sync, &sync.Asked), "yes")
	if len(th.log.deleted) != 1 || th.log.deleted[0] == 0 {
		t.Fatalf("the log start was moved to %v, want one move", th.log.deleted)
	}
	th.log.lose()
	th.run(0)
	th.log.lead()
	th.run(0)
	for i := range int64(2) {
		q := &msg.FetchOffsets{Group: fmt.Sprint("g", i), MemberEpoch: -1, All: true}
		th.want(th.post(q, &q.Asked), "yes")
		if len(q.Offsets) != 100 || q.Offsets[99].Offset != 58+i {
			t.Errorf("group g%d: %d offsets, the last one %+v; want 100 of %d", i, len(q.Offsets), q.Offsets[len(q.Offsets)-1].Offset, 58+i)
		}
	}
}

func TestGroupsHashAsInKafka(t *testing.T) {
	for group, want := range map[string]int32{"": 0, "a": 47, "my-group": 12, "größe": 7, "polygenelubricants": 0} {
		if got := msg.GroupPartition(group, 50); got != want {
			t.Errorf("group %q is in partition %d, want %d", group, got, want)
		}
	}
}
