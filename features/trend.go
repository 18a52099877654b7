package features

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "trend",
	Doc: `Trend of spend: growing, steady, fading
How a customer's spend moves. Its series is spend in periods of 28 days back from the
window's end (period = "month": calendar months), from the first whole period after
the first purchase to the last whole one; periods without a purchase are 0.
  spend_trend      Theil–Sen slope over the median of the positive periods: share of a
                   usual period that is won or lost from one period to the next; with n
                   periods, (n·own + m·population)/(n + m) (shrink, default 4)
  trend_z          Mann–Kendall Z with ties and continuity: below −1.645 spend falls, at
                   5 % one-sided; hamed_rao = true widens it for autocorrelation
  spend_ratio_90d  (last + cρ)/(earlier + c): spend of the last 90 days over spend per 90
                   days before them; c = s̄·m/(K + m) with s̄ the population's spend per
                   90 days, ρ its ratio, K the customer's earlier 90 days
A slope and a Z need six periods: with fewer the slope is the population's and Z is 0;
the ratio needs a purchase more than 90 days ago, else it is ρ. Season: where the log
covers two years, each period is divided by the population's index for that time of
the year, fitted together with customers' age (all were new once: a young log's
season is age); else nothing is divided, and that is said (deseason = "off": never).
The trend of expected value is clv_trend of btyd. Cost: O(events + periods²).`,
	Refs: []Ref{
		{Authors: "Sen", Title: "Estimates of the Regression Coefficient Based on Kendall's Tau", Venue: "Journal of the American Statistical Association 63", Year: 1968, DOI: "10.1080/01621459.1968.10480934"},
		{Authors: "Mann", Title: "Nonparametric Tests Against Trend", Venue: "Econometrica 13", Year: 1945, DOI: "10.2307/1907187"},
		{Authors: "Hamed & Rao", Title: "A modified Mann-Kendall trend test for autocorrelated data", Venue: "Journal of Hydrology 204", Year: 1998, DOI: "10.1016/S0022-1694(97)00125-X"},
	},
	Version: 1,
	Reads:   datasets.FieldAmount,
	Needs:   datasets.FieldAmount,
	Minimum: 2, // the period of the first purchase is dropped: one purchase moves nowhere
	Null:    ShuffleStamps + "+" + ShuffleAmounts,
	New: func() Block {
		return &SpendTrend{Columns: []string{"spend_trend", "trend_z", "spend_ratio_90d"}, Period: "28d", Deseason: "auto", Shrink: 4}
	},
})

// SpendTrend is the options of trend.
type SpendTrend struct {
	Columns  []string `json:"columns"`
	Period   string   `json:"period"`    // 28d or month
	Deseason string   `json:"deseason"`  // auto or off
	HamedRao bool     `json:"hamed_rao"` // variance of Z for autocorrelated series
	Shrink   float64  `json:"shrink"`    // weight of the population, in periods; 0 = none
}

var trendColumns = []Column{
	{Name: "spend_trend", Unit: "1/period", Doc: "spend won or lost per period, relative to a usual one; below 0 is fading"},
	{Name: "trend_z", Unit: "Z", Doc: "how sure the trend of spend is: below −1.6 it falls, above 1.6 it rises"},
	{Name: "spend_ratio_90d", Unit: "", Doc: "spend of the last 90 days relative to earlier 90 days"},
}

// trendYear is the shortest log, in days, whose season is told apart from age.
const trendYear = 2 * 364

type trendSummary struct {
	seen, long bool
	slope      gapMean
	last       ExactSum // Σ over customers with earlier spend
	earlier    ExactSum
	spend      ExactSum // Σ earlier·blocks
	blocks     ExactSum
	// Series of customers, by number of periods; long logs only.
	counts map[int]int64
	sums   map[int][]ExactSum
}

// Merge adds other.
func (s *trendSummary) Merge(other Summary) {
	o := other.(*trendSummary)
	s.seen, s.long = s.seen || o.seen, s.long || o.long
	s.slope.merge(&o.slope)
	s.last.Merge(&o.last)
	s.earlier.Merge(&o.earlier)
	s.spend.Merge(&o.spend)
	s.blocks.Merge(&o.blocks)
	if len(o.counts) > 0 && s.counts == nil {
		s.counts, s.sums = map[int]int64{}, map[int][]ExactSum{}
	}
	for l, n := range o.counts {
		s.counts[l] += n
		if s.sums[l] == nil {
			s.sums[l] = make([]ExactSum, l)
		}
		for b := range o.sums[l] {
			s.sums[l][b].Merge(&o.sums[l][b])
		}
	}
}

// Empty returns the summary of no customers.
func (o *SpendTrend) Empty() Summary { return &trendSummary{} }

// Gather adds the customer's slope, ratio and, in a long log, series.
func (o *SpendTrend) Gather(h datasets.History) Summary {
	s := &trendSummary{seen: true, long: h.Meta.Now()-h.Meta.DayOf(h.Meta.Window.From.UnixMicro()) >= trendYear}
	occ := h.Occasions()
	if len(occ) == 0 {
		return s
	}
	now := h.Meta.Now()
	if span := trendSpanOf(occ, now); span.blocks > 0 {
		s.last.Add(span.last)
		s.earlier.Add(span.earlier)
		s.spend.Add(span.earlier * span.blocks)
		s.blocks.Add(span.blocks)
	}
	y := newTrendClock(o.Period, now).series(occ)
	if slope, _, ok := trendOf(y, false); ok {
		s.slope.add(slope)
	}
	if s.long && o.Deseason == "auto" && len(y) > 0 {
		sums := make([]ExactSum, len(y))
		for i, v := range y {
			if v > 0 {
				sums[len(y)-1-i].Add(v)
			}
		}
		s.counts, s.sums = map[int]int64{len(y): 1}, map[int][]ExactSum{len(y): sums}
	}
	return s
}

// Learn finds the population's slope, ratio and season.
func (o *SpendTrend) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*trendSummary)
	switch {
	case o.Period != "28d" && o.Period != "month":
		return nil, fmt.Errorf("period = %q: 28d or month", o.Period)
	case o.Deseason != "auto" && o.Deseason != "off":
		return nil, fmt.Errorf("deseason = %q: auto or off", o.Deseason)
	case !(o.Shrink >= 0) || math.IsInf(o.Shrink, 0):
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case len(o.Columns) == 0:
		return nil, fmt.Errorf("columns = [] leaves nothing to measure")
	}
	for _, n := range o.Columns {
		if !slices.ContainsFunc(trendColumns, func(c Column) bool { return c.Name == n }) {
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(trendColumns), ", "))
		}
	}
	m := &trendModel{
		Names: slices.Clone(o.Columns), Period: o.Period, HamedRao: o.HamedRao, Shrink: o.Shrink,
		Slope: s.slope.value(0), Ratio: 1,
		Young: o.Deseason == "auto" && s.seen && !s.long,
	}
	if e := s.earlier.Value(); e > 0 {
		m.Ratio = s.last.Value() / e
		m.Spend = s.spend.Value() / s.blocks.Value()
	}
	if len(s.counts) > 0 {
		spend := map[int][]float64{}
		for l, sums := range s.sums {
			for b := range sums {
				spend[l] = append(spend[l], sums[b].Value())
			}
		}
		m.Season = trendSeasons(spend, s.counts, slices.Sorted(maps.Keys(s.counts)), newTrendClock(o.Period, 0).slots())
	}
	return m, nil
}

// Model returns an empty model.
func (o *SpendTrend) Model() Model { return &trendModel{} }

// trendModel holds the population's values.
type trendModel struct {
	Names    []string  `json:"names"`
	Period   string    `json:"period"`
	HamedRao bool      `json:"hamed_rao"`
	Shrink   float64   `json:"shrink"`
	Slope    float64   `json:"slope"`
	Ratio    float64   `json:"ratio"`
	Spend    float64   `json:"spend"`            // per 90 days, before the last 90
	Season   []float64 `json:"season,omitempty"` // index by periods back from the end, modulo a year; nil = none
	Young    bool      `json:"young"`            // too short for a season
}

// Warnings says what was not done.
func (m *trendModel) Warnings() []string {
	if m.Young {
		return []string{"less than two years of log: season and age cannot be told apart, so spend is not de-seasoned"}
	}
	return nil
}

// Columns describes the columns.
func (m *trendModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := trendColumns[slices.IndexFunc(trendColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "trend"
		out = append(out, c)
	}
	return out
}

// Evidence is the number of whole periods, 0 below six.
func (m *trendModel) Evidence(h datasets.History) int {
	if n := len(newTrendClock(m.Period, h.Meta.Now()).series(h.Occasions())); n >= trendMinimum {
		return n
	}
	return 0
}

// Measure fills the row; without a purchase there is no trend.
func (m *trendModel) Measure(h datasets.History, row []float64) {
	occ, now := h.Occasions(), h.Meta.Now()
	if len(occ) == 0 {
		for j := range row {
			row[j] = math.NaN()
		}
		return
	}
	y := newTrendClock(m.Period, now).series(occ)
	m.deseason(y)
	slope, z, ok := trendOf(y, m.HamedRao)
	if n := float64(len(y)); ok {
		slope = (n*slope + m.Shrink*m.Slope) / (n + m.Shrink)
	} else {
		slope = m.Slope
	}
	for j, name := range m.Names {
		switch name {
		case "spend_trend":
			row[j] = slope
		case "trend_z":
			row[j] = z
		case "spend_ratio_90d":
			row[j] = m.ratio(trendSpanOf(occ, now))
		}
	}
}

func (m *trendModel) ratio(s trendSpan) float64 {
	if s.blocks == 0 {
		return m.Ratio
	}
	c := 0.0
	if m.Shrink > 0 {
		c = m.Spend * m.Shrink / (s.blocks + m.Shrink)
	}
	return (s.last + c*m.Ratio) / (s.earlier + c)
}

// deseason divides the series by the season's index.
func (m *trendModel) deseason(y []float64) {
	if len(m.Season) == 0 {
		return
	}
	for i := range y {
		y[i] /= m.Season[(len(y)-1-i)%len(m.Season)]
	}
}
