package features

import (
	"context"
	"math"

	"github.com/mores-lab/mores/datasets"
)

// BlockCoverage says on how much of the customers' own evidence a block rests.
type BlockCoverage struct {
	Block string `json:"block"`
	// Customers is the share of all customers of the log, prospects among them, of whom
	// something was observed; the others' rows are missing or the population's.
	Customers float64 `json:"customers"`
	// Evidence is the median number of observations of those; 0 where the extractor does
	// not count them.
	Evidence float64 `json:"evidence"`
	// Columns is the share of customers with a value in each column.
	Columns []ColumnCoverage `json:"columns"`
}

// ColumnCoverage is the share of customers for whom a column has a value.
type ColumnCoverage struct {
	Name  string  `json:"name"`
	Share float64 `json:"share"`
}

// Coverage measures every customer of the log with a learned pipeline and counts. A
// value drawn wholly from the population is a value in Columns and no evidence in
// Customers (see Witness). Cost: one pass over the log.
func Coverage(ctx context.Context, log *datasets.Log, p *Pipeline) ([]BlockCoverage, error) {
	type tally struct {
		seen     int
		evidence Multiset
		columns  []int
	}
	widths := widthsOf(p.models)
	tallies := make([]tally, len(p.models))
	for i := range tallies {
		tallies[i].columns = make([]int, widths[i])
	}
	row := make([]float64, len(p.Columns))
	n := 0
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		n++
		measureRow(p.models, widths, h, row)
		at := 0
		for i, m := range p.models {
			t := &tallies[i]
			some := false
			for j, x := range row[at : at+widths[i]] {
				if !math.IsNaN(x) {
					t.columns[j]++
					some = true
				}
			}
			at += widths[i]
			if w, ok := m.(Witness); ok {
				k := w.Evidence(h)
				if some = k > 0; some {
					t.evidence.Add(float64(k))
				}
			}
			if some {
				t.seen++
			}
		}
	}
	out := make([]BlockCoverage, len(tallies))
	at := 0
	for i, t := range tallies {
		c := BlockCoverage{Block: p.Extractors[i].Name}
		if n > 0 {
			c.Customers = float64(t.seen) / float64(n)
			if e := t.evidence.Sorted(); len(e) > 0 {
				c.Evidence = Quantile(e, 0.5)
			}
			for j, k := range t.columns {
				c.Columns = append(c.Columns, ColumnCoverage{p.Columns[at+j].Name, float64(k) / float64(n)})
			}
		}
		at += widths[i]
		out[i] = c
	}
	return out, nil
}
