package cluster

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Node is one node of a cluster: a process on addresses and a data directory that stay the same over restarts.
type Node struct {
	ID msg.NodeID
	// Kafka is the address for Kafka clients, HTTP that of the operators' door, Peer that of the links.
	Kafka, HTTP, Peer string
	// Dir is the data directory.
	Dir string

	t      testing.TB
	spec   childSpec
	log    *os.File
	cmd    *exec.Cmd // nil while the node is down
	input  io.WriteCloser
	ready  chan struct{}
	exited chan struct{}
	boots  int
}

// Within is how long a node may take to start or to stop.
const within = 30 * time.Second

// launch starts the process and returns at once.
func (n *Node) launch() error {
	text, err := json.Marshal(n.spec)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	cmd.Stderr = n.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if n.input, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting node %d: %w", n.ID, err)
	}
	ready, exited := make(chan struct{}), make(chan struct{})
	n.cmd, n.ready, n.exited = cmd, ready, exited
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == "ready" {
				close(ready)
			}
		}
		cmd.Wait() // how it ended stands in its ProcessState
		close(exited)
	}()
	return nil
}

// awaitReady waits until the node serves.
func (n *Node) awaitReady() error {
	select {
	case <-n.ready:
		return nil
	case <-n.exited:
		return fmt.Errorf("node %d ended before it was ready: %s", n.ID, n.cmd.ProcessState)
	case <-time.After(within):
		return fmt.Errorf("node %d was not ready after %s", n.ID, within)
	}
}

// Start starts the node again after Kill or Stop, and waits until it serves.
func (n *Node) Start() {
	n.t.Helper()
	if err := n.TryStart(); err != nil {
		n.t.Fatal(err)
	}
}

// TryStart is Start for starts that may fail.
func (n *Node) TryStart() error {
	if n.Up() {
		return fmt.Errorf("node %d runs already", n.ID)
	}
	if err := n.launch(); err != nil {
		return err
	}
	return n.awaitReady()
}

// Up reports whether the process runs.
func (n *Node) Up() bool {
	if n.cmd == nil {
		return false
	}
	select {
	case <-n.exited:
		return false
	default:
		return true
	}
}

// Kill ends the process with SIGKILL and waits until it is gone.
func (n *Node) Kill() {
	if n.Up() {
		n.cmd.Process.Kill()
		<-n.exited
	}
}

// Stop ends the process cleanly, waits until it is gone, and says what went wrong.
func (n *Node) Stop() error {
	if !n.Up() {
		return nil
	}
	if _, err := fmt.Fprintln(n.input, "stop"); err != nil {
		return err
	}
	select {
	case <-n.exited:
	case <-time.After(within):
		return fmt.Errorf("node %d did not stop within %s", n.ID, within)
	}
	if !n.cmd.ProcessState.Success() {
		return fmt.Errorf("node %d ended with %s", n.ID, n.cmd.ProcessState)
	}
	return nil
}

// Pause stops the process in its tracks, as a machine that swaps or a virtual one that is moved does.
func (n *Node) Pause() { n.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (n *Node) Resume() { n.signal(syscall.SIGCONT) }

func (n *Node) signal(s os.Signal) {
	n.t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		n.t.Errorf("signal %s to node %d: %v", s, n.ID, err)
	}
}

// PID is the process's id, for measurements.
func (n *Node) PID() int { return n.cmd.Process.Pid }

// SlowDisk makes every sync of the node take that much longer; 0 is as before.
func (n *Node) SlowDisk(by time.Duration) { n.tell("slow " + by.String()) }

// BreakDisk lets every sync of the node fail until it is started again. The node ends, with node.ExitStorage.
func (n *Node) BreakDisk() { n.tell("break") }

// FillDisk leaves the node no space for records.
func (n *Node) FillDisk() { n.tell("full") }

// FreeDisk gives the node its space back.
func (n *Node) FreeDisk() { n.tell("room") }

// tell has the process do what obey lists.
func (n *Node) tell(what string) {
	n.t.Helper()
	if _, err := fmt.Fprintln(n.input, what); err != nil {
		n.t.Errorf("telling node %d to %q: %v", n.ID, what, err)
	}
}

// Rot flips every bit of the byte in the middle of a file of a node that is down. The file's name is below the node's directory.
func (n *Node) Rot(file string) {
	n.t.Helper()
	if n.Up() {
		n.t.Fatalf("node %d runs: it would find out whenever it reads", n.ID)
	}
	path := filepath.Join(n.Dir, file)
	all, err := os.ReadFile(path)
	if err != nil {
		n.t.Fatal(err)
	}
	all[len(all)/2] ^= 0xff
	if err := os.WriteFile(path, all, 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// AwaitExit waits until the process has ended by itself and returns its exit code, -1 after a signal.
func (n *Node) AwaitExit() int {
	n.t.Helper()
	select {
	case <-n.exited:
	case <-time.After(within):
		n.t.Fatalf("node %d still runs after %s", n.ID, within)
	}
	return n.cmd.ProcessState.ExitCode()
}

// Wipe empties the data directory of a node that is down.
func (n *Node) Wipe() {
	n.t.Helper()
	if n.Up() {
		n.t.Fatalf("node %d runs: a running node's directory is not wiped", n.ID)
	}
	if err := os.RemoveAll(n.Dir); err != nil {
		n.t.Fatal(err)
	}
}

// Reboot kills the process as if its machine went down: what starts next finds that the kernel's page cache may have been lost.
func (n *Node) Reboot() {
	n.Kill()
	n.boots++
	n.spec.Boot = fmt.Sprint("boot ", n.boots)
}

// Log is what the node has written to its log since it was first started.
func (n *Node) Log() string {
	text, err := os.ReadFile(n.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// openLog makes the file that the node logs to.
func (n *Node) openLog(dir string) error {
	var err error
	n.log, err = os.Create(filepath.Join(dir, fmt.Sprintf("node%d.log", n.ID)))
	return err
}

// logsVariable names a directory that the logs of nodes are copied to when their test has failed.
const logsVariable = "TROUPE_TEST_LOGS"

func (n *Node) keepLog(text string) {
	dir := os.Getenv(logsVariable)
	if dir == "" {
		return
	}
	name := fmt.Sprintf("%s-node%d.log", strings.ReplaceAll(n.t.Name(), "/", "-"), n.ID)
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		n.t.Log(err)
	}
}

// end takes the node down at the end of its test.
func (n *Node) end() {
	if n.Up() {
		n.cmd.Process.Signal(syscall.SIGCONT) // a paused process can't be waited for
	}
	n.Kill()
	n.log.Close()
	if n.t.Failed() {
		text := n.Log()
		n.keepLog(text)
		if cut := len(text) - 6000; cut > 0 {
			text = text[cut:]
			_, text, _ = strings.Cut(text, "\n")
		}
		n.t.Logf("node %d said:\n%s", n.ID, text)
	}
}
