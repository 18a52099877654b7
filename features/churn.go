package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mathext"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "churn",
	Doc: `Churn: is this silence unusual, and will they be back
A customer who has not bought for a while is late by their own rhythm or only by the
population's. Gaps between purchase days are gamma variables with the population's
shape k (or the customer's own) and the customer's own mean; with n gaps and m
(shrink, default 4) pseudo-gaps of the population's:
  silence_tail    P(a gap > the days since the last purchase): near 0 = such a silence
                  is not like this customer. Mean gap (Σ gaps + m·μ)/(n + m), shape
                  ShapeShrunk
  return_chance   P(buys in the next horizon days | silent so far) of those gaps, times
                  the chance that a silence of this length ends at all (population)
and on request
  return_hazard   of the purchases of the whole population that were followed by a
                  silence this long, the share followed by a purchase in the next
                  horizon days (discrete-time hazard with the present gaps censored)
  gap_expected    the mean gap above (days)
"No purchase for 90 days" is a label, not a feature: it is recency. return_hazard too
depends on recency alone, and is there for people. The chance of having left for good is
1 − p_alive of btyd; survival curves are KaplanMeier and DiscreteHazard.
Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Kaplan & Meier", Title: "Nonparametric Estimation from Incomplete Observations", Venue: "Journal of the American Statistical Association 53", Year: 1958, DOI: "10.1080/01621459.1958.10501452"},
		{Authors: "Allenby, Leone & Jen", Title: "A Dynamic Model of Purchase Timing with Application to Direct Marketing", Venue: "Journal of the American Statistical Association 94", Year: 1999, DOI: "10.1080/01621459.1999.10474127"},
	},
	Version: 1,
	Reads:   datasets.FieldHour,
	Minimum: 2, // one gap
	Null:    ShuffleStamps,
	New: func() Block {
		return &Churn{Columns: []string{"silence_tail", "return_chance"}, Horizon: 28, Shrink: 4}
	},
})

// Churn is the options of churn.
type Churn struct {
	Columns []string `json:"columns"`
	Horizon int      `json:"horizon"` // days to look ahead
	Shrink  float64  `json:"shrink"`  // weight of the population, in gaps; 0 = none
}

var churnColumns = []Column{
	{Name: "silence_tail", Doc: "chance that a gap of this customer is longer than the present silence; near 0 is unusual", Kind: Probability},
	{Name: "return_chance", Doc: "chance of buying again in the next %d days by the customer's own rhythm", Kind: Probability},
	{Name: "return_hazard", Doc: "share of all silences this long that ended in the next %d days", Kind: Probability},
	{Name: "gap_expected", Unit: "days", Doc: "days expected between purchases"},
}

// churnSummary counts silences by their length in days. One customer's are a list;
// merging counts them.
type churnSummary struct {
	gaps        []float64 // of one customer
	silence     int
	buyer       bool
	ended, open []int    // by length
	counts      []int    // customers by number of gaps
	spread      ExactSum // Σ n·s over customers with two gaps or more
	logMean     gapMean  // ln of a customer's mean gap
}

// Merge adds other.
func (s *churnSummary) Merge(other Summary) {
	o := other.(*churnSummary)
	s.count()
	s.take(o.gaps, o.silence, o.buyer)
	for d, n := range o.ended {
		churnAdd(&s.ended, d, n)
	}
	for d, n := range o.open {
		churnAdd(&s.open, d, n)
	}
	for d, n := range o.counts {
		churnAdd(&s.counts, d, n)
	}
	s.spread.Merge(&o.spread)
	s.logMean.merge(&o.logMean)
}

// count turns the customer's own list into counts.
func (s *churnSummary) count() {
	s.take(s.gaps, s.silence, s.buyer)
	s.gaps, s.silence, s.buyer = nil, 0, false
}

func (s *churnSummary) take(gaps []float64, silence int, buyer bool) {
	if !buyer {
		return
	}
	for _, g := range gaps {
		churnAdd(&s.ended, int(g), 1)
	}
	churnAdd(&s.open, silence, 1)
	if len(gaps) > 0 {
		churnAdd(&s.counts, len(gaps), 1)
	}
}

// churnAdd adds n to counts[at], which grows as needed.
func churnAdd(counts *[]int, at, n int) {
	if at >= len(*counts) {
		*counts = append(*counts, make([]int, at+1-len(*counts))...)
	}
	(*counts)[at] += n
}

// Empty returns the summary of no customers.
func (o *Churn) Empty() Summary { return &churnSummary{} }

// Gather adds the customer's gaps and present silence.
func (o *Churn) Gather(h datasets.History) Summary {
	s := &churnSummary{}
	occ := h.Occasions()
	if len(occ) == 0 {
		return s
	}
	g := Gaps(occ)
	s.gaps, s.silence, s.buyer = g, churnSilence(occ, h.Meta.Now()), true
	if n := len(g); n > 0 {
		var sum float64
		for _, x := range g {
			sum += x
		}
		s.logMean.add(math.Log(sum / float64(n)))
		if n >= 2 {
			s.spread.Add(float64(n) * LogSpread(g))
		}
	}
	return s
}

func churnSilence(occ []datasets.Occasion, now int) int { return max(now-occ[len(occ)-1].Day, 0) }

// Learn finds the population's shape and mean gap and the chances that silences end.
func (o *Churn) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*churnSummary)
	switch {
	case o.Horizon < 1:
		return nil, fmt.Errorf("horizon = %d: at least 1 day", o.Horizon)
	case !(o.Shrink >= 0) || math.IsInf(o.Shrink, 0):
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case len(o.Columns) == 0:
		return nil, fmt.Errorf("columns = [] leaves nothing to measure")
	}
	for _, n := range o.Columns {
		if !slices.ContainsFunc(churnColumns, func(c Column) bool { return c.Name == n }) {
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(churnColumns), ", "))
		}
	}
	s.count()
	if len(s.counts) == 0 {
		return nil, fmt.Errorf("no customer bought on two days: there are no gaps")
	}
	m := &churnModel{Names: slices.Clone(o.Columns), Horizon: o.Horizon, Shrink: o.Shrink, Mean: math.Exp(s.logMean.value(0))}
	m.K = pooledShape(s.counts, s.spread.Value())
	m.curve(s)
	return m, nil
}

// pooledShape is the maximum likelihood shape of gamma gaps whose means differ from
// customer to customer: the root of Σ n(φ(k) − φ(nk)) = Σ n·s over those with two
// gaps or more; 1 where there are none. counts is customers by number of gaps.
func pooledShape(counts []int, spread float64) float64 {
	if len(counts) <= 2 {
		return 1
	}
	return shapeRoot(func(k float64) float64 {
		var f float64
		for n, c := range counts {
			if n >= 2 && c > 0 {
				x := float64(n)
				f += float64(c) * x * (shapeGap(k) - shapeGap(x*k))
			}
		}
		return f - spread
	})
}

// churnStep is the width of the steps, in days, in which chances by silence are kept.
const churnStep = 7

// curve fills Hazard and Ends from the population's silences: with S the Kaplan–Meier
// survival, Hazard(a) = 1 − S(a+horizon)/S(a) and Ends(a) = 1 − S(end)/S(a). Where
// fewer than 30 were at risk the last value holds.
func (m *churnModel) curve(s *churnSummary) {
	top := max(len(s.ended), len(s.open)) - 1
	events, censored := make([]int, top+1), make([]int, top+1)
	copy(events, s.ended)
	copy(censored, s.open)
	left := 0
	for a := range events {
		left += events[a] + censored[a]
	}
	surv := make([]float64, top+1) // S at the end of day a
	risk := make([]int, top+1)
	at := 1.0
	for a := range surv {
		risk[a] = left
		if left > 0 {
			at *= 1 - float64(events[a])/float64(left)
		}
		surv[a] = at
		left -= events[a] + censored[a]
	}
	// S stays where too few were watched for as long: the end of the curve.
	end := top
	for end > 0 && risk[end] < churnRisk {
		end--
	}
	for a := 0; a <= end; a += churnStep {
		m.Hazard = append(m.Hazard, churnShare(surv[a], surv[min(a+m.Horizon, end)]))
		m.Ends = append(m.Ends, churnShare(surv[a], surv[end]))
	}
}

// churnRisk is the fewest silences at risk that a chance is read from.
const churnRisk = 30

// churnShare is 1 − later/now, 1 where nothing is left.
func churnShare(now, later float64) float64 {
	if now <= 0 {
		return 1
	}
	return 1 - later/now
}

// Model returns an empty model.
func (o *Churn) Model() Model { return &churnModel{} }

// churnModel holds the population's gaps.
type churnModel struct {
	Names   []string  `json:"names"`
	Horizon int       `json:"horizon"`
	Shrink  float64   `json:"shrink"`
	Mean    float64   `json:"mean"`   // exp of the mean ln of customers' mean gaps, in days
	K       float64   `json:"k"`      // shape
	Hazard  []float64 `json:"hazard"` // by silence, in steps of 7 days
	Ends    []float64 `json:"ends"`
}

// Columns describes the columns.
func (m *churnModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := churnColumns[slices.IndexFunc(churnColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "churn"
		if strings.Contains(c.Doc, "%d") {
			c.Doc = fmt.Sprintf(c.Doc, m.Horizon)
		}
		out = append(out, c)
	}
	return out
}

// Evidence is the number of gaps.
func (m *churnModel) Evidence(h datasets.History) int { return max(len(h.Occasions())-1, 0) }

// Measure fills the row; without a purchase there is no silence.
func (m *churnModel) Measure(h datasets.History, row []float64) {
	occ := h.Occasions()
	if len(occ) == 0 {
		for j := range row {
			row[j] = math.NaN()
		}
		return
	}
	silence := float64(churnSilence(occ, h.Meta.Now()))
	g := Gaps(occ)
	var sum float64
	for _, x := range g {
		sum += x
	}
	k, mean := m.K, m.Mean
	if n := float64(len(g)); n > 0 {
		mean = (sum + m.Shrink*m.Mean) / (n + m.Shrink)
		if n >= 2 {
			k = ShapeShrunk(len(g), LogSpread(g), m.K, m.Shrink)
		}
	}
	tail := mathext.GammaIncRegComp(k, k*silence/mean)
	for j, name := range m.Names {
		switch name {
		case "silence_tail":
			row[j] = tail
		case "return_chance":
			row[j] = m.returns(k, mean, silence, tail) * m.by(m.Ends, silence)
		case "return_hazard":
			row[j] = m.by(m.Hazard, silence)
		case "gap_expected":
			row[j] = mean
		}
	}
}

// returns is the chance that a gap of those parameters ends within the horizon.
func (m *churnModel) returns(k, mean, silence, tail float64) float64 {
	if tail < 1e-290 { // where the hazard has reached its limit, k/mean
		return -math.Expm1(-k * float64(m.Horizon) / mean)
	}
	return churnShare(tail, mathext.GammaIncRegComp(k, k*(silence+float64(m.Horizon))/mean))
}

// by reads a chance by silence, between its steps on a straight line.
func (m *churnModel) by(curve []float64, silence float64) float64 {
	at := silence / churnStep
	i := int(at)
	if i >= len(curve)-1 {
		return curve[len(curve)-1]
	}
	return curve[i] + (at-float64(i))*(curve[i+1]-curve[i])
}
