package http

import (
	"net/http"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/gateway/admin"
)

// explainGroup answers what the group's coordinator, on whatever node it is, remembers of the group.
func explainGroup(c *admin.Client, q *http.Request) (any, error) {
	name := q.PathValue("group")
	topic, found := c.Image().Topic(msg.OffsetsTopic)
	if !found {
		return nil, msg.Errorf(kerr.GroupIDNotFound, "there is no group %s: no group was ever looked for", name)
	}
	number := msg.GroupPartition(name, len(topic.Partitions))
	led, _ := c.Directory.Leadership(msg.TopicPartition{Topic: topic.ID, Partition: number})
	if led.Leader == msg.NoNode {
		return nil, msg.Errorf(kerr.CoordinatorNotAvailable, "the coordinator of group %s is being elected: try again", name)
	}
	answered := make(chan error, 2)
	told := &msg.ExplainGroup{Group: name}
	told.Done = func(err error) { answered <- err }
	timer := c.Clock.AfterFunc(adminTimeout, func() {
		answered <- msg.Errorf(kerr.RequestTimedOut, "node %d did not tell of group %s within %s", led.Leader, name, adminTimeout)
	})
	defer timer.Stop()
	if err := c.At(led.Leader, msg.GroupCoordinator(number)).Post(told); err != nil {
		return nil, err
	}
	if err := <-answered; err != nil {
		return nil, err
	}
	if told.Events == nil {
		return []msg.GroupEvent{}, nil
	}
	return told.Events, nil
}
