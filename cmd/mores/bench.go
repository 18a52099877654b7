package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/bench"
)

type benchCmd struct {
	Suite      []string      `arg:"" optional:"" help:"Suites (sample, scale, or a battery of mores datasets ls) or single labelled sets; default: sample, which needs no files."`
	Algorithms []string      `help:"Which algorithms; default: a list of all kinds. all; ward; dbscan:eps=0.3 sets an option." placeholder:"A,B"`
	Seeds      int           `help:"Runs of an algorithm whose answer depends on the seed." default:"3"`
	Metric     string        `help:"Score: a metric that compares with a reference." default:"adjusted_rand"`
	Published  bool          `help:"Put our scores beside the published ones."`
	Alpha      float64       `help:"Level of the test of ranks." default:"0.05"`
	Posthoc    string        `help:"Which pairs differ: nemenyi or wilcoxon-holm." default:"nemenyi" enum:"nemenyi,wilcoxon-holm"`
	Oracle     bool          `help:"Also run algorithms that find their number of segments with the setting that the reference likes best, marked (oracle)."`
	Tune       string        `help:"Also run them with the setting that this internal metric likes best, without the reference: dbcv, silhouette ..." placeholder:"METRIC"`
	FitTime    time.Duration `help:"A fit that takes longer is stopped and has no score." default:"60s" placeholder:"60s"`
	From       string        `help:"Run nothing: rank the scores (set,algorithm,score) or average ranks (algorithm,rank,sets) of a file." placeholder:"FILE.csv"`
	Output     string        `short:"o" help:"Write results.csv, ranks.csv, cd.svg/pdf/png, pareto.svg and report.md here." placeholder:"DIR"`
}

func (benchCmd) Examples() string {
	return `  mores bench                                     generated shapes: ranks, tests, costs; seconds
  mores bench wut fcps graves uci --published     the batteries, beside the published scores
  mores bench scale --algorithms kmeans,hdbscan   how time grows with the number of rows
  mores bench wut --algorithms kmeans,ward,dbscan:eps=0.3 --metric ami --seeds 10
  mores bench wut --tune dbcv --oracle            settings chosen without, and with, the answer
  mores bench fcps wut -o results                 tables, figures and a report
  mores bench --from results/results.csv --posthoc wilcoxon-holm --alpha 0.1
  Algorithms that take a number of segments are told the reference's; the others find it at
  their defaults. Batteries are read from $MORES_DATA or the cache: mores datasets fetch fcps.`
}

func (c benchCmd) Run(ctx context.Context, a *app) error {
	q, err := c.question()
	if err != nil {
		return err
	}
	if c.From != "" {
		return c.fromFile(ctx, a, q)
	}
	opt, err := c.options(a, q)
	if err != nil {
		return err
	}
	if a.DryRun {
		a.say("would run %s on %s", count(len(opt.Contenders), "algorithm"), count(len(opt.Sets), "data set"))
		return nil
	}
	if err := c.prepare(a); err != nil {
		return err
	}
	show := a.benchShow()
	opt.Next, opt.Done = show.next, show.row
	rows, err := bench.Run(ctx, opt)
	show.end()
	if err != nil {
		if len(rows) > 0 && c.Output != "" { // what there is
			werr := writeFile(filepath.Join(a.path(c.Output), "results.csv"), func(w io.Writer) error { return bench.WriteRows(w, rows) })
			a.say("%d runs are in %s", len(rows), filepath.Join(c.Output, "results.csv"))
			return errors.Join(err, werr)
		}
		return err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		ctx = context.WithoutCancel(ctx) // --max-time is over: what there is, is judged all the same
	}
	return c.conclude(ctx, a, rows, q)
}

// question checks how the rows are to be judged.
func (c benchCmd) question() (bench.Question, error) {
	q := bench.Question{Alpha: c.Alpha, PostHoc: c.Posthoc}
	m, err := eval.Lookup(c.Metric)
	var fit []string
	for _, m := range eval.Metrics() {
		if m.Needs&eval.NeedTruth != 0 && m.Needs&^(eval.NeedTruth|eval.NeedX) == 0 && m.Range.Better != 0 {
			fit = append(fit, m.Name)
		}
	}
	switch {
	case err != nil:
		return q, fail(exitUsage, "%w\n  metrics that compare with a reference: %s%s", err, list(fit), suggest(c.Metric, fit))
	case !slices.Contains(fit, m.Name):
		return q, fail(exitUsage, "--metric %s does not compare with a reference: %s", m.Name, list(fit))
	case !(c.Alpha > 0 && c.Alpha < 1):
		return q, fail(exitUsage, "--alpha %g: a level lies between 0 and 1, as 0.05", c.Alpha)
	case c.Seeds < 1:
		return q, fail(exitUsage, "--seeds %d: one or more", c.Seeds)
	case c.FitTime < 0:
		return q, fail(exitUsage, "--fit-time %v: above 0, or 0 for no limit", c.FitTime)
	case c.Published && !bench.PublishedMetric(m.Name):
		return q, fail(exitUsage, "--published: there are published scores of adjusted_rand and normalized_clustering_accuracy, not of %s", m.Name)
	}
	q.Metric = m
	if c.Published {
		q.Published, err = readPublished()
	}
	return q, err
}

// options finds sets and contenders, and checks that the files are here.
func (c benchCmd) options(a *app, q bench.Question) (bench.Options, error) {
	o := bench.Options{Metric: q.Metric, Seeds: c.Seeds, Seed: a.Seed, Workers: a.Jobs, FitLimit: c.FitTime, Load: load.Labelled}
	var err error
	var unknown *bench.NameError
	if o.Sets, err = bench.Sets(c.Suite); err == nil {
		o.Contenders, err = bench.Contenders(c.Algorithms)
	}
	if errors.As(err, &unknown) {
		return o, &failure{exit: exitUsage, err: err}
	}
	if err != nil {
		return o, err
	}
	if c.Tune != "" {
		m, err := eval.Lookup(c.Tune)
		var fit []string
		for _, m := range eval.Metrics() {
			if m.Needs == eval.NeedX && m.Range.Better != 0 {
				fit = append(fit, m.Name)
			}
		}
		if err != nil || !slices.Contains(fit, m.Name) {
			return o, fail(exitUsage, "--tune %s: a metric of data and clustering alone can choose: %s%s", c.Tune, list(fit), suggest(c.Tune, fit))
		}
		o.Contenders = bench.WithTuned(o.Contenders, m.Name)
	}
	if c.Oracle {
		o.Contenders = bench.WithOracles(o.Contenders)
	}
	if o.MaxBytes, err = a.maxBytes(); err != nil {
		return o, err
	}
	return o, benchFiles(o.Sets)
}

// benchFiles says which sets are not on this machine, and how to get them.
func benchFiles(sets []bench.Set) error {
	var missing, suites []string
	var first error
	for _, s := range sets {
		if s.Source == nil {
			continue
		}
		for _, f := range s.Source.Files {
			if _, err := load.Locate(f.Path); err != nil {
				missing = append(missing, s.Name)
				if !slices.Contains(suites, s.Suite) {
					suites = append(suites, s.Suite)
				}
				if first == nil {
					first = err
				}
				break
			}
		}
	}
	if first == nil {
		return nil
	}
	fetch := "mores datasets fetch " + strings.Join(suites, " && mores datasets fetch ")
	if len(missing) <= 3 {
		fetch = "mores datasets fetch " + strings.Join(missing, " && mores datasets fetch ")
	}
	var lines []string
	var e *load.Error
	if errors.As(first, &e) {
		lines = e.Lines
	}
	return &failure{exit: exitIO, code: "D001", err: fmt.Errorf("error[D001]: %s not on this machine: %s\n  %s: %s\n"+
		"  download: %s\n  or:       export MORES_DATA=/folder   where /folder/%s lies\n  no files: mores bench sample",
		isAre(len(missing), "data set"), fewNames(missing, 4), firstFile(missing[0], sets), strings.Join(lines, "; "), fetch, "battery/"+suites[0])}
}

// firstFile is the first file of the set of that name.
func firstFile(name string, sets []bench.Set) string {
	i := slices.IndexFunc(sets, func(s bench.Set) bool { return s.Name == name })
	return sets[i].Source.Files[0].Path
}

func isAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return fmt.Sprintf("%d %ss are", n, noun)
}

func fewNames(names []string, most int) string {
	if len(names) <= most {
		return list(names)
	}
	return fmt.Sprintf("%s and %d more", list(names[:most]), len(names)-most)
}

// prepare makes the folder and finds out whether it can be written, before the work.
func (c benchCmd) prepare(a *app) error {
	if c.Output == "" {
		return nil
	}
	if err := os.MkdirAll(a.path(c.Output), 0o755); err != nil {
		return err
	}
	return writable(filepath.Join(a.path(c.Output), "report.md"))
}

// readPublished reads the table of published scores.
func readPublished() (bench.Published, error) {
	p, err := load.Locate(bench.PublishedFile)
	if err != nil {
		return nil, &failure{exit: exitIO, code: "D001", err: fmt.Errorf("error[D001]: --published needs the table of published scores, %s, which is not on this machine\n"+
			"  put it into the folder that $MORES_DATA names: a line a data set and metric, battery,dataset,n,d,metric (ari or nca), then a column a method", bench.PublishedFile)}
	}
	f, err := os.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out, err := bench.ReadPublished(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p, err)
	}
	return out, nil
}

// fromFile ranks what somebody has measured.
func (c benchCmd) fromFile(ctx context.Context, a *app, q bench.Question) error {
	if len(c.Suite) > 0 || len(c.Algorithms) > 0 || c.Oracle || c.Tune != "" {
		return fail(exitUsage, "--from runs nothing: leave out suites, --algorithms, --oracle and --tune")
	}
	f, err := os.Open(a.path(c.From))
	if err != nil {
		return err
	}
	defer f.Close()
	rows, printed, err := bench.ReadScores(f, c.From)
	if err != nil {
		return err
	}
	if err := c.prepare(a); err != nil {
		return err
	}
	if printed == nil {
		if m := rows[0].Metric; m != "" && m != q.Metric.Name { // the file says what its scores are
			if q.Metric, err = eval.Lookup(m); err != nil || q.Metric.Range.Better == 0 {
				return fail(exitData, "%s: scores are of the metric %q, which is not known here", c.From, m)
			}
		}
		return c.conclude(ctx, a, rows, q)
	}
	r, err := bench.RankOf(ctx, printed.Contenders, printed.Ranks, printed.Sets, c.Alpha, c.Posthoc)
	if err != nil {
		return fmt.Errorf("%s: %w", c.From, err)
	}
	if c.Output != "" {
		diagram, cd, err := benchPicture(benchDiagram(r, "", ""))
		if err != nil {
			return err
		}
		if err := c.write(a, map[string]func(io.Writer) error{
			"ranks.csv": func(w io.Writer) error { return bench.WriteRanks(w, r) },
			"report.md": func(w io.Writer) error { return r.WriteMarkdown(w, cd) },
		}, diagram); err != nil {
			return err
		}
	}
	if a.JSON {
		return a.benchResult(r, map[string]any{})
	}
	r.WriteText(a.out, width(a.out))
	return nil
}

// conclude judges the rows, writes and prints.
func (c benchCmd) conclude(ctx context.Context, a *app, rows []bench.Row, q bench.Question) error {
	var err error
	if q.Contenders, err = c.ran(rows); err != nil {
		return err
	}
	r, err := bench.Conclude(ctx, rows, q)
	if err != nil {
		return err
	}
	if c.Output != "" {
		if err := c.writeAll(a, r); err != nil {
			return err
		}
	}
	failed := 0
	for _, row := range rows {
		if row.Score == nil && !(row.Ladder && strings.HasPrefix(row.Reason, "not run")) {
			failed++
		}
	}
	if a.JSON {
		if err := a.benchJSON(r, failed); err != nil {
			return err
		}
	} else {
		r.WriteText(a.out, width(a.out), a.Verbose)
		if c.Output != "" {
			fmt.Fprintf(a.out, "\nreport: %s\n", filepath.Join(c.Output, "report.md"))
		}
	}
	if failed > 0 && c.From == "" {
		return &failure{exit: exitFindings, code: "findings", err: fmt.Errorf("%d runs have no score", failed)}
	}
	return nil
}

// ran returns the contenders of the rows: those asked for, or of a file the listed ones.
func (c benchCmd) ran(rows []bench.Row) ([]bench.Contender, error) {
	known := bench.WithOracles(c.tuned(rows, bench.All()))
	if c.From == "" {
		asked, err := bench.Contenders(c.Algorithms)
		if err != nil {
			return nil, err
		}
		known = append(bench.WithOracles(c.tuned(rows, asked)), known...)
	}
	var out []bench.Contender
	for _, row := range rows {
		if slices.ContainsFunc(out, func(k bench.Contender) bool { return k.Name == row.Contender }) {
			continue
		}
		if i := slices.IndexFunc(known, func(k bench.Contender) bool { return k.Name == row.Contender && k.Algorithm == row.Algorithm }); i >= 0 {
			out = append(out, known[i])
		}
	}
	return out, nil
}

// tuned adds the contenders whose setting was chosen by the rows' metric.
func (benchCmd) tuned(rows []bench.Row, cs []bench.Contender) []bench.Contender {
	if i := slices.IndexFunc(rows, func(r bench.Row) bool { return r.Tuned != "" }); i >= 0 {
		return bench.WithTuned(cs, rows[i].Tuned)
	}
	return cs
}
