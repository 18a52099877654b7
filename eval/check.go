package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Check holds a metric to its contract, on data that it draws itself: Score never
// fails; values lie in Range, intervals around them; names of labels, order of
// rows and number of workers change nothing; nothing of the input is written to;
// degenerate input (no row, one row, one cluster, n clusters, noise only, equal
// rows) gives a value or a reason, never NaN; a cancelled context is an error; and
// what Props claims is true. The error names every breach. Metrics that were never
// registered can be checked too.
func Check(m *Metric) error {
	if m.Name == "" || m.Doc == "" || m.Version < 1 || m.New == nil {
		return fmt.Errorf("metric %q lacks a name, a doc, a version or New", m.Name)
	}
	c := &checker{m: m}
	if !(m.Range.Lo < m.Range.Hi) || m.Range.Better < -1 || m.Range.Better > 1 {
		c.fail("range %+v", m.Range)
	}
	if reflect.TypeOf(m.New()) != reflect.TypeOf(m.New()) {
		c.fail("New returns different types")
	}
	for seed := range uint64(3) {
		c.invariances(seed)
	}
	c.degenerate()
	c.cancelled()
	if m.Props&PropChance != 0 {
		c.chance()
	}
	return errors.Join(c.errs...)
}

type checker struct {
	m    *Metric
	errs []error
}

func (c *checker) fail(format string, args ...any) {
	if len(c.errs) < 12 {
		c.errs = append(c.errs, fmt.Errorf("%s: "+format, append([]any{c.m.Name}, args...)...))
	}
}

// score returns the metric's answer and checks what must hold for any input.
func (c *checker) score(what string, in *Input) (s Score) {
	defer func() {
		if r := recover(); r != nil {
			c.fail("%s: panic: %v", what, r)
			s = Undefined("panic")
		}
	}()
	s, err := c.m.New().Score(context.Background(), in)
	switch {
	case err != nil:
		c.fail("%s: error %v where a reason belongs", what, err)
		return Undefined("error")
	case !s.Defined():
		if strings.TrimSpace(s.Reason) == "" {
			c.fail("%s: the reason is blank", what)
		}
		return s
	}
	const slack = 1e-9
	if r := c.m.Range; !(s.Value >= r.Lo-slack && s.Value <= r.Hi+slack) || math.IsInf(s.Value, 0) {
		c.fail("%s: %g lies outside [%g, %g] and there is no reason", what, s.Value, r.Lo, r.Hi)
	}
	if s.Lo != nil && !(*s.Lo <= s.Value+slack) || s.Hi != nil && !(*s.Hi >= s.Value-slack) {
		c.fail("%s: the interval does not hold %g", what, s.Value)
	}
	if s.PerSegment != nil && len(s.PerSegment) != in.C.K || s.PerRow != nil && len(s.PerRow) != len(in.C.Labels) {
		c.fail("%s: %d values for %d segments, %d for %d rows", what, len(s.PerSegment), in.C.K, len(s.PerRow), len(in.C.Labels))
	}
	for _, v := range s.PerSegment {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			c.fail("%s: a segment's value is %g", what, v)
			break
		}
	}
	return s
}

func (c *checker) equal(what string, a, b Score, tol float64) {
	switch {
	case a.Defined() != b.Defined():
		c.fail("%s: %s against %s", what, a.text(), b.text())
	case a.Defined() && !(math.Abs(a.Value-b.Value) <= tol*max(1, math.Abs(a.Value))):
		c.fail("%s: %.17g against %.17g", what, a.Value, b.Value)
	}
}

func (s Score) text() string {
	if s.Defined() {
		return fmt.Sprint(s.Value)
	}
	return "undefined (" + s.Reason + ")"
}

// invariances draws a clustering and changes what must not matter.
func (c *checker) invariances(seed uint64) {
	in := checkInput(150+31*int(seed), 3, 4, seed)
	before := checkBytes(in)
	base := c.score("plain input", in)
	if checkBytes(in) != before {
		c.fail("Score writes into its input")
		in = checkInput(150+31*int(seed), 3, 4, seed)
	}
	if again := c.score("again", in); !sameBits(base, again) {
		c.fail("the same input gives %s and %s", base.text(), again.text())
	}
	for _, w := range []int{1, 2, 3, 20} {
		other := *in
		other.Workers = w
		if s := c.score("workers", &other); !sameBits(base, s) {
			c.fail("%d workers: %s, and without a number: %s", w, s.text(), base.text())
		}
	}
	rng := rand.New(rand.NewPCG(seed, 0xc4ec))
	c.equal("renamed labels", base, c.score("renamed labels", renamed(in, rng.Perm(in.C.K))), 1e-9)
	if c.m.Needs&(NeedHoldout|NeedRefit) == 0 {
		c.equal("rows in another order", base, c.score("rows in another order", reordered(in, rng.Perm(len(in.C.Labels)))), 1e-9)
	}
	if c.m.Props&PropShift != 0 {
		c.equal("moved by a vector", base, c.score("moved by a vector", mapped(in, func(v float64, j int) float64 { return v + float64(3*j-4) })), 1e-8)
	}
	if c.m.Props&PropScale != 0 {
		for _, f := range []float64{1e-3, 1024} {
			c.equal("scaled", base, c.score("scaled", mapped(in, func(v float64, _ int) float64 { return v * f })), 1e-9)
		}
	}
	clean := slices.Clone(in.C.Labels)
	for i := range clean {
		clean[i] = max(clean[i], 0) // noise is not symmetric: a reference's is dropped
	}
	if c.m.Props&PropSymmetric != 0 {
		for _, ref := range in.Truth {
			other := slices.Clone(ref.Labels)
			for i := range other {
				other[i] = max(other[i], 0)
			}
			there, back := *in, *in
			there.C, there.Truth = clusteringFrom(clean), []Labelling{{Name: "a", Labels: other}}
			back.C, back.Truth = clusteringFrom(other), []Labelling{{Name: "b", Labels: clean}}
			c.equal("reference and labelling exchanged", c.score("there", &there), c.score("back", &back), 1e-9)
		}
	}
	if c.m.Props&PropIdentity != 0 {
		self := *in
		self.C, self.Truth = clusteringFrom(clean), []Labelling{{Name: "itself", Labels: clean}}
		best := c.m.Range.Hi
		if c.m.Range.Better < 0 {
			best = c.m.Range.Lo
		}
		c.equal("a labelling against itself", Score{Value: best}, c.score("a labelling against itself", &self), 1e-12)
	}
}

// degenerate input must give a value or a reason; score looks at which.
func (c *checker) degenerate() {
	for _, d := range []struct {
		what   string
		labels []int32
	}{
		{"no rows", nil},
		{"one row", []int32{0}},
		{"one row of noise", []int32{-1}},
		{"two rows, one cluster", []int32{0, 0}},
		{"two rows, two clusters", []int32{0, 1}},
		{"one cluster", make([]int32, 30)},
		{"n clusters", ascending(30)},
		{"noise only", slices.Repeat([]int32{-1}, 30)},
		{"one cluster and noise", append(make([]int32, 20), slices.Repeat([]int32{-1}, 10)...)},
		{"one row apart", append(make([]int32, 29), 1)},
	} {
		for _, policy := range []NoisePolicy{"", Exclude, Singletons, OneCluster} {
			for _, flat := range []bool{false, true} {
				in := checkInput(len(d.labels), 2, 3, 5)
				in.C, in.Noise = clusteringFrom(d.labels), policy
				if flat {
					in = mapped(in, func(float64, int) float64 { return 1.5 })
				}
				c.score(fmt.Sprintf("%s, noise %q, equal rows %v", d.what, policy, flat), in)
				in.Truth = nil
				c.score(d.what+", no reference", in)
				in.Truth = []Labelling{
					{Name: "all noise", Labels: slices.Repeat([]int32{-1}, len(d.labels))},
					{Name: "one class", Labels: make([]int32, len(d.labels))},
				}
				c.score(d.what+", references of noise and of one class", in)
			}
		}
	}
}

func (c *checker) cancelled() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.m.New().Score(ctx, checkInput(200, 3, 3, 1)); err == nil {
		c.fail("a cancelled context is no error")
	}
}

// chance: 400 random labellings of 60 rows average 0 within five standard errors.
func (c *checker) chance() {
	rng := rand.New(rand.NewPCG(9, 0xc4a1))
	in := checkInput(60, 2, 3, 9)
	var sum, squares, n float64
	for range 400 {
		a, b := make([]int32, 60), make([]int32, 60)
		for i := range a {
			a[i], b[i] = int32(rng.IntN(3)), int32(rng.IntN(6))
		}
		in.C, in.Truth = clusteringFrom(b), []Labelling{{Name: "random", Labels: a}}
		s := c.score("random labels", in)
		sum, squares, n = sum+s.Value, squares+s.Value*s.Value, n+1
	}
	mean := sum / n
	if se := math.Sqrt((squares/n - mean*mean) / n); !(math.Abs(mean) <= 5*se) {
		c.fail("random labellings average %.4f ± %.4f, not 0", mean, se)
	}
}

func ascending(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

func clusteringFrom(labels []int32) *cluster.Clustering {
	_, counts := dense(labels)
	return &cluster.Clustering{Labels: labels, K: len(counts), Stop: cluster.Exact}
}

// checkInput draws n rows of d features in k groups with noise, two references, a
// hold-out, what rows are worth and a Refit that puts rows to the nearest of the groups' centres.
func checkInput(n, d, k int, seed uint64) *Input {
	rng := rand.New(rand.NewPCG(seed, 0xda7a))
	x := features.NewMatrix(n, make([]features.Column, d), nil)
	for j := range x.Cols {
		x.Cols[j] = features.Column{Name: fmt.Sprintf("x%d", j)}
	}
	centres := make([][]float64, k)
	for g := range centres {
		centres[g] = make([]float64, d)
		for j := range d {
			centres[g][j] = 3 * rng.NormFloat64()
		}
	}
	labels, one, two := make([]int32, n), make([]int32, n), make([]int32, n)
	for i := range n {
		x.IDs = append(x.IDs, fmt.Sprintf("c%04d", i))
		g := i % k
		for j := range d {
			x.Row(i)[j] = centres[g][j] + rng.NormFloat64()
		}
		labels[i], one[i], two[i] = int32(g), int32(g), int32(rng.IntN(5))
		if rng.Float64() < 0.2 {
			labels[i] = int32(rng.IntN(k))
		}
		switch {
		case i < k: // every cluster keeps a row
		case rng.Float64() < 0.06:
			labels[i] = -1
		case rng.Float64() < 0.06:
			one[i] = -1
		}
	}
	in := &Input{X: x, C: clusteringFrom(labels), Truth: []Labelling{{Name: "one", Labels: one}, {Name: "two", Labels: two}}, Seed: seed}
	in.Holdout = checkHoldout(x.IDs, labels, seed)
	for i := range n {
		in.Worth = append(in.Worth, float64((i*7+int(seed))%11))
	}
	in.Refit = func(ctx context.Context, rows []int, _ uint64) (*cluster.Clustering, error) {
		out := make([]int32, len(rows))
		for i, r := range rows {
			near := math.Inf(1)
			for g, centre := range centres {
				if e := euclid(x.Row(r), centre); e < near {
					near, out[i] = e, int32(g)
				}
			}
		}
		k, _ := cluster.Canonical(out)
		return &cluster.Clustering{Labels: out, K: k, Stop: cluster.Exact}, ctx.Err()
	}
	return in
}

// checkHoldout is a log in which everyone buys before day 30 and some, by label,
// after it.
func checkHoldout(ids []string, labels []int32, seed uint64) *datasets.Holdout {
	rng := rand.New(rand.NewPCG(seed, 0x401d))
	b := datasets.NewBuilder(datasets.Meta{Name: "check", Unit: "customer", Has: datasets.FieldAmount})
	const day = int64(86_400_000_000)
	for i, id := range ids {
		b.Add(datasets.Event{Customer: id, Time: day * int64(i%30), Amount: 10})
		for range int(labels[i]) + 1 {
			b.Add(datasets.Event{Customer: id, Time: day * int64(30+rng.IntN(30)), Amount: math.Round(100*rng.Float64()) / 4})
		}
	}
	b.Add(datasets.Event{Customer: "last", Time: 60 * day, Amount: 1})
	log := b.Log()
	_, after := datasets.Split(log, log.Meta.Local(30*day), log.Meta.Window.To)
	return after
}

func checkBytes(in *Input) string {
	return fmt.Sprint(in.X.Data(), in.C.Labels, in.C.K, in.Truth)
}

func sameBits(a, b Score) bool {
	return a.Reason == b.Reason && math.Float64bits(a.Value) == math.Float64bits(b.Value) && len(a.PerSegment) == len(b.PerSegment) &&
		fmt.Sprint(a.PerSegment, a.PerRow) == fmt.Sprint(b.PerSegment, b.PerRow)
}

func renamed(in *Input, to []int) *Input {
	out := *in
	c := *in.C
	c.Labels = slices.Clone(c.Labels)
	for i, l := range c.Labels {
		if l >= 0 {
			c.Labels[i] = int32(to[l])
		}
	}
	out.C = &c
	return &out
}

func reordered(in *Input, rows []int) *Input {
	out := *in
	out.X = in.X.Pick(rows)
	pick := func(l []int32) []int32 {
		p := make([]int32, len(rows))
		for i, r := range rows {
			p[i] = l[r]
		}
		return p
	}
	c := *in.C
	c.Labels = pick(c.Labels)
	out.C = &c
	out.Worth = nil
	for _, r := range rows {
		out.Worth = append(out.Worth, in.Worth[r])
	}
	out.Truth = nil
	for _, t := range in.Truth {
		out.Truth = append(out.Truth, Labelling{Name: t.Name, Labels: pick(t.Labels)})
	}
	return &out
}

func mapped(in *Input, f func(v float64, col int) float64) *Input {
	out := *in
	n, _ := in.X.Dims()
	x := features.NewMatrix(n, in.X.Cols, slices.Clone(in.X.Data()))
	x.IDs = in.X.IDs
	for i := range n {
		for j, v := range x.Row(i) {
			x.Row(i)[j] = f(v, j)
		}
	}
	out.X = x
	return &out
}
