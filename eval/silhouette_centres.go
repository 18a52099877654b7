package eval

import (
	"context"
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

// silhouetteOf is a row's silhouette; 0 where it coincides with its own segment and with
// another one.
func silhouetteOf(a, b float64) float64 {
	if m := max(a, b); m > 0 {
		return (b - a) / m
	}
	return 0
}

// centreKin is a silhouette whose a and b follow from the groups' means.
type centreKin struct {
	name string
	// parts gets the groups' mean squared distances to their means, the row's group and its
	// squared distances to all means; near is the group that b is of.
	parts    func(p *partition, variance []float64, own int, to []float64) (a, b float64, near int)
	squared  bool // a and b are mean squared distances, not distances to means
	interval bool // asked for
}

// score is the mean over rows of (b − a)/max(a, b). A row alone in its group has 0.
func (kin *centreKin) score(ctx context.Context, in *Input) (Score, error) {
	name := kin.name
	p := newPartition(name, in)
	if p.reason != "" || p.missing(name, in) {
		return Score{Reason: p.reason}, ctx.Err()
	}
	centres, err := p.centres(ctx, in)
	if err != nil {
		return Score{}, err
	}
	n, d := in.X.Dims()
	shift := kernel.Nearby(in.X.Data(), d)
	squared := make([]float64, n) // to the own mean
	toAll := func(row, to []float64, i int) {
		for j, v := range in.X.Row(i) {
			row[j] = v - shift[j] // means are counted from there
		}
		for g := range to {
			s := 0.0
			for j, v := range centres.Row(g) {
				s += (row[j] - v) * (row[j] - v)
			}
			to[g] = s
		}
	}
	out := Score{Noise: p.policy, PerRow: make([]float64, n), PerSegment: make([]float64, p.segments)}
	pass := func(do func(i, own int, to []float64)) error {
		return p.blocks(ctx, in, func(int) {}, func(_, lo, hi int) {
			row, to := make([]float64, d), make([]float64, p.k)
			for i := lo; i < hi; i++ {
				if i%1024 == 0 && ctx.Err() != nil {
					return
				}
				if g := p.label[i]; g >= 0 {
					toAll(row, to, i)
					do(i, int(g), to)
				}
			}
		})
	}
	if err := pass(func(i, own int, to []float64) { squared[i] = to[own] }); err != nil {
		return Score{}, err
	}
	variance := make([]float64, p.k)
	for i, g := range p.label {
		if g >= 0 {
			variance[g] += squared[i] / float64(p.size(int(g)))
		}
	}
	parts := newSilhouetteParts(n)
	err = pass(func(i, own int, to []float64) {
		out.PerRow[i], parts.near[i] = 0, -1
		if p.size(own) > 1 {
			a, b, near := kin.parts(p, variance, own, to)
			parts.a[i], parts.b[i], parts.near[i] = a, b, int32(near)
			out.PerRow[i] = silhouetteOf(a, b)
		}
	})
	if err != nil {
		return Score{}, err
	}
	for i, g := range p.label {
		if g < 0 {
			out.PerRow[i] = math.NaN()
			continue
		}
		out.Value += out.PerRow[i] / float64(p.kept())
		if int(g) < p.segments {
			out.PerSegment[g] += out.PerRow[i] / float64(p.size(int(g)))
		}
	}
	if math.IsNaN(out.Value) {
		return Undefined("%s left the range of floating-point numbers; scale the features first", name), nil
	}
	if kin.interval {
		out.setInterval(kin.standardError(p, parts, centres, shift, in, &out))
	}
	return out, ctx.Err()
}

// centreInfluence is what one more row does to the silhouettes that a group counts in, through
// its mean and spread: at u from the mean it adds square·‖u‖² + linear·u + constant.
type centreInfluence struct {
	square, constant float64
	linear           []float64
}

// rows is for a value that moves by c for each unit of the mean squared distance to the
// group, now mean, from u.
func (q *centreInfluence) rows(c, mean float64, u []float64) {
	q.square += c
	q.constant -= c * mean
	for j, v := range u {
		q.linear[j] -= 2 * c * v
		q.constant += c * v * v
	}
}

// centre is for a value that moves by c for each unit of the distance to the group's mean.
func (q *centreInfluence) centre(c, distance float64, u []float64) {
	if distance > 0 {
		for j, v := range u {
			q.linear[j] -= c * v / distance
		}
	}
}

// standardError is silhouetteRun's: of each row's own value and what it does to the
// others'. Cost O(n·d).
func (kin *centreKin) standardError(p *partition, parts *silhouetteParts, centres *kernel.Groups, shift []float64, in *Input, out *Score) float64 {
	q := make([]centreInfluence, p.k)
	for g := range q {
		q[g].linear = make([]float64, len(shift))
	}
	at := make([]float64, len(shift))
	from := func(i, g int) []float64 {
		mean := centres.Row(g)
		for j, v := range in.X.Row(i) {
			at[j] = v - shift[j] - mean[j]
		}
		return at
	}
	self := make([]float64, len(parts.a)) // a row does not count in its own a
	for i, g := range p.label {
		near := int(parts.near[i])
		if g < 0 || near < 0 {
			continue
		}
		a, b := parts.a[i], parts.b[i]
		byA, byB := silhouetteSlopes(a, b)
		own, other := float64(p.size(int(g))), float64(p.size(near))
		if kin.squared {
			q[g].rows(byA/(own-1), a, from(i, int(g)))
			q[near].rows(byB/other, b, from(i, near))
			self[i] = byA / (own - 1) * a
		} else {
			q[g].centre(byA/own, a, from(i, int(g)))
			q[near].centre(byB/other, b, from(i, near))
		}
	}
	var squares float64
	for i, g := range p.label {
		if g < 0 {
			continue
		}
		v := out.PerRow[i] - out.Value + self[i] + q[g].constant
		for j, u := range from(i, int(g)) {
			v += q[g].linear[j]*u + q[g].square*u*u
		}
		squares += v * v
	}
	n := float64(p.kept())
	return math.Sqrt(squares / (n * (n - 1)))
}
