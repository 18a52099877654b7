package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "rfm",
	Doc: `Recency, frequency, monetary value
When a customer last bought, on how many days, for how much.
  recency         t1 − last purchase day (days, ≥ 0)
  frequency       purchase occasions: distinct local days with a purchase that stands
  repeat          frequency − 1
  monetary_total  Σ amounts of standing purchases
  monetary_mean   monetary_total / frequency
  tenure          t1 − first purchase day seen (days)
  r_score, f_score, m_score   classes 1..5 of recency, frequency and monetary_total, 5 =
                  best, with cut points learned over all buyers (on request)
A purchase reversed in full by a return before t1 does not stand. scores = true gives
the three scores and nothing else. Classes are quintiles (bins = "quantile": cut points
are type 7 quantiles, a value from cut + 1 on scores higher, the rule of R's package rfm,
so that equal customers score alike and discrete values make unequal classes) or natural
breaks (bins = "jenks": least squares within classes, see Jenks).
A log without amounts gets no monetary columns, and is told so. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Fader, Hardie & Lee", Title: "RFM and CLV: Using Iso-Value Curves for Customer Base Analysis", Venue: "Journal of Marketing Research 42", Year: 2005, DOI: "10.1509/jmkr.2005.42.4.415"},
		{Authors: "Hebbali", Title: "rfm: Recency, Frequency and Monetary Value Analysis, R package 0.3.0", Venue: "CRAN", Year: 2023, DOI: "10.32614/CRAN.package.rfm"},
	},
	Version: 1,
	Reads:   datasets.FieldAmount,
	// One purchase has no frequency: the one-time buyers are a stratum of their own,
	// or k = 2 is the split between them and the rest, stable and useless.
	Minimum: 2,
	Null:    ShuffleStamps + "+" + ShuffleAmounts,
	New: func() Block {
		return &RFM{Columns: []string{"recency", "frequency", "monetary_total", "monetary_mean"}, Bins: "quantile"}
	},
})

// RFM is the options of rfm.
type RFM struct {
	Columns []string `json:"columns"` // of recency, frequency, repeat, monetary_total, monetary_mean, tenure, r_score, f_score, m_score
	Scores  bool     `json:"scores"`  // the three scores instead
	Bins    string   `json:"bins"`    // the scores' classes: quantile ("" too) or jenks
}

// rfmColumns describes the columns, in the order they are offered.
var rfmColumns = []Column{
	{Name: "recency", Unit: "days", Doc: "days since the last purchase"},
	{Name: "frequency", Unit: "count", Doc: "days with a purchase"},
	{Name: "repeat", Unit: "count", Doc: "days with a purchase after the first one"},
	{Name: "monetary_total", Unit: "money", Doc: "spent in all, less what was fully given back"},
	{Name: "monetary_mean", Unit: "money", Doc: "spent on an average purchase day"},
	{Name: "tenure", Unit: "days", Doc: "days since the first purchase seen"},
	{Name: "r_score", Unit: "score", Doc: "recency in classes, 5 = bought last"},
	{Name: "f_score", Unit: "score", Doc: "frequency in classes, 5 = bought most often"},
	{Name: "m_score", Unit: "score", Doc: "money spent in classes, 5 = spent most"},
}

// names lists the columns asked for.
func (o *RFM) names() []string {
	if o.Scores {
		return []string{"r_score", "f_score", "m_score"}
	}
	return o.Columns
}

// scored reports whether cut points are wanted.
func (o *RFM) scored() bool {
	return slices.ContainsFunc(o.names(), func(n string) bool { return strings.HasSuffix(n, "_score") })
}

// rfmSummary is what rfm gathers: the buyers' values, for cut points, and
// whether the log has amounts at all.
type rfmSummary struct {
	seen, amounts      bool
	recency, freq, sum Multiset
}

// Merge adds other.
func (s *rfmSummary) Merge(other Summary) {
	o := other.(*rfmSummary)
	s.seen, s.amounts = s.seen || o.seen, s.amounts || o.amounts
	s.recency.Merge(&o.recency)
	s.freq.Merge(&o.freq)
	s.sum.Merge(&o.sum)
}

// Empty returns the summary of no customers.
func (o *RFM) Empty() Summary { return &rfmSummary{} }

// Gather keeps the customer's three values where scores are wanted.
func (o *RFM) Gather(h datasets.History) Summary {
	s := &rfmSummary{seen: true, amounts: h.Meta.Has&datasets.FieldAmount != 0}
	if !o.scored() {
		return s
	}
	if occ := h.Occasions(); len(occ) > 0 {
		s.recency.Add(float64(h.Meta.Now() - occ[len(occ)-1].Day))
		s.freq.Add(float64(len(occ)))
		s.sum.Add(totalOf(occ))
	}
	return s
}

// Learn takes the cut points, and leaves out money where there is none.
func (o *RFM) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*rfmSummary)
	m := &rfmModel{NoAmounts: s.seen && !s.amounts}
	cut := cutsOf
	switch o.Bins {
	case "", "quantile":
	case "jenks":
		cut, m.Jenks = cutsJenks, true
	default:
		return nil, fmt.Errorf("bins = %q: quantile or jenks", o.Bins)
	}
	if o.scored() {
		m.Cuts = &RFMCuts{Recency: cut(s.recency.Sorted()), Frequency: cut(s.freq.Sorted()), Monetary: cut(s.sum.Sorted())}
	}
	for _, n := range o.names() {
		if !slices.ContainsFunc(rfmColumns, func(c Column) bool { return c.Name == n }) {
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(rfmColumns), ", "))
		}
		if m.NoAmounts && (strings.HasPrefix(n, "monetary") || n == "m_score") {
			continue
		}
		m.Names = append(m.Names, n)
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure", o.Columns)
	}
	return m, nil
}

// Model returns an empty model.
func (o *RFM) Model() Model { return &rfmModel{} }

func columnNames(cols []Column) []string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.Name
	}
	return out
}

// totalOf sums the occasions' amounts: NaN without amounts.
func totalOf(occ []datasets.Occasion) float64 {
	var s float64
	for _, o := range occ {
		s += o.Gross
	}
	return s
}

type rfmModel struct {
	Names     []string `json:"names"`
	NoAmounts bool     `json:"no_amounts"`
	Cuts      *RFMCuts `json:"cuts,omitempty"`
	Jenks     bool     `json:"jenks,omitempty"` // the cuts are natural breaks
}

// Warnings says what was left out.
func (m *rfmModel) Warnings() []string {
	if m.NoAmounts {
		return []string{"no amounts in the log: the monetary columns are left out"}
	}
	return nil
}

// Columns describes the columns.
func (m *rfmModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := rfmColumns[slices.IndexFunc(rfmColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "rfm"
		out = append(out, c)
	}
	return out
}

// Measure fills the row; a customer without a purchase has frequency 0 and
// nothing else.
func (m *rfmModel) Measure(h datasets.History, row []float64) {
	occ := h.Occasions()
	for j, n := range m.Names {
		row[j] = m.value(n, h.Meta.Now(), occ)
	}
}

func (m *rfmModel) value(name string, now int, occ []datasets.Occasion) float64 {
	n := len(occ)
	if n == 0 {
		if name == "frequency" || name == "repeat" || name == "monetary_total" {
			return 0
		}
		return math.NaN()
	}
	switch name {
	case "recency":
		return float64(now - occ[n-1].Day)
	case "frequency":
		return float64(n)
	case "repeat":
		return float64(n - 1)
	case "monetary_total":
		return totalOf(occ)
	case "monetary_mean":
		return totalOf(occ) / float64(n)
	case "tenure":
		return float64(now - occ[0].Day)
	case "r_score":
		return 6 - m.score(m.Cuts.Recency, float64(now-occ[n-1].Day))
	case "f_score":
		return m.score(m.Cuts.Frequency, float64(n))
	case "m_score":
		return m.score(m.Cuts.Monetary, totalOf(occ))
	}
	panic("features: rfm has no column " + name)
}

// score returns the class of x, 1 to 5.
func (m *rfmModel) score(cuts [4]float64, x float64) float64 {
	if m.Jenks {
		return float64(scoreJenks(cuts, x))
	}
	return float64(score(cuts, x))
}
