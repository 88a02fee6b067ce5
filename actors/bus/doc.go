// Package bus is the cluster's notice board: every node embeds a NATS server, the servers are joined by routes, and what one
// node publishes all others hear. It carries hints that anybody may need (who is there, who leads what, what the metadata has
// come to) and the small requests between actors (actors/fabric). Bulk goes over the peer links.
//
// It promises that a message is delivered at most once, to whoever subscribes at that moment, and in the order in which one
// node published it on one subject; that a subscriber that can't keep up loses messages, counted, and holds up nobody; that
// no goroutine of it outlives Close. It promises no delivery: whatever is said on it is idempotent, and said again or asked
// again with a deadline. It must never decide anything: an interest is a hint, only raft fences.
//
// # How it is built
//
// server.go makes the embedded server: no signal handlers, no JetStream, no HTTP monitor, no system account. door.go lets
// connections in: the node's own, which comes through memory and not through a socket, gets the account BUS; whoever
// comes through the clients' door gets the account CLIENTS, and may ping there and nothing else, until a door for native
// sessions authorises more. The accounts share no subject. bus.go holds the node's connection, subscribe.go what comes in on it.
//
// # Routes
//
// Servers join when they agree on the secret and on the cluster's id, which is NATS's cluster name. There is one TCP connection per
// pair of nodes; servers tell each other of third ones, so a node that knows one other soon knows all. A silent route is
// given up after three pings a second apart, and dialled again every second. A route has no limit of what it queues for a
// stalled peer; what bounds it is that little is published and that the route is cut.
//
// # Subjects
//
// All begin with "troupe.", and a node's number is one token:
//
//	troupe.presence.<from>       every 250 ms from Announce on: I am here, and I hear these (actors/bus/presence)
//	troupe.actor.<to>.<from>     a request for an actor of node <to>, or the answer to one (actors/fabric)
//
// Place on a record's way: none. It tells where the way leads.
package bus
