package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/internal/check"
)

// rankExpected is testdata/rank.json, written by peers/rank_expected.py; the versions are
// inside.
type rankExpected struct {
	ConfidenceSets []struct {
		Losses [][]float64
		R, Max struct {
			Means    [][]float64
			P        []float64
			Included []int
		}
		Lo, Hi []float64
	} `json:"confidence_sets"`
	CorrectedT []struct {
		D           []float64
		Train, Test int
		T, P        float64
		Lo, Hi      float64
		Baycomp     *float64 `json:"baycomp_p"`
	} `json:"corrected_t"`
	Example struct {
		D           []float64
		Train, Test int
	} `json:"scikit_learn_example"`
	Wilcoxon []struct {
		X, Y          []float64
		Pratt, Wilcox wilcoxonExpected
	}
	Holm   []struct{ P, Adjusted []float64 }
	Groups []struct {
		Scores       [][]float64
		Ranks        []float64
		Nemenyi      groupsExpected
		WilcoxonHolm groupsExpected `json:"wilcoxon_holm"`
	}
}

type wilcoxonExpected struct {
	Statistic, P, Z float64
	Exact           bool
}

type groupsExpected struct {
	P      [][]float64
	Groups [][]int
}

func expectRank(t testing.TB) (e rankExpected) {
	t.Helper()
	js, err := os.ReadFile("testdata/rank.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestConfidenceSetLikeArch: the same resampled means, the same p-values. arch counts
// T* > T and knows no correction for few rows.
func TestConfidenceSetLikeArch(t *testing.T) {
	for i, c := range expectRank(t).ConfidenceSets {
		k := len(c.Losses[0])
		for _, s := range []SetStatistic{RangeStatistic, MaxStatistic} {
			peer := c.R
			if s == MaxStatistic {
				peer = c.Max
			}
			name := fmt.Sprintf("case %d, %s", i, s)
			o := NewConfidenceSetOptions()
			o.Statistic = s
			r := newConfidenceRun(k, -1, o)
			r.admit(c.Losses, nil)
			for j := range k {
				r.value[j], _ = moments(r.column(c.Losses, j))
			}
			for _, row := range peer.Means {
				for j, x := range row {
					r.dev = append(r.dev, x-r.value[j])
				}
			}
			r.choose()
			r.normal = func(t float64) float64 { return t }
			if err := r.eliminate(context.Background()); err != nil {
				t.Fatal(err)
			}
			var in []int
			for j, m := range r.out.Methods {
				check.Close(t, fmt.Sprintf("%s: p of %d", name, j), m.P, peer.P[j], 1e-9)
				if m.In {
					in = append(in, j)
				}
			}
			if !reflect.DeepEqual(in, peer.Included) {
				t.Errorf("%s: in the set are %v, want %v", name, in, peer.Included)
			}
		}
		got := confidence(t, c.Losses, -1, nil)
		for j, m := range got.Methods {
			check.Close(t, "lower end", m.Lo, c.Lo[j], 1e-9)
			check.Close(t, "upper end", m.Hi, c.Hi[j], 1e-9)
		}
	}
}

func confidence(t testing.TB, scores [][]float64, better int, change func(*ConfidenceSetOptions)) *ConfidenceSet {
	t.Helper()
	o := NewConfidenceSetOptions()
	o.Resamples = 400
	if change != nil {
		change(&o)
	}
	c, err := NewConfidenceSet(context.Background(), scores, better, o, cluster.Run{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// drawnScores are n rows of k methods: what is easy for all, noise, and a step from method
// to method.
func drawnScores(rng *rand.Rand, n, k int, step float64) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		common := rng.NormFloat64()
		for j := range k {
			out[i] = append(out[i], common+rng.NormFloat64()+step*float64(j))
		}
	}
	return out
}

// naiveSet computes the p-values from the definitions, everything anew in each round.
func naiveSet(loss []float64, dev [][]float64, s SetStatistic, normal func(float64) float64) []float64 {
	alive := ascendingInts(len(loss))
	p := make([]float64, len(loss))
	var most float64
	for len(alive) > 1 {
		// candidates: a contrast over alive, and who is dropped if it is the largest
		type contrast struct {
			of     func(x []float64) float64
			worst  int
			sd, at float64
		}
		var all []contrast
		for _, i := range alive {
			if s == MaxStatistic {
				all = append(all, contrast{worst: i, of: func(x []float64) float64 {
					var m float64
					for _, j := range alive {
						m += x[j] / float64(len(alive))
					}
					return x[i] - m
				}})
				continue
			}
			for _, j := range alive {
				if i != j {
					all = append(all, contrast{worst: i, of: func(x []float64) float64 { return x[i] - x[j] }})
				}
			}
		}
		top := -1
		for a := range all {
			for _, d := range dev {
				all[a].sd += all[a].of(d) * all[a].of(d) / float64(len(dev))
			}
			all[a].sd = math.Sqrt(all[a].sd)
			all[a].at = all[a].of(loss) / all[a].sd
			if top < 0 || all[a].at > all[top].at {
				top = a
			}
		}
		reached := 0.0
		for _, d := range dev {
			for _, c := range all {
				if c.of(d)/c.sd >= normal(all[top].at) {
					reached++
					break
				}
			}
		}
		most = max(most, reached/float64(len(dev)))
		p[all[top].worst] = most
		var left []int
		for _, i := range alive {
			if i != all[top].worst {
				left = append(left, i)
			}
		}
		alive = left
	}
	p[alive[0]] = 1
	return p
}

func TestConfidenceSetLikeDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, b := rapid.IntRange(2, 7).Draw(t, "methods"), rapid.IntRange(20, 60).Draw(t, "resamples")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		step := rapid.SampledFrom([]float64{0, 0.3, 1}).Draw(t, "step")
		for _, s := range []SetStatistic{RangeStatistic, MaxStatistic} {
			o := NewConfidenceSetOptions()
			o.Statistic = s
			r := newConfidenceRun(k, -1, o)
			r.at, r.value = ascendingInts(k), make([]float64, k)
			dev := drawnScores(rng, b, k, 0)
			for j := range k {
				r.value[j] = rng.NormFloat64() + step*float64(j)
			}
			for _, d := range dev {
				r.dev = append(r.dev, d...)
			}
			r.choose()
			r.normal = studentToNormal(8)
			if err := r.eliminate(context.Background()); err != nil {
				t.Fatal(err)
			}
			for j, want := range naiveSet(r.value, dev, s, r.normal) {
				if got := r.out.Methods[j].P; math.Abs(got-want) > 1e-12 {
					t.Fatalf("%s: p of %d is %g, from the definition %g", s, j, got, want)
				}
			}
		}
	})
}

func TestConfidenceSetRelations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, k := rapid.IntRange(2, 20).Draw(t, "rows"), rapid.IntRange(1, 6).Draw(t, "methods")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		scores := drawnScores(rng, n, k, rapid.SampledFrom([]float64{0, 0.4}).Draw(t, "step"))
		o := NewConfidenceSetOptions()
		o.Resamples = 100
		o.Statistic = rapid.SampledFrom([]SetStatistic{RangeStatistic, MaxStatistic}).Draw(t, "statistic")
		do := func(s [][]float64, better int, alpha float64, workers int) *ConfidenceSet {
			o.Alpha = alpha
			c, err := NewConfidenceSet(context.Background(), s, better, o, cluster.Run{Seed: 3, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		c := do(scores, 1, 0.1, 1)
		if !c.Methods[c.Best].In || c.Methods[c.Best].P != 1 {
			t.Fatalf("the best is not in: %+v", c)
		}
		if again := do(scores, 1, 0.1, 7); !reflect.DeepEqual(c, again) {
			t.Fatalf("7 workers: %+v, and 1: %+v", again, c)
		}
		// Larger is better or smaller is; all rows moved, each by its own; another unit.
		other := make([][]float64, n)
		turned := make([][]float64, n)
		for i, r := range scores {
			for j, x := range r {
				other[i] = append(other[i], -8*(x+float64(i)))
				turned[i] = append(turned[i], r[k-1-j])
			}
		}
		d, back := do(other, -1, 0.1, 2), do(turned, 1, 0.1, 0)
		wide := do(scores, 1, 0.05, 0)
		for j, m := range c.Methods {
			if m.Gap < 0 || m.P < 0 || m.P > 1 || !(m.Lo <= m.Value && m.Value <= m.Hi) || !(m.GapLo <= m.Gap+1e-12 && m.Gap <= m.GapHi+1e-12) {
				t.Fatalf("method %d: %+v", j, m)
			}
			if m.In && !wide.Methods[j].In {
				t.Fatal("the set at 95 % lacks one of the set at 90 %")
			}
			// Sums round differently, so a resample may change sides.
			if math.Abs(m.P-d.Methods[j].P) > 0.021 || math.Abs(m.P-back.Methods[k-1-j].P) > 0.021 {
				t.Fatalf("p of %d: %g, with other units %g, from the other end %g", j, m.P, d.Methods[j].P, back.Methods[k-1-j].P)
			}
			if math.Abs(8*m.Gap-d.Methods[j].Gap) > 1e-9 {
				t.Fatalf("gap %g, in eighths %g", m.Gap, d.Methods[j].Gap)
			}
		}
	})
}

func TestConfidenceSetLimits(t *testing.T) {
	// 0 and 1 are twins, 2 is always worse by the same (as rounding has it), 3 failed once,
	// 4 never had a score.
	nan := math.NaN()
	var scores [][]float64
	for i := range 12 {
		x := math.Sin(float64(i)) / 10
		scores = append(scores, []float64{x, x, x - 0.1, x, nan})
	}
	scores[7][3] = nan
	for _, s := range []SetStatistic{RangeStatistic, MaxStatistic} {
		c := confidence(t, scores, 1, func(o *ConfidenceSetOptions) { o.Statistic = s })
		m := c.Methods
		if c.Best != 0 || m[0].P != 1 || m[1].P != 1 || !m[1].In || m[1].Gap != 0 || m[1].GapHi != 0 {
			t.Errorf("%s: twins: %+v", s, c)
		}
		if m[2].P != 0 || m[2].In || math.Abs(m[2].Gap-0.1) > 1e-12 {
			t.Errorf("%s: always worse: %+v", s, m[2])
		}
		if m[3].Reason != "no score in row 7" || m[4].Reason != "no score in row 0" || m[3].In || m[4].In {
			t.Errorf("%s: without scores: %+v %+v", s, m[3], m[4])
		}
	}
	if c := confidence(t, [][]float64{{1}, {2}}, -1, nil); c.Best != 0 || !c.Methods[0].In || len(c.Warnings) != 0 {
		t.Errorf("one method: %+v", c)
	}
	if c := confidence(t, [][]float64{{nan, nan}, {1, 2}}, 1, nil); c.Best != -1 || c.Methods[0].In || c.Methods[1].Reason == "" {
		t.Errorf("no method: %+v", c)
	}
	if c := confidence(t, [][]float64{{1, 2}, {2, 5}, {3, 4}}, 1, nil); !strings.Contains(strings.Join(c.Warnings, "\n"), "3 draws: only large") {
		t.Errorf("warnings of three rows: %q", c.Warnings)
	}
	js, err := json.Marshal(confidence(t, scores, 1, nil))
	if err != nil || !strings.Contains(string(js), `"reason":"no score in row 7"`) {
		t.Errorf("as JSON: %s (%v)", js, err)
	}

	two := [][]float64{{1, 2}, {2, 3}}
	ctx := context.Background()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	o := NewConfidenceSetOptions()
	with := func(f func(*ConfidenceSetOptions)) ConfidenceSetOptions {
		c := NewConfidenceSetOptions()
		f(&c)
		return c
	}
	for want, f := range map[string]func() (*ConfidenceSet, error){
		"1 row of":   func() (*ConfidenceSet, error) { return NewConfidenceSet(ctx, two[:1], 1, o, cluster.Run{}) },
		"no rows":    func() (*ConfidenceSet, error) { return NewConfidenceSet(ctx, nil, 1, o, cluster.Run{}) },
		"no methods": func() (*ConfidenceSet, error) { return NewConfidenceSet(ctx, [][]float64{{}, {}}, 1, o, cluster.Run{}) },
		"better = 2": func() (*ConfidenceSet, error) { return NewConfidenceSet(ctx, two, 2, o, cluster.Run{}) },
		"row 1 has 1": func() (*ConfidenceSet, error) {
			return NewConfidenceSet(ctx, [][]float64{{1, 2}, {1}}, 1, o, cluster.Run{})
		},
		"100 or more":   func() (*ConfidenceSet, error) { return ConfidenceSetOfReplicates(ctx, []float64{1, 2}, two, 1, o) },
		"context cance": func() (*ConfidenceSet, error) { return NewConfidenceSet(gone, two, 1, o, cluster.Run{}) },
		"alpha = 1": func() (*ConfidenceSet, error) {
			return NewConfidenceSet(ctx, two, 1, with(func(o *ConfidenceSetOptions) { o.Alpha = 1 }), cluster.Run{})
		},
		"resamples = 5": func() (*ConfidenceSet, error) {
			return NewConfidenceSet(ctx, two, 1, with(func(o *ConfidenceSetOptions) { o.Resamples = 5 }), cluster.Run{})
		},
		"range or max": func() (*ConfidenceSet, error) {
			return NewConfidenceSet(ctx, two, 1, with(func(o *ConfidenceSetOptions) { o.Statistic = "t" }), cluster.Run{})
		},
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestConfidenceSetOfReplicates: bootstrap replicates made by hand say the same as rows,
// whatever bias all of a method's replicates share.
func TestConfidenceSetOfReplicates(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const n, k, b = 80, 4, 2000
	scores := drawnScores(rng, n, k, 0.12)
	rows := confidence(t, scores, 1, func(o *ConfidenceSetOptions) { o.Resamples = b })
	values := make([]float64, k)
	for j := range values {
		values[j] = rows.Methods[j].Value
	}
	replicates := make([][]float64, b)
	for i := range replicates {
		replicates[i] = []float64{0.3, -2, 0, 1} // the bias
		for range n {
			for j, x := range scores[rng.IntN(n)] {
				replicates[i][j] += x / n
			}
		}
	}
	got, err := ConfidenceSetOfReplicates(context.Background(), values, replicates, 1, NewConfidenceSetOptions())
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows != 0 || got.Resamples != b || got.Best != rows.Best {
		t.Errorf("%+v", got)
	}
	for j, m := range got.Methods {
		r := rows.Methods[j]
		for what, v := range map[string][2]float64{
			"p": {m.P, r.P}, "value": {m.Value, r.Value}, "lo": {m.Lo, r.Lo}, "hi": {m.Hi, r.Hi},
			"gap": {m.Gap, r.Gap}, "gap lo": {m.GapLo, r.GapLo}, "gap hi": {m.GapHi, r.GapHi},
		} {
			if math.Abs(v[0]-v[1]) > 0.04 { // two bootstraps of 2,000, and n/(n − 1)
				t.Errorf("%s of %d: %g from replicates, %g from rows", what, j, v[0], v[1])
			}
		}
	}
	values[2] = math.Inf(1)
	replicates[9][1] = math.NaN()
	got, err = ConfidenceSetOfReplicates(context.Background(), values, replicates, 1, NewConfidenceSetOptions())
	if err != nil || got.Methods[2].Reason != "no score" || got.Methods[1].Reason != "no score in row 9" || got.Best != 3 {
		t.Errorf("with holes: %+v (%v)", got, err)
	}
}

// confidenceHolds draws studies of k equally good methods and returns how often the set
// keeps all of them, and how often the interval of two methods' difference holds 0.
func confidenceHolds(t testing.TB, s SetStatistic, n, k, draws, resamples int) (all, covers float64) {
	for i := range draws {
		rng := rand.New(rand.NewPCG(uint64(i), uint64(n*1000+k)))
		c := confidence(t, drawnScores(rng, n, k, 0), 1, func(o *ConfidenceSetOptions) { o.Statistic, o.Resamples = s, resamples })
		whole := true
		for _, m := range c.Methods {
			whole = whole && m.In
		}
		if whole {
			all++
		}
		if k == 2 && c.Methods[1-c.Best].GapLo <= 0 { // of more methods, the best's luck would count
			covers++
		}
	}
	return all / float64(draws), covers / float64(draws)
}

// TestConfidenceSetPaperLong: the paper's t, not put from Student's scale to the normal's,
// drops far too many from five rows.
func TestConfidenceSetPaperLong(t *testing.T) {
	check.Long(t)
	for _, s := range []SetStatistic{RangeStatistic, MaxStatistic} {
		for _, k := range []int{2, 4, 10} {
			const n, draws = 5, 1000
			all := 0.0
			for i := range draws {
				o := NewConfidenceSetOptions()
				o.Statistic, o.Resamples = s, 500
				scores := drawnScores(rand.New(rand.NewPCG(uint64(i), uint64(n*1000+k))), n, k, 0)
				r := newConfidenceRun(k, 1, o)
				r.admit(scores, nil)
				for j := range k {
					r.value[j], _ = moments(r.column(scores, j))
				}
				r.choose()
				r.normal = func(t float64) float64 { return t }
				if err := errors.Join(r.resample(context.Background(), scores, cluster.Run{Seed: 5}), r.eliminate(context.Background())); err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(r.out.Methods, func(m ConfidenceMember) bool { return !m.In }) {
					all += 1.0 / draws
				}
			}
			t.Logf("%s, %d rows, %d methods: all in %.3f", s, n, k, all)
			if all > 0.9 {
				t.Errorf("%s, %d methods: all in %.3f of the sets: then no correction is needed", s, k, all)
			}
		}
	}
}

// TestConfidenceSetHolds: of methods that are equally good a 95 % set keeps all in about
// 95 % of studies, with T_max from five seeds on.
func TestConfidenceSetHolds(t *testing.T) {
	for n, s := range map[int]SetStatistic{5: MaxStatistic, 30: RangeStatistic} {
		all, _ := confidenceHolds(t, s, n, 4, 200, 200)
		if all < 0.89 { // four standard errors below
			t.Errorf("%s, %d rows: all four of four in %.3f of the sets, want .95", s, n, all)
		}
	}
}

func TestConfidenceSetHoldsLong(t *testing.T) {
	check.Long(t)
	for _, s := range []SetStatistic{RangeStatistic, MaxStatistic} {
		for _, n := range []int{3, 5, 10, 20, 50} {
			for _, k := range []int{2, 4, 10} {
				all, covers := confidenceHolds(t, s, n, k, 1000, 500)
				t.Logf("%s, %d rows, %d methods: all in %.3f; interval of a pair %.3f", s, n, k, all, covers)
				if s == MaxStatistic && n >= 5 && all < 0.91 {
					t.Errorf("%s, %d rows, %d methods: all in %.3f of 1,000 sets, want .95", s, n, k, all)
				}
				if k == 2 && n >= 5 && math.Abs(covers-0.95) > 0.02 {
					t.Errorf("%d rows: the interval of the difference holds 0 in %.3f, want .93 to .97", n, covers)
				}
			}
		}
	}
}

// TestConfidenceSetDrops: what is clearly worse goes, and by how much is told.
func TestConfidenceSetDrops(t *testing.T) {
	for _, s := range []SetStatistic{RangeStatistic, MaxStatistic} {
		scores := drawnScores(rand.New(rand.NewPCG(8, 8)), 60, 5, 0)
		for _, r := range scores {
			r[3] -= 1.5
			r[4] -= 3
		}
		c := confidence(t, scores, 1, func(o *ConfidenceSetOptions) { o.Statistic = s })
		if c.Methods[3].In || c.Methods[4].In || c.Best > 2 {
			t.Errorf("%s: %+v", s, c)
		}
		if c.Methods[3].GapLo < 0.5 || c.Methods[3].GapHi > 2.5 {
			t.Errorf("%s: gap of 3 is %+v", s, c.Methods[3])
		}
	}
}

func BenchmarkConfidenceSet(b *testing.B) {
	for _, k := range []int{10, 100} {
		scores := drawnScores(rand.New(rand.NewPCG(1, 1)), 50, k, 0.01)
		for _, s := range []SetStatistic{RangeStatistic, MaxStatistic} {
			b.Run(fmt.Sprintf("%s/n50/k%d", s, k), func(b *testing.B) {
				for b.Loop() {
					confidence(b, scores, 1, func(o *ConfidenceSetOptions) { o.Statistic, o.Resamples = s, 5000 })
				}
			})
		}
	}
}
