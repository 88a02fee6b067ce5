package node

import (
	"errors"
	"strconv"
	"strings"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
	"github.com/seed-e634fa49/troupe/partitions"
)

// host is what replicas need of partitions.Host.
type host interface {
	msg.Directory
	Start(partitions.Spec) error
	Delete(msg.TopicPartition)
	All() []msg.TopicPartition
}

// logs is what replicas need of wal.Store.
type logs interface {
	Logs() ([]string, error)
	Remove(name string) error
}

// replicas keeps the partitions that run on this node in step with the image. Its methods are called on the controller's
// step only.
type replicas struct {
	node      msg.NodeID
	directory string // id of this node's data directory
	host      host
	logs      logs
	static    map[string]string
	log       zerolog.Logger
	// told is the configuration that each topic's partitions have.
	told map[msg.TopicID]msg.TopicConfig
}

// startAll starts everything that the image places here, and then removes the logs that it does not know: those of topics
// that were deleted while this node was away. The image must be up to date.
func (r *replicas) startAll(i *metadata.Image) {
	known := map[string]bool{metadataPartition.String(): true}
	for _, t := range i.Topics() {
		r.start(i, t)
		for p := range t.Partitions {
			if _, mine := r.replica(t, p); mine {
				known[msg.TopicPartition{Topic: t.ID, Partition: int32(p)}.String()] = true
			}
		}
	}
	names, err := r.logs.Logs()
	if err != nil {
		r.log.Error().Err(err).Msg("can't list the logs on disk; those of deleted topics stay until the next start")
		return
	}
	for _, name := range names {
		if known[name] {
			continue
		}
		if _, err := parsePartition(name); err != nil {
			r.log.Warn().Err(err).Msg("a log on disk has no partition's name and is left alone")
			continue
		}
		r.log.Info().Str("log", name).Msg("removing the log of a partition that this node no longer has")
		if err := r.logs.Remove(name); err != nil {
			r.log.Error().Err(err).Str("log", name).Msg("can't remove the log; the next start tries again")
		}
	}
}

// change carries out what a batch of the metadata log changed, but for deletions.
func (r *replicas) change(i *metadata.Image, c metadata.Changes) {
	for _, t := range c.Created {
		r.start(i, t)
	}
	for _, t := range c.Reconfigured {
		r.configure(i, t)
	}
	for _, t := range c.Moved {
		r.start(i, t)
		r.leave(t)
	}
}

// leave deletes the replicas of a topic that have moved away from here.
func (r *replicas) leave(t *metadata.Topic) {
	for p := range t.Partitions {
		id := msg.TopicPartition{Topic: t.ID, Partition: int32(p)}
		if _, mine := r.replica(t, p); mine {
			continue
		}
		if _, runs := r.host.Partition(id); runs {
			r.log.Info().Str("topic", t.Name).Int("partition", p).Msg("the partition has moved away; its replica here is deleted")
			r.host.Delete(id)
		}
	}
}

// start starts the partitions of a topic that this node holds and that do not run yet.
func (r *replicas) start(i *metadata.Image, t *metadata.Topic) {
	if t.ID == msg.MetadataTopicID {
		return
	}
	config := configs.Topic(r.layers(i, t.Name))
	r.told[t.ID] = config
	for p := range t.Partitions {
		own, mine := r.replica(t, p)
		if !mine {
			continue
		}
		id := msg.TopicPartition{Topic: t.ID, Partition: int32(p)}
		partition, runs := r.host.Partition(id)
		if !runs {
			spec := partitions.Spec{ID: id, Topic: t.Name, Self: own.RaftID, Config: config}
			for _, founder := range t.Partitions[p].Founders {
				spec.Voters = append(spec.Voters, partitions.Voter{Node: founder.Node, RaftID: founder.RaftID})
			}
			if err := r.host.Start(spec); err != nil {
				r.log.Error().Err(err).Str("topic", t.Name).Int32("partition", id.Partition).Msg("can't start a partition")
				continue
			}
			partition, _ = r.host.Partition(id)
		}
		r.assign(partition, &t.Partitions[p], own.RaftID)
	}
}

// assign tells a replica which members its group is to have, and which of them it is itself.
func (r *replicas) assign(partition msg.Partition, p *metadata.Partition, self uint64) {
	a := &msg.Assign{Move: p.Move, Self: self}
	for _, m := range p.Members() {
		a.Members = append(a.Members, msg.Placed{Node: m.Node, RaftID: m.RaftID})
	}
	// A replica that has stopped meanwhile is told when it is started again.
	_ = partition.Post(a)
}

// configure gives a topic's partitions its configuration, if it is another than before: a change of the cluster's defaults
// names every topic.
func (r *replicas) configure(i *metadata.Image, t *metadata.Topic) {
	config := configs.Topic(r.layers(i, t.Name))
	if r.told[t.ID] == config || t.ID == msg.MetadataTopicID {
		return
	}
	r.told[t.ID] = config
	for p := range t.Partitions {
		partition, runs := r.host.Partition(msg.TopicPartition{Topic: t.ID, Partition: int32(p)})
		if !runs {
			continue
		}
		if err := partition.Post(&msg.Configure{Config: config}); err != nil && !errors.Is(err, msg.ErrStopped) {
			r.log.Error().Err(err).Str("topic", t.Name).Int("partition", p).Msg("can't tell a partition its new configuration")
		}
	}
}

// remove deletes the partitions of deleted topics.
func (r *replicas) remove(topics []*metadata.Topic) {
	for _, t := range topics {
		delete(r.told, t.ID)
		for p := range t.Partitions {
			if _, mine := r.replica(t, p); mine {
				r.host.Delete(msg.TopicPartition{Topic: t.ID, Partition: int32(p)})
			}
		}
	}
}

// replica finds this node's copy of a partition, one that is to go or to come included: as long as the partition's group may have it.
// One in another directory is another node's past: not ours. Of one that was lost and one that replaces it, it is the newer one, whatever
// the group has: the lost one must never vote again.
func (r *replicas) replica(t *metadata.Topic, p int) (found metadata.Replica, ok bool) {
	part := &t.Partitions[p]
	for _, replicas := range [][]metadata.Replica{part.Replicas, part.Target, part.Dropped} {
		for _, own := range replicas {
			if own.Node == r.node && own.Directory == r.directory && own.RaftID > found.RaftID {
				found, ok = own, true
			}
		}
	}
	return found, ok
}

// layers are the places that a topic's configuration here comes from.
func (r *replicas) layers(i *metadata.Image, topic string) configs.Layers {
	return layersOf(i, topic, r.node, r.static)
}

// layersOf are the places that a topic's configuration on a node comes from.
func layersOf(i *metadata.Image, topic string, node msg.NodeID, static map[string]string) configs.Layers {
	return configs.Layers{
		Own:     i.Overrides(msg.TopicResource, topic),
		Cluster: i.Overrides(msg.BrokerResource, ""),
		Node:    i.Overrides(msg.BrokerResource, strconv.Itoa(int(node))),
		Static:  static,
	}
}

// parsePartition reads a partition's name, TOPICID-NUMBER, which is its log's.
func parsePartition(name string) (msg.TopicPartition, error) {
	var tp msg.TopicPartition
	cut := strings.LastIndexByte(name, '-')
	if cut < 0 {
		return tp, errors.New("log " + strconv.Quote(name) + " is not named TOPICID-NUMBER")
	}
	if err := tp.Topic.UnmarshalText([]byte(name[:cut])); err != nil {
		return tp, err
	}
	n, err := strconv.ParseInt(name[cut+1:], 10, 32)
	if err != nil {
		return tp, err
	}
	tp.Partition = int32(n)
	return tp, nil
}
