package kafka

import "testing"

// waiters lets a test see that a take has joined the line.
func (b *budget) inLine() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiters)
}

func TestBudgetServesInTurn(t *testing.T) {
	b := newBudget(100)
	done := make(chan struct{})
	if n, ok := b.take(60, done); n != 60 || !ok {
		t.Fatalf("took %d of 100, want 60", n)
	}
	taken := make(chan int, 2)
	for i, n := range []int{50, 10} { // 10 would fit, but 50 came first
		go func() {
			got, _ := b.take(n, done)
			taken <- got
		}()
		waitFor(t, "a place in the line", func() bool { return b.inLine() == i+1 })
	}
	if b.inUse() != 60 {
		t.Errorf("%d are in use: somebody went past the line", b.inUse())
	}
	b.put(60)
	if sum := <-taken + <-taken; sum != 60 || b.inUse() != 60 {
		t.Errorf("60 were waited for, %d are taken, %d in use", sum, b.inUse())
	}
}

func TestBudgetTakesNoMoreThanThereIs(t *testing.T) {
	b := newBudget(100)
	if n, ok := b.take(1000, nil); n != 100 || !ok {
		t.Errorf("took %d, want all 100", n)
	}
	gone := make(chan struct{})
	close(gone)
	if _, ok := b.take(1, gone); ok || b.inLine() != 0 {
		t.Error("who has left still stands in the line")
	}
	b.put(-20) // read already
	if b.tryUpTo(10) != 0 || b.inUse() != 120 {
		t.Errorf("%d in use, want 120 and nothing free", b.inUse())
	}
	b.put(120)
	if b.tryUpTo(1000) != 100 {
		t.Error("not all came back")
	}
}
