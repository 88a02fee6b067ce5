package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"
)

// journal keeps, in one file for the whole node, each log's hard state and how far each is known to be durable (its
// recovery point). The syncer writes it; anyone may look something up.
//
// A cycle of the syncer that brings a hard state makes the journal durable together with the logs, so hard states are durable
// when their requests are answered. Recovery points are written after the sync that they tell of and wait for such a cycle, or
// for one about a second later: a sync of its own for each of them would cost every producer. So what the journal claims is
// always true, and it lags by about a second at most.
type journal struct {
	disk Disk
	path string
	room *room

	mu      sync.Mutex // guards what is known
	known   knowledge
	file    *os.File
	size    int64 // of what is whole
	durable int64 // of what was synced
	// promised: what was added since is more than recovery points, and must be durable with this cycle.
	promised bool
	behind   time.Time // when what is not durable began to be written
	live     int64     // size after the last rewrite
	buf      []byte
}

// rewriteAbove is how long the journal may grow beyond four times what is live in it.
const rewriteAbove = 4 << 20

// openJournal reads the journal at path, or makes it. A torn end is cut; damage before it is an error.
func openJournal(d Disk, path string, room *room) (*journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	j := &journal{disk: d, path: path, room: room, known: newKnowledge(), file: f}
	text, err := os.ReadFile(path)
	if err == nil {
		err = j.load(text)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("reading the journal %s: %w", path, err)
	}
	return j, nil
}

func (j *journal) load(text []byte) error {
	if len(text) < len(journalMagic) {
		return j.begin()
	}
	switch string(text[:len(journalMagic)]) {
	case journalMagic:
	case oldJournalMagic:
		if err := j.upgrade(); err != nil {
			return err
		}
	default:
		return fmt.Errorf("it does not begin with %q: %w", journalMagic, ErrVersion)
	}
	rest := text[len(journalMagic):]
	for len(rest) > 0 {
		at := int64(len(text) - len(rest))
		kind, payload, behind, err := nextRecord(rest)
		if err == nil {
			err = j.known.replay(kind, payload)
		}
		if err != nil {
			return j.cut(at, rest, err)
		}
		rest = behind
	}
	j.size = int64(len(text))
	j.live = j.size
	return nil
}

// begin makes an empty journal. A file shorter than its first line was never synced.
func (j *journal) begin() error {
	if err := j.disk.Truncate(j.file, 0); err != nil {
		return err
	}
	if _, err := j.disk.WriteAt(j.file, []byte(journalMagic), 0); err != nil {
		return err
	}
	j.size = int64(len(journalMagic))
	return j.disk.Sync(j.file)
}

// upgrade says that records may follow which the version before does not know.
func (j *journal) upgrade() error {
	if _, err := j.disk.WriteAt(j.file, []byte(journalMagic), 0); err != nil {
		return err
	}
	return j.disk.Sync(j.file)
}

// cut removes a torn end. It is torn if no whole record behind the bad one says that the journal was durable beyond it.
func (j *journal) cut(at int64, rest []byte, bad error) error {
	for i := 1; i+durableSize <= len(rest); i++ {
		kind, payload, _, err := nextRecord(rest[i : i+durableSize])
		if err == nil && kind == recordDurable && len(payload) == 8 && int64(binary.BigEndian.Uint64(payload)) > at {
			return fmt.Errorf("it is damaged at byte %d: %w. Votes and recovery points may be lost: restore the file from a "+
				"copy of this disk, or let this node join anew with an empty data directory", at, bad)
		}
	}
	j.size, j.live = at, at
	if err := j.disk.Truncate(j.file, at); err != nil {
		return err
	}
	return j.disk.Sync(j.file)
}

// lookup is what is known of a log.
func (j *journal) lookup(name string) (k known, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e := j.known.byName[name]; e != nil {
		return *e, true
	}
	return known{}, false
}

// forget drops a log. It is on disk after the next write.
func (j *journal) forget(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e := j.known.byName[name]; e != nil && e.written {
		j.buf = appendForget(j.buf, e.id)
		j.promised = true
	}
	j.known.forget(name)
}

// state adds a hard state to what is written next.
func (j *journal) state(name string, hs HardState) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := j.named(name)
	e.state, e.hasState = hs, true
	j.buf = appendState(j.buf, e.id, hs)
	j.promised = true
}

// own adds whose log it is to what is written next.
func (j *journal) own(name string, o Owner) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := j.named(name)
	e.owner = o
	j.buf = appendOwner(j.buf, e.id, o)
	j.promised = true
}

// synced adds a recovery point to what is written next.
func (j *journal) synced(name string, p position) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := j.named(name)
	e.synced, e.hasSynced = p, true
	at := len(j.buf)
	j.buf = finishRecord(appendPosition(startRecord(j.buf, recordSynced), e.id, p), at)
}

// lower takes a recovery point back to p if it lies behind it.
func (j *journal) lower(name string, p position) {
	if k, ok := j.lookup(name); ok && k.hasSynced && p.before(k.synced) {
		j.synced(name, p)
		j.promised = true
	}
}

// place makes p the recovery point of a log that has other files than before, whose point says nothing about them.
func (j *journal) place(name string, p position) {
	j.synced(name, p)
	j.promised = true
}

// named is the entry of a log, its name on the way to the file.
func (j *journal) named(name string) *known {
	e := j.known.entry(name)
	if !e.written {
		j.buf = appendName(j.buf, e.id, e.name)
		e.written = true
	}
	return e
}

// write puts what was added into the file, without a sync. After an error the file is as it was, and the next write says all that is
// known: a log that is opened meanwhile takes its hard state from memory, and must not have one that no start would find.
func (j *journal) write() error {
	if len(j.buf) == 0 {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	buf := appendDurable(j.buf, j.durable)
	j.buf = buf[:0]
	_, err := j.disk.WriteAt(j.file, buf, j.size)
	if outOfSpace(err) && j.room.giveUpBallast() {
		_, err = j.disk.WriteAt(j.file, buf, j.size)
	}
	if err == nil {
		if !j.lags() {
			j.behind = time.Now()
		}
		j.size += int64(len(buf))
		return nil
	}
	j.buf = j.appendKnown(j.buf)
	for _, e := range j.known.byName {
		e.written = true
	}
	if terr := j.disk.Truncate(j.file, j.size); terr != nil {
		err = errors.Join(err, terr)
	}
	return storageErr(err, "writing the journal %s", j.path)
}

// rewrite replaces the file by one that holds only what is live.
func (j *journal) rewrite(dir string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	buf := j.compact()
	if err := replaceFile(j.disk, j.path, buf, dir); err != nil {
		return storageErr(err, "rewriting the journal %s", j.path)
	}
	f, err := os.OpenFile(j.path, os.O_RDWR, 0)
	if err != nil {
		return storageErr(err, "opening the journal %s anew", j.path)
	}
	j.file.Close()
	j.file, j.buf = f, j.buf[:0]
	for _, e := range j.known.byName {
		e.written = true
	}
	j.size, j.live = int64(len(buf)), int64(len(buf))
	j.settled()
	return nil
}

// compact is the shortest journal that says what this one says.
func (j *journal) compact() []byte {
	buf := j.appendKnown([]byte(journalMagic))
	return appendDurable(buf, int64(len(buf)))
}

// appendKnown appends all that is known of each log.
func (j *journal) appendKnown(buf []byte) []byte {
	names := make([]string, 0, len(j.known.byName))
	for name := range j.known.byName {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		e := j.known.byName[name]
		buf = appendName(buf, e.id, name)
		if e.hasState {
			buf = appendState(buf, e.id, e.state)
		}
		if e.owner != (Owner{}) {
			buf = appendOwner(buf, e.id, e.owner)
		}
		if e.hasSynced {
			at := len(buf)
			buf = finishRecord(appendPosition(startRecord(buf, recordSynced), e.id, e.synced), at)
		}
	}
	return buf
}

func (j *journal) grown() bool { return j.size > 4*j.live+rewriteAbove }

// lags reports whether the file holds what was not synced; overdue that it must be synced now.
func (j *journal) lags() bool { return j.durable < j.size }

func (j *journal) overdue() bool {
	return j.lags() && (j.promised || time.Since(j.behind) >= laterAfter)
}

// settled takes note that the file was synced as it is.
func (j *journal) settled() { j.durable, j.promised = j.size, false }

func (j *journal) close() { j.file.Close() }
