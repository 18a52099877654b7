package study

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/rule"
	"github.com/mores-lab/mores/features"
)

// rulesMethod stands beside the registered algorithms: it asks the log, which package
// cluster does not know.
var rulesMethod = &cluster.Method{
	Name: "rules",
	Doc: `Segments that people state, in the language of mores segment
Each customer belongs to the first rule that holds, as of the end of the log at hand:
asked for an earlier date, it says who belonged then. Who meets none is unassigned; a
last rule "others: everyone" makes them a segment. Rules may ask for events and for the
features of the set they run on, in the features' own units.`,
	Version: 1,
	New:     func() cluster.Algorithm { return &Rules{Rules: []string{}} },
}

// Rules divides customers by rules: the first that holds gives the segment, and its name
// is the segment's. A file is read once, when the study is made: the rules themselves are
// the option, so that a run's key and its journal hold what was asked.
type Rules struct {
	File  string   `json:"file"`  // where they come from: NAME: RULE, as mores segment --file reads it
	Rules []string `json:"rules"` // NAME = RULE, as mores segment --rule takes it
}

// Fit refuses: a matrix does not know what customers did.
func (*Rules) Fit(context.Context, *features.Matrix, cluster.Run) (*cluster.Clustering, error) {
	return nil, errors.New("rules: they are asked of an event log, not of a matrix: run them in a study of one")
}

// LookupAlgorithm returns what a study file can name: a registered algorithm, or rules.
func LookupAlgorithm(name string) (*cluster.Method, error) {
	if name == rulesMethod.Name {
		return rulesMethod, nil
	}
	return cluster.Lookup(name)
}

// Algorithms lists what a study file can name, by name.
func Algorithms() []*cluster.Method {
	out := append(cluster.Methods(), rulesMethod)
	slices.SortFunc(out, func(a, b *cluster.Method) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Locate says in which folder the paths of the cells are relative to: those of labels,
// commands and files of rules, which are read here.
func (s *Study) Locate(dir string) error {
	for i := range s.Cells {
		c := &s.Cells[i]
		a, err := clone(c.Algorithm)
		if err != nil {
			return err
		}
		switch a := a.(type) {
		case *cluster.Labels:
			a.Dir = dir
		case *cluster.Exec:
			a.Dir = dir
		case *Rules:
			if err := a.load(dir); err != nil {
				return err
			}
		}
		c.Algorithm = a
	}
	return nil
}

// load reads the file, if there is one.
func (a *Rules) load(dir string) error {
	if a.File == "" {
		return nil
	}
	path := a.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	rules, err := rule.ParseFile(a.File, string(b))
	if err != nil {
		return err
	}
	a.Rules = nil
	for _, r := range rules {
		a.Rules = append(a.Rules, rule.Named(r))
	}
	return nil
}

// parse reads the rules.
func (a *Rules) parse() ([]*rule.Rule, error) { return parseRules(a.Rules) }

func parseRules(texts []string) ([]*rule.Rule, error) {
	if len(texts) == 0 {
		return nil, errors.New(`rules: there are none: give rules = ["vip = spend >= 500 in 365 d"], or file = "rules.txt"`)
	}
	var out []*rule.Rule
	for _, t := range texts {
		r, err := rule.ParseNamed(t)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rule.Distinct(out...)
}

// rulesOf are the rules of a journal's params.
func rulesOf(params json.RawMessage) ([]string, error) {
	var a Rules
	if err := json.Unmarshal(params, &a); err != nil {
		return nil, fmt.Errorf("rules' options %s: %w", params, err)
	}
	return a.Rules, nil
}

// check holds the rules against the log and the set's features; what it warns of comes in
// one line each.
func (a *Rules) check(ctx context.Context, log *datasets.Log, b *built) ([]string, error) {
	rules, err := a.parse()
	if err != nil {
		return nil, err
	}
	if b.recipe == nil {
		if r := rule.AsksEvents(rules...); r != nil {
			return nil, fmt.Errorf("rules: %q asks what customers did, which the table %s does not say: of a table, rules can ask for feature(\"...\") only", r.Name, b.set.Name)
		}
		_, err := rule.NewFirst(b.set.Raw.Cols, rules...)
		return nil, err
	}
	warnings, err := rule.Check(ctx, log, b.set.Raw, rules...)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, w := range warnings {
		out = append(out, "rules: "+w.Short())
	}
	return out, nil
}

// ask returns for each row of a raw matrix the number of the first rule that holds, −1 if
// none does; log is nil for a table.
func (a *Rules) ask(ctx context.Context, log *datasets.Log, raw *features.Matrix, workers int) ([]int32, error) {
	rules, err := a.parse()
	if err != nil {
		return nil, err
	}
	first, err := rule.NewFirst(raw.Cols, rules...)
	if err != nil {
		return nil, err
	}
	n, _ := raw.Dims()
	out := slices.Repeat([]int32{cluster.Noise}, n)
	if log == nil {
		for i := range n {
			out[i] = int32(first.OfRow(raw.Row(i)))
		}
		return out, ctx.Err()
	}
	at := make(map[string]int, n)
	for i := range n {
		at[raw.ID(i)] = i
	}
	for e, err := range log.Shards(ctx) {
		if err != nil {
			return nil, err
		}
		m, team := len(e.IDs), workersOf(workers)
		var wg sync.WaitGroup
		for w := range team {
			wg.Go(func() {
				for i := w * m / team; i < (w+1)*m/team; i++ {
					if i%256 == 0 && ctx.Err() != nil {
						return
					}
					if row, ok := at[e.IDs[i]]; ok {
						out[row] = int32(first.Of(e.History(i), raw.Row(row)))
					}
				}
			})
		}
		wg.Wait()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// divided makes a clustering of the numbers of rules, its labels not yet canonical.
func (a *Rules) divided(numbers []int32) (*cluster.Clustering, error) {
	rules, err := a.parse()
	if err != nil {
		return nil, err
	}
	c := &cluster.Clustering{Labels: slices.Clone(numbers), Stop: cluster.Exact}
	for _, r := range rules {
		c.Names = append(c.Names, r.Name)
	}
	return c, nil
}

// fitRules makes a run of rules on the whole log.
func (r *runner) fitRules(ctx context.Context, p *planned, a *Rules) (*cluster.Clustering, error) {
	log := r.s.Log
	if p.of.recipe == nil {
		log = nil
	}
	numbers, err := a.ask(ctx, log, p.of.set.Raw, r.s.Workers)
	if err != nil {
		return nil, err
	}
	c, err := a.divided(numbers)
	if err != nil {
		return nil, err
	}
	if c.Warnings, err = a.check(ctx, r.s.Log, p.of); err != nil {
		return nil, err
	}
	met := make([]bool, len(c.Names))
	for _, l := range numbers {
		if l >= 0 {
			met[l] = true
		}
	}
	for i, ok := range met {
		if !ok {
			c.Warnings = append(c.Warnings, fmt.Sprintf("rules: nobody is in %q: no customer meets it, or the rules before it took them all", c.Names[i]))
		}
	}
	return c, nil
}

// checkRules fails the runs whose rules ask for what their set has not; those that no set
// can answer are an error.
func (s *Study) checkRules(ctx context.Context, p *plan) error {
	able, why := map[*Cell]bool{}, map[*Cell]error{}
	for _, r := range p.runs {
		a, ok := r.algorithm.(*Rules)
		if !ok {
			continue
		}
		if _, err := a.check(ctx, s.Log, r.of); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			r.err = err
			if e := (*rule.Error)(nil); errors.As(err, &e) {
				r.err = fmt.Errorf("%s; the set has %s", e.Short(), strings.Join(names(r.of.set.Raw.Cols, func(c features.Column) string { return c.Name }), ", "))
			}
			if why[r.cell] == nil {
				why[r.cell] = err
			}
			continue
		}
		able[r.cell] = true
	}
	for i := range s.Cells {
		if c := &s.Cells[i]; why[c] != nil && !able[c] {
			return why[c]
		}
	}
	return nil
}
