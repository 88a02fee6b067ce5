package node

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/seed-e634fa49/troupe/actors/msg"
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
	var err error
	if n.o.Peer != "" {
		if n.peerListener, err = n.o.Listen("tcp", n.o.Peer); err != nil {
			return fmt.Errorf("listening for other nodes: %w; if another process has the port, choose another with --peer", err)
		}
		if n.peerAt, err = doorEndpoint(n.o.PeerAdvertise, n.peerListener.Addr().String()); err != nil {
			return fmt.Errorf("the peer door: %w; give an address with --peer-advertise", err)
		}
	}
	if n.o.HTTP == "" {
		return nil
	}
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

// doorEndpoint is the address that other nodes are told of a door: what is advertised, or where the door is bound. A port 0 is the
// bound one. One bound to every address is known by the machine's name.
func doorEndpoint(advertise, bound string) (msg.Endpoint, error) {
	if advertise == "" {
		advertise = bound
	}
	at, err := endpointOf(advertise)
	if err != nil {
		return at, err
	}
	if at.Port == 0 {
		b, err := endpointOf(bound)
		if err != nil {
			return at, err
		}
		at.Port = b.Port
	}
	if ip := net.ParseIP(at.Host); ip != nil && ip.IsUnspecified() {
		at.Host, err = os.Hostname()
	}
	return at, err
}

// endpointOf parses HOST:PORT.
func endpointOf(address string) (msg.Endpoint, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return msg.Endpoint{}, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return msg.Endpoint{}, fmt.Errorf("%q is no port: %w", port, err)
	}
	return msg.Endpoint{Host: host, Port: int32(n)}, nil
}
