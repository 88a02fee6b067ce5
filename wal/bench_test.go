package wal

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reportCPU adds the processor time per GiB.
func reportCPU(b *testing.B, began time.Duration, bytes int64) {
	b.ReportMetric((cpu()-began).Seconds()/(float64(bytes)/(1<<30)), "cpu-s/GiB")
}

// benchLimit bounds what an append benchmark leaves on the disk before it starts its file anew.
const benchLimit = 256 << 20

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			s := openStore(b, b.TempDir())
			l := openLog(b, s, "a-0")
			payload := noise(rand.New(rand.NewPCG(1, 1)), size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			f := recordsFrame(1, 0, 1, 1, payload)
			began, next := cpu(), int64(0)
			for b.Loop() {
				f.Seal(KindRecords, 1, next, 1, 1)
				if err := l.Append(l.LastIndex()+1, []Frame{f}); err != nil {
					b.Fatal(err)
				}
				if next++; l.Size() > benchLimit {
					l.Sync(nil, nil)
					if _, err := l.DropHead(next); err != nil {
						b.Fatal(err)
					}
				}
			}
			reportCPU(b, began, int64(b.N)*int64(size))
		})
	}
}

// BenchmarkRawWrite is what the disk and the kernel take for the same bytes.
func BenchmarkRawWrite(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			dir := b.TempDir()
			payload := noise(rand.New(rand.NewPCG(1, 1)), size)
			b.SetBytes(int64(size))
			began := cpu()
			fr := recordsFrame(1, 0, 1, 1, payload)
			var f *os.File
			for n := 0; b.Loop(); n += size {
				if f == nil || n > 64<<20 {
					if f != nil {
						f.Sync()
						f.Close()
						os.Remove(f.Name())
					}
					f, _ = os.Create(filepath.Join(dir, "f"))
					n = 0
				}
				fr.Seal(KindRecords, 1, 0, 1, 1)
				if _, err := f.Write(fr); err != nil {
					b.Fatal(err)
				}
			}
			reportCPU(b, began, int64(b.N)*int64(size))
		})
	}
}

func filledLog(b *testing.B, frame, total int) (*Log, int64) {
	s := openStore(b, b.TempDir())
	l := openLog(b, s, "a-0")
	payload := noise(rand.New(rand.NewPCG(1, 1)), frame)
	n := int64(total / frame)
	for i := range n {
		appendTo(b, l, recordsFrame(1, i, 1, 1, payload))
	}
	return l, n
}

func BenchmarkRead(b *testing.B) {
	for _, frame := range []int{1 << 10, 16 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("%dKiB", frame>>10), func(b *testing.B) {
			l, end := filledLog(b, frame, 128<<20)
			r := l.Reader()
			b.SetBytes(1 << 20)
			b.ReportAllocs()
			began, at, bytes := cpu(), int64(0), int64(0)
			for b.Loop() {
				_, n, release, err := r.Read(at, end, 1<<20, true)
				if err != nil {
					b.Fatal(err)
				}
				release()
				bytes += int64(n)
				at += int64(n / (frame + 61))
				if at >= end {
					at = 0
				}
			}
			b.SetBytes(bytes / int64(b.N))
			reportCPU(b, began, bytes)
		})
	}
}

// BenchmarkReadTail is a consumer that reads the last record, again and again.
func BenchmarkReadTail(b *testing.B) {
	l, end := filledLog(b, 1<<10, 8<<20)
	b.ReportAllocs()
	for b.Loop() {
		_, n, release, err := l.Reader().Read(end-1, end, 1<<20, true)
		if err != nil || n == 0 {
			b.Fatal(n, err)
		}
		release()
	}
}

func BenchmarkSyncOne(b *testing.B) {
	s := openStore(b, b.TempDir())
	l := openLog(b, s, "a-0")
	payload := noise(rand.New(rand.NewPCG(1, 1)), 4<<10)
	done := make(chan error, 1)
	before, began := s.Stats(), cpu()
	for next := int64(0); b.Loop(); next++ {
		appendTo(b, l, recordsFrame(1, next, 1, 1, payload))
		l.Sync(nil, func(err error) { done <- err })
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	after := s.Stats()
	b.ReportMetric(float64(after.SyncCalls-before.SyncCalls)/float64(b.N), "syncs/op")
	b.ReportMetric(float64(after.SyncTime-before.SyncTime)/float64(b.N), "sync-ns/op")
	b.ReportMetric(float64(cpu()-began)/float64(b.N), "cpu-ns/op")
}
