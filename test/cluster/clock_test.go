package cluster

import (
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/clock"
)

func TestAClockThatIsAheadMeasuresRight(t *testing.T) {
	for _, by := range []time.Duration{0, 5 * time.Hour, -7 * time.Hour} {
		right := time.Now()
		wrong := ahead{clock.System(), int64(by.Seconds())}.Now()
		if off := wrong.Round(0).Sub(right.Round(0)) - by; off < 0 || off > time.Second {
			t.Errorf("%s ahead: the time of day is off by %s more", by, off)
		}
		if passed := wrong.Sub(right); passed < 0 || passed > time.Second {
			t.Errorf("%s ahead: %s have passed", by, passed)
		}
	}
}
