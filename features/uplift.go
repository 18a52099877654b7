package features

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Proportions compares two independent proportions: p₁ = k₁/n₁ and p₀ = k₀/n₀.
type Proportions struct {
	Difference float64 `json:"difference"` // p₁ − p₀
	Lo         float64 `json:"lo"`         // Newcombe's interval of it
	Hi         float64 `json:"hi"`
	Z          float64 `json:"z"` // of equality, with the pooled variance; NaN where nobody or everybody responds
	P          float64 `json:"p"` // two-sided, from the normal distribution
}

// TwoProportions tests whether k₁ of n₁ and k₀ of n₀ have one probability behind them:
//
//	z = (p₁ − p₀)/√(p(1 − p)(1/n₁ + 1/n₀)),  p = (k₁ + k₀)/(n₁ + n₀)
//
// The interval of the difference joins the two Wilson intervals (Newcombe's method
// 10), which holds its level for rare responses too. It panics unless 0 ≤ k ≤ n, n > 0.
// Newcombe 1998, Statistics in Medicine 17, pp. 873–890,
// doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
func TwoProportions(k1, n1, k0, n0 int, level float64) Proportions {
	if k1 < 0 || k0 < 0 || k1 > n1 || k0 > n0 || n1 < 1 || n0 < 1 {
		panic("features: TwoProportions needs 0 ≤ k ≤ n and n > 0")
	}
	a, b := float64(n1), float64(n0)
	p1, p0 := float64(k1)/a, float64(k0)/b
	p := float64(k1+k0) / (a + b)
	out := Proportions{Difference: p1 - p0}
	out.Z = out.Difference / math.Sqrt(p*(1-p)*(1/a+1/b))
	out.P = normalTails(out.Z)
	l1, u1 := Wilson(k1, n1, level)
	l0, u0 := Wilson(k0, n0, level)
	out.Lo = out.Difference - math.Hypot(p1-l1, u0-p0)
	out.Hi = out.Difference + math.Hypot(u1-p1, p0-l0)
	return out
}

// normalTails returns the two-sided p-value of a standard normal z.
func normalTails(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// SegmentUplift is what a treatment changed in one segment, against its control group.
type SegmentUplift struct {
	Segment  string  `json:"segment"`
	Treated  int     `json:"treated"`
	Control  int     `json:"control"`
	Response float64 `json:"response"` // mean outcome of the treated
	Baseline float64 `json:"baseline"` // of the control group
	Uplift   float64 `json:"uplift"`   // response − baseline
	Lo       float64 `json:"lo"`       // interval of the uplift
	Hi       float64 `json:"hi"`
	Z        float64 `json:"z"`
	P        float64 `json:"p"` // two-sided
	Q        float64 `json:"q"` // P adjusted over the segments (BenjaminiHochberg)
	// Reason says why the rest is NaN: a segment without treated or without controls.
	Reason string `json:"reason,omitempty"`
}

// UpliftTable is the uplift of everybody and by segment.
type UpliftTable struct {
	All      SegmentUplift   `json:"all"`
	Segments []SegmentUplift `json:"segments"` // by name
	// Binary: outcomes are 0 and 1, and the tests are TwoProportions. Otherwise they
	// are Welch's, with the normal distribution: z = (ȳ₁ − ȳ₀)/√(s₁²/n₁ + s₀²/n₀).
	Binary bool    `json:"binary"`
	Level  float64 `json:"level"` // of the intervals
}

// UpliftBySegment estimates E[y | treated] − E[y | control] for everybody and within
// each segment, with tests and intervals. The segments must have been formed before
// the treatment, from what is known of both groups alike, and who was treated must
// have been drawn by lot (within segments, or overall): otherwise this is a difference
// in response, not an effect. A log without a control group has responses only.
//
// segments may be nil: All alone is estimated. level = 0 is 0.95. It is an error if the
// lengths differ, an outcome is not finite, or there is no control group at all.
// Cost: O(n + segments·log segments).
func UpliftBySegment(segments []string, treated []bool, y []float64, level float64) (UpliftTable, error) {
	if level == 0 {
		level = 0.95
	}
	out := UpliftTable{Binary: true, Level: level}
	switch {
	case len(treated) != len(y):
		return out, fmt.Errorf("%d customers are treated or not, and %d have an outcome", len(treated), len(y))
	case segments != nil && len(segments) != len(y):
		return out, fmt.Errorf("%d customers have a segment, and %d an outcome", len(segments), len(y))
	case !(level > 0 && level < 1):
		return out, fmt.Errorf("level = %g: between 0 and 1", level)
	case !slices.Contains(treated, false):
		return out, fmt.Errorf("all %d customers are treated: without a control group there is a response, but no effect to tell", len(y))
	case !slices.Contains(treated, true):
		return out, fmt.Errorf("none of the %d customers is treated", len(y))
	}
	for i, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return out, fmt.Errorf("the outcome of customer %d is %g: leave the customer out, or count what is known", i, v)
		}
		out.Binary = out.Binary && (v == 0 || v == 1)
	}
	arms := map[string]*[2]upliftArm{}
	var all [2]upliftArm
	for i, v := range y {
		arm := 0
		if treated[i] {
			arm = 1
		}
		all[arm].add(v)
		if segments != nil {
			s := arms[segments[i]]
			if s == nil {
				s = new([2]upliftArm)
				arms[segments[i]] = s
			}
			s[arm].add(v)
		}
	}
	out.All = upliftOf("", &all, out.Binary, level)
	out.All.Q = out.All.P
	for name, a := range arms {
		out.Segments = append(out.Segments, upliftOf(name, a, out.Binary, level))
	}
	slices.SortFunc(out.Segments, func(a, b SegmentUplift) int {
		if a.Segment < b.Segment {
			return -1
		}
		return 1
	})
	p := make([]float64, len(out.Segments))
	for i, s := range out.Segments {
		p[i] = s.P
	}
	for i, q := range BenjaminiHochberg(p) {
		out.Segments[i].Q = q
	}
	return out, nil
}

// upliftArm sums one group's outcomes; mean and m2 by Welford's recurrence, which
// does not cancel.
type upliftArm struct {
	n, ones  int
	mean, m2 float64
}

func (a *upliftArm) add(y float64) {
	a.n++
	if y == 1 {
		a.ones++
	}
	d := y - a.mean
	a.mean += d / float64(a.n)
	a.m2 += d * (y - a.mean)
}

func upliftOf(name string, arms *[2]upliftArm, binary bool, level float64) SegmentUplift {
	c, t := arms[0], arms[1]
	nan := math.NaN()
	out := SegmentUplift{
		Segment: name, Treated: t.n, Control: c.n,
		Response: nan, Baseline: nan, Uplift: nan, Lo: nan, Hi: nan, Z: nan, P: nan, Q: nan,
	}
	if t.n > 0 {
		out.Response = t.mean
	}
	if c.n > 0 {
		out.Baseline = c.mean
	}
	switch {
	case t.n == 0:
		out.Reason = "nobody of the segment was treated"
		return out
	case c.n == 0:
		out.Reason = "the segment has no control group"
		return out
	case binary:
		p := TwoProportions(t.ones, t.n, c.ones, c.n, level)
		out.Response, out.Baseline = float64(t.ones)/float64(t.n), float64(c.ones)/float64(c.n)
		out.Uplift, out.Lo, out.Hi, out.Z, out.P = p.Difference, p.Lo, p.Hi, p.Z, p.P
		return out
	}
	out.Uplift = t.mean - c.mean
	if t.n < 2 || c.n < 2 {
		out.Reason = "one customer has no variance: no test"
		return out
	}
	se := math.Sqrt(t.m2/float64(t.n-1)/float64(t.n) + c.m2/float64(c.n-1)/float64(c.n))
	half := distuv.UnitNormal.Quantile((1+level)/2) * se
	out.Lo, out.Hi, out.Z = out.Uplift-half, out.Uplift+half, out.Uplift/se
	out.P = normalTails(out.Z)
	return out
}

// The four types of response to a treatment. They are groups of estimates: nobody is
// ever seen both treated and not.
const (
	Persuadable = "persuadable"  // responds because treated
	SureThing   = "sure thing"   // responds anyway
	LostCause   = "lost cause"   // does not respond anyway
	SleepingDog = "sleeping dog" // is driven off by the treatment
	Undecided   = "undecided"    // the data do not tell
)

// Type names the segment's kind: persuadable or sleeping dog where the uplift is not
// 0 at the false discovery rate fdr; sure thing or lost cause where the interval says
// that the uplift is smaller than margin either way, and the baseline is at least, or
// below, everybody's; otherwise undecided. Not significant is not the same as none.
func (t *UpliftTable) Type(s SegmentUplift, fdr, margin float64) string {
	switch {
	case s.Q <= fdr && s.Uplift > 0:
		return Persuadable
	case s.Q <= fdr && s.Uplift < 0:
		return SleepingDog
	case s.Lo > -margin && s.Hi < margin && s.Baseline >= t.All.Baseline:
		return SureThing
	case s.Lo > -margin && s.Hi < margin:
		return LostCause
	}
	return Undecided
}
