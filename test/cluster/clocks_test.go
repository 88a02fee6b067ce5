package cluster

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/test/traffic"
)

// TestClocksThatDisagreeByHours has nodes live hours apart: they lead, fail over and count each other in sync as ever, and a record's
// own time, not a node's, says how old the record is.
func TestClocksThatDisagreeByHours(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	// As in Kafka, a leader takes no records that are more than an hour ahead of its own clock, unless it is told to.
	c := Start(t, Clocks(0, 5*time.Hour, -7*time.Hour), Set("log.message.timestamp.after.max.ms", "86400000"))
	adm := admin(t, c)
	work := underLoad(t, c, 6)
	await(t, 10*time.Second, "all replicas are in sync", func() bool { return adm.whole(t, traffic.Topic, 3) })
	day := "86400000"
	if _, err := adm.CreateTopic(t.Context(), 3, 3, map[string]*string{"retention.ms": &day}, "kept"); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		r := &kgo.Record{Topic: "kept", Value: fmt.Append(nil, i)}
		if err := adm.raw.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []msg.NodeID{1, 2, 3} {
		c.Node(id).Kill()
		work.goesOn(fmt.Sprintf("node %d has left", id))
		c.Node(id).Start()
		await(t, 20*time.Second, "all replicas are in sync", func() bool {
			return adm.whole(t, traffic.Topic, 3) && adm.whole(t, "kept", 3)
		})
	}
	starts, err := adm.ListStartOffsets(t.Context(), "kept")
	if err != nil {
		t.Fatal(err)
	}
	for p, o := range starts["kept"] {
		if o.Offset != 0 || o.Err != nil {
			t.Errorf("partition %d begins at %d, %v: records of today are gone that were to be kept for a day", p, o.Offset, o.Err)
		}
	}
	work.ends()
}
