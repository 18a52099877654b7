package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/check"
)

// Against sets counted by brute force in Python, and random groups that NumPy drew.
func TestStability(t *testing.T) {
	for _, c := range readStability(t).Stability {
		var fits []refit
		for b := range c.Rows {
			fits = append(fits, newRefit(len(c.Labels), c.Rows[b], c.Refits[b]))
		}
		label, counts := dense(c.Labels)
		for what, worth := range map[string][]float64{"rows": nil, "worth": c.Worth} {
			want := c.Segments
			if worth != nil {
				want = c.ByWorth
			}
			var r stabilityRun
			r.set(label, counts, worth)
			if err := r.match(context.Background(), fits, 2); err != nil || r.reason != "" {
				t.Fatal(c.Name, err, r.reason)
			}
			const draws = 1500
			if err := r.null(context.Background(), fits, draws, 1, 2); err != nil {
				t.Fatal(err)
			}
			for g, s := range r.segments {
				w, what := want[g], fmt.Sprintf("%s, by %s, segment %d: ", c.Name, what, g)
				check.Close(t, what+"Jaccard", s.Jaccard, w.Jaccard, 1e-12)
				check.Close(t, what+"Lo", *s.Lo, w.Interval[0], 1e-9)
				check.Close(t, what+"Hi", *s.Hi, w.Interval[1], 1e-9)
				for i, q := range []float64{s.P05, s.Median, s.P95} {
					check.Close(t, what+"quantile", q, w.Quantiles[i], 1e-12)
				}
				if s.Refits != w.Refits || s.Dissolved != w.Dissolved || s.Recovered != w.Recovered {
					t.Errorf("%s%+v, want %+v", what, s, w)
				}
				if worth == nil {
					if most := w.NullSD * math.Sqrt(2.0/draws); math.Abs(s.Null-w.Null) > 5*most+1e-12 {
						t.Errorf("%srandom groups reach %.4f, want %.4f ± %.4f", what, s.Null, w.Null, most)
					}
					most := 0.35 // in standard deviations
					if s.Rows < 5 {
						most = 0.75 // a mean over twelve refits of a row or two takes few values
					}
					if math.Abs(s.NullP95-w.NullP95) > most*w.NullSD+1e-12 {
						t.Errorf("%s95 %% of random groups reach %.4f, want %.4f", what, s.NullP95, w.NullP95)
					}
				}
			}
		}
	}
}

// Three groups apart are stable; five segments of one heap are not; a large segment's
// coefficient is high and says little.
func TestStabilityReadings(t *testing.T) {
	readings := func(in *Input) (list []StabilityReading, all []SegmentStability) {
		s, reason, err := NewStability().Segments(context.Background(), in)
		if err != nil || reason != "" {
			t.Fatal(err, reason)
		}
		for _, g := range s {
			list = append(list, g.Reading)
		}
		return list, s
	}
	apart := refitGroups(240, 3, 8, 3, 1)
	if list, s := readings(apart); !slices.Equal(list, []StabilityReading{Stable, Stable, Stable}) || s[0].Recovered != 50 || s[0].Dissolved != 0 {
		t.Errorf("three groups apart: %+v", s)
	}
	if s := scoreOf(t, "stability", apart); s.Value < 0.95 || len(s.Warnings) > 0 {
		t.Errorf("three groups apart: %s, %v", s.text(), s.Warnings)
	}
	heap := refitGroups(240, 3, 0, 5, 1)
	if list, s := readings(heap); slices.Contains(list, Stable) {
		t.Errorf("one heap: %+v", s)
	}
	if s := scoreOf(t, "stability", heap); !strings.Contains(fmt.Sprint(s.Warnings), "unstable: segment") {
		t.Errorf("one heap: %v", s.Warnings)
	}
	// Every refit says that all but one row are alike: chance does as well as the first segment.
	rng := rand.New(rand.NewPCG(1, 2))
	labels := make([]int32, 100)
	for i := range 20 {
		labels[i] = 1
	}
	var fits []refit
	for range 30 {
		again := make([]int32, 100)
		again[rng.IntN(100)] = 1
		fits = append(fits, newRefit(100, refitAll(100), again))
	}
	var r stabilityRun
	r.set(labels, []int{80, 20}, nil)
	if err := r.match(context.Background(), fits, 1); err != nil {
		t.Fatal(err)
	}
	if err := r.null(context.Background(), fits, 200, 1, 1); err != nil {
		t.Fatal(err)
	}
	if s := r.segments[0]; s.Jaccard < 0.78 || s.Reading != Unstable {
		t.Errorf("four fifths of the rows: %+v", s)
	}
}

// Whatever the labels: coefficients lie in [0, 1] and equal those of sets; a clustering
// that comes back whole is 1; names change nothing, random groups included.
func TestStabilityAlways(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 40).Draw(t, "n")
		drawLabels := func(what string, m int) []int32 {
			return rapid.SliceOfN(rapid.Int32Range(-1, 4), m, m).Draw(t, what)
		}
		labels := drawLabels("labels", n)
		label, counts := dense(labels)
		if len(counts) == 0 {
			t.Skip("noise only")
		}
		var fits, whole []refit
		for b := range 4 {
			rows := resampling{method: Subsample, share: 0.6}.draw(n, rand.New(rand.NewPCG(uint64(b), 3)))
			again := drawLabels("refit", len(rows))
			fits = append(fits, newRefit(n, rows, again))
			whole = append(whole, newRefit(n, refitAll(n), labels))
		}
		run := func(label []int32, counts []int, fits []refit) stabilityRun {
			var r stabilityRun
			r.set(label, counts, nil)
			if err := r.match(context.Background(), fits, 1); err != nil {
				t.Fatal(err)
			}
			if r.reason == "" {
				if err := r.null(context.Background(), fits, 20, 5, 1); err != nil {
					t.Fatal(err)
				}
			}
			return r
		}
		for _, s := range run(label, counts, whole).segments {
			if s.Jaccard != 1 || s.Recovered != 4 || s.Null > 1 || s.Null < 0 {
				t.Fatalf("the same labels: %+v", s)
			}
		}
		a := run(label, counts, fits)
		if a.reason != "" {
			return
		}
		last := int32(len(counts) - 1)
		turned := slices.Clone(label)
		for i, l := range turned {
			if l >= 0 {
				turned[i] = last - l
			}
		}
		slices.Reverse(counts)
		b := run(turned, counts, fits)
		for g, s := range a.segments {
			if o := b.segments[int(last)-g]; s.Jaccard != o.Jaccard || s.Null != o.Null || s.Reading != o.Reading {
				t.Fatalf("renamed: %+v and %+v", s, o)
			}
			want := 0.0
			for _, f := range fits {
				want += stabilityBrute(label, int32(g), f) / float64(len(fits))
			}
			if s.Refits == len(fits) && math.Abs(s.Jaccard-want) > 1e-12 {
				t.Fatalf("segment %d: %g, want %g", g, s.Jaccard, want)
			}
		}
	})
}

func stabilityBrute(label []int32, g int32, f refit) (best float64) {
	for d := range int32(len(f.size)) {
		both, any := 0.0, 0.0
		for i, l := range label {
			if f.label[i] == refitAbsent {
				continue
			}
			if l == g && f.label[i] == d {
				both++
			}
			if l == g || f.label[i] == d {
				any++
			}
		}
		if any > 0 {
			best = max(best, both/any)
		}
	}
	return best
}

func TestStabilityOptions(t *testing.T) {
	in := refitGroups(40, 2, 6, 2, 1)
	for say, o := range map[string]*Stability{
		"method is":         {Method: "jitter", Share: 0.5, B: 5, Draws: 20},
		"share is above":    {Method: Subsample, Share: 1, B: 5, Draws: 20},
		"b is at least":     {Method: Subsample, Share: 0.5, B: 1, Draws: 20},
		"draws is at least": {Method: Subsample, Share: 0.5, B: 5, Draws: 5},
	} {
		if s, err := o.Score(context.Background(), in); err != nil || !strings.Contains(s.Reason, say) {
			t.Errorf("%+v: %s, %v", o, s.text(), err)
		}
	}
	s, err := (&Stability{Method: Bootstrap, B: 20, Draws: 20}).Score(context.Background(), in)
	if err != nil || !s.Defined() || s.Value < 0.9 {
		t.Errorf("bootstrap: %s, %v", s.text(), err)
	}
}

// Look is Score and Segments of one pass.
func TestStabilityLook(t *testing.T) {
	in := refitGroups(120, 3, 4, 3, 1)
	o := &Stability{Method: Subsample, Share: 0.5, B: 5, Draws: 20}
	score, segments, err := o.Look(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := o.Score(t.Context(), in)
	if err != nil || !reflect.DeepEqual(alone, score) {
		t.Errorf("%v; Score %+v, Look %+v", err, alone, score)
	}
	again, reason, err := o.Segments(t.Context(), in)
	if err != nil || reason != "" || !reflect.DeepEqual(again, segments) {
		t.Errorf("%v, %s; Segments %+v, Look %+v", err, reason, again, segments)
	}
	for i, g := range segments {
		if score.PerSegment[i] != g.Jaccard {
			t.Errorf("segment %d: %v and %v", i+1, score.PerSegment[i], g.Jaccard)
		}
	}
}
