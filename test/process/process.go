// Package process runs the real binary as a child process inside a Go test: built once, started on free loopback ports,
// killed without warning, started again on the same data.
//
// It promises that no child outlives its test. It must never reach into the child other than as an operator or a client can.
//
// Place on a record's way: round all of it.
package process

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Node is a child process that serves one data directory. Its addresses stay the same over restarts.
type Node struct {
	// Bootstrap is the address for Kafka clients.
	Bootstrap string
	// Dir is the data directory.
	Dir string
	// HTTP is the address of the HTTP door.
	HTTP string

	t      testing.TB
	binary string
	args   []string
	env    []string
	cmd    *exec.Cmd
	exited chan struct{}
	log    *os.File
}

// Option changes how a node is started.
type Option func(*Node)

// Dir puts the data there instead of in a directory of the test's own.
func Dir(dir string) Option { return func(n *Node) { n.Dir = dir } }

// Args adds to the command line of serve.
func Args(args ...string) Option { return func(n *Node) { n.args = append(n.args, args...) } }

// Env adds to the environment, NAME=value.
func Env(vars ...string) Option { return func(n *Node) { n.env = append(n.env, vars...) } }

// Binary runs another program than ./cmd/troupe, with the same command line.
func Binary(path string) Option { return func(n *Node) { n.binary = path } }

// Start runs a node and waits until it says that it is ready.
func Start(t testing.TB, options ...Option) *Node {
	t.Helper()
	n := &Node{t: t, Bootstrap: freeAddr(t), HTTP: freeAddr(t)}
	for _, o := range options {
		o(n)
	}
	if n.Dir == "" {
		n.Dir = filepath.Join(t.TempDir(), "data")
	}
	if n.binary == "" {
		n.binary = Build(t, "github.com/seed-e634fa49/troupe/cmd/troupe")
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "node.log"))
	if err != nil {
		t.Fatal(err)
	}
	n.log = log
	t.Cleanup(func() {
		n.Kill()
		log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("the node said:\n%s", tail(string(text), 4000))
		}
	})
	n.Restart()
	return n
}

// Restart starts the process again after Kill or Stop, and waits until it is ready.
func (n *Node) Restart() {
	n.t.Helper()
	if err := n.TryRestart(); err != nil {
		n.t.Fatal(err)
	}
}

// TryRestart is Restart for starts that may fail.
func (n *Node) TryRestart() error {
	args := append([]string{"serve", "--data", n.Dir, "--kafka", n.Bootstrap, "--http", n.HTTP, "--peer", "off", "--nats-routes", "off"}, n.args...)
	n.cmd = exec.Command(n.binary, args...)
	n.cmd.Env = append(os.Environ(), n.env...)
	n.cmd.Stderr = n.log
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := n.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", n.binary, err)
	}
	ready, exited := make(chan struct{}), make(chan struct{})
	n.exited = exited
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "ready ") {
				close(ready)
				break
			}
		}
		for lines.Scan() { // whatever else it prints
		}
		n.cmd.Wait()
		close(exited)
	}()
	select {
	case <-ready:
		return nil
	case <-exited:
		return fmt.Errorf("%s ended before it was ready: %v", n.binary, n.cmd.ProcessState)
	case <-time.After(30 * time.Second):
		n.Kill()
		return fmt.Errorf("%s was not ready after 30 s", n.binary)
	}
}

// Kill ends the process with SIGKILL and waits until it is gone.
func (n *Node) Kill() {
	n.cmd.Process.Kill()
	<-n.exited
}

// Stop ends the process with SIGTERM, waits until it is gone, and returns what it ended with.
func (n *Node) Stop() error {
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-n.exited:
	case <-time.After(30 * time.Second):
		return fmt.Errorf("the node did not stop within 30 s of SIGTERM")
	}
	if !n.cmd.ProcessState.Success() {
		return fmt.Errorf("the node ended with %v", n.cmd.ProcessState)
	}
	return nil
}

// Pid is the process's id.
func (n *Node) Pid() int { return n.cmd.Process.Pid }

// ExitCode is what the process ended with, once Exited is closed; -1 for a signal.
func (n *Node) ExitCode() int { return n.cmd.ProcessState.ExitCode() }

// Exited is closed when the process has ended.
func (n *Node) Exited() <-chan struct{} { return n.exited }

var builds sync.Map // package path to *build

type build struct {
	once sync.Once
	path string
	err  error
}

// Build compiles a main package once per test process and returns the binary's path.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	v, _ := builds.LoadOrStore(pkg, new(build))
	b := v.(*build)
	b.once.Do(func() {
		dir, err := os.MkdirTemp("", "troupe-build")
		if err != nil {
			b.err = err
			return
		}
		b.path = filepath.Join(dir, filepath.Base(pkg))
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", b.path, pkg).CombinedOutput(); err != nil {
			b.err = fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.path
}

// Clean removes what Build made. Call it at the end of TestMain.
func Clean() {
	builds.Range(func(_, v any) bool {
		if b := v.(*build); b.path != "" {
			os.RemoveAll(filepath.Dir(b.path))
		}
		return true
	})
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}
