package cluster

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/mores-lab/mores/internal/kernel"
)

// plusplus is greedy k-means++ (Arthur and Vassilvitskii, 2007, doi
// 10.5555/1283383.1283494): the first centre is a row drawn by weight; each next one is
// the best of 2+⌊ln k⌋ rows drawn with probability wᵢ·D²ᵢ / Σ w·D², D the distance to
// the nearest centre so far: the one after which Σ w·D² is least. It returns the rows
// chosen, fewer than k where there are fewer distinct rows.
//
// One pass over a float32 copy of the rows serves a centre: it brings the distances up
// to date with the centre chosen last and compares all candidates for the next
// (kernel.SeedPass). Rows are drawn before their distances are up to date: a row drawn
// by a bound of D² is kept with probability D² by the bound, D² in float64 to all
// centres chosen. So the draws have exactly the stated probabilities; which of the
// candidates is best is judged in float32, by sums that have the same bits on every
// processor. Where float32 cannot resolve what is left, plusplusExact goes on.
//
// Cost O(n·d·(2+ln k)) a centre; memory 4·(d+1) bytes a row.
func (s *kmeansSeeds) plusplus(rng *rand.Rand) ([]int, error) {
	chosen := append(make([]int, 0, s.k), s.first(rng))
	if s.k == 1 {
		return chosen, s.ctx.Err()
	}
	rows := s.copyRows()
	if rows == nil {
		return s.plusplusExact(rng, chosen)
	}
	p := s.newPass(rows)
	if _, err := p.run(chosen); err != nil {
		return nil, err
	}
	trials := s.trials()
	drawn := make([]int, 0, 1+trials)
	for len(chosen) < s.k {
		drawn = append(drawn[:0], chosen[len(chosen)-1])
		for range trials {
			i, ok, err := p.draw(rng, chosen)
			if err != nil {
				return nil, err
			}
			if !ok {
				return s.plusplusExact(rng, chosen)
			}
			if !slices.Contains(drawn[1:], i) { // twice the same is no better
				drawn = append(drawn, i)
			}
		}
		gains, err := p.run(drawn)
		if err != nil {
			return nil, err
		}
		best := 0
		for t, g := range gains {
			if g > gains[best] {
				best = t
			}
		}
		chosen = append(chosen, drawn[1+best])
		// Most of the old mass is where the new centre is: draws would be refused.
		if p.left = p.total - gains[best]; p.left < p.total/4 && len(chosen) < s.k {
			if _, err := p.run(chosen[len(chosen)-1:]); err != nil {
				return nil, err
			}
		}
	}
	return chosen, nil
}

// kmeansPass is the state of greedy k-means++ between its passes.
type kmeansPass struct {
	*kmeansSeeds
	blk      blocks
	seed     kernel.Seed
	points   kernel.SeedPoints
	mass     []float64 // Σ w·D² of each chunk, at the last pass
	upTo     []float64 // the same with the slack, summed up to and with each chunk
	sums     []float64 // per block
	total    float64   // Σ w·D² at the last pass
	left     float64   // about Σ w·D² with the centre chosen since
	weights  []float64 // Σ w of each chunk
	all      float64   // Σ w
	relative float64   // slack of the distances, see kernel.SeedSlack
	absolute float64
}

func (s *kmeansSeeds) newPass(rows *kernel.Rows32) *kmeansPass {
	p := &kmeansPass{kmeansSeeds: s, blk: s.blocks(), seed: kernel.Seed{Rows: rows}}
	p.seed.Nearest = kernel.Aligned32(rows.Blocks() * kernel.Lanes32)
	for i := range s.n {
		p.seed.Nearest[i] = float32(math.Inf(1))
	}
	p.relative, p.absolute = kernel.SeedSlack(s.d, rows.MaxNorm())
	chunks := (s.n + kernel.SeedChunk - 1) / kernel.SeedChunk
	p.mass, p.upTo, p.weights = make([]float64, chunks), make([]float64, chunks), make([]float64, chunks)
	p.sums = make([]float64, p.blk.count*(1+s.trials())*8)
	if s.w == nil {
		for c := range p.weights {
			p.weights[c] = float64(min(s.n-c*kernel.SeedChunk, kernel.SeedChunk))
		}
		p.all = float64(s.n)
		return p
	}
	// In float32 the largest weight is 1, so that no product is out of range.
	largest := slices.Max(s.w)
	p.seed.Weights = kernel.Aligned32(len(p.seed.Nearest))
	for i, w := range s.w {
		v := float32(w / largest)
		p.seed.Weights[i] = v
		p.weights[i/kernel.SeedChunk] += float64(v)
	}
	p.all = sum(p.weights)
	return p
}

// run makes one pass: the first of the given rows is a centre, the others are
// candidates, whose gains it returns.
func (p *kmeansPass) run(given []int) ([]float64, error) {
	m := len(given)
	p.points.Set(p.rowsOf(given), p.seed.Rows)
	width := m * 8
	err := p.blk.each(p.ctx, p.workers, func(b, lo, hi int) {
		sums := p.sums[b*width : (b+1)*width]
		clear(sums)
		for ; lo < hi; lo += kernel.SeedChunk {
			end := (min(hi, lo+kernel.SeedChunk) + kernel.Lanes32 - 1) / kernel.Lanes32
			p.mass[lo/kernel.SeedChunk] = p.seed.SeedPass(&p.points, lo/kernel.Lanes32, end, sums)
		}
	})
	if err != nil {
		return nil, err
	}
	p.total = 0
	bound := 0.0
	for c, m := range p.mass {
		p.total += m
		bound += p.bound(m, p.weights[c])
		p.upTo[c] = bound
	}
	p.left = p.total
	gains := make([]float64, m-1)
	for t := range gains {
		for b := range p.blk.count {
			for _, g := range p.sums[b*width+(t+1)*8 : b*width+(t+2)*8] {
				gains[t] += g
			}
		}
	}
	return gains, nil
}

// bound is at least what the sum m of w·D² over rows of weight w is in float64.
func (p *kmeansPass) bound(m, w float64) float64 { return m*(1+p.relative) + w*p.absolute }

// The draws give up on float32 when less than seedResolved times its absolute slack is
// left, where a distance can be wrong by a percent or two, or when seedRefused rows in a
// row were refused, the chance of which is below 10⁻⁵⁰ otherwise.
const (
	seedResolved = 4
	seedRefused  = 1000
)

// draw returns a row drawn with probability proportional to w·D² to the chosen centres,
// the last of which the masses may not know yet; false where float32 does not resolve
// the distances that are left.
func (p *kmeansPass) draw(rng *rand.Rand, chosen []int) (int, bool, error) {
	if !(p.left > seedResolved*p.absolute*p.all) {
		return 0, false, nil
	}
	scale := p.seed.Rows.Scale
	for range seedRefused {
		i, bound := p.propose(rng.Float64())
		sq := math.Inf(1)
		row := p.row(i)
		for _, c := range chosen {
			sq = min(sq, kernel.SqBelow(row, p.row(c), sq))
		}
		if rng.Float64()*bound < sq*scale*scale {
			return i, true, nil
		}
	}
	return 0, false, p.ctx.Err()
}

// propose returns the row at part u ∈ [0,1) of the sum of all bounds on w·D², and its
// bound on D².
func (p *kmeansPass) propose(u float64) (int, float64) {
	c := len(p.upTo) - 1
	u *= p.upTo[c]
	c = min(sort.Search(c, func(c int) bool { return p.upTo[c] > u }), c)
	if c > 0 {
		u -= p.upTo[c-1]
	}
	lo := c * kernel.SeedChunk
	near := p.seed.Nearest[lo:min(p.n, lo+kernel.SeedChunk)]
	last, bound := lo, 0.0
	if p.seed.Weights == nil {
		for i, v := range near {
			last, bound = lo+i, p.bound(float64(v), 1)
			if u -= bound; u < 0 {
				break
			}
		}
		return last, bound
	}
	weights := p.seed.Weights[lo:]
	for i, v := range near {
		w := weights[i]
		if w == 0 {
			continue
		}
		last, bound = lo+i, p.bound(float64(v), 1)
		if u -= p.bound(float64(v*w), float64(w)); u < 0 {
			break
		}
	}
	return last, bound
}
