package controller

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// deleteTopics decides DeleteTopics. A topic is named once, by its name or by its id; where it is named twice, none of the
// two deletes it. The metadata log is no topic of the image, so it is unknown here, as it is in Kafka.
func (r *round) deleteTopics(q *msg.DeleteTopics) {
	if !r.deletionEnabled() {
		for _, t := range q.Topics {
			t.Err = msg.Errorf(kerr.TopicDeletionDisabled, "Topic deletion is disabled: delete.topic.enable is false.")
		}
		return
	}
	asked := map[msg.DeadTopic]int{}
	for _, t := range q.Topics {
		asked[msg.DeadTopic{Name: t.Name, ID: t.ID}]++
	}
	found := make([]*metadata.Topic, len(q.Topics))
	times := map[msg.TopicID]int{}
	for i, t := range q.Topics {
		again := asked[msg.DeadTopic{Name: t.Name, ID: t.ID}] > 1
		if found[i], t.Err = findDead(r.image(), t, again); t.Err == nil {
			times[found[i].ID]++
		}
	}
	for i, t := range q.Topics {
		if t.Err == nil {
			t.Err = r.deleteTopic(t, found[i], times[found[i].ID] > 1)
		}
	}
}

// deletionEnabled is delete.topic.enable.
func (r *round) deletionEnabled() bool {
	v := configs.Resolve(msg.BrokerResource, "delete.topic.enable", r.brokerLayers())
	return v.Value == nil || *v.Value != "false"
}

// findDead finds the topic to delete.
func findDead(image *metadata.Image, t *msg.DeadTopic, again bool) (*metadata.Topic, error) {
	byID := t.ID != msg.TopicID{}
	switch {
	case byID && t.Name != "":
		return nil, msg.Errorf(kerr.InvalidRequest, "You may not specify both topic name and topic id.")
	case !byID && t.Name == "":
		return nil, msg.Errorf(kerr.InvalidRequest, "Neither topic name nor id were specified.")
	case byID && again:
		return nil, msg.Errorf(kerr.InvalidRequest, "Duplicate topic id.")
	case again:
		return nil, msg.Errorf(kerr.InvalidRequest, "Duplicate topic name.")
	}
	if byID {
		if topic, ok := image.TopicByID(t.ID); ok {
			return topic, nil
		}
		return nil, msg.Errorf(kerr.UnknownTopicID, "No topic has the id %s.", t.ID)
	}
	if topic, ok := image.Topic(t.Name); ok {
		return topic, nil
	}
	return nil, unknownTopic(t.Name)
}

func (r *round) deleteTopic(t *msg.DeadTopic, topic *metadata.Topic, twice bool) error {
	if twice {
		return msg.Errorf(kerr.InvalidRequest, "The provided topic name maps to an ID that was already supplied.")
	}
	if err := r.write([]metadata.Record{metadata.TopicDeleted{ID: topic.ID}}, false); err != nil {
		return err
	}
	t.Name, t.ID = topic.Name, topic.ID
	return nil
}
