package cluster

import (
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

// kmeansSample is the number of evenly spaced rows from which the frame is judged.
const kmeansSample = 1024

// setup copies the rows to float32 and finds the mean variance of the columns. Origin
// and scale of the copy are those of a sample, unless a row lies far outside; rows that
// float32 cannot hold leave frame nil. It reports whether all values are finite, or false
// if squares overflow.
func (r *kmeansRun) setup() (finite bool, err error) {
	reach := r.middle()
	sums := make([]float64, len(r.shards)*2*r.d)
	fill := func(rows *kernel.Rows32) error {
		clear(sums)
		return parallel(r.ctx, r.run.workers(), len(r.shards), func(i int) {
			s, part := r.shards[i], sums[i*2*r.d:(i+1)*2*r.d]
			for lo := s.lo; lo < s.hi; lo += kmeansChunk {
				hi := min(s.hi, lo+kmeansChunk)
				if rows != nil {
					rows.Fill(r.x, lo/kernel.Lanes32, (hi+kernel.Lanes32-1)/kernel.Lanes32)
				}
				kernel.Spread(r.x[lo*r.d:hi*r.d], r.origin, part[:r.d], part[r.d:])
			}
		})
	}
	for range 2 {
		scale := kernel.Scale32(reach)
		if scale == 0 {
			r.frame = nil
			if err := fill(nil); err != nil {
				return false, err
			}
			break
		}
		if r.frame == nil {
			r.frame = kernel.NewRows32(r.n, r.d, r.origin, scale)
		}
		r.frame.Scale = scale
		if err := fill(r.frame); err != nil {
			return false, err
		}
		r.top = 0
		for _, v := range r.frame.Norm {
			if !(v <= r.top) {
				r.top = v
			}
		}
		if r.top <= 0x1p10*float32(math.Sqrt(float64(r.d))) {
			break
		}
		reach = 0 // the sample misled
		for i, v := range r.x {
			reach = max(reach, math.Abs(v-r.origin[i%r.d]))
		}
	}
	total := make([]float64, 2*r.d)
	for i := range r.shards {
		kernel.Plus(total, sums[i*2*r.d:(i+1)*2*r.d])
	}
	v, n, square := 0.0, float64(r.n), 0.0
	for j, s := range total[:r.d] {
		v += max(0, total[r.d+j]-s*s/n) / n
		square += total[r.d+j]
	}
	r.tol = r.opt.Tol * v / float64(r.d)
	if r.w == nil {
		r.square = square
	}
	return square <= math.MaxFloat64, nil
}

// middle sets the origin near the mean of a sample and returns how far the sample goes
// from it. Each coordinate is a multiple of a power of two, an eighth of the sample's
// range or less, so that subtracting it from round numbers is exact: sums, and so
// centres, are no worse than those of the rows as they are.
func (r *kmeansRun) middle() (reach float64) {
	r.origin = make([]float64, r.d)
	step := max(1, r.n/kmeansSample)
	for j := range r.origin {
		lo, hi, s, count := r.x[j], r.x[j], 0.0, 0
		for i := 0; i < r.n; i += step {
			v := r.x[i*r.d+j]
			lo, hi = min(lo, v), max(hi, v)
			s += v
			count++
		}
		_, e := math.Frexp(hi - lo)
		q := math.Ldexp(1, e-4)
		r.origin[j] = math.Round(s/float64(count)/q) * q
		if o := r.origin[j]; hi == lo || math.IsNaN(o) || math.IsInf(o, 0) {
			r.origin[j] = lo
		}
		reach = max(reach, hi-r.origin[j], r.origin[j]-lo)
	}
	return reach
}
