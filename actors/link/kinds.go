package link

// Lane is one of the two connections of a link. What is sent on a lane arrives in order or not at all; lanes don't wait for each
// other.
type Lane uint8

const (
	// Urgent is for what is small and must not wait: votes, heartbeats, answers, pings.
	Urgent Lane = iota
	// Bulk is for what is large: entries, files.
	Bulk
	lanes = 2
)

func (l Lane) String() string {
	switch l {
	case Urgent:
		return "urgent"
	case Bulk:
		return "bulk"
	}
	return "unknown"
}

// Kind is what a frame holds, and so who takes it at the other end. Numbers are part of the protocol: they are never used again
// for something else. A kind that nobody handles is dropped.
type Kind uint8

const (
	// The link's own: eight bytes of a ping's number each.
	ping Kind = 1
	pong Kind = 2

	// Raft holds raft messages without entries, of many groups.
	Raft Kind = 16
	// RaftEntries holds one raft message with its entries, or with a snapshot's description. It carries checksums of its own.
	RaftEntries Kind = 17
	// Leaders holds who leads what.
	Leaders Kind = 18
	// Actor holds a message to an actor, or its answer.
	Actor Kind = 19
	// Files holds pieces of a partition's sealed files, and what is said about them. It carries checksums of its own.
	Files Kind = 20
)

// checksItself says that a kind's payload carries checksums of its own, so that its bytes are summed once and not twice.
func (k Kind) checksItself() bool { return k == RaftEntries || k == Files }
