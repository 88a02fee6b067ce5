package controller

import (
	"cmp"
	"slices"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// voters is what the leader remembers of the metadata log's own group.
type voters struct {
	// group are the group's members as the log's leader sees them.
	group []msg.Member
	// told is the quorum that the group was last told to have, toldAt when.
	told   []metadata.Quorum
	toldAt time.Time
}

// tellAgain is how often the group is told once more while it does not have the members that it is to have.
const tellAgain = 5 * time.Second

// tellGroup tells the metadata log's group its members until it has them: at once when they change, else now and then.
func (c *core) tellGroup() {
	quorum := c.image.Quorum()
	news := !slices.Equal(quorum, c.voters.told)
	if c.voters.has(quorum) || !news && c.now.Sub(c.voters.toldAt) < tellAgain {
		return
	}
	c.voters.told, c.voters.toldAt = quorum, c.now
	for _, voter := range []bool{true, false} {
		for _, q := range quorum {
			if q.Voter == voter {
				c.out.assign = append(c.out.assign, msg.Placed{Node: q.Node, RaftID: q.RaftID, Learner: !voter})
			}
		}
	}
}

// has reports that the group's members are those of a quorum.
func (v *voters) has(quorum []metadata.Quorum) bool {
	if len(v.group) != len(quorum) {
		return false
	}
	for _, q := range quorum {
		if !slices.ContainsFunc(v.group, func(m msg.Member) bool { return m.RaftID == q.RaftID && m.Learner != q.Voter }) {
			return false
		}
	}
	return true
}

// hasVoters reports that the group's voters are those of a quorum: no change of them is under way.
func (v *voters) hasVoters(quorum []metadata.Quorum) bool {
	for _, q := range quorum {
		if q.Voter != v.votes(q) {
			return false
		}
	}
	for _, m := range v.group {
		if !m.Learner && !slices.ContainsFunc(quorum, func(q metadata.Quorum) bool { return q.RaftID == m.RaftID }) {
			return false
		}
	}
	return true
}

// votes reports that a member has its vote in the group.
func (v *voters) votes(q metadata.Quorum) bool {
	return slices.ContainsFunc(v.group, func(m msg.Member) bool { return m.RaftID == q.RaftID && !m.Learner })
}

// pickVoters changes who votes on the metadata log, where the cluster calls for it: more of them as nodes join, another one
// for a node that is leaving or stays away.
//
// The group changes its voters in one joint step, for which majorities of the old and of the new ones must answer. So a
// change is begun only when the one before it is done, replaces one voter at a time, and leaves a majority that is alive.
// Voters that are away are not dropped without another in their place: that would make a minority the majority.
func (c *core) pickVoters(r *round) {
	e := election{image: r.image(), core: c}
	next := e.next()
	if next == nil || !e.safe(next) {
		return
	}
	r.must(metadata.QuorumChanged{Quorum: next})
}

// election is one look at who is to vote.
type election struct {
	image *metadata.Image
	core  *core
}

// next is the quorum that there should be next, nil if it stays as it is.
func (e *election) next() []metadata.Quorum {
	quorum := e.image.Quorum()
	if !e.core.voters.hasVoters(quorum) {
		return e.replaceOne(func(q metadata.Quorum) bool {
			return !e.core.voters.votes(q) && e.away(q, e.core.settings.SessionTimeout)
		})
	}
	if next := e.replaceOne(e.leaving); next != nil {
		return next
	}
	if slices.ContainsFunc(quorum, func(q metadata.Quorum) bool { return q.Voter && e.leaving(q) }) {
		if slices.ContainsFunc(quorum, func(q metadata.Quorum) bool { return !q.Voter && e.stays(q) }) {
			return nil // it is away now, and takes the vote when it is back
		}
		return e.shrink()
	}
	if next := e.replaceOne(func(q metadata.Quorum) bool { return e.away(q, e.core.settings.ReplaceAfter) }); next != nil {
		return next
	}
	return e.grow()
}

// safe reports that a majority of a quorum's voters is alive.
func (e *election) safe(quorum []metadata.Quorum) bool {
	voters, alive := e.count(quorum)
	return 2*alive > voters
}

// count is how many voters a quorum has, and how many of them are alive.
func (e *election) count(quorum []metadata.Quorum) (voters, alive int) {
	for _, q := range quorum {
		if q.Voter {
			voters++
		}
		if q.Voter && e.image.Alive(q.Node) {
			alive++
		}
	}
	return voters, alive
}

func (e *election) leaving(q metadata.Quorum) bool {
	n, ok := e.image.Node(q.Node)
	return ok && n.Leaving
}

func (e *election) stays(q metadata.Quorum) bool {
	n, ok := e.image.Node(q.Node)
	return ok && !n.Leaving
}

// away reports that a member's node has been fenced, or not registered, and silent for a time.
func (e *election) away(q metadata.Quorum, since time.Duration) bool {
	return !e.image.Alive(q.Node) && e.core.leases.silent(q.Node, e.core.now) >= since
}

// candidates are the members without a vote that could have one, the best first: of racks with few voters.
func (e *election) candidates(quorum []metadata.Quorum) []metadata.Quorum {
	perRack := map[string]int{}
	var out []metadata.Quorum
	for _, q := range quorum {
		n, ok := e.image.Node(q.Node)
		switch {
		case ok && q.Voter:
			perRack[n.Rack]++
		case ok && !q.Voter && !n.Fenced && !n.Leaving && n.Directory == q.Directory:
			out = append(out, q)
		}
	}
	rack := func(q metadata.Quorum) int { n, _ := e.image.Node(q.Node); return perRack[n.Rack] }
	slices.SortStableFunc(out, func(a, b metadata.Quorum) int {
		return cmp.Or(cmp.Compare(rack(a), rack(b)), cmp.Compare(a.Node, b.Node))
	})
	return out
}

// replaceOne gives the vote of the first voter that is to go to a candidate; nil if none is to go, or there is no candidate.
func (e *election) replaceOne(goes func(metadata.Quorum) bool) []metadata.Quorum {
	quorum := slices.Clone(e.image.Quorum())
	at := slices.IndexFunc(quorum, func(q metadata.Quorum) bool { return q.Voter && goes(q) })
	if at < 0 {
		return nil
	}
	quorum[at].Voter = false
	candidates := e.candidates(quorum)
	candidates = slices.DeleteFunc(candidates, func(q metadata.Quorum) bool { return q.Node == quorum[at].Node })
	if len(candidates) == 0 {
		return nil
	}
	quorum[slices.Index(quorum, candidates[0])].Voter = true
	return quorum
}

// shrink takes the vote of a leaving voter for which there is no other: the cluster becomes smaller. An even number of voters
// bears no more losses than one less, so another one goes with it, one that is away if there is one.
func (e *election) shrink() []metadata.Quorum {
	quorum := slices.Clone(e.image.Quorum())
	drop := func(which func(metadata.Quorum) bool) bool {
		at := slices.IndexFunc(quorum, func(q metadata.Quorum) bool { return q.Voter && which(q) })
		if at >= 0 {
			quorum[at].Voter = false
		}
		return at >= 0
	}
	drop(e.leaving)
	if voters, _ := e.count(quorum); voters%2 == 0 {
		_ = drop(e.leaving) || drop(func(q metadata.Quorum) bool { return !e.image.Alive(q.Node) }) ||
			drop(func(q metadata.Quorum) bool { return q.Node != e.core.node.ID })
	}
	return quorum
}

// grow adds voters: to three as soon as three nodes are alive, to five from five on.
func (e *election) grow() []metadata.Quorum {
	quorum := slices.Clone(e.image.Quorum())
	voters, alive := e.count(quorum)
	candidates := e.candidates(quorum)
	want := 0
	for _, size := range []int{3, 5} {
		if alive+len(candidates) >= size {
			want = size
		}
	}
	if want <= voters || want-voters > len(candidates) {
		return nil
	}
	for voters < want {
		best := e.candidates(quorum)[0]
		quorum[slices.Index(quorum, best)].Voter = true
		voters++
	}
	return quorum
}
