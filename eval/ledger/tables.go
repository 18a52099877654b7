package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

// WriteTables writes a study's tidy tables into a folder, as CSV and as Parquet
// (Parquet needs a build with cgo), sorted by run:
//
//	assignments  study, run_id, customer_id, cluster, cluster_name, probability,
//	             distance_to_center, silhouette, is_noise
//	runs         run_id, name, algorithm, params, one param_* column per option,
//	             feature_set, scaling, seed, n, d, k, noise_share, each metric with
//	             _lo, _hi and _reason, objective, n_iter, stop, seconds,
//	             shared_seconds, cpu_seconds, peak_bytes, status, reason
//	profiles     run_id, cluster, cluster_name, feature, unit, n, mean, sd, median,
//	             q25, q75, z, smd, smd_lo, smd_hi, reason
//	agreement    run_a, run_b, ari, ami, vi: every pair of runs on the same customers
//
// and of a judged study also
//
//	holdout      a contest × entrant: origin, until, target, method, kind, measure,
//	             population, customers, mean, entrant, run_id, role, k, inside, outside,
//	             outside_lo, outside_hi, tied, lift, lift_share, and for each of rfm,
//	             expected_value, quintiles, chance and ceiling its value with the
//	             difference, _difference, _lo, _hi; reason
//	picks        a contest × half (A, B, both): what choosing on one half comes to on the
//	             other; both is the nested figure
//	blocks       a block × target × origin: value, and of the first the mean and beats
//	structure    a feature set × null: p, draws, exceeded, beaten, rating, expected, ...
//	tendency     a feature set × statistic told beside it, which never votes: hopkins,
//	             dip_distances, dip_component, dependence; value, lo, hi, even, p, n, draws
//	stability    a run × segment: jaccard, jaccard_lo, jaccard_hi, null, gain, reading,
//	             refits, dissolved; every run whose stability was looked at (a journal of an
//	             older mores has jaccard alone of runs other than the choice)
//	k_rules      a rule for the number of segments: rule, family, k, value, run_id, reason
//
// besides verdict.json, the verdict as the journal has it.
//
// cluster counts from 0, −1 is unassigned; cluster_name is the rule-of-thumb name.
// A number that is missing or undefined is empty in CSV and null in Parquet; a text,
// empty in both.
func WriteTables(ctx context.Context, r study.Reader, dir string) error {
	es, err := r.Events(0)
	if err != nil {
		return err
	}
	t := &tables{ctx: ctx, r: r, dir: dir, state: &study.State{}}
	t.state.Fold(es...)
	t.names = study.RunNames(t.state)
	t.done = t.state.DoneRuns()
	slices.SortFunc(t.done, func(a, b *study.RunState) int { return strings.Compare(a.ID, b.ID) })
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, step := range []func() error{t.runs, t.perRun, t.agreement, t.judgement} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// tables is one call of WriteTables.
type tables struct {
	ctx   context.Context
	r     study.Reader
	dir   string
	state *study.State
	names map[string]string
	done  []*study.RunState
}

// runs writes one line per run, failed ones included.
func (t *tables) runs() error {
	all := slices.Clone(t.state.Runs)
	all = slices.DeleteFunc(all, func(r *study.RunState) bool { return r.Status == "running" })
	slices.SortFunc(all, func(a, b *study.RunState) int { return strings.Compare(a.ID, b.ID) })
	text := func(name string, get func(r *study.RunState) string) column {
		c := column{name: name, texts: []string{}}
		for _, r := range all {
			c.texts = append(c.texts, get(r))
		}
		return c
	}
	num := func(name string, get func(r *study.RunState) float64) column {
		c := column{name: name, floats: []float64{}}
		for _, r := range all {
			c.floats = append(c.floats, get(r))
		}
		return c
	}
	whole := func(name string, get func(r *study.RunState) int64) column {
		c := column{name: name, ints: []int64{}}
		for _, r := range all {
			c.ints = append(c.ints, get(r))
		}
		return c
	}
	done := func(get func(r *study.RunState) float64) func(r *study.RunState) float64 {
		return func(r *study.RunState) float64 {
			if r.Status != "done" {
				return math.NaN()
			}
			return get(r)
		}
	}
	cols := []column{
		text("run_id", func(r *study.RunState) string { return r.ID }),
		text("name", func(r *study.RunState) string { return t.names[r.ID] }),
		text("algorithm", func(r *study.RunState) string { return r.Start.Algorithm }),
		text("params", func(r *study.RunState) string { return string(r.Start.Params) }),
	}
	cols = append(cols, paramColumns(all)...)
	cols = append(
		cols,
		text("feature_set", func(r *study.RunState) string { return r.Start.Set }),
		text("scaling", func(r *study.RunState) string { return r.Start.Scale }),
		whole("seed", func(r *study.RunState) int64 { return int64(r.Start.Seed) }),
		whole("n", func(r *study.RunState) int64 { return int64(r.Start.N) }),
		whole("d", func(r *study.RunState) int64 { return int64(r.Start.D) }),
		num("k", done(func(r *study.RunState) float64 { return float64(r.Done.NClusters) })),
		num("noise_share", done(func(r *study.RunState) float64 { return 1 - r.Coverage() })),
	)
	for _, m := range t.state.Study.Metrics {
		get := func(f func(e study.Event) *float64) func(r *study.RunState) float64 {
			return func(r *study.RunState) float64 { return orNaN(f(r.Scores[m])) }
		}
		cols = append(
			cols,
			num(m, get(func(e study.Event) *float64 { return e.Value })),
			num(m+"_lo", get(func(e study.Event) *float64 { return e.Lo })),
			num(m+"_hi", get(func(e study.Event) *float64 { return e.Hi })),
			text(m+"_reason", func(r *study.RunState) string {
				if r.Status != "done" {
					return ""
				}
				_, _, reason := r.Value(m)
				return reason
			}),
		)
	}
	cols = append(
		cols,
		num("objective", func(r *study.RunState) float64 { return orNaN(r.Done.Objective) }),
		num("n_iter", done(func(r *study.RunState) float64 { return float64(r.Done.NIter) })),
		text("stop", func(r *study.RunState) string { return r.Done.Stop }),
		num("seconds", done(func(r *study.RunState) float64 { return r.Done.Seconds })),
		num("shared_seconds", done(func(r *study.RunState) float64 { return r.Done.SharedSeconds })),
		num("cpu_seconds", done(func(r *study.RunState) float64 { return r.Done.CPUSeconds })),
		num("peak_bytes", func(r *study.RunState) float64 {
			if r.Done.PeakBytes == 0 {
				return math.NaN()
			}
			return float64(r.Done.PeakBytes)
		}),
		text("status", func(r *study.RunState) string { return r.Status }),
		text("reason", func(r *study.RunState) string { return r.Done.Reason }),
	)
	return writeTable(t.dir, "runs", cols)
}

func orNaN(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// paramColumns makes one column per option that any run has, numbers where every
// value is a number, else text as JSON writes it (texts without their quotes).
func paramColumns(all []*study.RunState) []column {
	var keys []string
	values := make([]map[string]any, len(all))
	numeric := map[string]bool{}
	for i, r := range all {
		if json.Unmarshal(r.Start.Params, &values[i]) != nil {
			continue
		}
		for k, v := range values[i] {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
				numeric[k] = true
			}
			if _, ok := v.(float64); !ok && v != nil {
				numeric[k] = false
			}
		}
	}
	slices.Sort(keys)
	var out []column
	for _, k := range keys {
		c := column{name: "param_" + k}
		for _, vs := range values {
			v, has := vs[k]
			if numeric[k] {
				x, ok := v.(float64)
				if !ok {
					x = math.NaN()
				}
				c.floats = append(c.floats, x)
				continue
			}
			s, ok := v.(string)
			if !ok && has && v != nil {
				if b, err := json.Marshal(v); err == nil {
					s = string(b)
				}
			}
			c.texts = append(c.texts, s)
		}
		out = append(out, c)
	}
	return out
}

// partRows is the number of assignments above which their Parquet becomes a folder
// with a file per run, which Parquet readers take for one table: a million
// customers in 72 runs would need 8 GB at once.
var partRows = 10_000_000

// perRun writes assignments and profiles.
func (t *tables) perRun() (err error) {
	csv, err := newCSV(filepath.Join(t.dir, "assignments.csv"))
	if err != nil {
		return err
	}
	total := 0
	for _, r := range t.done {
		total += r.Done.N
	}
	parts := total > partRows
	path := filepath.Join(t.dir, "assignments.parquet")
	if err := os.RemoveAll(path); err != nil {
		return csv.close(err)
	}
	if parts {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return csv.close(err)
		}
	}
	all, prof := assignmentColumns(), profileColumns()
	for _, r := range t.done {
		if err := t.ctx.Err(); err != nil {
			return csv.close(err)
		}
		cols, err := t.oneRun(r, prof)
		if err == nil {
			err = csv.add(cols)
		}
		if err == nil && parts {
			err = writeParquet(filepath.Join(path, r.ID+".parquet"), cols)
		}
		if err != nil {
			return csv.close(err)
		}
		if !parts {
			appendColumns(all, cols)
		}
	}
	if len(t.done) == 0 {
		err = csv.add(all)
	}
	if err := csv.close(err); err != nil {
		return err
	}
	if !parts {
		if err := writeParquet(path, all); err != nil {
			return err
		}
	}
	return writeTable(t.dir, "profiles", prof)
}

func assignmentColumns() []column {
	return []column{
		{name: "study", texts: []string{}},
		{name: "run_id", texts: []string{}},
		{name: "customer_id", texts: []string{}},
		{name: "cluster", ints: []int64{}},
		{name: "cluster_name", texts: []string{}},
		{name: "probability", floats: []float64{}},
		{name: "distance_to_center", floats: []float64{}},
		{name: "silhouette", floats: []float64{}},
		{name: "is_noise", bools: []bool{}},
	}
}

func profileColumns() []column {
	cols := []column{
		{name: "run_id", texts: []string{}},
		{name: "cluster", ints: []int64{}},
		{name: "cluster_name", texts: []string{}},
		{name: "feature", texts: []string{}},
		{name: "unit", texts: []string{}},
		{name: "n", ints: []int64{}},
	}
	for _, n := range []string{"mean", "sd", "median", "q25", "q75", "z", "smd", "smd_lo", "smd_hi"} {
		cols = append(cols, column{name: n, floats: []float64{}})
	}
	return append(cols, column{name: "reason", texts: []string{}})
}

func appendColumns(to, from []column) {
	for i := range to {
		to[i].texts = append(to[i].texts, from[i].texts...)
		to[i].ints = append(to[i].ints, from[i].ints...)
		to[i].floats = append(to[i].floats, from[i].floats...)
		to[i].bools = append(to[i].bools, from[i].bools...)
	}
}

// oneRun returns a run's assignments and adds its profile.
func (t *tables) oneRun(r *study.RunState, prof []column) ([]column, error) {
	set, err := t.r.Set(r.Start.Set, r.Start.Scale)
	if err != nil {
		return nil, err
	}
	d, err := t.r.RunData(r.ID)
	if err != nil {
		return nil, err
	}
	n, _ := set.X.Dims()
	if len(d.Labels) != n {
		return nil, fmt.Errorf("run %s has %d labels, its feature set %d rows", r.ID, len(d.Labels), n)
	}
	p := eval.NewProfile(set.Raw, d.Labels, set.Value).Named(d.Names)
	names := map[int32]string{-1: study.Unassigned}
	for _, c := range eval.Cards(p) {
		names[int32(c.Segment)] = c.Name
	}
	cols := assignmentColumns()
	for i, l := range d.Labels {
		cols[0].texts = append(cols[0].texts, t.state.Study.Study)
		cols[1].texts = append(cols[1].texts, r.ID)
		cols[2].texts = append(cols[2].texts, set.X.ID(i))
		cols[3].ints = append(cols[3].ints, int64(l))
		cols[4].texts = append(cols[4].texts, names[l])
		cols[5].floats = append(cols[5].floats, at(d.Probabilities, i))
		cols[6].floats = append(cols[6].floats, toCenter(set.X.Row(i), d.Centers, l))
		cols[7].floats = append(cols[7].floats, at(d.Silhouette, i))
		cols[8].bools = append(cols[8].bools, l < 0)
	}
	add := func(cluster int32, cells []eval.Cell) {
		for j, c := range cells {
			prof[0].texts = append(prof[0].texts, r.ID)
			prof[1].ints = append(prof[1].ints, int64(cluster))
			prof[2].texts = append(prof[2].texts, names[cluster])
			prof[3].texts = append(prof[3].texts, p.Cols[j].Name)
			prof[4].texts = append(prof[4].texts, p.Cols[j].Unit)
			prof[5].ints = append(prof[5].ints, int64(c.N))
			for k, x := range []float64{c.Mean, c.SD, c.Median, c.Q25, c.Q75, c.Z, c.SMD, c.Lo, c.Hi} {
				prof[6+k].floats = append(prof[6+k].floats, x)
			}
			prof[15].texts = append(prof[15].texts, c.Reason)
		}
	}
	for k, cells := range p.Segments {
		add(int32(k), cells)
	}
	add(-1, p.Noise)
	return cols, nil
}

func at[T float32 | float64](xs []T, i int) float64 {
	if xs == nil {
		return math.NaN()
	}
	return float64(xs[i])
}

// toCenter is the Euclidean distance to the own segment's centre, in the scale that
// was clustered; NaN where there is none.
func toCenter(row []float64, centers [][]float64, l int32) float64 {
	if l < 0 || int(l) >= len(centers) || len(centers[l]) != len(row) {
		return math.NaN()
	}
	s := 0.0
	for j, x := range row {
		s += (x - centers[l][j]) * (x - centers[l][j])
	}
	return math.Sqrt(s)
}
