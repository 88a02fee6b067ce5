package http

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
	"github.com/seed-e634fa49/troupe/gateway/admin"
)

var start = time.Unix(1000, 0)

// controller does what it is asked to a cluster of three nodes, the third of which is fenced.
type controller struct {
	t     *testing.T
	image *metadata.Image
	asked []string // who was
}

func newController(t *testing.T) *controller {
	c := &controller{t: t, image: metadata.Empty()}
	c.apply(metadata.ClusterFounded{ClusterID: "c", Level: 1})
	for id, rack := range []string{"a", "b", ""} {
		c.apply(metadata.NodeRegistered{Registration: msg.Registration{ID: msg.NodeID(id + 1), Directory: "d", Rack: rack, MinLevel: 1, MaxLevel: 1}})
	}
	c.apply(metadata.NodeFenced{Node: 3})
	c.apply(metadata.RaftIDsIssued{Next: 50})
	for i, name := range []string{"orders", "lost"} {
		id := msg.TopicID{byte(i + 1)}
		c.apply(metadata.TopicCreated{ID: id, Name: name})
		c.apply(metadata.PartitionCreated{Topic: id, Replicas: []metadata.Replica{{Node: 2, Directory: "d", RaftID: uint64(11 + i)}}})
	}
	return c
}

func (c *controller) apply(r metadata.Record) {
	draft := c.image.Draft()
	if err := draft.Apply(r); err != nil {
		c.t.Fatal(err)
	}
	c.image = draft.Image()
}

func (c *controller) Leadership(tp msg.TopicPartition) (msg.Leadership, bool) {
	if tp.Topic == (msg.TopicID{2}) {
		return msg.Leadership{Leader: msg.NoNode}, false
	}
	return msg.Leadership{Leader: 2}, true
}

func (c *controller) Post(m msg.Message) error {
	switch q := m.(type) {
	case *msg.BalanceCluster:
		q.Moves, q.Leaders = 4, 2
		q.Answer(nil)
	case *msg.DescribePartition:
		q.Epoch, q.LogStart, q.HighWatermark, q.LogEnd = 7, 1, 8, 9
		q.Members = []msg.Member{
			{Placed: msg.Placed{Node: 2, RaftID: 11}, LogEnd: 9, LastFetch: start, LastCaughtUp: start},
			{Placed: msg.Placed{Node: 3, RaftID: 12, Learner: true}, LogEnd: 4, LastFetch: start.Add(-1500 * time.Millisecond), Doing: "probing"},
			{Placed: msg.Placed{Node: 1, RaftID: 13}, LogEnd: -1},
		}
		q.Answer(nil)
	case *msg.RecoverUnsafe:
		q.Answer(nil)
	case *msg.ChangeNode:
		if _, known := c.image.Node(q.Node); !known {
			q.Answer(msg.Errorf(kerr.BrokerIDNotRegistered, "changing node %d: no such node is registered", q.Node))
			return nil
		}
		switch q.Change {
		case msg.DecommissionNode:
			q.Answer(msg.Errorf(kerr.InvalidReplicationFactor, "decommissioning node %d: two nodes would be left for three replicas", q.Node))
			return nil
		default:
			c.apply(metadata.NodeDraining{Node: q.Node, Draining: q.Change == msg.DrainNode})
		}
		q.Answer(nil)
	}
	return nil
}

func (c *controller) client() *admin.Client {
	at := func(node msg.NodeID, name string) msg.Target {
		c.asked = append(c.asked, fmt.Sprint(node, " ", name))
		return c
	}
	return admin.New(admin.Options{At: at, Directory: c, Image: func() *metadata.Image { return c.image }, Clock: clock.NewVirtual(start)})
}

func TestAdministration(t *testing.T) {
	for _, tt := range []struct {
		name, method, path string
		from, origin       string
		anywhere, starting bool
		status             int
		body, asks         string
	}{
		{name: "who is there", method: "GET", path: "/admin/nodes", status: 200,
			body: `[{"id":1,"rack":"a","fenced":false,"draining":false,"leaving":false},{"id":2,"rack":"b","fenced":false,"draining":false,"leaving":false},{"id":3,"fenced":true,"draining":false,"leaving":false}]`},
		{name: "drain", method: "POST", path: "/admin/nodes/2/drain", status: 200, body: `{"id":2,"rack":"b","fenced":false,"draining":true,"leaving":false}`},
		{name: "undrain", method: "POST", path: "/admin/nodes/2/undrain", status: 200, body: `"draining":false`},
		{name: "the controller says no", method: "POST", path: "/admin/nodes/2/decommission", status: 409,
			body: `{"error":"decommissioning node 2: two nodes would be left for three replicas (INVALID_REPLICATION_FACTOR)","code":"INVALID_REPLICATION_FACTOR"}`},
		{name: "no such node", method: "POST", path: "/admin/nodes/9/drain", status: 404, body: "no such node"},
		{name: "not a node", method: "POST", path: "/admin/nodes/two/drain", status: 404, body: "is no node's id"},
		{name: "a partition", method: "GET", path: "/admin/partitions/orders/0", status: 200,
			body: `{"topic":"orders","partition":0,"leader":2,"epoch":7,"log_start":1,"high_watermark":8,"log_end":9,"replicas":[` +
				`{"node":2,"raft_id":11,"voter":true,"log_end":9,"lag":0,"heard_ms":0,"caught_up_ms":0},` +
				`{"node":3,"raft_id":12,"voter":false,"log_end":4,"lag":5,"heard_ms":1500,"caught_up_ms":-1,"doing":"probing"},` +
				`{"node":1,"raft_id":13,"voter":true,"log_end":-1,"lag":-1,"heard_ms":-1,"caught_up_ms":-1}]}`},
		{name: "no such topic", method: "GET", path: "/admin/partitions/nowhere/0", status: 404, body: "there is no partition 0 of topic"},
		{name: "no such partition", method: "GET", path: "/admin/partitions/orders/1", status: 404, body: "there is no partition 1"},
		{name: "not a partition", method: "GET", path: "/admin/partitions/orders/one", status: 404, body: "there is no partition one"},
		{name: "a partition without a leader", method: "GET", path: "/admin/partitions/lost/0", status: 503, body: "no leader"},
		{name: "the last resort", method: "POST", path: "/admin/partitions/lost/0/recover-unsafe?node=2", status: 200, body: `{"topic":"lost","partition":0,"node":2,"left":[]}`,
			asks: "2 " + msg.PartitionName(msg.TopicPartition{Topic: msg.TopicID{2}})},
		{name: "recovery on a node without a replica", method: "POST", path: "/admin/partitions/lost/0/recover-unsafe?node=1", status: 409, body: "node 1 has no replica of it, nodes [2] have"},
		{name: "recovery of nothing", method: "POST", path: "/admin/partitions/lost/1/recover-unsafe?node=2", status: 404, body: "there is no partition 1"},
		{name: "recovery on no node", method: "POST", path: "/admin/partitions/lost/0/recover-unsafe", status: 409, body: "is no node's id"},
		{name: "recovery is no question", method: "GET", path: "/admin/partitions/lost/0/recover-unsafe?node=2", status: 405},
		{name: "recovery from a web page", method: "POST", path: "/admin/partitions/lost/0/recover-unsafe?node=2", origin: "http://evil.example", status: 403, body: "web pages"},
		{name: "balance", method: "POST", path: "/admin/balance", status: 200, body: `{"moves":4,"leaders":2}`},
		{name: "a question changes nothing", method: "GET", path: "/admin/balance", status: 405},
		{name: "another machine", method: "GET", path: "/admin/nodes", from: "10.1.2.3:4", status: 403, body: "--admin-anywhere"},
		{name: "another machine that may", method: "GET", path: "/admin/nodes", from: "10.1.2.3:4", anywhere: true, status: 200, body: `"id":1`},
		{name: "this machine by IPv6", method: "GET", path: "/admin/nodes", from: "[::1]:4", status: 200, body: `"id":1`},
		{name: "a web page", method: "POST", path: "/admin/balance", origin: "http://evil.example", anywhere: true, status: 403, body: "web pages"},
		{name: "a node that starts", method: "GET", path: "/admin/nodes", starting: true, status: 503, body: "starting"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newController(t)
			client := c.client()
			if tt.starting {
				client = nil
			}
			handler := routes(Options{Metrics: prometheus.NewRegistry(), Log: zerolog.Nop(), Admin: func() *admin.Client { return client }, AdminAnywhere: tt.anywhere})
			q := httptest.NewRequest(tt.method, tt.path, nil)
			if q.RemoteAddr = "127.0.0.1:4"; tt.from != "" {
				q.RemoteAddr = tt.from
			}
			if tt.origin != "" {
				q.Header.Set("Origin", tt.origin)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, q)
			body, err := io.ReadAll(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || !strings.Contains(string(body), tt.body) {
				t.Errorf("%d %s; want %d with %s", w.Code, body, tt.status, tt.body)
			}
			if tt.asks != "" && !slices.Equal(c.asked, []string{tt.asks}) {
				t.Errorf("asked %v, not %s", c.asked, tt.asks)
			}
		})
	}
}

func TestAdministrationIsClosedUnlessWanted(t *testing.T) {
	w := httptest.NewRecorder()
	routes(Options{Metrics: prometheus.NewRegistry(), Log: zerolog.Nop()}).ServeHTTP(w, httptest.NewRequest("GET", "/admin/nodes", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}
