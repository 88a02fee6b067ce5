package group

import (
	"maps"
	"slices"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// Coordinators has one coordinator beside each replica of the offsets topic that this node hosts. Its methods are called on one
// goroutine or actor step at a time.
type Coordinators struct {
	// Options are those of each coordinator, but for ID.
	Options
	System *actors.System
	Logger zerolog.Logger

	running map[msg.TopicPartition]actors.Ref
}

// Follow starts the coordinators that a new image asks for, when the replicas that it places here run already, and stops those
// whose replica is gone.
func (s *Coordinators) Follow(image *metadata.Image) {
	var hosted []msg.TopicPartition
	if topic, ok := image.Topic(msg.OffsetsTopic); ok {
		for p := range topic.Partitions {
			id := msg.TopicPartition{Topic: topic.ID, Partition: int32(p)}
			if _, here := s.Directory.Partition(id); here {
				hosted = append(hosted, id)
			}
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(s.running), msg.TopicPartition.Compare) {
		if !slices.Contains(hosted, id) {
			s.System.Stop(s.running[id], func() {})
			delete(s.running, id)
		}
	}
	for _, id := range hosted {
		if _, runs := s.running[id]; !runs {
			s.start(id)
		}
	}
}

func (s *Coordinators) start(id msg.TopicPartition) {
	o := s.Options
	o.ID = id
	ref, err := s.System.Spawn(Spec(o))
	if err != nil {
		// Its predecessor, of a topic that was deleted, may not have stopped yet. The next image tries again.
		s.Logger.Error().Err(err).Int32("partition", id.Partition).Msg("can't start a group coordinator")
		return
	}
	if s.running == nil {
		s.running = map[msg.TopicPartition]actors.Ref{}
	}
	s.running[id] = ref
}
