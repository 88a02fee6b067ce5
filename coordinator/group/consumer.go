package group

import (
	"cmp"
	"hash/fnv"
	"regexp"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// consumer is a group's membership by the consumer protocol (KIP-848). The group's epoch rises with every change that asks for
// another assignment; the target is what everybody is to have in targetEpoch; each member moves towards it at its own pace, and
// its epoch becomes the target's when it has given up what it is not to have any more.
//
// It always holds that targetEpoch <= epoch; that no member's epoch is above targetEpoch; that no partition has two owners, where
// a member owns what it is assigned and what it has not given up yet; and that owners is just that.
type consumer struct {
	epoch   int32
	members roster[consumerMember]
	statics map[string]string // instance id to member id

	targetEpoch int32
	target      map[string]assignment
	owners      map[msg.TopicID]map[int32]string

	// hash stands for the topics that are read and their partitions, as they were when epoch began.
	hash int64
	// seen is the image that hash was last compared under, nil: it has to be compared.
	seen *metadata.Image
	// patterns are the members' patterns, compiled.
	patterns map[string]*regexp.Regexp
	times    consumerTimes
}

// consumerTimes are the group's configs, as they are under an image.
type consumerTimes struct {
	image              *metadata.Image
	session, heartbeat time.Duration
}

// memberState is where a member stands on its way to the target.
type memberState int8

// The states have Kafka's numbers, as they are written to the log.
const (
	memberStable     memberState = 0 // it has what the target of its epoch says
	memberUnrevoked  memberState = 1 // it has to give partitions up before it goes on
	memberUnreleased memberState = 2 // it waits for others to give partitions up
)

// consumerMember is a member of a consumer group.
type consumerMember struct {
	id         string
	instance   *string
	rack       *string
	clientID   string
	clientHost string
	topics     []string // sorted
	pattern    *string
	assignor   string // "": no wish
	rebalance  time.Duration

	// epoch is the member's; leftEpoch stands for a static member that will be back. previous is the epoch before.
	epoch, previous int32
	state           memberState
	assigned        assignment
	revoking        assignment
	// since are the epochs in which the member was given what it has and what it has to give up. A commit from an earlier epoch
	// counts for what it has had since then (KIP-1251).
	since epochs

	heard    time.Time
	deadline time.Time // for the next heartbeat
	revokeBy time.Time // for giving up revoking; zero: nothing to give up

	// classic is set for a member that speaks the classic protocol.
	classic *classicMember
}

// Epochs that stand for something else.
const (
	leaveEpoch       = -1
	leaveStaticEpoch = -2
)

// consumerState is where a consumer group stands.
type consumerState int8

const (
	consumerEmpty consumerState = iota
	consumerAssigning
	consumerReconciling
	consumerStable
)

var consumerNames = [...]string{consumerEmpty: "Empty", consumerAssigning: "Assigning", consumerReconciling: "Reconciling", consumerStable: "Stable"}

func (s consumerState) String() string { return consumerNames[s] }

func newConsumer() *consumer {
	return &consumer{statics: map[string]string{}, target: map[string]assignment{}, owners: map[msg.TopicID]map[int32]string{}, patterns: map[string]*regexp.Regexp{}}
}

func (k *consumer) state() consumerState {
	switch {
	case len(k.members.list) == 0:
		return consumerEmpty
	case k.epoch > k.targetEpoch:
		return consumerAssigning
	}
	for _, m := range k.members.list {
		if m.state != memberStable || m.epoch != k.targetEpoch {
			return consumerReconciling
		}
	}
	return consumerStable
}

// validate finds the member that a heartbeat is from.
func (k *consumer) validate(id string, instance *string) (*consumerMember, error) {
	if instance != nil {
		known, ok := k.statics[*instance]
		if !ok {
			return nil, msg.Errorf(kerr.UnknownMemberID, "Instance id %s is unknown.", *instance)
		}
		if known != id {
			return nil, msg.Errorf(kerr.FencedInstanceID, "Static member %s with instance id %s was fenced by member %s.", id, *instance, known)
		}
	}
	m := k.members.get(id)
	if m == nil {
		return nil, msg.Errorf(kerr.UnknownMemberID, "Member %s is not a member of the group.", id)
	}
	return m, nil
}

// static is the member with an instance id, nil for none.
func (k *consumer) static(instance string) *consumerMember { return k.members.get(k.statics[instance]) }

// epochs are the epochs in which partitions were assigned.
type epochs map[msg.TopicID]map[int32]int32

// of is the epoch of a partition, or otherwise.
func (e epochs) of(t msg.TopicID, p, otherwise int32) int32 {
	if epoch, known := e[t][p]; known {
		return epoch
	}
	return otherwise
}

// own sets what a member has, since its epoch where that is new, and keeps the owners.
func (k *consumer) own(m *consumerMember, assigned, revoking assignment) {
	k.disown(m)
	since := epochs{}
	for _, a := range []assignment{assigned, revoking} {
		for t, partitions := range a {
			if since[t] == nil {
				since[t] = map[int32]int32{}
			}
			for _, p := range partitions {
				since[t][p] = m.since.of(t, p, m.epoch)
			}
		}
	}
	m.since = since
	m.assigned, m.revoking = assigned, revoking
	for _, a := range []assignment{assigned, revoking} {
		for t, partitions := range a {
			if k.owners[t] == nil {
				k.owners[t] = map[int32]string{}
			}
			for _, p := range partitions {
				k.owners[t][p] = m.id
			}
		}
	}
}

func (k *consumer) disown(m *consumerMember) {
	for _, a := range []assignment{m.assigned, m.revoking} {
		for t, partitions := range a {
			for _, p := range partitions {
				if k.owners[t][p] == m.id {
					delete(k.owners[t], p)
				}
			}
			if len(k.owners[t]) == 0 {
				delete(k.owners, t)
			}
		}
	}
}

// free reports whether nobody else owns a partition.
func (k *consumer) free(m *consumerMember, t msg.TopicID, p int32) bool {
	owner, taken := k.owners[t][p]
	return !taken || owner == m.id
}

// reads are the names of the topics that a member reads and that exist, sorted.
func (k *consumer) reads(image *metadata.Image, m *consumerMember) []string {
	if m.pattern == nil {
		return m.topics
	}
	names := slices.Clone(m.topics)
	if re := k.patterns[*m.pattern]; re != nil {
		for _, t := range image.Topics() {
			if re.MatchString(t.Name) && !t.Internal {
				names = append(names, t.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// subscribes reports whether a member reads a topic, or would if it existed.
func (k *consumer) subscribes(topic string) bool {
	for _, m := range k.members.list {
		if _, reads := slices.BinarySearch(m.topics, topic); reads {
			return true
		}
		if m.pattern != nil && k.patterns[*m.pattern] != nil && k.patterns[*m.pattern].MatchString(topic) {
			return true
		}
	}
	return false
}

// maxPattern bounds the patterns that members subscribe with. RE2 takes time that is linear in the text, whatever the pattern.
const maxPattern = 4096

// compile makes a pattern of the group's. It has to match a topic's whole name.
func compile(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, msg.Errorf(kerr.InvalidRegularExpression, "SubscribedTopicRegex has %d bytes, and may have %d.", len(pattern), maxPattern)
	}
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return nil, msg.Errorf(kerr.InvalidRegularExpression, "SubscribedTopicRegex `%s` is not a valid regular expression: %v", pattern, err)
	}
	return re, nil
}

// subscribers are the members as an assignor sees them, sorted by id, with the topics that they read, and a hash that is
// another one whenever a topic comes, goes or grows.
func (c *core) subscribers(k *consumer) ([]subscriber, sizes, int64) {
	all := make([]subscriber, 0, len(k.members.list))
	topics := sizes{}
	known := map[string]*metadata.Topic{}
	for _, m := range k.members.list {
		s := subscriber{id: m.id, instance: m.instance, before: k.target[m.id]}
		for _, name := range k.reads(c.image, m) {
			t, looked := known[name]
			if !looked {
				t, _ = c.image.Topic(name)
				known[name] = t
			}
			if t != nil {
				s.topics = append(s.topics, t.ID)
				topics[t.ID] = len(t.Partitions)
			}
		}
		slices.SortFunc(s.topics, compareTopics)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b subscriber) int { return cmp.Compare(a.id, b.id) })
	return all, topics, topics.hash()
}

func (s sizes) hash() int64 {
	order := make([]msg.TopicID, 0, len(s))
	for t := range s {
		order = append(order, t)
	}
	slices.SortFunc(order, compareTopics)
	h := fnv.New64a()
	for _, t := range order {
		w := writer(t[:])
		w.int32(int32(s[t]))
		h.Write(w)
	}
	return int64(h.Sum64())
}

// assignorOf is the assignor that most members wish for, of several the first in alphabetical order; where nobody has a wish, the
// default.
func (c *core) assignorOf(k *consumer) string {
	votes := map[string]int{}
	for _, m := range k.members.list {
		if m.assignor != "" {
			votes[m.assignor]++
		}
	}
	best := ""
	for name, n := range votes {
		if n > votes[best] || n == votes[best] && name < best {
			best = name
		}
	}
	if best == "" && len(c.settings.assignors) > 0 {
		best = c.settings.assignors[0]
	}
	if assignors[best] == nil {
		return "uniform"
	}
	return best
}

// timesOf are a group's session timeout and heartbeat interval.
func (c *core) timesOf(g *group) consumerTimes {
	k := g.consumer
	if k.times.image == c.image {
		return k.times
	}
	layers := c.settings.layers
	layers.Own = c.image.Overrides(msg.GroupResource, g.id)
	number := func(name string) time.Duration {
		return milliseconds(parseNumber(configs.Resolve(msg.GroupResource, name, layers).Value))
	}
	k.times = consumerTimes{c.image, number("consumer.session.timeout.ms"), number("consumer.heartbeat.interval.ms")}
	return k.times
}

// deadline is the first moment at which something is due in the group.
func (k *consumer) deadline() time.Time {
	var first time.Time
	for _, m := range k.members.list {
		for _, t := range []time.Time{m.deadline, m.revokeBy} {
			if !t.IsZero() && (first.IsZero() || t.Before(first)) {
				first = t
			}
		}
	}
	return first
}
