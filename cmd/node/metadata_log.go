package node

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/controller"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
	"github.com/seed-e634fa49/troupe/partitions"
)

// metadataPartition is the cluster's own log.
var metadataPartition = msg.TopicPartition{Topic: msg.MetadataTopicID}

// founderRaftID is the raft id of the node that founds a cluster, in the group of the metadata log.
const founderRaftID = 1

// startActors starts the actor system, the partition of the metadata log, and the controller that follows it.
func (n *Node) startActors(context.Context) error {
	n.system = actors.NewSystem(actors.Options{Node: n.o.ID, Clock: n.o.Clock, Log: n.log, Dispatcher: n.o.Dispatcher})
	n.host = partitions.NewHost(partitions.HostOptions{
		System: n.system, Store: n.store, Node: n.o.ID, Log: n.log,
		RetentionInterval: n.milliseconds("log.retention.check.interval.ms"), ProducerExpiry: n.milliseconds("producer.id.expiration.ms"),
	})
	n.replicas = &replicas{
		node: n.o.ID, directory: n.identity.Directory, host: n.host, logs: n.store, static: n.o.Static, log: n.log,
		told: map[msg.TopicID]msg.TopicConfig{},
	}
	n.reached.Store(int32(actorsRun))
	if err := n.host.Start(metadataSpec(n.o.ID)); err != nil {
		return fmt.Errorf("starting the metadata log: %w", err)
	}
	log, ok := n.host.Partition(metadataPartition)
	if !ok {
		return fmt.Errorf("the metadata log stopped as soon as it was started")
	}
	var err error
	n.controller, err = n.system.Spawn(controller.Spec(controller.Options{
		Node: msg.Registration{
			ID: n.o.ID, Incarnation: n.incarnation, Directory: n.identity.Directory, Rack: n.o.Rack,
			Listeners: n.endpoints(), MinLevel: metadata.LowestLevel, MaxLevel: metadata.FeatureLevel,
		},
		Founding: controller.Founding{
			ClusterID: n.identity.Cluster,
			Quorum:    []metadata.Quorum{{Node: n.o.ID, Directory: n.identity.Directory, RaftID: founderRaftID, Voter: true}},
		},
		Static: n.o.Static, Log: log, Random: n.o.Random, Applied: n.applied,
	}))
	if err != nil {
		return fmt.Errorf("starting the controller: %w", err)
	}
	return nil
}

// metadataSpec is the metadata log on the node that founded the cluster: its only voter. Nothing in it is ever deleted or
// left to the page cache.
func metadataSpec(node msg.NodeID) partitions.Spec {
	config := configs.Topic(configs.Layers{})
	config.Delete, config.Compact, config.WriteCaching, config.LogAppendTime = false, false, false, false
	config.RetentionTime, config.RetentionBytes = -1, -1
	config.MinInsyncReplicas, config.MaxMessageBytes = 1, math.MaxInt32
	return partitions.Spec{
		ID: metadataPartition, Topic: msg.MetadataTopic, Self: founderRaftID,
		Voters: []partitions.Voter{{Node: node, RaftID: founderRaftID}}, Config: config,
	}
}

// applied takes each new image, on the controller's step. Partitions run before the image shows them, and stop after it
// has ceased to.
//
// Until the image holds this start's own registration it is on its way through the past, and what it shows may have been
// deleted since: nothing is started from it.
func (n *Node) applied(i *metadata.Image, c metadata.Changes) {
	select {
	case <-n.upToDate:
		n.replicas.change(i, c)
		n.image.Store(i)
		n.replicas.remove(c.Deleted)
		return
	default:
	}
	self, registered := i.Node(n.o.ID)
	if !registered || self.Incarnation != n.incarnation {
		return
	}
	if i.ClusterID() != n.identity.Cluster {
		n.fail(fmt.Errorf("the metadata in %s is of cluster %s, but its %s says %s; restore the file that belongs to it", n.o.Dir, i.ClusterID(), identityFile, n.identity.Cluster))
		return
	}
	n.replicas.startAll(i)
	n.image.Store(i)
	close(n.upToDate)
}

// fail makes Start return an error.
func (n *Node) fail(err error) {
	select {
	case n.failed <- err:
	default: // one reason is enough
	}
}
