package bus

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/clock"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Options of a node's bus. An address is HOST:PORT; port 0 takes a free one.
type Options struct {
	Node msg.NodeID
	// Cluster is the cluster's id. Routes join servers of the same cluster only.
	Cluster string
	// Secret is what all nodes of the cluster know, and nobody else. With routes it must not be empty.
	Secret string
	// Clients is the address of the door for NATS clients, "" for none.
	Clients string
	// Routes is the address for other nodes' routes, "" for none: the bus then ends at this node.
	Routes string
	// RoutesAdvertise is the address that other nodes are told, if it is not Routes.
	RoutesAdvertise string
	// Clock is the time; nil is the machine's.
	Clock clock.Clock
	Log   zerolog.Logger
}

// check finds what no bus can be made of.
func (o *Options) check() error {
	if o.Cluster == "" {
		return errors.New("the cluster's id is missing: routes join by it")
	}
	if o.Routes != "" && o.Secret == "" {
		return errors.New("routes need a secret, else anybody could join the bus")
	}
	for _, a := range []struct{ door, address string }{
		{"clients", o.Clients}, {"routes", o.Routes}, {"advertised routes", o.RoutesAdvertise},
	} {
		if a.address == "" {
			continue
		}
		if _, _, err := splitAddress(a.address); err != nil {
			return fmt.Errorf("the %s address: %w", a.door, err)
		}
	}
	return nil
}

// splitAddress takes HOST:PORT apart.
func splitAddress(address string) (host string, port int, err error) {
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not HOST:PORT: %w", address, err)
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("%q: the port must be a number from 0 to 65535", address)
	}
	return host, int(n), nil
}
