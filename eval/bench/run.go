package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

// Options are what a benchmark runs and how.
type Options struct {
	Sets       []Set
	Contenders []Contender
	Metric     *eval.Metric // compares with a reference and has a better direction
	Seeds      int          // runs of a contender whose answer depends on the seed
	Seed       uint64       // the first of them; also of the generated sets
	Workers    int          // 0 = all processors; no score depends on it, seconds do
	// FitLimit ends a single fit, 0 = never; MaxBytes refuses one that says it needs more
	// memory, 0 = none. Both make a row with that reason.
	FitLimit time.Duration
	MaxBytes int64
	Load     Loader         // reads sets that are files
	Done     func(Row)      // called with each row as soon as it is known
	Next     func(Progress) // called before each set and contender
}

// Progress says what runs next.
type Progress struct {
	At, Of         int // rows
	Set, Contender string
}

// Row is one run: a data set, a contender, a seed.
type Row struct {
	Suite     string          `json:"suite"`
	Set       string          `json:"set"`
	Ladder    bool            `json:"ladder,omitempty"`
	N         int             `json:"n"`
	D         int             `json:"d"`
	Contender string          `json:"contender"`
	Algorithm string          `json:"algorithm"`
	Params    json.RawMessage `json:"params,omitempty"`
	ToldK     bool            `json:"told_k"`          // given the reference's number of segments
	Oracle    bool            `json:"oracle"`          // setting chosen by the reference
	Tuned     string          `json:"tuned,omitempty"` // setting chosen by this metric
	Seed      uint64          `json:"seed"`
	NClusters int             `json:"n_clusters"`
	NNoise    int             `json:"n_noise"`
	Metric    string          `json:"metric"`
	Score     *float64        `json:"score"`            // nil: see Reason
	Reason    string          `json:"reason,omitempty"` // why there is no score
	Reference int             `json:"reference"`        // which labelling it agrees with best, from 0
	// Best is the adjusted Rand index a labelling can be expected to reach at most; 0 =
	// not known.
	Best float64 `json:"best,omitempty"`
	// What one of the fits took: the mean where several were needed (references with
	// different numbers of segments), the largest for memory; nil = not known here. Where
	// the setting was chosen, the sum over the settings, without the choice itself.
	Fits       int     `json:"fits"`
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds"`
	PeakBytes  *int64  `json:"peak_bytes"`

	fitness float64 // by what the setting is chosen: larger is better
}

// Run runs every contender on every set with every seed. A fit that fails is a Row with
// its reason and ends nothing. Where the context's deadline passes, what is left becomes
// rows that say so; where it is cancelled, Run returns what there is and the error. Fits
// run one after another, each with all workers, and share nothing, so that each pays for
// itself.
//
// The score is the best over the reference labellings, rows with reference noise left out
// and the noise of the prediction one segment. A contender that is told the number of
// segments is fitted once for each number that the references have, and compared with
// those that have it: the convention of the published tables (Gagolewski 2022,
// doi:10.1016/j.softx.2022.101270).
func Run(ctx context.Context, o Options) ([]Row, error) {
	if o.Metric == nil || o.Metric.Needs&eval.NeedTruth == 0 || o.Metric.Range.Better == 0 {
		return nil, fmt.Errorf("bench: the metric must compare with a reference and say which direction is better")
	}
	if o.Seeds < 1 || len(o.Sets) == 0 || len(o.Contenders) == 0 {
		return nil, fmt.Errorf("bench: %d sets, %d algorithms and %d seeds: it takes one of each", len(o.Sets), len(o.Contenders), o.Seeds)
	}
	for _, c := range o.Contenders { // find out before the work, not after
		if _, err := c.options(2); err != nil {
			return nil, err
		}
		if c.Tuned == "" {
			continue
		}
		if m, err := eval.Lookup(c.Tuned); err != nil || m.Needs != eval.NeedX || m.Range.Better == 0 {
			return nil, &NameError{fmt.Sprintf("%s: a setting can be chosen by a metric of data and clustering alone, as dbcv; %s is none", c.Name, c.Tuned)}
		}
	}
	r := &runner{Options: o, slow: map[string]Row{}}
	for _, s := range o.Sets {
		for _, c := range o.Contenders {
			r.of += o.repeats(s, c)
		}
	}
	for _, s := range o.Sets {
		if err := r.set(ctx, s); err != nil {
			return r.rows, err
		}
	}
	return r.rows, nil
}

// repeats is how often a contender runs on a set: a clock is read more than once even
// where the answer is the same.
func (o Options) repeats(s Set, c Contender) int {
	if c.Same && !s.Ladder {
		return 1
	}
	return o.Seeds
}

type runner struct {
	Options
	rows   []Row
	at, of int
	slow   map[string]Row // contenders that took too long on a smaller size
}

func (r *runner) set(ctx context.Context, s Set) error {
	l, err := s.load(ctx, r.Load, r.Seed)
	if err != nil {
		if !late(ctx) {
			return cmp.Or(ctx.Err(), err)
		}
		l = nil
	}
	for _, c := range r.Contenders {
		for i := range r.repeats(s, c) {
			if r.Next != nil && i == 0 {
				r.Next(Progress{At: r.at, Of: r.of, Set: s.Name, Contender: c.Name})
			}
			r.at++
			row := Row{
				Suite: s.Suite, Set: s.Name, Ladder: s.Ladder, Contender: c.Name, Algorithm: c.Algorithm,
				ToldK: c.ToldK(), Oracle: c.Oracle, Tuned: c.Tuned, Seed: r.Seed + uint64(i), Metric: r.Metric.Name, Reference: -1,
			}
			if l != nil {
				row.N, row.D = l.x.Dims()
				row.Best = l.best
			}
			switch {
			case ctx.Err() == nil:
				if err := r.row(ctx, l, c, &row); err != nil {
					return err
				}
			case late(ctx):
				row.Reason = "not run: " + timeOver
			default:
				return ctx.Err()
			}
			r.rows = append(r.rows, row)
			if r.Done != nil {
				r.Done(row)
			}
		}
	}
	return nil
}

// timeOver ends the reason of runs for which the time did not suffice.
const timeOver = "the time was over"

// late reports whether the time that was given is over.
func late(ctx context.Context) bool { return errors.Is(ctx.Err(), context.DeadlineExceeded) }

// ladderEnough ends a contender's climb: twice the rows take two to eight times as long.
const ladderEnough = 1.5 // seconds

// row fills in one run. Only a cancelled context is an error.
func (r *runner) row(ctx context.Context, l *loaded, c Contender, row *Row) error {
	if before, ok := r.slow[c.Name]; ok && l.Ladder && before.N < row.N {
		row.Reason = fmt.Sprintf("not run: %d rows took %.3g s", before.N, before.Seconds)
		return nil
	}
	settings := [][]string{nil}
	if c.Oracle || c.Tuned != "" {
		settings = c.Grid
	}
	var total study.Cost
	total.PeakKnown = true
	var reason string
	blank, fits := *row, 0
	for _, further := range settings {
		one := blank
		cost, err := r.fits(ctx, l, c, further, &one)
		switch {
		case late(ctx):
			row.Reason = "stopped: " + timeOver
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			one.Reason = err.Error()
		}
		fits += one.Fits
		total.Seconds += cost.Seconds
		total.CPUSeconds += cost.CPUSeconds
		total.PeakBytes = max(total.PeakBytes, cost.PeakBytes)
		total.PeakKnown = total.PeakKnown && cost.PeakKnown
		if one.Score == nil {
			reason = cmp.Or(reason, one.Reason)
		} else if row.Score == nil || one.fitness > row.fitness {
			*row = one
		}
	}
	if row.Score == nil {
		row.Reason = cmp.Or(reason, "no score")
	}
	row.Fits, row.Seconds, row.CPUSeconds = fits, total.Seconds, total.CPUSeconds
	if total.PeakKnown {
		row.PeakBytes = &total.PeakBytes
	}
	if l.Ladder && total.Seconds > ladderEnough {
		r.slow[c.Name] = *row
	}
	return nil
}

// fits fits once for each number of segments that matters and keeps the best score. The
// cost is that of one fit, the mean.
func (r *runner) fits(ctx context.Context, l *loaded, c Contender, further []string, row *Row) (study.Cost, error) {
	ks := []int{0}
	if row.ToldK {
		ks = nil
		for _, t := range l.truth {
			if k := int(slices.Max(t)) + 1; !slices.Contains(ks, k) {
				ks = append(ks, k)
			}
		}
		slices.Sort(ks)
	}
	total := study.Cost{PeakKnown: true}
	var reason string
	for _, k := range ks {
		a, err := c.options(k, further...)
		if err != nil {
			return total, err
		}
		cl, cost, err := r.fit(ctx, l, c.Algorithm, a, row.Seed)
		row.Fits++
		total.Seconds += cost.Seconds
		total.CPUSeconds += cost.CPUSeconds
		total.PeakBytes = max(total.PeakBytes, cost.PeakBytes)
		total.PeakKnown = total.PeakKnown && cost.PeakKnown
		if ctx.Err() != nil {
			return total, ctx.Err()
		}
		if err != nil {
			reason = cmp.Or(reason, err.Error())
			continue
		}
		var fitness float64
		if c.Tuned != "" {
			why := ""
			if fitness, why, err = r.fitness(ctx, l, c.Tuned, cl); err != nil {
				return total, err
			}
			if why != "" {
				reason = cmp.Or(reason, c.Tuned+" cannot judge it: "+why)
				continue
			}
		}
		for i, t := range l.truth {
			if k > 0 && int(slices.Max(t))+1 != k {
				continue
			}
			s, err := r.Metric.New().Score(ctx, &eval.Input{X: l.x, C: cl, Truth: []eval.Labelling{{Labels: t}}, Seed: row.Seed, Workers: r.Workers})
			if err != nil {
				return total, err
			}
			if !s.Defined() {
				reason = cmp.Or(reason, s.Reason)
				continue
			}
			if row.Score == nil || (s.Value-*row.Score)*float64(r.Metric.Range.Better) > 0 {
				row.Score, row.Reference, row.NClusters, row.NNoise = &s.Value, i, cl.K, cl.NumNoise()
				row.fitness = s.Value * float64(r.Metric.Range.Better)
				if row.Params, err = cluster.Params(a); err != nil {
					return total, err
				}
			}
		}
		if c.Tuned != "" {
			row.fitness = fitness
		}
	}
	if row.Score == nil {
		row.Reason = reason
	}
	total.Seconds /= float64(len(ks))
	total.CPUSeconds /= float64(len(ks))
	return total, nil
}

// fitness rates a clustering without the reference; why says why it cannot.
func (r *runner) fitness(ctx context.Context, l *loaded, metric string, c *cluster.Clustering) (value float64, why string, err error) {
	m, err := eval.Lookup(metric)
	if err != nil {
		return 0, "", err
	}
	s, err := m.New().Score(ctx, &eval.Input{X: l.x, C: c, Seed: r.Seed, Workers: r.Workers})
	return s.Value * float64(m.Range.Better), s.Reason, err
}

// fit is one fit, measured, within its limits.
func (r *runner) fit(ctx context.Context, l *loaded, name string, a cluster.Algorithm, seed uint64) (c *cluster.Clustering, cost study.Cost, err error) {
	n, d := l.x.Dims()
	if e, ok := a.(cluster.Estimator); ok && r.MaxBytes > 0 {
		if est := e.Estimate(n, d); est.Bytes > r.MaxBytes {
			return nil, cost, fmt.Errorf("needs about %s of memory, %s are allowed", bytesText(est.Bytes), bytesText(r.MaxBytes))
		}
	}
	limited := ctx
	if r.FitLimit > 0 {
		var stop context.CancelFunc
		limited, stop = context.WithTimeout(ctx, r.FitLimit)
		defer stop()
	}
	defer func() { // one member must not take the others down
		if p := recover(); p != nil {
			c, err = nil, fmt.Errorf("%s panicked: %v", name, p)
		}
	}()
	m := study.StartMeter()
	c, err = a.Fit(limited, l.x, cluster.Run{Seed: seed, Workers: r.Workers})
	cost = m.Stop()
	switch {
	case err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded):
		return nil, cost, fmt.Errorf("stopped after %v", r.FitLimit)
	case err != nil:
		return nil, cost, err
	case c == nil || len(c.Labels) != n:
		return nil, cost, fmt.Errorf("%s returned no label for each of the %d rows", name, n)
	}
	c.K, _ = cluster.Canonical(c.Labels)
	return c, cost, nil
}
