package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"github.com/mores-lab/mores/internal/kernel"
)

// kmeansStream is the generator stream of the first start; start i uses stream
// kmeansStream+i.
const kmeansStream = 0x6b6d65616e73 << 8

// kmeansInits are the ways to start, the default first.
var kmeansInits = []string{"k-means++", "k-means||", "maxmin", "random"}

// kmeansInit refuses an init that is not one of them.
func kmeansInit(method, init string) error {
	if slices.Contains(kmeansInits, init) {
		return nil
	}
	last := len(kmeansInits) - 1
	return &OptionError{method, "init", init, fmt.Sprintf("%s or %s, or give init_centers", strings.Join(kmeansInits[:last], ", "), kmeansInits[last])}
}

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
	s := &kmeansSeeds{ctx: r.ctx, workers: r.run.workers(), x: r.x, w: r.w, n: r.n, d: r.d, k: r.k, rows: r.frame}
	return s.pick(r.opt.Init, rand.New(rand.NewPCG(r.run.Seed, kmeansStream+uint64(i))))
}

// kmeansSeeds chooses first centres among n rows.
type kmeansSeeds struct {
	ctx     context.Context
	workers int
	x, w    []float64 // w may be nil: every row counts 1
	n, d, k int
	rows    *kernel.Rows32 // of x, or nil: made when needed
}

func (s *kmeansSeeds) row(i int) []float64 { return s.x[i*s.d : (i+1)*s.d : (i+1)*s.d] }

func (s *kmeansSeeds) weight(i int) float64 {
	if s.w == nil {
		return 1
	}
	return s.w[i]
}

// pick returns up to k centres, row-major.
func (s *kmeansSeeds) pick(init string, rng *rand.Rand) ([]float64, error) {
	var chosen []int
	var err error
	switch init {
	case "random":
		chosen = s.random(rng)
	case "maxmin":
		chosen, err = s.maxmin(rng)
	case "k-means||":
		chosen, err = s.parallel(rng)
	default:
		chosen, err = s.plusplus(rng)
	}
	return s.rowsOf(chosen), err
}

func (s *kmeansSeeds) rowsOf(chosen []int) []float64 {
	centers := make([]float64, 0, len(chosen)*s.d)
	for _, i := range chosen {
		centers = append(centers, s.row(i)...)
	}
	return centers
}

// random picks k rows without replacement, in the order drawn: by Floyd's method, or
// where rows have weights one after another with probability proportional to weight
// among those left. Rows of weight 0 are not drawn.
func (s *kmeansSeeds) random(rng *rand.Rand) []int {
	if s.w != nil {
		return s.randomWeighted(rng)
	}
	seen := map[int]bool{}
	chosen := make([]int, 0, s.k)
	for j := s.n - s.k; j < s.n; j++ {
		i := rng.IntN(j + 1)
		if seen[i] {
			i = j
		}
		seen[i] = true
		chosen = append(chosen, i)
	}
	return chosen
}

// randomWeighted gives each row an arrival time, exponential with its weight as rate:
// the first k to arrive are k draws without replacement (Efraimidis and Spirakis, 2006,
// doi 10.1016/j.ipl.2005.11.003).
func (s *kmeansSeeds) randomWeighted(rng *rand.Rand) []int {
	type arrival struct {
		at  float64
		row int
	}
	var first []arrival // sorted
	for i, w := range s.w {
		if w <= 0 {
			continue
		}
		a := arrival{rng.ExpFloat64() / w, i}
		if len(first) == s.k && a.at >= first[s.k-1].at {
			continue
		}
		at := sort.Search(len(first), func(j int) bool { return first[j].at > a.at })
		first = slices.Insert(first, at, a)
		first = first[:min(len(first), s.k)]
	}
	chosen := make([]int, len(first))
	for j, a := range first {
		chosen[j] = a.row
	}
	return chosen
}

// first draws a row by weight.
func (s *kmeansSeeds) first(rng *rand.Rand) int {
	if s.w == nil {
		return rng.IntN(s.n)
	}
	u := rng.Float64() * sum(s.w)
	last := 0
	for i, w := range s.w {
		if w > 0 {
			last = i
			if u -= w; u < 0 {
				break
			}
		}
	}
	return last
}

// blocks divides the rows into pieces of whole chunks of kernel.SeedPass.
func (s *kmeansSeeds) blocks() blocks {
	b := newBlocks(s.n)
	size := (b.size + kernel.SeedChunk - 1) / kernel.SeedChunk * kernel.SeedChunk
	return blocks{s.n, size, (s.n + size - 1) / size}
}

// trials is how many candidates greedy k-means++ compares for each centre.
func (s *kmeansSeeds) trials() int { return 2 + int(math.Log(float64(s.k))) }

// copyRows makes the float32 copy of the rows if there is none; nil where float32
// cannot stand for them. Runs over many rows bring theirs.
func (s *kmeansSeeds) copyRows() *kernel.Rows32 {
	if s.rows != nil {
		return s.rows
	}
	origin := make([]float64, s.d)
	for i := range s.n {
		kernel.Plus(origin, s.row(i))
	}
	for j := range origin {
		origin[j] /= float64(s.n)
	}
	reach := 0.0
	for i, v := range s.x {
		reach = max(reach, math.Abs(v-origin[i%s.d]))
	}
	scale := kernel.Scale32(reach)
	if scale == 0 {
		return nil
	}
	s.rows = kernel.NewRows32(s.n, s.d, origin, scale)
	s.rows.Fill(s.x, 0, s.rows.Blocks())
	return s.rows
}
