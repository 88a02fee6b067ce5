package group

import (
	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// Coordinators has one coordinator beside each replica of the offsets topic that this node hosts. Its methods are called on one
// goroutine or actor step at a time.
type Coordinators struct {
	// Options are those of each coordinator, but for Partition and Log.
	Options
	System    *actors.System
	Directory msg.Directory
	Logger    zerolog.Logger

	running map[msg.TopicPartition]actors.Ref
}

// Follow starts the coordinators that a new image asks for, when the replicas that it places here run already, and stops those
// whose replica is gone.
func (s *Coordinators) Follow(image *metadata.Image) {
	hosted := map[msg.TopicPartition]msg.Partition{}
	if topic, ok := image.Topic(msg.OffsetsTopic); ok {
		for p := range topic.Partitions {
			id := msg.TopicPartition{Topic: topic.ID, Partition: int32(p)}
			if log, here := s.Directory.Partition(id); here {
				hosted[id] = log
			}
		}
	}
	for id, ref := range s.running {
		if _, still := hosted[id]; !still {
			delete(s.running, id)
			s.System.Stop(ref, func() {})
		}
	}
	for id, log := range hosted {
		if _, runs := s.running[id]; !runs {
			s.start(id, log)
		}
	}
}

func (s *Coordinators) start(id msg.TopicPartition, log msg.Partition) {
	o := s.Options
	o.Partition, o.Log = id.Partition, log
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
