package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// tableFlags say how a table of features is read and scaled.
type tableFlags struct {
	Input   string   `short:"i" required:"" help:"Table: CSV, TSV, Parquet, JSON Lines or npy, one row a customer." placeholder:"FILE"`
	ID      string   `name:"id" help:"Column that holds the ids." placeholder:"COLUMN"`
	Columns []string `help:"Use these columns only." placeholder:"A,B"`
	Scale   string   `help:"none, zscore, robust, quantile or block." default:"none" enum:"none,zscore,robust,quantile,block"`
	Missing string   `help:"What missing values become: refuse, drop-rows or median." default:"refuse" enum:"refuse,drop-rows,median"`
}

type clusterCmd struct {
	tableFlags
	Algo       string   `arg:"" help:"Algorithm: see mores help algorithms."`
	Output     string   `short:"o" help:"Write id,cluster here (- is stdout)." placeholder:"FILE"`
	Set        []string `name:"set" sep:"none" help:"An option, as n_clusters=8; repeatable." placeholder:"KEY=VALUE"`
	Categories []string `help:"Columns of words or codes, taken as categories: kprototypes, or metric=gower." placeholder:"A,B"`
	Init       string   `help:"Start from these centres: k rows of d, CSV or npy." placeholder:"FILE"`
	LinkageOut string   `help:"Write the merge tree: SciPy's Z (.npy), or R's hclust (.csv)." placeholder:"FILE"`
	LeafOrder  string   `help:"Leaves of that hclust from left to right: plain, or optimal (neighbours as near as can be)." default:"plain" enum:"plain,optimal"`
	Details    string   `help:"Write what the algorithm says of each row besides its label: probability, outlier score, reachability plot, decision graph." placeholder:"FILE.csv"`
}

func (clusterCmd) Examples() string {
	return `  mores cluster kmeans -i features.parquet --set n_clusters=5 -o labels.csv
  mores cluster hierarchical -i wholesale.csv --set linkage=ward --set n_clusters=4 --scale zscore --linkage-out Z.npy
  mores cluster kprototypes -i customers.csv --categories region,channel --scale zscore --set n_clusters=4
  mores cluster hdbscan -i points.npy --set min_cluster_size=50 --details rows.csv
  mores cluster dbscan -i points.npy --set eps=0.3 --set min_samples=10 --json`
}

func (c clusterCmd) Run(ctx context.Context, a *app) error {
	method, alg, err := c.algorithm(a)
	if err != nil {
		return err
	}
	if err := c.takesCategories(method, alg); err != nil {
		return err
	}
	if c.Output != "" && c.Output != "-" { // find out before the work, not after
		if err := writable(a.path(c.Output)); err != nil {
			return err
		}
	}
	large, err := c.stream(ctx, a, alg)
	if err != nil {
		return err
	}
	if large != nil {
		return c.runStream(ctx, a, method, alg, large)
	}
	if limit, err := a.maxBytes(); err == nil && a.MaxMem != "" {
		debug.SetMemoryLimit(limit * 7 / 10) // what DuckDB may take of the budget is not Go's
	}
	in, err := c.matrix(ctx, a)
	if err != nil {
		return err
	}
	if err := c.addCategories(in); err != nil {
		return err
	}
	if c.Init != "" {
		if err := c.setInit(ctx, a, alg, in.X); err != nil {
			return err
		}
	}
	n, d := in.X.Dims()
	if err := a.affordable(method.Name, alg, n, d); err != nil {
		return err
	}
	params, err := cluster.Params(alg)
	if err != nil {
		return err
	}
	if a.DryRun {
		a.say("would fit %s %s on %d rows × %d columns", method.Name, params, n, d)
		return nil
	}
	cpu0, t0 := cpuSeconds(), time.Now()
	cl, err := alg.Fit(ctx, in.X, cluster.Run{Seed: a.Seed, Workers: a.Jobs})
	wall, cpu := time.Since(t0).Seconds(), cpuSeconds()-cpu0
	if err != nil {
		return err
	}
	for _, w := range slices.Concat(in.Warnings, cl.Warnings) {
		a.say("warning: %s", w)
	}
	if err := c.writeTree(ctx, a, method.Name, in.X, cl); err != nil {
		return err
	}
	if err := c.writeDetails(a, method.Name, in.X, cl); err != nil {
		return err
	}
	if c.Output == "-" && a.JSON {
		return fail(exitUsage, "-o - and --json both want stdout: give -o a file")
	}
	if c.Output != "" {
		if err := c.writeLabels(a, in, cl.Labels); err != nil {
			return err
		}
	}
	v, _, _ := version()
	if a.JSON {
		return a.result(withCriteria(map[string]any{
			"algorithm": method.Name, "params": params, "n": n, "d": d, "n_clusters": cl.K, "n_noise": cl.NumNoise(),
			"objective": cl.Objective, "n_iter": cl.Iter, "stop": cl.Stop, "fit_seconds": wall, "cpu_seconds": cpu,
			"peak_rss_bytes": peakRSS(), "warnings": append(append([]string{}, in.Warnings...), cl.Warnings...), "version": v,
		}, cl.Criteria))
	}
	if c.Output == "-" {
		return nil
	}
	fmt.Fprintf(a.out, "%s %s: %d rows × %d columns -> %d clusters", method.Name, params, n, d, cl.K)
	if nn := cl.NumNoise(); nn > 0 {
		fmt.Fprintf(a.out, ", %d unassigned (%.1f %%)", nn, 100*float64(nn)/float64(n))
	}
	fmt.Fprintf(a.out, "\nsizes %v", shorten(cl.Sizes()))
	if cl.Objective != nil {
		fmt.Fprintf(a.out, "; objective %.6g", *cl.Objective)
	}
	for _, name := range slices.Sorted(maps.Keys(cl.Criteria)) {
		fmt.Fprintf(a.out, "; %s %.6g", name, cl.Criteria[name])
	}
	fmt.Fprintf(a.out, "; %s after %d iterations; %.3g s\n", cl.Stop, cl.Iter, wall)
	if c.Output != "" {
		fmt.Fprintf(a.out, "labels: %s\nscore:  mores eval -i %s --labels %s --scale %s\n", c.Output, c.Input, c.Output, c.Scale)
	}
	return nil
}

// withCriteria adds a fit's information criteria to its result.
func withCriteria(result map[string]any, criteria map[string]float64) map[string]any {
	for name, v := range criteria {
		result[name] = v
	}
	return result
}

// takesCategories refuses --categories for methods that would compute with them.
func (c clusterCmd) takesCategories(method *cluster.Method, alg cluster.Algorithm) error {
	if len(c.Categories) == 0 {
		return nil
	}
	var metric struct {
		Metric string `json:"metric"`
	}
	if p, err := cluster.Params(alg); err != nil || json.Unmarshal(p, &metric) != nil ||
		method.Name != "kprototypes" && !slices.Contains([]string{"gower", "hamming"}, metric.Metric) {
		return fail(exitUsage, "%s would subtract categories as if they were numbers: --categories goes with kprototypes, or with kmedoids, affinity, hierarchical and dbscan and --set metric=gower", method.Name)
	}
	return nil
}

// addCategories puts the columns that --categories names beside the numbers.
func (c clusterCmd) addCategories(in *prepared) error {
	if len(c.Categories) == 0 {
		return nil
	}
	x, err := features.WithCategories(in.X, in.Raw, in.Rows, c.Categories)
	if err != nil {
		return &failure{exit: exitData, code: "D004", err: fmt.Errorf("error[D004]: %s: %w", c.Input, err)}
	}
	in.X = x
	return nil
}

// algorithm returns the method and its options as --set left them.
func (c clusterCmd) algorithm(a *app) (*cluster.Method, cluster.Algorithm, error) {
	m, err := cluster.Lookup(c.Algo)
	if err != nil {
		names := methodNames()
		return nil, nil, fail(exitUsage, "%w\n  algorithms: %s%s", err, list(names), suggest(c.Algo, names))
	}
	alg := m.New()
	for _, kv := range c.Set {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			return nil, nil, fail(exitUsage, "--set %q: write key=value, as --set n_clusters=8", kv)
		}
		if k == "random_state" || k == "seed" {
			s, err := strconv.ParseUint(v, 10, 64)
			if err != nil {
				return nil, nil, fail(exitUsage, "--set %s: a seed is a whole number from 0", kv)
			}
			a.Seed = s
			continue
		}
		if err := cluster.Set(alg, k, v); err != nil {
			return nil, nil, &failure{exit: exitUsage, err: err}
		}
	}
	return m, alg, nil
}

// affordable refuses what the algorithm says will not fit.
func (a *app) affordable(name string, alg cluster.Algorithm, n, d int) error {
	e, ok := alg.(cluster.Estimator)
	if !ok {
		return nil
	}
	limit, err := a.maxBytes()
	if err != nil {
		return err
	}
	if est := e.Estimate(n, d); est.Bytes > limit {
		return &failure{exit: exitRefused, code: "R001", err: fmt.Errorf(
			"error[R001]: %s on %d rows needs about %s; the limit is %s. Not started\n"+
				"  options: mores cluster kmeans (a few bytes a row) · hierarchical with linkage=ward or single (memory grows with n) · fewer rows · --max-mem %s if the machine has it",
			name, n, bytesText(est.Bytes), bytesText(limit), strings.ReplaceAll(bytesText(est.Bytes+est.Bytes/4), " ", ""))}
	}
	return nil
}

// bytesText writes an amount of memory for people; --max-mem reads it without the blank.
func bytesText(b int64) string {
	for _, u := range []struct {
		name string
		size float64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if float64(b) >= u.size {
			return fmt.Sprintf("%.1f %s", float64(b)/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d B", b)
}

// startKeys are the options that take starting centres.
var startKeys = []string{"init_centers", "means_init"}

// setInit reads the given centres into the algorithm, and their number where --set
// does not say it.
func (c clusterCmd) setInit(ctx context.Context, a *app, alg cluster.Algorithm, x *features.Matrix) error {
	keys := cluster.Keys(alg)
	at := slices.IndexFunc(keys, func(key string) bool { return slices.Contains(startKeys, key) })
	if at < 0 {
		return fail(exitUsage, "%s takes no starting centres: --init goes with kmeans and gmm", c.Algo)
	}
	m, err := readMatrix(ctx, a, c.Init, "", false)
	if err != nil {
		return err
	}
	k, d := m.Dims()
	if _, want := x.Dims(); d != want {
		return fail(exitData, "%s has %d columns, the data has %d: --init wants k rows of d values in the scale of the fit", c.Init, d, want)
	}
	rows := make([][]float64, k)
	for i := range rows {
		rows[i] = m.Row(i)
	}
	counted := slices.ContainsFunc(c.Set, func(kv string) bool {
		return strings.HasPrefix(kv, "n_clusters=") || strings.HasPrefix(kv, "n_components=")
	})
	if slices.Contains(keys, "n_clusters") && !counted {
		if err := cluster.SetValue(alg, "n_clusters", k); err != nil {
			return err
		}
	}
	return cluster.SetValue(alg, keys[at], rows)
}

func (c clusterCmd) writeLabels(a *app, in *prepared, labels []int32) error {
	write := func(w io.Writer) error {
		cw := csv.NewWriter(w)
		cw.Write([]string{"id", "cluster"})
		at := 0
		for i := range in.N {
			l := "" // a row that was left out has no label
			if at < len(in.Rows) && in.Rows[at] == i {
				l = strconv.Itoa(int(labels[at]))
				at++
			}
			cw.Write([]string{in.Raw.ID(i), l})
		}
		cw.Flush()
		return cw.Error()
	}
	if c.Output == "-" {
		return write(a.out)
	}
	return writeFile(a.path(c.Output), write)
}

// writeFile writes beside the target and renames, so that no half file is left.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(dirOf(path), ".mores-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	b := bufio.NewWriterSize(f, 1<<18)
	if err := write(b); err != nil {
		f.Close()
		return err
	}
	if err := b.Flush(); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// writable finds out whether a file can be made at path, before the work.
func writable(path string) error {
	f, err := os.CreateTemp(dirOf(path), ".mores-*")
	if err != nil {
		return &failure{exit: exitIO, code: "S002", err: fmt.Errorf("cannot write %s: %w", path, err)}
	}
	f.Close()
	return os.Remove(f.Name())
}

// shorten keeps a list of sizes readable.
func shorten(s []int) []int {
	if len(s) > 20 {
		return s[:20]
	}
	return s
}

// methodNames lists the algorithms, for messages.
func methodNames() []string {
	var names []string
	for _, m := range cluster.Methods() {
		names = append(names, m.Name)
	}
	return names
}
