package bus

// Stats are the bus's figures at one moment.
type Stats struct {
	// Routes to other nodes' servers that are up.
	Routes int
	// Heard are the nodes that this one hears.
	Heard int
	// Dropped messages were lost, since the start, because a subscriber fell behind.
	Dropped uint64
}

// Stats adds the figures up, for a scrape.
func (b *Bus) Stats() Stats {
	stats := Stats{Routes: b.server.NumRoutes()}
	b.mu.Lock()
	defer b.mu.Unlock()
	stats.Heard = len(b.presence.Hears(b.clock.Now()))
	for _, s := range b.subscriptions {
		// Only a closed subscription has no answer.
		if n, err := s.Dropped(); err == nil {
			stats.Dropped += uint64(n)
		}
	}
	return stats
}
