package group

import (
	"errors"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

type consumerState int8

func (s consumerState) String() string { return "" }

type consumer struct {
	epoch   int32
	members roster[member]
}

var errNope = errors.New("no")

func (k *consumer) deadline() time.Time                       { return time.Time{} }
func (k *consumer) state() consumerState                      { return 0 }
func (k *consumer) subscribes(topic string) bool              { return true }
func (k *consumer) checkFetch(q *msg.FetchOffsets) error      { return nil }
func (c *core) forgetConsumer(g *group)                       {}
func (c *core) makeClassic(g *group)                          {}
func (c *core) joinConsumer(g *group, q *msg.JoinGroup) error { return errNope }
func (c *core) syncConsumer(g *group, q *msg.SyncGroup) error { return errNope }
func (c *core) heartbeatInConsumer(g *group, q *msg.HeartbeatGroup) error {
	return errNope
}
func (c *core) leaveConsumerByRequest(g *group, l *msg.LeavingMember) error { return errNope }
func (c *core) checkConsumerCommit(g *group, q *msg.CommitOffsets) error    { return errNope }
func (c *core) heartbeatConsumer(q *msg.HeartbeatConsumer) error            { return errNope }
func (c *core) describeConsumer(g *group, q *msg.DescribeGroup)             {}
func (c *core) expireConsumer(g *group)                                     {}
func (c *core) resumeConsumer(g *group)                                     {}
func (c *core) rewriteConsumer(g *group)                                    {}
func (c *core) replayConsumer(v int16, id string, k *reader, value []byte) error {
	return nil
}
