package group

import (
	"encoding/hex"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// ask is a request to the coordinator.
type ask interface {
	msg.Request
	// Answer completes the request.
	Answer(err error)
}

// randomness is where member ids come from.
type randomness interface{ Read([]byte) (int, error) }

// core coordinates the groups of one partition, without its actor: it is given requests, committed records and the time; take
// returns what is to be written and answered. Its state runs ahead of the log: what take returned as records is true only once
// they are committed, and if they never are, the core is thrown away.
type core struct {
	settings settings
	image    *metadata.Image
	random   randomness
	// now is the time of the event in hand.
	now time.Time

	groups map[string]*group
	alarms alarms
	// swept is when expired offsets are next looked for.
	swept time.Time
	rewrite
	out effects
}

// effects is what the actor has to do: append the records, and give the answers once these, and all before them, are
// committed.
type effects struct {
	records []record.Record
	answers []answer
}

type answer struct {
	ask ask
	err error
}

func newCore(random randomness) *core {
	return &core{random: random, image: metadata.Empty(), groups: map[string]*group{}}
}

// take hands over the effects since the last time.
func (c *core) take() effects {
	out := c.out
	c.out = effects{}
	return out
}

func (c *core) write(r record.Record) {
	c.out.records = append(c.out.records, r)
	c.wrote(r)
}

func (c *core) answer(q ask, err error) { c.out.answers = append(c.out.answers, answer{q, err}) }

// observe takes note of the cluster's image, and of what it says about the coordinator's configs.
func (c *core) observe(image *metadata.Image, s settings) { c.image, c.settings = image, s }

// handle does what a request asks for. Its answer is among the effects, now or later.
func (c *core) handle(q ask, now time.Time) {
	c.now = now
	switch q := q.(type) {
	case *msg.JoinGroup:
		c.join(q)
	case *msg.SyncGroup:
		c.sync(q)
	case *msg.HeartbeatGroup:
		c.answer(q, c.heartbeat(q))
	case *msg.LeaveGroup:
		c.answer(q, c.leave(q))
	case *msg.CommitOffsets:
		c.answer(q, c.commit(q))
	case *msg.FetchOffsets:
		c.answer(q, c.fetch(q))
	case *msg.DeleteOffsets:
		c.answer(q, c.deleteOffsets(q))
	case *msg.HeartbeatConsumer:
		c.answer(q, c.heartbeatConsumer(q))
	case *msg.ListGroups:
		c.list(q)
		c.answer(q, nil)
	case *msg.DescribeGroup:
		c.answer(q, c.describe(q))
	case *msg.DeleteGroup:
		c.answer(q, c.deleteGroup(q))
	case *msg.ExplainGroup:
		c.answer(q, c.explain(q))
	default:
		c.answer(q, msg.Errorf(kerr.InvalidRequest, "a group coordinator does not know the request %T", q))
	}
}

// tick does what is due.
func (c *core) tick(now time.Time) {
	c.now = now
	for {
		g := c.alarms.due(now)
		if g == nil {
			break
		}
		if c.groups[g.id] != g {
			continue
		}
		if g.consumer != nil {
			c.expireConsumer(g)
		} else {
			c.expireClassic(g)
		}
		c.wake(g, g.deadline())
	}
	if !now.Before(c.swept) {
		c.expireOffsets()
		c.swept = now.Add(c.settings.expiryInterval)
	}
}

// next is when tick has something to do.
func (c *core) next() time.Time {
	if at, some := c.alarms.first(); some && at.Before(c.swept) {
		return at
	}
	return c.swept
}

// wake has a group looked at, at that time or before. The zero time asks for nothing.
func (c *core) wake(g *group, at time.Time) {
	if at.IsZero() || !g.alarm.IsZero() && !at.Before(g.alarm) {
		return
	}
	g.alarm = at
	c.alarms.set(g, at)
}

// abandon answers every request that is parked in a group, when the core is given up.
func (c *core) abandon(err error) {
	for _, g := range c.sorted() {
		if g.classic != nil {
			c.refuseParked(g, err)
		}
	}
}

// newID makes an id that nobody else has: what is given, a dash, and a random UUID.
func (c *core) newID(prefix string) (string, error) {
	var raw [16]byte
	if n, err := c.random.Read(raw[:]); err != nil || n < len(raw) {
		return "", msg.Errorf(kerr.UnknownServerError, "making a member's id: got %d random bytes, error %v", n, err)
	}
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	text := hex.EncodeToString(raw[:])
	id := text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
	if prefix == "" {
		return id, nil
	}
	return prefix + "-" + id, nil
}
