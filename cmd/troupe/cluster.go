package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"

	door "github.com/seed-e634fa49/troupe/gateway/http"
)

func (s shell) cluster() *cobra.Command {
	c := &cobra.Command{
		Use:   "cluster",
		Short: "Show the cluster; drain, decommission, move and balance",
		Args:  arguments(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(s.clusterStatus(), s.clusterMove(), s.clusterBalance())
	for _, change := range nodeChanges {
		c.AddCommand(s.clusterChange(change))
	}
	return c
}

// operator is how the commands reach what Kafka's protocol has no requests for: the HTTP door of any node.
type operator struct {
	remote
	http   string
	detach bool
}

func (s shell) operatorFlags(c *cobra.Command, o *operator) {
	s.remoteFlags(c, &o.remote)
	address := "localhost:8080"
	if text, ok := s.lookup("TROUPE_OPERATOR"); ok && text != "" {
		address = text
	}
	c.Flags().StringVar(&o.http, "operator", address, "the HTTP door of a node, `HOST:PORT` (TROUPE_OPERATOR); it answers its own machine only, unless that node runs with --admin-anywhere")
}

// detachFlag lets a command end before what it asked for is done.
func detachFlag(c *cobra.Command, detach *bool) {
	c.Flags().BoolVar(detach, "detach", false, "return when the cluster has taken the request, not when it is carried out")
}

// ask sends one request to the HTTP door and decodes its answer.
func (o *operator) ask(ctx context.Context, method, path string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, method, "http://"+o.http+path, nil)
	if err != nil {
		return misusef("--operator %s: %w", o.http, err)
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return fmt.Errorf("can't reach a node's HTTP door at %s: %w; name another with --operator", o.http, err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		var failed door.Failure
		if json.NewDecoder(a.Body).Decode(&failed) != nil || failed.Error == "" {
			return fmt.Errorf("asking %s for %s: %s; is that a node's HTTP door?", o.http, path, a.Status)
		}
		return errors.New(failed.Error)
	}
	if err := json.NewDecoder(a.Body).Decode(answer); err != nil {
		return fmt.Errorf("asking %s for %s: the answer does not decode: %w", o.http, path, err)
	}
	return nil
}

// nodeID reads a node's id from an argument.
func nodeID(text string) (int32, error) {
	id, err := strconv.ParseInt(text, 10, 32)
	if err != nil || id < 0 {
		return 0, misusef("%q is no node's id, which is a number from 0", text)
	}
	return int32(id), nil
}
