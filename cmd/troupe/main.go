package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes of the command.
const (
	exitDone    = 0
	exitFailed  = 1 // it was understood and did not work
	exitMisused = 2 // it was not understood: flags, arguments, settings
	exitStorage = 3 // serve: a sync failed, so that nothing the disk says can be trusted any more
)

// shell is the world of one invocation: what a test replaces.
type shell struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	lookup func(string) (string, bool) // the environment
}

func main() {
	s := shell{in: os.Stdin, out: os.Stdout, err: os.Stderr, lookup: os.LookupEnv}
	os.Exit(s.run(context.Background(), os.Args[1:]))
}

// run carries out one command line and returns its exit code.
func (s shell) run(ctx context.Context, args []string) int {
	root := s.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	var code *exitError
	if errors.As(err, &code) && code.err == nil {
		return code.code
	}
	fmt.Fprintf(s.err, "troupe: %s\n", err)
	if code != nil {
		return code.code
	}
	if isMisuse(err) {
		fmt.Fprintf(s.err, "see: %s --help\n", cmd.CommandPath())
		return exitMisused
	}
	return exitFailed
}

// exitError is an error with an exit code of its own; without err, everything is said already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// misuse is an error in how the command was called.
type misuse struct{ error }

func misusef(format string, args ...any) error { return misuse{fmt.Errorf(format, args...)} }

func isMisuse(err error) bool {
	var m misuse
	// Cobra's own complaints about commands have no type.
	return errors.As(err, &m) || strings.HasPrefix(err.Error(), "unknown command")
}

// root is the tree of all commands.
func (s shell) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "troupe",
		Short: "An event-streaming broker that speaks Kafka's protocol",
		Long: "troupe serves a broker that any Kafka client can use, and brings its own client.\n" +
			"Start one with `troupe serve`; then `troupe topic create`, `troupe produce` and `troupe consume`.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          arguments(cobra.NoArgs),
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return misuse{err} })
	root.AddCommand(s.serve(), s.local(), s.config(), s.topic(), s.cluster(), s.partition(), s.group(), s.produce(), s.consume(), logCommand(), versionCommand())
	return root
}

// arguments makes a wrong number of arguments a misuse, as a wrong flag is.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return misuse{err}
		}
		return nil
	}
}
