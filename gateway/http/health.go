package http

import (
	"fmt"
	"net/http"
)

// health answers that the process lives: whether to restart it.
func health(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// readiness answers whether the node serves: whether to send clients to it.
func readiness(ready func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(); err != nil {
			http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	}
}
