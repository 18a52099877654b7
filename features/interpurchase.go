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
	Name: "interpurchase",
	Doc: `Rhythm: gaps between purchases
How far apart a customer's purchase days are, and how regularly they come. With n
gaps gᵢ (days) between purchase occasions, and everything that few gaps cannot tell
drawn towards the population with the weight of m gaps (shrink, default 4):
  regularity   ln k of gamma gaps, k from the likelihood given their sum
               (ShapeShrunk): 0 = like chance, positive = like clockwork
  clumpiness   H of the days since the first purchase less its mean under chance
               (Clumpiness, ClumpinessExpected), times n/(n + m): > 0 = in bursts,
               or hot and then gone
and on request
  burstiness   A of Kim & Jo, (n·A + m·population)/(n + m): −1 regular, 0 like chance
  gap_median   median gap (days)
  gap_last     the latest gap (days)
  gap_mean     mean gap (days)
  gap_sd       standard deviation of the gaps, divisor n (days)
  gap_min, gap_max
               shortest and longest gap (days); they go apart as n grows, so they say
               also how many purchases there are
  gap_cv       σ/ḡ, shrunk as burstiness is
  overdue      days since the last purchase over the typical gap, exp of
               (n·ln median + m·population)/(n + m); > 1 = late
  late_share   share of own gaps longer than the present silence, shrunk alike: the
               chance that the customer is merely late
  memory       correlation of a gap with the next, shrunk alike; needs 4 gaps, else
               the population's
The default is the rhythm alone, by its two measures. Regularity asks how much the gaps
scatter around their mean, on a scale that tells clockwork from habit from chance;
clumpiness how unevenly the days fill the time since the first one, silence included,
on a scale that tells bursts from chance. Burstiness, from the gaps' standard deviation,
is nearly a function of regularity: beside it scatter would count twice. How far apart
purchases are and how long ago the last was is what recency and frequency (rfm, btyd)
tell, and beside them in one block the rhythm drowns.
Customers with 2 purchase days or more have every column. Cost: O(events + days).`,
	Refs: []Ref{
		{Authors: "Platzer & Reutterer", Title: "Ticking Away the Moments: Timing Regularity Helps to Better Predict Customer Activity", Venue: "Marketing Science 35", Year: 2016, DOI: "10.1287/mksc.2015.0963"},
		{Authors: "Zhang, Bradlow & Small", Title: "Predicting Customer Value Using Clumpiness: From RFM to RFMC", Venue: "Marketing Science 34", Year: 2015, DOI: "10.1287/mksc.2014.0873"},
		{Authors: "Kim & Jo", Title: "Measuring burstiness for finite event sequences", Venue: "Physical Review E 94", Year: 2016, DOI: "10.1103/PhysRevE.94.032311"},
	},
	Version: 3,
	Minimum: 3, // two gaps: one cannot be regular
	Null:    ShuffleStamps,
	New: func() Block {
		return &Interpurchase{Columns: []string{"regularity", "clumpiness"}, Shrink: 4}
	},
})

// Interpurchase is the options of interpurchase.
type Interpurchase struct {
	Columns []string `json:"columns"`
	Shrink  float64  `json:"shrink"` // weight of the population, in gaps; 0 = none
}

var interpurchaseColumns = []Column{
	{Name: "gap_median", Unit: "days", Doc: "days between purchases, typically (median)"},
	{Name: "gap_last", Unit: "days", Doc: "days between the last two purchases"},
	{Name: "overdue", Unit: "gaps", Doc: "silence since the last purchase in typical gaps; above 1 is late"},
	{Name: "regularity", Unit: "ln k", Doc: "how regular the purchases are: 0 like chance, higher like clockwork"},
	{Name: "clumpiness", Unit: "", Doc: "how clumped the purchases are beyond chance: above 0 in bursts, or hot and then gone"},
	{Name: "gap_mean", Unit: "days", Doc: "days between purchases on average"},
	{Name: "gap_sd", Unit: "days", Doc: "scatter of the days between purchases (standard deviation)"},
	{Name: "gap_min", Unit: "days", Doc: "shortest time between purchases"},
	{Name: "gap_max", Unit: "days", Doc: "longest time between purchases"},
	{Name: "gap_cv", Unit: "", Doc: "scatter of the gaps relative to their mean"},
	{Name: "burstiness", Unit: "", Doc: "burstiness of the gaps: −1 regular, 0 like chance, 1 bursts"},
	{Name: "memory", Unit: "", Doc: "whether short gaps follow short ones (correlation)"},
	{Name: "late_share", Unit: "", Doc: "share of own gaps that were longer than the present silence", Kind: Probability},
}

// gapMean sums a statistic over the customers that have it.
type gapMean struct {
	sum ExactSum
	n   int64
}

func (g *gapMean) add(x float64) {
	if !math.IsNaN(x) {
		g.sum.Add(x)
		g.n++
	}
}

func (g *gapMean) merge(o *gapMean) {
	g.sum.Merge(&o.sum)
	g.n += o.n
}

// value returns the mean, or the fallback where nobody has the statistic.
func (g *gapMean) value(fallback float64) float64 {
	if g.n == 0 {
		return fallback
	}
	return g.sum.Value() / float64(g.n)
}

type interpurchaseSummary struct {
	counts                               map[int]int64 // customers by number of gaps
	spread                               ExactSum      // Σ n·s over customers with two gaps or more
	logMedian, cv, burst, memory, lateBy gapMean
}

// Merge adds other.
func (s *interpurchaseSummary) Merge(other Summary) {
	o := other.(*interpurchaseSummary)
	for n, c := range o.counts {
		s.counts[n] += c
	}
	s.spread.Merge(&o.spread)
	s.logMedian.merge(&o.logMedian)
	s.cv.merge(&o.cv)
	s.burst.merge(&o.burst)
	s.memory.merge(&o.memory)
	s.lateBy.merge(&o.lateBy)
}

// Empty returns the summary of no customers.
func (o *Interpurchase) Empty() Summary { return &interpurchaseSummary{counts: map[int]int64{}} }

// Gather adds the customer's gap statistics.
func (o *Interpurchase) Gather(h datasets.History) Summary {
	s := &interpurchaseSummary{counts: map[int]int64{}}
	occ := h.Occasions()
	g := Gaps(occ)
	n := len(g)
	if n == 0 {
		return s
	}
	s.counts[n]++
	s.logMedian.add(math.Log(median(slices.Clone(g))))
	s.lateBy.add(lateShare(g, float64(h.Meta.Now()-occ[n].Day)))
	if n >= 2 {
		s.spread.Add(float64(n) * LogSpread(g))
		mean, sd := meanSD(g, 0)
		s.cv.add(sd / mean)
		s.burst.add(BurstinessCorrected(g))
	}
	s.memory.add(Memory(g))
	return s
}

func lateShare(gaps []float64, silence float64) float64 {
	late := 0
	for _, g := range gaps {
		if g > silence {
			late++
		}
	}
	return float64(late) / float64(len(gaps))
}

// Learn finds the population's values: k₀ is the root of the pooled likelihood
// given the sums, Σ n(φ(k) − φ(nk)) = Σ n·s.
func (o *Interpurchase) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*interpurchaseSummary)
	if o.Shrink < 0 {
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	}
	for _, n := range o.Columns {
		if !slices.ContainsFunc(interpurchaseColumns, func(c Column) bool { return c.Name == n }) {
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(interpurchaseColumns), ", "))
		}
	}
	if len(s.counts) == 0 {
		return nil, fmt.Errorf("no customer bought on two days: there are no gaps")
	}
	m := &interpurchaseModel{
		Names: slices.Clone(o.Columns), Shrink: o.Shrink,
		LogMedian: s.logMedian.value(0), CV: s.cv.value(1), Burstiness: s.burst.value(0),
		Memory: s.memory.value(0), LateShare: s.lateBy.value(0), K: 1,
	}
	sizes := slices.Sorted(maps.Keys(s.counts))
	if sizes[len(sizes)-1] >= 2 {
		want := s.spread.Value()
		m.K = shapeRoot(func(k float64) float64 {
			var f float64
			for _, n := range sizes {
				if n >= 2 {
					x := float64(n)
					f += float64(s.counts[n]) * x * (shapeGap(k) - shapeGap(x*k))
				}
			}
			return f - want
		})
	}
	return m, nil
}

// Model returns an empty model.
func (o *Interpurchase) Model() Model { return &interpurchaseModel{} }

// interpurchaseModel holds the population's values.
type interpurchaseModel struct {
	Names      []string `json:"names"`
	Shrink     float64  `json:"shrink"`
	LogMedian  float64  `json:"log_median"` // mean of ln median gap over customers
	K          float64  `json:"k"`
	CV         float64  `json:"cv"`
	Burstiness float64  `json:"burstiness"`
	Memory     float64  `json:"memory"`
	LateShare  float64  `json:"late_share"`
}

// Columns describes the columns.
func (m *interpurchaseModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := interpurchaseColumns[slices.IndexFunc(interpurchaseColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "interpurchase"
		out = append(out, c)
	}
	return out
}

// Evidence counts the customer's gaps.
func (m *interpurchaseModel) Evidence(h datasets.History) int { return max(len(h.Occasions())-1, 0) }

// Measure fills the row; a customer without a gap has nothing.
func (m *interpurchaseModel) Measure(h datasets.History, row []float64) {
	occ := h.Occasions()
	g := Gaps(occ)
	n := len(g)
	if n == 0 {
		for j := range row {
			row[j] = math.NaN()
		}
		return
	}
	silence := float64(h.Meta.Now() - occ[n].Day)
	med := median(slices.Clone(g))
	for j, name := range m.Names {
		switch name {
		case "gap_median":
			row[j] = med
		case "gap_last":
			row[j] = g[n-1]
		case "gap_mean":
			row[j] = float64(occ[n].Day-occ[0].Day) / float64(n)
		case "gap_sd":
			_, row[j] = meanSD(g, 0)
		case "gap_min":
			row[j] = slices.Min(g)
		case "gap_max":
			row[j] = slices.Max(g)
		case "overdue":
			row[j] = silence / math.Exp(m.shrunk(math.Log(med), m.LogMedian, n))
		case "regularity":
			row[j] = math.Log(ShapeShrunk(n, LogSpread(g), m.K, m.Shrink))
		case "clumpiness":
			row[j] = m.clumped(occ, h.Meta.Now())
		case "gap_cv":
			mean, sd := meanSD(g, 0)
			row[j] = m.few(sd/mean, m.CV, n, 2)
		case "burstiness":
			row[j] = m.few(BurstinessCorrected(g), m.Burstiness, n, 2)
		case "memory":
			row[j] = m.few(Memory(g), m.Memory, n, 4)
		case "late_share":
			row[j] = m.shrunk(lateShare(g, silence), m.LateShare, n)
		}
	}
}

// shrunk returns (n·x + m·population)/(n + m).
func (m *interpurchaseModel) shrunk(x, population float64, n int) float64 {
	w := float64(n)
	return (w*x + m.Shrink*population) / (w + m.Shrink)
}

// few is shrunk for a statistic that needs so many gaps: with fewer, or where it
// is undefined, the population's value stands.
func (m *interpurchaseModel) few(x, population float64, n, need int) float64 {
	if n < need || math.IsNaN(x) {
		return population
	}
	return m.shrunk(x, population, n)
}

// clumped returns the clumpiness beyond chance. The window starts at the first
// purchase, so its parts are the n gaps and the silence, which sum to the T days
// since: the n later purchases fall on T − 1 possible days.
func (m *interpurchaseModel) clumped(occ []datasets.Occasion, now int) float64 {
	n := len(occ) - 1
	parts := append(Gaps(occ), max(float64(now-occ[n].Day), 1))
	trials := max(now-occ[0].Day, occ[n].Day-occ[0].Day+1) - 1
	return (clumpinessOf(parts) - ClumpinessExpected(trials, n)) * float64(n) / (float64(n) + m.Shrink)
}
