package configs

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// ours are the keys that Kafka doesn't have.
var ours = map[string]bool{"write.caching": true, "log.write.caching": true}

// kafkaKey is a line of testdata/kafka-4.3.1.tsv.
type kafkaKey struct {
	resource                             msg.ResourceType
	name, kind, value, update, sensitive string
	synonyms, allowed                    string
}

func kafkaKeys(t *testing.T) []kafkaKey {
	t.Helper()
	text, err := os.ReadFile("testdata/kafka-4.3.1.tsv")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]msg.ResourceType{"topic": msg.TopicResource, "broker": msg.BrokerResource, "group": msg.GroupResource}
	var keys []kafkaKey
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		keys = append(keys, kafkaKey{types[f[0]], f[1], f[2], f[3], f[4], f[5], f[6], f[7]})
	}
	if len(keys) < 390 {
		t.Fatalf("the table has only %d keys", len(keys))
	}
	return keys
}

func TestCatalogueIsKafkas(t *testing.T) {
	missing := map[msg.ResourceType]map[string]Value{}
	for _, r := range []msg.ResourceType{msg.TopicResource, msg.BrokerResource, msg.GroupResource} {
		missing[r] = map[string]Value{}
		for _, v := range Describe(r, Layers{}) {
			missing[r][v.Key.Name] = v
		}
	}
	for _, want := range kafkaKeys(t) {
		v, ok := missing[want.resource][want.name]
		if !ok {
			t.Errorf("%s: there is no such key", want.name)
			continue
		}
		delete(missing[want.resource], want.name)
		var synonyms []string
		for _, s := range v.Synonyms {
			synonyms = append(synonyms, s.Name)
		}
		got := kafkaKey{
			want.resource, v.Key.Name, v.Key.Type.String(), shown(v.Value), updateOf(want.resource, v.Key),
			strconv.FormatBool(v.Key.Sensitive), strings.Join(synonyms, ","), want.allowed,
		}
		if got != want || v.Source != Default {
			t.Errorf("got  %v from %v\nwant %v", got, v.Source, want)
		}
	}
	for _, left := range missing {
		for name := range left {
			if !ours[name] {
				t.Errorf("%s: Kafka has no such key", name)
			}
		}
	}
}

func shown(value *string) string {
	if value == nil {
		return "null"
	}
	return *value
}

func updateOf(r msg.ResourceType, k *Key) string {
	switch {
	case r != msg.BrokerResource:
		return ""
	case k.ReadOnly:
		return "read-only"
	case k.PerNode:
		return "per-broker"
	}
	return "cluster-wide"
}

var rangeForm = regexp.MustCompile(`^\[(-?[0-9.]+),\.\.\.(?:,(-?[0-9.]+))?\]`)

// The edges of every range, and every choice, of Kafka's own validators.
func TestAllowedValuesAreKafkas(t *testing.T) {
	checked := 0
	for _, want := range kafkaKeys(t) {
		k, _ := Lookup(want.resource, want.name)
		if k == nil {
			t.Fatalf("%s: there is no such key", want.name)
		}
		if edges := rangeForm.FindStringSubmatch(want.allowed); edges != nil {
			checked++
			expect(t, k, edges[1], true)
			expect(t, k, beside(edges[1], -1), false)
			if edges[2] != "" {
				expect(t, k, edges[2], true)
				expect(t, k, beside(edges[2], +1), false)
			}
			continue
		}
		_, choices, _ := strings.Cut(want.allowed, "[")
		choices, ok := strings.CutSuffix(choices, "]")
		if !ok || strings.Contains(choices, ":") {
			continue
		}
		checked++
		for choice := range strings.SplitSeq(choices, ", ") {
			expect(t, k, choice, true)
		}
		expect(t, k, "no such choice", false)
	}
	if checked < 200 {
		t.Errorf("only %d keys have a range or choices: the table is read wrongly", checked)
	}
}

func beside(number string, step float64) string {
	f, _ := strconv.ParseFloat(number, 64)
	return strconv.FormatFloat(f+step, 'f', -1, 64)
}

func expect(t *testing.T, k *Key, value string, ok bool) {
	t.Helper()
	if err := k.Parse(value); (err == nil) != ok {
		t.Errorf("%s=%s: got %v, want it taken: %v", k.Name, value, err, ok)
	}
}

func TestEveryDefaultParses(t *testing.T) {
	for _, k := range everyKey() {
		if k.Default != nil {
			expect(t, k, *k.Default, true)
		}
	}
}

func TestEverySynonymIsABrokerConfig(t *testing.T) {
	for _, r := range []msg.ResourceType{msg.TopicResource, msg.GroupResource} {
		for _, k := range Keys(r) {
			broker, ok := Lookup(msg.BrokerResource, k.Synonym)
			if k.Synonym != "" && (!ok || broker.Type != k.Type) {
				t.Errorf("%s: its synonym %q is no broker config of its type", k.Name, k.Synonym)
			}
		}
	}
	for name, others := range standIns {
		for _, other := range append(others, name) {
			if _, ok := Lookup(msg.BrokerResource, other); !ok {
				t.Errorf("%s: %s stands in for it and is no broker config", name, other)
			}
		}
	}
}

func TestKeysAreSortedAndFoundByName(t *testing.T) {
	for _, r := range []msg.ResourceType{msg.TopicResource, msg.BrokerResource, msg.GroupResource} {
		last := ""
		for _, k := range Keys(r) {
			if k.Name <= last {
				t.Errorf("%s comes after %s", k.Name, last)
			}
			last = k.Name
			if found, ok := Lookup(r, k.Name); !ok || found != k {
				t.Errorf("%s is not found by its name", k.Name)
			}
		}
	}
	for _, name := range []string{"", "nope", "listener.name.", "listener.name.x", "listener.name..ssl.protocol",
		"listener.name.x.log.dirs", "listener.name.x.y.ssl.protocol", "listener.name.x..sasl.jaas.config"} {
		if k, ok := Lookup(msg.BrokerResource, name); ok {
			t.Errorf("Lookup(%q) finds %s", name, k.Name)
		}
	}
}

func everyKey() []*Key {
	return sorted(Keys(msg.TopicResource), Keys(msg.BrokerResource), Keys(msg.GroupResource))
}

// Documentation is one to three sentences, its own for each key.
func TestEveryKeyIsDocumented(t *testing.T) {
	seen := map[string]string{}
	for _, k := range everyKey() {
		sentences := strings.Count(k.Doc+" ", ". ")
		if len(k.Doc) < 20 || !strings.HasSuffix(k.Doc, ".") || sentences < 1 || sentences > 4 || strings.Contains(k.Doc, "  ") {
			t.Errorf("%s: %q is not one to four sentences", k.Name, k.Doc)
		}
		if other, ok := seen[k.Doc]; ok {
			t.Errorf("%s has the documentation of %s", k.Name, other)
		}
		seen[k.Doc] = k.Name
	}
}

// A config without effect says why.
func TestEveryEffectIsExplained(t *testing.T) {
	for _, k := range everyKey() {
		if k.Effect == "" {
			continue
		}
		why, none := strings.CutPrefix(k.Effect, "Accepted; has no effect here: ")
		if len(why) < 20 || !strings.HasSuffix(why, ".") || !none && strings.Contains(why, "no effect") {
			t.Errorf("%s: %q doesn't say what it does here, or why nothing", k.Name, k.Effect)
		}
	}
}

func TestPasswordsAreSensitive(t *testing.T) {
	for _, k := range everyKey() {
		if (k.Type == Password) != k.Sensitive {
			t.Errorf("%s: type %v, sensitive %v", k.Name, k.Type, k.Sensitive)
		}
	}
}
