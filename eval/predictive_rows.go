package eval

import (
	"fmt"
	"slices"
	"strings"
)

// Header names the columns of Rows.
func (r *Ranking) Header() []string {
	return []string{"#", "behaviour", "block", r.Measure, r.level(), "more of it", "nats", "importance", "q", "known", ""}
}

func (r *Ranking) level() string { return fmt.Sprintf("%.4g %%", 100*r.Options.Level) }

// Rows writes the top columns (0 = all) for people, one text a cell, in the order of
// Header: "1=" is a column that is tied with the first, "says nothing" one that lies at
// chance for certain, "q > 0.05" one that chance may explain.
func (r *Ranking) Rows(top int) [][]string {
	var out [][]string
	for i, c := range r.Columns {
		if top > 0 && i == top {
			break
		}
		out = append(out, r.row(c))
	}
	return out
}

// Least returns the columns that lie at chance for certain, the nearest to it first.
func (r *Ranking) Least() []RankedColumn {
	var out []RankedColumn
	for i := len(r.Columns) - 1; i >= 0; i-- {
		if r.Columns[i].Least {
			out = append(out, r.Columns[i])
		}
	}
	return out
}

func (r *Ranking) row(c RankedColumn) []string {
	importance := "-"
	if c.Importance != nil {
		importance = fmt.Sprintf("%+.4f (%+.4f to %+.4f)", c.Importance.Value, c.Importance.Lo, c.Importance.Hi)
	}
	note := ""
	switch {
	case c.Least:
		note = "says nothing"
	case c.Q > 0.05:
		note = "chance may explain it"
	}
	return []string{
		place(c.Place, c.Tied, r.ties()), c.Column.Name, c.Column.Block,
		fmt.Sprintf("%.4f", c.Score.Value), fmt.Sprintf("%.4f to %.4f", c.Score.Lo, c.Score.Hi), r.direction(c),
		fmt.Sprintf("%.4f", max(c.Mutual.Value, 0)), importance, fmt.Sprintf("%.2g", c.Q), fmt.Sprintf("%.0f %%", 100*c.Coverage), note,
	}
}

// ties reports whether any column is tied with the first.
func (r *Ranking) ties() bool { return len(r.Columns) > 1 && r.tied() > 1 }

// tied counts the first and those tied with it.
func (r *Ranking) tied() int {
	n := 0
	for _, c := range r.Columns {
		if c.Tied {
			n++
		}
	}
	return n
}

// place writes 1= for what is tied with the first.
func place(n int, tied, ties bool) string {
	if tied && ties {
		return "1="
	}
	return fmt.Sprint(n)
}

// direction says what more of the column goes with.
func (r *Ranking) direction(c RankedColumn) string {
	up := c.Score.Value > 0.5
	more, less := "more likely", "less likely"
	switch r.Measure {
	case measureEta:
		return "-"
	case measureRho:
		up = c.Score.Value > 0
		if more, less = "more", "less"; r.Kind == OutcomeTime {
			more, less = "later", "sooner"
		}
	}
	if up {
		return more
	}
	return less
}

// Sentences say what the ranking found, for people.
func (r *Ranking) Sentences() []string {
	out := []string{r.title()}
	if len(r.Columns) == 0 {
		return append(out, "No behaviour could be ranked.")
	}
	first := r.Columns[0]
	if !slices.ContainsFunc(r.Columns, func(c RankedColumn) bool { return c.Q <= 0.05 }) {
		return append(out, fmt.Sprintf("Chance may explain all that the %d behaviours seem to tell: no q is 0.05 or less.", len(r.Columns)))
	}
	s := fmt.Sprintf("Most predictive: %s (%s %.4f, %s from %.4f to %.4f).", first.Column.Name, r.Measure, first.Score.Value, r.level(), first.Score.Lo, first.Score.Hi)
	var tied []string
	for _, c := range r.Columns[1:] {
		if c.Tied {
			tied = append(tied, c.Column.Name)
		}
	}
	if len(tied) > 0 {
		s += fmt.Sprintf(" %s tied with it: the difference may be 0.", someOf(tied))
	}
	out = append(out, s)
	if least := r.Least(); len(least) > 0 {
		var names []string
		for _, c := range least[:min(len(least), 5)] {
			names = append(names, c.Column.Name)
		}
		out = append(out, fmt.Sprintf("Least predictive, at chance for certain: %d of %d, as %s.", len(least), len(r.Columns), strings.Join(names, ", ")))
	} else {
		out = append(out, "Of no behaviour is it certain that it says nothing.")
	}
	switch m := r.Model; {
	case m.Reason != "":
		out = append(out, "No importances: "+m.Reason+".")
	default:
		s := fmt.Sprintf("All together (%s, learned on %d customers, tried on %d others): D² %.4f.", m.Name, m.Train, m.HeldOut, m.D2)
		if len(r.Blocks) > 1 {
			s += fmt.Sprintf(" The block it would miss most: %s (%+.4f).", r.Blocks[0].Name, r.Blocks[0].Importance.Value)
		}
		out = append(out, s)
	}
	return out
}

func (r *Ranking) title() string {
	s := fmt.Sprintf("%s: %d of %d customers have an outcome", r.Doc, r.Defined, r.Customers)
	switch r.Kind {
	case OutcomeBinary:
		s += fmt.Sprintf(", %.1f %% of them yes", 100*r.Rate)
	case OutcomeCategory:
		s += fmt.Sprintf(", the commonest %.1f %%", 100*r.Rate)
	default:
		s += fmt.Sprintf(", mean %.4g", r.Rate)
	}
	return s + "."
}

// BlockHeader names the columns of BlockRows.
func (r *Ranking) BlockHeader() []string {
	return []string{"#", "block", "columns", "importance", r.level(), "strongest"}
}

// BlockRows writes the blocks for people, in the order of BlockHeader.
func (r *Ranking) BlockRows() [][]string {
	ties := len(r.Blocks) > 1 && r.Blocks[1].Tied
	var out [][]string
	for _, b := range r.Blocks {
		out = append(out, []string{
			place(b.Place, b.Tied, ties), b.Name, fmt.Sprint(b.Columns), fmt.Sprintf("%+.4f", b.Importance.Value),
			fmt.Sprintf("%+.4f to %+.4f", b.Importance.Lo, b.Importance.Hi), b.Best,
		})
	}
	return out
}
