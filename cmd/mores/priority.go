package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/figure"
	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/eval/report"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

type priorityCmd struct {
	logFlags
	StudyDir string   `arg:"" name:"dir" help:"The study's folder."`
	RunID    string   `name:"run" help:"Of this run's segments instead of the recommended one's." placeholder:"ID"`
	Log      []string `help:"The log: what is expected of customers, and what came of campaigns." placeholder:"FILE"`
	Budget   float64  `help:"To split between the segments." placeholder:"AMOUNT"`
	Margin   float64  `help:"Share of spend that is earned." default:"0.3"`
	Control  string   `help:"Whom a lot left out of the campaign, by the log's table of customers: its effect is measured against them." placeholder:"COLUMN=VALUE"`
	Days     int      `help:"Spend within this many days of a message counts as its answer." default:"14"`
	Cost     float64  `help:"Of reaching one customer: with --budget, how many can be." placeholder:"AMOUNT"`
	Language string   `help:"Language of what is said: en, de, da or nl." default:"en" placeholder:"LANGUAGE"`
	Output   string   `short:"o" help:"Write priorities-LANGUAGE.html, .csv, .svg and .png into this folder." placeholder:"DIR"`
}

func (priorityCmd) Examples() string {
	return `  mores priority studies/cdnow --log cdnow --budget 10000
  mores priority studies/shop --log orders.csv --margin .4 --json
  mores priority studies/cdnow --log cdnow --language de -o priorities
  mores priority studies/mailing --log orders.csv --control "group=No E-Mail" --budget 500 --cost .05
  Without --control what follows a campaign is a response: who is contacted more may buy more anyway.
  Segments must be older than the campaign: use --as-of where they were made.`
}

func (c priorityCmd) Run(ctx context.Context, a *app) error {
	o := eval.NewPriorityOptions()
	o.Margin, o.Budget, o.Cost, o.Seed = c.Margin, c.Budget, c.Cost, a.Seed
	switch {
	case !slices.Contains(features.Languages(), c.Language):
		return fail(exitUsage, "--language %q: one of %s%s", c.Language, list(features.Languages()), suggest(c.Language, features.Languages()))
	case !(c.Cost >= 0) || math.IsInf(c.Cost, 0):
		return fail(exitUsage, "--cost %g: an amount above 0", c.Cost)
	case !(c.Margin > 0 && c.Margin <= 1):
		return fail(exitUsage, "--margin %g: above 0 and at most 1, as .3", c.Margin)
	case !(c.Budget >= 0) || math.IsInf(c.Budget, 0):
		return fail(exitUsage, "--budget %g: an amount above 0", c.Budget)
	case c.Days < 1:
		return fail(exitUsage, "--days %d: at least 1", c.Days)
	case c.Control != "" && (len(c.Log) == 0 || !strings.Contains(c.Control, "=")):
		return fail(exitUsage, "--control %q: COLUMN=VALUE of the table of customers of --log", c.Control)
	}
	folder, err := ledger.Open(a.path(c.StudyDir))
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := (explainCmd{StudyDir: c.StudyDir, RunID: c.RunID}).known(folder); err != nil {
		return err
	}
	if a.DryRun {
		a.say("would compare the segments of %s", c.StudyDir)
		return nil
	}
	in, st, id, err := c.input(folder)
	if err != nil {
		return err
	}
	currency := ""
	if len(c.Log) > 0 {
		log, rep, err := c.read(ctx, a, c.Log)
		if err != nil {
			return err
		}
		a.tell(log, rep)
		currency = log.Meta.Currency
		if err := c.fromLog(ctx, a, log, in); err != nil {
			return err
		}
		if in.Held, err = heldOut(ctx, a, log, folder, st, id); err != nil {
			return err
		}
	}
	p, err := eval.Priorities(ctx, in, o)
	if err != nil {
		return err
	}
	p.Currency = currency
	s, err := report.Priorities(ctx, folder, report.Options{Run: id}, c.Language, p)
	if err != nil {
		return err
	}
	files := []string{}
	if c.Output != "" {
		if files, err = writePriorities(s, a.path(c.Output)); err != nil {
			return err
		}
	}
	if a.JSON {
		return a.result(map[string]any{
			"run": id, "language": c.Language, "basis": p.Basis, "reason": p.Reason, "segments": p.Segments, "options": p.Options,
			"even": p.Even, "targeting": p.Targeting, "decision": p.Decision, "held": p.Held, "notes": s.Notes, "names": namesOf(s), "files": files,
		})
	}
	for i := range s.Segments {
		one := &s.Segments[i]
		fmt.Fprintf(a.out, "%s\n   %s\n", plainText(s.Head(one)), one.Facts)
		for _, r := range one.Rows {
			fmt.Fprintf(a.out, "   %s: %s\n", r.Name, plainText(r.Value))
		}
		fmt.Fprintln(a.out)
	}
	a.notesAndFiles(s.Notes, files)
	return nil
}

func namesOf(s *report.PrioritySheet) []string {
	var out []string
	for _, o := range s.Segments {
		out = append(out, o.Name)
	}
	return out
}

// writePriorities writes the page, the table and the figure.
func writePriorities(s *report.PrioritySheet, dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	base := filepath.Join(dir, "priorities-"+s.Language)
	files := []string{base + ".html", base + ".csv"}
	for i, write := range []func(io.Writer) error{s.HTML, s.CSV} {
		if err := writeFile(files[i], write); err != nil {
			return nil, err
		}
	}
	if s.Figure == nil {
		return files, nil
	}
	for _, format := range []string{"svg", "png"} {
		if err := writeFile(base+"."+format, func(w io.Writer) error { return figure.WritePriority(w, format, s.Figure, figure.Web) }); err != nil {
			return nil, err
		}
		files = append(files, base+"."+format)
	}
	return files, nil
}

// input reads the run's segments, and what the study's feature sets hold of the expected
// value and of who is still a customer.
func (c priorityCmd) input(folder study.Reader) (*eval.PriorityInput, *study.State, string, error) {
	events, err := folder.Events(0)
	if err != nil {
		return nil, nil, "", err
	}
	st := &study.State{}
	st.Fold(events...)
	id := c.RunID
	if id == "" {
		id = recommendedRun(st)
	}
	run := st.Run(id)
	if run == nil {
		return nil, nil, "", fail(exitData, "%s recommends no run: name one with --run", c.StudyDir)
	}
	set, err := folder.Set(run.Start.Set, run.Start.Scale)
	if err != nil {
		return nil, nil, "", err
	}
	data, err := folder.RunData(id)
	if err != nil {
		return nil, nil, "", err
	}
	in := &eval.PriorityInput{Labels: data.Labels, Value: set.Value, Behaviour: withoutValue(set)}
	at := map[string]int{}
	for i := range data.Labels {
		in.IDs = append(in.IDs, set.X.ID(i))
		at[set.X.ID(i)] = i
	}
	sets := []*study.Set{set}
	for _, r := range st.DoneRuns() {
		if !slices.ContainsFunc(sets, func(s *study.Set) bool { return s.Name == r.Start.Set }) {
			s, err := folder.Set(r.Start.Set, r.Start.Scale)
			if err != nil {
				return nil, nil, "", err
			}
			sets = append(sets, s)
		}
	}
	column := func(name string) []float64 {
		for _, s := range sets {
			j := slices.IndexFunc(s.Raw.Cols, func(c features.Column) bool { return c.Name == name })
			if j < 0 {
				continue
			}
			out := make([]float64, len(data.Labels))
			for i := range out {
				out[i] = math.NaN()
			}
			n, _ := s.Raw.Dims()
			for i := range n {
				if k, ok := at[s.Raw.ID(i)]; ok {
					out[k] = s.Raw.Row(i)[j]
				}
			}
			return out
		}
		return nil
	}
	in.Expected, in.Alive = column("exp_value"), column("p_alive")
	return in, st, id, nil
}

// recommendedRun is the verdict's, else the leader of the first feature set by the
// silhouette; "" = there is none.
func recommendedRun(st *study.State) string {
	boards, err := study.Leaderboards(st, "silhouette")
	if err != nil {
		return ""
	}
	if e := study.Shown(st, boards); e != nil {
		return e.Run.ID
	}
	return ""
}

// valueColumns tell value without being money.
var valueColumns = []string{"m_score", "clv_trend", "spend_trend", "trend_z", "spend_ratio_90d", "rare_spend_share", "return_value_share"}

// withoutValue is what was clustered without columns about value; nil if nothing is left.
func withoutValue(set *study.Set) *features.Matrix {
	money := map[string]bool{}
	for _, c := range set.Raw.Cols {
		money[c.Name] = c.Unit == "money"
	}
	var keep []int
	var cols []features.Column
	for j, c := range set.X.Cols {
		if !money[c.Name] && c.Unit != "money" && !slices.Contains(valueColumns, c.Name) {
			keep, cols = append(keep, j), append(cols, c)
		}
	}
	if len(keep) == 0 {
		return nil
	}
	n, _ := set.X.Dims()
	out := features.NewMatrix(n, cols, nil)
	out.IDs = set.X.IDs
	for i := range n {
		for k, j := range keep {
			out.Row(i)[k] = set.X.Row(i)[j]
		}
	}
	return out
}
