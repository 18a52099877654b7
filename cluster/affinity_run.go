package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// affinityRun holds the messages, n×n each, row by row.
type affinityRun struct {
	ctx     context.Context
	opt     *Affinity
	run     Run
	n       int
	workers int
	s, r, a []float64
	column  []float64 // per block of rows: Σ max(0, r) of each column
	blocks  blocks
}

// affinityNoise is scikit-learn's: a similarity's last bit, and something where it is 0.
const (
	affinityNoise  = 0x1p-52
	affinityTiny   = 100 * 0x1p-1022
	affinityBlocks = 16 // of rows: partial sums of columns are n numbers each
)

func (r *affinityRun) row(m []float64, i int) []float64 { return m[i*r.n : (i+1)*r.n : (i+1)*r.n] }

func (r *affinityRun) each(do func(i int)) error {
	return parallel(r.ctx, r.workers, r.n, do)
}

// similarities fills s: minus squared distances, the preference on the diagonal.
func (r *affinityRun) similarities(x *features.Matrix) ([]string, error) {
	metric, square := r.opt.Metric, true
	if r.run.Space == nil && (metric == "" || metric == "euclidean") {
		metric, square = "sqeuclidean", false
	}
	on, warnings, err := r.run.onMetric("affinity", metric, x)
	if err != nil {
		return nil, err
	}
	r.s = make([]float64, r.n*r.n)
	overflow := make([]bool, r.n)
	err = r.each(func(i int) {
		to := r.row(r.s, i)
		rows(on.Space, i, to)
		for j, v := range to {
			if square {
				v *= v
			}
			to[j] = -v
			overflow[i] = overflow[i] || math.IsInf(v, 0)
		}
	})
	if err == nil && slices.Contains(overflow, true) {
		err = &DataError{"affinity", "squared distances overflow: values are too large, scale the columns first"}
	}
	return warnings, err
}

// preference is the option's, or the median of all n² similarities, the diagonal's
// zeros among them, as scikit-learn's: sorted, every pair's comes twice, then n zeros.
func (r *affinityRun) preference() (float64, error) {
	if r.opt.Preference != nil {
		return *r.opt.Preference, nil
	}
	r.r = make([]float64, r.n*r.n) // lent
	pairs := r.r[:0]
	defer func() { clear(r.r[:len(pairs)]) }()
	for i := range r.n {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		pairs = append(pairs, r.row(r.s, i)[:i]...)
	}
	at := func(place int) float64 {
		if place/2 >= len(pairs) {
			return 0
		}
		return affinitySelect(r.ctx, pairs, place/2)
	}
	upper := at(r.n * r.n / 2)
	if r.n%2 == 1 {
		return upper, r.ctx.Err()
	}
	return (at(r.n*r.n/2-1) + upper) / 2, r.ctx.Err()
}

// affinitySelect puts the k-th least value at its place, lesser ones before it. It gives up
// where ctx is done.
func affinitySelect(ctx context.Context, v []float64, k int) float64 {
	lo, hi, swaps := 0, len(v)-1, 0
	for lo < hi {
		a, b, c := v[lo], v[(lo+hi)/2], v[hi]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
			if swaps++; swaps&(1<<20-1) == 0 && ctx.Err() != nil {
				return 0
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return v[k]
		}
	}
	return v[k]
}

// alike says that all pairs are as similar as the first two rows.
func (r *affinityRun) alike() bool {
	first := r.s[1]
	for i := range r.n {
		for j, v := range r.row(r.s, i) {
			if v != first && i != j {
				return false
			}
		}
	}
	return true
}

// affinityDraw is a number of mean 0 and variance 1 that looks random: splitmix64 of
// the pair, spread evenly.
func affinityDraw(pair uint64) float64 {
	z := (pair + 1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return (float64(z>>11)*0x1p-52 - 1) * math.Sqrt(3)
}

func (r *affinityRun) propagate() (*Clustering, error) {
	n := r.n
	preference, err := r.preference()
	if err != nil {
		return nil, err
	}
	if r.alike() {
		c := &Clustering{Labels: make([]int32, n), Stop: Exact, K: 1, Medoids: []int{0}}
		c.Warnings = append(c.Warnings, "affinity: all pairs of rows are equally similar: there is nothing to decide")
		if preference > r.s[1] {
			c.K, c.Labels, c.Medoids = n, seq32(n), seq(n)
		}
		return c, r.ctx.Err()
	}
	err = r.each(func(i int) {
		s := r.row(r.s, i)
		s[i] = preference
		for j, v := range s {
			s[j] += (affinityNoise*v + affinityTiny) * affinityDraw(uint64(i)<<32|uint64(j))
		}
	})
	if err != nil {
		return nil, err
	}
	if r.r == nil {
		r.r = make([]float64, n*n)
	}
	r.a = make([]float64, n*n)
	r.blocks = blocks{n, (n + affinityBlocks - 1) / affinityBlocks, 0}
	r.blocks.count = (n + r.blocks.size - 1) / r.blocks.size
	r.column = make([]float64, r.blocks.count*n)
	var (
		c       = &Clustering{Stop: MaxIter}
		recent  = make([]int, n) // of the last convergence_iter rounds, those in which a row was an exemplar
		history = make([][]bool, r.opt.ConvergenceIter)
		now     []bool
	)
	for i := range history {
		history[i] = make([]bool, n)
	}
	for c.Iter < r.opt.MaxIter && c.Stop == MaxIter {
		if err := r.round(); err != nil {
			return nil, err
		}
		now = history[c.Iter%len(history)]
		exemplars, settled := 0, true
		for i := range n {
			is := r.a[i*n+i]+r.r[i*n+i] > 0
			if now[i] {
				recent[i]--
			}
			if now[i] = is; is {
				recent[i]++
				exemplars++
			}
			settled = settled && (recent[i] == 0 || recent[i] == len(history))
		}
		if c.Iter >= len(history) && settled && exemplars > 0 {
			c.Stop = Converged
		}
		c.Iter++
		r.run.report(Step{Iter: c.Iter, Of: r.opt.MaxIter, Objective: float64(exemplars)})
	}
	var exemplars []int
	for i, is := range now {
		if is {
			exemplars = append(exemplars, i)
		}
	}
	r.finish(c, exemplars)
	return c, r.ctx.Err()
}

// round sends every message once. Sums of columns are taken block by block of rows and
// added in order.
func (r *affinityRun) round() error {
	n, damp := r.n, r.opt.Damping
	clear(r.column)
	err := r.blocks.each(r.ctx, r.workers, func(b, lo, hi int) {
		column := r.column[b*n : (b+1)*n]
		for i := lo; i < hi; i++ {
			if r.ctx.Err() != nil {
				return
			}
			s, resp, avail := r.row(r.s, i), r.row(r.r, i), r.row(r.a, i)
			first, second, at := math.Inf(-1), math.Inf(-1), 0
			for j, v := range s {
				if v += avail[j]; v > second {
					if second = v; v > first {
						first, second, at = v, first, j
					}
				}
			}
			own := damp*resp[at] + (1-damp)*(s[at]-second)
			for j, v := range s {
				resp[j] = damp*resp[j] + (1-damp)*(v-first)
			}
			resp[at] = own
			for j, v := range resp {
				if v > 0 {
					column[j] += v
				}
			}
			if resp[i] < 0 { // of itself a row counts below 0 too
				column[i] += resp[i]
			}
		}
	})
	if err != nil {
		return err
	}
	total := r.column[:n]
	for b := 1; b < r.blocks.count; b++ {
		for j, v := range r.column[b*n : (b+1)*n] {
			total[j] += v
		}
	}
	return r.each(func(i int) {
		resp, avail := r.row(r.r, i), r.row(r.a, i)
		self := damp*avail[i] + (1-damp)*(total[i]-resp[i])
		for j, v := range resp {
			v = total[j] - math.Max(v, 0)
			if v > 0 {
				v = 0
			}
			avail[j] = damp*avail[j] + (1-damp)*v
		}
		avail[i] = self
	})
}

// finish assigns the rows to the exemplars, makes of each cluster the row most similar
// to its others the medoid, and assigns again.
func (r *affinityRun) finish(c *Clustering, exemplars []int) {
	if len(exemplars) == 0 {
		c.Labels = make([]int32, r.n)
		for i := range c.Labels {
			c.Labels[i] = Noise
		}
		c.Warnings = append(c.Warnings, fmt.Sprintf("R006 affinity: no exemplar after %d rounds: all rows are noise; raise preference, damping (0.9) or max_iter", c.Iter))
		return
	}
	members := make([][]int, len(exemplars))
	for i, l := range r.assign(exemplars) {
		members[l] = append(members[l], i)
	}
	for l, in := range members {
		best := math.Inf(-1)
		for _, j := range in {
			s := 0.0
			for _, i := range in {
				s += r.s[i*r.n+j]
			}
			if s > best {
				best, exemplars[l] = s, j
			}
		}
	}
	slices.Sort(exemplars)
	c.Labels = r.assign(exemplars)
	var old []int32
	c.K, old = Canonical(c.Labels)
	for _, o := range old {
		c.Medoids = append(c.Medoids, exemplars[o])
	}
	if c.Stop == MaxIter {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R004 affinity: the exemplars still changed after max_iter = %d rounds: raise max_iter or damping", c.Iter))
	}
}

// assign gives each row the most similar exemplar, ties to the first, and an exemplar
// itself.
func (r *affinityRun) assign(exemplars []int) []int32 {
	labels := make([]int32, r.n)
	for i := range labels {
		best := math.Inf(-1)
		for l, e := range exemplars {
			if v := r.s[i*r.n+e]; v > best {
				best, labels[i] = v, int32(l)
			}
		}
	}
	for l, e := range exemplars {
		labels[e] = int32(l)
	}
	return labels
}
