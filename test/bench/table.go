package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// percentiles of times in milliseconds.
type percentiles struct{ p50, p99 float64 }

func percentilesOf(ms []float64) percentiles {
	slices.Sort(ms)
	at := func(q float64) float64 { return ms[int(q*float64(len(ms)-1))] }
	return percentiles{p50: at(0.50), p99: at(0.99)}
}

// table gathers measurements, one row a figure, one column a contender.
type table struct {
	columns []string
	rows    []string
	values  map[[2]string][]float64
}

func newTable(cs []*contender) *table {
	t := &table{values: map[[2]string][]float64{}}
	for _, c := range cs {
		t.columns = append(t.columns, c.name)
	}
	return t
}

func (t *table) add(row string, c *contender, v float64) { t.addNamed(row, c.name, v) }

func (t *table) addNamed(row, column string, v float64) {
	if !slices.Contains(t.rows, row) {
		t.rows = append(t.rows, row)
	}
	if !slices.Contains(t.columns, column) {
		t.columns = append(t.columns, column)
	}
	key := [2]string{row, column}
	t.values[key] = append(t.values[key], v)
}

// print writes medians, and the ratio of Troupe to Kafka, round by round where there are several.
func (t *table) print(w io.Writer) {
	header := "| figure (median) | " + strings.Join(t.columns, " | ") + " | troupe / kafka |"
	fmt.Fprintln(w, header)
	fmt.Fprintln(w, "|"+strings.Repeat(" --- |", len(t.columns)+2))
	for _, row := range t.rows {
		fmt.Fprintf(w, "| %s |", row)
		for _, column := range t.columns {
			fmt.Fprintf(w, " %s |", cell(t.values[[2]string{row, column}]))
		}
		fmt.Fprintf(w, " %s |\n", cell(t.ratios(row)))
	}
}

func (t *table) ratios(row string) []float64 {
	ours, theirs := t.values[[2]string{row, "troupe"}], t.values[[2]string{row, "kafka"}]
	var all []float64
	for i := range min(len(ours), len(theirs)) {
		if theirs[i] != 0 {
			all = append(all, ours[i]/theirs[i])
		}
	}
	return all
}

func cell(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(values))
	return fmt.Sprintf("%.2f", sorted[len(sorted)/2])
}
