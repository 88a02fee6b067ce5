package main

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func (s shell) groupWhy() *cobra.Command {
	var o operator
	c := &cobra.Command{
		Use:   "why GROUP",
		Short: "Tell why a group has rebalanced, and on whom it waited",
		Long: "Tells, in order, what the group's coordinator remembers: who joined, left and timed out, what began each rebalance, how long\n" +
			"each phase took. It comes through the HTTP door of any node (--operator). A coordinator that has just taken over begins anew.",
		Args: arguments(cobra.ExactArgs(1)),
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		var events []msg.GroupEvent
		if err := o.ask(c.Context(), http.MethodGet, "/admin/groups/"+url.PathEscape(args[0])+"/why", &events); err != nil {
			return err
		}
		if o.asJSON {
			return printJSON(c.OutOrStdout(), events)
		}
		for _, e := range events {
			fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", e.At.Local().Format("2006-01-02 15:04:05.000"), sentence(e))
		}
		if len(events) == 0 {
			fmt.Fprintf(c.OutOrStdout(), "nothing has happened to group %s since its coordinator took over\n", args[0])
		}
		return nil
	}
	s.operatorFlags(c, &o)
	return c
}

// sentence says what an event was.
func sentence(e msg.GroupEvent) string {
	why := ""
	if e.Why != "" {
		why = ": " + e.Why
	}
	took := e.Took.Round(time.Millisecond)
	switch e.What {
	case "joined", "left":
		return fmt.Sprintf("%s %s%s", e.Member, e.What, why)
	case "rejoined":
		return fmt.Sprintf("%s joined again%s", e.Member, why)
	case "replaced":
		return fmt.Sprintf("%s took a static member's place%s", e.Member, why)
	case "expired":
		return fmt.Sprintf("%s was taken for dead after %s of silence", e.Member, took)
	case "late":
		return fmt.Sprintf("%s was removed after %s%s", e.Member, took, why)
	case "rebalance":
		return fmt.Sprintf("a rebalance began%s", why)
	case "generation":
		return fmt.Sprintf("generation %d began after %s of waiting for members%s", e.Generation, took, why)
	case "stable":
		return fmt.Sprintf("generation %d was stable after %s of waiting for the leader%s", e.Generation, took, why)
	case "target":
		return fmt.Sprintf("epoch %d was assigned%s", e.Generation, why)
	case "empty":
		return "the last member was gone"
	}
	return e.What + why
}
