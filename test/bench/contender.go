package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// contender is a broker's process under measurement.
type contender struct {
	name      string
	bootstrap string
	started   time.Duration // from exec to the first answer to a client
	cmd       *exec.Cmd
}

// launch starts a broker and waits until it answers a client.
func launch(ctx context.Context, name, bootstrap, logFile string, cmd *exec.Cmd) (*contender, error) {
	out, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	at := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c := &contender{name: name, bootstrap: bootstrap, cmd: cmd}
	for time.Since(at) < time.Minute && ctx.Err() == nil {
		if answers(ctx, bootstrap) {
			c.started = time.Since(at)
			return c, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	c.kill()
	text, _ := os.ReadFile(logFile)
	return nil, fmt.Errorf("%s did not answer at %s within a minute; it said:\n%s", name, bootstrap, text)
}

func answers(ctx context.Context, bootstrap string) bool {
	conn, err := net.DialTimeout("tcp", bootstrap, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	cl, err := kgo.NewClient(kgo.SeedBrokers(bootstrap))
	if err != nil {
		return false
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return cl.Ping(ctx) == nil
}

func (c *contender) kill() {
	if c.cmd.Process != nil {
		c.cmd.Process.Kill()
		c.cmd.Wait()
	}
}

// cpuSeconds is what the process has used so far, user and system.
func (c *contender) cpuSeconds() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100 // USER_HZ
}

// residentMiB is the process's resident set.
func (c *contender) residentMiB() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	return pages * float64(os.Getpagesize()) / (1 << 20)
}

// freePort finds a port that nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// startTroupe builds the binary from this checkout and starts one node.
func startTroupe(ctx context.Context, dir string) (*contender, error) {
	binary := filepath.Join(dir, "troupe")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/seed-e634fa49/troupe/cmd/troupe").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build troupe: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	addr := "127.0.0.1:" + port
	cmd := exec.Command(binary, "serve", "--data", filepath.Join(dir, "troupe-data"), "--kafka", addr, "--http", "off", "--peer", "off", "--nats-routes", "off")
	return launch(ctx, "troupe", addr, filepath.Join(dir, "troupe.log"), cmd)
}
