package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/seed-e634fa49/troupe/cmd/node"
)

// How long a node may take to stop once it is asked to.
const stopWithin = 30 * time.Second

func (s shell) serve() *cobra.Command {
	var set settings
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a node",
		Long: "serve runs a node until it is interrupted. An empty data directory founds a cluster of one node, or with --seeds finds the\n" +
			"cluster of the seeds, which found it together if they are all empty and were given the same list.\n" +
			"Every flag is also an environment variable, --node-id is TROUPE_NODE_ID, and a key of the YAML file that --config names.\n" +
			"When it serves it prints one line, `ready kafka=HOST:PORT data=DIR …`, on standard output; its log goes to standard error.",
		Args: arguments(cobra.NoArgs),
	}
	set.declare(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := set.resolve(c.Flags(), s.lookup); err != nil {
			return err
		}
		return serve(c.Context(), &set, s.lookup, c.OutOrStdout(), c.ErrOrStderr())
	}
	return c
}

// serve runs a node until ctx ends or a signal comes.
func serve(ctx context.Context, set *settings, lookup func(string) (string, bool), out, logs io.Writer) error {
	// After the first signal the others have their usual meaning: a second one kills.
	ctx, listenNoMore := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer listenNoMore()
	o, err := set.node(logs)
	if err != nil {
		return misuse{err}
	}
	if err := set.limitMemory(lookup); err != nil {
		return misuse{err}
	}
	n, err := node.Start(ctx, o)
	switch {
	case err != nil && ctx.Err() != nil:
		o.Log.Info().Err(err).Msg("stopped before it served")
		return nil
	case err != nil:
		return err
	}
	if _, err := fmt.Fprintln(out, readyLine(n, set)); err != nil {
		o.Log.Warn().Err(err).Msg("nobody reads the ready line")
	}
	<-ctx.Done()
	listenNoMore()
	o.Log.Info().Msg("stopping; a second signal kills")
	stop, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	return n.Stop(stop)
}

// readyLine says where the node is found: `ready kafka=HOST:PORT data=DIR http=HOST:PORT node=ID cluster=ID`, and
// kafka.NAME=HOST:PORT for each listener after the first.
func readyLine(n *node.Node, set *settings) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ready kafka=%s data=%s", n.KafkaAddr(), quoted(set.data))
	if http := n.HTTPAddr(); http != "" {
		fmt.Fprintf(&b, " http=%s", http)
	}
	if peer := n.PeerAddr(); peer != "" {
		fmt.Fprintf(&b, " peer=%s", peer)
	}
	fmt.Fprintf(&b, " node=%d cluster=%s", set.nodeID, n.ClusterID())
	addrs := n.KafkaAddrs()
	for _, name := range sortedKeys(addrs) {
		if addrs[name] != n.KafkaAddr() {
			fmt.Fprintf(&b, " kafka.%s=%s", name, addrs[name])
		}
	}
	return b.String()
}

// quoted is text as it is, or quoted where it would break a line of KEY=VALUE.
func quoted(text string) string {
	if strings.ContainsAny(text, " \t\n\"") {
		return fmt.Sprintf("%q", text)
	}
	return text
}

// node turns the settings into a node's options.
func (s *settings) node(logs io.Writer) (node.Options, error) {
	log, err := newLog(s.logLevel, s.logFormat, logs)
	if err != nil {
		return node.Options{}, err
	}
	listeners, err := listeners(s.kafka, s.advertise)
	if err != nil {
		return node.Options{}, err
	}
	o := node.Options{
		ID: s.nodeID, Dir: s.data, Kafka: listeners, HTTP: s.http, Pprof: s.pprof, AdminAnywhere: s.adminFar, Rack: s.rack, Static: s.kafkaConfig, Log: log,
		Peer: s.peer, PeerAdvertise: s.peerAdv, Routes: s.routes, RoutesAdvertise: s.routesAdv, NATS: s.nats, Seeds: s.seeds,
	}
	for _, door := range []*string{&o.HTTP, &o.Peer, &o.Routes, &o.NATS} {
		if *door == "off" {
			*door = ""
		}
	}
	return o, o.Check()
}

// listeners matches the doors with the addresses that are advertised for them.
func listeners(kafka, advertise []string) ([]node.Listener, error) {
	var all []node.Listener
	for _, text := range kafka {
		name, address := named(text)
		all = append(all, node.Listener{Name: name, Bind: address})
	}
	for _, text := range advertise {
		name, address := named(text)
		found := false
		for i := range all {
			if all[i].Name == name {
				all[i].Advertise, found = address, true
			}
		}
		if !found {
			return nil, fmt.Errorf("kafka-advertise %s: there is no listener %s", text, name)
		}
	}
	return all, nil
}

// named cuts [NAME=]HOST:PORT. PLAINTEXT is Kafka's name for a listener that nobody named.
func named(text string) (name, address string) {
	if name, address, ok := strings.Cut(text, "="); ok {
		return name, address
	}
	return "PLAINTEXT", text
}

// newLog makes the node's log.
func newLog(level, format string, w io.Writer) (zerolog.Logger, error) {
	l, err := zerolog.ParseLevel(level)
	if err != nil || level == "" || l < zerolog.TraceLevel || l > zerolog.ErrorLevel {
		return zerolog.Nop(), fmt.Errorf("log-level %s: want trace, debug, info, warn or error", level)
	}
	f, isFile := w.(*os.File)
	terminal := isFile && isatty.IsTerminal(f.Fd())
	switch {
	case format == "console" || format == "auto" && terminal:
		w = zerolog.ConsoleWriter{Out: w, NoColor: !terminal, TimeFormat: "15:04:05.000"}
	case format == "json" || format == "auto":
	default:
		return zerolog.Nop(), fmt.Errorf("log-format %s: want console, json or auto", format)
	}
	return zerolog.New(w).Level(l).With().Timestamp().Logger(), nil
}
