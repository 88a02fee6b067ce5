package actors

// Stats are a system's figures at one moment.
type Stats struct {
	// Actors that have been spawned and have not stopped.
	Actors int
	// Restarts since the system was made.
	Restarts uint64
	// Full is how many Posts were refused since then because a mailbox was full.
	Full uint64
	// QueuedBytes wait in mailboxes.
	QueuedBytes int64
}

// Stats adds the figures up. It looks at every mailbox, so it is for a scrape, not for a hot path.
func (s *System) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := Stats{Actors: len(s.cells), Restarts: s.restarts.Load(), Full: s.full.Load()}
	for _, c := range s.cells {
		stats.QueuedBytes += c.box.waiting.Load()
	}
	return stats
}
