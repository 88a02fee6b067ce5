package kafka

import (
	"crypto/rand"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// conversation fetches with a session, each request with no wait.
type conversation struct {
	*client
	id, epoch int32
	version   int16
}

// fetch asks from the given offset for some partitions of the topic, forgets others, and returns the error and the
// partitions of the answer, those with records with a star.
func (c *conversation) fetch(offset int64, want, forget []int32) (int16, string) {
	c.Helper()
	req := fetchFrom(c.version, "topic", offset, want...)
	if want == nil {
		req.Topics = nil
	}
	req.MaxWaitMillis, req.SessionID, req.SessionEpoch = 0, c.id, c.epoch
	if forget != nil {
		req.ForgottenTopics = []kmsg.FetchRequestForgottenTopic{{Topic: "topic", TopicID: topicID("topic"), Partitions: forget}}
	}
	resp := ask[*kmsg.FetchResponse](c.client, req)
	if c.epoch == 0 {
		c.id = resp.SessionID
	}
	c.epoch++
	var said []string
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			s := strconv.Itoa(int(p.Partition))
			if p.ErrorCode != 0 {
				s += "!" + strconv.Itoa(int(p.ErrorCode))
			}
			if len(p.RecordBatches) > 0 {
				s += "*"
			}
			said = append(said, s)
		}
	}
	return resp.ErrorCode, strings.Join(said, " ")
}

func (c *conversation) expect(what string, offset int64, want, forget []int32, code int16, said string) {
	c.Helper()
	if gotCode, got := c.fetch(offset, want, forget); gotCode != code || got != said {
		c.Errorf("%s: error %d and %q, want %d and %q", what, gotCode, got, code, said)
	}
}

func TestFetchSession(t *testing.T) {
	w := newWorld(t)
	parts := w.topic("topic", 3)
	s, addr := w.open()
	for _, version := range []int16{7, 12, 13, 18} {
		for _, p := range parts {
			p.change(func(p *fakePartition) { p.batches, p.state = nil, newFakePartition().state })
		}
		c := &conversation{client: dial(t, addr), version: version}
		c.expect("a full request", 0, []int32{0, 1, 2}, nil, 0, "0 1 2")
		if c.id == 0 {
			t.Fatal("no session was made")
		}
		c.expect("nothing is new", 0, nil, nil, 0, "")
		parts[1].append("a")
		c.expect("records", 0, nil, nil, 0, "1*")
		c.expect("the partition is read on", 1, []int32{1}, nil, 0, "")
		parts[0].change(func(p *fakePartition) { p.appendLocked(batchOf("b")) })
		c.expect("the high watermark moved, with records", 0, nil, nil, 0, "0*")
		c.expect("read", 1, []int32{0}, nil, 0, "")
		parts[2].change(func(p *fakePartition) { p.state.LogEnd, p.state.HighWatermark, p.state.LastStable = 5, 5, 5 })
		c.expect("the high watermark moved without a record", 0, nil, nil, 0, "2")
		parts[2].change(func(p *fakePartition) { p.state.LastStable = 4 })
		c.expect("the last stable offset moved", 0, nil, nil, 0, "2")
		c.expect("the client reads on", 3, []int32{2}, nil, 0, "")
		parts[2].change(func(p *fakePartition) { p.state.LogStart = 2 })
		c.expect("the log start moved", 0, nil, nil, 0, "2")
		parts[2].change(func(p *fakePartition) { p.state.Role = msg.Follower })
		c.expect("an error", 0, nil, nil, 0, "2!6")
		c.expect("the error is told again", 0, nil, nil, 0, "2!6")
		parts[2].change(func(p *fakePartition) { p.state.Role = msg.Leader })
		c.expect("the error is over", 0, nil, nil, 0, "2")
		parts[2].append("c")
		c.expect("a partition is forgotten", 0, nil, []int32{2}, 0, "")
		parts[0].append("d")
		parts[1].append("d")
		c.expect("who had records last comes last", 0, nil, nil, 0, "1* 0*")
		before := c.epoch
		c.epoch = before + 5
		c.expect("a wrong epoch", 0, nil, nil, kerr.InvalidFetchSessionEpoch.Code, "")
		c.epoch, c.id = before, c.id+1
		c.expect("a wrong id", 0, nil, nil, kerr.FetchSessionIDNotFound.Code, "")
		c.epoch, c.id = before, c.id-1
		id := c.id
		c.epoch = finalSessionEpoch
		c.expect("the last request", 0, []int32{1}, nil, 0, "1*")
		c.epoch, c.id = before, id
		c.expect("the session is closed", 0, nil, nil, kerr.FetchSessionIDNotFound.Code, "")
	}
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	if n := len(s.sessions.sessions); n != 0 || s.sessions.partitions != 0 {
		t.Errorf("%d sessions with %d partitions are left", n, s.sessions.partitions)
	}
}

func TestFetchSessionStaysWithNamesOrIDs(t *testing.T) {
	w := newWorld(t)
	w.topic("topic", 1)
	_, addr := w.open()
	c := &conversation{client: dial(t, addr), version: 12}
	c.expect("by name", 0, []int32{0}, nil, 0, "0")
	c.version = 13
	c.expect("by id", 0, nil, nil, kerr.FetchSessionTopicIDError.Code, "")
}

func TestFetchSessionWithoutPartitionsIsClosed(t *testing.T) {
	w := newWorld(t)
	w.topic("topic", 1)
	_, addr := w.open()
	c := &conversation{client: dial(t, addr), version: 13}
	c.expect("full", 0, []int32{0}, nil, 0, "0")
	c.expect("the last is forgotten", 0, nil, []int32{0}, 0, "")
	c.expect("gone", 0, nil, nil, kerr.FetchSessionIDNotFound.Code, "")
}

func TestFetchSessionSlots(t *testing.T) {
	now := time.Unix(1000, 0)
	parts := func(n int) []fetchPart {
		list := make([]fetchPart, n)
		for i := range list {
			list[i].partition = int32(i)
		}
		return list
	}
	c := newSessionCache(2, rand.Reader)
	small, large := c.open(parts(1), true, now), c.open(parts(3), true, now)
	if small == 0 || large == 0 {
		t.Fatal("free slots were not used")
	}
	if c.open(parts(9), true, now.Add(time.Minute)) != 0 {
		t.Error("a slot of a new session was taken")
	}
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.SessionEpoch = 13, 1
	now = now.Add(sessionStale + time.Second)
	for _, id := range []int32{small, large} {
		req.SessionID = id
		if _, _, err := c.resume(req, now); err != nil {
			t.Fatal(err)
		}
	}
	if c.open(parts(1), true, now) != 0 {
		t.Error("a session took the slot of one that is in use, and not smaller")
	}
	medium := c.open(parts(2), true, now)
	if medium == 0 || c.sessions[small] != nil {
		t.Error("a larger session did not take the smallest one's slot")
	}
	now = now.Add(sessionStale + time.Second)
	req.SessionID = medium
	if _, _, err := c.resume(req, now); err != nil {
		t.Fatal(err)
	}
	if c.open(parts(1), true, now) == 0 || c.sessions[large] != nil {
		t.Error("a session that nobody uses kept its slot")
	}
	if c.partitions != 3 {
		t.Errorf("%d partitions are counted, want 3", c.partitions)
	}
	if c.open(parts(mostSessionPartitions), true, now.Add(time.Hour)) != 0 {
		t.Error("a session has more partitions than all may have")
	}
}

func TestSessionEpochsWrap(t *testing.T) {
	if nextSessionEpoch(1) != 2 || nextSessionEpoch(math.MaxInt32) != 1 {
		t.Error("after the last epoch comes 1")
	}
}

func TestFetchSessionGoesOnElsewhere(t *testing.T) {
	w := newWorld(t)
	p := w.topic("topic", 1)[0]
	_, addr := w.open()
	c := &conversation{client: dial(t, addr), version: 13}
	c.expect("full", 0, []int32{0}, nil, 0, "0")
	waiting := dial(t, addr)
	req := fetchFrom(13, "topic", 0)
	req.Topics, req.SessionID, req.SessionEpoch = nil, c.id, c.epoch
	waiting.send(req)
	waitFor(t, "the waiter", func() bool { return p.waiting() == 1 })
	c.epoch++
	c.expect("on another connection", 0, nil, nil, 0, "")
	p.append("a")
	_, body := waiting.receive()
	if resp := decodeReply[*kmsg.FetchResponse](t, req, body); resp.ErrorCode != kerr.InvalidFetchSessionEpoch.Code || len(resp.Topics) != 0 {
		t.Errorf("the overtaken request got %+v", resp)
	}
}

func TestFetchSessionsDoNotGrowWithoutBound(t *testing.T) {
	now := time.Unix(1000, 0)
	c := newSessionCache(2, rand.Reader)
	req := fetchFrom(13, "topic", 0, 0, 1)
	req.SessionID, req.SessionEpoch = c.open(requestedParts(req), true, now), 1
	c.partitions += mostSessionPartitions - 2 // of other sessions
	req.Topics[0].Partitions[0].Partition = 9
	if _, _, err := c.resume(req, now); err != kerr.FetchSessionIDNotFound || c.partitions != mostSessionPartitions-2 {
		t.Errorf("got %v with %d partitions, want that the session is gone", err, c.partitions)
	}
}
