package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// town is `troupe local` in a process of its own.
type town struct {
	t     testing.TB
	cmd   *exec.Cmd
	lines chan string // of both outputs, closed at their end
}

// localTown starts `troupe local`.
func localTown(t testing.TB, args ...string) *town {
	t.Helper()
	w := &town{t: t, cmd: exec.Command(troupe, append([]string{"local"}, args...)...), lines: make(chan string, 100)}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := w.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	for _, from := range []io.Reader{out, errs} {
		reading.Go(func() {
			for lines := bufio.NewScanner(from); lines.Scan(); {
				w.lines <- lines.Text()
			}
		})
	}
	go func() {
		reading.Wait()
		close(w.lines)
	}()
	t.Cleanup(func() {
		w.cmd.Process.Kill() // its nodes are told to end by the kernel
		w.cmd.Wait()
	})
	return w
}

// until reads up to a line that begins so, and returns it with those before.
func (w *town) until(start string) (before []string, line string) {
	w.t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case line, more := <-w.lines:
			if !more {
				w.t.Fatalf("it ended without a line %q: %q", start, before)
			}
			if strings.HasPrefix(line, start) {
				return before, line
			}
			before = append(before, line)
		case <-late:
			w.t.Fatalf("no line %q within 30 s: %q", start, before)
		}
	}
}

// freePort is a first port for `troupe local`, all of whose ports are free now.
func freePort(t testing.TB) int {
	t.Helper()
	l := local{nodes: 3}
	for range 100 {
		l.port = 18_000 + rand.IntN(12_000)
		free := true
		for i := range 3 {
			for _, offset := range []int{0, httpPort, peerPort, routesPort} {
				door, err := net.Listen("tcp", l.address(i+1, offset))
				if free = free && err == nil; err == nil {
					door.Close()
				}
			}
		}
		if free {
			return l.port
		}
	}
	t.Fatal("no free ports")
	return 0
}

func TestALocalClusterSurvivesAKill(t *testing.T) {
	port := freePort(t)
	w := localTown(t, "--nodes", "3", "--data", filepath.Join(t.TempDir(), "data"), "--port", strconv.Itoa(port), "--restart-after", "1s")
	nodes, ready := w.until("ready bootstrap=")
	if len(nodes) != 4 || !strings.HasPrefix(nodes[0], "NODE  PID") {
		t.Fatalf("the table of nodes: %q", nodes)
	}
	bootstrap, _, _ := strings.Cut(strings.TrimPrefix(ready, "ready bootstrap="), " ")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	k, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(bootstrap, ",")...), kgo.DefaultProduceTopic("orders"), kgo.ConsumeTopics("orders"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	made, err := kadm.NewClient(k).CreateTopic(ctx, 3, -1, nil, "orders")
	if err != nil || made.ReplicationFactor != 3 {
		t.Fatalf("%v: replication factor %d, want 3 by default", err, made.ReplicationFactor)
	}
	produce := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			if err := k.ProduceSync(ctx, kgo.StringRecord(fmt.Sprint(i))).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	produce(0, 50)
	pid, err := strconv.Atoi(strings.Fields(nodes[2])[1])
	if err != nil {
		t.Fatalf("%q: %v", nodes[2], err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.until("node 2 died (signal: killed); it is started again in 1s")
	produce(50, 100)
	w.until("node 2 serves again pid=")
	produce(100, 150)
	seen := map[string]bool{}
	for len(seen) < 150 {
		fetches := k.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("after %d records: %v", len(seen), err)
		}
		fetches.EachRecord(func(r *kgo.Record) { seen[string(r.Value)] = true })
	}
	w.cmd.Process.Signal(syscall.SIGTERM)
	for range w.lines {
	}
	if err := w.cmd.Wait(); err != nil {
		t.Errorf("stopped: %v", err)
	}
	if door, err := net.DialTimeout("tcp", strings.Split(bootstrap, ",")[0], time.Second); err == nil {
		door.Close()
		t.Error("node 1 outlives the command")
	}
}

func TestALocalClusterThatCanNotStart(t *testing.T) {
	port := freePort(t)
	taken, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	w := localTown(t, "--data", filepath.Join(t.TempDir(), "data"), "--port", strconv.Itoa(port))
	if _, line := w.until("troupe: node 1 did not start"); !strings.Contains(line, "address already in use") {
		t.Errorf("it says %q", line)
	}
	for range w.lines {
	}
	if w.cmd.Wait(); w.cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("exit code %d", w.cmd.ProcessState.ExitCode())
	}
}
