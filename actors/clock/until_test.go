package clock

import (
	"testing"
	"time"
)

func TestUntil(t *testing.T) {
	for _, tt := range []struct {
		name  string
		so    time.Duration // when it is so
		looks int
		ran   time.Duration // when f ran
	}{
		{"at once", 0, 1, 0},
		{"between two looks", 3 * time.Second, 3, 4 * time.Second},
		{"not in time", time.Hour, 6, 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Unix(100, 0)
			c := NewVirtual(start)
			looks, runs, ran := 0, 0, time.Duration(0)
			Until(c, start.Add(10*time.Second), 2*time.Second,
				func() bool { looks++; return c.Now().Sub(start) >= tt.so },
				func() { runs++; ran = c.Now().Sub(start) })
			c.Advance(time.Minute)
			if looks != tt.looks || runs != 1 || ran != tt.ran {
				t.Errorf("looked %d times, ran %d times, after %s; want %d, once, %s", looks, runs, ran, tt.looks, tt.ran)
			}
		})
	}
}
