package kafka

import (
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestProducerIDsAreNeverGivenTwice(t *testing.T) {
	w := newWorld(t)
	_, addr := w.open()
	var mu sync.Mutex
	seen := map[int64]bool{}
	var clients sync.WaitGroup
	for range 8 {
		c := dial(t, addr)
		clients.Go(func() {
			for i := range 60 {
				req := kmsg.NewPtrInitProducerIDRequest()
				req.Version = int16(i % 6)
				resp := ask[*kmsg.InitProducerIDResponse](c, req)
				mu.Lock()
				if resp.ErrorCode != 0 || resp.ProducerEpoch != 0 || resp.ProducerID < 0 || seen[resp.ProducerID] {
					t.Errorf("got %+v", resp)
				}
				seen[resp.ProducerID] = true
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	if w.requests() > 5 {
		t.Errorf("the controller was asked %d times for %d ids in blocks of 150", w.requests(), len(seen))
	}
}

func TestInitProducerIDErrors(t *testing.T) {
	w := newWorld(t)
	w.refuse = kerr.NotController
	_, addr := w.open()
	c := dial(t, addr)
	for _, tt := range []struct {
		name  string
		txn   *string
		id    int64
		epoch int16
		want  *kerr.Error
	}{
		{"the controller is away", nil, -1, -1, kerr.CoordinatorLoadInProgress},
		{"a transactional id", kmsg.StringPtr("t"), -1, -1, kerr.CoordinatorNotAvailable},
		{"an empty transactional id", kmsg.StringPtr(""), -1, -1, kerr.InvalidRequest},
		{"an id without epoch", nil, 5, -1, kerr.InvalidRequest},
		{"an epoch without id", nil, -1, 5, kerr.InvalidRequest},
	} {
		req := kmsg.NewPtrInitProducerIDRequest()
		req.Version, req.TransactionalID, req.ProducerID, req.ProducerEpoch = 4, tt.txn, tt.id, tt.epoch
		if resp := ask[*kmsg.InitProducerIDResponse](c, req); resp.ErrorCode != tt.want.Code || resp.ProducerID != -1 || resp.ProducerEpoch != -1 {
			t.Errorf("%s: got %+v, want %v", tt.name, resp, tt.want)
		}
	}
	w.mu.Lock()
	w.refuse = nil
	w.mu.Unlock()
	req := kmsg.NewPtrInitProducerIDRequest()
	req.Version, req.ProducerID, req.ProducerEpoch = 4, 77, 3
	if resp := ask[*kmsg.InitProducerIDResponse](c, req); resp.ErrorCode != 0 || resp.ProducerID == 77 || resp.ProducerEpoch != 0 {
		t.Errorf("a producer that starts again got %+v, want a new id with epoch 0", resp)
	}
}

func TestProducerIDsAreRefilledAhead(t *testing.T) {
	w := newWorld(t)
	_, addr := w.open()
	c := dial(t, addr)
	for taken := 1; taken <= 60; taken++ {
		ask[*kmsg.InitProducerIDResponse](c, kmsg.NewPtrInitProducerIDRequest())
		if taken < 150-fewIDs-1 && w.requests() != 1 {
			t.Fatalf("the controller was asked %d times for %d ids of 150", w.requests(), taken)
		}
	}
	waitFor(t, "the next block", func() bool { return w.requests() == 2 })
}
