package main

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/eval/report"
	"github.com/mores-lab/mores/eval/rule"
	"github.com/mores-lab/mores/eval/study"
)

type explainCmd struct {
	StudyDir string `arg:"" name:"dir" help:"The study's folder."`
	RunID    string `name:"run" help:"Explain this run's segments instead of the recommended one's." placeholder:"ID"`
	Segment  int    `help:"Only this one, as people count: 1 is the first." placeholder:"N"`
	SQL      bool   `name:"sql" help:"Print each rule as a query instead."`
	Rules    bool   `help:"Print each rule in the language of mores segment instead, with what it is worth."`
	Table    string `name:"table" help:"Of the queries: the table of features." default:"customers"`
	Dialect  string `help:"Of the queries: duckdb, ansi, mysql or sqlserver." default:"duckdb"`
}

func (explainCmd) Examples() string {
	return `  mores explain studies/cdnow
  mores explain studies/cdnow --segment 2
  mores explain studies/cdnow --run 4f2a90c1d3b7e865 --json
  mores explain studies/cdnow --sql --table features
  mores explain studies/cdnow --rules > rules.txt
  mores segment cdnow --model studies/cdnow/models/4f2a90c1d3b7e865.json --file rules.txt
  The queries are about the table that mores features writes: a line a customer,
  a column a feature.`
}

func (c explainCmd) Run(ctx context.Context, a *app) error {
	if !slices.Contains(eval.RuleDialects(), c.Dialect) {
		return fail(exitUsage, "no SQL dialect named %q: %s%s", c.Dialect, list(eval.RuleDialects()), suggest(c.Dialect, eval.RuleDialects()))
	}
	if c.SQL && c.Rules {
		return fail(exitUsage, "--sql and --rules write the same in two languages: give one of them")
	}
	if c.SQL && c.Table == "" {
		return fail(exitUsage, "--table= is empty: name the table of features, as --table customers")
	}
	folder, err := ledger.Open(a.path(c.StudyDir))
	if err != nil {
		return err
	}
	defer folder.Close()
	for _, d := range folder.Damage() {
		a.say("warning: %s", d)
	}
	if err := c.known(folder); err != nil {
		return err
	}
	if a.DryRun {
		a.say("would explain the segments of %s", c.StudyDir)
		return nil
	}
	e, err := report.Explain(ctx, folder, report.Options{Run: c.RunID})
	if err != nil {
		return err
	}
	if c.Segment < 0 || c.Segment > len(e.Segments) {
		return fail(exitUsage, "--segment=%d: run %s has segments 1 to %d", c.Segment, e.Run, len(e.Segments))
	}
	switch {
	case a.JSON:
		return a.result(c.fields(e))
	case c.SQL:
		return e.SQL(a.out, c.Segment, c.Table, c.Dialect)
	case c.Rules:
		return e.RuleWords(a.out, c.Segment, rule.CheckName, c.asked(a, e)...)
	}
	if err := e.Terminal(a.out, c.Segment, width(a.out)); err != nil {
		return err
	}
	a.say("\nas queries: mores explain %s --sql; as rules for mores segment: --rules", c.StudyDir)
	return nil
}

// asked says how the rules are asked of a log: their features as the run's model measures
// them, or the recipe of that name where there is no model.
func (c explainCmd) asked(a *app, e *report.Explanation) []string {
	how := "--recipe " + e.Set
	if model := filepath.Join(c.StudyDir, "models", e.Run+".json"); exists(a.path(model)) {
		how = "--model " + model
	}
	return []string{
		"ask them: mores segment LOG " + how + " --file THIS",
		"They say who most probably belongs; a customer may meet several or none. What labels as the run does is the model: mores predict.",
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// known refuses a run that is not there, or has no segments, and names those that do.
func (c explainCmd) known(r study.Reader) error {
	events, err := r.Events(0)
	if err != nil {
		return err
	}
	st := &study.State{}
	st.Fold(events...)
	var done []string
	for _, r := range st.DoneRuns() {
		done = append(done, r.ID)
	}
	switch {
	case len(done) == 0:
		return fail(exitData, "%s has no finished run to explain\n  fix: mores run goes on with it", c.StudyDir)
	case c.RunID == "" || slices.Contains(done, c.RunID):
		return nil
	}
	if r := st.Run(c.RunID); r != nil {
		return fail(exitData, "run %s of %s is %s: it has no segments to explain", c.RunID, c.StudyDir, r.Status)
	}
	names := study.RunNames(st)
	shown := ""
	for i, id := range done {
		if i == 12 {
			shown += "\n  … (mores report " + c.StudyDir + " lists all)"
			break
		}
		shown += "\n  " + id + "  " + names[id]
	}
	return fail(exitUsage, "no run %q in %s%s\n  runs that are done:%s", c.RunID, c.StudyDir, suggest(c.RunID, done), shown)
}

// fields are the result of --json.
func (c explainCmd) fields(e *report.Explanation) map[string]any {
	type segment struct {
		Segment    int               `json:"segment"`
		Name       string            `json:"name"`
		Size       int               `json:"size"`
		Share      float64           `json:"share"`
		Value      *float64          `json:"value"`
		ValueShare *float64          `json:"value_share"`
		Rule       *eval.SegmentRule `json:"rule"`
		RuleReason string            `json:"rule_reason,omitempty"`
		InWords    string            `json:"rule_in_words,omitempty"`
		Language   string            `json:"rule_text,omitempty"`
		Finds      int               `json:"rule_finds"`
		Right      int               `json:"rule_right"`
		SQL        string            `json:"sql,omitempty"`
		Effects    []effect          `json:"effects"`
		Traits     []trait           `json:"descriptors"`
		Medoids    []eval.Exemplar   `json:"medoids"`
		Boundary   []eval.Exemplar   `json:"boundary"`
		NoBoundary string            `json:"boundary_reason,omitempty"`
	}
	segments := []segment{}
	for i := range e.Segments {
		s := &e.Segments[i]
		if c.Segment != 0 && s.Segment != c.Segment {
			continue
		}
		o := segment{
			Segment: s.Segment, Name: s.Name, Size: s.Size, Share: s.Share, Value: s.Value, ValueShare: s.ValueShare,
			Rule: &s.Found, InWords: s.InWords, Effects: []effect{}, Traits: []trait{},
			Medoids: s.Exemplars.Medoids, Boundary: append([]eval.Exemplar{}, s.Exemplars.Boundary...), NoBoundary: s.Exemplars.Reason,
		}
		if s.Found.Reason != "" {
			o.Rule, o.RuleReason = nil, s.Found.Reason
		} else if q, err := s.Found.SQL(c.Table, c.Dialect); err == nil {
			o.SQL = q
		}
		if text, err := s.Found.Language(); err == nil {
			o.Language, o.Finds, o.Right = text, s.Finds, s.Right
		}
		for _, b := range s.Behaviours {
			o.Effects = append(o.Effects, effect{b.Column.Name, b.Text, b.SMD, b.Lo, b.Hi})
		}
		for _, t := range s.Traits {
			o.Traits = append(o.Traits, trait{t.Descriptor, t.Level, t.Share, t.Others, t.Q})
		}
		segments = append(segments, o)
	}
	trees := []map[string]any{}
	for _, t := range e.Trees {
		f1 := []*float64{}
		for _, x := range t.F1 {
			if math.IsNaN(x) {
				f1 = append(f1, nil)
			} else {
				f1 = append(f1, &x)
			}
		}
		trees = append(trees, map[string]any{"tree": t.Name, "agreement": t.Agreement, "f1": f1, "held": t.Held, "depth": t.Depth, "reason": t.Reason})
	}
	return map[string]any{
		"run": e.Run, "name": e.Name, "set": e.Set, "n": e.Customers, "n_clusters": len(e.Segments), "n_noise": e.Unlabeled,
		"segments": segments, "trees": trees, "descriptor_tests": append([]eval.DescriptorTest{}, e.Descriptors...),
	}
}

// effect is a difference in a feature, in standard deviations.
type effect struct {
	Feature string  `json:"feature"`
	Text    string  `json:"text"`
	SMD     float64 `json:"smd"`
	Lo      float64 `json:"smd_lo"`
	Hi      float64 `json:"smd_hi"`
}

// trait is a level of a descriptor that sets a segment apart.
type trait struct {
	Descriptor string  `json:"descriptor"`
	Level      string  `json:"level"`
	Share      float64 `json:"share"`
	Others     float64 `json:"others"`
	Q          float64 `json:"q"`
}
