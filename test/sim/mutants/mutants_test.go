package main

import "testing"

// TestGuardsAreThere keeps the table in step with the sources.
func TestGuardsAreThere(t *testing.T) {
	for _, m := range mutants {
		if _, err := m.apply("../../.."); err != nil {
			t.Error(err)
		}
	}
}
