package controller

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// createTopics decides CreateTopics: each topic on its own, in the order of Kafka's checks (ReplicationControlManager):
// name, configs, then partitions and replicas.
func (r *round) createTopics(q *msg.CreateTopics) {
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
			t.Err = r.createTopic(t, q.ValidateOnly)
		}
	}
}

func (r *round) createTopic(t *msg.NewTopic, validateOnly bool) error {
	if err := checkNewTopicName(r.image(), t.Name); err != nil {
		return err
	}
	overrides, err := r.newTopicConfigs(t)
	if err != nil {
		return err
	}
	partitions, replicas, err := r.shape(t)
	if err != nil {
		return err
	}
	if err := r.checkRoom(partitions); err != nil {
		return err
	}
	assignment, err := r.assign(t.Assignment, partitions, replicas)
	if err != nil {
		return err
	}
	id, err := r.drawTopicID()
	if err != nil {
		return err
	}
	changes := []metadata.Record{metadata.TopicCreated{ID: id, Name: t.Name, Internal: internalTopics[t.Name], AutoFactor: r.growsByItself(t)}}
	for _, key := range slices.Sorted(maps.Keys(overrides)) {
		changes = append(changes, metadata.SetConfig(msg.TopicResource, t.Name, key, overrides[key]))
	}
	changes = append(changes, r.partitionRecords(id, 0, assignment)...)
	if err := r.write(changes, validateOnly); err != nil {
		return err
	}
	t.Partitions, t.ReplicationFactor = int32(len(assignment)), int16(len(assignment[0]))
	if !validateOnly {
		t.ID = id
	}
	return nil
}

// newTopicConfigs checks the overrides that a topic is made with.
func (r *round) newTopicConfigs(t *msg.NewTopic) (map[string]string, error) {
	overrides := make(map[string]string, len(t.Configs))
	var null []string
	for _, key := range slices.Sorted(maps.Keys(t.Configs)) {
		if value := t.Configs[key]; value != nil {
			overrides[key] = *value
		} else {
			null = append(null, key)
		}
	}
	if len(null) > 0 {
		return nil, msg.Errorf(kerr.InvalidConfig, "Null value not supported for topic configs: %s", strings.Join(null, ","))
	}
	return overrides, r.checkOverrides(msg.TopicResource, t.Name, overrides, overrides)
}

// shape says how many partitions a topic gets, and how many replicas each. With an assignment, that is its length, and 0:
// as many as it names.
func (r *round) shape(t *msg.NewTopic) (partitions, replicas int, err error) {
	if len(t.Assignment) > 0 {
		switch {
		case t.ReplicationFactor != -1:
			err = msg.Errorf(kerr.InvalidRequest, "A manual partition assignment was specified, but replication factor was not set to -1.")
		case t.Partitions != -1:
			err = msg.Errorf(kerr.InvalidRequest, "A manual partition assignment was specified, but numPartitions was not set to -1.")
		}
		return len(t.Assignment), 0, err
	}
	switch {
	case t.ReplicationFactor < -1 || t.ReplicationFactor == 0:
		return 0, 0, msg.Errorf(kerr.InvalidReplicationFactor, "Replication factor must be larger than 0, or -1 to use the default value.")
	case t.Partitions < -1 || t.Partitions == 0:
		return 0, 0, msg.Errorf(kerr.InvalidPartitions, "Number of partitions was set to an invalid non-positive value.")
	}
	partitions, replicas = int(t.Partitions), int(t.ReplicationFactor)
	if partitions == -1 {
		partitions = r.defaultPartitions()
	}
	if replicas == -1 {
		replicas = r.defaultReplicas(t)
	}
	return partitions, replicas, nil
}

// growsByItself reports that a topic's partitions get more replicas as nodes join: nobody has said how many there shall be.
func (r *round) growsByItself(t *msg.NewTopic) bool {
	_, source := r.brokerNumber("default.replication.factor")
	return internalTopics[t.Name] || t.ReplicationFactor == -1 && len(t.Assignment) == 0 && source == configs.Default
}

func (r *round) defaultPartitions() int {
	n, _ := r.brokerNumber("num.partitions")
	return n
}

// defaultReplicas is default.replication.factor; where nobody has set it, three where there are three nodes, else one. For an
// internal topic, it is its own config, where there are as many nodes, else one.
func (r *round) defaultReplicas(t *msg.NewTopic) int {
	n, source := r.brokerNumber("default.replication.factor")
	if source != configs.Default && !internalTopics[t.Name] {
		return n
	}
	want := r.wantedReplicas(&metadata.Topic{Name: t.Name, AutoFactor: true})
	if _, err := r.candidates(want); err != nil {
		return 1
	}
	return want
}

// brokerNumber is a number among the broker configs in force here. Values were parsed when they were set.
func (r *round) brokerNumber(name string) (int, configs.Source) {
	v := configs.Resolve(msg.BrokerResource, name, r.brokerLayers())
	if v.Value == nil {
		return 1, v.Source
	}
	n, err := strconv.Atoi(*v.Value)
	if err != nil || n < 1 {
		return 1, v.Source
	}
	return n, v.Source
}

func (r *round) brokerLayers() configs.Layers {
	return configs.Layers{
		Own:     r.image().Overrides(msg.BrokerResource, strconv.Itoa(int(r.self))),
		Cluster: r.image().Overrides(msg.BrokerResource, ""),
		Static:  r.static,
	}
}
