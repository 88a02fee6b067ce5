package group

import (
	"cmp"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// describeConsumer describes a group of the consumer protocol, its members by id.
func (c *core) describeConsumer(g *group, q *msg.DescribeGroup) {
	k := g.consumer
	q.State, q.ProtocolType, q.Epoch, q.AssignmentEpoch = k.state().String(), consumerType, k.epoch, k.targetEpoch
	q.Assignor = c.assignorOf(k)
	for _, m := range k.members.list {
		q.Members = append(q.Members, msg.DescribedMember{
			ID: m.id, InstanceID: m.instance, ClientID: m.clientID, ClientHost: m.clientHost, Rack: m.rack, Epoch: m.epoch,
			Topics: m.topics, Regex: m.pattern, Assigned: c.show(m.assigned), Target: c.show(k.target[m.id]), Classic: m.classic != nil,
		})
	}
	slices.SortFunc(q.Members, func(a, b msg.DescribedMember) int { return cmp.Compare(a.ID, b.ID) })
}

// checkConsumerCommit lets a member commit in its epoch, and in an earlier one what it has had since (KIP-1251); and anybody while
// there are no members.
func (c *core) checkConsumerCommit(g *group, q *msg.CommitOffsets) error {
	k := g.consumer
	if q.Epoch < 0 && len(k.members.list) == 0 {
		return nil
	}
	m := k.members.get(q.MemberID)
	switch {
	case m == nil:
		return kerr.UnknownMemberID
	case m.classic != nil && q.Epoch != m.epoch:
		return kerr.IllegalGeneration
	case m.classic != nil:
		c.heardConsumer(g, m, m.classic.session)
		return nil
	case !q.KnowsEpochs:
		return kerr.UnsupportedVersion
	case q.Epoch > m.epoch, q.Epoch < 0:
		return kerr.StaleMemberEpoch
	case q.Epoch < m.epoch:
		c.refuseStale(m, q)
	}
	return nil
}

// refuseStale refuses to commit what the member has not had all the time since the epoch that it commits in: somebody else may have
// committed meanwhile.
func (c *core) refuseStale(m *consumerMember, q *msg.CommitOffsets) {
	for i := range q.Offsets {
		o := &q.Offsets[i]
		t, exists := c.image.Topic(o.Topic)
		if o.Err == nil && (!exists || q.Epoch < m.since.of(t.ID, o.Partition, m.epoch)) {
			o.Err = kerr.StaleMemberEpoch
		}
	}
}

// checkFetch refuses a member that is not in the epoch that it believes to be in.
func (k *consumer) checkFetch(q *msg.FetchOffsets) error {
	if q.MemberID == nil && q.MemberEpoch < 0 {
		return nil
	}
	m := k.members.get(orEmpty(q.MemberID))
	switch {
	case m == nil && q.MemberEpoch < 0:
		return nil
	case m == nil:
		return kerr.UnknownMemberID
	case q.MemberEpoch != m.epoch:
		return kerr.StaleMemberEpoch
	}
	return nil
}

// orEmpty is a nullable string with null as "".
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
