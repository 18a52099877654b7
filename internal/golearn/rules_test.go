package golearn

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// blobs are k groups of equal size, 10 standard deviations apart in columns 1 and 3;
// the others are noise. The groups stand in a square, so that each is a box of two
// one-sided conditions (k = 4) or fewer.
func blobs(n, d, k int) (x []float64, labels []int32) {
	rng := rand.New(rand.NewPCG(3, 5))
	at := [][2]float64{{0, 0}, {10, 0}, {0, 10}, {10, 10}}
	for i := range n {
		g := i % k
		labels = append(labels, int32(g))
		for j := range d {
			v := rng.NormFloat64()
			switch j {
			case 1:
				v += at[g%4][0]
			case 3:
				v += at[g%4][1]
			}
			x = append(x, v)
		}
	}
	return x, labels
}

func mustRules(t testing.TB, x []float64, d int, labels []int32, k int, opt Options) []Rule {
	t.Helper()
	rs, err := Rules(t.Context(), x, d, labels, k, opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(rs) != k {
		t.Fatalf("%d rules for %d segments", len(rs), k)
	}
	return rs
}

// count counts a rule's precision and recall over all rows, one by one.
func count(r Rule, x []float64, d int, labels []int32) (precision, recall float64) {
	var covered, both, belong float64
	for i, l := range labels {
		in := true
		for _, c := range r.Conditions {
			v := x[i*d+c.Column]
			in = in && !math.IsNaN(v) && c.Lo < v && v <= c.Hi
		}
		if in {
			covered++
		}
		if l == r.Segment {
			belong++
			if in {
				both++
			}
		}
	}
	return both / covered, both / belong
}

func TestSeparableBlobs(t *testing.T) {
	for _, k := range []int{2, 3, 4} {
		x, labels := blobs(3000, 6, k)
		for _, r := range mustRules(t, x, 6, labels, k, Options{}) {
			if r.Reason != "" || r.Precision < 0.95 || r.Recall < 0.95 {
				t.Errorf("k = %d: %+v, want precision and recall ≥ 0.95: groups lie 10 sd apart", k, r)
			}
			for _, c := range r.Conditions {
				if c.Column != 1 && c.Column != 3 {
					t.Errorf("k = %d: %+v uses column %d, which is noise", k, r, c.Column)
				}
			}
			// What it claims of one half must hold for everyone.
			p, q := count(r, x, 6, labels)
			if math.Abs(p-r.Precision) > 0.02 || math.Abs(q-r.Recall) > 0.02 {
				t.Errorf("k = %d, segment %d claims %.3f and %.3f; over all rows it is %.3f and %.3f", k, r.Segment, r.Precision, r.Recall, p, q)
			}
		}
	}
}

// TestShuffledLabels: where labels are drawn by lot, no rule may claim anything, and
// the best box that the tree found is right as often as chance on the rows held out.
func TestShuffledLabels(t *testing.T) {
	const n, d, k = 3000, 6, 3
	x, labels := blobs(n, d, k)
	rand.New(rand.NewPCG(8, 8)).Shuffle(n, func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
	for _, r := range mustRules(t, x, d, labels, k, Options{}) {
		if r.Reason == "" {
			t.Errorf("claims %+v about labels drawn by lot", r)
		}
	}
	r := &rules{ctx: t.Context(), x: x, d: d, labels: labels, opt: Options{Depth: 3, MaxRows: 4000, Columns: []int{0, 1, 2, 3, 4, 5}}}
	if err := r.halve(k); err != nil {
		t.Fatal(err)
	}
	r.kinds()
	found := 0
	for g := range int32(k) {
		s := r.sample(g)
		boxes, err := s.boxes(3)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range boxes {
			covered, belong := r.judge(g, s.conditions(b))
			if covered < 50 {
				continue
			}
			found++
			// A third of the rows; four standard errors for the number of boxes tried.
			p, se := float64(belong)/float64(covered), math.Sqrt(2.0/9/float64(covered))
			if math.Abs(p-1.0/3) > 4*se {
				t.Errorf("segment %d: box %v has held-out precision %.3f of %d, far from chance", g, b, p, covered)
			}
		}
	}
	if found == 0 {
		t.Error("no tree grew on labels drawn by lot: nothing was tested")
	}
}

func TestOrderOfRowsAndSeed(t *testing.T) {
	const n, d, k = 1200, 5, 4
	x, labels := blobs(n, d, k)
	for i := range x { // ties and missing values
		x[i] = math.Round(2*x[i]) / 2
		if i%37 == 0 {
			x[i] = math.NaN()
		}
	}
	want := mustRules(t, x, d, labels, k, Options{Seed: 4})
	perm := rand.New(rand.NewPCG(1, 1)).Perm(n)
	var y []float64
	var ls []int32
	for _, i := range perm {
		y, ls = append(y, x[i*d:(i+1)*d]...), append(ls, labels[i])
	}
	if got := mustRules(t, y, d, ls, k, Options{Seed: 4}); !reflect.DeepEqual(got, want) {
		t.Errorf("rows in another order give\n%+v, want\n%+v", got, want)
	}
	if got := mustRules(t, x, d, labels, k, Options{Seed: 4}); !reflect.DeepEqual(got, want) {
		t.Error("the same call gives other rules")
	}
	a := &rules{ctx: t.Context(), x: x, d: d, labels: labels, opt: Options{Seed: 4}}
	b := &rules{ctx: t.Context(), x: x, d: d, labels: labels, opt: Options{Seed: 5}}
	if a.halve(k) != nil || b.halve(k) != nil || reflect.DeepEqual(a.held, b.held) {
		t.Error("another seed holds out the same rows")
	}
	if len(a.fit)+len(a.held) != n || len(a.fit)-len(a.held) > k {
		t.Errorf("%d and %d rows are no halves of %d", len(a.fit), len(a.held), n)
	}
}

func TestMissingValues(t *testing.T) {
	const n, d, k = 2000, 6, 2
	x, labels := blobs(n, d, k) // column 1 tells them apart
	for i := range n {
		if i%4 == 0 && labels[i] == 0 {
			x[i*d+1] = math.NaN() // half of segment 1
		}
		x[i*d+4] = math.NaN()
	}
	for _, r := range mustRules(t, x, d, labels, k, Options{Columns: []int{1, 4}}) {
		if r.Reason != "" || len(r.Conditions) != 1 || r.Conditions[0].Column != 1 {
			t.Fatalf("%+v, want a condition on column 1: column 4 has no values", r)
		}
		want := [2]float64{0.5, 1}[r.Segment] // missing values meet no condition
		if math.Abs(r.Recall-want) > 0.05 || r.Precision < 0.99 {
			t.Errorf("%+v, want recall %.2f and precision 1", r, want)
		}
	}
	// What is missing elsewhere says who belongs.
	for i := range n {
		x[i*d+1] = 1
		if labels[i] == 0 {
			x[i*d+1] = math.NaN()
		}
	}
	r := mustRules(t, x, d, labels, k, Options{Columns: []int{1}})[1]
	if want := (Condition{Column: 1, Lo: math.Inf(-1), Hi: math.Inf(1), Whole: true}); r.Reason != "" || len(r.Conditions) != 1 || r.Conditions[0] != want || r.Precision != 1 || r.Recall != 1 {
		t.Errorf("%+v, want the condition that column 1 is known", r)
	}
	if (Condition{Lo: math.Inf(-1), Hi: math.Inf(1)}).Holds(math.NaN()) {
		t.Error("a missing value meets a condition")
	}
}

func TestHostileSizes(t *testing.T) {
	const many = 30
	x, labels := blobs(900, 6, 4)
	for i := range labels {
		labels[i] = int32(i % many)
	}
	constant := make([]float64, 1800)
	missing := make([]float64, 1800)
	huge := make([]float64, 1800)
	two := make([]int32, 900)
	for i := range missing {
		missing[i] = math.NaN()
		huge[i] = []float64{math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 0, math.NaN()}[i%7]
		two[i/2] = int32(i / 2 % 2)
	}
	for name, c := range map[string]struct {
		x      []float64
		d, k   int
		labels []int32
		reason string // "" = any
	}{
		"no rows":       {nil, 3, 2, nil, "fewer than 20 rows belong"},
		"no segments":   {nil, 3, 0, nil, ""},
		"one row":       {[]float64{1, 2}, 2, 1, []int32{0}, "fewer than 20 rows belong"},
		"no columns":    {nil, 0, 2, two, "no feature has two values"},
		"one segment":   {x, 6, 1, make([]int32, 900), "fewer than 20 rows lie outside"},
		"30 segments":   {x, 6, many, labels, ""},
		"constant":      {constant, 2, 2, two, "no feature has two values"},
		"all missing":   {missing, 2, 2, two, "no feature has two values"},
		"ends of float": {huge, 2, 2, two, ""},
		"all noise":     {x, 6, 1, []int32(slicesOf(900, -1)), "fewer than 20 rows belong"},
		"wild labels":   {x, 6, 1, []int32(slicesOf(900, math.MaxInt32)), "fewer than 20 rows belong"},
	} {
		for _, r := range mustRules(t, c.x, c.d, c.labels, c.k, Options{}) {
			if c.reason != "" && !strings.Contains(r.Reason, c.reason) {
				t.Errorf("%s: %+v, want a reason with %q", name, r, c.reason)
			}
			if (r.Reason == "") != (len(r.Conditions) > 0) || len(r.Conditions) > 3 || math.IsNaN(r.Precision) || math.IsNaN(r.Recall) {
				t.Errorf("%s: %+v is neither a rule nor a reason", name, r)
			}
		}
	}
}

func slicesOf(n int, v int32) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func TestRefuses(t *testing.T) {
	x, labels := blobs(100, 4, 2)
	for name, call := range map[string]func() ([]Rule, error){
		"short data": func() ([]Rule, error) { return Rules(t.Context(), x[1:], 4, labels, 2, Options{}) },
		"k":          func() ([]Rule, error) { return Rules(t.Context(), x, 4, labels, -1, Options{}) },
		"depth":      func() ([]Rule, error) { return Rules(t.Context(), x, 4, labels, 2, Options{Depth: 4}) },
		"rows":       func() ([]Rule, error) { return Rules(t.Context(), x, 4, labels, 2, Options{MaxRows: 5}) },
		"column":     func() ([]Rule, error) { return Rules(t.Context(), x, 4, labels, 2, Options{Columns: []int{4}}) },
	} {
		if rs, err := call(); err == nil {
			t.Errorf("%s: %v without an error", name, rs)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Rules(ctx, x, 4, labels, 2, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
}

// BenchmarkRules is the size that a report must stay quick at: at most 2 s.
func BenchmarkRules(b *testing.B) {
	const n, d, k = 20000, 20, 9
	x, labels := blobs(n, d, k)
	for b.Loop() {
		start := time.Now()
		mustRules(b, x, d, labels, k, Options{})
		if t := time.Since(start); t > 2*time.Second {
			b.Errorf("took %s", t)
		}
	}
}
