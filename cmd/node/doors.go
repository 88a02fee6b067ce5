package node

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// door is a bound listener for Kafka clients, and how they are told to find it.
type door struct {
	name       string
	listener   net.Listener
	advertised metadata.Endpoint
}

// bind listens on every address, so that the ports are known; nobody is answered yet.
func (n *Node) bind(context.Context) error {
	for _, l := range n.o.Kafka {
		bound, err := n.o.Listen("tcp", l.Bind)
		if err != nil {
			return fmt.Errorf("listening for Kafka clients (%s): %w; if another process has the port, choose another with --kafka", l.Name, err)
		}
		n.doors = append(n.doors, door{name: l.Name, listener: bound})
		if n.doors[len(n.doors)-1].advertised, err = advertised(l, bound.Addr()); err != nil {
			return err
		}
	}
	if n.o.HTTP == "" {
		return nil
	}
	var err error
	if n.httpListener, err = n.o.Listen("tcp", n.o.HTTP); err != nil {
		return fmt.Errorf("listening for HTTP: %w; choose another address with --http, or close it with --http off", err)
	}
	return nil
}

// advertised is the address that clients of a listener are told. One bound to loopback is localhost, by the name that
// clients on this machine dial; one bound to every address is known by the machine's name.
func advertised(l Listener, bound net.Addr) (metadata.Endpoint, error) {
	address := l.Advertise
	if address == "" {
		address = bound.String()
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return metadata.Endpoint{}, fmt.Errorf("the advertised address of listener %s: %w", l.Name, err)
	}
	if port == "0" {
		if _, port, err = net.SplitHostPort(bound.String()); err != nil {
			return metadata.Endpoint{}, fmt.Errorf("the port of listener %s: %w", l.Name, err)
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return metadata.Endpoint{}, fmt.Errorf("the port of listener %s: %w", l.Name, err)
	}
	if l.Advertise == "" {
		if host, err = reachableName(host); err != nil {
			return metadata.Endpoint{}, fmt.Errorf("listener %s needs a name that clients can reach: %w; give one with --kafka-advertise", l.Name, err)
		}
	}
	return metadata.Endpoint{Host: host, Port: int32(n)}, nil
}

func reachableName(host string) (string, error) {
	ip := net.ParseIP(host)
	switch {
	case ip == nil:
		return host, nil
	case ip.IsLoopback():
		return "localhost", nil
	case ip.IsUnspecified():
		return os.Hostname()
	}
	return host, nil
}

// endpoints are the advertised addresses by listener name.
func (n *Node) endpoints() map[string]metadata.Endpoint {
	all := map[string]metadata.Endpoint{}
	for _, d := range n.doors {
		all[d.name] = d.advertised
	}
	return all
}
