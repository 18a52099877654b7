package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/internal/npy"
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
		cpu0, t0 := cpuSeconds(), time.Now()
		s, err := m.New().Score(ctx, input)
		if err != nil {
			return err
		}
		wall, cpu := time.Since(t0).Seconds(), cpuSeconds()-cpu0
		if a.JSON {
			one := map[string]any{"seconds": wall, "cpu_seconds": cpu}
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

// readLabels reads a labelling of the fitted rows: by id where the file has ids,
// else by position (npy, or one label a line, as in the batteries).
func readLabels(ctx context.Context, a *app, path string, in *prepared) ([]int32, error) {
	f, err := os.Open(a.path(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	head, _ := r.Peek(6)
	if string(head) == "\x93NUMPY" {
		arr, err := npy.Read(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return byPosition(path, arr.Data, in)
	}
	first, err := r.ReadString('\n')
	if err != nil && err != io.EOF {
		return nil, err
	}
	if strings.Contains(first, ",") {
		c, err := (&cluster.Labels{File: a.path(path), ID: "id", Column: "cluster"}).Fit(ctx, in.X, cluster.Run{})
		if err != nil {
			return nil, err
		}
		for _, w := range c.Warnings {
			a.say("warning: %s", w)
		}
		return c.Labels, nil
	}
	var values []float64
	for line := 1; ; line++ {
		if t := strings.TrimSpace(first); t != "" {
			v, perr := strconv.ParseFloat(t, 64)
			switch {
			case perr == nil:
				values = append(values, v)
			case line > 1: // a first line that is no number is a header
				return nil, &failure{exit: exitData, code: "D006", err: fmt.Errorf("error[D006]: %s, line %d: %.60q is no label; write one whole number a line, or CSV with the header id,cluster", path, line, t)}
			}
		}
		if err != nil {
			break
		}
		first, err = r.ReadString('\n')
	}
	return byPosition(path, values, in)
}

// byPosition takes labels of the file's rows to the rows that were fitted.
func byPosition(path string, values []float64, in *prepared) ([]int32, error) {
	if len(values) != in.N {
		return nil, &failure{exit: exitData, err: fmt.Errorf("%s has %d labels for %d rows", path, len(values), in.N)}
	}
	out := make([]int32, len(in.Rows))
	for i, r := range in.Rows {
		v := values[r]
		if v != math.Trunc(v) || math.Abs(v) > 1<<30 {
			return nil, &failure{exit: exitData, err: fmt.Errorf("%s, label %d: %g is no whole number", path, r+1, v)}
		}
		out[i] = int32(v)
	}
	return out, nil
}
