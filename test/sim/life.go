package sim

// life is one process of a node, from its start to its end. What it does goes through do or Schedule, so a dead one does nothing
// any more, and a paused one finds everything when it goes on, in the order in which it came.
type life struct {
	node   *node
	dead   bool
	paused bool
	held   []func()
}

// do runs f on the process now, or when it goes on.
func (l *life) do(f func()) {
	switch {
	case l.dead:
	case l.paused:
		l.held = append(l.held, f)
	default:
		f()
	}
}

// Schedule implements actors.Dispatcher: the cluster picks among the steps of all processes.
func (l *life) Schedule(step func()) {
	l.node.cluster.steps.Schedule(func() { l.do(func() { l.step(step) }) })
}

// step runs one step, and has the checkers look at what it has changed.
func (l *life) step(step func()) {
	step()
	l.node.cluster.look(l.node)
}

// Throughput implements actors.Dispatcher.
func (l *life) Throughput() int { return l.node.cluster.knobs.throughput }

// resume lets a paused process go on.
func (l *life) resume() {
	l.paused = false
	held := l.held
	l.held = nil
	for _, f := range held {
		l.do(f)
	}
}

// end kills the process.
func (l *life) end() {
	l.dead = true
	l.held = nil
}
