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

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/eval/report"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/eval/verdict"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/spell"
)

type runCmd struct {
	logFlags
	What   []string `arg:"" help:"Files of an event log, a data set of the catalogue, or a study file (.toml)."`
	Output string   `short:"o" help:"The study's folder; default: studies/NAME." placeholder:"DIR"`
	Serve  bool     `help:"Show it live in the browser while it runs."`
	Goal   string   `help:"What segments are for, by behaviour afterwards: value, when, occasion, what, price, channel, response or returns." placeholder:"GOAL"`
	Judge  bool     `help:"Judge the finished runs: structure, hold-out behaviour, stability, verdict. --no-judge only ranks them." default:"true" negatable:""`
}

func (runCmd) Examples() string {
	return `  mores run orders.csv                     your own log: mapping and assumptions are printed
  mores run cdnow                          a data set of the catalogue
  mores run studies/orders/study.toml      a study file; mores run writes one to start from
  mores run cdnow --serve                  watch it in the browser
  mores run cdnow --goal when              the segments that tell best when people buy next
  The same command goes on where an interrupted one stopped.`
}

func (c runCmd) Run(ctx context.Context, a *app) error {
	if err := c.goal(); err != nil { // before anything is read
		return err
	}
	plan, err := c.plan(ctx, a)
	if err != nil {
		return err
	}
	st := plan.study
	c.judged(st)
	if st.MaxBytes, err = a.maxBytes(); err != nil {
		return err
	}
	st.Workers = a.Jobs
	dir := a.path(either(c.Output, either(plan.dir, filepath.Join("studies", st.Name))))
	if a.DryRun {
		runs, err := st.Plan()
		if err != nil {
			return err
		}
		a.say("would do %d runs into %s", len(runs), dir)
		return nil
	}
	folder, err := ledger.Create(dir, st)
	if err != nil {
		return err
	}
	defer folder.Close()
	for _, d := range folder.Damage() {
		a.say("warning: %s", d)
	}
	if plan.spec != nil {
		if err := writeFile(filepath.Join(dir, "study.toml"), func(w io.Writer) error { _, err := w.Write(plan.spec); return err }); err != nil {
			return err
		}
	}
	var hook func(study.Progress)
	if c.Serve {
		page, url, err := a.listen()
		if err != nil {
			return err
		}
		defer closePage(page)
		page.Add(st.Name, folder)
		hook = func(p study.Progress) { page.Progress(st.Name, p) }
		a.say("live: %s", url)
	}
	err = a.follow(ctx, st, folder, hook)
	if err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			a.say("stopped; nothing finished is lost. The same command goes on from there.")
		}
		return err
	}
	rep, err := a.publish(ctx, folder, dir)
	if err != nil {
		return err
	}
	if err := a.conclude(folder, rep, dir); err != nil {
		return err
	}
	if c.Serve {
		a.say("The page stays up; Ctrl-C ends it.")
		<-ctx.Done()
	}
	return nil
}

// goal looks at the flags on judging.
func (c runCmd) goal() error {
	switch {
	case c.Goal == "":
		return nil
	case !slices.Contains(verdict.Goals(), c.Goal):
		hint := ""
		if near := spell.Nearest(c.Goal, verdict.Goals()); near != "" {
			hint = "; did you mean " + near + "?"
		}
		return fail(exitUsage, "no goal named %q%s (goals: %s)", c.Goal, hint, strings.Join(verdict.Goals(), ", "))
	case !c.Judge:
		return fail(exitUsage, "--goal says how to judge, and --no-judge that nothing is judged: give one of them")
	}
	return nil
}

// judged applies the flags on judging.
func (c runCmd) judged(st *study.Study) {
	switch {
	case !c.Judge:
		st.Judge = nil
	case c.Goal != "":
		if st.Judge == nil { // the study file says judge = false
			st.Judge = study.NewJudge()
		}
		st.Judge.Goal = c.Goal
	}
}

// planned is a study ready to run and, for a log of one's own, its study file.
type planned struct {
	study *study.Study
	spec  []byte
	dir   string // the folder of the study file, where there is one; else ""
}

// plan makes the study that the arguments name.
func (c runCmd) plan(ctx context.Context, a *app) (*planned, error) {
	if len(c.What) == 1 && strings.HasSuffix(c.What[0], ".toml") {
		return c.fromFile(ctx, a, c.What[0])
	}
	if len(c.What) == 1 {
		if _, err := os.Stat(a.path(c.What[0])); err != nil {
			if src, err := datasets.Lookup(c.What[0]); err == nil && !a.isLog(src) {
				return c.table(ctx, a, src)
			}
		}
	}
	log, rep, err := c.read(ctx, a, c.What)
	if err != nil {
		return nil, err
	}
	a.tell(log, rep)
	st, err := study.Default(log)
	if err != nil {
		return nil, err
	}
	st.Seed = a.Seed
	if st.Name == "" {
		st.Name = log.Meta.Name
	}
	if rep == nil { // a generator's: it knows what it planted
		if err := a.plantSource(st, c.What[0]); err != nil {
			return nil, err
		}
	}
	p := &planned{study: st}
	if p.spec, err = c.spec(a, st, log, rep); err != nil {
		return nil, err
	}
	return p, nil
}

// plantSource gives the study the segments that a generator plants.
func (a *app) plantSource(st *study.Study, name string) error {
	src, err := datasets.Lookup(name)
	if err != nil {
		return err
	}
	made, err := a.generate(src)
	if err != nil {
		return err
	}
	plant(st, made)
	return nil
}

// isLog reports whether a source is an event log. Generators tell by what they make.
func (a *app) isLog(s *datasets.Source) bool {
	if s.New == nil {
		return s.Mapping != nil
	}
	g, err := a.generate(s)
	return err == nil && g.Log != nil
}

// table makes the default study of a table of points, labelled or not.
func (c runCmd) table(ctx context.Context, a *app, src *datasets.Source) (*planned, error) {
	l, err := a.labelled(ctx, src)
	if err != nil {
		return nil, err
	}
	m, err := features.FromTable(l.Table)
	if err != nil {
		return nil, err
	}
	st, err := study.DefaultTable(m)
	if err != nil {
		return nil, err
	}
	n, _ := m.Dims()
	st.Name, st.Seed = strings.ReplaceAll(src.Name, "/", "-"), a.Seed
	st.Info = &study.Data{Name: src.Name, Simulated: src.New != nil, Unit: "row", Customers: n}
	for i, t := range l.Truth {
		st.Truth = append(st.Truth, eval.Labelling{Name: fmt.Sprintf("reference %d", i), Labels: t})
	}
	return &planned{study: st}, nil
}

// labelled reads or makes a table of points, with the reference labellings it has.
func (a *app) labelled(ctx context.Context, src *datasets.Source) (*datasets.Labelled, error) {
	if src.New != nil {
		g, err := a.generate(src)
		if err != nil {
			return nil, err
		}
		return g.Labelled, nil
	}
	if slices.ContainsFunc(src.Files, func(f datasets.File) bool { return f.Role == "labels" }) {
		return load.Labelled(ctx, src)
	}
	path, err := load.Locate(src.Files[0].Path)
	if err != nil {
		return nil, err
	}
	t, _, err := load.Table(ctx, path, load.TableOptions{})
	if err != nil {
		return nil, err
	}
	return &datasets.Labelled{Name: src.Name, Table: t}, nil
}

// publish writes tables, models, figures, the report and the lists of customers.
func (a *app) publish(ctx context.Context, folder *ledger.Folder, dir string) (*report.Report, error) {
	if err := ledger.WriteTables(ctx, folder, filepath.Join(dir, "tables")); err != nil {
		return nil, err
	}
	return a.writeReport(ctx, folder, dir, "")
}

// conclude prints the result: the ranking, the verdict and what to do next.
func (a *app) conclude(r study.Reader, rep *report.Report, dir string) error {
	failed := 0
	for _, run := range rep.State.Runs {
		if run.Status == "failed" {
			failed++
		}
	}
	if a.JSON {
		best := ""
		if rep.Shown != nil {
			best = rep.Shown.ID
		}
		out := map[string]any{
			"study": rep.Title, "dir": dir, "runs": len(rep.State.Runs), "failed": failed, "best_run": best,
			"verdict": rep.Verdict, "report": filepath.Join(dir, "report.html"),
		}
		if v := rep.State.Verdict; v != nil {
			out["best_run"], out["class"], out["k"], out["p"] = v.Run, v.Class, v.K, v.P
			out["goal"], out["goal_stated"], out["by"] = v.Goal, v.Stated, v.By
		}
		if err := a.result(out); err != nil {
			return err
		}
	} else if err := report.Terminal(a.out, rep, width(a.out), a.colour(a.out)); err != nil {
		return err
	}
	if failed > 0 {
		return &failure{exit: exitFindings, code: "findings", err: fmt.Errorf("%d runs failed", failed)}
	}
	return nil
}
