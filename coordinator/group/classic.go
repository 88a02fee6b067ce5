package group

import (
	"bytes"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// classicState is where a classic group stands. A group without members is empty, one that waits for its members to join again
// is preparing, one that waits for the leader's assignment is completing.
type classicState int8

const (
	empty classicState = iota
	preparing
	completing
	stable
)

// The states' names are Kafka's, as ListGroups and DescribeGroups give them.
var classicNames = [...]string{empty: "Empty", preparing: "PreparingRebalance", completing: "CompletingRebalance", stable: "Stable"}

func (s classicState) String() string { return classicNames[s] }

// consumerType is the protocol type whose metadata and assignments the coordinator can read.
const consumerType = "consumer"

// classic is a group's membership by the classic protocol.
//
// It always holds that the group is empty if and only if it has no members; that every member's protocols are counted in
// supported; that joining counts the members with a parked join; and that a member parks a sync only while completing.
type classic struct {
	state classicState
	since time.Time // of the state
	// protocolType is what the members are, "" for a group that never had any.
	protocolType string
	generation   int32
	protocol     string // chosen for the generation, "" for none
	leader       string // a member's id, "" for none; while preparing, perhaps of one that is gone
	members      roster[member]
	statics      map[string]string // instance id to member id
	supported    map[string]int    // how many members know a protocol
	joining      int
	// pending are the ids that were handed out and have not joined with yet, with when they are given up.
	pending map[string]time.Time
	// topics are what the members have subscribed to, nil where that is not known.
	topics map[string]bool
	// written says that the log has a record of the group.
	written bool

	// While preparing: joinBy is when those who have not joined are removed. In a first rebalance, initial is set, more says
	// that somebody has joined since the last look, and left is how long it may still be put off.
	joinBy  time.Time
	initial bool
	more    bool
	left    time.Duration
	// syncBy is when members that have not asked for their assignment are removed; zero once all have.
	syncBy time.Time
	began  time.Time // of the rebalance, for the journal
}

// member is a member of a classic group.
type member struct {
	id         string
	instance   *string
	clientID   string
	clientHost string
	session    time.Duration
	rebalance  time.Duration
	protocols  []msg.GroupProtocol
	assignment []byte
	// deadline is when the member is taken for dead, unless it is heard or waits for an answer.
	deadline time.Time
	heard    time.Time
	// fresh members have not been answered their first join yet: they are not waited for beyond freshTime.
	fresh bool
	// unsynced members have not asked for the generation's assignment yet.
	unsynced bool
	join     *msg.JoinGroup // parked, else nil
	sync     *msg.SyncGroup // parked, else nil
}

// freshTime is how long a member that joins for the first time may wait for an answer: whoever has not got one by then has
// most likely gone away, and joined under another id.
const freshTime = 5 * time.Minute

// waits reports that the member has a request parked here, so that it need not be heard of.
func (m *member) waits() bool { return m.join != nil || m.sync != nil }

// metadata is what the member says about itself in a protocol.
func (m *member) metadata(protocol string) []byte {
	for _, p := range m.protocols {
		if p.Name == protocol {
			return p.Metadata
		}
	}
	return nil
}

// says reports whether the member's protocols are these already.
func (m *member) says(protocols []msg.GroupProtocol) bool {
	if len(m.protocols) != len(protocols) {
		return false
	}
	for i, p := range protocols {
		if m.protocols[i].Name != p.Name || !bytes.Equal(m.protocols[i].Metadata, p.Metadata) {
			return false
		}
	}
	return true
}

// turn moves a group to a state.
func (c *core) turn(g *group, to classicState) {
	g.classic.state, g.classic.since = to, c.now
}

// supports reports whether a member with these protocols fits into the group.
func (k *classic) supports(protocolType string, protocols []msg.GroupProtocol) bool {
	if k.state == empty {
		return protocolType != "" && len(protocols) > 0
	}
	if protocolType != k.protocolType {
		return false
	}
	for _, p := range protocols {
		if k.supported[p.Name] == len(k.members.list) {
			return true
		}
	}
	return false
}

// count adds a member's protocols to supported, or takes them out with by = -1.
func (k *classic) count(protocols []msg.GroupProtocol, by int) {
	if k.supported == nil {
		k.supported = map[string]int{}
	}
	for i, p := range protocols {
		if listedBefore(protocols, i) {
			continue
		}
		if k.supported[p.Name] += by; k.supported[p.Name] == 0 {
			delete(k.supported, p.Name)
		}
	}
}

func listedBefore(protocols []msg.GroupProtocol, i int) bool {
	for _, p := range protocols[:i] {
		if p.Name == protocols[i].Name {
			return true
		}
	}
	return false
}

// vote chooses the protocol that most members like best among those that all know; of several, the one that the longest
// standing member likes best.
func (k *classic) vote() string {
	votes := map[string]int{}
	for _, m := range k.members.list {
		for _, p := range m.protocols {
			if k.supported[p.Name] == len(k.members.list) {
				votes[p.Name]++
				break
			}
		}
	}
	best := ""
	for _, p := range k.members.list[0].protocols {
		if votes[p.Name] > votes[best] {
			best = p.Name
		}
	}
	// A protocol that wins without the first member's vote is known to that member all the same, as to everybody.
	return best
}

// validate finds a member that a request is from.
func (k *classic) validate(id string, instance *string) (*member, error) {
	if instance != nil {
		known, ok := k.statics[*instance]
		if !ok {
			return nil, kerr.UnknownMemberID
		}
		if known != id {
			return nil, kerr.FencedInstanceID
		}
	}
	m := k.members.get(id)
	if m == nil {
		return nil, kerr.UnknownMemberID
	}
	return m, nil
}

// heard notes that a member is alive.
func (c *core) heard(g *group, m *member) {
	m.heard = c.now
	m.deadline = c.now.Add(m.session)
	c.wake(g, m.deadline)
}

// rebalanceTime is how long the slowest member may take to join again.
func (k *classic) rebalanceTime() time.Duration {
	var longest time.Duration
	for _, m := range k.members.list {
		longest = max(longest, m.rebalance)
	}
	return longest
}

// deadline is the first moment at which something is due in the group.
func (k *classic) deadline() time.Time {
	var first time.Time
	consider := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	consider(k.joinBy)
	consider(k.syncBy)
	for _, m := range k.members.list {
		if m.fresh || !m.waits() {
			consider(m.deadline)
		}
	}
	for _, t := range k.pending {
		consider(t)
	}
	return first
}
