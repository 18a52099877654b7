package report

import (
	"fmt"
	"math"

	"github.com/mores-lab/mores/eval"
)

const (
	// profileColumns is how many segments stand beside each other in a table of the
	// profile: what an A4 page holds.
	profileColumns = 8
	// farDifference marks a standardised difference as large (Cohen J (1988),
	// Statistical Power Analysis for the Behavioral Sciences, p. 40).
	farDifference = 0.8
)

// profileTables shows every segment's mean of every feature in the feature's own
// unit.
func (b *builder) profileTables() []*Table {
	p := b.profile
	var out []*Table
	k := len(p.Segments)
	for from := 0; from < k; from += profileColumns {
		to := min(k, from+profileColumns)
		t := &Table{Name: "profile", Title: "Mean of each feature by segment"}
		if k > profileColumns {
			t.Name = fmt.Sprintf("profile_%d_%d", from+1, to)
			t.Title += fmt.Sprintf(", segments %d to %d", from+1, to)
		}
		t.Title += fmt.Sprintf(" (↑ ↓: standardised difference of %.1f or more)", farDifference)
		t.Cols = []Col{{Name: "feature", Key: "feature", Text: true, Doc: "in its own unit"}, {Name: "unit", Key: "unit", Text: true}}
		for s := from; s < to; s++ {
			t.Cols = append(t.Cols, Col{Name: fmt.Sprint(s + 1), Key: fmt.Sprintf("segment_%d", s+1), Doc: b.cards[s].Name})
		}
		if p.Noise != nil {
			t.Cols = append(t.Cols, Col{Name: "unassigned", Key: "unassigned"})
		}
		t.Cols = append(t.Cols, Col{Name: "all", Key: "overall", Doc: "all clustered customers"})
		for j, c := range p.Cols {
			unit := c.Unit
			if c.Unit == "money" {
				unit = b.data.Currency
			}
			row := Row{Cells: []Cell{word(c.Name), word(unit)}}
			add := func(x eval.Cell, mark bool) {
				if math.IsNaN(x.Mean) || math.IsInf(x.Mean, 0) {
					row.Cells = append(row.Cells, t.missing(x.Reason))
					return
				}
				cell := Cell{Text: b.amount(x.Mean, j), Exact: exact(x.Mean)}
				switch {
				case mark && x.SMD >= farDifference:
					cell.Mark = "↑"
				case mark && x.SMD <= -farDifference:
					cell.Mark = "↓"
				}
				row.Cells = append(row.Cells, cell)
			}
			for s := from; s < to; s++ {
				add(p.Segments[s][j], true)
			}
			if p.Noise != nil {
				add(p.Noise[j], false)
			}
			add(p.Overall[j], false)
			t.Rows = append(t.Rows, row)
		}
		out = append(out, t)
	}
	return out
}

// amount prints a mean of column j without its unit, which has its own column.
func (b *builder) amount(x float64, j int) string {
	c := b.profile.Cols[j]
	if c.Unit != "money" {
		c.Unit = ""
	}
	return quantity(x, c, b.data.Currency)
}
