// Command broker is a node on a disk that writes down what became durable, for the tests of package loss. It takes the flags of
// `troupe serve` that those tests use.
//
// It promises to be the node that cmd/node starts, but for the ledger. It must never be used for anything else.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/cmd/node"
	"github.com/seed-e634fa49/troupe/test/loss"
	"github.com/seed-e634fa49/troupe/wal"
)

func main() {
	fmt.Fprintln(os.Stderr, "broker:", run())
	os.Exit(1)
}

// run serves until the process is killed; what it returns is why it could not.
func run() error {
	flags := flag.NewFlagSet("broker", flag.ContinueOnError)
	data := flags.String("data", "", "data directory")
	kafka := flags.String("kafka", "", "where clients connect")
	flags.String("peer", "off", "not used: this node stays alone")
	flags.String("nats-routes", "off", "not used, likewise")
	flags.String("http", "", "ignored")
	if err := flags.Parse(os.Args[2:]); err != nil { // behind "serve"
		return err
	}
	ledger, err := loss.OpenLedger(os.Getenv("LOSS_LEDGER"), wal.RealDisk())
	if err != nil {
		return err
	}
	ledger.Forgetful = os.Getenv("LOSS_FORGETFUL") != ""
	ledger.Broken = os.Getenv("LOSS_BROKEN")
	n, err := node.Start(context.Background(), node.Options{
		ID: 1, Dir: *data, Kafka: []node.Listener{{Name: "PLAINTEXT", Bind: *kafka}},
		SegmentBytes: 1 << 20, // many rolls in a short run
		Log:          zerolog.New(os.Stderr).With().Timestamp().Logger(),
		Disk:         ledger,
	})
	if err != nil {
		return err
	}
	fmt.Println("ready", n)
	select {}
}
