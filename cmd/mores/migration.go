package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/figure"
	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/eval/report"
	"github.com/mores-lab/mores/eval/study"
)

type migrationCmd struct {
	logFlags
	What      []string `arg:"" name:"study" help:"Studies' folders, labellings (CSV id,cluster), or, with --log, models of two or more dates, the earliest first; with --every an event log."`
	Log       []string `help:"The event log for models (STUDY/models/RUN.json): each labels it as of its own date, or of --as-of, given once a model." placeholder:"FILE"`
	Every     string   `help:"Segment an event log anew at the end of each week, month, quarter, year or 90d." placeholder:"PERIOD"`
	From      string   `help:"With --every: not before this day." placeholder:"DATE"`
	Recipe    []string `help:"With --every: a recipe or extractors." default:"rfm"`
	Scale     string   `help:"With --every: none, zscore, robust, quantile or block." default:"block" enum:"none,zscore,robust,quantile,block"`
	Algorithm string   `help:"With --every: the algorithm." default:"kmeans"`
	K         int      `short:"k" help:"With --every: the number of segments, where the algorithm takes one." default:"5"`
	Option    []string `sep:"none" help:"With --every: an option of the algorithm, as n_init=10; repeatable." placeholder:"KEY=VALUE"`
	Model     string   `help:"With --every: refit at each date, or keep the first date's model for all (first)." default:"refit" enum:"refit,first"`
	Match     string   `help:"Match segments by the customers in them, or by their definition (the models)." default:"customers" enum:"customers,definition"`
	ID        string   `name:"id" help:"Column of the labellings that holds the ids." default:"id" placeholder:"COLUMN"`
	Column    string   `help:"Column of the labellings that holds the clusters." default:"cluster" placeholder:"COLUMN"`
	Output    string   `short:"o" help:"Write migration.csv, transitions.csv, movers.csv, behaviour.csv, drift.csv, sankey.svg and sankey.png into this folder." placeholder:"DIR"`
}

func (migrationCmd) Examples() string {
	return `  mores migration cdnow --every quarter -o cdnow-migration      one log, segmented anew each quarter
  mores migration orders.csv --every month --window 180d -k 6
  mores migration studies/spring studies/autumn                 two studies, their recommended runs
  mores migration spring.json autumn.json --log orders.csv       their models, and one log that reaches to the later date
  mores migration spring.csv autumn.csv winter.csv              labellings: what is migration and what re-labelling
                                                                cannot be told without the models
  What made a segment grow: customers who are new, customers who behave otherwise than
  they did (moved), or the same behaviour under another model (re-labelled).`
}

// migrationSource is what the snapshots come from.
type migrationSource struct {
	snaps     []eval.Snapshot
	relabel   eval.Relabel // nil = there are no models
	one, many string
	simulated bool
	log       bool // segments were made here: nobody knows them by another number
	warnings  []string
}

func (c migrationCmd) Run(ctx context.Context, a *app) error {
	if c.Output != "" {
		if err := os.MkdirAll(a.path(c.Output), 0o755); err != nil {
			return err
		}
		if err := writable(filepath.Join(a.path(c.Output), "migration.csv")); err != nil {
			return err
		}
	}
	var src *migrationSource
	var err error
	switch {
	case c.Every != "" && len(c.Log) > 0:
		return fail(exitUsage, "--every segments a log anew, --log goes with models that are there: give one of them")
	case c.Every != "":
		src, err = c.fromLog(ctx, a)
	case len(c.What) < 2:
		return fail(exitUsage, "migration takes two dates or more, here is one\n  fix: mores migration %s LATER, or, where it is an event log: mores migration %s --every quarter", c.What[0], c.What[0])
	case len(c.Log) > 0 || c.isModel(a):
		src, err = c.fromModels(ctx, a)
	default:
		src, err = c.fromFiles(ctx, a)
	}
	if err != nil {
		return err
	}
	if a.DryRun {
		a.say("would follow the segments through %d dates", len(src.snaps))
		return nil
	}
	o := eval.NewMigrationOptions()
	o.Match = c.Match
	if o.Match == "definition" && src.relabel == nil {
		return fail(exitUsage, "--match definition takes models: labellings have none; give studies' folders, models and --log, or a log and --every")
	}
	m, err := eval.NewMigration(ctx, src.snaps, src.relabel, o)
	if err != nil {
		return &failure{exit: exitData, err: err}
	}
	for _, w := range slices.Concat(src.warnings, m.Warnings) {
		a.say("warning: %s", w)
	}
	var files []string
	if c.Output != "" {
		if files, err = c.write(a, src, m); err != nil {
			return err
		}
	}
	if a.JSON {
		return a.result(map[string]any{"migration": m, "sentences": sentences(src, m), "warnings": append([]string{}, src.warnings...), "files": append([]string{}, files...)})
	}
	c.print(a, src, m, files)
	return nil
}

// fromLog segments a log anew at each date.
func (c migrationCmd) fromLog(ctx context.Context, a *app) (*migrationSource, error) {
	if err := knownRecipe(c.Recipe); err != nil {
		return nil, err
	}
	alg, err := c.algorithm()
	if err != nil {
		return nil, err
	}
	window := 0
	if c.Window != "" {
		if n, err := fmt.Sscanf(c.Window, "%dd", &window); n != 1 || err != nil || window < 1 {
			return nil, fail(exitUsage, "--window %q: write a number of days as 365d", c.Window)
		}
		c.Window = "" // it is meant before each date, not before the log's end
	}
	c.reads = readsOf(c.Recipe)
	log, rep, err := c.read(ctx, a, c.What)
	if err != nil {
		return nil, err
	}
	a.tell(log, rep)
	dates, err := eval.Periods(log, c.Every)
	if err != nil {
		return nil, fail(exitUsage, "--every: %w", err)
	}
	if c.From != "" {
		from, err := time.ParseInLocation(time.DateOnly, c.From, dates[0].Location())
		if err != nil {
			return nil, fail(exitUsage, "--from %q: write a day as 2011-09-01", c.From)
		}
		dates = slices.DeleteFunc(dates, func(t time.Time) bool { return t.Before(from) })
		if len(dates) < 2 {
			return nil, fail(exitUsage, "--from %s leaves %d of the dates: it takes two", c.From, len(dates))
		}
	}
	recipe, err := a.recipe(c.Recipe, log)
	if err != nil {
		return nil, err
	}
	src := &migrationSource{simulated: log.Meta.Simulated, log: true}
	src.one, src.many = nouns(log.Meta.Unit)
	if a.DryRun {
		src.snaps = make([]eval.Snapshot, len(dates))
		return src, nil
	}
	src.snaps, src.relabel, src.warnings, err = eval.LogSnapshots(ctx, log, dates, eval.SnapshotOptions{
		Recipe: recipe, Scale: c.Scale, Algorithm: alg, Window: window, First: c.Model == "first", Seed: a.Seed, Workers: a.Jobs,
	})
	if err != nil {
		return nil, err
	}
	if window == 0 {
		a.say("  each date looks at all that happened before it: nobody leaves (--window 180d lets those go who did nothing in half a year)")
	}
	return src, nil
}

// algorithm returns the algorithm with its number of segments and its options.
func (c migrationCmd) algorithm() (cluster.Algorithm, error) {
	m, err := cluster.Lookup(c.Algorithm)
	if err != nil {
		names := methodNames()
		return nil, fail(exitUsage, "%w\n  algorithms: %s%s", err, list(names), suggest(c.Algorithm, names))
	}
	alg := m.New()
	for _, key := range []string{"n_clusters", "n_components"} {
		if slices.Contains(cluster.Keys(alg), key) {
			if err := cluster.Set(alg, key, fmt.Sprint(c.K)); err != nil {
				return nil, fail(exitUsage, "-k %d: %w", c.K, err)
			}
		}
	}
	for _, kv := range c.Option {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			return nil, fail(exitUsage, "--option %q: write key=value, as --option n_init=10", kv)
		}
		if err := cluster.Set(alg, k, v); err != nil {
			return nil, &failure{exit: exitUsage, err: err}
		}
	}
	return alg, nil
}

// nouns are what a row is called.
func nouns(unit string) (one, many string) {
	if unit == "" {
		unit = "customer"
	}
	return unit, unit + "s"
}

// fromFiles reads studies' folders and labellings. Models label across dates where every
// one of them is a study's.
func (c migrationCmd) fromFiles(ctx context.Context, a *app) (*migrationSource, error) {
	src := &migrationSource{}
	src.one, src.many = nouns("")
	models := make([]*study.Model, len(c.What))
	without := ""
	reader := compareCmd{ID: c.ID, Column: c.Column}
	for i, what := range c.What {
		st, err := os.Stat(a.path(what))
		if err != nil {
			return nil, err
		}
		if st.IsDir() {
			s, m, err := c.fromStudy(ctx, a, what, src)
			if err != nil {
				return nil, err
			}
			src.snaps, models[i] = append(src.snaps, *s), m
			continue
		}
		l, err := reader.read(ctx, a, what)
		if err != nil {
			return nil, err
		}
		without = what
		src.snaps = append(src.snaps, eval.Snapshot{Name: strings.TrimSuffix(filepath.Base(what), filepath.Ext(what)), IDs: l.IDs, Labels: l.Labels, Names: l.names})
	}
	if without == "" {
		src.relabel = func(_ context.Context, model, data int) ([]int32, error) {
			ps, err := models[model].LabelMatrix(src.snaps[data].Raw)
			if err != nil {
				return nil, err
			}
			out := make([]int32, len(ps))
			for i, p := range ps {
				out[i] = p.Label
			}
			return out, nil
		}
	}
	return src, nil
}

// fromStudy reads the run that a study recommends, or STUDY/runs/ID, and its model.
func (c migrationCmd) fromStudy(ctx context.Context, a *app, what string, src *migrationSource) (*eval.Snapshot, *study.Model, error) {
	dir, run := filepath.Clean(what), ""
	if up := filepath.Dir(dir); filepath.Base(up) == "runs" {
		dir, run = filepath.Dir(up), filepath.Base(dir)
	}
	folder, err := ledger.Open(a.path(dir))
	if err != nil {
		return nil, nil, fmt.Errorf("%w\n  migration takes studies' folders, STUDY/runs/ID, CSV id,cluster, models and --log, or a log and --every", err)
	}
	defer folder.Close()
	for _, d := range folder.Damage() {
		a.say("warning: %s", d)
	}
	rep, err := report.Build(ctx, folder, report.Options{Run: run})
	if err != nil {
		return nil, nil, err
	}
	if rep.Shown == nil {
		return nil, nil, fail(exitData, "%s has no finished run", dir)
	}
	s := &eval.Snapshot{Name: filepath.Base(dir), Labels: rep.Data.Labels, Raw: rep.Set.Raw, Value: rep.Set.Value}
	for i := range s.Labels {
		s.IDs = append(s.IDs, rep.Set.X.ID(i))
	}
	if d := rep.State.Study.Data; d != nil {
		s.Date = d.To
		src.simulated = src.simulated || d.Simulated
		src.one, src.many = nouns(d.Unit)
	}
	m, err := study.NewModel(folder, rep.Shown.ID)
	if err != nil {
		return nil, nil, err
	}
	s.Names = make([]string, rep.Shown.Done.NClusters)
	for _, g := range m.Segments {
		if int(g.Label) < len(s.Names) && g.Label >= 0 {
			s.Names[g.Label] = g.Name
		}
	}
	return s, m, nil
}

// sentences tells every step.
func sentences(src *migrationSource, m *eval.Migration) (out [][]string) {
	for i := range m.Steps {
		out = append(out, m.Sentences(i, src.one, src.many))
	}
	return out
}

// write writes the folder and lists its files.
func (c migrationCmd) write(a *app, src *migrationSource, m *eval.Migration) ([]string, error) {
	var files []string
	file := func(name string, write func(w io.Writer) error) error {
		path := filepath.Join(a.path(c.Output), name)
		files = append(files, filepath.Join(c.Output, name))
		return writeFile(path, write)
	}
	for _, t := range migrationTables(m) {
		if err := file(t.name, t.write); err != nil {
			return nil, err
		}
	}
	k := figure.NewSankey(m, src.one, src.many)
	if src.simulated {
		k.Note = "Simulated data."
	}
	for _, format := range []string{"svg", "png"} {
		if err := file("sankey."+format, func(w io.Writer) error { return figure.WriteSankey(w, format, k, figure.Web) }); err != nil {
			return nil, err
		}
	}
	return files, nil
}
