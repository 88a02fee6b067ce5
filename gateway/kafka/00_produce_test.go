package kafka

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// produceTo makes a request with one batch for one partition.
func produceTo(version int16, topic string, partition int32, acks int16, records []byte) *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks, req.TimeoutMillis = version, acks, 10_000
	t := kmsg.NewProduceRequestTopic()
	t.Topic, t.TopicID = topic, topicID(topic)
	p := kmsg.NewProduceRequestTopicPartition()
	p.Partition, p.Records = partition, records
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

func onlyProduced(t testing.TB, resp *kmsg.ProduceResponse) *kmsg.ProduceResponseTopicPartition {
	t.Helper()
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		t.Fatalf("an answer for %d topics, want one partition of one", len(resp.Topics))
	}
	return &resp.Topics[0].Partitions[0]
}

func TestProduceInEveryVersion(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	_, addr := w.open()
	c := dial(t, addr)
	for version := int16(3); version <= 13; version++ {
		base := p.View().State().LogEnd
		got := onlyProduced(t, ask[*kmsg.ProduceResponse](c, produceTo(version, "topic", 0, -1, batchOf("a", "b"))))
		if got.ErrorCode != 0 || got.BaseOffset != base || got.LogAppendTime != -1 || version >= 5 && got.LogStartOffset != 0 {
			t.Errorf("v%d: got %+v, want base offset %d", version, got, base)
		}
	}
	for version := int16(0); version < 3; version++ {
		c := dial(t, addr)
		c.send(produceTo(version, "topic", 0, -1, batchOf("a")))
		c.expectClosed()
	}
}

// set changes a batch's bytes and makes its CRC right again.
func set(b record.Batch, f func(record.Batch)) []byte {
	b = append(record.Batch(nil), b...)
	f(b)
	b.StampProducer(b.ProducerID(), b.ProducerEpoch(), b.BaseSequence())
	return b
}

func timed(ts int64) record.Batch {
	return record.Build([]record.Record{{Timestamp: 1, Key: []byte("k")}, {Timestamp: ts, Key: []byte("k")}}, time.UnixMilli(1))
}

func compressed(t testing.TB, c record.Compression) record.Batch {
	b, err := batchOf("aaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbb").Recompress(c, 0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProduceErrors(t *testing.T) {
	w := newWorld(t)
	w.topic("topic", 1)
	w.topic("small", 1, "max.message.bytes=100")
	w.topic("short", 1, "segment.bytes=1048576", "max.message.bytes=4000000")
	w.topic("compact", 1, "cleanup.policy=compact")
	w.topic("recent", 1, "message.timestamp.before.max.ms=3600000")
	w.topic("appendtime", 1, "message.timestamp.type=LogAppendTime")
	w.topic("_internal", 1)
	w.topic("follower", 1)[0].state.Role = msg.Follower
	w.topic("broken", 1)[0].state.Err = kerr.KafkaStorageError
	w.topic("refusing", 1)[0].err = kerr.NotEnoughReplicas
	_, addr := w.open()
	c := dial(t, addr)

	good := batchOf("a", "b")
	keyless := record.Build([]record.Record{{Timestamp: 1, Key: []byte("k")}, {Timestamp: 1}, {Timestamp: 1}}, time.UnixMilli(1))
	tomorrow := time.Now().Add(24 * time.Hour).UnixMilli()
	for _, tt := range []struct {
		name    string
		version int16
		topic   string
		part    int32
		acks    int16
		records []byte
		want    *kerr.Error
		indexes []int32
	}{
		{"unknown topic", 12, "nowhere", 0, -1, good, kerr.UnknownTopicOrPartition, nil},
		{"unknown topic id", 13, "nowhere", 0, -1, good, kerr.UnknownTopicID, nil},
		{"unknown partition", 12, "topic", 1, -1, good, kerr.UnknownTopicOrPartition, nil},
		{"negative partition", 12, "topic", -1, -1, good, kerr.UnknownTopicOrPartition, nil},
		{"internal topic", 12, "_internal", 0, -1, good, kerr.InvalidTopicException, nil},
		{"acks 2", 12, "topic", 0, 2, good, kerr.InvalidRequiredAcks, nil},
		{"acks -2", 12, "topic", 0, -2, good, kerr.InvalidRequiredAcks, nil},
		{"not the leader", 9, "follower", 0, -1, good, kerr.NotLeaderForPartition, nil},
		{"a damaged log", 9, "broken", 0, -1, good, kerr.KafkaStorageError, nil},
		{"refused by the partition", 9, "refusing", 0, -1, good, kerr.NotEnoughReplicas, nil},
		{"null records", 9, "topic", 0, -1, nil, kerr.InvalidRecord, nil},
		{"no records", 9, "topic", 0, -1, []byte{}, kerr.InvalidRecord, nil},
		{"two batches", 9, "topic", 0, -1, append(append([]byte{}, good...), good...), kerr.InvalidRecord, nil},
		{"cut batch", 9, "topic", 0, -1, good[:len(good)-1], kerr.InvalidRecord, nil},
		{"magic 1", 9, "topic", 0, -1, set(good, func(b record.Batch) { b[16] = 1 }), kerr.InvalidRecord, nil},
		{"magic 3", 9, "topic", 0, -1, set(good, func(b record.Batch) { b[16] = 3 }), kerr.CorruptMessage, nil},
		{"wrong CRC", 9, "topic", 0, -1, func() []byte { b := append([]byte{}, good...); b[len(b)-1]++; return b }(), kerr.CorruptMessage, nil},
		{"base offset 5", 9, "topic", 0, -1, set(good, func(b record.Batch) { b[7] = 5 }), kerr.InvalidRecord, nil},
		{"control batch", 9, "topic", 0, -1, set(good, func(b record.Batch) { b[22] |= 0x20 }), kerr.InvalidRecord, nil},
		{"transactional batch", 9, "topic", 0, -1, set(good, func(b record.Batch) { b[22] |= 0x10; b.StampProducer(7, 0, 0) }), kerr.InvalidTxnState, nil},
		{"batch too large", 9, "small", 0, -1, batchOf(string(make([]byte, 100))), kerr.MessageTooLarge, nil},
		{"batch larger than a segment", 9, "short", 0, -1, batchOf(string(make([]byte, 2<<20))), kerr.RecordListTooLarge, nil},
		{"zstd before v7", 6, "topic", 0, -1, compressed(t, record.Zstd), kerr.UnsupportedCompressionType, nil},
		{"zstd in v7", 7, "topic", 0, -1, compressed(t, record.Zstd), nil, nil},
		{"no key for a compacted topic", 9, "compact", 0, -1, keyless, kerr.InvalidRecord, []int32{1, 2}},
		{"keys for a compacted topic", 9, "compact", 0, -1, good, nil, nil},
		{"no key elsewhere", 9, "topic", 0, -1, keyless, nil, nil},
		{"too late a timestamp", 9, "topic", 0, -1, timed(tomorrow), kerr.InvalidTimestamp, []int32{1}},
		{"too late where the broker says the time", 9, "appendtime", 0, -1, timed(tomorrow), nil, nil},
		{"too early a timestamp", 9, "recent", 0, -1, timed(time.Now().UnixMilli()), kerr.InvalidTimestamp, []int32{0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := onlyProduced(t, ask[*kmsg.ProduceResponse](c, produceTo(tt.version, tt.topic, tt.part, tt.acks, tt.records)))
			var code int16
			if tt.want != nil {
				code = tt.want.Code
			}
			if got.ErrorCode != code {
				t.Fatalf("error %v (%s), want %v", kerr.ErrorForCode(got.ErrorCode), text(got.ErrorMessage), tt.want)
			}
			if code != 0 && (got.BaseOffset != -1 || got.LogAppendTime != -1) {
				t.Errorf("an error with base offset %d, append time %d, want -1, -1", got.BaseOffset, got.LogAppendTime)
			}
			if len(got.ErrorRecords) != len(tt.indexes) {
				t.Fatalf("%d records are named, want %v", len(got.ErrorRecords), tt.indexes)
			}
			for i, r := range got.ErrorRecords {
				if r.RelativeOffset != tt.indexes[i] || r.ErrorMessage == nil {
					t.Errorf("record %d is named, want %d", r.RelativeOffset, tt.indexes[i])
				}
			}
		})
	}
}

func text(s *string) string {
	if s == nil {
		return "no message"
	}
	return *s
}

func TestProduceStoresInTheTopicsCompression(t *testing.T) {
	w := newWorld(t)
	p := w.topic("packed", 1, "compression.type=lz4")[0]
	_, addr := w.open()
	c := dial(t, addr)
	for _, sent := range []record.Batch{batchOf("aaaaaaaaaaaaaaaaaaaaaa"), compressed(t, record.Gzip), compressed(t, record.Lz4)} {
		if got := onlyProduced(t, ask[*kmsg.ProduceResponse](c, produceTo(9, "packed", 0, 1, sent))); got.ErrorCode != 0 {
			t.Fatalf("error %d: %s", got.ErrorCode, text(got.ErrorMessage))
		}
	}
	for i, b := range p.stored() {
		if b.Compression() != record.Lz4 {
			t.Errorf("batch %d is stored with codec %d, want %d", i, b.Compression(), record.Lz4)
		}
	}
}

func TestProduceTellsWhoLeads(t *testing.T) {
	w := newWorld(t)
	w.register(2, 9192)
	p := w.topic("topic", 1)[0]
	p.state.Role, p.state.Leader, p.state.Epoch = msg.Follower, 2, 8
	_, addr := w.open()
	c := dial(t, addr)
	resp := ask[*kmsg.ProduceResponse](c, produceTo(10, "topic", 0, -1, batchOf("a")))
	got := onlyProduced(t, resp)
	if got.ErrorCode != kerr.NotLeaderForPartition.Code || got.CurrentLeader.LeaderID != 2 || got.CurrentLeader.LeaderEpoch != 8 {
		t.Errorf("got %+v, want leader 2 in epoch 8", got)
	}
	if len(resp.Brokers) != 1 || resp.Brokers[0].NodeID != 2 || resp.Brokers[0].Port != 9192 {
		t.Errorf("got nodes %+v, want node 2 at port 9192", resp.Brokers)
	}
}

func TestProduceWithoutAcksIsNotAnswered(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	_, addr := w.open()
	c := dial(t, addr)
	c.send(produceTo(9, "topic", 0, 0, batchOf("a")))
	if resp := ask[*kmsg.ApiVersionsResponse](c, apiVersionsRequest(3)); resp.ErrorCode != 0 {
		t.Fatalf("error %d", resp.ErrorCode)
	}
	if end := p.View().State().LogEnd; end != 1 {
		t.Errorf("the log ends at %d, want 1: the batch was not appended before the next answer", end)
	}
	c.send(produceTo(9, "nowhere", 0, 0, batchOf("a")))
	c.expectClosed()
}

func TestProduceTimesOut(t *testing.T) {
	w := newWorld(t)
	parts := w.topic("topic", 2)
	parts[0].holding = true
	s, addr := w.open()
	c := dial(t, addr)
	req := produceTo(9, "topic", 0, -1, batchOf("a"))
	req.TimeoutMillis = 20
	other := produceTo(9, "topic", 1, -1, batchOf("b"))
	req.Topics[0].Partitions = append(req.Topics[0].Partitions, other.Topics[0].Partitions...)
	resp := ask[*kmsg.ProduceResponse](c, req)
	if a, b := resp.Topics[0].Partitions[0], resp.Topics[0].Partitions[1]; a.ErrorCode != kerr.RequestTimedOut.Code || b.ErrorCode != 0 {
		t.Fatalf("errors %d and %d, want %d and 0", a.ErrorCode, b.ErrorCode, kerr.RequestTimedOut.Code)
	}
	if s.inFlight.inUse() == 0 {
		t.Error("the frame is given back while the partition may still read the batch in it")
	}
	parts[0].letGo() // nobody hears it
	waitFor(t, "the frame", func() bool { return s.inFlight.inUse() == 0 })
	if got := onlyProduced(t, ask[*kmsg.ProduceResponse](c, produceTo(9, "topic", 0, -1, batchOf("c")))); got.BaseOffset != 1 {
		t.Errorf("base offset %d, want 1", got.BaseOffset)
	}
}

func TestRepliesComeInTheOrderOfRequests(t *testing.T) {
	w := newWorld(t)
	parts := w.topic("topic", 2)
	parts[0].holding = true
	_, addr := w.open()
	c := dial(t, addr)
	const n = 50
	for i := range n { // to the partition that holds, and to the one that answers at once, in turn
		c.send(produceTo(9, "topic", int32(i%2), -1, batchOf("x")))
	}
	c.send(apiVersionsRequest(3)) // begins when all the others are answered
	waitFor(t, "all appends", func() bool {
		parts[0].mu.Lock()
		defer parts[0].mu.Unlock()
		return parts[0].posted == n/2
	})
	parts[0].letGo()
	for i := range int32(n) {
		id, body := c.receive()
		if id != i+1 {
			t.Fatalf("reply %d came %d.", id, i+1)
		}
		got := onlyProduced(t, decodeReply[*kmsg.ProduceResponse](t, produceTo(9, "", 0, 0, nil), body))
		if got.BaseOffset != int64(i/2) {
			t.Errorf("request %d got offset %d, want %d: appends do not begin in the order of requests", i, got.BaseOffset, i/2)
		}
	}
	if id, _ := c.receive(); id != n+1 {
		t.Fatalf("reply %d came last", id)
	}
}

func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

func TestFullMailboxStopsItsOwnClientOnly(t *testing.T) {
	w := newWorld(t)
	parts := w.topic("topic", 2)
	parts[0].full = true
	s, addr := w.open(func(o *Options) { o.Limits.BytesInFlight = 1 << 20 })
	stuck, free := dial(t, addr), dial(t, addr)
	payload := string(make([]byte, 100_000))
	sent := make(chan int, 1)
	go func() { // far more than the budget and the socket's buffers hold
		frame := kmsg.NewRequestFormatter().AppendRequest(nil, produceTo(9, "topic", 0, -1, batchOf(payload)), 1)
		n := 0
		_ = stuck.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		for ; n < 1000; n++ {
			if _, err := stuck.Write(frame); err != nil {
				break
			}
		}
		sent <- n
	}()
	for range 20 {
		if got := onlyProduced(t, ask[*kmsg.ProduceResponse](free, produceTo(9, "topic", 1, -1, batchOf(payload)))); got.ErrorCode != 0 {
			t.Fatalf("the other client got error %d", got.ErrorCode)
		}
	}
	if n := <-sent; n == 1000 {
		t.Error("100 MB went into a partition that takes nothing: the reader did not stop")
	}
	if used := s.inFlight.inUse(); used > 1<<20 {
		t.Errorf("%d bytes in flight, beyond the budget", used)
	}
	parts[0].mu.Lock()
	parts[0].full = false
	parts[0].mu.Unlock()
	if id, body := stuck.receive(); id != 1 || onlyProduced(t, decodeReply[*kmsg.ProduceResponse](t, produceTo(9, "", 0, 0, nil), body)).ErrorCode != 0 {
		t.Error("the stuck client's first request did not succeed when the mailbox had room again")
	}
}

func TestProduceFrameIsCheckedBeforeItIsDecoded(t *testing.T) {
	for version := int16(3); version <= 13; version++ {
		req := produceTo(version, "topic", 0, -1, batchOf("a"))
		req.TransactionID = kmsg.StringPtr("tx")
		if err := checkProduce(version, req.AppendTo(nil)); err != nil {
			t.Errorf("v%d: %v", version, err)
		}
		req.Topics[0].Partitions = make([]kmsg.ProduceRequestTopicPartition, maxProduced+1)
		if err := checkProduce(version, req.AppendTo(nil)); err == nil {
			t.Errorf("v%d: %d partitions pass", version, maxProduced+1)
		}
	}
}

func TestClientThatLeavesAFullMailboxTakesItsBytesAlong(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	p.full = true
	s, addr := w.open()
	c := dial(t, addr)
	req := produceTo(9, "topic", 0, -1, batchOf("a"))
	req.TimeoutMillis = 1 << 30
	c.send(req)
	waitFor(t, "the request", func() bool { return s.inFlight.inUse() > 0 })
	for _, open := range s.all() {
		open.close() // as the sweep of idle connections does
	}
	waitFor(t, "its bytes", func() bool { return s.inFlight.inUse() == 0 })
}

func TestProduceFrameWithManyTags(t *testing.T) {
	req := produceTo(9, "topic", 0, -1, batchOf("a"))
	for key := range uint32(maxTags + 1) {
		req.Topics[0].Partitions[0].UnknownTags.Set(key, nil)
	}
	if err := checkProduce(9, req.AppendTo(nil)); err == nil {
		t.Errorf("%d tagged fields pass", maxTags+1)
	}
}

func TestAFailedPartitionSaysWhyToProducers(t *testing.T) {
	w := newWorld(t)
	w.topic("broken", 1)[0].state.Err = msg.Errorf(kerr.KafkaStorageError, "a bit of segment 3 has flipped")
	_, addr := w.open()
	got := onlyProduced(t, ask[*kmsg.ProduceResponse](dial(t, addr), produceTo(9, "broken", 0, -1, batchOf("a"))))
	if text(got.ErrorMessage) != "a bit of segment 3 has flipped" {
		t.Errorf("it says %q", text(got.ErrorMessage))
	}
}
