package loss

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed-e634fa49/troupe/cmd/node"
	"github.com/seed-e634fa49/troupe/test/process"
	"github.com/seed-e634fa49/troupe/test/traffic"
)

// TestFailedSyncEndsTheNode makes the disk refuse a sync: the record that waited for it is not acknowledged, the process ends
// with its own exit code, and what was acknowledged before is there when the disk is well again.
func TestFailedSyncEndsTheNode(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken")
	n, _ := startOnLedger(t, process.Env("LOSS_BROKEN="+broken))
	work := traffic.New(n.Bootstrap)
	if err := work.Create(t.Context(), 4, 1); err != nil {
		t.Fatal(err)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(n.Bootstrap), kgo.DefaultProduceTopic(traffic.Topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(t.Context(), kgo.StringRecord("r000-p0 before")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	work.Acknowledged(&kgo.Record{Value: []byte("r000-p0 before")})
	if err := os.WriteFile(broken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	acked := make(chan error, 1)
	go func() { acked <- cl.ProduceSync(ctx, kgo.StringRecord("r000-p0 never synced")).FirstErr() }()
	select {
	case <-n.Exited():
	case err := <-acked:
		t.Fatalf("the record was answered (%v) while the disk refuses to sync", err)
	case <-time.After(20 * time.Second):
		t.Fatal("the node goes on after a failed sync")
	}
	cancel()
	if code := n.ExitCode(); code != node.ExitStorage {
		t.Errorf("the node ended with exit code %d, want %d", code, node.ExitStorage)
	}
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	n.Restart()
	verifying, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	missing, err := work.Verify(verifying)
	if err != nil {
		t.Fatal(err)
	}
	report(t, missing)
}
