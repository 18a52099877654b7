package eval

import (
	"context"
	"fmt"
	"strings"
)

const stabilityDoc = `J(C) = (1/B) Σ_b max_D |C∩D|/|C∪D|: the data are drawn again B times (half of the rows
without replacement), everything is learned again, and each segment C is matched with the
refitted segment D that is most like it, on the rows that were drawn. The value is the mean
over segments, each counting the same; PerSegment has them one by one.
A large segment is matched well by anything. What a random group of C's size would reach
under the same matching is drawn too, J₀, and the reading is that of (J − J₀)/(1 − J₀):
stable from 0.75, doubtful from 0.6, else unstable (Hennig's limits for J, who has no J₀),
and unstable where J is no higher than 95 % of the random groups'. Warnings name the
segments that are not stable. A segment is dissolved in a refit where its J is at most 0.5
and recovered where it is at least 0.75.
The interval is that of B, not of the customers: more refits narrow it.
Noise is no segment on either side; rows of a segment that become noise are lost to it.`

var hennig = Ref{
	Authors: "C. Hennig", Title: "Cluster-wise assessment of cluster stability",
	Venue: "Computational Statistics & Data Analysis 52(1), 258-271", Year: 2007, DOI: "10.1016/j.csda.2006.11.025",
}

var hennigDissolution = Ref{
	Authors: "C. Hennig", Title: "Dissolution point and isolation robustness: robustness criteria for general cluster analysis methods",
	Venue: "Journal of Multivariate Analysis 99(6), 1154-1176", Year: 2008, DOI: "10.1016/j.jmva.2007.07.002",
}

var _ = register(&Metric{
	Name:    "stability",
	Aliases: []string{"bootstrap_jaccard", "clusterboot"},
	Doc:     "Stability of each segment: how much of it is found again in other samples of the customers\n" + stabilityDoc,
	Refs:    []Ref{hennig, hennigDissolution},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedRefit,
	New:     func() Measure { return NewStability() },
})

// Stability is each segment's mean Jaccard coefficient over refits. The seed decides
// which rows are drawn and which groups are random, each from a stream of its own;
// workers affect nothing. Cost b refits, O(b·n) for the coefficients and O(draws·b·n)
// for the random groups; 4·b·n bytes.
type Stability struct {
	Method string  `json:"method"` // subsample or bootstrap
	Share  float64 `json:"share"`  // of the rows in a subsample
	B      int     `json:"b"`      // refits, at least 2
	Draws  int     `json:"draws"`  // random groups behind J₀, at least 20
}

// NewStability returns the defaults: 50 subsamples of half of the rows, 200 random groups.
func NewStability() *Stability {
	return &Stability{Method: Subsample, Share: refitShare, B: refitB, Draws: 200}
}

// Score implements Measure.
func (o *Stability) Score(ctx context.Context, in *Input) (Score, error) {
	s, _, err := o.Look(ctx, in)
	return s, err
}

// Segments returns what there is to say of each segment, in the order of the labels, or
// why nothing can be said.
func (o *Stability) Segments(ctx context.Context, in *Input) (segments []SegmentStability, reason string, err error) {
	s, segments, err := o.Look(ctx, in)
	return segments, s.Reason, err
}

// Look returns Score and Segments of one pass.
func (o *Stability) Look(ctx context.Context, in *Input) (Score, []SegmentStability, error) {
	r, err := o.run(ctx, "stability", in, nil)
	if err != nil || r.reason != "" {
		return Score{Reason: r.reason}, nil, err
	}
	return r.score(), r.segments, nil
}

// score is the segments in a number.
func (r *stabilityRun) score() Score {
	out := Score{Warnings: r.warnings}
	shaky := map[StabilityReading][]string{}
	for s, g := range r.segments {
		out.PerSegment = append(out.PerSegment, g.Jaccard)
		out.Value += g.Jaccard / float64(len(r.segments))
		shaky[g.Reading] = append(shaky[g.Reading], fmt.Sprint(s+1))
	}
	out.Lo, out.Hi = refitInterval(out.Value, r.means, 0, 1)
	for _, reading := range []StabilityReading{Unstable, Doubtful} {
		if list := shaky[reading]; len(list) > 0 {
			out.Warnings = append(out.Warnings, fmt.Sprintf("%s: segment %s", reading, strings.Join(list, ", ")))
		}
	}
	if r.noise {
		out.Noise = Exclude
	}
	return out
}

// run draws, refits and matches.
func (o *Stability) run(ctx context.Context, name string, in *Input, worth []float64) (r stabilityRun, err error) {
	how := resampling{method: o.Method, share: o.Share, b: o.B, stream: refitSampleStream}
	if r.reason = refitLacks(name, in); r.reason != "" {
		return r, ctx.Err()
	}
	switch wrong := how.check(); {
	case wrong != "":
		r.reason = name + ": " + wrong
	case o.Draws < 20:
		r.reason = fmt.Sprintf("%s: draws is at least 20, not %d", name, o.Draws)
	}
	label, counts := dense(in.C.Labels)
	if len(counts) < 2 && r.reason == "" {
		r.reason = fmt.Sprintf("%s needs at least 2 segments; this run has %d", name, len(counts))
	}
	if r.reason != "" {
		return r, ctx.Err()
	}
	again, err := newRefits(ctx, in, how, false)
	if err != nil {
		return r, err
	}
	if r.reason, r.warnings = again.reason, again.warnings; r.reason != "" {
		r.reason = name + ": " + r.reason
		return r, nil
	}
	r.set(label, counts, worth)
	if err := r.match(ctx, again.fits, workersOf(in)); err != nil || r.reason != "" {
		return r, err
	}
	return r, r.null(ctx, again.fits, o.Draws, in.Seed, workersOf(in))
}
