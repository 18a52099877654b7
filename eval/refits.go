package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/cluster"
)

// How rows are drawn for a refit.
const (
	Subsample = "subsample" // a share of the rows, without replacement
	Bootstrap = "bootstrap" // as many rows as there are, with replacement
)

// The defaults of every metric that clusters resamples, so that they ask Refit for the
// same rows. Half of the rows: the mean of a subsample of share f varies (1 − f)/f times
// as much as that of a fresh sample of all n rows does, which is 1 for f = ½ and a
// quarter of it for f = 0.8: a larger share would call stable what other customers
// would not confirm. Hennig's subsets are halves too. It costs methods whose options
// count rows (min_cluster_size) half of their density.
const (
	refitShare = 0.5
	refitB     = 50
)

// Streams of random numbers: kind + number<<8.
const (
	refitSampleStream = 0x20 + iota // number = resample
	refitNullStream                 // number = draw
	refitHalfStream                 // number = split
	refitSeedStream                 // number = seed
)

// Labels of a refit besides its segments.
const (
	refitNoise  int32 = -1
	refitAbsent int32 = -2 // the row was not drawn
)

// resampling says how rows are drawn, and how often.
type resampling struct {
	method string
	share  float64
	b      int
	stream uint64
}

// check says what is wrong with the options; "" = nothing.
func (o resampling) check() string {
	switch {
	case o.method != Subsample && o.method != Bootstrap:
		return fmt.Sprintf("method is %s or %s, not %q", Subsample, Bootstrap, o.method)
	case o.method == Subsample && !(o.share > 0 && o.share < 1):
		return fmt.Sprintf("share is above 0 and below 1, not %v", o.share)
	case o.b < 2:
		return fmt.Sprintf("b is at least 2, not %d", o.b)
	}
	return ""
}

// draw returns ascending rows.
func (o resampling) draw(n int, rng *rand.Rand) []int {
	if o.method == Bootstrap {
		rows := make([]int, n)
		for i := range rows {
			rows[i] = rng.IntN(n)
		}
		slices.Sort(rows)
		return rows
	}
	return refitSplit(n, min(n, max(2, int(math.Round(o.share*float64(n))))), rng)
}

// refitSplit draws m of n rows without replacement, ascending.
func refitSplit(n, m int, rng *rand.Rand) []int {
	rows := rng.Perm(n)[:m]
	slices.Sort(rows)
	return rows
}

// refit is a clustering of some rows.
type refit struct {
	label []int32   // n: the row's segment, refitNoise or refitAbsent
	size  []float64 // of each segment: its rows, or what they are worth
}

// refits are the clusterings of all resamples that came out.
type refits struct {
	fits     []refit
	reason   string // why nothing can be said; "" = go on
	warnings []string
}

// newRefits draws rows b times and clusters them again, several at a time. Each resample
// has a stream of random numbers of its own, so that the number of workers changes
// nothing. A refit that fails is left out with a warning; where more than half do, that
// is the reason why nothing can be said. all = every row is in each of them, which differ
// in the seed only. Cost b refits, and 4·b·n bytes.
func newRefits(ctx context.Context, in *Input, o resampling, all bool) (*refits, error) {
	n := len(in.C.Labels)
	fits, failed := make([]refit, o.b), make([]string, o.b)
	parallel(workersOf(in), o.b, func(i int) {
		if ctx.Err() != nil {
			return
		}
		rng := rand.New(rand.NewPCG(in.Seed, o.stream+uint64(i)<<8))
		var rows []int
		if all {
			rows = refitAll(n)
		} else {
			rows = o.draw(n, rng)
		}
		c, err := refitCall(ctx, in, rows, rng.Uint64())
		if err != nil {
			failed[i] = cmp.Or(err.Error(), "no reason given")
			return
		}
		fits[i] = newRefit(n, rows, c.Labels)
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &refits{}
	for _, f := range fits {
		if f.label != nil {
			r.fits = append(r.fits, f)
		}
	}
	r.warnings, r.reason = refitFailures(failed)
	return r, nil
}

// refitFailures tells of fits that failed, in words: a warning, or a reason where more
// than half did or fewer than two are left.
func refitFailures(failed []string) (warnings []string, reason string) {
	count, first := 0, ""
	for _, s := range failed {
		if s != "" {
			if count++; first == "" {
				first = s
			}
		}
	}
	text := fmt.Sprintf("%d of %d refits failed: %s", count, len(failed), first)
	switch {
	case count == 0:
		return nil, ""
	case 2*count > len(failed) || len(failed)-count < 2:
		return nil, text
	}
	return []string{text}, ""
}

// refitCall is Refit with its answer looked at. What it calls is not ours (a command, an
// algorithm of somebody else), and a panic here would take the program down from another
// goroutine: it is a refit that failed.
func refitCall(ctx context.Context, in *Input, rows []int, seed uint64) (c *cluster.Clustering, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err = in.Refit(ctx, rows, seed)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		return nil, fmt.Errorf("no clustering came back")
	case len(c.Labels) != len(rows):
		return nil, fmt.Errorf("%d labels came back for %d rows", len(c.Labels), len(rows))
	}
	return c, nil
}

// newRefit spreads labels over all n rows; of a row drawn several times the first copy
// counts.
func newRefit(n int, rows []int, labels []int32) refit {
	f := refit{label: slices.Repeat([]int32{refitAbsent}, n)}
	labels, counts := dense(labels)
	f.size = make([]float64, len(counts))
	for i, r := range rows {
		if f.label[r] != refitAbsent {
			continue
		}
		if f.label[r] = labels[i]; labels[i] >= 0 {
			f.size[labels[i]]++
		}
	}
	return f
}

func refitAll(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// refitLacks says what the input lacks for clustering again; "" = nothing.
func refitLacks(name string, in *Input) string {
	switch {
	case in.C == nil || len(in.C.Labels) < 2:
		return name + " needs at least 2 rows"
	case in.Refit == nil:
		return name + " needs to cluster again, and nobody said how"
	}
	return ""
}

// refitInterval returns mean ± t·s/√m of the values, with 95 % confidence: what more
// refits would bring, not what other customers would. nil for fewer than two.
func refitInterval(mean float64, values []float64, lo, hi float64) (from, to *float64) {
	m := float64(len(values))
	if m < 2 {
		return nil, nil
	}
	_, s := refitMoments(values)
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: m - 1}.Quantile(0.975) * s / math.Sqrt(m)
	a, b := max(lo, mean-half), min(hi, mean+half)
	return &a, &b
}

// refitMoments returns mean and standard deviation (over m − 1).
func refitMoments(values []float64) (mean, sd float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	for _, v := range values {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / float64(len(values)-1))
}
