package wal

// Owner says which replica a log belongs to, and how far that may trust it. The journal keeps it.
type Owner struct {
	// Replica is the raft id of the replica that has voted and acknowledged by this log; 0: none has yet, or before owners were kept.
	Replica uint64
	// Cached: since it was last opened the log was appended to, and that was acknowledged, without a sync (write.caching).
	Cached bool
	// Forgot: it was Cached when the machine went down. What was acknowledged may be missing from it.
	Forgot bool
}

// Bits of an Owner in the journal.
const (
	ownerCached = 1
	ownerForgot = 2
)

func (o Owner) flags() (f byte) {
	if o.Cached {
		f |= ownerCached
	}
	if o.Forgot {
		f |= ownerForgot
	}
	return f
}

func ownerOf(replica uint64, flags byte) Owner {
	return Owner{Replica: replica, Cached: flags&ownerCached != 0, Forgot: flags&ownerForgot != 0}
}

// Owner is what was last given to SetOwner, or what the journal had when the log was opened.
func (l *Log) Owner() Owner { return l.owner }

// SetOwner says whose log it is from now on. It is durable with the next Sync, the hard state and the frames that this is asked for
// included.
func (l *Log) SetOwner(o Owner) { l.owner, l.owned = o, o != l.owner || l.owned }
