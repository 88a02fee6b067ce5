package fabric

import "github.com/seed-e634fa49/troupe/actors/msg"

// topicRequests are those of actors/msg/controller.go.
func topicRequests() []portable {
	return []portable{
		travels("CreateTopics", 1, toController, createdTopics, adoptCreatedTopics),
		travels("DeleteTopics", 1, toController, deletedTopics, adoptDeletedTopics),
		travels("CreatePartitions", 1, toController, widenedTopics, adoptWidenedTopics),
		travels("AlterConfigs", 1, toController, alteredConfigs, adoptAlteredConfigs),
		travels("AllocateProducerIDs", 1, toController, producerIDs, adoptProducerIDs),
	}
}

// createdTopic is the answer to one msg.NewTopic.
type createdTopic struct {
	ID                msg.TopicID `json:"id"`
	Partitions        int32       `json:"partitions"`
	ReplicationFactor int16       `json:"replicationFactor"`
	Fault             *fault      `json:"fault,omitempty"`
}

func createdTopics(q *msg.CreateTopics) []createdTopic {
	answers := make([]createdTopic, len(q.Topics))
	for i, t := range q.Topics {
		answers[i] = createdTopic{t.ID, t.Partitions, t.ReplicationFactor, faultOf(t.Err)}
	}
	return answers
}

func adoptCreatedTopics(q *msg.CreateTopics, answers []createdTopic) error {
	return pairUp(q.Topics, answers, func(t *msg.NewTopic, a createdTopic) {
		t.ID, t.Partitions, t.ReplicationFactor, t.Err = a.ID, a.Partitions, a.ReplicationFactor, a.Fault.err()
	})
}

// deletedTopic is the answer to one msg.DeadTopic.
type deletedTopic struct {
	Name  string      `json:"name"`
	ID    msg.TopicID `json:"id"`
	Fault *fault      `json:"fault,omitempty"`
}

func deletedTopics(q *msg.DeleteTopics) []deletedTopic {
	answers := make([]deletedTopic, len(q.Topics))
	for i, t := range q.Topics {
		answers[i] = deletedTopic{t.Name, t.ID, faultOf(t.Err)}
	}
	return answers
}

func adoptDeletedTopics(q *msg.DeleteTopics, answers []deletedTopic) error {
	return pairUp(q.Topics, answers, func(t *msg.DeadTopic, a deletedTopic) {
		t.Name, t.ID, t.Err = a.Name, a.ID, a.Fault.err()
	})
}

func widenedTopics(q *msg.CreatePartitions) []*fault {
	answers := make([]*fault, len(q.Topics))
	for i, t := range q.Topics {
		answers[i] = faultOf(t.Err)
	}
	return answers
}

func adoptWidenedTopics(q *msg.CreatePartitions, answers []*fault) error {
	return pairUp(q.Topics, answers, func(t *msg.WiderTopic, a *fault) { t.Err = a.err() })
}

func alteredConfigs(q *msg.AlterConfigs) []*fault {
	answers := make([]*fault, len(q.Resources))
	for i, r := range q.Resources {
		answers[i] = faultOf(r.Err)
	}
	return answers
}

func adoptAlteredConfigs(q *msg.AlterConfigs, answers []*fault) error {
	return pairUp(q.Resources, answers, func(r *msg.AlteredResource, a *fault) { r.Err = a.err() })
}

// idBlock is the answer to msg.AllocateProducerIDs.
type idBlock struct {
	First int64 `json:"first"`
	Count int64 `json:"count"`
}

func producerIDs(q *msg.AllocateProducerIDs) idBlock { return idBlock{q.First, q.Count} }

func adoptProducerIDs(q *msg.AllocateProducerIDs, a idBlock) error {
	q.First, q.Count = a.First, a.Count
	return nil
}
