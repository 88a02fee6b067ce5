package fabric

// Stats are the fabric's figures at one moment.
type Stats struct {
	// Pending requests wait for their answers, with so many bytes.
	Pending, PendingBytes int
	// Late requests, since the start, were not answered in time.
	Late uint64
}

// Stats adds the figures up, for a scrape.
func (f *Fabric) Stats() Stats {
	t := f.pending
	t.mu.Lock()
	defer t.mu.Unlock()
	return Stats{Pending: len(t.waiting), PendingBytes: t.bytes, Late: t.late}
}
