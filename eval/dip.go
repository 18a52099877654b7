package eval

import (
	"context"
	"math"
	"math/rand/v2"
)

// DipTest is a dip test of unimodality: does what was looked at have one hump?
type DipTest struct {
	// Dip is the largest distance between the distribution and the nearest one with a single
	// hump: from 1/(2n), one hump, to 1/4, two points.
	Dip float64 `json:"dip"`
	// P is how often as many values with one hump, spread evenly, dip as much.
	P      float64 `json:"p"`
	N      int     `json:"n"`     // values
	Draws  int     `json:"draws"` // even spreads that were looked at
	Reason string  `json:"reason,omitempty"`
}

// Dip returns the dip of sorted values,
//
//	dip = min over unimodal G of sup_x |F(x) − G(x)|,
//
// F their empirical distribution: convex left of some mode, concave right of it is what G
// may be. In [1/(2n), 1/4]; 1/(2n) where the values have one hump, and 0 without values.
// Moved or stretched values, and mirrored ones, have the same dip. Cost O(n) a step, and
// few steps.
//
// Hartigan & Hartigan 1985, The dip test of unimodality, Annals of Statistics 13(1), 70-84,
// doi:10.1214/aos/1176346577; P. M. Hartigan 1985, Algorithm AS 217, Applied Statistics
// 34(3), 320-325, doi:10.2307/2347485, of which this follows the version that R's diptest
// corrects.
func Dip(v []float64) float64 {
	n := len(v)
	switch {
	case n == 0:
		return 0
	case n == 1 || v[0] == v[n-1]:
		return 1 / float64(2*n)
	}
	d := dipRun{x: v, convex: make([]int, n), concave: make([]int, n)}
	d.hulls()
	return d.dip() / float64(2*n)
}

// dipRun counts in steps of F: 1 is 1/n.
type dipRun struct {
	x []float64
	// convex is for each value the one before it on the greatest convex minorant of the
	// values up to it; concave the one after it on the least concave majorant from it on.
	convex, concave []int
	below, above    []int // minorant from high down to low, majorant from low up to high
}

func (d *dipRun) hulls() {
	x, last := d.x, len(d.x)-1
	// steeper: the slope from a to b is at least that from b to c, where F is the place.
	for j := 1; j <= last; j++ {
		a := j - 1
		for a > 0 {
			b := d.convex[a]
			if (x[j]-x[a])*float64(a-b) < (x[a]-x[b])*float64(j-a) {
				break
			}
			a = b
		}
		d.convex[j] = a
	}
	d.concave[last] = last
	for j := last - 1; j >= 0; j-- {
		a := j + 1
		for a < last {
			b := d.concave[a]
			if (x[j]-x[a])*float64(a-b) < (x[a]-x[b])*float64(j-a) {
				break
			}
			a = b
		}
		d.concave[j] = a
	}
}

// dip narrows the interval of the mode, low to high, until F is nearer to its minorant left
// of it and its majorant right of it than these two are to each other inside.
func (d *dipRun) dip() float64 {
	low, high, dip := 0, len(d.x)-1, 1.0
	for {
		d.below = append(d.below[:0], high)
		for i := high; i > low; {
			i = d.convex[i]
			d.below = append(d.below, i)
		}
		d.above = append(d.above[:0], low)
		for i := low; i < high; {
			i = d.concave[i]
			d.above = append(d.above, i)
		}
		gap, ig, ih := d.apart()
		if gap < dip {
			return dip
		}
		for j := ig; j+1 < len(d.below); j++ {
			dip = max(dip, d.bend(d.below[j+1], d.below[j], 1))
		}
		for j := ih; j+1 < len(d.above); j++ {
			dip = max(dip, d.bend(d.above[j], d.above[j+1], -1))
		}
		if low == d.below[ig] && high == d.above[ih] {
			return dip
		}
		low, high = d.below[ig], d.above[ih]
	}
}

// apart is the largest distance between minorant and majorant, at corners of either, and
// the corners of both that enclose it.
func (d *dipRun) apart() (gap float64, ig, ih int) {
	x, below, above := d.x, d.below, d.above
	ig, ih = len(below)-1, len(above)-1
	if len(below) == 2 && len(above) == 2 {
		return 1, ig, ih
	}
	for i, j := len(below)-2, 1; ; {
		if g, l := below[i], above[j]; g > l { // the next corner is the majorant's
			b := below[i+1]
			if v := float64(l-b+1) - (x[l]-x[b])*float64(g-b)/(x[g]-x[b]); v >= gap {
				gap, ig, ih = v, i+1, j
			}
			j++
		} else {
			a := above[j-1]
			if v := (x[g]-x[a])*float64(l-a)/(x[l]-x[a]) - float64(g-a-1); v >= gap {
				gap, ig, ih = v, i, j
			}
			i--
		}
		i, j = max(i, 0), min(j, len(above)-1)
		if below[i] == above[j] {
			return gap, ig, ih
		}
	}
}

// bend is how far F lies above (side = 1) or below (−1) the line between two corners.
func (d *dipRun) bend(from, to int, side float64) float64 {
	x, most := d.x, 1.0
	if to-from < 2 || x[from] == x[to] {
		return most
	}
	slope := float64(to-from) / (x[to] - x[from])
	for i := from; i <= to; i++ {
		most = max(most, side*(float64(i-from)-(x[i]-x[from])*slope)+1)
	}
	return most
}

// Simulation of the dip's distribution. √n·dip hardly depends on n from dipMost on: its
// quantiles lie within 1 % of those of 72,000 values, and more values would take time.
const (
	dipDraws = 1000
	dipStop  = 20 // as many spreads that dip as much say enough of a large p
	dipMost  = 5_000
)

const (
	dipStream    = 0x64 + iota // number = draw
	dipRowStream               // which rows' distances are looked at
)

// NewDipTest tests sorted values for one hump. Of distributions with one hump the even one
// dips most, so that p is too large rather than too small for others. p is by simulation
// and sequential: h/l where the l-th even spread is the h-th that dips as much, h = 20, and
// (1+g)/(1+1000) where g < h of 1,000 do. Of more than 5,000 values, p is that of
// √n·dip at 5,000. The seed draws the spreads. Cost O(1000·min(n, 5,000)) at most.
//
// On sequential p: Besag & Clifford 1991, Biometrika 78(2), 301-304,
// doi:10.1093/biomet/78.2.301.
func NewDipTest(ctx context.Context, v []float64, seed uint64) (DipTest, error) {
	n := len(v)
	t := DipTest{Dip: Dip(v), N: n, P: 1}
	if n < 4 {
		t.Reason = Undefined("the dip test needs at least 4 values; here are %d", n).Reason
		return t, ctx.Err()
	}
	size := min(n, dipMost)
	limit := t.Dip * math.Sqrt(float64(n)/float64(size))
	exceeded := 0
	spread := make([]float64, size)
	for t.Draws < dipDraws && exceeded < dipStop {
		if err := ctx.Err(); err != nil {
			return DipTest{}, err
		}
		if dipEven(spread, rand.New(rand.NewPCG(seed, dipStream+uint64(t.Draws)<<8))) >= limit {
			exceeded++
		}
		t.Draws++
	}
	t.P = float64(1+exceeded) / float64(1+t.Draws)
	if exceeded == dipStop {
		t.P = float64(exceeded) / float64(t.Draws)
	}
	return t, nil
}

// dipEven is the dip of as many even random numbers: sums of exponential ones are even
// numbers in order, but for their scale (Rényi 1953).
func dipEven(spread []float64, rng *rand.Rand) float64 {
	at := 0.0
	for i := range spread {
		at += rng.ExpFloat64()
		spread[i] = at
	}
	return Dip(spread)
}
