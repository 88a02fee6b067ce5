package kafka

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// franz opens a door on the world and a franz-go client to it, which first asks for ApiVersions 5.
func (w *world) franz(opts ...kgo.Opt) *kgo.Client {
	w.Helper()
	_, addr := w.open()
	_, port, _ := net.SplitHostPort(addr)
	number, _ := strconv.Atoi(port)
	w.register(1, int32(number))
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(addr)}, opts...)...)
	if err != nil {
		w.Fatal(err)
	}
	if t, ok := w.TB.(*testing.T); ok {
		t.Cleanup(client.Close)
	}
	return client
}

func TestFranzProducesAndConsumes(t *testing.T) {
	versions := map[string]*kversion.Versions{"newest": nil, "Kafka 2.1": kversion.V2_1_0(), "Kafka 2.8": kversion.V2_8_0(), "Kafka 3.9": kversion.V3_9_0()}
	for name, v := range versions {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			parts := w.topic("topic", 4)
			opts := []kgo.Opt{kgo.ConsumeTopics("topic"), kgo.DefaultProduceTopic("topic"), kgo.FetchMaxWait(time.Second),
				kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.RecordPartitioner(kgo.RoundRobinPartitioner())}
			if v != nil {
				opts = append(opts, kgo.MaxVersions(v))
			}
			client := w.franz(opts...)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			const n = 1000
			for i := range n {
				client.Produce(ctx, kgo.StringRecord(fmt.Sprint(i)), func(_ *kgo.Record, err error) {
					if err != nil {
						t.Error(err)
					}
				})
			}
			if err := client.Flush(ctx); err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for len(seen) < n {
				fetches := client.PollFetches(ctx)
				if err := fetches.Err(); err != nil {
					t.Fatalf("after %d records: %v", len(seen), err)
				}
				fetches.EachRecord(func(r *kgo.Record) { seen[string(r.Value)] = true })
			}
			parts[2].append("late") // wakes the client's fetch
			for !seen["late"] {
				fetches := client.PollFetches(ctx)
				if err := fetches.Err(); err != nil {
					t.Fatal(err)
				}
				fetches.EachRecord(func(r *kgo.Record) { seen[string(r.Value)] = true })
			}
		})
	}
}

func TestFranzSeesWhatIsAdvertised(t *testing.T) {
	client := newWorld(t).franz()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	resp, err := kmsg.NewPtrApiVersionsRequest().RequestWith(ctx, client)
	if err != nil || resp.ErrorCode != 0 || len(resp.ApiKeys) != len(registered()) {
		t.Fatalf("got %+v, %v", resp, err)
	}
}
