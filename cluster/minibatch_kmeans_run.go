package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

// The generator streams: of the batches, and of start i (miniBatchStarts+i).
const (
	miniBatchStream = 0x6d696e696261
	miniBatchStarts = 0x6d696e69 << 16
)

// miniBatchChunk is how many rows of a batch one goroutine takes at a time.
const miniBatchChunk = 512

// miniBatchRun is the state of one fit.
type miniBatchRun struct {
	ctx     context.Context
	opt     *MiniBatchKMeans
	run     Run
	x, w    []float64
	n, d    int
	batch   int
	upTo    []float64 // Σ w up to and with each row, or nil
	tol     float64
	centers []float64 // k×d
	before  []float64 // the centres of the step before
	seen    []float64 // rows drawn, by centre
	sums    []float64 // Σ (x − μ) of the batch
	counts  []float64
	exact   kernel.Centers64
	rows    []int32 // of the batch
	label   []int32
	dist    []float64
	since   int // rows drawn since reassign was last due
	steps   int
}

func newMiniBatchRun(ctx context.Context, a *MiniBatchKMeans, x *features.Matrix, run Run) *miniBatchRun {
	n, d := x.Dims()
	r := &miniBatchRun{ctx: ctx, opt: a, run: run, x: x.Data(), w: x.Weights, n: n, d: d, batch: min(a.BatchSize, n)}
	r.rows, r.label, r.dist = make([]int32, r.batch), make([]int32, r.batch), make([]float64, r.batch)
	if r.w != nil {
		r.upTo = make([]float64, n)
		total := 0.0
		for i, w := range r.w {
			total += w
			r.upTo[i] = total
		}
	}
	if a.Tol > 0 {
		r.tol = a.Tol * r.variance()
	}
	return r
}

func (r *miniBatchRun) row(i int32) []float64 {
	return r.x[int(i)*r.d : int(i+1)*r.d : int(i+1)*r.d]
}

// variance is the mean of the columns' variances, unweighted as scikit-learn's.
func (r *miniBatchRun) variance() float64 {
	mean, sq := make([]float64, r.d), 0.0
	for i := range r.n {
		for j, v := range r.row(int32(i)) {
			mean[j] += v
		}
	}
	for j := range mean {
		mean[j] /= float64(r.n)
	}
	for i := range r.n {
		for j, v := range r.row(int32(i)) {
			sq += (v - mean[j]) * (v - mean[j])
		}
	}
	return sq / float64(r.n) / float64(r.d)
}

// draw fills rows with rows drawn by weight, with replacement.
func (r *miniBatchRun) draw(rng *rand.Rand, rows []int32) {
	for b := range rows {
		if r.upTo == nil {
			rows[b] = int32(rng.IntN(r.n))
			continue
		}
		u := rng.Float64() * r.upTo[r.n-1]
		i := sort.Search(r.n-1, func(i int) bool { return r.upTo[i] > u })
		for r.w[i] == 0 { // rounding took u past the end
			i--
		}
		rows[b] = int32(i)
	}
}

// start prepares the first centres.
func (r *miniBatchRun) start() error {
	if err := r.choose(); err != nil {
		return err
	}
	k := len(r.centers) / r.d
	r.before, r.sums = make([]float64, k*r.d), make([]float64, k*r.d)
	r.seen, r.counts = make([]float64, k), make([]float64, k)
	return nil
}

// choose takes the given centres, or the best of NInit starts among random rows.
func (r *miniBatchRun) choose() error {
	if r.opt.InitCenters != nil {
		for _, c := range r.opt.InitCenters {
			r.centers = append(r.centers, c...)
		}
		return nil
	}
	size := r.opt.initSize(r.n)
	judges, among := make([]int32, size), make([]int32, size)
	label, dist := make([]int32, size), make([]float64, size)
	least := math.Inf(1)
	for i := range r.opt.NInit {
		rng := rand.New(rand.NewPCG(r.run.Seed, miniBatchStarts+uint64(i)))
		r.draw(rng, among)
		s := &kmeansSeeds{ctx: r.ctx, workers: r.run.workers(), n: size, d: r.d, k: r.opt.NClusters}
		for _, row := range among {
			s.x = append(s.x, r.row(row)...)
		}
		centers, err := s.pick(r.opt.Init, rng)
		if err == nil && len(centers) < s.k*r.d { // too few distinct rows among those drawn
			s = &kmeansSeeds{ctx: r.ctx, workers: r.run.workers(), x: r.x, w: r.w, n: r.n, d: r.d, k: s.k}
			centers, err = s.pick(r.opt.Init, rng)
		}
		if err != nil {
			return err
		}
		if r.opt.NInit == 1 {
			r.centers = centers
			return nil
		}
		if i == 0 {
			r.draw(rng, judges)
		}
		if err := r.nearest(centers, judges, label, dist); err != nil {
			return err
		}
		if inertia := sum(dist); r.centers == nil || inertia < least {
			least, r.centers = inertia, centers
		}
	}
	return nil
}

// nearest finds the nearest centre of each listed row.
func (r *miniBatchRun) nearest(centers []float64, rows, label []int32, dist []float64) error {
	r.exact.Set(centers, r.d)
	chunks := (len(rows) + miniBatchChunk - 1) / miniBatchChunk
	workers := r.run.workers()
	if len(rows)*len(centers) < 1<<18 { // less work than waking somebody
		workers = 1
	}
	return parallel(r.ctx, workers, chunks, func(c int) {
		lo, hi := c*miniBatchChunk, min(len(rows), (c+1)*miniBatchChunk)
		r.exact.Nearest(r.x, rows[lo:hi], label[lo:hi], dist[lo:hi])
	})
}

// loop draws batches until the centres settle.
func (r *miniBatchRun) loop() (Stop, error) {
	rng := rand.New(rand.NewPCG(r.run.Seed, miniBatchStream))
	steps := max(1, r.opt.MaxIter*r.n/r.batch)
	// The weight of a batch in the smoothed inertia: two batches in n rows.
	alpha := min(1, 2*float64(r.batch)/float64(r.n+1))
	smooth, least, idle := math.NaN(), math.Inf(1), 0
	for r.steps < steps {
		due := r.due()
		r.draw(rng, r.rows)
		inertia, err := r.step(r.rows)
		if err != nil {
			return "", err
		}
		if due {
			r.reassign(rng)
		}
		r.steps++
		r.run.report(Step{Iter: r.steps, Of: steps, Objective: inertia / float64(r.batch) * float64(r.n)})
		if r.steps == 1 {
			continue // its inertia is that of the start
		}
		mean := inertia / float64(r.batch)
		if smooth = smooth*(1-alpha) + mean*alpha; r.steps == 2 {
			smooth = mean
		}
		if r.opt.Tol > 0 {
			shift := 0.0
			for i, v := range r.centers {
				shift += (v - r.before[i]) * (v - r.before[i])
			}
			if shift <= r.tol {
				return Converged, nil
			}
		}
		if idle++; smooth < least {
			least, idle = smooth, 0
		}
		if r.opt.MaxNoImprovement != nil && idle >= *r.opt.MaxNoImprovement {
			return Converged, nil
		}
	}
	return MaxIter, nil
}

// step assigns the rows of a batch and moves the centres. It returns their inertia
// before the move.
func (r *miniBatchRun) step(rows []int32) (float64, error) {
	label, dist := r.label[:len(rows)], r.dist[:len(rows)]
	if err := r.nearest(r.centers, rows, label, dist); err != nil {
		return 0, err
	}
	copy(r.before, r.centers)
	clear(r.sums)
	clear(r.counts)
	inertia := 0.0
	for b, i := range rows {
		c := int(label[b])
		r.counts[c]++
		inertia += dist[b]
		to, from := r.sums[c*r.d:(c+1)*r.d], r.before[c*r.d:(c+1)*r.d]
		for j, v := range r.row(i) {
			to[j] += v - from[j]
		}
	}
	for c, m := range r.counts {
		if m == 0 {
			continue
		}
		r.seen[c] += m
		for j, s := range r.sums[c*r.d : (c+1)*r.d] {
			r.centers[c*r.d+j] += s / r.seen[c]
		}
	}
	return inertia, nil
}

// due says whether centres are to be reassigned after the coming batch: when a centre
// has seen no row, and whenever 10·k rows have been drawn.
func (r *miniBatchRun) due() bool {
	r.since += r.batch
	if !slices.Contains(r.seen, 0) && r.since < 10*len(r.seen) {
		return false
	}
	r.since = 0
	return r.opt.ReassignmentRatio > 0
}

// reassign moves centres that have seen few rows to rows of the batch, at most half as
// many as the batch has. They count as having seen what the least busy of the others
// has, lest they move again at once.
func (r *miniBatchRun) reassign(rng *rand.Rand) {
	most := slices.Max(r.seen)
	var idle []int
	for c, v := range r.seen {
		if v < r.opt.ReassignmentRatio*most {
			idle = append(idle, c)
		}
	}
	sort.SliceStable(idle, func(a, b int) bool { return r.seen[idle[a]] < r.seen[idle[b]] })
	idle = idle[:min(len(idle), len(r.rows)/2)]
	moved := make(map[int]bool, len(idle))
	for i, c := range idle { // the first places of a shuffle
		at := i + rng.IntN(len(r.rows)-i)
		r.rows[i], r.rows[at] = r.rows[at], r.rows[i]
		copy(r.centers[c*r.d:(c+1)*r.d], r.row(r.rows[i]))
		moved[c] = true
	}
	least := most
	for c, v := range r.seen {
		if !moved[c] {
			least = min(least, v)
		}
	}
	for _, c := range idle {
		r.seen[c] = least
	}
}

// finish assigns every row to its nearest centre.
func (r *miniBatchRun) finish(stop Stop) (*Clustering, error) {
	labels := make([]int32, r.n)
	r.exact.Set(r.centers, r.d)
	blk := newBlocks(r.n)
	part := make([]float64, blk.count)
	err := blk.each(r.ctx, r.run.workers(), func(b, lo, hi int) {
		rows, dist := make([]int32, miniBatchChunk), make([]float64, miniBatchChunk)
		total := 0.0
		for ; lo < hi; lo += miniBatchChunk {
			m := min(hi-lo, miniBatchChunk)
			for i := range m {
				rows[i] = int32(lo + i)
			}
			r.exact.Nearest(r.x, rows[:m], labels[lo:lo+m], dist)
			for i, q := range dist[:m] {
				if r.w != nil {
					q *= r.w[lo+i]
				}
				total += q
			}
		}
		part[b] = total
	})
	if err != nil {
		return nil, err
	}
	inertia := sum(part)
	c := &Clustering{Labels: labels, Objective: &inertia, Stop: stop}
	c.Iter = (r.steps*r.batch + r.n - 1) / r.n
	var old []int32
	c.K, old = Canonical(labels)
	c.rank = make([]int32, c.K)
	for i, o := range old {
		c.Centers = append(c.Centers, r.centers[int(o)*r.d:int(o+1)*r.d:int(o+1)*r.d])
		c.rank[i] = o
	}
	if c.K < r.opt.NClusters {
		c.Warnings = append(c.Warnings, fmt.Sprintf("minibatch_kmeans: n_clusters = %d but only %d came out: the other centres are nearest to no row", r.opt.NClusters, c.K))
	}
	if stop == MaxIter {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R004 minibatch_kmeans: stopped after max_iter = %d passes before the centres settled", r.opt.MaxIter))
	}
	return c, nil
}
