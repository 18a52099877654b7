package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/mores-lab/mores/features"
)

// Streams of random numbers: kind + number<<8.
const (
	predictiveBagStream     = iota + 1
	predictiveSplitStream   // which customers are held out
	predictivePermuteStream // number = permutation
	predictiveHeldStream    // number = resample of held-out customers
	predictiveRowStream     // number = resample of all
)

// predictiveEach calls f(0..n−1) from several goroutines, each with scratch of its own.
func predictiveEach[S any](ctx context.Context, n, workers int, scratch func() S, f func(i int, s S)) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			s := scratch()
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				f(i, s)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// predictiveSample is the outcome of some rows and how it counts: all of them, or the bag.
type predictiveSample struct {
	p     *predictiveRun
	rows  []int // of x
	value []float64
	class []int32
	order rankOrder // of the outcome
	bins  []int16   // of the outcome
	ky    int
}

func (p *predictiveRun) sample(at []int) *predictiveSample {
	s := &predictiveSample{p: p}
	for _, i := range at {
		s.rows = append(s.rows, p.y.rows[i])
		s.value = append(s.value, p.y.value[i])
		if p.y.class != nil {
			s.class = append(s.class, p.y.class[i])
		}
	}
	s.order = newRankOrder(s.value)
	if s.ky = p.y.k; s.class == nil {
		s.ky = p.o.Bins
		s.bins = s.order.equalBins(len(s.rows), s.ky)
		return s
	}
	s.bins = make([]int16, len(s.rows))
	for i, c := range s.class {
		s.bins[i] = int16(c)
	}
	return s
}

// sampleColumn is a column over the rows of a sample.
type sampleColumn struct {
	order   rankOrder
	present []bool // nil = all
	cells   []int32
}

func (s *predictiveSample) column(j int) sampleColumn {
	values := make([]float64, len(s.rows))
	missing := false
	for i, r := range s.rows {
		values[i] = s.p.x.Row(r)[j]
		missing = missing || math.IsNaN(values[i])
	}
	c := sampleColumn{order: newRankOrder(values)}
	c.cells = mutualCells(c.order.equalBins(len(s.rows), s.p.o.Bins), s.bins, s.ky)
	if missing {
		c.present = make([]bool, len(values))
		for i, v := range values {
			c.present[i] = !math.IsNaN(v)
		}
	}
	return c
}

// sampleScratch is one resample's weights, and what the outcome makes of them.
type sampleScratch struct {
	row, own []weighted // own is of a column with missing values
	vv       float64
	table    []float64
}

func (s *predictiveSample) scratch() *sampleScratch {
	return &sampleScratch{
		row: make([]weighted, len(s.rows)), own: make([]weighted, len(s.rows)),
		table: make([]float64, s.p.o.Bins*s.ky+1),
	}
}

// weigh prepares the outcome for the weights in row.
func (s *predictiveSample) weigh(t *sampleScratch) {
	switch s.p.out.Measure {
	case measureAUC:
		for i := range t.row {
			t.row[i].ws = t.row[i].w * s.value[i]
		}
	case measureRho:
		t.vv = s.order.midRanks(t.row, nil)
	}
}

// score is the measure of a column under the weights.
func (s *predictiveSample) score(c *sampleColumn, t *sampleScratch) float64 {
	switch s.p.out.Measure {
	case measureAUC:
		a, _, _ := c.order.auc(t.row)
		return a
	case measureEta:
		e, _, _ := c.order.eta(t.row, s.class, s.p.y.k)
		return e
	}
	if c.present == nil {
		return c.order.rho(t.row, t.vv)
	}
	copy(t.own, t.row)
	vv := s.order.midRanks(t.own, c.present)
	return c.order.rho(t.own, vv)
}

// mutual is the mutual information of a column under the weights.
func (s *predictiveSample) mutual(c *sampleColumn, t *sampleScratch) float64 {
	return mutualInformation(c.cells, t.row, s.p.o.Bins, s.ky, t.table)
}

func (s *predictiveSample) ones() *sampleScratch {
	t := s.scratch()
	for i := range t.row {
		t.row[i].w = 1
	}
	s.weigh(t)
	return t
}

// measure fills in what needs no resampling, over all rows.
func (p *predictiveRun) measure(ctx context.Context) error {
	s := p.sample(ascendingInts(len(p.y.rows)))
	return predictiveEach(ctx, len(p.at), p.run.Workers, s.ones, func(j int, t *sampleScratch) {
		c := &p.at[j]
		c.Column = p.x.Cols[j]
		if c.Column.Kind == features.Category {
			c.reason = "a category: its codes have no order"
			return
		}
		col := s.column(j)
		c.Known = len(col.order)
		c.Coverage = float64(c.Known) / float64(len(s.rows))
		switch {
		case c.Known < 20:
			c.reason = fmt.Sprintf("known of %d customers with an outcome: 20 are needed", c.Known)
			return
		case col.order.distinct() < 2:
			c.reason = "everybody has the same value"
			return
		}
		c.Score.Value = s.score(&col, t)
		if math.IsNaN(c.Score.Value) {
			c.reason = "those who have a value all have the same outcome"
			return
		}
		c.Mutual.Value = s.mutual(&col, t)
		v := c.Score.Value
		c.Strength, c.sign = v, 1
		switch p.out.Measure {
		case measureAUC:
			auc, ones, zeros := col.order.auc(t.row)
			w, _, _, wrr := col.order.rankSums(t.row)
			c.P = pAUC(auc, ones, zeros, wrr-w*(w/2)*(w/2))
			if c.Strength = max(v, 1-v); v < 0.5 {
				c.sign = -1
			}
		case measureRho:
			c.P = pRho(v, c.Known)
			if c.Strength = math.Abs(v); v < 0 {
				c.sign = -1
			}
		case measureEta:
			_, h, classes := col.order.eta(t.row, s.class, p.y.k)
			c.P = pEta(h, classes)
		}
	})
}

// resample fills in the deviations of scores and mutual information: in resample b every
// column has the same weights.
func (p *predictiveRun) resample(ctx context.Context) error {
	n := len(p.y.rows)
	at := ascendingInts(n)
	if n > p.o.Bag {
		rng := rand.New(rand.NewPCG(p.run.Seed, predictiveBagStream))
		for i := range p.o.Bag {
			j := i + rng.IntN(n-i)
			at[i], at[j] = at[j], at[i]
		}
		at = at[:p.o.Bag]
	}
	p.out.Resampled = len(at)
	s := p.sample(at)
	cols := make([]sampleColumn, len(p.at))
	base := make([]float64, len(p.at))
	err := predictiveEach(ctx, len(p.at), p.run.Workers, s.ones, func(j int, t *sampleScratch) {
		if p.at[j].reason == "" {
			cols[j] = s.column(j)
			if base[j] = s.score(&cols[j], t); math.IsNaN(base[j]) {
				p.at[j].reason = fmt.Sprintf("known of too few in a bag of %d customers", len(at))
				return
			}
			p.at[j].score, p.at[j].mutual = make([]float64, p.o.Bootstrap), make([]float64, p.o.Bootstrap)
		}
	})
	if err != nil {
		return err
	}
	return predictiveEach(ctx, p.o.Bootstrap, p.run.Workers, s.scratch, func(b int, t *sampleScratch) {
		for i := range t.row {
			t.row[i].w = 0
		}
		rng := rand.New(rand.NewPCG(p.run.Seed, predictiveRowStream+uint64(b)<<8))
		for range n {
			t.row[rng.IntN(len(t.row))].w++
		}
		s.weigh(t)
		for j := range cols {
			if ctx.Err() != nil {
				return
			}
			if p.at[j].reason == "" {
				p.at[j].score[b] = s.score(&cols[j], t) - base[j]
				p.at[j].mutual[b] = s.mutual(&cols[j], t)
			}
		}
	})
}

func ascendingInts(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
