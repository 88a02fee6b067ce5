package kafka

import (
	"bytes"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// fetchFrom asks for some partitions of a topic from an offset on, with a long wait and without a session.
func fetchFrom(version int16, topic string, offset int64, partitions ...int32) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.MaxWaitMillis, req.MinBytes, req.MaxBytes = version, 20_000, 1, 1<<20
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.TopicID = topic, topicID(topic)
	for _, n := range partitions {
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition, p.FetchOffset, p.PartitionMaxBytes = n, offset, 1<<20
		t.Partitions = append(t.Partitions, p)
	}
	req.Topics = append(req.Topics, t)
	return req
}

func onlyFetched(t testing.TB, resp *kmsg.FetchResponse) *kmsg.FetchResponseTopicPartition {
	t.Helper()
	if resp.ErrorCode != 0 || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		t.Fatalf("error %d and %d topics, want one partition of one", resp.ErrorCode, len(resp.Topics))
	}
	return &resp.Topics[0].Partitions[0]
}

func (p *fakePartition) append(values ...string) {
	p.change(func(p *fakePartition) { p.appendLocked(batchOf(values...)) })
}

func TestFetchInEveryVersion(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.append("a", "b")
	p.append("c")
	_, addr := w.open()
	c := dial(t, addr)
	var whole []byte
	for _, b := range p.stored() {
		whole = append(whole, b...)
	}
	for version := int16(4); version <= 18; version++ {
		got := onlyFetched(t, ask[*kmsg.FetchResponse](c, fetchFrom(version, "topic", 1, 0)))
		if got.ErrorCode != 0 || got.HighWatermark != 3 || got.LastStableOffset != 3 || !bytes.Equal(got.RecordBatches, whole) {
			t.Errorf("v%d: error %d, high watermark %d, %d bytes; want 0, 3, %d: whole batches, from the one with the offset on",
				version, got.ErrorCode, got.HighWatermark, len(got.RecordBatches), len(whole))
		}
	}
}

func TestFetchErrors(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.append("a", "b", "c")
	p.state.LogStart = 1
	w.topic("follower", 1)[0].state.Role = msg.Follower
	w.topic("broken", 1)[0].state.Err = kerr.KafkaStorageError
	w.topic("zstd", 1, "compression.type=zstd")[0].append("a")
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		name        string
		version     int16
		topic       string
		part        int32
		offset      int64
		epoch, last int32
		want        *kerr.Error
	}{
		{"unknown topic", 12, "nowhere", 0, 0, -1, -1, kerr.UnknownTopicOrPartition},
		{"unknown topic id", 13, "nowhere", 0, 0, -1, -1, kerr.UnknownTopicID},
		{"unknown partition", 13, "topic", 1, 0, -1, -1, kerr.UnknownTopicOrPartition},
		{"before the log start", 12, "topic", 0, 0, -1, -1, kerr.OffsetOutOfRange},
		{"behind the log end", 12, "topic", 0, 4, -1, -1, kerr.OffsetOutOfRange},
		{"negative offset", 12, "topic", 0, -1, -1, -1, kerr.OffsetOutOfRange},
		{"older leader epoch", 12, "topic", 0, 1, 2, -1, kerr.FencedLeaderEpoch},
		{"newer leader epoch", 12, "topic", 0, 1, 4, -1, kerr.UnknownLeaderEpoch},
		{"the leader epoch", 12, "topic", 0, 1, 3, 3, nil},
		{"epoch before any record", 12, "topic", 0, 1, 3, 1, kerr.OffsetOutOfRange},
		{"not the leader", 12, "follower", 0, 0, -1, -1, kerr.NotLeaderForPartition},
		{"not the leader, and older", 12, "follower", 0, 0, 2, -1, kerr.FencedLeaderEpoch},
		{"a damaged log", 12, "broken", 0, 0, -1, -1, kerr.KafkaStorageError},
		{"zstd before v10", 9, "zstd", 0, 0, -1, -1, kerr.UnsupportedCompressionType},
		{"zstd in v10", 10, "zstd", 0, 0, -1, -1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := fetchFrom(tt.version, tt.topic, tt.offset, tt.part)
			q := &req.Topics[0].Partitions[0]
			q.CurrentLeaderEpoch, q.LastFetchedEpoch = tt.epoch, tt.last
			got := onlyFetched(t, ask[*kmsg.FetchResponse](c, req))
			var code int16
			if tt.want != nil {
				code = tt.want.Code
				if got.HighWatermark != -1 || got.LogStartOffset != -1 {
					t.Errorf("an error with high watermark %d, log start %d, want -1, -1", got.HighWatermark, got.LogStartOffset)
				}
			}
			if got.ErrorCode != code {
				t.Errorf("error %v, want %v", kerr.ErrorForCode(got.ErrorCode), tt.want)
			}
			if got.RecordBatches == nil {
				t.Error("records are null, which librdkafka takes for damage")
			}
		})
	}
}

func TestFetchWaitsForRecords(t *testing.T) {
	w := newWorld(t)
	parts := w.topic("topic", 3)
	_, addr := w.open()
	c := dial(t, addr)
	req := fetchFrom(13, "topic", 0, 0, 1, 2)
	c.send(req)
	for _, p := range parts {
		waitFor(t, "the waiter", func() bool { return p.waiting() == 1 })
	}
	parts[1].append("late")
	_, body := c.receive()
	resp := decodeReply[*kmsg.FetchResponse](t, req, body)
	if got := resp.Topics[0].Partitions; len(got) != 3 || len(got[0].RecordBatches) != 0 || len(got[1].RecordBatches) == 0 {
		t.Errorf("the answer does not hold the record that came, of partition 1: %+v", got)
	}
	if w := parts[0].waits[0].Waiter; !w.Expired() {
		t.Error("the waiter at another partition has not expired")
	}
}

func TestFetchWaitsForMinBytes(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.append("one")
	_, addr := w.open()
	c := dial(t, addr)
	req := fetchFrom(13, "topic", 0, 0)
	req.MinBytes = int32(len(p.stored()[0]) + 1)
	c.send(req)
	waitFor(t, "the waiter", func() bool { return p.waiting() == 1 })
	p.append("two")
	_, body := c.receive()
	if got := onlyFetched(t, decodeReply[*kmsg.FetchResponse](t, req, body)); len(got.RecordBatches) < int(req.MinBytes) {
		t.Errorf("%d bytes, want at least %d", len(got.RecordBatches), req.MinBytes)
	}
}

func TestFetchAnswersEmptyWhenItsTimeIsOver(t *testing.T) {
	w := newWorld(t)
	w.topic("topic", 1)
	_, addr := w.open()
	c := dial(t, addr)
	for _, wait := range []int32{0, 30} {
		req := fetchFrom(13, "topic", 0, 0)
		req.MaxWaitMillis = wait
		begun := time.Now()
		got := onlyFetched(t, ask[*kmsg.FetchResponse](c, req))
		if got.ErrorCode != 0 || got.RecordBatches == nil || len(got.RecordBatches) != 0 {
			t.Errorf("wait %d: got %+v, want empty records", wait, got)
		}
		if took := time.Since(begun); took < time.Duration(wait)*time.Millisecond {
			t.Errorf("an answer after %s, want %d ms", took, wait)
		}
	}
}

func TestFetchBounds(t *testing.T) {
	w := newWorld(t)
	parts := w.topic("topic", 3)
	for _, p := range parts {
		for range 4 {
			p.append("0123456789")
		}
	}
	one := int32(len(parts[0].stored()[0]))
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		name                string
		maxBytes, partition int32
		want                []int32 // batches of each partition
	}{
		{"plenty", 1 << 20, 1 << 20, []int32{4, 4, 4}},
		{"of a partition", 1 << 20, 2*one + 1, []int32{2, 2, 2}},
		{"of the whole", 6*one + 1, 1 << 20, []int32{4, 2, 0}},
		{"less than one batch: the first partition still gets one", 1, 1 << 20, []int32{1, 0, 0}},
		{"of a partition less than one batch: only the first gets one", 1 << 20, 1, []int32{1, 0, 0}},
		{"nothing", 0, 0, []int32{1, 0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := fetchFrom(13, "topic", 0, 0, 1, 2)
			req.MaxBytes = tt.maxBytes
			for i := range req.Topics[0].Partitions {
				req.Topics[0].Partitions[i].PartitionMaxBytes = tt.partition
			}
			resp := ask[*kmsg.FetchResponse](c, req)
			for i, p := range resp.Topics[0].Partitions {
				if n := int32(len(p.RecordBatches)) / one; n != tt.want[i] {
					t.Errorf("partition %d: %d batches, want %d", i, n, tt.want[i])
				}
			}
		})
	}
}

func TestFetchTellsAbortedTransactionsToReadCommittedOnly(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.append("a", "b")
	p.aborted = []msg.AbortedTransaction{{ProducerID: 7, FirstOffset: 1}}
	p.state.LastStable = 1
	w.topic("plain", 1)[0].append("a")
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		topic     string
		isolation int8
		want      int // aborted transactions, -1: null
	}{{"topic", 1, 1}, {"topic", 0, -1}, {"plain", 1, 0}} {
		req := fetchFrom(11, tt.topic, 0, 0)
		req.IsolationLevel = tt.isolation
		got := onlyFetched(t, ask[*kmsg.FetchResponse](c, req))
		n := len(got.AbortedTransactions)
		if got.AbortedTransactions == nil {
			n = -1
		}
		if n != tt.want {
			t.Errorf("%s, isolation %d: %d aborted transactions, want %d", tt.topic, tt.isolation, n, tt.want)
		}
	}
}

func TestFetchFindsTruncation(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.append("a", "b")
	p.state.Epoch = 5
	p.append("c")
	_, addr := w.open()
	c := dial(t, addr)
	req := fetchFrom(12, "topic", 3, 0) // the client has read up to offset 2 of epoch 4, which ended elsewhere
	req.Topics[0].Partitions[0].LastFetchedEpoch = 4
	got := onlyFetched(t, ask[*kmsg.FetchResponse](c, req))
	if got.DivergingEpoch.Epoch != 3 || got.DivergingEpoch.EndOffset != 2 || len(got.RecordBatches) != 0 {
		t.Errorf("got %+v, want the diverging epoch 3 with end 2", got.DivergingEpoch)
	}
}

func TestSlowReaderHoldsNobodyElse(t *testing.T) {
	w := newWorld(t)
	parts := w.topic("topic", 2)
	parts[0].append("slow")
	parts[1].append("quick")
	parts[0].reading = make(chan struct{})
	_, addr := w.open()
	slow, quick := dial(t, addr), dial(t, addr)
	req := fetchFrom(13, "topic", 0, 0)
	slow.send(req)
	for range 10 {
		onlyFetched(t, ask[*kmsg.FetchResponse](quick, fetchFrom(13, "topic", 0, 1)))
	}
	close(parts[0].reading)
	_, body := slow.receive()
	onlyFetched(t, decodeReply[*kmsg.FetchResponse](t, req, body))
}

// A client that asks for much and reads nothing holds its own answer's bytes, out of the budget, until it is closed; the
// others go on with what is left.
func TestSlowConsumerIsBounded(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	for range 64 {
		p.append(string(make([]byte, 1<<20)))
	}
	s, addr := w.open(func(o *Options) {
		o.Limits.FetchBytes, o.Limits.StallTimeout = 32<<20, 500*time.Millisecond
	})
	greedy := func() *client {
		c := dial(t, addr)
		req := fetchFrom(13, "topic", 0, 0)
		req.MaxBytes, req.Topics[0].Partitions[0].PartitionMaxBytes = 48<<20, 48<<20
		c.send(req)
		return c
	}
	for range 4 {
		greedy()
	}
	waitFor(t, "a full budget", func() bool { return s.fetching.inUse() > 24<<20 })
	if used := s.fetching.inUse(); used > 34<<20 {
		t.Errorf("%d bytes are held, want no more than the budget and a batch", used)
	}
	c := dial(t, addr)
	if got := onlyFetched(t, ask[*kmsg.FetchResponse](c, fetchFrom(13, "topic", 60, 0))); len(got.RecordBatches) == 0 {
		t.Error("another client got nothing")
	}
	waitFor(t, "the end of those that stall", func() bool { return s.fetching.inUse() == 0 })
}

func TestFetchReplyIsWhatKmsgEncodes(t *testing.T) {
	node := &metadata.Node{Registration: msg.Registration{ID: 2, Rack: "r"}}
	chunks := func(parts ...string) (r msg.ReadResult) {
		for _, p := range parts {
			r.Chunks = append(r.Chunks, []byte(p))
			r.Bytes += len(p)
		}
		return r
	}
	parts := []fetchPart{
		{topic: "a", id: topicID("a"), highWatermark: 1, lastStable: 2, logStart: 3, read: chunks("first", "second")},
		{topic: "a", id: topicID("a"), partition: 1, omit: true},
		{topic: "b", id: topicID("b"), omit: true},
		{topic: "a", id: topicID("a"), partition: 2, committed: true, read: chunks(), prefers: true, preferred: 4},
		{topic: "b", id: topicID("b"), partition: 7, committed: true, read: chunks("x")},
		{topic: "b", id: topicID("b"), partition: 8, code: 6, highWatermark: -1, redirected: true, leaderID: 2, leaderEpoch: 9},
		{topic: "c", id: topicID("c"), diverges: true, divergingEpoch: 4, divergingEnd: 55, redirected: true, leaderID: 1, leaderEpoch: 9},
	}
	parts[4].read.Aborted = []msg.AbortedTransaction{{ProducerID: 5, FirstOffset: 6}, {ProducerID: 7, FirstOffset: 8}}
	for i := range parts {
		parts[i].at = i
	}
	for _, nodes := range [][]fetchNode{nil, {{node, metadata.Endpoint{Host: "h", Port: 9}}, {&metadata.Node{Registration: msg.Registration{ID: 3}}, metadata.Endpoint{Host: "i"}}}} {
		for version := int16(4); version <= 18; version++ {
			for _, some := range [][]fetchPart{parts, parts[1:2], nil} {
				a := &fetchAnswer{version: version, code: 71, sessionID: 77, parts: some, nodes: nodes}
				o := newOutgoing()
				a.encode(o)
				var got []byte
				for _, p := range o.lay() {
					got = append(got, p.bytes...)
				}
				o.release()
				if version >= 12 {
					got = got[1:] // the header's tags
				}
				if want := kmsgFetch(a).AppendTo(nil); !bytes.Equal(got, want) {
					t.Errorf("v%d, %d partitions: got\n%x, want\n%x", version, len(some), got, want)
				}
			}
		}
	}
}

// kmsgFetch is the same answer as kmsg has it: the dumb twin of fetchAnswer.encode.
func kmsgFetch(a *fetchAnswer) *kmsg.FetchResponse {
	resp := kmsg.NewPtrFetchResponse()
	resp.Version, resp.ErrorCode, resp.SessionID = a.version, a.code, a.sessionID
	for _, p := range a.parts {
		if p.omit {
			continue
		}
		if n := len(resp.Topics); n == 0 || resp.Topics[n-1].Topic != p.topic {
			resp.Topics = append(resp.Topics, kmsg.FetchResponseTopic{Topic: p.topic, TopicID: p.id})
		}
		topic := &resp.Topics[len(resp.Topics)-1]
		out := kmsg.NewFetchResponseTopicPartition()
		out.Partition, out.ErrorCode, out.HighWatermark, out.LastStableOffset, out.LogStartOffset = p.partition, p.code, p.highWatermark, p.lastStable, p.logStart
		if out.PreferredReadReplica = -1; p.prefers {
			out.PreferredReadReplica = p.preferred
		}
		out.RecordBatches = append([]byte{}, bytes.Join(p.read.Chunks, nil)...)
		if p.committed {
			out.AbortedTransactions = []kmsg.FetchResponseTopicPartitionAbortedTransaction{}
			for _, t := range p.read.Aborted {
				out.AbortedTransactions = append(out.AbortedTransactions, kmsg.FetchResponseTopicPartitionAbortedTransaction{ProducerID: t.ProducerID, FirstOffset: t.FirstOffset})
			}
		}
		if p.diverges {
			out.DivergingEpoch.Epoch, out.DivergingEpoch.EndOffset = p.divergingEpoch, p.divergingEnd
		}
		if p.redirected {
			out.CurrentLeader.LeaderID, out.CurrentLeader.LeaderEpoch = p.leaderID, p.leaderEpoch
		}
		topic.Partitions = append(topic.Partitions, out)
	}
	for _, n := range a.nodes {
		resp.Brokers = append(resp.Brokers, kmsg.FetchResponseBroker{NodeID: n.node.ID, Host: n.at.Host, Port: n.at.Port, Rack: rackOf(n.node)})
	}
	return resp
}

func TestFetchWantsNoMoreThanItMayHave(t *testing.T) {
	w := newWorld(t)
	w.topic("topic", 1)[0].append("a")
	_, addr := w.open()
	req := fetchFrom(13, "topic", 0, 0)
	req.MinBytes, req.MaxBytes, req.MaxWaitMillis = 1<<20, 10, int32(patience.Milliseconds())
	begun := time.Now()
	got := onlyFetched(t, ask[*kmsg.FetchResponse](dial(t, addr), req))
	if len(got.RecordBatches) == 0 || time.Since(begun) > patience/2 {
		t.Errorf("%d bytes after %s: min bytes beyond max bytes are waited for", len(got.RecordBatches), time.Since(begun))
	}
}

func TestFetchWaitsForItsBudget(t *testing.T) {
	w := newWorld(t)
	w.topic("topic", 1)[0].append("a")
	s, addr := w.open()
	all := s.fetching.tryUpTo(1 << 30)
	c := dial(t, addr)
	req := fetchFrom(13, "topic", 0, 0)
	req.MaxWaitMillis = 20
	if got := onlyFetched(t, ask[*kmsg.FetchResponse](c, req)); len(got.RecordBatches) != 0 {
		t.Errorf("%d bytes are read where the budget has none", len(got.RecordBatches))
	}
	req.MaxWaitMillis = 20_000
	c.send(req)
	s.fetching.put(all)
	_, body := c.receive()
	if got := onlyFetched(t, decodeReply[*kmsg.FetchResponse](t, req, body)); len(got.RecordBatches) == 0 {
		t.Error("nothing is read where the budget has room again")
	}
}
