package kafka

import (
	"encoding/binary"
	"io"
	"math"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// A fetch session remembers which partitions a client fetches, so that each request names only what has changed, and each
// answer only the partitions that have something to say (KIP-227).
//
// A client asks for a session with session id 0 and epoch 0, and gets an id. Its next request has epoch 1, and so on; after
// MaxInt32 comes 1. Epoch -1 closes the session, epoch 0 with an id replaces it by another one.

const (
	firstSessionEpoch = 0
	finalSessionEpoch = -1
	// sessionStale is how long a session must be unused before any other may take its slot, and how old it must be before
	// a larger one may (min.incremental.fetch.session.eviction.ms in Kafka's code).
	sessionStale = 2 * time.Minute
	// mostSessionPartitions bounds the partitions of all sessions together. Beyond it clients are served without sessions.
	mostSessionPartitions = 500_000
)

// sessionKey names a partition as the client does: by the topic's name, or from v13 by its id.
type sessionKey struct {
	topic     string
	id        msg.TopicID
	partition int32
}

// sessionPart is a partition in a session: what the client wants of it, and what it was last told.
type sessionPart struct {
	sessionKey
	wanted fetchWanted
	// What the client knows; -1 makes it hear of the partition again.
	highWatermark, lastStable, logStart int64
	prev, next                          *sessionPart
}

// session is one client's. Its list has each partition of the map once.
type session struct {
	id      int32
	byID    bool
	created time.Time
	used    time.Time // guarded by the cache

	mu    sync.Mutex
	epoch int32 // that the next request must have
	parts map[sessionKey]*sessionPart
	// root is before the first and behind the last partition, in the order in which they are read.
	root sessionPart
}

func newSession(byID bool, now time.Time) *session {
	s := &session{byID: byID, created: now, used: now, epoch: 1, parts: map[sessionKey]*sessionPart{}}
	s.root.prev, s.root.next = &s.root, &s.root
	return s
}

// want adds a partition at the end, or changes what is wanted of it.
func (s *session) want(key sessionKey, w fetchWanted) *sessionPart {
	p := s.parts[key]
	if p == nil {
		p = &sessionPart{sessionKey: key, highWatermark: -1, lastStable: -1, logStart: -1}
		s.parts[key] = p
		s.pushBack(p)
	}
	p.wanted = w
	return p
}

func (s *session) forget(key sessionKey) {
	if p := s.parts[key]; p != nil {
		delete(s.parts, key)
		p.prev.next, p.next.prev = p.next, p.prev
	}
}

func (s *session) pushBack(p *sessionPart) {
	p.prev, p.next = s.root.prev, &s.root
	p.prev.next, p.next.prev = p, p
}

// told notes what an answer says of a partition, and moves one that had data behind the others, so that the next answer
// begins with those that were left out. It reports whether there is anything to say.
func (s *session) told(f *fetchPart) bool {
	p := s.parts[sessionKey{f.topic, f.id, f.partition}]
	if p == nil {
		return true
	}
	news := f.read.Bytes > 0 || f.code != 0 || f.diverges || f.prefers ||
		p.highWatermark != f.highWatermark || p.lastStable != f.lastStable || p.logStart != f.logStart
	// An error tells -1 of all three, so that the partition is told again when it is over.
	p.highWatermark, p.lastStable, p.logStart = f.highWatermark, f.lastStable, f.logStart
	if f.read.Bytes > 0 {
		p.prev.next, p.next.prev = p.next, p.prev
		s.pushBack(p)
	}
	return news
}

// update applies a request's changes.
func (s *session) update(req *kmsg.FetchRequest) {
	for i := range req.Topics {
		t := &req.Topics[i]
		for j := range t.Partitions {
			s.want(sessionKey{t.Topic, t.TopicID, t.Partitions[j].Partition}, wantedOf(&t.Partitions[j]))
		}
	}
	for i := range req.ForgottenTopics {
		t := &req.ForgottenTopics[i]
		for _, p := range t.Partitions {
			s.forget(sessionKey{t.Topic, t.TopicID, p})
		}
	}
}

// list copies what is wanted, in the order in which it is to be read.
func (s *session) list() []fetchPart {
	parts := make([]fetchPart, 0, len(s.parts))
	for p := s.root.next; p != &s.root; p = p.next {
		parts = append(parts, fetchPart{at: len(parts), topic: p.topic, id: p.id, partition: p.partition, wanted: p.wanted})
	}
	return parts
}

func nextSessionEpoch(epoch int32) int32 {
	if epoch == math.MaxInt32 {
		return 1
	}
	return epoch + 1
}

// sessionCache holds the node's sessions.
type sessionCache struct {
	mu         sync.Mutex
	slots      int
	random     io.Reader
	sessions   map[int32]*session
	sizes      map[int32]int // partitions of each
	partitions int           // of all
}

func newSessionCache(slots int, random io.Reader) *sessionCache {
	return &sessionCache{slots: slots, random: random, sessions: map[int32]*session{}, sizes: map[int32]int{}}
}

// resume finds the session of an incremental request, changes it as the request says, and moves it to the next epoch. It
// is nil, without an error, when the request leaves no partition in it: it is then closed.
func (c *sessionCache) resume(req *kmsg.FetchRequest, now time.Time) (*session, []fetchPart, *kerr.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sessions[req.SessionID]
	if s == nil {
		return nil, nil, kerr.FetchSessionIDNotFound
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != req.SessionEpoch {
		return nil, nil, kerr.InvalidFetchSessionEpoch
	}
	if s.byID != (req.Version >= 13) {
		return nil, nil, kerr.FetchSessionTopicIDError
	}
	s.update(req)
	c.resize(s)
	switch {
	case len(s.parts) == 0:
		c.remove(s.id)
		return nil, nil, nil
	case c.partitions > mostSessionPartitions:
		c.remove(s.id)
		return nil, nil, kerr.FetchSessionIDNotFound
	}
	s.used = now
	s.epoch = nextSessionEpoch(s.epoch)
	return s, s.list(), nil
}

func (c *sessionCache) resize(s *session) {
	c.partitions += len(s.parts) - c.sizes[s.id]
	c.sizes[s.id] = len(s.parts)
}

// close forgets a session, if it is there.
func (c *sessionCache) close(id int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(id)
}

func (c *sessionCache) remove(id int32) {
	c.partitions -= c.sizes[id]
	delete(c.sizes, id)
	delete(c.sessions, id)
}

// open makes a session for a full request whose answer is parts. It returns id 0 where there is no room: the client is
// then served without.
func (c *sessionCache) open(parts []fetchPart, byID bool, now time.Time) int32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(parts) == 0 || c.partitions+len(parts) > mostSessionPartitions || !c.makeRoom(len(parts), now) {
		return 0
	}
	s := newSession(byID, now)
	if s.id = c.freeID(); s.id == 0 {
		return 0
	}
	for i := range parts {
		f := &parts[i]
		s.want(sessionKey{f.topic, f.id, f.partition}, f.wanted)
		s.told(f)
	}
	c.sessions[s.id] = s
	c.resize(s)
	return s.id
}

// freeID draws an id that no session has; 0 when there is no randomness.
func (c *sessionCache) freeID() int32 {
	for {
		var b [4]byte
		if _, err := io.ReadFull(c.random, b[:]); err != nil {
			return 0
		}
		id := int32(binary.BigEndian.Uint32(b[:]) & math.MaxInt32)
		if id != 0 && c.sessions[id] == nil {
			return id
		}
	}
}

// makeRoom finds a slot for a session of size partitions: a free one, or that of the session that was unused for longest,
// if that is stale, or that of the smallest session, if it is smaller and not new any more.
func (c *sessionCache) makeRoom(size int, now time.Time) bool {
	if len(c.sessions) < c.slots {
		return true
	}
	var oldest, smallest *session
	for _, s := range c.sessions {
		if oldest == nil || s.used.Before(oldest.used) || s.used.Equal(oldest.used) && s.id < oldest.id {
			oldest = s
		}
		if now.Sub(s.created) < sessionStale {
			continue
		}
		if smallest == nil || c.sizes[s.id] < c.sizes[smallest.id] || c.sizes[s.id] == c.sizes[smallest.id] && s.id < smallest.id {
			smallest = s
		}
	}
	switch {
	case oldest != nil && now.Sub(oldest.used) > sessionStale:
		c.remove(oldest.id)
	case smallest != nil && c.sizes[smallest.id] < size:
		c.remove(smallest.id)
	default:
		return false
	}
	return true
}
