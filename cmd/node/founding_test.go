package node

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

var threeSeeds = []string{"a:1", "b:1", "c:1"}

// empty is a seed that belongs to no cluster.
func empty(node msg.NodeID, seeds ...string) saidBySeed {
	return saidBySeed{Node: node, Directory: fmt.Sprintf("dir%d", node), FoundingSecret: fmt.Sprintf("secret%d", node), Seeds: seeds}
}

// settled is a seed of the cluster that nodes 1 to 3 founded.
func settled(node msg.NodeID, cluster string) saidBySeed {
	return saidBySeed{Node: node, Directory: fmt.Sprintf("dir%d", node), Cluster: cluster, Secret: "s", Founders: []metadata.Replica{
		{Node: 1, Directory: "dir1", RaftID: 1}, {Node: 2, Directory: "dir2", RaftID: 2}, {Node: 3, Directory: "dir3", RaftID: 3},
	}}
}

func TestWhatAnEmptyNodeDoes(t *testing.T) {
	cases := []struct {
		name  string
		self  msg.NodeID
		heard map[string]saidBySeed
		// one of these, "" for founding
		join, wait string
		adopts     uint64
	}{
		{"all seeds are empty and agree", 1, map[string]saidBySeed{"a:1": empty(1, threeSeeds...), "b:1": empty(2, threeSeeds...), "c:1": empty(3, threeSeeds...)}, "", "", 1},
		{"nobody answers", 1, nil, "", "no answer from seeds a:1, b:1, c:1", 0},
		{"one is silent", 1, map[string]saidBySeed{"a:1": empty(1, threeSeeds...), "b:1": empty(2, threeSeeds...)}, "", "no answer from seeds c:1", 0},
		{"one has another list", 1, map[string]saidBySeed{"a:1": empty(1, threeSeeds...), "b:1": empty(2, "a:1", "b:1"), "c:1": empty(3, threeSeeds...)}, "", "b:1 (a:1,b:1)", 0},
		{"one has no list", 1, map[string]saidBySeed{"a:1": empty(1, threeSeeds...), "b:1": empty(2), "c:1": empty(3, threeSeeds...)}, "", "start all with one list", 0},
		{"two have one node id", 1, map[string]saidBySeed{"a:1": empty(1, threeSeeds...), "b:1": {Node: 1, Directory: "other", Seeds: threeSeeds}, "c:1": empty(3, threeSeeds...)}, "", "two seeds have node id 1", 0},
		{"this node is none of them", 4, map[string]saidBySeed{"a:1": empty(1, threeSeeds...), "b:1": empty(2, threeSeeds...), "c:1": empty(3, threeSeeds...)}, "", "this node is none of them", 0},
		{"one has founded already, with this node", 2, map[string]saidBySeed{"a:1": settled(1, "X"), "b:1": empty(2, threeSeeds...)}, "", "", 2},
		{"one has a cluster, of which this node knows nothing", 4, map[string]saidBySeed{"b:1": settled(2, "X"), "c:1": empty(3, threeSeeds...)}, "b:1", "", 0},
		{"a wiped founder", 9, map[string]saidBySeed{"a:1": empty(9, threeSeeds...), "b:1": settled(2, "X"), "c:1": settled(3, "X")}, "b:1", "", 0},
		{"all others of a cluster are away", 9, map[string]saidBySeed{"a:1": empty(9, threeSeeds...)}, "", "no answer", 0},
		{"seeds of two clusters", 4, map[string]saidBySeed{"a:1": settled(1, "X"), "b:1": settled(2, "Y")}, "", "seeds of one cluster only", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			self := identity{Version: identityVersion, Node: c.self, Directory: fmt.Sprintf("dir%d", c.self)}
			v := (&founding{self: self, seeds: threeSeeds, heard: c.heard}).decide()
			if v.join != c.join {
				t.Errorf("joins %q, want %q", v.join, c.join)
			}
			if (v.wait == nil) != (c.wait == "") || v.wait != nil && !strings.Contains(v.wait.Error(), c.wait) {
				t.Errorf("waits for %v, want %q", v.wait, c.wait)
			}
			if v.identity.RaftID != c.adopts || v.identity.member() != (c.adopts > 0) {
				t.Errorf("becomes %+v, want raft id %d", v.identity, c.adopts)
			}
		})
	}
}

// However the seeds hear of each other, they found one cluster: each either founds the same one, or is told of it.
func TestSeedsFoundOneCluster(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 1))
		nodes := map[string]*founding{}
		for i, address := range threeSeeds {
			nodes[address] = &founding{self: identity{Version: identityVersion, Node: msg.NodeID(3 - i), Directory: fmt.Sprintf("dir%d", i), FoundingSecret: fmt.Sprint("s", i)},
				seeds: threeSeeds, heard: map[string]saidBySeed{}}
		}
		for step := 0; step < 10_000 && !allMembers(nodes); step++ {
			asker, asked := nodes[threeSeeds[random.IntN(3)]], threeSeeds[random.IntN(3)]
			if asker.self.member() {
				continue
			}
			asker.heard[asked] = nodes[asked].said()
			if random.IntN(4) == 0 {
				delete(asker.heard, threeSeeds[random.IntN(3)])
			}
			if v := asker.decide(); v.identity.member() {
				asker.self = v.identity
			} else if v.join != "" {
				t.Fatalf("seed %d: a founder joins", seed)
			}
		}
		first := nodes["a:1"].self
		raftIDs := map[uint64]bool{}
		for _, address := range slices.Sorted(maps.Keys(nodes)) {
			id := nodes[address].self
			raftIDs[id.RaftID] = true
			if !id.member() || id.Cluster != first.Cluster || id.Secret != first.Secret || !reflect.DeepEqual(id.Founders, first.Founders) {
				t.Fatalf("seed %d: %+v and %+v are of two clusters", seed, first, id)
			}
		}
		if len(raftIDs) != 3 || raftIDs[0] {
			t.Fatalf("seed %d: raft ids %v", seed, raftIDs)
		}
	}
}

// said is what a node says when it is asked as a seed.
func (f *founding) said() saidBySeed { return f.self.said(f.seeds) }

func allMembers(nodes map[string]*founding) bool {
	for _, n := range nodes {
		if !n.self.member() {
			return false
		}
	}
	return true
}

func TestANodeAloneFoundsACluster(t *testing.T) {
	a := identity{Version: identityVersion, Node: 7, Directory: "d", FoundingSecret: "s"}.alone()
	if !a.member() || a.RaftID != firstRaftID || len(a.Founders) != 1 || len(a.Cluster) != 22 || a.Secret == a.Cluster {
		t.Errorf("%+v", a)
	}
	if b := (identity{Version: identityVersion, Node: 7, Directory: "other", FoundingSecret: "s"}).alone(); b.Cluster == a.Cluster {
		t.Error("two directories founded one cluster")
	}
}
