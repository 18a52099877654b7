package kernel

import "math"

// Groups are per-group numbers of rows with d columns: sums, or centres. Group −1 takes
// what belongs to none.
type Groups struct {
	D, K  int
	p     int
	data  []float64 // K+1 rows of p numbers, from group −1 on
	shift []float64
}

// NewGroups returns k groups of zeros; everything is counted from shift.
func NewGroups(k int, shift []float64) *Groups {
	d := len(shift)
	p := max(8, (d+7)/8*8)
	g := &Groups{D: d, K: k, p: p, data: Aligned64((k + 1) * p), shift: Aligned64(p)}
	copy(g.shift, shift)
	return g
}

// Row returns the d numbers of group i: a view.
func (g *Groups) Row(i int) []float64 { return g.data[(i+1)*g.p : (i+1)*g.p+g.D] }

// Clear sets all numbers to 0.
func (g *Groups) Clear() { clear(g.data) }

// Merge adds o's numbers.
func (g *Groups) Merge(o *Groups) {
	for i, v := range o.data {
		g.data[i] += v
	}
}

// Add adds each row of x, less the shift, to its group's numbers, in the order of the rows.
// Labels lie in −1 … K−1, or the memory of others is written to. Cost O(n·d).
func (g *Groups) Add(x []float64, label []int32) {
	if g.D == 0 {
		return
	}
	// Columns go eight at a time: rows must still be in the innermost cache for the next.
	for rows := max(16, 2048/g.D); len(label) > 0; {
		n := min(rows, len(label))
		covarianceSums(x[:n*g.D], g.D, label[:n], g.shift, g.data, g.p)
		x, label = x[n*g.D:], label[n:]
	}
}

// Squares writes each row's squared distance to the numbers of its group, which are taken
// as centres: lane l sums columns l, l+8, … with fused multiply-adds, and the lanes are
// added as ((0+1)+(2+3))+((4+5)+(6+7)). What it writes for label −1 means nothing.
func (g *Groups) Squares(x []float64, label []int32, out []float64) {
	out = out[:len(label)]
	if g.D == 0 {
		clear(out)
	} else if len(label) > 0 {
		covarianceOwn(x[:len(label)*g.D], g.D, label, g.shift, g.data, g.p, out)
	}
}

func covarianceSumsPlain(x []float64, d int, label []int32, shift, sums []float64, p int) {
	for i, g := range label {
		to := sums[(int(g)+1)*p:]
		for j, v := range x[i*d : i*d+d] {
			to[j] += v - shift[j]
		}
	}
}

func covarianceOwnPlain(x []float64, d int, label []int32, shift, centres []float64, p int, out []float64) {
	for i, g := range label {
		m := centres[(int(g)+1)*p:]
		var s [8]float64
		for j, v := range x[i*d : i*d+d] {
			t := v - shift[j] - m[j]
			s[j%8] = math.FMA(t, t, s[j%8])
		}
		out[i] = addLanes(&s)
	}
}
