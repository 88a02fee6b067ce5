package wal

import "sync"

// janitor does, one after the other on a goroutine of its own, what nobody waits for: it deletes files, closes descriptors,
// keeps states. What is queued is small and bounded by what the logs do; nothing is dropped.
type janitor struct {
	mu      sync.Mutex
	wake    *sync.Cond
	queue   []func()
	stopped bool
	done    chan struct{}
}

func newJanitor() *janitor {
	j := &janitor{done: make(chan struct{})}
	j.wake = sync.NewCond(&j.mu)
	go j.run()
	return j
}

func (j *janitor) do(f func()) {
	j.mu.Lock()
	stopped := j.stopped
	if !stopped {
		j.queue = append(j.queue, f)
	}
	j.mu.Unlock()
	if stopped {
		f()
		return
	}
	j.wake.Signal()
}

// stop lets what is queued be done, and waits for it.
func (j *janitor) stop() {
	j.mu.Lock()
	j.stopped = true
	j.mu.Unlock()
	j.wake.Signal()
	<-j.done
}

func (j *janitor) run() {
	defer close(j.done)
	for {
		j.mu.Lock()
		for len(j.queue) == 0 && !j.stopped {
			j.wake.Wait()
		}
		batch := j.queue
		j.queue = nil
		j.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		for _, f := range batch {
			f()
		}
	}
}
