// Package kafka is the door that Kafka's clients come through: it speaks Kafka's wire protocol on any number of listeners
// and turns requests into messages to actors and reads of views.
//
// A request's way through the files:
//
//	server.go      a listener accepts a connection
//	connection.go  the connection's goroutine takes frames one after the other
//	frame.go       a frame is read, within the node's budget (budget.go)
//	header.go      its header says which API and version, and apis.go which handler
//	NN_name.go     one file per API, numbered as Kafka numbers them: what it does, and in which versions
//	call.go        the handler answers the call, from any goroutine
//	reply.go       answers are encoded and written, in the order of the requests
//	sendfile.go    and what large answers hold of the log goes from the page cache to the socket
//
// It promises that replies leave in the order of a connection's requests; that appends to a partition begin in that order
// too; that memory is bounded by the budgets, whatever clients send; that a frame nobody can read closes its own connection
// and nothing else; and that only what is whole is advertised, since an API is listed by the same call that makes it
// answer. It must never block an actor's step, never look into records further than their batches' validation, and
// never decide anything about the cluster: the controller does.
//
// A handler is a state machine: it is called on the connection's goroutine, begins its work, and returns. What goes on
// later goes on in Call.Resume, on that same goroutine. A request begins when all earlier ones of its connection are
// answered, as in Kafka; only a Produce may begin while others are under way, once those have handed on all their batches.
//
// Place on a record's way: the first step, from the socket to the partition's mailbox, and the last, from a partition's
// view to the socket.
package kafka
