package node

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/controller"
	"github.com/seed-e634fa49/troupe/coordinator/group"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
	"github.com/seed-e634fa49/troupe/partitions"
)

// metadataPartition is the cluster's own log.
var metadataPartition = msg.TopicPartition{Topic: msg.MetadataTopicID}

// startActors starts the actor system, the partition of the metadata log, and the controller that follows it.
func (n *Node) startActors(context.Context) error {
	id := n.identity.Load()
	n.system = actors.NewSystem(actors.Options{Node: n.o.ID, Clock: n.o.Clock, Log: n.log, Dispatcher: n.o.Dispatcher})
	if err := n.openFabric(); err != nil {
		return err
	}
	n.host = partitions.NewHostOver(partitions.HostOptions{
		System: n.system, Node: n.o.ID, Log: n.log,
		RetentionInterval: n.milliseconds("log.retention.check.interval.ms"), ProducerExpiry: n.milliseconds("producer.id.expiration.ms"),
		Transport: n.around.transport, Files: n.around.files, Moved: n.moved, Recovered: n.recovered, Lost: n.lost,
		Turned: n.announcer.turned, Elsewhere: n.announcer.table.Get,
		TransferRate: n.numberIfSet("follower.replication.throttled.rate", 0),
	}, n.around.store)
	n.replicas = &replicas{
		node: n.o.ID, directory: id.Directory, host: n.host, logs: n.around.store, static: n.o.Static, log: n.log,
		told: map[msg.TopicID]msg.TopicConfig{},
	}
	n.coordinators = &group.Coordinators{
		Options: group.Options{Node: n.o.ID, Directory: n.host, Image: n.image.Load, Static: n.o.Static, Random: n.o.Random},
		System:  n.system, Logger: n.log,
	}
	n.reached.Store(int32(actorsRun))
	if err := n.host.Start(metadataSpec(id)); err != nil {
		return fmt.Errorf("starting the metadata log: %w", err)
	}
	log, ok := n.host.Partition(metadataPartition)
	if !ok {
		return fmt.Errorf("the metadata log stopped as soon as it was started")
	}
	var err error
	n.controller, err = n.system.Spawn(controller.Spec(controller.Options{
		Node: msg.Registration{
			ID: n.o.ID, Incarnation: n.incarnation, Directory: id.Directory, Rack: n.o.Rack, Listeners: n.endpoints(),
			Peer: n.peerAddress(), Routes: n.around.routes, MinLevel: metadata.LowestLevel, MaxLevel: metadata.FeatureLevel,
		},
		Founding: controller.Founding{ClusterID: id.Cluster, Secret: id.Secret, Quorum: foundersOf(id)},
		Static:   n.o.Static, Log: log, Random: n.o.Random, Applied: n.applied,
		Peers: func(node msg.NodeID) msg.Target { return n.system.At(node, msg.ControllerName) },
		Partition: func(node msg.NodeID, id msg.TopicPartition) msg.Target {
			return n.system.At(node, msg.PartitionName(id))
		},
		Leadership: n.host.Leadership, Load: n.load, Refused: n.waitsFor,
		Renewed: func(at time.Time) { n.renewed.Store(&at) },
	}))
	if err != nil {
		return fmt.Errorf("starting the controller: %w", err)
	}
	return nil
}

// load is what this node carries.
func (n *Node) load() controller.Load {
	var l controller.Load
	for _, id := range n.host.All() {
		if p, ok := n.host.Partition(id); ok {
			s := p.View().State()
			l.DiskBytes += s.Size
			if s.Role == msg.Leader {
				l.Led++
			}
		}
	}
	return l
}

// foundersOf are the first voters of the metadata log.
func foundersOf(id *identity) []metadata.Quorum {
	var all []metadata.Quorum
	for _, f := range id.Founders {
		all = append(all, metadata.Quorum{Node: f.Node, Directory: f.Directory, RaftID: f.RaftID, Voter: true})
	}
	return all
}

// metadataSpec is this node's replica of the metadata log. Nothing in it is ever deleted, but by the controller, or left to the
// page cache.
func metadataSpec(id *identity) partitions.Spec {
	config := configs.Topic(configs.Layers{})
	config.Delete, config.Compact, config.WriteCaching, config.LogAppendTime = true, false, false, false
	config.RetentionTime, config.RetentionBytes = -1, -1
	config.MinInsyncReplicas, config.MaxMessageBytes = 1, math.MaxInt32
	spec := partitions.Spec{ID: metadataPartition, Topic: msg.MetadataTopic, Self: id.RaftID, Config: config}
	for _, f := range id.Founders {
		spec.Voters = append(spec.Voters, partitions.Voter{Node: f.Node, RaftID: f.RaftID})
	}
	return spec
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
		n.coordinators.Follow(i)
		n.replicas.remove(c.Deleted)
		n.forget(c.Deleted)
		if c.Nodes || c.Quorum {
			n.around.follow(i)
		}
		return
	default:
	}
	if c.Nodes || c.Quorum {
		n.around.follow(i)
	}
	self, registered := i.Node(n.o.ID)
	if !registered || self.Incarnation != n.incarnation {
		return
	}
	if i.ClusterID() != n.identity.Load().Cluster {
		n.fail(fmt.Errorf("the metadata in %s is of cluster %s, but its %s says %s; restore the file that belongs to it", n.o.Dir, i.ClusterID(), identityFile, n.identity.Load().Cluster))
		return
	}
	n.replicas.startAll(i)
	n.image.Store(i)
	n.coordinators.Follow(i)
	close(n.upToDate)
}

// forget drops what was heard of the leaders of deleted topics.
func (n *Node) forget(topics []*metadata.Topic) {
	for _, t := range topics {
		n.announcer.table.Forget(t.ID, len(t.Partitions))
	}
}

// fail makes Start return an error.
func (n *Node) fail(err error) {
	select {
	case n.failed <- err:
	default: // one reason is enough
	}
}
