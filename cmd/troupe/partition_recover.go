package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	door "github.com/seed-e634fa49/troupe/gateway/http"
)

// recovery is a partition that is to be recovered.
type recovery struct {
	operator
	unsafe, yes bool
	node        int32
}

func (s shell) partitionRecover() *cobra.Command {
	var o recovery
	c := &cobra.Command{
		Use:   "recover TOPIC PARTITION --unsafe --node NODE",
		Short: "Go on with one replica, when most of them are lost for good",
		Long: "A partition whose majority is gone elects nobody, and stays as it is until the others are back: start them, if they can be started.\n" +
			"This is for when they never will be. The replica on NODE becomes the only one; what it lacks of what was acknowledged is lost. Choose\n" +
			"the node whose replica has most. The other replicas are left behind for ever: what comes back on their nodes are new ones, which get\n" +
			"everything from NODE. While some of the others still run, apart from this node, they may be a majority and go on by themselves, until\n" +
			"they hear of it: stop them first.",
		Args: arguments(cobra.ExactArgs(2)),
	}
	c.ValidArgsFunction = completeTopics(&o.remote)
	c.RunE = func(c *cobra.Command, args []string) error {
		if !o.unsafe || o.node < 0 {
			return misusef("say --unsafe, and with --node the node whose replica is to go on: records that only others have are lost")
		}
		chosen, err := o.choose(c.Context(), args)
		if err != nil {
			return err
		}
		if err := o.confirm(c, chosen); err != nil {
			return err
		}
		return o.recover(c, chosen)
	}
	s.operatorFlags(c, &o.operator)
	c.Flags().BoolVar(&o.unsafe, "unsafe", false, "know that acknowledged records may be lost")
	c.Flags().Int32Var(&o.node, "node", -1, "the `NODE` whose replica is to go on")
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	return c
}

// choose finds the partition that the arguments name.
func (o *recovery) choose(ctx context.Context, args []string) (chosen, error) {
	admin, err := o.admin(ctx)
	if err != nil {
		return chosen{}, err
	}
	defer admin.Close()
	if strings.Contains(args[0], ":") {
		return chosen{}, misusef("name the topic and the partition apart: %s", strings.Replace(args[0], ":", " ", 1))
	}
	found, err := choose(ctx, admin, []string{args[0] + ":" + args[1]})
	if err != nil {
		return chosen{}, err
	}
	return found[0], nil
}

// confirm lets an operator think again.
func (o *recovery) confirm(c *cobra.Command, p chosen) error {
	if o.yes {
		return nil
	}
	fmt.Fprintf(c.ErrOrStderr(), "The replica of %s:%d on node %d becomes the only one. Records that were acknowledged and that it does not have are lost,\n"+
		"and no other replica can come back as what it was. This can't be undone.\nType the topic's name to go on: ", p.topic, p.partition, o.node)
	line, _ := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	if strings.TrimSpace(line) != p.topic {
		return fmt.Errorf("that was not %q: nothing was done", p.topic)
	}
	return nil
}

func (o *recovery) recover(c *cobra.Command, p chosen) error {
	var done door.Recovered
	path := fmt.Sprintf("/admin/partitions/%s/%d/recover-unsafe?node=%d", url.PathEscape(p.topic), p.partition, o.node)
	if err := o.ask(c.Context(), http.MethodPost, path, &done); err != nil {
		return err
	}
	if o.asJSON {
		return printJSON(c.OutOrStdout(), done)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s:%d goes on with node %d alone; ", p.topic, p.partition, o.node)
	if len(done.Left) == 0 {
		fmt.Fprintln(c.OutOrStdout(), "it had no other replicas")
		return nil
	}
	fmt.Fprintf(c.OutOrStdout(), "new replicas are made on the nodes of the others, %v, as they come back\n", done.Left)
	return nil
}
