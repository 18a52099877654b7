package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/mores-lab/mores/cluster"
)

// confidenceStream and number<<8 is the stream of a resample.
const confidenceStream = 0x3c5

// confidenceEqual: figures that differ by less than this share of their size are the same
// and differ by rounding.
const confidenceEqual = 1e-12

// confidenceRun is one computation. Its methods are those that can be compared, at[j]
// being the caller's number of the j-th; losses are scores times −better.
type confidenceRun struct {
	o      ConfidenceSetOptions
	better int
	out    *ConfidenceSet
	at     []int
	value  []float64
	best   int
	dev    []float64               // resamples × methods: deviations of the mean loss
	normal func(t float64) float64 // t on the scale of the deviations' tails
	since  int                     // operations since ctx was looked at
}

func newConfidenceRun(k, better int, o ConfidenceSetOptions) *confidenceRun {
	return &confidenceRun{o: o, better: better, best: -1, out: &ConfidenceSet{
		Alpha: o.Alpha, Statistic: o.Statistic, Resamples: o.Resamples, Best: -1, Methods: make([]ConfidenceMember, k),
	}}
}

// admit finds the methods with a score in every row, and in values if there are any.
func (c *confidenceRun) admit(rows [][]float64, values []float64) {
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	for j := range c.out.Methods {
		reason := ""
		if values != nil && !finite(values[j]) {
			reason = "no score"
		}
		for i := 0; i < len(rows) && reason == ""; i++ {
			if !finite(rows[i][j]) {
				reason = fmt.Sprintf("no score in row %d", i)
			}
		}
		if c.out.Methods[j].Reason = reason; reason == "" {
			c.at = append(c.at, j)
		}
	}
	c.value = make([]float64, len(c.at))
}

func (c *confidenceRun) column(rows [][]float64, j int) []float64 {
	out := make([]float64, len(rows))
	for i := range rows {
		out[i] = rows[i][c.at[j]]
	}
	return out
}

// member is the place of the j-th compared method.
func (c *confidenceRun) member(j int) *ConfidenceMember { return &c.out.Methods[c.at[j]] }

// loss of the j-th method.
func (c *confidenceRun) loss(j int) float64 { return -float64(c.better) * c.value[j] }

// choose finds the best, the first of equals, and how far behind it the others are.
func (c *confidenceRun) choose() {
	for j := range c.at {
		if c.best < 0 || c.loss(j) < c.loss(c.best) {
			c.best = j
		}
	}
	for j := range c.at {
		c.out.Best = c.at[c.best]
		c.member(j).Gap = c.loss(j) - c.loss(c.best)
	}
}

// look returns ctx's error every 2²² operations.
func (c *confidenceRun) look(ctx context.Context, operations int) error {
	if c.since += operations; c.since < 1<<22 {
		return nil
	}
	c.since = 0
	return ctx.Err()
}

// resample draws rows and fills in the deviations of the mean losses.
func (c *confidenceRun) resample(ctx context.Context, rows [][]float64, run cluster.Run) error {
	n, m := len(rows), len(c.at)
	if m == 0 {
		return ctx.Err()
	}
	centred := make([]float64, n*m)
	for i, r := range rows {
		for j, method := range c.at {
			centred[i*m+j] = -float64(c.better) * (r[method] - c.value[j])
		}
	}
	c.dev = make([]float64, c.o.Resamples*m)
	look := max(1, 1<<22/m)
	none := func() struct{} { return struct{}{} }
	return predictiveEach(ctx, c.o.Resamples, run.Workers, none, func(b int, _ struct{}) {
		rng := rand.New(rand.NewPCG(run.Seed, confidenceStream+uint64(b)<<8))
		sum := c.dev[b*m : (b+1)*m]
		for i := range n {
			if i%look == look-1 && ctx.Err() != nil {
				return
			}
			at := rng.IntN(n) * m
			for j, x := range centred[at : at+m] {
				sum[j] += x
			}
		}
		for j := range sum {
			sum[j] /= float64(n)
		}
	})
}

// eliminate drops the worst method again and again and fills in the p-values.
func (c *confidenceRun) eliminate(ctx context.Context) error {
	alive := ascendingInts(len(c.at))
	round := c.maxRound
	if c.o.Statistic == RangeStatistic {
		pairs, err := c.pairs(ctx)
		if err != nil {
			return err
		}
		round = pairs.round
	}
	var p float64
	for len(alive) > 1 {
		worst, q, err := round(ctx, alive)
		if err != nil {
			return err
		}
		p = max(p, q)
		c.place(alive[worst], p)
		alive = append(alive[:worst], alive[worst+1:]...)
	}
	if len(alive) == 1 {
		c.place(alive[0], 1)
	}
	return ctx.Err()
}

func (c *confidenceRun) place(j int, p float64) {
	m := c.member(j)
	m.P, m.In = p, p > c.o.Alpha
	b := float64(len(c.dev) / len(c.at))
	if math.Abs(p-c.o.Alpha) <= 2*math.Sqrt(c.o.Alpha*(1-c.o.Alpha)/b) {
		c.out.Warnings = append(c.out.Warnings, fmt.Sprintf("method %d: p = %.3f is so close to %g that other resamples may say otherwise", c.at[j], p, c.o.Alpha))
	}
}

// worse orders candidates for a drop: larger t, then larger loss, then later.
func (c *confidenceRun) worse(t float64, j int, than float64, i int) bool {
	switch {
	case t != than:
		return t > than
	case c.loss(j) != c.loss(i):
		return c.loss(j) > c.loss(i)
	}
	return j > i
}

// ratio is a difference over its deviation: 0 where it is rounding, ±Inf where it never
// varies.
func (c *confidenceRun) ratio(difference, deviation, size float64) float64 {
	if math.Abs(difference) <= confidenceEqual*size {
		return 0
	}
	return difference / deviation
}

// maxRound is one test with T_max: which of alive is the worst, and p.
func (c *confidenceRun) maxRound(ctx context.Context, alive []int) (worst int, p float64, err error) {
	m := len(c.at)
	resamples := len(c.dev) / m
	var centre, size float64
	for _, j := range alive {
		centre += c.loss(j) / float64(len(alive))
		size = max(size, math.Abs(c.loss(j)))
	}
	sd := make([]float64, len(alive))
	middle := make([]float64, resamples) // of the deviations of those left
	for b := range resamples {
		row := c.dev[b*m : (b+1)*m]
		for _, j := range alive {
			middle[b] += row[j] / float64(len(alive))
		}
		for a, j := range alive {
			d := row[j] - middle[b]
			sd[a] += d * d
		}
		if err := c.look(ctx, 2*len(alive)); err != nil {
			return 0, 0, err
		}
	}
	most := math.Inf(-1)
	for a, j := range alive {
		sd[a] = math.Sqrt(sd[a] / float64(resamples))
		if sd[a] <= confidenceEqual*size {
			sd[a] = 0
		}
		if t := c.ratio(c.loss(j)-centre, sd[a], size); c.worse(t, j, most, alive[worst]) {
			worst, most = a, t
		}
	}
	most = c.normal(most)
	reached := 0
	for b := range resamples {
		row := c.dev[b*m : (b+1)*m]
		star := math.Inf(-1)
		for a, j := range alive {
			t := 0.0
			if sd[a] > 0 {
				t = (row[j] - middle[b]) / sd[a]
			}
			star = max(star, t)
		}
		if star >= most {
			reached++
		}
		if err := c.look(ctx, len(alive)); err != nil {
			return 0, 0, err
		}
	}
	return worst, float64(reached) / float64(resamples), nil
}

// confidencePairs is what T_R needs: 1/deviation of every pair (0 = it does not vary),
// and of every resample the largest |t*| and whose it is. When a method is dropped only
// the resamples whose largest was one of its pairs are looked at again: 2/m of them, so
// that all rounds together cost about as much as the first.
type confidencePairs struct {
	c        *confidenceRun
	inverse  []float64 // methods × methods
	t        []float64 // methods × methods
	largest  []float64
	from, to []int32
	dropped  int32 // by the last round; −1 = nobody yet
}

func (c *confidenceRun) pairs(ctx context.Context) (*confidencePairs, error) {
	m := len(c.at)
	if m == 0 {
		return &confidencePairs{c: c, dropped: -1}, nil
	}
	resamples := len(c.dev) / m
	q := &confidencePairs{
		c: c, inverse: make([]float64, m*m), t: make([]float64, m*m), dropped: -1,
		largest: make([]float64, resamples), from: make([]int32, resamples), to: make([]int32, resamples),
	}
	for b := range resamples {
		row := c.dev[b*m : (b+1)*m]
		for i, x := range row {
			square := q.inverse[i*m : i*m+i]
			for j, y := range row[:i] {
				square[j] += (x - y) * (x - y)
			}
		}
		if err := c.look(ctx, m*m); err != nil {
			return nil, err
		}
	}
	for i := range m {
		for j := range i {
			size := max(math.Abs(c.loss(i)), math.Abs(c.loss(j)))
			sd := math.Sqrt(q.inverse[i*m+j] / float64(resamples))
			q.inverse[i*m+j] = 0
			if sd > confidenceEqual*size {
				q.inverse[i*m+j] = 1 / sd
			} else {
				sd = 0
			}
			q.inverse[j*m+i] = q.inverse[i*m+j]
			q.t[i*m+j] = c.ratio(c.loss(i)-c.loss(j), sd, size)
			q.t[j*m+i] = -q.t[i*m+j]
		}
	}
	return q, nil
}

// round is one test with T_R.
func (q *confidencePairs) round(ctx context.Context, alive []int) (worst int, p float64, err error) {
	c, m := q.c, len(q.c.at)
	most := math.Inf(-1)
	for a, i := range alive {
		for _, j := range alive {
			if i != j && c.worse(q.t[i*m+j], i, most, alive[worst]) {
				worst, most = a, q.t[i*m+j]
			}
		}
	}
	most = c.normal(most)
	reached := 0
	for b := range q.largest {
		if q.dropped < 0 || q.from[b] == q.dropped || q.to[b] == q.dropped {
			q.largest[b] = -1
			row := c.dev[b*m : (b+1)*m]
			for a, i := range alive {
				for _, j := range alive[:a] {
					if t := math.Abs(row[i]-row[j]) * q.inverse[i*m+j]; t > q.largest[b] {
						q.largest[b], q.from[b], q.to[b] = t, int32(i), int32(j)
					}
				}
			}
			if err := c.look(ctx, len(alive)*len(alive)); err != nil {
				return 0, 0, err
			}
		}
		if q.largest[b] >= most {
			reached++
		}
	}
	q.dropped = int32(alive[worst])
	return worst, float64(reached) / float64(len(q.largest)), nil
}
