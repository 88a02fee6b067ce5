package wal

import (
	"fmt"
	"sort"
	"sync"
	"time"
)

// HardState is raft's durable state of one group. Commit is a hint.
type HardState struct{ Term, Vote, Commit uint64 }

// Log is a partition's log: frames at dense indexes, raft's. One owner calls its methods, one at a time.
type Log struct {
	store *Store
	name  string
	dir   string

	// The entry before the first one: what DropHead left.
	head head
	// The sealed segments, oldest first. Readers share the array: it is only ever appended to, or replaced.
	sealed []span
	// The tail. Readers share the array of its points.
	tail  growing
	terms []termStart // as sealed: appended to, or replaced
	side  sidecar
	file  tail

	state   HardState
	owner   Owner
	owned   bool    // the owner was set since Sync was last asked for
	unsync  *handle // the tail's file, if it was written since Sync was last asked for
	names   bool    // files were made since Sync was last asked for
	old     []*handle
	pending unsynced // the syncer's
	states  stateFiles
	offers  offers

	rot    *rot  // what is damaged
	failed error // why nothing can be appended any more
	closed bool
}

// HardState is what was last given to Sync or SyncLater, or what the journal had when the log was opened.
func (l *Log) HardState() HardState { return l.state }

// FirstIndex is the index of the first entry, or of the next one to come if the log is empty.
func (l *Log) FirstIndex() uint64 { return l.head.first }

// LastIndex is the index of the last entry, FirstIndex-1 when the log is empty.
func (l *Log) LastIndex() uint64 { return l.tail.last }

// NextOffset is the offset behind the last record.
func (l *Log) NextOffset() int64 { return l.tail.next }

// Term is the term of the entry at index, or of the one before the first. ErrCompacted, ErrOutOfRange.
func (l *Log) Term(index uint64) (uint64, error) {
	switch {
	case index+1 == l.head.first:
		return l.head.term, nil
	case index < l.head.first:
		return 0, ErrCompacted
	case index > l.tail.last:
		return 0, ErrOutOfRange
	}
	i := sort.Search(len(l.terms), func(i int) bool { return l.terms[i].index > index })
	if i == 0 {
		return 0, storageErr(ErrOutOfRange, "looking up the term of index %d of %s, which can't be read", index, l.name)
	}
	return l.terms[i-1].term, nil
}

// addTerm takes note of an entry's term, if it is a new one.
func (l *Log) addTerm(t termStart) {
	if n := len(l.terms); n == 0 || l.terms[n-1].term < t.term {
		l.terms = append(l.terms, t)
	}
}

// Size is the bytes of the log's segments.
func (l *Log) Size() int64 {
	n := l.tail.end
	for i := range l.sealed {
		n += l.sealed[i].end
	}
	return n
}

// Segment is one file of a log.
type Segment struct {
	FirstIndex   uint64
	BaseOffset   int64
	NextOffset   int64
	Bytes        int64
	MaxTimestamp int64 // -1: no records
	Created      time.Time
}

// Segments describes the files from the oldest on, for retention; the last one is the tail.
func (l *Log) Segments() []Segment {
	out := make([]Segment, 0, len(l.sealed)+1)
	for i := range l.sealed {
		out = append(out, l.sealed[i].segment())
	}
	return append(out, l.tail.segment())
}

func (sp *span) segment() Segment {
	return Segment{sp.seg.first, sp.seg.base, sp.next, sp.end, sp.maxTS, sp.seg.created}
}

// Damage lists byte ranges that recovery or a reader found rotten. Never served, never cut.
func (l *Log) Damage() []Damage { return l.rot.list() }

// OnDamage has f told of damage that a reader meets from now on. It is called on the reader's goroutine, so it must not block,
// nor ask the log anything.
func (l *Log) OnDamage(f func(Damage)) {
	l.rot.mu.Lock()
	defer l.rot.mu.Unlock()
	l.rot.told = f
}

// Sync asks for everything appended so far, and hs if it is not nil, to become durable, and has done called when it is,
// from the syncer's goroutine, in the order of the calls. It does not block. A failed sync is final: every later one fails.
func (l *Log) Sync(hs *HardState, done func(error)) { l.requestSync(hs, false, done) }

// SyncLater is Sync without a hurry and without an answer (write.caching, commit hints): within about a second.
func (l *Log) SyncLater(hs *HardState) { l.requestSync(hs, true, nil) }

func (l *Log) requestSync(hs *HardState, later bool, done func(error)) {
	var more unsynced
	if hs != nil {
		l.state = *hs
		more.state, more.hasState = *hs, true
	}
	if l.owned {
		more.owner, more.hasOwner = l.owner, true
	}
	if l.unsync != nil {
		l.old = append(l.old, l.unsync)
		l.unsync = nil
	}
	if len(l.old) > 0 {
		more.files = l.old
		more.pos, more.hasPos = l.position(), true
	}
	if l.names {
		more.dir = l.dir
	}
	if l.store.syncer.request(&l.pending, more, later, done) {
		l.old, l.names, l.owned = l.old[:0], false, false
	}
}

// position is the end of the log.
func (l *Log) position() position {
	return position{l.tail.seg.first, l.tail.end, l.tail.last}
}

// makeDurable syncs what recovery found beyond the recovery point: raft takes for durable what it finds at start.
func (l *Log) makeDurable() error {
	if len(l.old) == 0 && !l.names {
		return nil
	}
	answer := make(chan error, 1)
	l.Sync(nil, func(err error) { answer <- err })
	return <-answer
}

// Close lets go of the log without a sync of its own: what was not asked for is synced within about a second.
func (l *Log) Close() error {
	if l.closed {
		return ErrClosed
	}
	l.closed = true
	l.closeOffers()
	if l.failed == nil && l.tail.end > 0 {
		sum := l.summary()
		if err := l.side.flush(l.tail.points, &sum); err != nil {
			l.store.log.Warn().Err(err).Str("log", l.name).Msg("could not write the index of the tail; the next start scans more")
		}
	}
	l.SyncLater(nil)
	closing := l.file.detach()
	l.store.behind(func() { l.store.closeTail(closing) })
	l.store.forgetOpen(l.name)
	return nil
}

// usable says why the log can't be changed, or nil.
func (l *Log) usable(doing string) error {
	switch {
	case l.closed:
		return fmt.Errorf("%s %s: %w", doing, l.name, ErrClosed)
	case l.failed != nil:
		return fmt.Errorf("%s %s: %w", doing, l.name, l.failed)
	}
	return nil
}

// rot is what is damaged in a log. Safe for concurrent use.
type rot struct {
	mu    sync.Mutex
	found []Damage
	log   func(Damage)
	told  func(Damage) // nil: nobody
}

// maxDamages bounds the list; where there is more, the disk is done for.
const maxDamages = 1000

func (r *rot) add(d Damage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, known := range r.found {
		if known.File == d.File && known.From <= d.From && d.From < max(known.To, known.From+1) {
			return &DamagedError{known}
		}
	}
	if len(r.found) < maxDamages {
		r.found = append(r.found, d)
	}
	r.log(d)
	if r.told != nil {
		r.told(d)
	}
	return &DamagedError{d}
}

// missing is the error for what should lie before the point p of sp, and does not: what is known to be damaged there, or
// damage that nobody has met yet.
func (r *rot) missing(sp *span, p point, reason string) error {
	r.mu.Lock()
	var near *Damage
	for i := range r.found {
		if d := &r.found[i]; d.FirstIndex <= p.index && (near == nil || d.FirstIndex >= near.FirstIndex) {
			near = d
		}
	}
	if near != nil {
		defer r.mu.Unlock()
		return &DamagedError{*near}
	}
	r.mu.Unlock()
	return r.add(Damage{File: sp.seg.path(), From: p.pos, To: p.pos, FirstIndex: p.index, Reason: reason})
}

func (r *rot) list() []Damage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Damage(nil), r.found...)
}
