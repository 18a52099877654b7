package eval

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/mores-lab/mores/internal/kernel"
)

// Silhouettes of many rows, with bounds on their errors.
//
// Every row is compared with a sample of each group, drawn with probability proportional to
// size (Altieri, Pietracaprina, Pucci and Vandin 2021). With c the group's mean, r(j) row
// j's distance to it, R the mean of r and N the group's size, row j is taken with
// probability at least
//
//	p(j) = min(1, m/N·(⅓ + ⅔·r(j)/R))
//
// and stands for 1/p(j) rows. In this way no row weighs much in the estimate Ŵ of any row i's
// sum of distances W = Σⱼ d(i,j): with w = W/N and D = d(i,c), D ≤ w since a norm is convex,
// and R ≤ w + D ≤ 2w, so that
//
//	d(i,j)/(p(j)·W) ≤ (D + r)/(m·w·(⅓ + ⅔·r/R)) ≤ max(3D, 3R/2)/(m·w) ≤ 3/m
//
// and the variance of Ŵ/W is below 3/m too. By Bernstein's inequality |Ŵ/W − 1| > ε has a
// probability below 2·exp(−m·ε²/(6·(1 + ε/3))) for each pair of a row and a group. Where all
// hold, a and b are within factors of 1 ± ε, and since (b − a)/max(a, b) as a function of
// ln(a/b) has a slope of at most 1, each silhouette is within ln((1+ε)/(1−ε)) of the exact
// one. (The paper draws pilots instead of taking the mean, which serves any metric, leaves
// the constant open, and states 4ε/(1−ε).)
//
// A group is cut into strata of similar p, each of which gets a simple random sample of the
// largest p in it: the sums then need no weight inside a stratum, and run on the tiles of the
// exact silhouette. Sampling without replacement concentrates at least as much as with
// replacement (Hoeffding 1963, theorem 4), for which the inequality above is that of a sum of
// independent terms.
//
// The mean over rows is then corrected: with e the estimates and s the exact silhouettes of a
// sample of rows by group, mean e + mean(s − e over the sample). The differences lie in ±η,
// the bound above, so that by Hoeffding's inequality 2η²·ln(2/δ)/ε² of them bound the error
// of the value by ε.
type silhouettePPS struct {
	y     *kernel.Lanes
	parts []silhouettePart
	rows  int     // sampled rows, of all groups
	bound float64 // of every row's error, with probability 1 − δ/2; 2 = none
}

// silhouetteStrata is how often a group may be cut: p doubles every second stratum, and
// r/R is at most the number of rows.
const silhouetteStrata = 2*33 + 2

// pps draws the sample: for a bound of rowEpsilon on every row's error, but most rows at most.
func (r *silhouetteRun) pps(rowEpsilon, delta float64, most int) (*silhouettePPS, error) {
	away, mean, err := r.fromMeans()
	if err != nil {
		return nil, err
	}
	p := r.p
	relative := math.Tanh(rowEpsilon / 2)
	pairs := math.Log(2 * float64(p.kept()) * float64(p.k) / (delta / 2))
	want := 6 * (1 + relative/3) * pairs / (relative * relative)
	out := &silhouettePPS{bound: rowEpsilon}
	strata := make([][silhouetteStrata]silhouetteStratum, p.k)
	plan := func() int {
		total := 0
		for g := range strata {
			for s := range strata[g] {
				total += strata[g][s].plan(want / float64(p.size(g)))
			}
		}
		return total
	}
	for g := range strata {
		for at := p.start[g]; at < p.start[g+1]; at++ {
			size := silhouetteShare(away[at], mean[g])
			s := &strata[g][silhouetteStratumOf(size)]
			s.rows++
			s.size = max(s.size, size)
		}
	}
	if out.rows = plan(); out.rows > most {
		// Rounding up inside the strata and groups that are taken whole make the sum no
		// multiple of want: halve it until the sample is small enough.
		for out.rows > most && want > 1 {
			want *= max(0.5, 0.98*float64(most)/float64(out.rows))
			out.rows = plan()
		}
		out.bound = 2
		if e := (pairs + math.Sqrt(pairs*pairs+6*want*pairs)) / want; e < 1 {
			out.bound = min(2, 2*math.Atanh(e))
		}
	}
	r.draw(out, away, mean, strata)
	return out, r.ctx.Err()
}

// silhouetteStratum counts the rows of a group whose p is alike.
type silhouetteStratum struct {
	rows, draw int
	size       float64 // the largest ⅓ + ⅔·r/R
}

// plan sets how many rows are drawn, at rate rows for a row of size 1.
func (s *silhouetteStratum) plan(rate float64) int {
	s.draw = min(s.rows, int(math.Ceil(float64(s.rows)*min(1, rate*s.size))))
	return s.draw
}

func silhouetteShare(away, mean float64) float64 {
	if mean == 0 {
		return 1 // all rows of the group are equal: so are the distances to them
	}
	return (1 + 2*away/mean) / 3
}

func silhouetteStratumOf(size float64) int {
	return max(0, min(silhouetteStrata-1, int(2*math.Log2(3*size))))
}

// fromMeans returns the distance from each place of p.rows to its group's mean, and each
// group's mean distance. Cost O(n·d).
func (r *silhouetteRun) fromMeans() (away, mean []float64, err error) {
	centres, err := r.p.centres(r.ctx, r.in)
	if err != nil {
		return nil, nil, err
	}
	_, d := r.in.X.Dims()
	shift := kernel.Nearby(r.in.X.Data(), d)
	away, mean = make([]float64, r.p.kept()), make([]float64, r.p.k)
	const size = 4096
	parallel(r.workers, (len(away)+size-1)/size, func(b int) {
		for at := b * size; at < min(len(away), (b+1)*size); at++ {
			row := r.p.rows[at]
			to, sum := centres.Row(int(r.p.label[row])), 0.0
			for j, v := range r.in.X.Row(row) {
				sum += (v - shift[j] - to[j]) * (v - shift[j] - to[j])
			}
			away[at] = math.Sqrt(sum)
		}
	})
	for g := range mean {
		for _, v := range away[r.p.start[g]:r.p.start[g+1]] {
			mean[g] += v / float64(r.p.size(g))
		}
	}
	return away, mean, r.ctx.Err()
}

// draw fills out's parts: group by group, in each stratum every set of its rows is equally
// likely (Knuth's algorithm S).
func (r *silhouetteRun) draw(out *silhouettePPS, away, mean []float64, strata [][silhouetteStrata]silhouetteStratum) {
	blocks := 0
	place := make([][silhouetteStrata]int, len(strata)) // the next slot of a stratum
	for g := range strata {
		for s, of := range strata[g] {
			if of.draw == 0 {
				continue
			}
			place[g][s] = 8 * blocks
			hi := blocks + (of.draw+7)/8
			out.parts = append(out.parts, silhouettePart{
				group: g, lo: blocks, hi: hi, last: of.draw - 8*(hi-blocks-1), weight: float64(of.rows) / float64(of.draw),
			})
			blocks = hi
		}
	}
	_, d := r.in.X.Dims()
	out.y = kernel.NewLanes(8*blocks, d)
	rng := rand.New(rand.NewPCG(r.in.Seed, 0x9959))
	for g := range strata {
		for at := r.p.start[g]; at < r.p.start[g+1]; at++ {
			s := silhouetteStratumOf(silhouetteShare(away[at], mean[g]))
			of := &strata[g][s]
			if of.draw == of.rows || rng.IntN(of.rows) < of.draw {
				out.y.Set(place[g][s], r.in.X.Row(r.p.rows[at]))
				place[g][s]++
				of.draw--
			}
			of.rows--
		}
	}
}

// sampled scores by samples: every row against a sample of each group, then a sample of rows
// against all. It leaves out alone where looking at each pair once is no more work.
func (s *Silhouette) sampled(r *silhouetteRun, out *Score) error {
	p := r.p
	pps, err := r.pps(s.RowEpsilon, s.Delta, s.Limit/2)
	if err != nil {
		return err
	}
	// Differences to the estimates lie in ±bound, silhouettes themselves in ±1.
	correct, reach := pps.bound < 1, min(1, pps.bound)
	want := math.Ceil(2 * reach * reach * math.Log(4/s.Delta) / (s.Epsilon * s.Epsilon))
	if 2*(float64(pps.rows)+want) >= float64(p.kept()) {
		return nil
	}
	all := make([]int, p.kept())
	for i := range all {
		all[i] = i
	}
	r.rowByRow(all, pps.y, pps.parts, out.PerRow)
	chosen := silhouetteSample(p, int(want), r.in.Seed)
	exact := make([]float64, len(out.PerRow))
	r.rowByRow(chosen, r.y, r.whole(), exact)
	if err := r.ctx.Err(); err != nil {
		return err
	}
	next := 0
	for g := range p.k {
		mean, shift, drawn := 0.0, 0.0, 0.0
		for at := p.start[g]; at < p.start[g+1]; at++ {
			row := p.rows[at]
			if correct {
				mean += out.PerRow[row] / float64(p.size(g))
			}
			if next < len(chosen) && chosen[next] == at {
				shift += exact[row]
				if correct {
					shift -= out.PerRow[row]
				}
				drawn++
				next++
				out.PerRow[row] = exact[row]
			}
		}
		mean += shift / drawn
		if g < p.segments {
			out.PerSegment[g] = max(-1, min(1, mean))
		}
		out.Value += float64(p.size(g)) / float64(p.kept()) * mean
	}
	out.Value = max(-1, min(1, out.Value))
	lo, hi := max(-1, out.Value-s.Epsilon), min(1, out.Value+s.Epsilon)
	out.Lo, out.Hi = &lo, &hi
	out.Sampled = pps.rows
	text := fmt.Sprintf("silhouette by samples: within %.3g of the exact value with a probability of at least %.4g %%", s.Epsilon, 100*(1-s.Delta))
	if correct {
		text += fmt.Sprintf(", and every row's within %.3g", pps.bound)
	} else {
		text += "; single rows are estimates without a bound"
	}
	out.Warnings = append(out.Warnings, fmt.Sprintf("%s (%d rows against %d of them, %d rows against all)", text, p.kept(), pps.rows, len(chosen)))
	return nil
}
