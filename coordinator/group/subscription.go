package group

import "errors"

// What a member of protocol type "consumer" says about itself, from version 0 to 3 (Kafka's ConsumerProtocolSubscription):
//
//	int16   version
//	array   topics, strings
//	bytes   user data               null: none
//	array   owned partitions        (from version 1)
//	  string  topic
//	  array   partitions, int32
//	int32   generation, -1: none    (from version 2)
//	string  rack                    (from version 3)  null: none
//
// A newer version has more behind that, which is not looked at.
type subscription struct {
	version    int16
	topics     []string
	owned      []ownedTopic
	generation int32
	rack       *string
}

type ownedTopic struct {
	topic      string
	partitions []int32
}

// parseSubscription never fails for what is only missing at the end: clients are known to send less than their version says.
func parseSubscription(b []byte) (subscription, error) {
	r := reader{b: b}
	s := subscription{version: r.int16(), generation: -1}
	for n := r.count(2); n > 0; n-- {
		s.topics = append(s.topics, r.string())
	}
	if r.err != nil {
		return subscription{}, r.err
	}
	if s.version < 0 {
		return subscription{}, errors.New("its version is negative")
	}
	r.bytes()
	if s.version >= 1 {
		s.owned = readOwned(&r)
	}
	if s.version >= 2 && r.err == nil {
		s.generation = r.int32()
	}
	if s.version >= 3 && r.err == nil {
		s.rack = r.nullable()
	}
	if r.err != nil {
		return subscription{version: 0, topics: s.topics, generation: -1}, nil
	}
	return s, nil
}

// readOwned reads topics with their partitions.
func readOwned(r *reader) []ownedTopic {
	var all []ownedTopic
	for n := r.count(6); n > 0 && r.err == nil; n-- {
		t := ownedTopic{topic: r.string()}
		for m := r.count(4); m > 0; m-- {
			t.partitions = append(t.partitions, r.int32())
		}
		all = append(all, t)
	}
	return all
}

// parseAssignment reads what encodeAssignment, or a client, wrote. Nothing at all is an empty assignment.
func parseAssignment(b []byte) ([]ownedTopic, error) {
	if len(b) == 0 {
		return nil, nil
	}
	r := reader{b: b}
	r.int16()
	topics := readOwned(&r)
	return topics, r.err
}

// encodeAssignment writes what a member of protocol type "consumer" is assigned (ConsumerProtocolAssignment):
//
//	int16   version
//	array   topics
//	  string  topic
//	  array   partitions, int32
//	bytes   user data, null
func encodeAssignment(version int16, topics []ownedTopic) []byte {
	w := make(writer, 0, 64)
	w.int16(version)
	w.int32(int32(len(topics)))
	for _, t := range topics {
		w.string(t.topic)
		w.int32(int32(len(t.partitions)))
		for _, p := range t.partitions {
			w.int32(p)
		}
	}
	w.int32(-1)
	return w
}
