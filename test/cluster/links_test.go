package cluster

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/test/traffic"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// endAt asks one node, whatever others say, where a partition ends.
func endAt(t testing.TB, cl *kgo.Client, node msg.NodeID, partition int32) (int64, error) {
	t.Helper()
	q := kmsg.NewPtrListOffsetsRequest()
	q.ReplicaID = -1
	asked := kmsg.NewListOffsetsRequestTopicPartition()
	asked.Partition, asked.Timestamp = partition, -1
	q.Topics = []kmsg.ListOffsetsRequestTopic{{Topic: traffic.Topic, Partitions: []kmsg.ListOffsetsRequestTopicPartition{asked}}}
	answer, err := cl.Broker(int(node)).Request(t.Context(), q)
	if err != nil {
		return 0, err
	}
	p := answer.(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0]
	return p.Offset, kerr.ErrorForCode(p.ErrorCode)
}

// TestAPausedLeaderServesNothingStale stops a leader for twelve seconds, longer than any election takes. Meanwhile the others lead; a
// question that waited in its sockets since then is answered with what is true now, or refused.
func TestAPausedLeaderServesNothingStale(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a pause")
	}
	c := Start(t)
	adm := admin(t, c)
	work := underLoad(t, c, 6)
	paused := adm.leaderOf(t, traffic.Topic, 0)
	if _, err := endAt(t, adm.raw, paused, 0); err != nil { // connects
		t.Fatal(err)
	}
	c.Node(paused).Pause()
	begun := time.Now()
	time.Sleep(100 * time.Millisecond) // a process stops a moment after its signal
	type answer struct {
		end int64
		err error
	}
	answered := make(chan answer, 1)
	go func() {
		end, err := endAt(t, adm.raw, paused, 0)
		answered <- answer{end, err}
	}()
	work.goesOn("one node is paused")
	t.Logf("clients have failed over %s after the pause", time.Since(begun).Round(time.Millisecond))
	// A client of its own: the one that waits for the paused node goes by what it was told before.
	others := admin(t, c)
	var leader msg.NodeID
	await(t, 5*time.Second, "another node leads, as the others say", func() bool {
		leader = others.leaderOf(t, traffic.Topic, 0)
		return leader != paused
	})
	time.Sleep(time.Until(begun.Add(12 * time.Second)))
	now, err := endAt(t, others.raw, leader, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.Node(paused).Resume()
	if a := <-answered; a.err == nil && a.end < now {
		t.Errorf("node %d says after its pause that the partition ends at %d, and it ended at %d before", paused, a.end, now)
	} else {
		t.Logf("the question that had waited: end %d, %v; the partition ended at %d", a.end, a.err, now)
	}
	await(t, 20*time.Second, "the paused node is in sync again", func() bool { return others.whole(t, traffic.Topic, 3) })
	work.goesOn("it is back")
	work.ends()
}

// TestLinksThatAreNeitherUpNorDown cuts one way only, lets connections vanish without a word, and delays what flows.
func TestLinksThatAreNeitherUpNorDown(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	c := Start(t)
	adm := admin(t, c)
	work := underLoad(t, c, 6)
	for _, bad := range []struct {
		what string
		do   func(from, to msg.NodeID)
		last time.Duration
	}{
		{"what a leader says is lost", c.CutOneWay, 3 * time.Second},
		{"what a leader is told is lost", func(from, to msg.NodeID) { c.CutOneWay(to, from) }, 3 * time.Second},
		{"a link is half open", c.HalfOpen, 3 * time.Second},
		{"everything takes 200 ms, and up to 100 more", func(msg.NodeID, msg.NodeID) {
			for _, a := range c.All() {
				for _, b := range c.All() {
					if a != b {
						c.Delay(a.ID, b.ID, 200*time.Millisecond, 100*time.Millisecond)
					}
				}
			}
		}, 4 * time.Second},
	} {
		leader := adm.leaderOf(t, traffic.Topic, 0)
		bad.do(leader, leader%3+1)
		time.Sleep(bad.last)
		work.goesOn(bad.what)
		c.Heal()
		await(t, 20*time.Second, "all replicas are in sync", func() bool { return adm.whole(t, traffic.Topic, 3) })
	}
	work.ends()
}

// TestTheMinorityRefuses cuts a leader off: what it is given then is not acknowledged. With two nodes of three gone nothing is.
func TestTheMinorityRefuses(t *testing.T) {
	c := Start(t, Set("replica.lag.time.max.ms", "1000"))
	adm := admin(t, c)
	two, three := "2", "3"
	topic, err := adm.CreateTopic(t.Context(), 1, 3, map[string]*string{"min.insync.replicas": &two}, traffic.Topic)
	if err != nil {
		t.Fatal(err)
	}
	leader := adm.leaderOf(t, traffic.Topic, 0)
	if code := produceTo(t, adm.raw, topic.ID, leader); code != nil {
		t.Fatalf("before: %v", code)
	}
	c.Isolate(leader)
	refused(t, "a leader that is cut off", produceTo(t, adm.raw, topic.ID, leader))
	await(t, 10*time.Second, "it knows that it leads no more", func() bool {
		_, err := endAt(t, adm.raw, leader, 0)
		return err != nil
	})
	c.Heal()
	await(t, 20*time.Second, "all replicas are in sync", func() bool { return adm.whole(t, traffic.Topic, 3) })
	if end, err := endAt(t, admin(t, c).raw, adm.leaderOf(t, traffic.Topic, 0), 0); err != nil || end < 1 || end > 2 {
		t.Errorf("the partition ends at %d, %v; want the first record, and at most the one whose outcome is unknown", end, err)
	}
	tooFewInSync(t, c, adm, topic.ID, &three)
}

// tooFewInSync takes one node away from a topic that wants three replicas in sync, and then another one.
func tooFewInSync(t *testing.T, c *Cluster, adm operator, topic kadm.TopicID, wanted *string) {
	t.Helper()
	if _, err := adm.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "min.insync.replicas", Value: wanted}}, traffic.Topic); err != nil {
		t.Fatal(err)
	}
	leader := adm.leaderOf(t, traffic.Topic, 0)
	c.Node(leader%3 + 1).Kill()
	var told error
	await(t, 10*time.Second, "one is missing", func() bool {
		told = produceTo(t, adm.raw, topic, leader)
		return errors.Is(told, kerr.NotEnoughReplicas)
	})
	c.Node((leader+1)%3 + 1).Kill()
	await(t, 10*time.Second, "the last one knows that it is alone", func() bool {
		_, err := endAt(t, adm.raw, leader, 0)
		return err != nil
	})
	refused(t, "the last node of three", produceTo(t, adm.raw, topic, leader))
}

// produceTo writes one record with acks=all to partition 0 by way of one node, whoever leads, and returns what it is told.
func produceTo(t testing.TB, cl *kgo.Client, id kadm.TopicID, node msg.NodeID) error {
	t.Helper()
	q := kmsg.NewPtrProduceRequest()
	q.Acks, q.TimeoutMillis = -1, 3000
	one := record.Build([]record.Record{{Value: []byte("one")}}, time.Now())
	q.Topics = []kmsg.ProduceRequestTopic{{Topic: traffic.Topic, TopicID: id, Partitions: []kmsg.ProduceRequestTopicPartition{{Records: one}}}}
	answer, err := cl.Broker(int(node)).Request(t.Context(), q)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(answer.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode)
}

// refused fails the test if an answer is none of those that Kafka gives where there is no majority.
func refused(t testing.TB, who string, err error) {
	t.Helper()
	for _, code := range []error{kerr.NotEnoughReplicas, kerr.NotEnoughReplicasAfterAppend, kerr.NotLeaderForPartition, kerr.RequestTimedOut} {
		if errors.Is(err, code) {
			t.Logf("%s: %v", who, err)
			return
		}
	}
	t.Errorf("%s answers %v", who, err)
}
