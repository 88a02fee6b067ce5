package cluster

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestThreeNodesFoundOneCluster(t *testing.T) {
	begun := time.Now()
	c := Start(t, LogLevel("debug"))
	t.Logf("ready after %s", time.Since(begun))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	adm := admin(t, c)
	if _, err := adm.CreateTopic(ctx, 6, 3, nil, "orders"); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := adm.raw.ProduceSync(ctx, &kgo.Record{Topic: "orders", Value: fmt.Append(nil, i)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	await(t, 5*time.Second, "every partition has three replicas in sync", func() bool { return adm.whole(t, "orders", 3) })
}
