package diskfull

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed-e634fa49/troupe/test/process"
)

func TestMain(m *testing.M) {
	code := m.Run()
	process.Clean()
	os.Exit(code)
}

// smallDisk mounts an ext4 file system of 64 MiB for the test's time and returns its directory.
func smallDisk(t *testing.T) string {
	t.Helper()
	image, dir := filepath.Join(t.TempDir(), "disk.img"), filepath.Join(t.TempDir(), "disk")
	for _, step := range [][]string{
		{"truncate", "-s", "64M", image}, {"mkfs.ext4", "-q", image}, {"mkdir", dir}, {"mount", "-o", "loop", image, dir},
	} {
		if out, err := exec.Command(step[0], step[1:]...).CombinedOutput(); err != nil {
			err = fmt.Errorf("%v: %w: %s", step, err, out)
			if os.Getenv("TROUPE_REQUIRE_TOOLS") != "" {
				t.Fatal(err)
			}
			t.Skipf("a small file system needs root and loop devices: %v", err)
		}
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// client never retries, so that the test sees each refusal.
func client(t *testing.T, n *process.Node) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(n.Bootstrap), kgo.DisableIdempotentWrite(), kgo.RecordRetries(0), kgo.AllowAutoTopicCreation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// fill produces until the broker refuses, and returns how many records it took and what it refused with.
func fill(ctx context.Context, cl *kgo.Client, topic string) (int, error) {
	value := make([]byte, 512<<10)
	for n := 0; ; n++ {
		if err := cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: value}).FirstErr(); err != nil {
			return n, err
		}
	}
}

func TestFullDisk(t *testing.T) {
	n := process.Start(t, process.Dir(filepath.Join(smallDisk(t), "data")))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cl := client(t, n)
	adm := kadm.NewClient(cl)
	if _, err := adm.CreateTopics(ctx, 1, 1, nil, "full", "other"); err != nil {
		t.Fatal(err)
	}
	taken, err := fill(ctx, cl, "full")
	if !errors.Is(err, kerr.KafkaStorageError) {
		t.Fatalf("after %d records the broker refused with %v, want KAFKA_STORAGE_ERROR", taken, err)
	}
	if taken < 40 {
		t.Fatalf("the broker took only %d records of 512 KiB on a disk of 64 MiB", taken)
	}
	if got := count(ctx, t, n, "full", taken); got != taken {
		t.Errorf("read %d of %d records from the full disk", got, taken)
	}
	if _, err := adm.CreateTopic(ctx, 1, 1, nil, "made-when-full"); err != nil {
		t.Errorf("create a topic on the full disk: %v", err)
	}
	if _, err := adm.DeleteTopic(ctx, "full"); err != nil {
		t.Fatalf("delete a topic on the full disk: %v", err)
	}
	recovers(ctx, t, cl)
	n.Kill()
	n.Restart()
	recovers(ctx, t, client(t, n))
}

// TestFullDiskByOthers has somebody else take all that is left, below the broker's own reserve.
func TestFullDiskByOthers(t *testing.T) {
	disk := smallDisk(t)
	n := process.Start(t, process.Dir(filepath.Join(disk, "data")))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cl := client(t, n)
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "mine", Value: []byte("before")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	theirs := filepath.Join(disk, "theirs")
	// dd ends with an error when nothing is left, as it should.
	if err := exec.Command("dd", "if=/dev/zero", "of="+theirs, "bs=64k").Run(); err == nil {
		t.Fatal("the disk did not fill up")
	}
	if _, err := fill(ctx, cl, "mine"); !errors.Is(err, kerr.KafkaStorageError) {
		t.Fatalf("the broker refused with %v, want KAFKA_STORAGE_ERROR", err)
	}
	if got := count(ctx, t, n, "mine", 1); got < 1 {
		t.Error("what was there before can't be read")
	}
	if err := os.Remove(theirs); err != nil {
		t.Fatal(err)
	}
	recovers(ctx, t, cl)
}

// recovers waits until a producer gets in again.
func recovers(ctx context.Context, t *testing.T, cl *kgo.Client) {
	t.Helper()
	var err error
	for ctx.Err() == nil {
		if err = cl.ProduceSync(ctx, &kgo.Record{Topic: "other", Value: []byte("again")}).FirstErr(); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("producers do not get in again: %v", err)
}

// count reads a topic until it has seen as many records as expected.
func count(ctx context.Context, t *testing.T, n *process.Node, topic string, expected int) (got int) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(n.Bootstrap), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for got < expected && ctx.Err() == nil {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		got += fetches.NumRecords()
	}
	return got
}
