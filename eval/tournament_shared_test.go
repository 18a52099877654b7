package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/internal/check"
)

// The covariance of the directions is the double sum over pairs of customers that it
// stands for, for every kind of outcome, with many cells and with few.
func TestTournamentShared(t *testing.T) {
	const n = 90
	rng := rand.New(rand.NewPCG(8, 8))
	for kind, draw := range map[OutcomeKind]func() float64{
		OutcomeAmount:   func() float64 { return math.Exp(rng.NormFloat64()) },
		OutcomeCount:    func() float64 { return float64(rng.IntN(5)) },
		OutcomeBinary:   func() float64 { return float64(rng.IntN(2)) },
		OutcomeCategory: func() float64 { return float64(rng.IntN(4)) },
		OutcomeTime:     func() float64 { return float64(rng.IntN(30)) },
	} {
		o := heldOutcome("y", kind, make([]float64, n))
		for i := range o.Values {
			if o.Values[i] = draw(); kind == OutcomeTime {
				o.Censored = append(o.Censored, rng.IntN(3) == 0)
				o.Values[i]++
			}
		}
		g := &Tournament{IDs: tournamentIDs(n), Outcomes: []Outcome{o}, Options: NewTournamentOptions()}
		r := newTournamentRun(g, cluster.Run{Seed: 2})
		c := &contestRun{r: r, out: &Contest{}, covariances: map[[2]*contestTable]float64{}}
		c.s, _ = newYardstick(&o, n)
		c.width = c.s.width()
		if c.frame(&o); c.out.Reason != "" {
			t.Fatal(c.out.Reason)
		}
		var tables [2]*contestTable
		for h, f := range c.frames {
			labels := make([]int32, n)
			for i := range labels {
				labels[i] = int32(rng.IntN(5))
			}
			half := r.halves[h]
			grouping, err := newGrouping(n, half, labelsAt(labels, half.Train), labelsAt(labels, half.Test))
			if err != nil {
				t.Fatal(err)
			}
			tables[h] = c.grouped(f, grouping, nil).table
		}
		want := 0.0
		for _, i := range c.frames[0].train {
			for _, j := range c.frames[1].train {
				want += c.moves(tables[0], i, j) * c.moves(tables[1], j, i)
			}
		}
		check.Close(t, string(kind), c.shared(tables[0], tables[1]), want, 1e-9)
		// The same by the way for labellings of very many groups.
		for h := range tables {
			many := *tables[h]
			many.groups = 300
			many.p = append(append([]float64(nil), many.p...), make([]float64, 300*c.width)...)
			many.weight = append(append([]float64(nil), many.weight...), make([]float64, 300)...)
			tables[h] = &many
		}
		check.Close(t, fmt.Sprintf("%s, many groups", kind), c.shared(tables[0], tables[1]), want, 1e-9)
	}
}

// moves is by how much i's residual, learned from, moves the loss of j: by definition.
func (c *contestRun) moves(t *contestTable, i, j int) float64 {
	g := t.codes[i]
	if g < 0 || t.codes[j] != g {
		return 0
	}
	p := t.p[int(g)*c.width : (int(g)+1)*c.width]
	const step = 1e-6
	sum := 0.0
	for w := range p {
		days := 1.0
		if c.s.days != nil {
			days = c.s.days[i]
		}
		r := 0.0
		if c.s.class != nil {
			if r = -p[w]; int(c.s.class[i]) == w {
				r++
			}
		} else {
			r = c.s.y[i] - p[w]*days
		}
		up, down := append([]float64(nil), p...), append([]float64(nil), p...)
		up[w] += step
		down[w] -= step
		sum += (c.s.loss(j, up) - c.s.loss(j, down)) / (2 * step) * r / t.weight[g]
	}
	return sum
}
