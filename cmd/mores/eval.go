package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
)

type evalCmd struct {
	tableFlags
	Labels  string   `required:"" help:"The labelling: CSV id,cluster, or one label a line; -1 is noise." placeholder:"FILE"`
	Truth   []string `help:"Reference labelling; several are equally valid." placeholder:"FILE"`
	Metrics []string `help:"Which metrics; default: all that apply." placeholder:"A,B"`
	Noise   string   `help:"What noise rows are to internal indices: one_cluster, exclude or singletons." default:"one_cluster" enum:"one_cluster,exclude,singletons"`
}

func (evalCmd) Examples() string {
	return `  mores eval -i features.csv --labels labels.csv
  mores eval -i points.npy --labels labels.csv --truth truth.csv --metrics adjusted_rand,silhouette --json`
}

func (c evalCmd) Run(ctx context.Context, a *app) error {
	metrics, err := c.metrics()
	if err != nil {
		return err
	}
	in, err := c.matrix(ctx, a)
	if err != nil {
		return err
	}
	for _, w := range in.Warnings {
		a.say("warning: %s", w)
	}
	labels, err := readLabels(ctx, a, c.Labels, in)
	if err != nil {
		return err
	}
	k, _ := cluster.Canonical(labels)
	input := &eval.Input{X: in.X, C: &cluster.Clustering{Labels: labels, K: k}, Noise: eval.NoisePolicy(c.Noise), Seed: a.Seed, Workers: a.Jobs}
	for _, t := range c.Truth {
		l, err := readLabels(ctx, a, t, in)
		if err != nil {
			return err
		}
		input.Truth = append(input.Truth, eval.Labelling{Name: t, Labels: l})
	}
	scores := map[string]any{}
	for _, m := range metrics {
		if m.Needs&eval.NeedTruth != 0 && len(input.Truth) == 0 || m.Needs&(eval.NeedHoldout|eval.NeedRefit) != 0 {
			if len(c.Metrics) > 0 {
				return fail(exitUsage, "%s needs a reference labelling: --truth FILE", m.Name)
			}
			continue
		}
		t0 := time.Now()
		s, err := m.New().Score(ctx, input)
		if err != nil {
			return err
		}
		sec := time.Since(t0).Seconds()
		if a.JSON {
			one := map[string]any{"seconds": sec}
			if s.Defined() {
				one["value"] = s.Value
			} else {
				one["reason"] = s.Reason
			}
			if s.Sampled > 0 {
				one["sampled"] = s.Sampled
			}
			if s.Lo != nil && s.Hi != nil {
				one["lo"], one["hi"] = *s.Lo, *s.Hi
			}
			scores[m.Name] = one
			continue
		}
		switch {
		case !s.Defined():
			fmt.Fprintf(a.out, "%-28s %12s   %s\n", m.Name, "–", s.Reason)
		case s.Sampled > 0 && s.Lo != nil && s.Hi != nil:
			fmt.Fprintf(a.out, "%-28s %12.6g   [%.4g, %.4g] from %d sampled rows\n", m.Name, s.Value, *s.Lo, *s.Hi, s.Sampled)
		case !math.IsInf(s.Value, 0):
			fmt.Fprintf(a.out, "%-28s %12.6g\n", m.Name, s.Value)
		}
	}
	if a.JSON {
		n, d := in.X.Dims()
		return a.result(map[string]any{"n": n, "d": d, "n_clusters": k, "n_noise": input.C.NumNoise(), "noise": c.Noise, "scores": scores})
	}
	return nil
}

func (c evalCmd) metrics() ([]*eval.Metric, error) {
	if len(c.Metrics) == 0 {
		return eval.Metrics(), nil
	}
	var out []*eval.Metric
	for _, name := range c.Metrics {
		m, err := eval.Lookup(name)
		if err != nil {
			var names []string
			for _, m := range eval.Metrics() {
				names = append(names, m.Name)
			}
			return nil, fail(exitUsage, "%w\n  metrics: %s%s", err, strings.Join(names, ", "), suggest(name, names))
		}
		out = append(out, m)
	}
	return out, nil
}

// readLabels reads a labelling and puts it into the order of the fitted rows: by
// id where the file has ids, by position where it has one column.
func readLabels(ctx context.Context, a *app, path string, in *prepared) ([]int32, error) {
	alg := &cluster.Labels{File: a.path(path)}
	cl, err := alg.Read(in.Raw)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := make([]int32, len(in.Rows))
	for i, r := range in.Rows {
		out[i] = cl[r]
	}
	return out, nil
}
