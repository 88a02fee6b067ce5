package http

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/gateway/admin"
)

// What an operator can ask of the cluster that Kafka's protocol has no request for. Any node takes it:
//
//	GET  /admin/nodes                     the nodes, and what was asked of them
//	POST /admin/nodes/ID/drain            move leadership away from a node, and keep it away
//	POST /admin/nodes/ID/undrain          take a drain or a decommission back
//	POST /admin/nodes/ID/decommission     move every replica away from a node, then forget it
//	GET  /admin/partitions/TOPIC/NUMBER   who leads a partition, and how its replicas stand
//	POST /admin/partitions/TOPIC/NUMBER/recover-unsafe?node=ID
//	                                      make the replica on a node the only one of a partition whose majority is lost for good
//	POST /admin/balance                   even out replicas and leaders now
//	GET  /admin/groups/GROUP/why          what a group's coordinator remembers of the group
//
// Answers are JSON. A change is answered when it is in the metadata log, long before it is carried out. There is no login, so
// only this machine is answered, unless the node was told otherwise, and no web page is, whoever has opened it.

// adminTimeout bounds how long a request waits for the controller.
const adminTimeout = 10 * time.Second

// Node is a node as GET /admin/nodes tells of it.
type Node struct {
	ID       msg.NodeID `json:"id"`
	Rack     string     `json:"rack,omitempty"`
	Fenced   bool       `json:"fenced"`
	Draining bool       `json:"draining"`
	Leaving  bool       `json:"leaving"`
}

// Balanced is the answer to POST /admin/balance: how many moves are under way, and for how many partitions another leader was
// asked for.
type Balanced struct {
	Moves   int `json:"moves"`
	Leaders int `json:"leaders"`
}

// Failure is the answer to whatever was not done.
type Failure struct {
	// Error says why; Code is Kafka's name for it, "" where it has none.
	Error string `json:"error"`
	Code  string `json:"code,omitempty"`
}

// administration answers these requests.
type administration struct {
	// client is nil while the node starts.
	client   func() *admin.Client
	anywhere bool
}

func (a *administration) routes(mux *http.ServeMux) {
	for pattern, answer := range map[string]func(*admin.Client, *http.Request) (any, error){
		"GET /admin/nodes":                                       nodes,
		"GET /admin/partitions/{topic}/{number}":                 describePartition,
		"POST /admin/partitions/{topic}/{number}/recover-unsafe": recoverUnsafe,
		"POST /admin/nodes/{id}/drain":                           change(msg.DrainNode),
		"POST /admin/nodes/{id}/undrain":                         change(msg.UndrainNode),
		"POST /admin/nodes/{id}/decommission":                    change(msg.DecommissionNode),
		"POST /admin/balance":                                    balance,
		"GET /admin/groups/{group}/why":                          explainGroup,
	} {
		mux.HandleFunc(pattern, a.guarded(answer))
	}
}

// guarded lets in only who may ask.
func (a *administration) guarded(answer func(*admin.Client, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		client := a.client()
		switch {
		case q.Header.Get("Origin") != "":
			reply(w, http.StatusForbidden, Failure{Error: "web pages may not administer the cluster"})
		case !a.anywhere && !fromHere(q):
			reply(w, http.StatusForbidden, Failure{Error: "the cluster is administered from the node's own machine only; start the node with --admin-anywhere to change that"})
		case client == nil:
			reply(w, http.StatusServiceUnavailable, Failure{Error: "the node is starting; try again"})
		default:
			v, err := answer(client, q)
			if err != nil {
				reply(w, statusOf(err), failure(err))
				return
			}
			reply(w, http.StatusOK, v)
		}
	}
}

func fromHere(q *http.Request) bool {
	host, _, err := net.SplitHostPort(q.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone, if anything
}

func failure(err error) Failure {
	var code *kerr.Error
	if errors.As(err, &code) {
		return Failure{err.Error(), code.Message}
	}
	return Failure{Error: err.Error()}
}

// statusOf is the HTTP status that fits an error.
func statusOf(err error) int {
	switch {
	case errors.Is(err, kerr.BrokerIDNotRegistered), errors.Is(err, kerr.UnknownTopicOrPartition):
		return http.StatusNotFound
	case errors.Is(err, kerr.RequestTimedOut), errors.Is(err, kerr.NotController), errors.Is(err, kerr.ThrottlingQuotaExceeded), errors.Is(err, kerr.LeaderNotAvailable):
		return http.StatusServiceUnavailable
	}
	return http.StatusConflict
}

func nodes(c *admin.Client, _ *http.Request) (any, error) {
	all := []Node{}
	for _, n := range c.Image().Nodes() {
		all = append(all, Node{ID: n.ID, Rack: n.Rack, Fenced: n.Fenced, Draining: n.Draining, Leaving: n.Leaving})
	}
	return all, nil
}

func change(what msg.NodeChange) func(*admin.Client, *http.Request) (any, error) {
	return func(c *admin.Client, q *http.Request) (any, error) {
		id, err := strconv.ParseInt(q.PathValue("id"), 10, 32)
		if err != nil || id < 0 {
			return nil, msg.Errorf(kerr.BrokerIDNotRegistered, "%q is no node's id", q.PathValue("id"))
		}
		build := func() *msg.ChangeNode { return &msg.ChangeNode{Node: msg.NodeID(id), Change: what} }
		if _, err := ask(c, build); err != nil {
			return nil, err
		}
		node, known := c.Image().Node(msg.NodeID(id))
		if !known {
			return Node{ID: msg.NodeID(id), Leaving: true}, nil
		}
		return Node{ID: node.ID, Rack: node.Rack, Fenced: node.Fenced, Draining: node.Draining, Leaving: node.Leaving}, nil
	}
}

func balance(c *admin.Client, _ *http.Request) (any, error) {
	q, err := ask(c, func() *msg.BalanceCluster { return &msg.BalanceCluster{} })
	if err != nil {
		return nil, fmt.Errorf("balancing the cluster: %w", err)
	}
	return Balanced{Moves: q.Moves, Leaders: q.Leaders}, nil
}

// ask waits for the controller's answer, which comes in time.
func ask[Q admin.Request](c *admin.Client, build func() Q) (Q, error) {
	type answer struct {
		q   Q
		err error
	}
	answered := make(chan answer, 1)
	admin.Decide(c, adminTimeout, build, func(q Q, err error) { answered <- answer{q, err} })
	a := <-answered
	return a.q, a.err
}
