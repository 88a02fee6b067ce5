package metadata

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// TestImage runs the scripts of testdata/image. apply takes one record per line, "Kind {fields}", as one batch, and prints what
// changed; image prints all there is.
func TestImage(t *testing.T) {
	datadriven.Walk(t, "testdata/image", func(t *testing.T, path string) {
		image := Empty()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "image":
				return show(image)
			case "apply":
				draft := image.Draft()
				for _, line := range strings.Split(d.Input, "\n") {
					if err := applyLine(draft, line); err != nil {
						return err.Error() + "\n"
					}
				}
				image = draft.Image()
				return showChanges(draft.Changes())
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

func applyLine(d *Draft, line string) error {
	kind, fields, _ := strings.Cut(line, " ")
	change, err := Decode(record.Record{Key: []byte(kind), Value: fmt.Appendf(nil, `{"v":1,"data":%s}`, fields)})
	if err != nil {
		return err
	}
	return d.Apply(change)
}

func show(i *Image) string {
	var b strings.Builder
	fmt.Fprintf(&b, "cluster %q level %d, next producer id %d, next raft id %d, %d partitions\n",
		i.ClusterID(), i.Level(), i.NextProducerID(), i.NextRaftID(), i.Partitions())
	for _, q := range i.Quorum() {
		fmt.Fprintf(&b, "quorum node %d dir %s raft %d", q.Node, q.Directory, q.RaftID)
		if q.Voter {
			b.WriteString(" voter")
		}
		b.WriteString("\n")
	}
	for _, n := range i.Nodes() {
		fmt.Fprintf(&b, "node %d incarnation %q directory %q rack %q levels %d-%d", n.ID, n.Incarnation, n.Directory, n.Rack, n.MinLevel, n.MaxLevel)
		for _, l := range slices.Sorted(maps.Keys(n.Listeners)) {
			fmt.Fprintf(&b, " %s=%s:%d", l, n.Listeners[l].Host, n.Listeners[l].Port)
		}
		for _, l := range []struct {
			what string
			is   bool
		}{{" fenced", n.Fenced}, {" draining", n.Draining}, {" leaving", n.Leaving}} {
			if l.is {
				b.WriteString(l.what)
			}
		}
		b.WriteString("\n")
	}
	for _, r := range i.removed {
		fmt.Fprintf(&b, "removed node %d dir %s\n", r.Node, r.Directory)
	}
	for _, t := range i.Topics() {
		fmt.Fprintf(&b, "topic %s %s", t.ID, t.Name)
		if t.Internal {
			b.WriteString(" internal")
		}
		if t.AutoFactor {
			b.WriteString(" auto")
		}
		b.WriteString("\n")
		for p, part := range t.Partitions {
			fmt.Fprintf(&b, "  %d:", p)
			showReplicas(&b, "", part.Replicas)
			if !slices.Equal(part.Founders, part.Replicas) {
				showReplicas(&b, " founders", part.Founders)
			}
			if part.Target != nil {
				showReplicas(&b, " target", part.Target)
			}
			if part.Dropped != nil {
				showReplicas(&b, " dropped", part.Dropped)
			}
			b.WriteString("\n")
		}
	}
	for _, typ := range []msg.ResourceType{msg.TopicResource, msg.BrokerResource, msg.GroupResource} {
		for _, name := range i.Resources(typ) {
			fmt.Fprintf(&b, "%s %q:", resourceNames[typ], name)
			overrides := i.Overrides(typ, name)
			for _, key := range slices.Sorted(maps.Keys(overrides)) {
				fmt.Fprintf(&b, " %s=%s", key, overrides[key])
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func showReplicas(b *strings.Builder, what string, replicas []Replica) {
	b.WriteString(what)
	for _, r := range replicas {
		fmt.Fprintf(b, " node %d dir %s raft %d", r.Node, r.Directory, r.RaftID)
	}
}

func showChanges(c Changes) string {
	var b strings.Builder
	list := func(what string, topics []*Topic) {
		for _, t := range topics {
			fmt.Fprintf(&b, "%s %s %s (%d)\n", what, t.ID, t.Name, len(t.Partitions))
		}
	}
	list("created", c.Created)
	list("deleted", c.Deleted)
	list("reconfigured", c.Reconfigured)
	list("moved", c.Moved)
	if c.Nodes {
		b.WriteString("nodes\n")
	}
	if c.Quorum {
		b.WriteString("quorum\n")
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}
