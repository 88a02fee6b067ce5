package loss

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/test/process"
	"github.com/seed-e634fa49/troupe/test/traffic"
)

func TestMain(m *testing.M) {
	code := m.Run()
	process.Clean()
	os.Exit(code)
}

// rounds is how often each test pulls the plug.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("TROUPE_LOSS_ROUNDS")); err == nil {
		return n
	}
	return 5
}

// crash runs rounds of work, kill and restart, and returns what was broken in the end. after runs while the node is down.
func crash(t *testing.T, n *process.Node, rounds int, seed uint64, after func(r *rand.Rand) error) []string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	work := traffic.New(n.Bootstrap)
	if err := work.Create(t.Context(), 4, 1); err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- work.Run(ctx, round) }()
		time.Sleep(100*time.Millisecond + time.Duration(r.IntN(300))*time.Millisecond) // how long the work goes on
		n.Kill()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := after(r); err != nil {
			t.Fatal(err)
		}
		if err := n.TryRestart(); err != nil {
			return []string{err.Error()}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	broken, err := work.Verify(ctx)
	if err != nil {
		broken = append(broken, err.Error())
	}
	if work.Count() < rounds*100 {
		t.Errorf("only %d records were acknowledged in %d rounds: the test hardly tests", work.Count(), rounds)
	}
	t.Logf("seed %d: %d rounds, %d records acknowledged, %d promises broken", seed, rounds, work.Count(), len(broken))
	return broken
}

func report(t *testing.T, broken []string) {
	t.Helper()
	for _, b := range broken[:min(len(broken), 20)] {
		t.Error(b)
	}
}

// TestLossByKill kills the broker with SIGKILL in the middle of four producers: what was acknowledged is there, once, in
// order, at its offset.
func TestLossByKill(t *testing.T) {
	n := process.Start(t)
	report(t, crash(t, n, rounds(), rand.Uint64(), func(*rand.Rand) error { return nil }))
}

// TestLossByPower also takes from the files what no sync covered.
func TestLossByPower(t *testing.T) {
	n, ledger := startOnLedger(t)
	report(t, crash(t, n, rounds(), rand.Uint64(), func(r *rand.Rand) error { return losePower(n.Dir, ledger, r) }))
}

// TestLossIsNoticed takes the sync out: records must go missing, or the tests above prove nothing.
func TestLossIsNoticed(t *testing.T) {
	n, ledger := startOnLedger(t, process.Env("LOSS_FORGETFUL=1"))
	broken := crash(t, n, 1, 1, func(r *rand.Rand) error { return losePower(n.Dir, ledger, r) })
	if len(broken) == 0 {
		t.Fatal("the broker synced nothing, lost its power, and nobody missed a record")
	}
	t.Logf("noticed, as it should be: %s", broken[0])
}

func startOnLedger(t *testing.T, options ...process.Option) (*process.Node, string) {
	ledger := filepath.Join(t.TempDir(), "ledger")
	if err := os.WriteFile(ledger, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	options = append(options, process.Env("LOSS_LEDGER="+ledger),
		process.Binary(process.Build(t, "github.com/seed-e634fa49/troupe/test/loss/broker")))
	return process.Start(t, options...), ledger
}
