//go:build cgo

package study_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// planted plants round heaps, each with its centre, standard deviation and weight.
type planted struct {
	centres    [][]float64
	sd, weight []float64
}

// plantedGrid plants k heaps in d dimensions, the nearest of each apart standard deviations
// (of the mean of the two) from it and none nearer: each new one lies in a random direction
// from one that is there.
func plantedGrid(rng *rand.Rand, k, d int, apart float64, kind string) planted {
	p := planted{centres: [][]float64{make([]float64, d)}}
	for range k {
		sd, weight := 1.0, 1.0
		switch kind {
		case "sizes":
			weight = 1 + 4*rng.Float64()
		case "variances":
			sd = 0.6 + 0.8*rng.Float64()
		}
		p.sd, p.weight = append(p.sd, sd), append(p.weight, weight)
	}
	for len(p.centres) < k {
		i := len(p.centres)
		from := rng.IntN(i)
		step, length := make([]float64, d), 0.0
		for j := range step {
			step[j] = rng.NormFloat64()
			length += step[j] * step[j]
		}
		c := slices.Clone(p.centres[from])
		for j, v := range step {
			c[j] += v / math.Sqrt(length) * apart * (p.sd[i] + p.sd[from]) / 2
		}
		near := false
		for o, q := range p.centres {
			s := 0.0
			for j := range q {
				s += (q[j] - c[j]) * (q[j] - c[j])
			}
			near = near || o != from && math.Sqrt(s) < apart*(p.sd[i]+p.sd[o])/2
		}
		if !near {
			p.centres = append(p.centres, c)
		}
	}
	return p
}

// draw makes about n rows, and a set of them.
func (p planted) draw(ctx context.Context, t *testing.T, name string, rng *rand.Rand, n int) *pickSet {
	t.Helper()
	total := 0.0
	for _, w := range p.weight {
		total += w
	}
	table := &datasets.Table{Name: name}
	for j := range p.centres[0] {
		table.Cols = append(table.Cols, datasets.TableColumn{Name: fmt.Sprintf("x%d", j+1)})
	}
	var labels []int32
	for g, c := range p.centres {
		for range int(math.Round(float64(n) * p.weight[g] / total)) {
			labels = append(labels, int32(g))
			for j, v := range c {
				table.Cols[j].Num = append(table.Cols[j].Num, v+p.sd[g]*rng.NormFloat64())
			}
		}
	}
	s, err := newPickSet(ctx, t, &datasets.Labelled{Name: name, Table: table, Truth: [][]int32{labels}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPickTakesWhatWasPlanted: four heaps are four and not the two that they are in pairs;
// of heaps in heaps both levels are said; one heap is not divided further.
func TestPickTakesWhatWasPlanted(t *testing.T) {
	ctx := context.Background()
	four := planted{[][]float64{{0, 9}, {9, 0}, {40, 49}, {49, 40}}, []float64{1, 1, 1, 1}, []float64{1, 1, 1, 1}}
	s := four.draw(ctx, t, "nested", rand.New(rand.NewPCG(1, 1)), 300)
	p := s.pick(ctx, t, true, 8)
	words := strings.Join(p.Reasons, " ")
	if p.Index < 0 || s.candidates[p.Index].K != 4 || s.ari[p.Index] < 0.95 || s.candidates[p.Levels[0].Index].K != 2 {
		t.Errorf("%+v: %s", p.Levels, words)
	}
	for _, want := range []string{"4 segments, not 2", "and 4 tell more", "Who wants fewer takes 2"} {
		if !strings.Contains(words, want) {
			t.Errorf("reasons lack %q: %s", want, words)
		}
	}
	one := planted{[][]float64{{0, 0, 0}}, []float64{1}, []float64{1}}
	s = one.draw(ctx, t, "one", rand.New(rand.NewPCG(2, 2)), 300)
	if p = s.pick(ctx, t, true, 8); len(p.Levels) != 1 {
		t.Errorf("one heap: %+v: %s", p.Levels, strings.Join(p.Reasons, " "))
	}
}

// TestPickOnPlantedGrid: of 2 to 8 heaps in 2, 5 and 10 dimensions, 400 rows, the rule with
// a shortlist of 8 finds the planted number nine times in ten where the nearest lie 6 standard
// deviations apart or more, and not more seldom than without finer levels; where 4, heaps of 50 rows
// overlap, and it may take the coarser level.
func TestPickOnPlantedGrid(t *testing.T) {
	check.Long(t)
	ctx := context.Background()
	far, found, coarse := 0, 0, 0
	var b strings.Builder
	fmt.Fprintf(&b, "| sd apart | d | sets | planted k taken | without levels | ARI | without levels |\n|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, apart := range []float64{4, 6, 8} {
		for _, d := range []int{2, 5, 10} {
			sets, hit, before, ari, was := 0, 0, 0, 0.0, 0.0
			for at, kind := range []string{"equal", "sizes", "variances"} {
				for k := 2; k <= 8; k++ {
					rng := rand.New(rand.NewPCG(uint64(at), uint64(1000*k+d)))
					s := plantedGrid(rng, k, d, apart, kind).draw(ctx, t, fmt.Sprintf("%s %d", kind, k), rng, 400)
					p, q := s.pick(ctx, t, true, 8), s.pick(ctx, t, false, 8)
					if p.Index < 0 || q.Index < 0 {
						t.Fatalf("%s: %v", s.name, p.Reasons)
					}
					sets++
					ari, was = ari+s.ari[p.Index], was+s.ari[q.Index]
					if s.candidates[p.Index].K == k {
						hit++
					} else if apart > 4 {
						t.Logf("%g sd, %d dimensions, %s: %d planted, %d taken (adjusted Rand index %.2f, at best %.2f)", apart, d, kind, k, s.candidates[p.Index].K, s.ari[p.Index], slices.Max(s.ari))
					}
					if s.candidates[q.Index].K == k {
						before++
					}
				}
			}
			fmt.Fprintf(&b, "| %g | %d | %d | %d | %d | %.3f | %.3f |\n", apart, d, sets, hit, before, ari/float64(sets), was/float64(sets))
			if apart >= 6 {
				far, found, coarse = far+sets, found+hit, coarse+before
			}
		}
	}
	if 10*found < 9*far || found < coarse {
		t.Errorf("6 standard deviations apart or more: %d of %d, without levels %d", found, far, coarse)
	}
	t.Logf("the rule with a shortlist of 8:\n\n%s", b.String())
}
