package cluster

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/mores-lab/mores/features"
)

// invariance: changes that are declared to mean nothing must change nothing.
func (c *checker) invariance() {
	x, _ := checkBlobs(300, c.seed)
	for _, v := range []int{1, 2, 3} { // some points between the blobs
		copy(x.Row(v), []float64{float64(v) - 2, 2})
	}
	n, d := x.Dims()
	base := c.fit("as it is", c.make(x, 4), x, Run{Seed: 2})
	if base == nil {
		return
	}
	compare := func(what string, of Relation, change func(y *features.Matrix, a Algorithm) (back []int)) {
		if c.m.Invariance&of == 0 {
			return
		}
		y := x.Pick(seq(n))
		a := c.make(x, 4)
		back := change(y, a)
		got := c.fit(what, a, y, Run{Seed: 2})
		if got == nil {
			return
		}
		labels := got.Labels
		if back != nil {
			labels = make([]int32, n)
			for i, b := range back {
				labels[b] = got.Labels[i]
			}
			Canonical(labels)
		}
		if !slices.Equal(labels, base.Labels) {
			c.failf("another partition %s (adjusted Rand index %.4f)", what, adjustedRand(labels, base.Labels))
		}
	}
	compare("after a translation", Translation, func(y *features.Matrix, _ Algorithm) []int {
		for i := range n {
			y.Row(i)[0] += 16
			y.Row(i)[1] -= 100
		}
		return nil
	})
	compare("after scaling", Scaling, func(y *features.Matrix, a Algorithm) []int {
		for i := range y.Data() {
			y.Data()[i] *= 4
		}
		c.scaleLengths(a, 4)
		return nil
	})
	compare("with columns exchanged", ColumnOrder, func(y *features.Matrix, _ Algorithm) []int {
		for i := range n {
			slices.Reverse(y.Row(i)[:d])
		}
		return nil
	})
	compare("after turning and mirroring the axes", Rotation, func(y *features.Matrix, _ Algorithm) []int {
		sin, cos := math.Sincos(0.5)
		for i := range n {
			r := y.Row(i)
			r[0], r[1] = cos*r[0]-sin*r[1], -sin*r[0]-cos*r[1]
		}
		return nil
	})
	compare("with a constant column added", ConstantColumn, func(y *features.Matrix, _ Algorithm) []int {
		wide := checkMatrix(n, d+1)
		for i := range n {
			copy(wide.Row(i), y.Row(i))
			wide.Row(i)[d] = 7
		}
		*y = *wide
		return nil
	})
	compare("with rows exchanged", RowOrder, func(y *features.Matrix, _ Algorithm) []int {
		back := rand.New(rand.NewPCG(3, 3)).Perm(n)
		*y = *x.Pick(back)
		return back
	})
	c.repetition()
}

// repetition: on far blobs, where every start ends in the same place, weights 1, 2, 3
// and rows written once, twice, three times are one thing.
func (c *checker) repetition() {
	if c.m.Invariance&Repetition == 0 {
		return
	}
	x, _ := checkBlobs(90, c.seed)
	x.Weights = make([]float64, 90)
	var rows []int
	for i := range x.Weights {
		x.Weights[i] = float64(1 + i/3%3)
		for range 1 + i/3%3 {
			rows = append(rows, i)
		}
	}
	many := x.Pick(rows)
	many.Weights = nil
	a := c.fit("weights 1, 2, 3", c.make(x, 3), x, Run{Seed: 3})
	b := c.fit("rows written 1, 2, 3 times", c.make(many, 3), many, Run{Seed: 3})
	if a == nil || b == nil {
		return
	}
	once := make([]int32, 90)
	for at, i := range rows {
		once[i] = b.Labels[at]
	}
	Canonical(once)
	if !slices.Equal(a.Labels, once) {
		c.failf("weights 1, 2, 3 and rows written as often give other partitions (adjusted Rand index %.4f)", adjustedRand(a.Labels, once))
		return
	}
	if a.Objective != nil && b.Objective != nil {
		if u, v := *a.Objective, *b.Objective; math.Abs(u-v) > 1e-9*math.Abs(u) {
			c.failf("weights 1, 2, 3 and rows written as often give other objectives: %v, %v", u, v)
		}
	}
}

// progress: within a start no step is worse than the one before.
func (c *checker) progress() {
	if c.m.Progress == Unordered {
		return
	}
	for s := range uint64(5) {
		x, _ := checkBlobs(300, c.seed+s)
		r := rand.New(rand.NewPCG(s, 0x70726f67))
		for i := range x.Data() { // blurred: a few more steps
			x.Data()[i] += 2 * r.NormFloat64()
		}
		last, steps, complained := Step{}, 0, false
		listen := func(st Step) {
			worse := st.Objective - last.Objective
			if c.m.Progress == Rising {
				worse = -worse
			}
			if st.Iter > last.Iter && last.Iter > 0 && worse > 1e-9*math.Abs(last.Objective) && !complained {
				c.failf("step %d has objective %v after %v", st.Iter, st.Objective, last.Objective)
				complained = true
			}
			last = st
			steps++
		}
		if c.fit("blurred blobs", c.make(x, 5), x, Run{Seed: s, Report: listen}) != nil && steps == 0 {
			c.failf("no step was reported")
			return
		}
	}
}

// memberships: shares of every row in every cluster, that sum to 1 and are largest
// where the label says.
func (c *checker) memberships() {
	x, _ := checkBlobs(120, c.seed)
	a := c.make(x, 3)
	soft, ok := a.(Memberships)
	if !ok {
		return
	}
	got := c.fit("fit", a, x, Run{Seed: 4})
	if got == nil {
		return
	}
	shares, err := soft.Memberships(x, got)
	if err != nil {
		c.failf("%v", err)
		return
	}
	if len(shares) != 120*got.K {
		c.failf("%d shares for 120 rows and %d clusters", len(shares), got.K)
		return
	}
	for i := range 120 {
		row := shares[i*got.K : (i+1)*got.K]
		sum, most := 0.0, 0
		for l, s := range row {
			if !(s >= 0 && s <= 1) {
				c.failf("row %d has share %v in cluster %d", i, s, l)
				return
			}
			sum += s
			if s > row[most] {
				most = l
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			c.failf("the shares of row %d sum to %v", i, sum)
			return
		}
		if l := got.Labels[i]; l >= 0 && row[l] < row[most] {
			c.failf("row %d has label %d, but its largest share, %v, is in cluster %d", i, l, row[most], most)
			return
		}
	}
}

// scaleLengths multiplies the options that are lengths, where they are given.
func (c *checker) scaleLengths(a Algorithm, factor float64) {
	for _, f := range paramFields(a) {
		switch f.key {
		case "eps", "max_eps", "bandwidth", "threshold", "distance_threshold":
			v := f.value
			if v.Kind() == reflect.Pointer {
				if v.IsNil() {
					continue
				}
				v = v.Elem()
			}
			if err := SetValue(a, f.key, v.Float()*factor); err != nil {
				c.failf("%v", err)
			}
		}
	}
}
