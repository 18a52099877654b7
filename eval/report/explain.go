package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// Explanation is what there is to say of a run's segments one by one.
type Explanation struct {
	Run, Name string // of the run
	Set       string // the feature set
	Unit      string // what a row of the data is
	Currency  string
	Customers int // clustered
	Unlabeled int // of them in no segment
	Segments  []SegmentExplanation
	Trees     []Tree
	// Descriptors tests what the segments were not made of; nil where the data tell
	// nothing but behaviour.
	Descriptors []eval.DescriptorTest
}

// SegmentExplanation is what there is to say of one.
type SegmentExplanation struct {
	Card
	Found   eval.SegmentRule
	InWords string // the rule; "" if there is none
	// Finds counts all clustered customers who meet the rule, Right those of them who belong.
	Finds, Right int
	Exemplars    eval.SegmentExemplars
	// Traits are levels of descriptors that the segment has more or less of than others,
	// significant ones only, strongest first.
	Traits []Trait
}

// Trait is a level of a descriptor in a segment.
type Trait struct {
	Descriptor string
	features.DescriptorCell
}

// Tree says how well a decision tree gives held-out customers their segments.
type Tree struct {
	Name      string    `json:"tree"`
	Agreement float64   `json:"agreement"` // share of them to whom it gives their own
	F1        []float64 `json:"f1"`        // of each segment
	Held      int       `json:"held"`
	Depth     int       `json:"depth"`
	Reason    string    `json:"reason,omitempty"`
}

const (
	// explainExemplars is how many customers are named in the middle and at the boundary.
	explainExemplars = 3
	// explainTraits is how many levels of descriptors are told of a segment.
	explainTraits = 5
	// falseDiscoveries is the rate at which a descriptor is called significant.
	falseDiscoveries = 0.05
)

// Explain reads a study and says what is in each segment of the recommended run, or of
// opt.Run. A study without a finished run is an error.
func Explain(ctx context.Context, r study.Reader, opt Options) (*Explanation, error) {
	b, err := newBuilder(ctx, r, opt)
	if err != nil {
		return nil, err
	}
	if b.shown == nil {
		return nil, fmt.Errorf("report: no run of this study is done: there are no segments to explain")
	}
	n, _ := b.set.X.Dims()
	out := &Explanation{
		Run: b.shown.ID, Name: b.names[b.shown.ID], Set: b.set.Name, Unit: b.unit(), Currency: b.data.Currency,
		Customers: n, Unlabeled: b.profile.NumNoise, Trees: b.trees,
	}
	exemplars := eval.Exemplars(b.set.X, b.run.Labels, explainExemplars)
	tests, profiles, err := b.describe()
	if err != nil {
		return nil, err
	}
	out.Descriptors = tests
	for g, c := range b.cards {
		s := SegmentExplanation{Card: c, Exemplars: exemplars[g]}
		if g < len(b.found) {
			s.Found, s.InWords = b.found[g], b.found[g].Words(b.cut)
			s.count(b.set.Raw, b.run.Labels, int32(g))
		}
		for _, p := range profiles {
			if p.Table.Small > 0.2 {
				continue // too many levels, too few customers each: p is rough
			}
			for _, cell := range p.Cells {
				if cell.Segment == g && cell.Q <= falseDiscoveries {
					s.Traits = append(s.Traits, Trait{p.Name, cell})
				}
			}
		}
		slices.SortStableFunc(s.Traits, func(a, b Trait) int { return cmp.Compare(math.Abs(b.H), math.Abs(a.H)) })
		s.Traits = s.Traits[:min(len(s.Traits), explainTraits)]
		out.Segments = append(out.Segments, s)
	}
	return out, ctx.Err()
}

// count asks the rule of everybody.
func (s *SegmentExplanation) count(raw *features.Matrix, labels []int32, g int32) {
	if s.Found.Reason != "" {
		return
	}
	for i, l := range labels {
		if s.Found.Holds(raw.Row(i)) {
			if s.Finds++; l == g {
				s.Right++
			}
		}
	}
}

// describe tests the descriptors that the segments were not made of.
func (b *builder) describe() ([]eval.DescriptorTest, []features.DescriptorProfile, error) {
	table := b.set.Raw.Descriptors
	if table == nil || len(table.Cols) == 0 {
		return nil, nil, nil
	}
	if slices.ContainsFunc(b.set.Raw.Cols, func(c features.Column) bool { return c.Block == "descriptors" }) {
		return nil, nil, nil // they made the segments: what differs in them proves nothing
	}
	if table.Rows() != len(b.run.Labels) {
		table = describedRows(table, b.set.Raw)
	}
	profiles, err := features.DescribeSegments(table, b.run.Labels)
	if err != nil {
		return nil, nil, err
	}
	tests, err := eval.DescriptorTests(table, b.run.Labels)
	return tests, profiles, err
}

// describedRows keeps the rows of the matrix, by id: others were left out for missing
// values.
func describedRows(t *datasets.Table, m *features.Matrix) *datasets.Table {
	n, _ := m.Dims()
	out := &datasets.Table{Name: t.Name}
	for _, c := range t.Cols {
		o := datasets.TableColumn{Name: c.Name, Unit: c.Unit}
		for i := range n {
			row, ok := t.Find(m.ID(i))
			switch {
			case c.Num != nil && ok:
				o.Num = append(o.Num, c.Num[row])
			case c.Num != nil:
				o.Num = append(o.Num, math.NaN())
			case ok:
				o.Text = append(o.Text, c.Text[row])
			default:
				o.Text = append(o.Text, "")
			}
		}
		out.Cols = append(out.Cols, o)
	}
	for i := range n {
		out.Keys = append(out.Keys, m.ID(i))
	}
	return out
}

const descriptorsIntro = "What follows had no part in making the segments, so it can be tested: q is the p-value adjusted for the number of tests (Benjamini and Hochberg), and at most one in twenty marked differences is expected to be chance. The features above made the segments; their differences are sizes, and no test of them would mean anything."

// descriptorsTable shows which descriptors differ between segments; nil without any.
func (b *builder) descriptorsTable() *Table {
	tests, _, err := b.describe()
	if err != nil || len(tests) == 0 {
		return nil
	}
	t := &Table{Name: "descriptors", Title: "Who they are: descriptors by segment (*: q ≤ .05)", Cols: []Col{
		{Name: "descriptor", Key: "descriptor", Text: true},
		{Name: "test", Key: "test", Text: true, Rank: 2},
		{Name: "known", Key: "known", Rank: 1, Doc: "customers with a value"},
		{Name: "statistic", Key: "statistic", Rank: 3},
		{Name: "q", Key: "q"},
		{Name: "effect", Key: "effect", Doc: "corrected Cramér's V of a category, ε² of a number"},
		{Name: "size", Key: "size", Text: true},
	}}
	for _, d := range tests {
		row := Row{Cells: []Cell{word(d.Name), word(d.Test), {Text: count(d.Known), Exact: fmt.Sprint(d.Known)}}}
		if d.Reason != "" {
			m := t.missing(d.Reason)
			row.Cells = append(row.Cells, m, m, m, word(""))
			row.Quiet = true
		} else {
			q := Cell{Text: probability(d.Q), Exact: exact(d.Q)}
			if d.Significant() {
				q.Mark = "*"
			}
			if d.Warning != "" {
				q.Note = t.note(d.Warning)
			}
			row.Cells = append(row.Cells, Cell{Text: number(d.Statistic), Exact: exact(d.Statistic)}, q,
				Cell{Text: decimals(d.Effect, 2), Exact: exact(d.Effect)}, word(d.Size))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// probability prints a p-value: < .001, .012, .31.
func probability(p float64) string {
	switch {
	case p < 0.001:
		return "<" + nb + ".001"
	case p < 0.1:
		return strings.TrimPrefix(decimals(p, 3), "0")
	}
	return strings.TrimPrefix(decimals(p, 2), "0")
}
