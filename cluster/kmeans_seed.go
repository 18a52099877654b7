package cluster

import (
	"math"
	"math/rand/v2"
	"sort"

	"github.com/mores-lab/mores/internal/kernel"
)

// kmeansStream is the generator stream of the first start; start i uses stream
// kmeansStream+i.
const kmeansStream = 0x6b6d65616e73 << 8

// start returns the k×d centres of start number i. It returns fewer where there are
// fewer distinct rows.
func (r *kmeansRun) start(i int) ([]float64, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.opt.InitCenters != nil {
		centers := make([]float64, 0, r.k*r.d)
		for _, c := range r.opt.InitCenters {
			centers = append(centers, c...)
		}
		return centers, nil
	}
	rng := rand.New(rand.NewPCG(r.run.Seed, kmeansStream+uint64(i)))
	if r.opt.Init == "random" {
		return r.random(rng), nil
	}
	return r.plusplus(rng)
}

// random picks k rows without replacement (Floyd's method), in the order drawn.
func (r *kmeansRun) random(rng *rand.Rand) []float64 {
	seen := map[int]bool{}
	centers := make([]float64, 0, r.k*r.d)
	for j := r.n - r.k; j < r.n; j++ {
		i := rng.IntN(j + 1)
		if seen[i] {
			i = j
		}
		seen[i] = true
		centers = append(centers, r.row(i)...)
	}
	return centers
}

// plusplus is greedy k-means++: the first centre is a row drawn by weight; each
// next one is the best of 2+⌊ln k⌋ rows drawn with probability wᵢ·D²ᵢ, D the distance
// to the nearest centre so far: the one that leaves the least Σ wᵢ·D²ᵢ.
func (r *kmeansRun) plusplus(rng *rand.Rand) ([]float64, error) {
	trials := 2 + int(math.Log(float64(r.k)))
	closest := r.dist
	for i := range closest {
		closest[i] = math.Inf(1)
	}
	mass := make([]float64, r.blocks.count) // Σ w·D² of each block
	pot := make([]float64, r.blocks.count*trials)
	centers := make([]float64, 0, r.k*r.d)

	err := r.blocks.each(r.ctx, r.run.workers(), func(b, lo, hi int) {
		for i := lo; i < hi; i++ {
			mass[b] += r.weight(i)
		}
	})
	if err != nil {
		return nil, err
	}
	next := r.draw(rng, mass, r.weight)
	for {
		c := r.row(next)
		centers = append(centers, c...)
		if len(centers) == r.k*r.d {
			return centers, nil
		}
		err := r.blocks.each(r.ctx, r.run.workers(), func(b, lo, hi int) {
			s := 0.0
			for i := lo; i < hi; i++ {
				if q := kernel.Sq(r.row(i), c); q < closest[i] {
					closest[i] = q
				}
				s += r.weight(i) * closest[i]
			}
			mass[b] = s
		})
		if err != nil {
			return nil, err
		}
		if sum(mass) == 0 {
			return centers, nil // every row is a centre already
		}
		drawn := make([]int, trials)
		points := make([]float64, 0, trials*r.d)
		for t := range drawn {
			drawn[t] = r.draw(rng, mass, func(i int) float64 { return r.weight(i) * closest[i] })
			points = append(points, r.row(drawn[t])...)
		}
		clear(pot)
		cand := kernel.NewPoints(points, r.d)
		err = r.blocks.each(r.ctx, r.run.workers(), func(b, lo, hi int) {
			var w []float64
			if r.w != nil {
				w = r.w[lo:hi]
			}
			cand.Potentials(r.x[lo*r.d:hi*r.d], closest[lo:hi], w, pot[b*trials:(b+1)*trials])
		})
		if err != nil {
			return nil, err
		}
		least := math.Inf(1)
		for t := range trials {
			p := 0.0
			for b := range r.blocks.count {
				p += pot[b*trials+t]
			}
			if p < least {
				least, next = p, drawn[t]
			}
		}
	}
}

// draw picks a row with probability proportional to f; mass holds f's sum over each
// block.
func (r *kmeansRun) draw(rng *rand.Rand, mass []float64, f func(int) float64) int {
	upTo := make([]float64, len(mass))
	total := 0.0
	for b, m := range mass {
		total += m
		upTo[b] = total
	}
	u := rng.Float64() * total
	b := min(sort.SearchFloat64s(upTo, u), len(mass)-1)
	if b > 0 {
		u -= upTo[b-1]
	}
	last := -1
	for i := b * r.blocks.size; i < r.n; i++ {
		if v := f(i); v > 0 {
			last = i
			if u -= v; u < 0 {
				break
			}
		}
	}
	if last >= 0 {
		return last
	}
	for i := r.n - 1; i > 0; i-- { // rounding took u past the end
		if f(i) > 0 {
			return i
		}
	}
	return 0
}
