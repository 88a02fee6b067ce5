package node

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// firstRaftID is the raft id of the first founder, in the group of the metadata log.
const firstRaftID = 1

// saidBySeed is what a seed answers to a node that belongs to no cluster yet.
type saidBySeed struct {
	Node      msg.NodeID `json:"node"`
	Directory string     `json:"directory"`
	// Seeds are the seed's own, sorted, and FoundingSecret its part of a secret, while it belongs to no cluster.
	Seeds          []string `json:"seeds,omitempty"`
	FoundingSecret string   `json:"foundingSecret,omitempty"`
	// Cluster, Secret and Founders are those of the cluster that it belongs to.
	Cluster  string             `json:"cluster,omitempty"`
	Secret   string             `json:"secret,omitempty"`
	Founders []metadata.Replica `json:"founders,omitempty"`
	// Peers are where the nodes of its cluster are reached.
	Peers map[msg.NodeID]msg.Endpoint `json:"peers,omitempty"`
	// RaftID is what a node that asked to join was given.
	RaftID uint64 `json:"raftId,omitempty"`
	// Error says why there is no answer.
	Error string `json:"error,omitempty"`
}

// founding is what an empty node knows while it looks for its cluster.
type founding struct {
	self  identity
	seeds []string // sorted
	// heard is what each seed last said; one that does not answer is not in it.
	heard map[string]saidBySeed
}

// verdict is what a node does about what it has heard.
type verdict struct {
	// identity is the node's from now on, if it belongs to a cluster.
	identity identity
	// join is the address of a seed to ask for a place in its cluster.
	join string
	// wait says what is missing, if there is nothing else to do.
	wait error
}

// decide follows these rules, so that a cluster is founded once and for all:
//
//	a seed belongs to a cluster      this directory is one of its founders, or else joins it
//	every seed is empty, this node   the seeds found a cluster, whose id follows from their directories: each finds the
//	is one, the lists are the same   same one by itself
//	anything else                    wait
//
// A wiped or cut seed can't found another one: the others tell it of theirs, or it waits for them.
func (f *founding) decide() verdict {
	if v, found := f.existing(); found {
		return v
	}
	if wait := f.incomplete(); wait != nil {
		return verdict{wait: wait}
	}
	return f.found()
}

// existing looks for a cluster that a seed belongs to.
func (f *founding) existing() (verdict, bool) {
	var seed string
	for _, address := range slices.Sorted(maps.Keys(f.heard)) {
		said := f.heard[address]
		if said.Cluster == "" {
			continue
		}
		if seed != "" && f.heard[seed].Cluster != said.Cluster {
			return verdict{wait: fmt.Errorf("seed %s belongs to cluster %s and seed %s to cluster %s: name seeds of one cluster only", seed, f.heard[seed].Cluster, address, said.Cluster)}, true
		}
		if seed == "" {
			seed = address
		}
	}
	if seed == "" {
		return verdict{}, false
	}
	said := f.heard[seed]
	for _, founder := range said.Founders {
		if founder.Node == f.self.Node && founder.Directory == f.self.Directory {
			return verdict{identity: f.self.in(said.Cluster, said.Secret, founder.RaftID, said.Founders)}, true
		}
	}
	return verdict{join: seed}, true
}

// incomplete says why the seeds can't found a cluster yet.
func (f *founding) incomplete() error {
	var silent, differ []string
	among := false
	nodes := map[msg.NodeID]string{}
	for _, address := range f.seeds {
		said, ok := f.heard[address]
		switch {
		case !ok:
			silent = append(silent, address)
			continue
		case !slices.Equal(said.Seeds, f.seeds):
			differ = append(differ, fmt.Sprintf("%s (%s)", address, strings.Join(said.Seeds, ",")))
		}
		if other, known := nodes[said.Node]; known && other != said.Directory {
			return fmt.Errorf("two seeds have node id %d: give each node an id of its own", said.Node)
		}
		nodes[said.Node] = said.Directory
		among = among || said.Directory == f.self.Directory
	}
	switch {
	case len(differ) > 0:
		return fmt.Errorf("these seeds were given other seeds than this node (%s): %s: start all with one list", strings.Join(f.seeds, ","), strings.Join(differ, ", "))
	case len(silent) > 0:
		return fmt.Errorf("no answer from seeds %s", strings.Join(silent, ", "))
	case !among:
		return errors.New("the seeds have not founded their cluster yet, and this node is none of them")
	}
	return nil
}

// found makes the cluster of the seeds, all of which are empty.
func (f *founding) found() verdict {
	founders := map[string]saidBySeed{} // by directory: two addresses may lead to one node
	for _, said := range f.heard {
		founders[said.Directory] = said
	}
	id, secret := sha256.New(), sha256.New()
	var replicas []metadata.Replica
	for _, directory := range slices.Sorted(maps.Keys(founders)) {
		said := founders[directory]
		fmt.Fprintln(id, directory)
		fmt.Fprintln(secret, said.FoundingSecret)
		replicas = append(replicas, metadata.Replica{Node: said.Node, Directory: directory})
	}
	slices.SortFunc(replicas, func(a, b metadata.Replica) int { return cmp.Compare(a.Node, b.Node) })
	own := uint64(0)
	for i := range replicas {
		replicas[i].RaftID = firstRaftID + uint64(i)
		if replicas[i].Directory == f.self.Directory {
			own = replicas[i].RaftID
		}
	}
	return verdict{identity: f.self.in(digest(id.Sum(nil)), digest(secret.Sum(nil)), own, replicas)}
}

// digest shortens a hash to an id like newID's.
func digest(sum []byte) string {
	sum[0] &= 0x7f // no dash in front
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// in is the identity as that of a member of a cluster.
func (id identity) in(cluster, secret string, raftID uint64, founders []metadata.Replica) identity {
	id.Version = identityVersion
	id.Cluster, id.Secret, id.RaftID, id.Founders = cluster, secret, raftID, founders
	return id
}

// alone makes a cluster of this node only.
func (id identity) alone() identity {
	f := founding{self: id, heard: map[string]saidBySeed{"": {Node: id.Node, Directory: id.Directory, FoundingSecret: id.FoundingSecret}}}
	return f.found().identity
}

// said is what a node answers when it is asked as a seed.
func (id identity) said(seeds []string) saidBySeed {
	said := saidBySeed{Node: id.Node, Directory: id.Directory}
	if id.member() {
		said.Cluster, said.Secret, said.Founders = id.Cluster, id.Secret, id.Founders
	} else {
		said.Seeds, said.FoundingSecret = seeds, id.FoundingSecret
	}
	return said
}
