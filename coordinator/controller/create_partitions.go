package controller

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// createPartitions decides CreatePartitions: topics grow, they never shrink.
func (r *round) createPartitions(q *msg.CreatePartitions) {
	names := make([]string, len(q.Topics))
	for i, t := range q.Topics {
		names[i] = t.Name
	}
	twice := duplicates(names)
	for i, t := range q.Topics {
		switch {
		case twice[t.Name]:
			t.Err = msg.Errorf(kerr.InvalidRequest, "Duplicate topic name.")
		case tooMany(i) != nil:
			t.Err = tooMany(i)
		default:
			t.Err = r.widenTopic(t, q.ValidateOnly)
		}
	}
}

func (r *round) widenTopic(t *msg.WiderTopic, validateOnly bool) error {
	topic, ok := r.image().Topic(t.Name)
	if !ok {
		return unknownTopic(t.Name)
	}
	has, want := len(topic.Partitions), int(t.Count)
	if want == has {
		return msg.Errorf(kerr.InvalidPartitions, "Topic already has %d partition(s).", has)
	}
	if want < has {
		return msg.Errorf(kerr.InvalidPartitions, "The topic %s currently has %d partition(s); %d would not be an increase.", t.Name, has, want)
	}
	if n := len(t.Assignment); n > 0 && n != want-has {
		return msg.Errorf(kerr.InvalidReplicaAssignment, "Attempted to add %d additional partition(s), but only %d assignment(s) were specified.", want-has, n)
	}
	replicas := len(topic.Partitions[0].Members())
	if err := r.checkRoom(want - has); err != nil {
		return err
	}
	assignment, err := r.assign(t.Assignment, want-has, replicas)
	if err != nil {
		return err
	}
	return r.write(r.partitionRecords(topic.ID, has, assignment), validateOnly)
}

func unknownTopic(name string) error {
	return msg.Errorf(kerr.UnknownTopicOrPartition, "The topic '%s' does not exist.", name)
}
