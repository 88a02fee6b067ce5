package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/seed-e634fa49/troupe/test/kafka"
)

// startKafka fetches the jars if need be, formats a directory and starts one combined broker and controller.
func startKafka(ctx context.Context, dir string) (*contender, error) {
	jars, err := kafka.Jars(ctx)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	controller, err := freePort()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "kafka")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	cmd, err := kafka.Broker(ctx, jars, data, port, controller)
	if err != nil {
		return nil, err
	}
	return launch(ctx, "kafka", "127.0.0.1:"+port, filepath.Join(dir, "kafka.log"), cmd)
}
