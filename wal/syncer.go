package wal

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// laterAfter is how long SyncLater may wait.
const laterAfter = time.Second

// syncer makes logs durable, for the whole node, on one goroutine. It works in cycles:
//
//  1. take everything that was asked for since the last cycle began
//  2. write hard states to the journal
//  3. make the files that were written, the directories that changed, and the journal if it has hard states, durable, all at
//     once
//  4. write the new recovery points to the journal, durable with a later cycle
//  5. answer, in the order of the requests
//
// A request that arrives during a cycle joins the next one, so under load many requests of many logs share a sync, while a
// lone one waits for nobody. The first sync that fails is final: what the kernel has dropped can't be synced again.
type syncer struct {
	store *Store
	root  *os.File // the data directory, to sync the whole file system
	plan  syncPlan

	mu      sync.Mutex
	urgent  []*unsynced
	later   []*unsynced
	calls   []func(error)
	failed  error
	stopped bool
	due     bool        // sync the journal even if nothing else is asked for
	timer   *time.Timer // runs while later holds something

	wake chan struct{}
	done chan struct{}
}

// unsynced is what a log has asked for since the last cycle took it. Its syncer's mutex guards it.
type unsynced struct {
	name             string
	files            []*handle
	dir              string // its names changed: sync it too
	state            HardState
	pos              position
	owner            Owner
	hasState, hasPos bool
	hasOwner         bool
	lower            bool // the log is about to be cut to pos: no recovery point may lie behind it on disk
	placed           bool // other files, synced up to pos, are in the log's place: only pos is true of them
	forget           bool
	queued           bool // in urgent
	waits            bool // in later
}

// merge adds what was asked for later, which wins where there can be one only.
func (u *unsynced) merge(more unsynced) {
	u.files = append(u.files, more.files...)
	if more.dir != "" {
		u.dir = more.dir
	}
	if more.hasState {
		u.state, u.hasState = more.state, true
	}
	if more.hasOwner {
		u.owner, u.hasOwner = more.owner, true
	}
	if more.hasPos {
		u.pos, u.hasPos, u.lower, u.placed = more.pos, true, more.lower, more.placed
	}
	u.forget = u.forget || more.forget
}

func startSyncer(s *Store) (*syncer, error) {
	root, err := os.Open(s.opts.Dir)
	if err != nil {
		return nil, err
	}
	y := &syncer{store: s, root: root, plan: syncPlan{cannot: !sameFileSystem(root, filepath.Join(s.opts.Dir, partitionsDir))}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	y.timer = time.AfterFunc(time.Hour, y.hurry)
	y.timer.Stop()
	go y.run()
	return y, nil
}

// request merges more into u and asks for it: at once, or later if there is no hurry. done may be nil. It reports whether
// the request was taken; if not, done has been told why, and what more holds is still the caller's.
func (y *syncer) request(u *unsynced, more unsynced, later bool, done func(error)) bool {
	y.mu.Lock()
	err := y.failed
	if y.stopped && err == nil {
		err = ErrClosed
	}
	if err != nil {
		y.mu.Unlock()
		if done != nil {
			done(err)
		}
		return false
	}
	u.merge(more)
	if done != nil {
		y.calls = append(y.calls, done)
	}
	y.enqueue(u, later)
	y.mu.Unlock()
	if !later {
		y.poke()
	}
	return true
}

// enqueue is called with y.mu held.
func (y *syncer) enqueue(u *unsynced, later bool) {
	switch {
	case u.queued:
	case !later:
		u.queued = true
		y.urgent = append(y.urgent, u)
	case !u.waits:
		u.waits = true
		if len(y.later) == 0 {
			y.timer.Reset(laterAfter)
		}
		y.later = append(y.later, u)
	}
}

func (y *syncer) poke() {
	select {
	case y.wake <- struct{}{}:
	default:
	}
}

// hurry makes what could wait urgent.
func (y *syncer) hurry() {
	y.mu.Lock()
	for _, u := range y.later {
		u.waits = false
		if !u.queued {
			u.queued = true
			y.urgent = append(y.urgent, u)
		}
	}
	y.later = y.later[:0]
	y.due = true
	y.mu.Unlock()
	y.poke()
}

// forget removes a log from the journal, durably.
func (y *syncer) forget(name string) error {
	return y.wait(&unsynced{name: name}, unsynced{forget: true})
}

// wait is a request that blocks until it is answered.
func (y *syncer) wait(u *unsynced, more unsynced) error {
	answer := make(chan error, 1)
	y.request(u, more, false, func(err error) { answer <- err })
	return <-answer
}

// stop serves what was asked for, and ends the goroutine.
func (y *syncer) stop() error {
	y.hurry()
	y.mu.Lock()
	y.stopped = true
	y.timer.Stop()
	y.mu.Unlock()
	y.poke()
	<-y.done
	y.root.Close()
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.failed
}

// fail makes err the answer to everything from now on.
func (y *syncer) fail(err error) {
	y.mu.Lock()
	first := y.failed == nil
	if first {
		y.failed = err
	}
	y.mu.Unlock()
	if first {
		y.store.log.Error().Err(err).Msg("a sync failed: what was written since the last one may be lost, so this node must stop")
		y.store.opts.Fatal(err)
	}
}

func (y *syncer) run() {
	defer close(y.done)
	var c cycle
	for {
		<-y.wake
		for y.take(&c) {
			y.serve(&c)
		}
		y.mu.Lock()
		end := y.stopped && len(y.urgent) == 0 && len(y.calls) == 0
		y.mu.Unlock()
		if end {
			return
		}
	}
}

// cycle is what is served together.
type cycle struct {
	logs  []unsynced
	calls []func(error)
	files []*os.File
}

// take moves everything that is urgent into c, and tells whether there is anything to do.
func (y *syncer) take(c *cycle) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	c.logs, c.files = c.logs[:0], c.files[:0]
	for _, u := range y.urgent {
		c.logs = append(c.logs, *u)
		*u = unsynced{name: u.name, waits: u.waits}
	}
	y.urgent = y.urgent[:0]
	c.calls, y.calls = y.calls, c.calls[:0]
	due := y.due
	y.due = false
	return due || len(c.logs) > 0 || len(c.calls) > 0
}

// serve is one cycle.
func (y *syncer) serve(c *cycle) {
	err := y.failure()
	if err == nil {
		err = y.makeDurable(c)
	}
	for i := range c.logs {
		for _, h := range c.logs[i].files {
			h.release()
		}
	}
	for i, done := range c.calls {
		done(err)
		c.calls[i] = nil
	}
	if y.store.journal.lags() && err == nil {
		y.settle()
	}
}

// settle sees to it that the last recovery points become durable even if no request follows.
func (y *syncer) settle() {
	y.mu.Lock()
	defer y.mu.Unlock()
	if len(y.later) == 0 && len(y.urgent) == 0 && !y.stopped {
		y.timer.Reset(laterAfter)
	}
}

func (y *syncer) failure() error {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.failed
}

func (y *syncer) makeDurable(c *cycle) error {
	j := y.store.journal
	for i := range c.logs {
		y.beforeSync(&c.logs[i])
	}
	werr := j.write()
	if err := y.sync(c); err != nil {
		y.fail(err)
		return err
	}
	if werr != nil {
		return werr
	}
	for i := range c.logs {
		if u := &c.logs[i]; u.hasPos && !u.placed {
			j.synced(u.name, u.pos)
		}
	}
	if err := j.write(); err != nil {
		y.store.log.Warn().Err(err).Msg("could not write recovery points; the next cycle writes newer ones")
	}
	if j.grown() {
		if err := j.rewrite(y.store.opts.Dir); err != nil {
			y.store.log.Warn().Err(err).Msg("could not shorten the journal; it is tried again with the next cycle")
		}
	}
	return nil
}

// beforeSync adds to the journal what must be durable with this cycle.
func (y *syncer) beforeSync(u *unsynced) {
	j := y.store.journal
	switch {
	case u.forget:
		j.forget(u.name)
	case u.lower:
		j.lower(u.name, u.pos)
	case u.placed:
		j.place(u.name, u.pos)
	}
	if u.hasState {
		j.state(u.name, u.state)
	}
	if u.hasOwner {
		j.own(u.name, u.owner)
	}
}

// sync makes the cycle's files and directories, and the journal, durable.
func (y *syncer) sync(c *cycle) error {
	var dirs []*os.File
	defer func() {
		for _, d := range dirs {
			d.Close()
		}
	}()
	for i := range c.logs {
		u := &c.logs[i]
		for _, h := range u.files {
			c.files = append(c.files, h.File)
		}
		if u.dir == "" {
			continue
		}
		for _, path := range []string{u.dir, filepath.Dir(u.dir)} {
			d, err := os.Open(path)
			if errors.Is(err, os.ErrNotExist) { // the log was removed since, which saw to its own syncs
				continue
			}
			if err != nil {
				return storageErr(err, "opening a directory to sync it")
			}
			dirs = append(dirs, d)
			c.files = append(c.files, d)
		}
	}
	j := y.store.journal
	with := j.overdue()
	if with {
		c.files = append(c.files, j.file)
	}
	if len(c.files) == 0 {
		return nil
	}
	began := time.Now()
	whole, err := y.plan.sync(y.store.disk, y.root, c.files, &y.store.stats)
	y.store.stats.synced(time.Since(began), len(c.logs))
	if err != nil {
		return storageErr(err, "making the log durable")
	}
	if whole || with {
		j.settled()
	}
	return nil
}
