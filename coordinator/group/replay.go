package group

import (
	"fmt"
	"time"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// replay applies a committed record of the log, when a coordinator takes over. An error names a record that can't be read; the
// core is as it was before it.
func (c *core) replay(r record.Record) error {
	c.loadedRecords++
	c.written += sizeOf(r)
	k := reader{b: r.Key}
	version := k.int16()
	id := k.string()
	if k.err != nil {
		return fmt.Errorf("the key of a group's record: %w", k.err)
	}
	var err error
	switch version {
	case offsetKeyOld, offsetKey:
		err = c.replayOffset(id, &k, r.Value)
	case classicKey:
		err = c.replayClassic(id, r.Value)
	default:
		err = c.replayConsumer(version, id, &k, r.Value)
	}
	if err != nil {
		return fmt.Errorf("a record of group %q: %w", id, err)
	}
	return nil
}

func (c *core) replayOffset(id string, k *reader, value []byte) error {
	at := place{k.string(), k.int32()}
	if k.err != nil {
		return k.err
	}
	g, known := c.groups[id]
	if value == nil {
		if known {
			g.offsets.remove(at)
			c.forgetUnused(g)
		}
		return nil
	}
	v, err := readOffset(value)
	if err != nil {
		return err
	}
	if !known {
		g = c.create(id)
	}
	g.offsets.set(at, v)
	return nil
}

func (c *core) replayClassic(id string, value []byte) error {
	g, known := c.groups[id]
	if value == nil {
		if known && g.classic != nil {
			g.classic = &classic{since: time.Time{}}
			c.forgetUnused(g)
		}
		return nil
	}
	k, err := readClassic(value)
	if err != nil {
		return err
	}
	if !known {
		g = c.create(id)
	}
	g.classic, g.consumer = k, nil
	return nil
}

func (c *core) forgetUnused(g *group) {
	if g.unused() {
		delete(c.groups, g.id)
	}
}

// loaded begins to coordinate: all that is committed has been replayed. Members that were there have to be heard of from now on.
func (c *core) loaded(now time.Time) {
	c.now = now
	c.swept = now.Add(c.settings.expiryInterval)
	for _, g := range c.sorted() {
		if g.consumer != nil {
			c.resumeConsumer(g)
			continue
		}
		for _, m := range g.classic.members.list {
			c.heard(g, m)
		}
		if len(g.classic.members.list) > c.settings.maxSize {
			c.prepare(g, "the group has more members than group.max.size")
		}
	}
	c.estimateLive()
}
