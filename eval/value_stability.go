package eval

import (
	"context"
	"fmt"
	"math"
)

var _ = register(&Metric{
	Name: "value_stability",
	Doc: `Stability of each segment by what customers are worth
As stability, but rows count by their worth (the revenue of the window): |C∩D| and |C∪D|
are sums of it. A segment that keeps its many small customers and loses its few large ones
is stable there and unstable here. Random groups are of as many customers, not of as much
worth. Undefined where it is not known what a customer is worth.
` + stabilityDoc,
	Refs:    []Ref{hennig, hennigDissolution},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedRefit,
	New:     func() Measure { return &ValueStability{Stability: *NewStability()} },
})

// ValueStability is Stability with rows that count by Input.Worth. It clusters the same
// resamples.
type ValueStability struct{ Stability }

// Score implements Measure.
func (o *ValueStability) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "value stability"
	if reason := worthLacks(name, in); reason != "" {
		return Score{Reason: reason}, ctx.Err()
	}
	r, err := o.run(ctx, name, in, in.Worth)
	if err != nil || r.reason != "" {
		return Score{Reason: r.reason}, err
	}
	return r.score(), nil
}

// Segments is Stability.Segments with rows that count by their worth.
func (o *ValueStability) Segments(ctx context.Context, in *Input) (segments []SegmentStability, reason string, err error) {
	const name = "value stability"
	if reason := worthLacks(name, in); reason != "" {
		return nil, reason, ctx.Err()
	}
	r, err := o.run(ctx, name, in, in.Worth)
	return r.segments, r.reason, err
}

// worthLacks says what is wrong with what rows are worth; "" = nothing.
func worthLacks(name string, in *Input) string {
	if in.C == nil || len(in.C.Labels) < 2 {
		return name + " needs at least 2 rows"
	}
	if in.Worth == nil {
		return name + " needs what each customer is worth; nobody said"
	}
	if len(in.Worth) != len(in.C.Labels) {
		panic("eval: worth and labels differ in number")
	}
	for i, w := range in.Worth {
		if !(w >= 0) || math.IsInf(w, 1) {
			return fmt.Sprintf("%s: row %d is worth %v; no less than 0 and finite", name, i, w)
		}
	}
	return ""
}
