package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// troupe is this command, built once for all the tests.
var troupe string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "troupe")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	troupe = filepath.Join(dir, "troupe")
	out, err := exec.Command("go", "build", "-o", troupe, ".").CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "building the command: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// child is a node in a process of its own.
type child struct {
	cmd    *exec.Cmd
	stdout chan string // its lines, closed at its end
	stderr *strings.Builder
	ready  string // the ready line
}

// spawn starts `troupe serve` on dir and waits for its ready line.
func spawn(t testing.TB, dir string, args ...string) *child {
	t.Helper()
	c := launch(t, dir, args...)
	select {
	case c.ready = <-c.stdout:
	case <-time.After(20 * time.Second):
		t.Fatal("no ready line within 20 s")
	}
	if c.ready == "" {
		c.wait()
		t.Fatalf("it ended: %s", c.stderr)
	}
	return c
}

func launch(t testing.TB, dir string, args ...string) *child {
	t.Helper()
	args = append([]string{"serve", "--data", dir, "--kafka", "127.0.0.1:0", "--http", "off", "--peer", "off", "--nats-routes", "off", "--log-format", "json"}, args...)
	c := &child{cmd: exec.Command(troupe, args...), stdout: make(chan string, 10), stderr: &strings.Builder{}}
	c.cmd.Stderr = c.stderr
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.stdout)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.stdout <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		c.cmd.Process.Kill()
		c.wait()
		if t.Failed() {
			t.Logf("the node's log:\n%s", c.stderr)
		}
	})
	return c
}

// wait waits for the process's end and returns its exit code, -1 for a signal. More lines on standard output are an error.
func (c *child) wait() (code int, rest []string) {
	for line := range c.stdout {
		rest = append(rest, line)
	}
	// An error is an exit code other than 0, or that it has been waited for.
	_ = c.cmd.Wait()
	return c.cmd.ProcessState.ExitCode(), rest
}

// addr is where the child's Kafka door is.
func (c *child) addr() string {
	addr, _, _ := strings.Cut(strings.TrimPrefix(c.ready, "ready kafka="), " ")
	return addr
}

func (c *child) client(t testing.TB, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	k, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(c.addr()), kgo.RetryTimeout(10 * time.Second)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

func TestAcknowledgedRecordsSurviveAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	c := spawn(t, dir)
	if _, err := kadm.NewClient(c.client(t)).CreateTopic(context.Background(), 1, -1, nil, "orders"); err != nil {
		t.Fatal(err)
	}
	working, stop := context.WithCancel(context.Background())
	producer := c.client(t, kgo.DefaultProduceTopic("orders"))
	var mu sync.Mutex
	acknowledged := map[int64]string{}
	enough := make(chan struct{})
	var once sync.Once
	go func() {
		for i := 0; working.Err() == nil; i++ {
			producer.Produce(working, kgo.StringRecord(fmt.Sprint(i)), func(r *kgo.Record, err error) {
				mu.Lock()
				defer mu.Unlock()
				if err == nil && working.Err() == nil {
					acknowledged[r.Offset] = string(r.Value)
				}
				if len(acknowledged) >= 2000 {
					once.Do(func() { close(enough) })
				}
			})
		}
	}()
	<-enough
	c.cmd.Process.Kill()
	// What is still in flight has an unknown outcome, so that the client would wait for its broker for ever.
	stop()
	mu.Lock()
	defer mu.Unlock()
	c.wait()
	c = spawn(t, dir)
	consumer := c.client(t, kgo.ConsumeTopics("orders"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for len(acknowledged) > 0 {
		fetches := consumer.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("%d acknowledged records missing: %v", len(acknowledged), err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if want, ok := acknowledged[r.Offset]; ok && want != string(r.Value) {
				t.Errorf("offset %d holds %s, acknowledged was %s", r.Offset, r.Value, want)
			}
			delete(acknowledged, r.Offset)
		})
	}
}

func TestOneProcessPerDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := spawn(t, dir)
	second := launch(t, dir)
	if code, _ := second.wait(); code != exitFailed || !strings.Contains(second.stderr.String(), "in use by another process") {
		t.Errorf("the second process: exit code %d, %s", code, second.stderr)
	}
	first.cmd.Process.Signal(syscall.SIGTERM)
	if code, _ := first.wait(); code != exitDone {
		t.Errorf("the first process, stopped: exit code %d", code)
	}
	other := launch(t, dir, "--node-id", "2")
	if code, _ := other.wait(); code != exitFailed || !strings.Contains(other.stderr.String(), "--node-id 1") {
		t.Errorf("another node: exit code %d, %s", code, other.stderr)
	}
}

func TestSignalsStopCleanly(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		c := spawn(t, filepath.Join(t.TempDir(), "data dir"))
		if want := `ready kafka=` + c.addr() + ` data="`; !strings.HasPrefix(c.ready, want) {
			t.Errorf("ready line %q, want it to begin with %q", c.ready, want)
		}
		c.cmd.Process.Signal(sig)
		code, rest := c.wait()
		if code != exitDone || len(rest) > 0 {
			t.Errorf("%v: exit code %d, and on standard output %q", sig, code, rest)
		}
		if !strings.Contains(c.stderr.String(), `"message":"stopped"`) {
			t.Errorf("%v: the log does not say that it stopped: %s", sig, c.stderr)
		}
	}
}

// TestStartIsFast bounds what a user waits for on an empty directory. The promise is 0.3 s; the test leaves room for a
// machine that does other work.
func TestStartIsFast(t *testing.T) {
	best := time.Hour
	for range 3 {
		begun := time.Now()
		c := spawn(t, filepath.Join(t.TempDir(), "data"))
		k := c.client(t)
		if err := k.Ping(context.Background()); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(begun))
		c.cmd.Process.Kill()
		if code, _ := c.wait(); code != -1 {
			t.Error(errors.New("it was not the signal that ended it"))
		}
	}
	t.Logf("from exec to the first answer: %v", best)
	if best > time.Second {
		t.Errorf("from exec to the first answer: %v", best)
	}
}
