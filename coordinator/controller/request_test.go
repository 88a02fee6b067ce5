package controller

import (
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// request makes the request of a script's command. Arguments: as=NAME, and the flags validate and replace. Each line is an
// item:
//
//	create-topics       NAME partitions=N rf=N assign=1,2/2,1 KEY:=VALUE KEY:=<null>
//	delete-topics       name=NAME id=ID
//	create-partitions   NAME count=N assign=1,2/2,1
//	alter-configs       TYPE NAME set KEY:=VALUE delete KEY append KEY:=VALUE subtract KEY:=VALUE    (NAME "-": empty)
//	producer-ids
func (s *stage) request(t *testing.T, d *datadriven.TestData) ask {
	name := d.Cmd
	if d.HasArg("as") {
		d.ScanArgs(t, "as", &name)
	}
	var lines [][]string
	for _, line := range strings.Split(d.Input, "\n") {
		if words := strings.Fields(line); len(words) > 0 {
			lines = append(lines, words)
		}
	}
	q := newRequest(t, d, lines)
	s.asks = append(s.asks, named{name, q})
	return q
}

func newRequest(t *testing.T, d *datadriven.TestData, lines [][]string) ask {
	asked := msg.Asked{Done: func(error) {}}
	switch d.Cmd {
	case "create-topics":
		q := &msg.CreateTopics{Asked: asked, ValidateOnly: d.HasArg("validate")}
		for _, words := range lines {
			q.Topics = append(q.Topics, newTopic(words))
		}
		return q
	case "delete-topics":
		q := &msg.DeleteTopics{Asked: asked}
		for _, words := range lines {
			q.Topics = append(q.Topics, deadTopic(t, words))
		}
		return q
	case "create-partitions":
		q := &msg.CreatePartitions{Asked: asked, ValidateOnly: d.HasArg("validate")}
		for _, words := range lines {
			topic := newTopic(append(words, "partitions="+strings.TrimPrefix(words[1], "count=")))
			q.Topics = append(q.Topics, &msg.WiderTopic{Name: topic.Name, Count: topic.Partitions, Assignment: topic.Assignment})
		}
		return q
	case "alter-configs":
		q := &msg.AlterConfigs{Asked: asked, ValidateOnly: d.HasArg("validate")}
		for _, words := range lines {
			a := altered(words)
			a.Replace = d.HasArg("replace")
			q.Resources = append(q.Resources, a)
		}
		return q
	case "producer-ids":
		return &msg.AllocateProducerIDs{Asked: asked, Node: 1}
	}
	return clusterRequest(t, d, asked, lines)
}

func newTopic(words []string) *msg.NewTopic {
	topic := &msg.NewTopic{Name: words[0], Partitions: -1, ReplicationFactor: -1, Configs: map[string]*string{}}
	if topic.Name == "-" {
		topic.Name = ""
	}
	for _, word := range words[1:] {
		if key, value, ok := strings.Cut(word, ":="); ok {
			topic.Configs[key] = valueOf(value)
			continue
		}
		key, value, _ := strings.Cut(word, "=")
		number, _ := strconv.Atoi(value)
		switch key {
		case "partitions":
			topic.Partitions = int32(number)
		case "rf":
			topic.ReplicationFactor = int16(number)
		case "assign":
			for _, partition := range strings.Split(value, "/") {
				var nodes []msg.NodeID
				for _, node := range strings.Split(partition, ",") {
					if id, err := strconv.Atoi(node); err == nil {
						nodes = append(nodes, msg.NodeID(id))
					}
				}
				topic.Assignment = append(topic.Assignment, nodes)
			}
		}
	}
	return topic
}

func valueOf(text string) *string {
	if text == "<null>" {
		return nil
	}
	return &text
}

func deadTopic(t *testing.T, words []string) *msg.DeadTopic {
	dead := &msg.DeadTopic{}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "name":
			dead.Name = value
		case "id":
			if err := dead.ID.UnmarshalText([]byte(value)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dead
}

func altered(words []string) *msg.AlteredResource {
	typ, _ := strconv.Atoi(words[0])
	for name, known := range map[string]msg.ResourceType{"topic": msg.TopicResource, "broker": msg.BrokerResource, "group": msg.GroupResource} {
		if words[0] == name {
			typ = int(known)
		}
	}
	a := &msg.AlteredResource{Type: msg.ResourceType(typ), Name: words[1]}
	if a.Name == "-" {
		a.Name = ""
	}
	kinds := map[string]msg.ConfigOpKind{"set": msg.ConfigSet, "delete": msg.ConfigDelete, "append": msg.ConfigAppend, "subtract": msg.ConfigSubtract, "nine": 9}
	for rest := words[2:]; len(rest) > 0; rest = rest[2:] {
		key, value, has := strings.Cut(rest[1], ":=")
		op := msg.ConfigOp{Kind: kinds[rest[0]], Name: key}
		if has {
			op.Value = valueOf(value)
		}
		a.Ops = append(a.Ops, op)
	}
	return a
}
