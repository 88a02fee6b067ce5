package node

import (
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/partitions"
)

// What partitions have to say to the controller. They call on their own step, and wait for nothing.

// tellAgain is after how long a report that the controller did not take is told again: it may be another one by then.
const tellAgain = 500 * time.Millisecond

// moved tells the controller that a partition's group, which is led here, has the members that it was assigned: until it is taken, as
// nobody asks for it. Told late it is taken for what it is, by the number of the move.
func (n *Node) moved(id msg.TopicPartition, voters []uint64, move uint64) {
	if id == metadataPartition || n.stopping.Load() {
		return
	}
	q := &msg.MoveDone{Partition: id, RaftIDs: voters, Move: move}
	q.Done = func(err error) {
		if err == nil || errors.Is(err, kerr.UnknownTopicOrPartition) {
			return
		}
		n.log.Debug().Err(err).Stringer("partition", id).Msg("the controller did not take the end of a move; it is told again")
		n.o.Clock.AfterFunc(tellAgain, func() { n.moved(id, voters, move) })
	}
	if err := n.controllerOfAll().Post(q); err != nil {
		q.Refuse(err)
	}
}

// recovered tells the controller who is left of a partition's group, which is led here, until it has taken that: there is nobody else
// who would say so before another leads.
func (n *Node) recovered(id msg.TopicPartition, r partitions.Recovered) {
	if n.stopping.Load() || id == metadataPartition {
		return
	}
	q := &msg.PartitionRecovered{Partition: id, RaftIDs: r.Voters, Banned: r.Banned}
	q.Done = func(err error) {
		if err == nil || errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.InvalidRequest) {
			n.log.Info().Err(err).Stringer("partition", id).Uints64("voters", r.Voters).Uints64("banned", r.Banned).Msg("the controller knows who is left of a recovered partition")
			return
		}
		n.o.Clock.AfterFunc(tellAgain, func() { n.recovered(id, r) })
	}
	if err := n.controllerOfAll().Post(q); err != nil {
		q.Refuse(err)
	}
}

// lost asks the controller for another replica in place of one here. It is called again until there is one.
func (n *Node) lost(id msg.TopicPartition, raftID uint64) {
	q := &msg.ReplicaLost{Partition: id, RaftID: raftID}
	q.Done = func(err error) {
		n.log.Info().Err(err).Stringer("partition", id).Uint64("replica", raftID).Msg("asked for another replica in place of one that may have forgotten what it acknowledged")
	}
	if err := n.controllerOfAll().Post(q); err != nil {
		q.Refuse(err)
	}
}
