package controller

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// Whatever is asked: what the controller proposes applies to the image that it was decided on, through the codec, and
// leads to the very image that the round had in mind. And a refused item has written nothing.
func TestProposalsAlwaysApply(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		image := metadata.Empty()
		draft := image.Draft()
		for _, r := range []metadata.Record{
			metadata.ClusterFounded{ClusterID: "c", Level: 1},
			metadata.NodeRegistered{Registration: msg.Registration{ID: 1, Directory: "d1"}},
			metadata.NodeRegistered{Registration: msg.Registration{ID: 2, Directory: "d2", Rack: "r"}},
		} {
			if err := draft.Apply(r); err != nil {
				t.Fatal(err)
			}
		}
		image = draft.Image()
		for range 40 {
			c := &core{node: msg.Registration{ID: 1, Directory: "d1"}, random: chance{rnd}, image: image}
			r := c.newRound()
			for range 1 + rnd.IntN(4) {
				before := len(r.records)
				q := anyRequest(rnd, r.image())
				r.decide(q)
				if !accepted(q) && len(r.records) != before {
					t.Fatalf("seed %d: %+v was refused and has written %d records", seed, q, len(r.records)-before)
				}
			}
			if len(r.records) == 0 {
				continue
			}
			b := record.Build(r.records, time.UnixMilli(0))
			b.Stamp(image.Offset()+1, 0)
			next, _, err := image.Apply(b)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if !reflect.DeepEqual(next.Topics(), r.image().Topics()) || next.NextRaftID() != r.image().NextRaftID() || next.NextProducerID() != r.image().NextProducerID() {
				t.Fatalf("seed %d: the log leads to another image than the round", seed)
			}
			image = next
		}
	}
}

// chance is a seeded source of random bytes.
type chance struct{ *rand.Rand }

func (c chance) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c.Uint32())
	}
	return len(p), nil
}

func anyRequest(rnd *rand.Rand, i *metadata.Image) ask {
	name := func() string { return []string{"a", "b", "c", "d.e", "d_e", "", "x y"}[rnd.IntN(7)] }
	assignment := func() [][]msg.NodeID {
		if rnd.IntN(2) == 0 {
			return nil
		}
		out := make([][]msg.NodeID, 1+rnd.IntN(2))
		for p := range out {
			for range rnd.IntN(3) {
				out[p] = append(out[p], msg.NodeID(1+rnd.IntN(3)))
			}
		}
		return out
	}
	switch rnd.IntN(5) {
	case 0, 1:
		q := &msg.CreateTopics{ValidateOnly: rnd.IntN(5) == 0}
		for range 1 + rnd.IntN(3) {
			topic := &msg.NewTopic{Name: name(), Partitions: int32(rnd.IntN(4)), ReplicationFactor: int16(rnd.IntN(4)), Assignment: assignment()}
			if topic.Assignment != nil && rnd.IntN(2) == 0 {
				topic.Partitions, topic.ReplicationFactor = -1, -1
			}
			q.Topics = append(q.Topics, topic)
		}
		return q
	case 2:
		q := &msg.DeleteTopics{}
		for range 1 + rnd.IntN(3) {
			dead := &msg.DeadTopic{Name: name()}
			if t, ok := i.Topic(dead.Name); ok && rnd.IntN(2) == 0 {
				dead.Name, dead.ID = "", t.ID
			}
			q.Topics = append(q.Topics, dead)
		}
		return q
	case 3:
		q := &msg.CreatePartitions{ValidateOnly: rnd.IntN(5) == 0}
		for range 1 + rnd.IntN(2) {
			q.Topics = append(q.Topics, &msg.WiderTopic{Name: name(), Count: int32(rnd.IntN(6)), Assignment: assignment()})
		}
		return q
	}
	return &msg.AllocateProducerIDs{}
}

// accepted reports that at least one item of a request was not refused.
func accepted(q ask) bool {
	ok := false
	switch q := q.(type) {
	case *msg.CreateTopics:
		for _, t := range q.Topics {
			ok = ok || t.Err == nil
		}
		return ok && !q.ValidateOnly
	case *msg.DeleteTopics:
		for _, t := range q.Topics {
			ok = ok || t.Err == nil
		}
	case *msg.CreatePartitions:
		for _, t := range q.Topics {
			ok = ok || t.Err == nil
		}
		return ok && !q.ValidateOnly
	default:
		return true
	}
	return ok
}
