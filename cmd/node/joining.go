package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/seed-e634fa49/troupe/actors/link"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// How a node asks its seeds: how long it waits for one, and how long between two rounds, at first and at most.
const (
	seedWithin = time.Second
	askFirst   = 20 * time.Millisecond
	askMost    = 200 * time.Millisecond
	joinWithin = 10 * time.Second
)

// asks is what one node asks another before there is a link between them.
type asks struct {
	What question `json:"what"`
}

type question string

const (
	// whoseCluster asks a seed which cluster it belongs to.
	whoseCluster question = "cluster"
	// letMeJoin asks for a place in the cluster of the node that is asked.
	letMeJoin question = "join"
	// hereIAm asks to be linked to: the node that is asked may not know, or have an old address.
	hereIAm question = "here"
)

// joinCluster makes the node a member of a cluster: the one that its directory says, a new one of its own if it has no seeds,
// or the one that its seeds have or found. It waits as long as that takes, and says what it waits for.
func (n *Node) joinCluster(ctx context.Context) error {
	id := *n.identity.Load()
	if id.member() {
		return nil
	}
	if len(n.o.Seeds) == 0 {
		n.log.Info().Str("data", n.o.Dir).Msg("no seeds are given: founding a cluster of this node")
		return n.become(id.alone())
	}
	f := founding{self: id, seeds: n.seeds()}
	for pause := askFirst; ; pause = min(2*pause, askMost) {
		f.heard = n.askSeeds(ctx)
		v := f.decide()
		if v.join != "" {
			v.identity, v.wait = n.join(ctx, v.join)
		}
		if v.identity.member() {
			return n.become(v.identity)
		}
		n.waitsFor(fmt.Errorf("looking for a cluster: %w", v.wait))
		if err := n.sleep(ctx, pause); err != nil {
			return fmt.Errorf("looking for a cluster: %w; last: %w", err, v.wait)
		}
	}
}

// become makes the node a member, durably.
func (n *Node) become(id identity) error {
	if err := id.write(n.o.Dir); err != nil {
		return err
	}
	n.identity.Store(&id)
	n.waitsFor(nil)
	n.log.Info().Str("cluster", id.Cluster).Int("founders", len(id.Founders)).Uint64("raft_id", id.RaftID).Msg("this directory belongs to the cluster")
	return nil
}

// waitsFor is what the node waits for before it serves, for /readyz; logged when it is something new.
func (n *Node) waitsFor(what error) {
	old := n.waits.Swap(&what)
	if what != nil && (old == nil || *old == nil || (*old).Error() != what.Error()) {
		n.log.Info().Err(what).Msg("waiting")
	}
}

// seeds are the addresses given as seeds, sorted, each once.
func (n *Node) seeds() []string {
	return slices.Compact(slices.Sorted(slices.Values(n.o.Seeds)))
}

// askSeeds asks all the seeds at once which cluster they belong to. Those that do not answer are left out.
func (n *Node) askSeeds(ctx context.Context) map[string]saidBySeed {
	ctx, cancel := context.WithTimeout(ctx, seedWithin)
	defer cancel()
	var mu sync.Mutex
	heard := map[string]saidBySeed{}
	var asked sync.WaitGroup
	for _, address := range n.seeds() {
		asked.Go(func() {
			said, err := n.ask(ctx, address, whoseCluster)
			if err != nil {
				n.log.Debug().Err(err).Str("seed", address).Msg("a seed does not answer")
				return
			}
			mu.Lock()
			defer mu.Unlock()
			heard[address] = said
		})
	}
	asked.Wait()
	return heard
}

// join asks a seed for a place in its cluster.
func (n *Node) join(ctx context.Context, seed string) (identity, error) {
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	said, err := n.ask(ctx, seed, letMeJoin)
	if err != nil {
		return identity{}, fmt.Errorf("asking seed %s for a place in its cluster: %w", seed, err)
	}
	if said.RaftID == 0 || said.Cluster == "" {
		return identity{}, fmt.Errorf("seed %s gave no place in its cluster", seed)
	}
	return n.identity.Load().in(said.Cluster, said.Secret, said.RaftID, said.Founders), nil
}

// ask asks one node one question.
func (n *Node) ask(ctx context.Context, address string, what question) (saidBySeed, error) {
	request, err := json.Marshal(asks{What: what})
	if err != nil {
		return saidBySeed{}, err
	}
	peer, reply, err := link.Ask(ctx, n.o.Dial, nil, n.reach(address), n.self(), request)
	if err != nil {
		return saidBySeed{}, err
	}
	var said saidBySeed
	if err := json.Unmarshal(reply, &said); err != nil {
		return saidBySeed{}, fmt.Errorf("its answer does not parse: %w", err)
	}
	if said.Error != "" {
		return saidBySeed{}, errors.New(said.Error)
	}
	if n.mayBeOurs(said.Cluster) {
		n.peers.met(peer.Node, peer.Peer)
		for node, at := range said.Peers {
			n.peers.met(node, at)
		}
	}
	return said, nil
}

// mayBeOurs reports whether a node that says it belongs to a cluster, or to none yet, may belong to this node's. Another cluster's
// nodes have the same ids as ours, at other addresses.
func (n *Node) mayBeOurs(cluster string) bool {
	own := n.identity.Load().Cluster
	return own == "" || cluster == "" || own == cluster
}

// asked answers a question of another node.
func (n *Node) asked(from link.Identity, request []byte) []byte {
	said := n.identity.Load().said(n.seeds())
	if said.Cluster != "" {
		said.Peers = n.peers.all()
	}
	var q asks
	err := json.Unmarshal(request, &q)
	switch {
	case err != nil:
	case q.What == letMeJoin:
		err = n.letJoin(from, &said)
	case q.What == hereIAm && n.mayBeOurs(from.Cluster):
		n.peers.met(from.Node, from.Peer)
	case q.What == hereIAm:
	case q.What != whoseCluster:
		err = fmt.Errorf("node %d does not know the question %q", n.o.ID, q.What)
	}
	if err != nil {
		said = saidBySeed{Error: err.Error()}
	}
	reply, err := json.Marshal(said)
	if err != nil {
		return nil
	}
	return reply
}

// letJoin asks the controller for a place in the cluster for another node.
func (n *Node) letJoin(from link.Identity, said *saidBySeed) error {
	if !n.identity.Load().member() || n.stage() < actorsRun {
		return fmt.Errorf("node %d belongs to no cluster yet, or is still starting", n.o.ID)
	}
	answered := make(chan error, 1)
	request := &msg.JoinCluster{Node: from.Node, Directory: from.Directory, Peer: from.Peer}
	request.Done = func(err error) { answered <- err }
	if err := n.controllerOfAll().Post(request); err != nil {
		return fmt.Errorf("the cluster's controller does not take requests: %w", err)
	}
	gaveUp := make(chan struct{})
	timer := n.o.Clock.AfterFunc(joinWithin, func() { close(gaveUp) })
	defer timer.Stop()
	select {
	case err := <-answered:
		said.RaftID = request.RaftID
		return err
	case <-gaveUp:
		return errors.New("the cluster's controller does not answer")
	}
}

// sleep waits for d, or until ctx ends.
func (n *Node) sleep(ctx context.Context, d time.Duration) error {
	over := make(chan struct{})
	timer := n.o.Clock.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
