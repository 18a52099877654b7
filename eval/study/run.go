package study

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
)

// sharedBytes bounds what the runs on one feature set keep for each other: trees,
// neighbour indexes. A tree of 100,000 rows is 2 MB, its neighbour graph 20 MB.
const sharedBytes = 1 << 30

// Run does every run of the study that the journal does not hold yet, one after
// another, each with all workers, and journals them. It can be taken up again at
// any time: with the same data and plan it goes on where it stopped, and ends with
// the same bytes.
//
// A run that fails, panics or would need more than MaxBytes is a run_failed with
// the reason; the study goes on. Run itself fails when there is nothing to run,
// when a feature set cannot be made, when ctx ends, and when the journal cannot be
// written.
func (s *Study) Run(ctx context.Context, j Journal) error {
	p, err := s.plan(ctx)
	if err != nil {
		return err
	}
	r := &runner{s: s, j: j, plan: p, began: time.Now(), spent: map[string][]float64{}}
	if err := r.start(); err != nil {
		return err
	}
	for i, pl := range p.runs {
		if j.Finished(pl.Run) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.run(ctx, i, pl); err != nil {
			return err
		}
	}
	said := false
	if s.Judge != nil {
		if said, err = r.judge(ctx); err != nil {
			return err
		}
	}
	if r.old != nil && r.old.Finished && !said {
		return nil
	}
	return j.Append(Event{Event: StudyDone, Study: s.Name, Total: len(p.runs)})
}

// runner is one call of Run.
type runner struct {
	s      *Study
	j      Journal
	plan   *plan
	old    *State // what the journal held before; nil if it cannot be read
	shared *cluster.Shared
	of     *built   // the feature set that shared belongs to
	keep   *keeping // of the judgement; nil = the journal keeps nothing

	began    time.Time
	spent    map[string][]float64 // seconds of finished runs, by algorithm
	reported time.Time
}

// start saves the feature sets and writes the study's first lines, once.
func (r *runner) start() error {
	if rd, ok := r.j.(Reader); ok {
		es, err := rd.Events(0)
		if err != nil {
			return err
		}
		if len(es) > 0 {
			r.old = &State{}
			r.old.Fold(es...)
		}
	}
	for _, b := range r.plan.sets {
		if err := r.j.SaveSet(b.set); err != nil {
			return err
		}
	}
	if r.old == nil || r.old.Study.Event == "" {
		e := Event{Event: StudyStart, Study: r.s.Name, Data: r.s.info(), Total: len(r.plan.runs), Noise: r.s.noise()}
		for _, b := range r.plan.sets {
			e.Sets = append(e.Sets, b.brief())
		}
		for _, m := range r.s.metrics() {
			e.Metrics = append(e.Metrics, m.Name)
		}
		if err := r.j.Append(e); err != nil {
			return err
		}
	}
	said := []Event{{Event: WarningEv, Warnings: r.s.Notes}}
	known := map[string]bool{}
	for _, b := range r.plan.sets {
		w := Event{Event: WarningEv, Set: b.set.Name, Scale: b.set.Scale}
		for _, text := range b.set.Warnings {
			if !known[text] { // an extractor says the same in every set
				w.Warnings, known[text] = append(w.Warnings, text), true
			}
		}
		said = append(said, w)
	}
	for _, w := range said {
		if len(w.Warnings) == 0 || r.warned(w) {
			continue
		}
		if err := r.j.Append(w); err != nil {
			return err
		}
	}
	return nil
}

// warned reports whether the journal has that warning already.
func (r *runner) warned(w Event) bool {
	return r.old != nil && slices.ContainsFunc(r.old.Warnings, func(o Event) bool {
		return o.Set == w.Set && o.Scale == w.Scale && o.Run == "" && reflect.DeepEqual(o.Warnings, w.Warnings)
	})
}

// run does one run. An error means that the study cannot go on.
func (r *runner) run(ctx context.Context, i int, p *planned) error {
	if r.of != p.of { // runs come set by set: what the last one shared is done with
		r.of, r.shared = p.of, cluster.NewShared(sharedBytes)
	}
	began := time.Now()
	n, d := p.of.set.X.Dims()
	err := r.j.Append(Event{
		Event: RunStart, Run: p.Run, Cell: p.Cell, Total: len(r.plan.runs), Algorithm: p.Algorithm, Params: p.Params,
		Set: p.Set, Scale: p.Scale, Seed: p.Seed, N: n, D: d,
	})
	if err != nil {
		return err
	}
	fail := func(reason string) error {
		return r.j.Append(Event{Event: RunFailed, Run: p.Run, Cell: p.Cell, N: n, D: d, Reason: reason})
	}
	if p.err != nil {
		return fail(oneLine(p.err.Error()))
	}
	if reason := r.s.refuse(p, n, d); reason != "" {
		return fail(reason)
	}
	c, done, err := r.fit(ctx, i, p)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fail(oneLine(err.Error()))
	}
	data := &RunData{Labels: c.Labels, Probabilities: c.Probabilities, Tree: c.Tree, Centers: c.Centers, Medoids: c.Medoids, Core: c.Core, Rule: c.Rule, Names: c.Names}
	for _, m := range r.s.metrics() {
		e, perRow, ok, err := r.score(ctx, i, p, c, m)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if m.Name == "silhouette" && perRow != nil {
			data.Silhouette = make([]float32, len(perRow))
			for k, v := range perRow {
				data.Silhouette[k] = float32(v)
			}
		}
		if err := r.j.Append(e); err != nil {
			return err
		}
	}
	if err := r.j.SaveRun(p.Run, data); err != nil {
		return err
	}
	r.spent[p.Algorithm] = append(r.spent[p.Algorithm], time.Since(began).Seconds())
	return r.j.Append(done)
}

// fit clusters, measures what it costs and makes the run_done line.
func (r *runner) fit(ctx context.Context, i int, p *planned) (*cluster.Clustering, Event, error) {
	x := p.of.set.X
	n, d := x.Dims()
	if m, err := cluster.Lookup(p.method.Name); err != nil || m != p.method {
		// An algorithm from outside may write into its input, which the next runs need.
		rows := make([]int, n)
		for k := range rows {
			rows[k] = k
		}
		x = x.Pick(rows)
	}
	run := cluster.Run{Seed: p.seed, Workers: r.s.Workers, Shared: r.shared}
	if r.s.Progress != nil {
		r.report(Progress{Run: p.Run, Cell: p.Cell, Phase: "fit"}, i, true)
		run.Report = func(st cluster.Step) {
			r.report(Progress{Run: p.Run, Cell: p.Cell, Phase: "fit", Iter: st.Iter, Of: st.Of, Objective: finiteOr0(st.Objective)}, i, false)
		}
	}
	peak := peakStart()
	shared, cpu, began := r.shared.Built(), cpuTime(), time.Now()
	c, err := call(p.method.Name, func() (*cluster.Clustering, error) {
		if a, ok := p.algorithm.(*Rules); ok {
			return r.fitRules(ctx, p, a)
		}
		return p.algorithm.Fit(ctx, x, run)
	})
	seconds := time.Since(began).Seconds()
	cpu = cpuTime() - cpu
	if err != nil {
		return nil, Event{}, err
	}
	if err := lawful(p.method.Name, c, n); err != nil {
		return nil, Event{}, err
	}
	e := Event{
		Event: RunDone, Run: p.Run, Cell: p.Cell, N: n, D: d, NClusters: c.K, NNoise: c.NumNoise(), Sizes: c.Sizes(),
		NIter: c.Iter, Stop: string(c.Stop), Seconds: seconds, SharedSeconds: (r.shared.Built() - shared).Seconds(),
		CPUSeconds: cpu.Seconds(), PeakBytes: peakSince(peak), LabelsHash: labelsHash(c.Labels), Warnings: c.Warnings,
	}
	for name, v := range c.Criteria {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			if e.Criteria == nil {
				e.Criteria = map[string]float64{}
			}
			e.Criteria[name] = v
		}
	}
	if c.Objective != nil && !math.IsNaN(*c.Objective) && !math.IsInf(*c.Objective, 0) {
		e.Objective = c.Objective
	}
	return c, e, nil
}

// call runs somebody's code: a panic becomes an error, since one member must not
// take the study down.
func call[T any](who string, f func() (T, error)) (out T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s panicked: %v", who, p)
		}
	}()
	return f()
}

// lawful checks what every result must hold and puts labels into canonical order,
// centres and medoids with them.
func lawful(who string, c *cluster.Clustering, n int) error {
	if c == nil {
		return fmt.Errorf("%s returned neither a clustering nor an error", who)
	}
	if len(c.Labels) != n {
		return fmt.Errorf("%s returned %d labels for %d rows", who, len(c.Labels), n)
	}
	k, old := cluster.Canonical(c.Labels)
	if len(c.Names) > 0 {
		var names []string
		for _, o := range old {
			if int(o) >= len(c.Names) {
				return fmt.Errorf("%s returned label %d and %d names", who, o, len(c.Names))
			}
			names = append(names, c.Names[o])
		}
		c.Names = names
	}
	if len(c.Centers) > 0 && len(c.Centers) < k || len(c.Medoids) > 0 && len(c.Medoids) < k {
		return fmt.Errorf("%s returned %d clusters, %d centres and %d medoids", who, k, len(c.Centers), len(c.Medoids))
	}
	for i, o := range old {
		if int(o) != i || len(c.Centers) > k || len(c.Medoids) > k {
			return follow(who, c, k, old)
		}
	}
	c.K = k
	return nil
}

// follow brings centres and medoids into the order of the canonical labels.
func follow(who string, c *cluster.Clustering, k int, old []int32) error {
	var centers [][]float64
	var medoids []int
	for _, o := range old {
		if len(c.Centers) > 0 {
			if int(o) >= len(c.Centers) {
				return fmt.Errorf("%s returned label %d and %d centres", who, o, len(c.Centers))
			}
			centers = append(centers, c.Centers[o])
		}
		if len(c.Medoids) > 0 {
			if int(o) >= len(c.Medoids) {
				return fmt.Errorf("%s returned label %d and %d medoids", who, o, len(c.Medoids))
			}
			medoids = append(medoids, c.Medoids[o])
		}
	}
	c.K, c.Centers, c.Medoids = k, centers, medoids
	return nil
}

// score rates a clustering; ok is false where the metric needs a reference and
// there is none.
func (r *runner) score(ctx context.Context, i int, p *planned, c *cluster.Clustering, m *eval.Metric) (e Event, perRow []float64, ok bool, err error) {
	if m.Needs&eval.NeedTruth != 0 && len(p.of.truth) == 0 {
		return e, nil, false, nil
	}
	r.report(Progress{Run: p.Run, Cell: p.Cell, Phase: "score"}, i, false)
	in := &eval.Input{X: p.of.set.X, C: c, Noise: r.s.noise(), Truth: p.of.truth, Seed: p.seed, Workers: r.s.Workers}
	var s eval.Score
	switch {
	case m.Needs&eval.NeedHoldout != 0:
		s = eval.Undefined("this study holds no behaviour out")
	case m.Needs&eval.NeedRefit != 0:
		s = eval.Undefined(notAgain)
	default:
		s, err = call(m.Name, func() (eval.Score, error) { return m.New().Score(ctx, in) })
		if ctx.Err() != nil {
			return e, nil, false, ctx.Err()
		}
		if err != nil {
			s = eval.Undefined("%s", oneLine(err.Error()))
		}
	}
	return scoreEvent(p.Run, m.Name, s), s.PerRow, true, nil
}

// notAgain is why a run has no score that clusters again, until it is judged.
const notAgain = "this study does not cluster again"

// scoreEvent is a score as a line of the journal.
func scoreEvent(run, metric string, s eval.Score) Event {
	e := Event{
		Event: ScoreEvent, Run: run, Metric: metric, Noise: s.Noise, Sampled: s.Sampled, PerSegment: s.PerSegment, Warnings: s.Warnings,
	}
	switch {
	case !s.Defined():
		e.Reason = s.Reason
	case math.IsNaN(s.Value) || math.IsInf(s.Value, 0):
		e.Reason = fmt.Sprintf("%s came out as %v", metric, s.Value)
	default:
		e.Value, e.Lo, e.Hi = &s.Value, finite(s.Lo), finite(s.Hi)
	}
	return e
}

func finite(x *float64) *float64 {
	if x == nil || math.IsNaN(*x) || math.IsInf(*x, 0) {
		return nil
	}
	return x
}

func finiteOr0(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// reportEvery bounds how often iterations are reported; people see no more.
const reportEvery = 50 * time.Millisecond

func (r *runner) report(p Progress, i int, always bool) {
	if r.s.Progress == nil || !always && time.Since(r.reported) < reportEvery {
		return
	}
	r.reported = time.Now()
	p.Total, p.ETA = len(r.plan.runs), r.eta(i)
	r.s.Progress(p)
}

// eta estimates the seconds to the end of the study: each run as long as the mean
// of its algorithm's finished ones, or of all where there are none yet.
func (r *runner) eta(i int) float64 {
	var all []float64
	for _, xs := range r.spent {
		all = append(all, xs...)
	}
	if len(all) == 0 {
		return 0
	}
	total := 0.0
	for _, p := range r.plan.runs[i:] {
		if r.j.Finished(p.Run) {
			continue
		}
		xs := r.spent[p.Algorithm]
		if len(xs) == 0 {
			xs = all
		}
		total += mean(xs)
	}
	return total
}

func mean(xs []float64) float64 {
	s := 0.0
	for _, x := range xs {
		s += x
	}
	return s / float64(len(xs))
}

// refuse says why a run is not started: it would need more memory than allowed.
func (s *Study) refuse(p *planned, n, d int) string {
	if s.MaxBytes <= 0 || p.Estimate == nil || p.Estimate.Bytes <= s.MaxBytes {
		return ""
	}
	type option struct {
		name  string
		bytes int64
	}
	var less []option
	for _, m := range cluster.Methods() {
		if e, ok := m.New().(cluster.Estimator); ok && !m.Baseline && m.Example == nil && m.Name != p.Algorithm {
			if b := e.Estimate(n, d).Bytes; b <= s.MaxBytes {
				less = append(less, option{m.Name, b})
			}
		}
	}
	slices.SortFunc(less, func(a, b option) int { return cmp.Compare(a.bytes, b.bytes) })
	out := fmt.Sprintf("R001: %s on %d rows × %d columns needs about %s beside the data; the limit is %s. Not started.",
		p.Algorithm, n, d, size(p.Estimate.Bytes), size(s.MaxBytes))
	var opts []string
	for _, o := range less[:min(3, len(less))] {
		opts = append(opts, fmt.Sprintf("%s (about %s)", o.name, size(o.bytes)))
	}
	if len(opts) > 0 {
		out += " Options: " + strings.Join(opts, ", ") + "; or"
	} else {
		out += " Options:"
	}
	return out + " a larger --max-mem; or a sample of the rows"
}

// size writes bytes for people, in decimal units.
func size(b int64) string {
	switch {
	case b >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(b)/1e9)
	case b >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(b)/1e6)
	}
	return fmt.Sprintf("%.1f kB", float64(b)/1e3)
}

// Planned is a run that a study would do.
type Planned struct {
	Run       string            `json:"run"`
	Cell      int               `json:"cell"`
	Name      string            `json:"name"`
	Algorithm string            `json:"algorithm"`
	Params    json.RawMessage   `json:"params"`
	Set       string            `json:"set"`
	Scale     string            `json:"scale"`
	Seed      uint64            `json:"seed"`
	N         int               `json:"n"`
	D         int               `json:"d"`
	Estimate  *cluster.Estimate `json:"estimate,omitempty"` // nil = the algorithm does not say
}
