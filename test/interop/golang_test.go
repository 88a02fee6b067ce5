package interop

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	segmentio "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed-e634fa49/troupe/test/process"
)

func TestFranzGo(t *testing.T) {
	node := process.Start(t)
	cl, err := kgo.NewClient(kgo.SeedBrokers(node.Bootstrap), kgo.ConsumeTopics("franz"), kgo.DefaultProduceTopic("franz"))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	if _, err := adm.CreateTopic(t.Context(), 3, 1, nil, "franz"); err != nil {
		t.Fatal(err)
	}
	const n = 5000
	for i := range n {
		cl.Produce(t.Context(), kgo.KeySliceRecord(fmt.Appendf(nil, "k%d", i%50), fmt.Appendf(nil, "%d", i)), func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := map[int32]int64{}
	for got := 0; got < n; {
		fetches := cl.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if r.Offset != next[r.Partition] {
				t.Fatalf("partition %d: offset %d follows %d", r.Partition, r.Offset, next[r.Partition]-1)
			}
			next[r.Partition]++
			got++
		})
	}
	deleted, err := adm.DeleteRecords(t.Context(), kadm.Offsets{"franz": {0: {Topic: "franz", Partition: 0, At: 10}}})
	if err != nil || deleted["franz"][0].LowWatermark != 10 {
		t.Fatalf("delete records answered %+v, %v", deleted, err)
	}
	starts, err := adm.ListStartOffsets(t.Context(), "franz")
	if err != nil || starts["franz"][0].Offset != 10 {
		t.Fatalf("the log starts at %+v, %v; want 10", starts["franz"][0], err)
	}
}

func TestKafkaGo(t *testing.T) {
	node := process.Start(t)
	conn, err := segmentio.DialLeader(t.Context(), "tcp", node.Bootstrap, "segment", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err := conn.WriteMessages(segmentio.Message{Value: fmt.Appendf(nil, "m%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	r := segmentio.NewReader(segmentio.ReaderConfig{Brokers: []string{node.Bootstrap}, Topic: "segment", Partition: 0, MaxWait: 100 * time.Millisecond})
	defer r.Close()
	for i := range 100 {
		m, err := r.ReadMessage(t.Context())
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if string(m.Value) != fmt.Sprintf("m%d", i) || m.Offset != int64(i) {
			t.Fatalf("message %d: got %q at %d", i, m.Value, m.Offset)
		}
	}
}
