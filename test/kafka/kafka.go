// Package kafka fetches Apache Kafka from Maven Central and runs it, or its Java clients, beside Troupe: the other side of
// comparisons, and clients that are not ours.
//
// It promises that what it starts is stopped by whoever started it. It must never be imported outside test/.
//
// Place on a record's way: outside, as somebody else's broker or client.
package kafka

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Version is the release that is fetched.
const Version = "4.3.1"

// pom names the jars of the broker and its tools.
//
//go:embed pom.xml
var pom []byte

// properties take the client port, the controller's port and the data directory.
const properties = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%[2]s
listeners=PLAINTEXT://127.0.0.1:%[1]s,CONTROLLER://127.0.0.1:%[2]s
advertised.listeners=PLAINTEXT://127.0.0.1:%[1]s
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=%[3]s
num.partitions=4
num.network.threads=2
num.io.threads=4
offsets.topic.replication.factor=1
log.cleaner.dedupe.buffer.size=16777216
`

// Installed reports whether Java and Maven are here.
func Installed() error {
	for _, tool := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("to run Apache Kafka there must be %s (Java 17 and Maven): %w", tool, err)
		}
	}
	return nil
}

// Jars returns a class path with the broker and its tools. Maven fetches them once into the user's cache directory.
func Jars(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	jars := filepath.Join(cache, "troupe-test", "kafka-"+Version)
	classPath := filepath.Join(jars, "*")
	if _, err := os.Stat(filepath.Join(jars, "complete")); err == nil {
		return classPath, nil
	}
	dir, err := os.MkdirTemp("", "kafka")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(file, pom, 0o600); err != nil {
		return "", err
	}
	mvn := exec.CommandContext(ctx, "mvn", "-q", "-B", "-f", file, "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+jars)
	if out, err := mvn.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetch Kafka's jars with Maven: %w\n%s", err, out)
	}
	return classPath, os.WriteFile(filepath.Join(jars, "complete"), nil, 0o600)
}

// Command is one of Kafka's Java programs, to be run.
func Command(ctx context.Context, classPath, class string, args ...string) *exec.Cmd {
	all := []string{"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classPath, class}
	return exec.CommandContext(ctx, "java", append(all, args...)...)
}

// Broker formats dir and returns the command of one combined broker and controller on these ports.
func Broker(ctx context.Context, classPath, dir, port, controllerPort string) (*exec.Cmd, error) {
	config := filepath.Join(dir, "server.properties")
	text := fmt.Sprintf(properties, port, controllerPort, filepath.Join(dir, "data"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	format := Command(ctx, classPath, "kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", config)
	if out, err := format.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("format Kafka's directory: %w\n%s", err, out)
	}
	return exec.Command("java", "-Xms512m", "-Xmx512m", "-XX:+UseG1GC", "-Dkafka.logs.dir="+dir, "-cp", classPath, "kafka.Kafka", config), nil
}
