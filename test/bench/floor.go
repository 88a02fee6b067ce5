package main

import (
	"os"
	"time"
)

// diskFloor measures what the disk alone allows at this rate: records written one by one to as many files as there are
// partitions, each sync taking all that waits with it, as a broker's group commit does. No network, no protocol.
func diskFloor(dir string, rate int, span time.Duration) (percentiles, error) {
	files := make([]*os.File, partitions)
	for i := range files {
		f, err := os.CreateTemp(dir, "floor")
		if err != nil {
			return percentiles{}, err
		}
		defer os.Remove(f.Name())
		defer f.Close()
		files[i] = f
	}
	due := make(chan time.Time, rate) // arrivals that wait for the disk
	go func() {
		defer close(due)
		at, n := time.Now(), 0
		for ; time.Since(at) < span; time.Sleep(100 * time.Microsecond) {
			for ; n < int(time.Since(at).Seconds()*float64(rate)); n++ {
				due <- time.Now()
			}
		}
	}()
	var ms []float64
	buf := make([]byte, 200)
	for first := range due {
		waiting := append([]time.Time{first}, drain(due)...)
		for i := range waiting {
			if _, err := files[i%partitions].Write(buf); err != nil {
				return percentiles{}, err
			}
		}
		for i := range min(len(waiting), partitions) {
			if err := syncData(files[i]); err != nil {
				return percentiles{}, err
			}
		}
		for _, at := range waiting {
			ms = append(ms, float64(time.Since(at))/1e6)
		}
	}
	return percentilesOf(ms), nil
}

func drain(c <-chan time.Time) (all []time.Time) {
	for {
		select {
		case t, ok := <-c:
			if !ok {
				return all
			}
			all = append(all, t)
		default:
			return all
		}
	}
}
