package kafka

import "testing"

func TestBuffersFitWhatTheyAreFor(t *testing.T) {
	for n := range 5 << 20 {
		class := bufferClass(n)
		if class >= len(bufferPools) {
			if n <= 1<<largestBuffer {
				t.Fatalf("%d bytes are too many for a pool", n)
			}
			break
		}
		size := bufferSize(class)
		if size < n || size > max(n+n/4, 1<<smallestBuffer) || class > 0 && n > 1<<smallestBuffer && bufferSize(class-1) >= n {
			t.Fatalf("%d bytes get a buffer of %d", n, size)
		}
	}
	for _, n := range []int{0, 1, 1 << 10, 1500, 600_000, 1 << largestBuffer, 9 << 20} {
		b := getBuffer(n)
		if len(b.b) != n {
			t.Fatalf("asked for %d bytes, got %d", n, len(b.b))
		}
		b.release()
	}
}
