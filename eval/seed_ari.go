package eval

import "context"

var _ = register(&Metric{
	Name: "seed_ari",
	Doc: `Agreement of seeds: the adjusted Rand index between clusterings of the same rows
(2/(B(B−1))) Σ_{a<b} ARI(a, b) over B refits of all rows that differ in the seed only. 1 = the
seed changes nothing, as with methods that draw nothing; below it the method stops at
different optima, and a single run is one of several answers.
` + resampleARIDoc,
	Refs:    []Ref{hubertArabie},
	Version: 1,
	Range:   Range{Lo: -0.5, Hi: 1, Better: +1},
	Needs:   NeedRefit,
	New:     func() Measure { return &SeedARI{B: 10} },
})

// SeedARI is the mean adjusted Rand index over pairs of seeds. Workers affect nothing.
// Cost b refits and O(b²·n); 4·b·n bytes.
type SeedARI struct {
	B int `json:"b"` // seeds, at least 2
}

// Score implements Measure.
func (o *SeedARI) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "seed ARI"
	if reason := refitLacks(name, in); reason != "" {
		return Score{Reason: reason}, ctx.Err()
	}
	how := resampling{method: Bootstrap, b: o.B, stream: refitSeedStream}
	if wrong := how.check(); wrong != "" {
		return Undefined("%s: %s", name, wrong), ctx.Err()
	}
	again, err := newRefits(ctx, in, how, true)
	if err != nil {
		return Score{}, err
	}
	return refitAgreement(ctx, name, in, again)
}
