package configs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

var resources = map[string]msg.ResourceType{"topic": topic, "broker": broker, "group": group}

// TestLayers plays testdata/layers. Input lines are "LAYER KEY=VALUE", with a layer of own, node, cluster or static.
//
//	resolve RESOURCE KEY    the value in force, its source, and its synonyms
//	listed RESOURCE         what Describe lists beyond an untouched node
func TestLayers(t *testing.T) {
	datadriven.RunTest(t, "testdata/layers", func(t *testing.T, d *datadriven.TestData) string {
		resource := resources[d.CmdArgs[0].Key]
		layers := layersOf(t, d.Input)
		if d.Cmd == "resolve" {
			return printed(Resolve(resource, d.CmdArgs[1].Key, layers))
		}
		before := map[string]string{}
		for _, v := range Describe(resource, Layers{}) {
			before[v.Key.Name] = printed(v)
		}
		var out strings.Builder
		for _, v := range Describe(resource, layers) {
			if now := printed(v); now != before[v.Key.Name] {
				out.WriteString(now)
			}
		}
		return out.String()
	})
}

func layersOf(t *testing.T, input string) Layers {
	l := Layers{Own: map[string]string{}, Node: map[string]string{}, Cluster: map[string]string{}, Static: map[string]string{}}
	byLayer := map[string]map[string]string{"own": l.Own, "node": l.Node, "cluster": l.Cluster, "static": l.Static}
	for line := range strings.Lines(input) {
		layer, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		name, value, ok := strings.Cut(rest, "=")
		if !ok || byLayer[layer] == nil {
			t.Fatalf("%q is not LAYER KEY=VALUE", line)
		}
		byLayer[layer][name] = value
	}
	return l
}

func printed(v Value) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s=%s %v\n", v.Key.Name, shown(v.Value), v.Source)
	for _, s := range v.Synonyms {
		fmt.Fprintf(&out, "  %s=%s %v\n", s.Name, shown(s.Value), s.Source)
	}
	return out.String()
}

func TestResolvePanicsOnAnUnknownName(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "no.such.config") {
			t.Errorf("got %v, want a panic that names the config", r)
		}
	}()
	Resolve(topic, "no.such.config", Layers{})
}
