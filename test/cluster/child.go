package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/cmd/node"
	"github.com/seed-e634fa49/troupe/wal"
)

// childVariable holds a childSpec in the environment of a process that is to be a node.
const childVariable = "TROUPE_TEST_CLUSTER_NODE"

// childSpec says which node a process is to be.
type childSpec struct {
	ID     msg.NodeID
	Dir    string
	Rack   string
	Kafka  string
	HTTP   string
	Peer   string
	Routes string
	Seeds  []string
	Static map[string]string
	// Through says which proxy leads to an address of another node.
	Through map[string]string
	Log     string // level
	Boot    string // of the machine; "": that which there is
	// Ahead is by how much the node's clock is ahead of the machine's.
	Ahead time.Duration
	// SegmentBytes is the size of the logs' files, 0: the node's own.
	SegmentBytes int64
}

// A process that was started as a node becomes it before anything of the test runs.
func init() {
	text := os.Getenv(childVariable)
	if text == "" {
		return
	}
	os.Exit(runChild(text))
}

func runChild(text string) int {
	var s childSpec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		fmt.Fprintln(os.Stderr, "what this node is to be does not parse:", err)
		return 2
	}
	level, err := zerolog.ParseLevel(s.Log)
	if err != nil {
		level = zerolog.InfoLevel
	}
	log := zerolog.New(os.Stderr).Level(level).With().Timestamp().Logger()
	disk := &disk{Disk: wal.RealDisk()}
	stop, end := context.WithCancel(context.Background())
	go obey(disk, end)
	n, err := node.Start(stop, node.Options{
		ID: s.ID, Dir: s.Dir, Rack: s.Rack, Static: s.Static, Log: log,
		Kafka: []node.Listener{{Name: "PLAINTEXT", Bind: s.Kafka, Advertise: s.Kafka}},
		HTTP:  s.HTTP, Peer: s.Peer, Routes: s.Routes, Seeds: s.Seeds, Disk: disk, Boot: s.Boot,
		Clock: ahead{clock.System(), int64(s.Ahead.Seconds())}, SegmentBytes: s.SegmentBytes,
		Reach: func(address string) string {
			if through, ok := s.Through[address]; ok {
				return through
			}
			return address
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "the node did not start:", err)
		return 1
	}
	fmt.Println("ready")
	<-stop.Done()
	grace, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := n.Stop(grace); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// obey carries out what the test says on standard input, a line each:
//
//	stop            stop cleanly
//	slow DURATION   every sync takes that much longer
//	break           every sync fails from now on
//	full            there is no space left
//	room            there is again
//
// The end of the input is the end of the test: the process ends at once.
func obey(d *disk, stop func()) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		what, how, _ := strings.Cut(lines.Text(), " ")
		switch what {
		case "stop":
			stop()
		case "slow":
			if t, err := time.ParseDuration(how); err == nil {
				d.slow.Store(int64(t))
			}
		case "break":
			d.broken.Store(true)
		case "full":
			d.full.Store(true)
		case "room":
			d.full.Store(false)
		}
	}
	os.Exit(9)
}
