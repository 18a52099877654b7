package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// ColumnShift says how far a column's distribution moved from one matrix to another.
type ColumnShift struct {
	Name  string `json:"name"`
	Block string `json:"block"`
	// PSI is the population stability index Σ (qᵢ − pᵢ) ln(qᵢ/pᵢ) over tenths of the
	// first matrix and one bin for missing values, shares smoothed by half a customer.
	// Below .1 nothing much moved, above .25 much did: a rule of thumb of credit scoring.
	PSI float64 `json:"psi"`
	// KS is the largest distance of the two distribution functions, missing values left
	// out, and P its asymptotic p-value (Kolmogorov), which errs to the safe side where
	// values are tied.
	KS float64 `json:"ks"`
	P  float64 `json:"p"`
	// Before and After are the medians.
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

// Shifts compares the columns of two matrices of one pipeline, say the same months a
// year apart, in the order of the columns. Cost: O(n log n) a column.
//
// Source of PSI: Siddiqi, Credit Risk Scorecards, Wiley 2006, ch. 10.
func Shifts(before, after *Matrix) ([]ColumnShift, error) {
	if len(before.Cols) != len(after.Cols) {
		return nil, fmt.Errorf("%d columns before and %d after: measure both with one pipeline", len(before.Cols), len(after.Cols))
	}
	var out []ColumnShift
	for j, c := range before.Cols {
		if c.Name != after.Cols[j].Name {
			return nil, fmt.Errorf("column %d is %s before and %s after: measure both with one pipeline", j+1, c.Name, after.Cols[j].Name)
		}
		a, lostA := shiftColumn(before, j)
		b, lostB := shiftColumn(after, j)
		s := ColumnShift{Name: c.Name, Block: c.Block, Before: Quantile(a, 0.5), After: Quantile(b, 0.5)}
		s.PSI = shiftPSI(a, b, lostA, lostB)
		s.KS, s.P = kolmogorov(a, b)
		out = append(out, s)
	}
	return out, nil
}

// shiftColumn returns a column's values in ascending order, and how many miss.
func shiftColumn(m *Matrix, j int) (xs []float64, missing int) {
	n, _ := m.Dims()
	for i := range n {
		if x := m.Row(i)[j]; math.IsNaN(x) {
			missing++
		} else {
			xs = append(xs, x)
		}
	}
	slices.Sort(xs)
	return xs, missing
}

func shiftPSI(a, b []float64, lostA, lostB int) float64 {
	const bins = 10
	var edges []float64
	for i := 1; i < bins; i++ {
		if e := Quantile(a, float64(i)/bins); len(edges) == 0 && !math.IsNaN(e) || len(edges) > 0 && e > edges[len(edges)-1] {
			edges = append(edges, e)
		}
	}
	counts := func(xs []float64, lost int) []float64 {
		out := make([]float64, len(edges)+2)
		at := 0
		for i, e := range edges {
			for at < len(xs) && xs[at] <= e {
				at++
				out[i]++
			}
		}
		out[len(edges)] = float64(len(xs) - at)
		out[len(edges)+1] = float64(lost)
		return out
	}
	p, q := counts(a, lostA), counts(b, lostB)
	na, nb := float64(len(a)+lostA), float64(len(b)+lostB)
	var sum float64
	for i := range p {
		if p[i] == 0 && q[i] == 0 {
			continue // a bin that nobody is in, in either
		}
		x, y := (p[i]+0.5)/(na+0.5), (q[i]+0.5)/(nb+0.5)
		sum += (y - x) * math.Log(y/x)
	}
	return sum
}

// kolmogorov returns the two-sample statistic of ascending samples and its
// asymptotic p-value, Q(√(nm/(n+m)) D); NaN where a sample is empty.
func kolmogorov(a, b []float64) (d, p float64) {
	if len(a) == 0 || len(b) == 0 {
		return math.NaN(), math.NaN()
	}
	n, m := float64(len(a)), float64(len(b))
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		x := min(a[i], b[j])
		for i < len(a) && a[i] <= x {
			i++
		}
		for j < len(b) && b[j] <= x {
			j++
		}
		d = max(d, math.Abs(float64(i)/n-float64(j)/m))
	}
	l := math.Sqrt(n*m/(n+m)) * d
	if l < 0.2 {
		return d, 1 // the series has not begun to fall
	}
	for k := 1.0; k < 100; k++ {
		t := 2 * math.Exp(-2*k*k*l*l)
		if t < 1e-17 {
			break
		}
		if int(k)%2 == 0 {
			t = -t
		}
		p += t
	}
	return d, min(max(p, 0), 1)
}

// BlockShift is how far a block's columns moved, or why that cannot be said.
type BlockShift struct {
	Block   string        `json:"block"`
	Reason  string        `json:"reason,omitempty"` // "" = Columns tell
	Columns []ColumnShift `json:"columns,omitempty"`
}

// ShiftReport learns each block of a recipe on the first half of a log's window,
// measures both halves with it, and compares the customers who have enough evidence
// in either. Blocks that measure time since the first purchase move by nature: nobody
// is old in a first half. mid is where the halves meet, a local midnight.
//
// Cost: two passes over each half a block.
func ShiftReport(ctx context.Context, log *datasets.Log, r Recipe, workers int) (out []BlockShift, mid time.Time, err error) {
	w := log.Meta.Window
	at := w.From.Add(w.To.Sub(w.From) / 2)
	zone := log.Meta.Zone
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := at.In(zone).Date()
	mid = time.Date(y, m, d, 0, 0, 0, 0, zone)
	first, second := log.Between(w.From, mid), log.Between(mid, w.To)
	for _, s := range r.Steps {
		if err := ctx.Err(); err != nil {
			return nil, mid, err
		}
		b := BlockShift{Block: s.Extractor.Name}
		if b.Columns, err = blockShift(ctx, first, second, s, workers); err != nil {
			b.Reason = err.Error()
		}
		out = append(out, b)
	}
	return out, mid, nil
}

func blockShift(ctx context.Context, first, second *datasets.Log, s Step, workers int) ([]ColumnShift, error) {
	if len(s.Extractor.After) > 0 {
		return nil, fmt.Errorf("it reads the model of %v", s.Extractor.After)
	}
	b, err := Build(ctx, first, Recipe{Name: s.Extractor.Name, Steps: []Step{s}}, 0, workers)
	if err != nil {
		return nil, err
	}
	after := &Matrix{Cols: b.Raw.Cols}
	for h, err := range second.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		if len(h.Occasions()) < s.Extractor.Minimum {
			continue
		}
		row, err := b.Pipeline.Measure(h)
		if err != nil {
			return nil, err
		}
		after.data = append(after.data, row...)
		after.n++
	}
	if n, _ := b.Raw.Dims(); n == 0 || after.n == 0 {
		return nil, fmt.Errorf("no customer has the evidence in both halves of the window")
	}
	return Shifts(b.Raw, after)
}
