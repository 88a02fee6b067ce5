package wal

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// A topic is deleted while its state waits to be written: that is nothing to warn an operator of.
func TestStateOfARemovedLogIsForgotten(t *testing.T) {
	var said bytes.Buffer
	s, err := OpenStore(Options{Dir: t.TempDir(), Log: zerolog.New(&said)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Open("gone")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove("gone"); err != nil {
		t.Fatal(err)
	}
	l.SaveState(1, []byte("state"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(said.String(), "could not save") {
		t.Errorf("the store said: %s", said.String())
	}
}
