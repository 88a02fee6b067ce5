package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// resolved runs the settings through flags, environment and file, FILE in the arguments being the file's name.
func resolved(t *testing.T, args []string, env map[string]string, file string) (*settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "troupe.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var s settings
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	s.declare(f)
	if file != "" {
		args = append(args, "--config", path)
	}
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	err := s.resolve(f, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	return &s, err
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	env := map[string]string{"TROUPE_DATA": "/env"}
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
		file string
		data string
		from string
	}{
		{"nothing said", nil, nil, "", "./data", "default"},
		{"file", nil, nil, "data: /file", "/file", "file "},
		{"environment over file", nil, env, "data: /file", "/env", "environment TROUPE_DATA"},
		{"flag over environment and file", []string{"--data", "/flag"}, env, "data: /file", "/flag", "flag"},
		{"a flag that says the default is a flag", []string{"--data", "./data"}, env, "data: /file", "./data", "flag"},
		{"an empty variable says nothing", nil, map[string]string{"TROUPE_DATA": ""}, "data: /file", "/file", "file "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := resolved(t, c.args, c.env, c.file)
			if err != nil {
				t.Fatal(err)
			}
			if s.data != c.data || !strings.HasPrefix(string(s.origins["data"]), c.from) {
				t.Errorf("data %q from %q, want %q from %q", s.data, s.origins["data"], c.data, c.from)
			}
		})
	}
}

func TestEverySettingComesFromEverywhere(t *testing.T) {
	file := "node-id: 3\ndata: d\nkafka: [A=h:1, B=h:2]\nkafka-advertise: A=x:1\nhttp: off\npprof: true\nrack: r\nlog-level: warn\n" +
		"log-format: json\nmemory-limit: 1GiB\nset: {num.partitions: 3, log.retention.hours: 2}\n"
	fromFile, err := resolved(t, nil, nil, file)
	if err != nil {
		t.Fatal(err)
	}
	fromEnv, err := resolved(t, nil, map[string]string{
		"TROUPE_NODE_ID": "3", "TROUPE_DATA": "d", "TROUPE_KAFKA": "A=h:1, B=h:2", "TROUPE_KAFKA_ADVERTISE": "A=x:1", "TROUPE_HTTP": "off",
		"TROUPE_PPROF": "true", "TROUPE_RACK": "r", "TROUPE_LOG_LEVEL": "warn", "TROUPE_LOG_FORMAT": "json", "TROUPE_MEMORY_LIMIT": "1GiB",
		"TROUPE_SET": "num.partitions=3;log.retention.hours=2",
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	fromFlags, err := resolved(t, strings.Fields("--node-id 3 --data d --kafka A=h:1 --kafka B=h:2 --kafka-advertise A=x:1 --http off --pprof "+
		"--rack r --log-level warn --log-format json --memory-limit 1GiB --set num.partitions=3 --set log.retention.hours=2"), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	show := func(s *settings) string {
		return strings.Join([]string{
			string(rune('0' + s.nodeID)), s.data, strings.Join(s.kafka, ","), strings.Join(s.advertise, ","), s.http, map[bool]string{true: "pprof"}[s.pprof],
			s.rack, s.logLevel, s.logFormat, s.memoryLimit, strings.Join(pairs(s.kafkaConfig), ","),
		}, " ")
	}
	const want = "3 d A=h:1,B=h:2 A=x:1 off pprof r warn json 1GiB log.retention.hours=2,num.partitions=3"
	for name, s := range map[string]*settings{"file": fromFile, "environment": fromEnv, "flags": fromFlags} {
		if got := show(s); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
}

func TestKafkaConfigsAreLayeredOneByOne(t *testing.T) {
	s, err := resolved(t, []string{"--set", "a=flag"}, map[string]string{"TROUPE_SET": "a=env\nb=env,env"}, "set: {a: file, b: file, c: [x, y], d: 0.5}")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(pairs(s.kafkaConfig), " "), "a=flag b=env,env c=x,y d=0.5"; got != want {
		t.Errorf("in force: %s, want %s", got, want)
	}
	if s.origins["set.a"] != fromFlag || s.origins["set.b"] != "environment TROUPE_SET" || !strings.HasPrefix(string(s.origins["set.c"]), "file ") {
		t.Errorf("origins: %v", s.origins)
	}
}

func TestBadSettingsAreNamed(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		file string
		want string
	}{
		{"an unknown key", nil, "dta: x", `there is no setting "dta"; allowed are admin-anywhere, data, http,`},
		{"the file does not name itself", nil, "config: x", `there is no setting "config"`},
		{"no YAML", nil, "data: [", "troupe.yaml"},
		{"a map for a value", nil, "data: {a: b}", "data: want a value or a list, not a map"},
		{"a number that is none", map[string]string{"TROUPE_NODE_ID": "one"}, "", `node-id from environment TROUPE_NODE_ID: "one"`},
		{"a config without a value", map[string]string{"TROUPE_SET": "num.partitions"}, "", `"num.partitions" is not KEY=VALUE`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := resolved(t, nil, c.env, c.file)
			if err == nil || !strings.Contains(err.Error(), c.want) || !isMisuse(err) {
				t.Errorf("error %v (misuse %v), want a misuse that says %q", err, err != nil && isMisuse(err), c.want)
			}
		})
	}
}
