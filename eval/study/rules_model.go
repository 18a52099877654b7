package study

import (
	"fmt"
	"math"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/rule"
	"github.com/mores-lab/mores/features"
)

// ByRules is the kind of a model's rule where rules in words decide: Model.Given.
const ByRules = "rules"

// givenSchema is the schema of model files with rules in words, which earlier versions
// cannot apply; files without them stay as they were.
const givenSchema = 2

// Given is the rules of a model that were stated, not learned.
type Given struct {
	Rules  []string `json:"rules"`  // NAME = RULE, the first that holds decides
	Labels []int32  `json:"labels"` // of each; those that nobody met in training come last

	first  *rule.First
	events bool // they ask for more than features
}

// newGiven numbers the rules by the names of the run's segments.
func newGiven(texts, names []string) (*Given, error) {
	rules, err := parseRules(texts)
	if err != nil {
		return nil, err
	}
	label := make(map[string]int32, len(names))
	for l, n := range names {
		label[n] = int32(l)
	}
	g := &Given{Rules: texts}
	next := int32(len(names))
	for _, r := range rules {
		l, ok := label[r.Name]
		if !ok {
			l = next
			next++
		}
		g.Labels = append(g.Labels, l)
	}
	return g, nil
}

// ready parses the rules of a file.
func (g *Given) ready(cols []features.Column) error {
	rules, err := parseRules(g.Rules)
	if err != nil {
		return err
	}
	if len(g.Labels) != len(rules) {
		return fmt.Errorf("%d labels for %d rules", len(g.Labels), len(rules))
	}
	seen := make([]bool, len(rules))
	for _, l := range g.Labels {
		if l < 0 || int(l) >= len(seen) || seen[l] {
			return fmt.Errorf("the labels of its rules, %v, are not 0 to %d, each once", g.Labels, len(rules)-1)
		}
		seen[l] = true
	}
	g.events = rule.AsksEvents(rules...) != nil
	g.first, err = rule.NewFirst(cols, rules...)
	return err
}

// segments are the rules that nobody met in training, as segments of the model.
func (g *Given) segments(known int) ([]Segment, error) {
	rules, err := parseRules(g.Rules)
	if err != nil {
		return nil, err
	}
	out := make([]Segment, len(rules)-known)
	for i, r := range rules {
		if l := int(g.Labels[i]); l >= known {
			out[l-known] = Segment{Label: int32(l), Name: r.Name}
		}
	}
	return out, nil
}

// label asks the rules of one customer; h is nil where only features are known.
func (g *Given) label(h *datasets.History, raw []float64) int32 {
	n := -1
	if h == nil {
		n = g.first.OfRow(raw)
	} else {
		n = g.first.Of(*h, raw)
	}
	if n < 0 {
		return cluster.Noise
	}
	return g.Labels[n]
}

// answer is Rule.PredictAll and Rule.Shares for rules in words: somebody belongs to one
// segment wholly, and no distance is known. hs are the histories of the rows, or nil.
func (g *Given) answer(raw *features.Matrix, rows []int, hs []datasets.History) (labels []int32, dist, shares []float64, err error) {
	if hs == nil && g.events {
		return nil, nil, nil, fmt.Errorf("the model's rules ask what customers did, which a row of features does not say: label a log")
	}
	wide := len(g.Labels) + 1
	labels, dist, shares = make([]int32, len(rows)), make([]float64, len(rows)), make([]float64, len(rows)*wide)
	for k, i := range rows {
		var h *datasets.History
		if hs != nil {
			h = &hs[i]
		}
		labels[k], dist[k] = g.label(h, raw.Row(i)), math.NaN()
		shares[k*wide+int(labels[k])+1] = 1
	}
	return labels, dist, shares, nil
}

// takeGiven makes the model of a run of rules.
func (m *Model) takeGiven(d *RunData) error {
	texts, err := rulesOf(m.Params)
	if err != nil {
		return err
	}
	if m.Given, err = newGiven(texts, d.Names); err != nil {
		return err
	}
	if err := m.Given.ready(m.Pipeline.Columns); err != nil {
		return err
	}
	m.Schema = givenSchema
	// The rules themselves are what labelled the training customers.
	m.Rule = &cluster.Rule{Kind: ByRules, Exact: true, Agreement: 1, Points: [][]float64{}, Labels: []int32{}}
	return nil
}

// cards are the run's segments, and those of rules that nobody met.
func (m *Model) cards(p *eval.Profile) error {
	for _, card := range eval.Cards(p) {
		m.Segments = append(m.Segments, Segment{Label: int32(card.Segment), Name: card.Name, Size: card.Size, Share: card.Share})
	}
	if m.Given == nil {
		return nil
	}
	more, err := m.Given.segments(len(m.Segments))
	m.Segments = append(m.Segments, more...)
	return err
}
