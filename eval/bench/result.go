package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
)

// Question is how a benchmark's rows are to be judged.
type Question struct {
	Metric    *eval.Metric
	Alpha     float64
	PostHoc   string    // Nemenyi or WilcoxonHolm
	Published Published // nil = not asked for
	// Contenders that ran, for what the rows do not say of them; nil = not known.
	Contenders []Contender
}

// Result is what a benchmark says.
type Result struct {
	Question
	Rows     []Row
	Table    *Table
	Ranking  *Ranking
	Expenses []Expense
	Slopes   []Slope
	Beside   []Beside
}

// Conclude judges rows, those of Run or of ReadRows.
func Conclude(ctx context.Context, rows []Row, q Question) (*Result, error) {
	r := &Result{Question: q, Rows: rows, Table: Fold(rows, q.Metric.Range.Better), Slopes: Slopes(rows)}
	var err error
	if r.Ranking, err = Rank(ctx, r.Table, q.Alpha, q.PostHoc); err != nil {
		return nil, err
	}
	if r.Expenses, err = Expenses(rows, r.Ranking, q.Metric.Name, q.Metric.Range.Better); err != nil {
		return nil, err
	}
	if q.Published != nil {
		r.Beside = q.Published.Compare(r.Table, q.Contenders, q.Metric.Name)
	}
	return r, nil
}

// suites lists the table's suites in the order in which they ran.
func (r *Result) suites() (out []string) {
	for _, s := range r.Table.Suites {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// seeds counts the seeds that ran.
func (r *Result) seeds() int {
	var seeds []uint64
	for _, row := range r.Rows {
		if !slices.Contains(seeds, row.Seed) {
			seeds = append(seeds, row.Seed)
		}
	}
	return len(seeds)
}

// Failed lists the contenders that have no score on some set: on which, and the first
// reason. What was not run for want of time is not among them.
func (r *Result) Failed() []LeftOut {
	var out []LeftOut
	for _, c := range r.names() {
		var sets []string
		var first string
		for _, row := range r.Rows {
			if row.Contender != c || row.Score != nil || row.Ladder && strings.HasPrefix(row.Reason, "not run: ") || strings.HasSuffix(row.Reason, timeOver) || slices.Contains(sets, row.Set) {
				continue
			}
			first = cmp.Or(first, row.Reason)
			sets = append(sets, row.Set)
		}
		if len(sets) > 0 {
			out = append(out, LeftOut{Name: c, Reason: fmt.Sprintf("no score on %s (%s): %s", plural(len(sets), "data set"), few(sets, 4), first)})
		}
	}
	return out
}

// names lists the contenders in the order in which they ran.
func (r *Result) names() (out []string) {
	for _, row := range r.Rows {
		if !slices.Contains(out, row.Contender) {
			out = append(out, row.Contender)
		}
	}
	return out
}

// rowOf returns a contender's first row, which says how it competes.
func (r *Result) rowOf(contender string) Row {
	i := slices.IndexFunc(r.Rows, func(x Row) bool { return x.Contender == contender })
	if i < 0 {
		return Row{}
	}
	return r.Rows[i]
}
