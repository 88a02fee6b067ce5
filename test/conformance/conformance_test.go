package conformance

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/test/process"
	"github.com/seed-e634fa49/troupe/wal/record"
)

func TestMain(m *testing.M) {
	code := m.Run()
	process.Clean()
	os.Exit(code)
}

// version sets a request's version and returns it.
func version[R kmsg.Request](v int16, req R) R {
	req.SetVersion(v)
	return req
}

func expect(t *testing.T, what string, got int16, want *kerr.Error) {
	t.Helper()
	var code int16
	if want != nil {
		code = want.Code
	}
	if got != code {
		t.Errorf("%s: answered %v, want %v", what, name(got), name(code))
	}
}

func name(code int16) string {
	if err := kerr.TypedErrorForCode(code); err != nil {
		return fmt.Sprintf("%s (%d)", err.Message, code)
	}
	return "no error"
}

// createTopic makes a topic and returns its id.
func createTopic(t *testing.T, w *wire, topic string, partitions int32, configs map[string]string) [16]byte {
	t.Helper()
	req := version(7, kmsg.NewPtrCreateTopicsRequest())
	one := kmsg.NewCreateTopicsRequestTopic()
	one.Topic, one.NumPartitions, one.ReplicationFactor = topic, partitions, -1
	for k, v := range configs {
		one.Configs = append(one.Configs, kmsg.CreateTopicsRequestTopicConfig{Name: k, Value: &v})
	}
	req.Topics, req.TimeoutMillis = append(req.Topics, one), 10_000
	resp := ask[*kmsg.CreateTopicsResponse](w, req)
	expect(t, "create "+topic, resp.Topics[0].ErrorCode, nil)
	return resp.Topics[0].TopicID
}

// TestEveryAdvertisedVersionAnswers sends an empty request of each API in each version: the answer decodes.
func TestEveryAdvertisedVersionAnswers(t *testing.T) {
	node := process.Start(t)
	w := dial(t, node.Bootstrap)
	for _, api := range ask[*kmsg.ApiVersionsResponse](w, version(0, kmsg.NewPtrApiVersionsRequest())).ApiKeys {
		for v := api.MinVersion; v <= api.MaxVersion; v++ {
			if api.ApiKey == int16(kmsg.Produce) && v < 3 {
				continue // advertised for old clients' sake, and refused (KAFKA-18659)
			}
			req := kmsg.RequestForKey(api.ApiKey)
			req.SetVersion(v)
			switch r := req.(type) {
			case *kmsg.ProduceRequest:
				r.Acks = -1
			case *kmsg.ApiVersionsRequest:
				r.ClientSoftwareName, r.ClientSoftwareVersion = "conformance", "1"
			}
			ask[kmsg.Response](w, req)
		}
	}
}

func TestStrangeVersions(t *testing.T) {
	node := process.Start(t)
	w := dial(t, node.Bootstrap)
	frame := kmsg.NewRequestFormatter().AppendRequest(nil, version(0, kmsg.NewPtrApiVersionsRequest()), w.id())
	frame[7] = 99 // the API version's low byte, behind length and key
	w.write(frame)
	body, err := w.read()
	if err != nil {
		t.Fatal(err)
	}
	resp := kmsg.NewPtrApiVersionsResponse()
	if err := resp.ReadFrom(body); err != nil {
		t.Fatal(err)
	}
	expect(t, "ApiVersions v99", resp.ErrorCode, kerr.UnsupportedVersion)
	if len(resp.ApiKeys) == 0 || resp.ApiKeys[0].ApiKey != 18 {
		t.Errorf("the answer to ApiVersions v99 lists %v, want its own range", resp.ApiKeys)
	}
	frame = kmsg.NewRequestFormatter().AppendRequest(nil, version(9, kmsg.NewPtrMetadataRequest()), w.id())
	frame[7] = 99
	w.write(frame)
	if !w.hungUp() {
		t.Error("Metadata v99 was answered, Kafka hangs up")
	}
}

func TestGarbageOnlyCostsItsOwnConnection(t *testing.T) {
	node := process.Start(t)
	good := dial(t, node.Bootstrap)
	for what, bytes := range map[string][]byte{
		"a negative length":    {0xff, 0xff, 0xff, 0xff, 1, 2, 3},
		"a length of two GiB":  {0x7f, 0xff, 0xff, 0xff, 1, 2, 3},
		"a frame without head": {0, 0, 0, 2, 0, 3},
		"an API that is none":  {0, 0, 0, 10, 0x7f, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff},
		"HTTP":                 []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	} {
		bad := dial(t, node.Bootstrap)
		bad.write(bytes)
		if !bad.hungUp() {
			t.Errorf("%s: the connection is still open", what)
		}
	}
	ask[*kmsg.MetadataResponse](good, version(12, kmsg.NewPtrMetadataRequest()))
}

func TestCreateTopicsRefusals(t *testing.T) {
	w := dial(t, process.Start(t).Bootstrap)
	createTopic(t, w, "there.already", 1, nil)
	for _, c := range []struct {
		what string
		edit func(*kmsg.CreateTopicsRequestTopic)
		want *kerr.Error
	}{
		{"taken", func(r *kmsg.CreateTopicsRequestTopic) { r.Topic = "there.already" }, kerr.TopicAlreadyExists},
		{"collides", func(r *kmsg.CreateTopicsRequestTopic) { r.Topic = "there_already" }, kerr.InvalidTopicException},
		{"empty name", func(r *kmsg.CreateTopicsRequestTopic) { r.Topic = "" }, kerr.InvalidTopicException},
		{"two dots", func(r *kmsg.CreateTopicsRequestTopic) { r.Topic = ".." }, kerr.InvalidTopicException},
		{"a space", func(r *kmsg.CreateTopicsRequestTopic) { r.Topic = "a b" }, kerr.InvalidTopicException},
		{"no partitions", func(r *kmsg.CreateTopicsRequestTopic) { r.NumPartitions = 0 }, kerr.InvalidPartitions},
		{"two replicas", func(r *kmsg.CreateTopicsRequestTopic) { r.ReplicationFactor = 2 }, kerr.InvalidReplicationFactor},
		{"no replicas", func(r *kmsg.CreateTopicsRequestTopic) { r.ReplicationFactor = 0 }, kerr.InvalidReplicationFactor},
		{"unknown config", config("retention.mss", "1"), kerr.InvalidConfig},
		{"bad config", config("retention.ms", "soon"), kerr.InvalidConfig},
		{"bad policy", config("cleanup.policy", "shred"), kerr.InvalidConfig},
		{"fine", func(*kmsg.CreateTopicsRequestTopic) {}, nil},
	} {
		for _, v := range []int16{4, 5, 7} {
			req := version(v, kmsg.NewPtrCreateTopicsRequest())
			one := kmsg.NewCreateTopicsRequestTopic()
			one.Topic, one.NumPartitions, one.ReplicationFactor = "new-topic", 1, 1
			c.edit(&one)
			req.Topics, req.TimeoutMillis, req.ValidateOnly = append(req.Topics, one), 5000, true
			resp := ask[*kmsg.CreateTopicsResponse](w, req)
			expect(t, fmt.Sprintf("%s, v%d", c.what, v), resp.Topics[0].ErrorCode, c.want)
		}
	}
}

func config(key, value string) func(*kmsg.CreateTopicsRequestTopic) {
	return func(r *kmsg.CreateTopicsRequestTopic) {
		r.Configs = append(r.Configs, kmsg.CreateTopicsRequestTopicConfig{Name: key, Value: &value})
	}
}

// produceRequest is one batch for one partition.
func produceRequest(topic string, partition int32, batch []byte) *kmsg.ProduceRequest {
	req := version(9, kmsg.NewPtrProduceRequest())
	req.Acks, req.TimeoutMillis = -1, 5000
	p := kmsg.NewProduceRequestTopicPartition()
	p.Partition, p.Records = partition, batch
	one := kmsg.NewProduceRequestTopic()
	one.Topic, one.Partitions = topic, append(one.Partitions, p)
	req.Topics = append(req.Topics, one)
	return req
}

func someBatch() record.Batch {
	now := time.Now()
	return record.Build([]record.Record{{Key: []byte("k"), Value: []byte("v")}, {Value: []byte("w")}}, now)
}

func TestProduceRefusals(t *testing.T) {
	w := dial(t, process.Start(t).Bootstrap)
	createTopic(t, w, "plain", 1, nil)
	createTopic(t, w, "compact", 1, map[string]string{"cleanup.policy": "compact"})
	createTopic(t, w, "small", 1, map[string]string{"max.message.bytes": "70"})
	flip := func(at int) []byte {
		b := someBatch()
		b[at] ^= 0xff
		return b
	}
	for _, c := range []struct {
		what      string
		topic     string
		partition int32
		batch     []byte
		want      *kerr.Error
	}{
		{"fine", "plain", 0, someBatch(), nil},
		{"no such topic", "nowhere", 0, someBatch(), kerr.UnknownTopicOrPartition},
		{"no such partition", "plain", 7, someBatch(), kerr.UnknownTopicOrPartition},
		{"a flipped byte", "plain", 0, flip(70), kerr.CorruptMessage},
		{"a flipped checksum", "plain", 0, flip(18), kerr.CorruptMessage},
		{"a cut batch", "plain", 0, someBatch()[:50], kerr.InvalidRecord},
		{"no key in a compacted topic", "compact", 0, someBatch(), kerr.InvalidRecord},
		{"too large", "small", 0, someBatch(), kerr.MessageTooLarge},
	} {
		resp := ask[*kmsg.ProduceResponse](w, produceRequest(c.topic, c.partition, c.batch))
		expect(t, c.what, resp.Topics[0].Partitions[0].ErrorCode, c.want)
	}
	resp := ask[*kmsg.ProduceResponse](w, produceRequest("compact", 0, someBatch()))
	if errs := resp.Topics[0].Partitions[0].ErrorRecords; len(errs) != 1 || errs[0].RelativeOffset != 1 {
		t.Errorf("a compacted topic names the records %+v, want the one without a key, 1", errs)
	}
	list := ask[*kmsg.ListOffsetsResponse](w, listOffsets("plain", 0, -1))
	if end := list.Topics[0].Partitions[0].Offset; end != 2 {
		t.Errorf("the log ends at %d, want 2: a refused batch leaves no trace", end)
	}
}

func listOffsets(topic string, partition int32, timestamp int64) *kmsg.ListOffsetsRequest {
	req := version(7, kmsg.NewPtrListOffsetsRequest())
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.Timestamp, p.CurrentLeaderEpoch = partition, timestamp, -1
	one := kmsg.NewListOffsetsRequestTopic()
	one.Topic, one.Partitions = topic, append(one.Partitions, p)
	req.ReplicaID, req.Topics = -1, append(req.Topics, one)
	return req
}

func TestListOffsets(t *testing.T) {
	w := dial(t, process.Start(t).Bootstrap)
	createTopic(t, w, "times", 1, nil)
	for _, ms := range []int64{1000, 3000, 2000} {
		b := record.Build([]record.Record{{Value: []byte("v"), Timestamp: ms}}, time.Now())
		resp := ask[*kmsg.ProduceResponse](w, produceRequest("times", 0, b))
		expect(t, "produce", resp.Topics[0].Partitions[0].ErrorCode, nil)
	}
	for _, c := range []struct{ ask, offset, timestamp int64 }{
		{-2, 0, -1}, {-1, 3, -1}, {-3, 1, 3000}, {0, 0, 1000}, {1001, 1, 3000}, {3000, 1, 3000}, {3001, -1, -1},
	} {
		got := ask[*kmsg.ListOffsetsResponse](w, listOffsets("times", 0, c.ask)).Topics[0].Partitions[0]
		if got.ErrorCode != 0 || got.Offset != c.offset || got.Timestamp != c.timestamp {
			t.Errorf("timestamp %d: got offset %d, time %d, %s; want %d, %d", c.ask, got.Offset, got.Timestamp, name(got.ErrorCode), c.offset, c.timestamp)
		}
	}
}

func TestDeletedTopicIsAnotherWhenMadeAgain(t *testing.T) {
	w := dial(t, process.Start(t).Bootstrap)
	before := createTopic(t, w, "again", 1, nil)
	ask[*kmsg.ProduceResponse](w, produceRequest("again", 0, someBatch()))
	req := version(6, kmsg.NewPtrDeleteTopicsRequest())
	req.TimeoutMillis = 5000
	req.Topics = append(req.Topics, kmsg.DeleteTopicsRequestTopic{TopicID: before})
	expect(t, "delete by id", ask[*kmsg.DeleteTopicsResponse](w, req).Topics[0].ErrorCode, nil)
	expect(t, "delete again", ask[*kmsg.DeleteTopicsResponse](w, req).Topics[0].ErrorCode, kerr.UnknownTopicID)
	after := createTopic(t, w, "again", 1, nil)
	if before == after {
		t.Error("the new topic has the old one's id")
	}
	end := ask[*kmsg.ListOffsetsResponse](w, listOffsets("again", 0, -1)).Topics[0].Partitions[0].Offset
	if end != 0 {
		t.Errorf("the new topic ends at %d, want 0", end)
	}
	fetch := version(13, kmsg.NewPtrFetchRequest())
	one := kmsg.NewFetchRequestTopic()
	p := kmsg.NewFetchRequestTopicPartition()
	p.PartitionMaxBytes = 1 << 20
	one.TopicID, one.Partitions = before, append(one.Partitions, p)
	fetch.MaxBytes, fetch.SessionEpoch, fetch.Topics = 1<<20, -1, append(fetch.Topics, one)
	got := ask[*kmsg.FetchResponse](w, fetch)
	expect(t, "fetch by the old id", got.Topics[0].Partitions[0].ErrorCode, kerr.UnknownTopicID)
}
