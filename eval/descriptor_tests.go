package eval

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// DescriptorTest says whether segments differ in something that they were not made of.
type DescriptorTest struct {
	Name      string  `json:"name"`
	Unit      string  `json:"unit,omitempty"`
	Test      string  `json:"test"`    // chi-square or kruskal-wallis
	Known     int     `json:"known"`   // customers with a segment and a value
	Missing   int     `json:"missing"` // customers with a segment and none
	Statistic float64 `json:"statistic"`
	DF        int     `json:"df"`
	P         float64 `json:"p"`
	Q         float64 `json:"q"` // P adjusted over all tests made (features.BenjaminiHochberg)
	// Effect is Bergsma's corrected Cramér's V of a category, ε² of a number, both in
	// [0, 1]; where nothing depends they are 0 and (K − 1)/(n − 1) on average. Size says
	// it in a word.
	Effect    float64 `json:"effect"`
	Size      string  `json:"size"`
	Protected bool    `json:"protected"`
	// Warning says why P is rough; Reason why there is no test, and then the numbers are
	// not defined.
	Warning string `json:"warning,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// MarshalJSON writes null for what is not defined.
func (t DescriptorTest) MarshalJSON() ([]byte, error) {
	type plain DescriptorTest
	if t.Reason == "" {
		return json.Marshal(plain(t))
	}
	return json.Marshal(struct {
		plain
		Statistic *float64 `json:"statistic"`
		P         *float64 `json:"p"`
		Q         *float64 `json:"q"`
		Effect    *float64 `json:"effect"`
	}{plain: plain(t)})
}

// Significant reports whether the segments differ at a false discovery rate of 5 %.
func (t *DescriptorTest) Significant() bool { return t.Reason == "" && t.Q <= 0.05 }

// DescriptorTests tests for each column of t whether segments differ in it: a χ² test of
// a category (features.NewContingency), that of Kruskal and Wallis of a number,
//
//	H = (12/(n(n+1)) Σ R²_g/n_g − 3(n+1)) / (1 − Σ(t³ − t)/(n³ − n)),  χ² with K − 1 degrees of freedom
//	ε² = H/(n − 1)
//
// with R_g the sum of the segment's ranks, ties at their mean, and t the sizes of ties.
// labels holds a segment 0..K−1 a row, −1 = none: such rows and missing values are left
// out, column by column. Size is negligible, small (ε² ≥ .01, V ≥ .1), medium (.06, .3) or
// large (.14, .5), V's limits divided by √(min(levels, K) − 1).
//
// It is for what had no part in making the segments: descriptors (features.Descriptors),
// or what customers did afterwards (OutcomeTests). In a feature that was clustered,
// segments always differ, in any noise too, and no p-value of theirs means anything; to
// learn segments on one half of the customers and to test the other does not help, since
// those are put into segments by the same features. Profile gives effect sizes for them.
// Strongest first. Cost O(columns·n·ln n). Sources: Kruskal and Wallis 1952, Journal of
// the American Statistical Association 47:583–621, doi:10.1080/01621459.1952.10483441;
// Tomczak and Tomczak 2014, Trends in Sport Sciences 21:19–25 (ε²); Cohen 1988, Statistical Power Analysis for
// the Behavioral Sciences, pp. 224 and 284; Gao, Bien and Witten 2024 on splitting,
// doi:10.1080/01621459.2022.2116331.
func DescriptorTests(t *datasets.Table, labels []int32) ([]DescriptorTest, error) {
	profiles, err := features.DescribeSegments(t, labels)
	if err != nil {
		return nil, err
	}
	var out []DescriptorTest
	for i := range t.Cols {
		c := &t.Cols[i]
		d := DescriptorTest{Name: c.Name, Unit: c.Unit, Test: "chi-square", Protected: features.Protected(c.Name)}
		if c.Num != nil {
			d.kruskal(c.Num, labels)
		} else {
			d.chiSquare(profiles, c, labels)
		}
		out = append(out, d)
	}
	adjustTests(out)
	return out, nil
}

// OutcomeTests tests whether segments foretell what customers did in the hold-out, as
// DescriptorTests does; a time until something is censored for all at the same end, so
// that those who have not done it share the last rank (Gehan's test). ids are those of
// labels. An outcome that the log cannot tell has its Reason.
func OutcomeTests(outcomes []Outcome, ids []string, labels []int32) ([]DescriptorTest, error) {
	if len(ids) != len(labels) {
		return nil, fmt.Errorf("%d ids for %d labels", len(ids), len(labels))
	}
	segment := make(map[string]int32, len(ids))
	for i, id := range ids {
		segment[id] = labels[i]
	}
	var out []DescriptorTest
	for _, o := range outcomes {
		own := make([]int32, len(o.IDs))
		for i, id := range o.IDs {
			own[i] = -1
			if l, ok := segment[id]; ok {
				own[i] = l
			}
		}
		d := DescriptorTest{Name: o.Name, Unit: o.Unit, Reason: o.Reason}
		switch {
		case o.Reason != "":
			d.undefined(o.Reason)
		case o.Kind == OutcomeBinary || o.Kind == OutcomeCategory:
			c := datasets.TableColumn{Name: o.Name}
			for _, v := range o.Values {
				switch {
				case math.IsNaN(v):
					c.Text = append(c.Text, "")
				case o.Kind == OutcomeCategory:
					c.Text = append(c.Text, o.Categories[int(v)])
				default:
					c.Text = append(c.Text, fmt.Sprint(v))
				}
			}
			profiles, err := features.DescribeSegments(&datasets.Table{Name: "outcomes", Keys: o.IDs, Cols: []datasets.TableColumn{c}}, own)
			if err != nil {
				return nil, err
			}
			d.Test = "chi-square"
			d.chiSquare(profiles, &c, own)
		default:
			d.kruskal(o.Values, own)
		}
		out = append(out, d)
	}
	adjustTests(out)
	return out, nil
}

// adjustTests fills Q in and puts the strongest first, those without a test last.
func adjustTests(out []DescriptorTest) {
	p := make([]float64, len(out))
	for i := range out {
		p[i] = out[i].P
	}
	for i, q := range features.BenjaminiHochberg(p) {
		out[i].Q = q
	}
	rank := func(d *DescriptorTest) int { return slices.Index(effectSizes[:], d.Size) }
	slices.SortStableFunc(out, func(a, b DescriptorTest) int {
		return cmp.Or(cmp.Compare(rank(&b), rank(&a)), cmp.Compare(b.Effect, a.Effect))
	})
}

// undefined says why there is no test.
func (d *DescriptorTest) undefined(reason string) {
	u := math.NaN()
	d.Statistic, d.P, d.Q, d.Effect, d.DF, d.Size, d.Reason = u, u, u, u, 0, "", reason
}

// chiSquare takes a category's test from its profile.
func (d *DescriptorTest) chiSquare(profiles []features.DescriptorProfile, c *datasets.TableColumn, labels []int32) {
	at := slices.IndexFunc(profiles, func(p features.DescriptorProfile) bool { return p.Name == c.Name })
	if at < 0 {
		for i, l := range labels {
			switch {
			case l < 0:
			case c.Text[i] == "":
				d.Missing++
			default:
				d.Known++
			}
		}
		d.undefined("it says the same of everybody, something else of each, or is known in one segment only")
		return
	}
	p := profiles[at]
	d.Known, d.Missing = p.Known, p.Missing
	d.Statistic, d.DF, d.P, d.Effect = p.Table.Chi2, p.Table.DF, p.Table.P, p.Table.VCorrected
	filled := make(map[int]bool)
	for _, row := range p.Table.Counts {
		for g, n := range row {
			if n > 0 {
				filled[g] = true
			}
		}
	}
	least := math.Sqrt(float64(min(len(p.Levels), len(filled)) - 1))
	d.Size = effectSize(d.Effect*least, 0.1, 0.3, 0.5)
	if p.Table.Small > 0.2 {
		d.Warning = fmt.Sprintf("%.0f %% of the cells are expected to hold fewer than 5 customers: p is rough", 100*p.Table.Small)
	}
}

// kruskal tests a number.
func (d *DescriptorTest) kruskal(x []float64, labels []int32) {
	d.Test = "kruskal-wallis"
	type value struct {
		x float64
		g int32
	}
	var known []value
	for i, l := range labels {
		switch {
		case l < 0:
		case math.IsNaN(x[i]):
			d.Missing++
		default:
			known = append(known, value{x[i], l})
		}
	}
	d.Known = len(known)
	slices.SortFunc(known, func(a, b value) int { return cmp.Compare(a.x, b.x) })
	n := float64(len(known))
	ranks, sizes := map[int32]float64{}, map[int32]float64{}
	ties, smallest := 0.0, n
	for from := 0; from < len(known); {
		to := from
		for to < len(known) && known[to].x == known[from].x {
			to++
		}
		t := float64(to - from)
		ties += t*t*t - t
		for _, v := range known[from:to] {
			ranks[v.g] += float64(from+to+1) / 2
			sizes[v.g]++
		}
		from = to
	}
	switch {
	case len(sizes) < 2:
		d.undefined("it is known in fewer than two segments")
		return
	case ties == n*n*n-n:
		d.undefined("everybody has the same value")
		return
	}
	h := 0.0
	for _, g := range sortedKeys(sizes) {
		h += ranks[g] * ranks[g] / sizes[g]
		smallest = min(smallest, sizes[g])
	}
	h = max(0, 12/(n*(n+1))*h-3*(n+1)) / (1 - ties/(n*n*n-n))
	d.Statistic, d.DF = h, len(sizes)-1
	d.P = distuv.ChiSquared{K: float64(d.DF)}.Survival(h)
	d.Effect = min(1, h/(n-1))
	d.Size = effectSize(d.Effect, 0.01, 0.06, 0.14)
	if smallest < 5 {
		d.Warning = fmt.Sprintf("a segment has %.0f known values: p is rough", smallest)
	}
}

func sortedKeys(m map[int32]float64) []int32 {
	var out []int32
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// effectSizes are the words for an effect, the weakest first.
var effectSizes = [...]string{"negligible", "small", "medium", "large"}

func effectSize(x float64, limits ...float64) string {
	at := 0
	for at < len(limits) && x >= limits[at] {
		at++
	}
	return effectSizes[at]
}
