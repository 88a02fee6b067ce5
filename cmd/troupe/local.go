package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// local is a cluster of processes on this machine. Node number i, from 1, has its doors at the first ports plus (i-1)*portStep.
type local struct {
	nodes   int
	data    string
	port    int
	restart time.Duration
	set     map[string]string

	out, err io.Writer
	// mu keeps the lines of different nodes apart, and guards pids, those that run as a node, by number from 1.
	mu   sync.Mutex
	pids map[int]int
}

// The first node's ports lie round its Kafka port as the defaults of serve do round 9092.
const (
	portStep   = 100
	httpPort   = 8080 - 9092
	peerPort   = 9093 - 9092
	routesPort = 6222 - 9092
	lowestPort = 9092 - 6222 + 1
	mostLocal  = 9
)

func (s shell) local() *cobra.Command {
	l := &local{out: s.out, err: s.err, pids: map[int]int{}}
	c := &cobra.Command{
		Use:   "local",
		Short: "Run a cluster on this machine, for development",
		Long: "local starts a cluster of nodes, each a process of its own, and stops them when it is interrupted. When all serve it prints a\n" +
			"table of them and one line, `ready bootstrap=HOST:PORT,… data=DIR`. Kill one of them, by its process id, and see what your\n" +
			"clients do; after a while it is started again. Each node logs to DIR/nodeN.log.",
		Args: arguments(cobra.NoArgs),
	}
	f := c.Flags()
	f.IntVar(&l.nodes, "nodes", 3, "how many `nodes`, from 1 to 9")
	f.StringVar(&l.data, "data", "./data", "`directory` with a data directory for each node")
	f.IntVar(&l.port, "port", 9092, "the first node's `port` for Kafka clients; the others follow in steps of 100, and the other doors lie round it")
	f.DurationVar(&l.restart, "restart-after", 5*time.Second, "how long a node that has died stays dead; 0 is for ever")
	f.Var(assignments{&l.set}, "set", "a Kafka broker config for all nodes, `KEY=VALUE`; repeat for more")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := l.check(); err != nil {
			return misuse{err}
		}
		ctx, end := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
		defer end()
		return l.run(ctx)
	}
	return c
}

func (l *local) check() error {
	if l.nodes < 1 || l.nodes > mostLocal {
		return fmt.Errorf("nodes %d: want 1 to %d", l.nodes, mostLocal)
	}
	if most := 65535 - mostLocal*portStep; l.port < lowestPort || l.port > most {
		return fmt.Errorf("port %d: want %d to %d", l.port, lowestPort, most)
	}
	return nil
}

// address is where node i has the door that lies at an offset from its Kafka port.
func (l *local) address(i, offset int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(l.port+(i-1)*portStep+offset))
}

// arguments of node i's serve.
func (l *local) arguments(i int) []string {
	var seeds []string
	for j := range l.nodes {
		seeds = append(seeds, l.address(j+1, peerPort))
	}
	args := []string{
		"serve", "--node-id", strconv.Itoa(i), "--data", filepath.Join(l.data, fmt.Sprint("node", i)),
		"--kafka", l.address(i, 0), "--http", l.address(i, httpPort), "--peer", l.address(i, peerPort), "--nats-routes", l.address(i, routesPort),
		"--seeds", strings.Join(seeds, ","),
	}
	for _, pair := range pairs(l.set) {
		args = append(args, "--set", pair)
	}
	return args
}

// run keeps the nodes running until ctx ends.
func (l *local) run(ctx context.Context) error {
	if err := os.MkdirAll(l.data, 0o750); err != nil {
		return fmt.Errorf("making %s: %w", l.data, err)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var ready, running sync.WaitGroup
	ready.Add(l.nodes)
	for i := range l.nodes {
		running.Go(func() {
			if err := l.keep(ctx, i+1, sync.OnceFunc(ready.Done)); err != nil {
				stop(err)
			}
		})
	}
	go func() {
		ready.Wait()
		if ctx.Err() == nil {
			l.show()
		}
	}()
	running.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// show prints where the nodes are.
func (l *local) show() {
	l.mu.Lock()
	defer l.mu.Unlock()
	rows := [][]string{strings.Fields("NODE PID KAFKA HTTP PEER LOG")}
	for i := range l.nodes {
		n := i + 1
		rows = append(rows, []string{
			strconv.Itoa(n), strconv.Itoa(l.pids[n]), l.address(n, 0), l.address(n, httpPort), l.address(n, peerPort), l.logFile(n),
		})
	}
	// Nobody may be reading; the nodes run on.
	_ = table(l.out, rows)
	_, _ = fmt.Fprintf(l.out, "ready bootstrap=%s data=%s\n", strings.Join(l.bootstrap(), ","), quoted(l.data))
}

func (l *local) bootstrap() []string {
	var all []string
	for i := range l.nodes {
		all = append(all, l.address(i+1, 0))
	}
	return all
}

// keep runs node i, and runs it again when it has died. ready is called when it serves for the first time, or never will.
func (l *local) keep(ctx context.Context, i int, ready func()) error {
	defer ready()
	for served := false; ; {
		state, was, err := l.runOnce(ctx, i, func(pid int) {
			if l.serves(i, pid); served {
				l.say(l.out, "node %d serves again pid=%d", i, pid)
			}
			ready()
		})
		served = served || was
		switch {
		case err != nil || ctx.Err() != nil:
			return err
		case !served:
			return fmt.Errorf("node %d did not start (%s); the last that its log %s says: %s", i, state, l.logFile(i), l.lastWords(i))
		case l.restart == 0:
			l.say(l.err, "node %d died (%s); it stays dead", i, state)
			<-ctx.Done()
			return nil
		}
		l.say(l.err, "node %d died (%s); it is started again in %s", i, state, l.restart)
		again := time.NewTimer(l.restart)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return nil
		}
	}
}

func (l *local) serves(i, pid int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pids[i] = pid
}

// lastWords is the last line of a node's log.
func (l *local) lastWords(i int) string {
	text, err := os.ReadFile(l.logFile(i))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

func (l *local) logFile(i int) string { return filepath.Join(l.data, fmt.Sprintf("node%d.log", i)) }

// runOnce runs node i until it ends, by itself or because ctx has, and reports how, and whether it had served. ready is called
// with its process id when it does.
func (l *local) runOnce(ctx context.Context, i int, ready func(pid int)) (state *os.ProcessState, served bool, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, false, fmt.Errorf("finding this program: %w", err)
	}
	log, err := os.OpenFile(l.logFile(i), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return nil, false, fmt.Errorf("opening the log of node %d: %w", i, err)
	}
	defer log.Close()
	// A node that is asked to stop is given the time that it takes for that.
	node := exec.CommandContext(ctx, self, l.arguments(i)...)
	node.Cancel = func() error { return node.Process.Signal(syscall.SIGTERM) }
	node.WaitDelay = stopWithin + time.Second
	node.Stderr = log
	detach(node)
	out, err := node.StdoutPipe()
	if err == nil {
		err = node.Start()
	}
	if err != nil {
		return nil, false, fmt.Errorf("starting node %d: %w", i, err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "ready ") {
			served = true
			ready(node.Process.Pid)
		}
	}
	// How it ended is in its state; an error of Wait says no more.
	_ = node.Wait()
	return node.ProcessState, served, nil
}

func (l *local) say(to io.Writer, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Nobody may be reading; the nodes run on.
	_, _ = fmt.Fprintf(to, format+"\n", args...)
}
