// Package fabric carries requests to the actors of other nodes, and brings their answers back.
//
// It promises that a request is delivered at most once; that a request it has taken is answered, by the actor, or with
// REQUEST_TIMED_OUT when no answer came within ten seconds or the node is known to be dead, and then nobody knows whether it
// was carried out; that what waits for answers is bounded, in number and in bytes. It must never send a request a second
// time, never block, and never let anything in that is not in its registry. Whoever asks again must not mind if it
// was done already.
//
// # A request's way
//
//	System.At(3, "controller").Post(m)
//	   │ Fabric.Send (send.go): the registry (portable.go) makes JSON of m, the table (pending.go) keeps m and its deadline
//	   ▼
//	frame (frame.go) ── over the bus if node 3 is heard there, else over the peer link ──▶ Fabric.hear (receive.go) on node 3
//	                                                                                        │ Lookup("controller").Post(copy)
//	                                                                                        ▼
//	m.Done ◀── Fabric.answered: the copy's answer fields are put into m ◀── frame ◀── the copy's Done, on the actor's step
//
// What is said is said by the way that is open at that moment: an answer may come by the other one. A frame that was taken
// by one is never given to the other. A node that hosts no such actor answers at once, with NOT_LEADER_OR_FOLLOWER.
//
// # What may travel
//
// portable_topics.go and portable_cluster.go list the requests, by a name and a version of their own, with the actors that take
// them. The fields that JSON shows are the question; the answer is a value of its own, made from the copy's fields at
// one end and put into the original's at the other. An error travels as its Kafka code and its text. Within a version fields may be added; a
// request that the other node does not know, or knows in another version, is refused with UNSUPPORTED_VERSION.
//
// Place on a record's way: none; a change of the cluster goes over it from the node that was asked to the one that leads.
package fabric
