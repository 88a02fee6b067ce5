package main

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/pflag"
)

// settings is everything that serve can be told. Each is a flag, an environment variable TROUPE_NAME and a key of the YAML
// file, under one name. A flag wins over the environment, that over the file, that over the default; --set does so for
// each Kafka config on its own.
type settings struct {
	file        string
	nodeID      int32
	data        string
	kafka       []string // [NAME=]HOST:PORT
	advertise   []string // [NAME=]HOST:PORT
	http        string   // "off" closes it
	pprof       bool
	adminFar    bool
	rack        string
	peer        string // "off" closes it
	peerAdv     string
	nats        string // "off" closes it
	routes      string // "off" closes it
	routesAdv   string
	seeds       []string
	logLevel    string
	logFormat   string
	memoryLimit string
	kafkaConfig map[string]string

	// origins says where each setting in force comes from; a Kafka config's name is prefixed with "set.".
	origins map[string]origin
}

// origin is the place that gave a setting its value.
type origin string

const (
	fromFlag    origin = "flag"
	fromDefault origin = "default"
)

func fromEnvironment(name string) origin { return origin("environment " + variable(name)) }
func fromFile(path string) origin        { return origin("file " + path) }

// variable is the environment variable of a setting.
func variable(name string) string {
	return "TROUPE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// declare makes the settings flags, with their defaults.
func (s *settings) declare(f *pflag.FlagSet) {
	f.StringVar(&s.file, "config", "", "YAML `file` with settings, under the names of these flags")
	f.Int32Var(&s.nodeID, "node-id", 1, "this node's id, Kafka's node.id")
	f.StringVar(&s.data, "data", "./data", "data `directory`")
	f.StringArrayVar(&s.kafka, "kafka", []string{"127.0.0.1:9092"}, "where Kafka clients connect, `[NAME=]HOST:PORT`; repeat for more listeners (the first without a name is PLAINTEXT)")
	f.StringArrayVar(&s.advertise, "kafka-advertise", nil, "the address that clients are told, `[NAME=]HOST:PORT` (default: where the listener is bound)")
	f.StringVar(&s.http, "http", "127.0.0.1:8080", "where /metrics, /healthz, /readyz and /admin are served, `HOST:PORT` or off")
	f.BoolVar(&s.pprof, "pprof", false, "serve /debug/pprof on --http too")
	f.BoolVar(&s.adminFar, "admin-anywhere", false, "take requests to change the cluster on --http from other machines, too: there is no login")
	f.StringVar(&s.rack, "rack", "", "the rack this node stands in, Kafka's broker.rack")
	f.StringVar(&s.peer, "peer", "127.0.0.1:9093", "where other nodes connect, `HOST:PORT` or off")
	f.StringVar(&s.peerAdv, "peer-advertise", "", "the address of --peer that other nodes are told, `HOST:PORT` (default: where it is bound)")
	f.StringVar(&s.routes, "nats-routes", "127.0.0.1:6222", "where the routes of the embedded NATS server connect, `HOST:PORT` or off")
	f.StringVar(&s.routesAdv, "nats-routes-advertise", "", "the address of --nats-routes that other nodes are told, `HOST:PORT` (default: where it is bound)")
	f.StringVar(&s.nats, "nats", "off", "where NATS clients connect, `HOST:PORT` or off")
	f.StringSliceVar(&s.seeds, "seeds", nil, "peer addresses of nodes to find the cluster through, `HOST:PORT,…`; empty nodes that name each other found one together (default: found one alone)")
	f.StringVar(&s.logLevel, "log-level", "info", "trace, debug, info, warn or error")
	f.StringVar(&s.logFormat, "log-format", "auto", "console, json, or auto: console on a terminal")
	f.StringVar(&s.memoryLimit, "memory-limit", defaultMemoryLimit, "soft limit of the heap, such as 128MiB, or off (GOMEMLIMIT and GOGC count where this is not given)")
	f.Var(assignments{&s.kafkaConfig}, "set", "a Kafka broker config, `KEY=VALUE`; repeat for more")
}

// names lists the settings, in the order in which they are shown.
func settingNames(f *pflag.FlagSet) []string {
	var names []string
	f.VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "help" && flag.Name != "json" && flag.Name != "all" {
			names = append(names, flag.Name)
		}
	})
	return names
}

// resolve fills in what was not given as a flag, from the environment and then from the file, and notes where each value
// comes from. The flags have been parsed.
func (s *settings) resolve(f *pflag.FlagSet, lookup func(string) (string, bool)) error {
	s.origins = map[string]origin{}
	given := s.kafkaConfig
	s.kafkaConfig = map[string]string{}
	if err := s.take(f, "config", nil, lookup); err != nil {
		return err
	}
	var file map[string][]string
	if s.file != "" {
		var err error
		if file, err = readSettingsFile(s.file, settingNames(f)); err != nil {
			return misuse{err}
		}
	}
	for _, name := range settingNames(f) {
		if name == "config" || name == "set" {
			continue
		}
		if err := s.take(f, name, file, lookup); err != nil {
			return err
		}
	}
	return s.takeKafkaConfig(given, file["set"], lookup)
}

// take settles one setting other than set.
func (s *settings) take(f *pflag.FlagSet, name string, file map[string][]string, lookup func(string) (string, bool)) error {
	s.origins[name] = fromDefault
	flag := f.Lookup(name)
	if flag.Changed {
		s.origins[name] = fromFlag
		return nil
	}
	values, from := file[name], fromFile(s.file)
	if text, ok := lookup(variable(name)); ok && text != "" {
		values, from = []string{text}, fromEnvironment(name)
		if flag.Value.Type() == "stringArray" {
			values = split(text, ",")
		}
	}
	if values == nil {
		return nil
	}
	for _, v := range values {
		if err := flag.Value.Set(v); err != nil {
			return misusef("%s from %s: %q is not a value for it: %w", name, from, v, err)
		}
	}
	s.origins[name] = from
	return nil
}

// takeKafkaConfig lays the three layers of set over each other, the weakest first.
func (s *settings) takeKafkaConfig(flags map[string]string, file []string, lookup func(string) (string, bool)) error {
	text, _ := lookup(variable("set"))
	layers := []struct {
		from  origin
		pairs []string
	}{
		{fromFile(s.file), file},
		{fromEnvironment("set"), split(text, ";\n")},
		{fromFlag, pairs(flags)},
	}
	for _, layer := range layers {
		for _, pair := range layer.pairs {
			key, value, ok := strings.Cut(pair, "=")
			if !ok {
				return misusef("set from %s: %q is not KEY=VALUE", layer.from, pair)
			}
			s.kafkaConfig[key] = value
			s.origins["set."+key] = layer.from
		}
	}
	return nil
}

// split cuts text at any of the separators and drops what is empty.
func split(text, separators string) []string {
	fields := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) })
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	return slices.DeleteFunc(fields, func(s string) bool { return s == "" })
}

// pairs is a map as sorted KEY=VALUE.
func pairs(m map[string]string) []string {
	all := make([]string, 0, len(m))
	for k, v := range m {
		all = append(all, k+"="+v)
	}
	sort.Strings(all)
	return all
}

// assignments is a flag of KEY=VALUE, collected in a map.
type assignments struct{ values *map[string]string }

func (a assignments) String() string {
	if a.values == nil {
		return ""
	}
	return strings.Join(pairs(*a.values), ",")
}

func (a assignments) Type() string { return "KEY=VALUE" }

func (a assignments) Set(pair string) error {
	key, value, ok := strings.Cut(pair, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q is not KEY=VALUE", pair)
	}
	if *a.values == nil {
		*a.values = map[string]string{}
	}
	(*a.values)[key] = value
	return nil
}
