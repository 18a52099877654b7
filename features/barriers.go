package features

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "barriers",
	Doc: `Barriers: who fails where most succeed
At which step to a purchase a customer gets stuck, against how often people do. Steps
are view → cart_add → checkout → purchase, those the log has. An attempt at a step
opens with an event of it and succeeds if an event of any later step comes within the
horizon (default 7 days: a cart survives its session); more events of the step while
it is open belong to it; attempts still open when the window ends are not counted.
horizon = 0 takes the session for the attempt, and so does a log that is shorter than
two horizons. With p the population's rate of success at the step, y ∈ {0, 1} an
attempt's, n a customer's attempts and m = shrink (default 3):
  drop_share_STEP    share of attempts that failed, (failures + m·(1 − p))/(n + m)
and on request
  barrier_STEP       Σ (p − y)/√(p(1 − p)) / √(n + m): a z score drawn towards 0,
                     > 0 = gets stuck there more than others, 0 = nothing known. It grows
                     with the attempts, as evidence does: for finding who has a problem
                     rather than for a distance
  barrier_all        the same over the attempts at all steps
  barrier_deepest    the latest step at which the customer ever failed, 1, 2, ...; 0 =
                     none: a category, for people; it never enters a distance
The population's own funnel, with intervals, is PopulationFunnel. Evidence is the number
of attempts. Cost: O(events × steps).`,
	Refs: []Ref{
		{Authors: "Kukar-Kinney & Close", Title: "The determinants of consumers' online shopping cart abandonment", Venue: "Journal of the Academy of Marketing Science 38", Year: 2010, DOI: "10.1007/s11747-009-0141-5"},
	},
	Version: 1,
	AnyKind: datasets.KindSet(datasets.View, datasets.CartAdd, datasets.Checkout),
	Null:    ShuffleKinds + "+" + ShuffleStamps,
	New:     func() Block { return &Barriers{Horizon: 7, Gap: 30, Shrink: 3} },
})

// Barriers is the options of barriers.
type Barriers struct {
	Columns []string `json:"columns"` // nil = drop_share_STEP of every step that tells customers apart
	Steps   []string `json:"steps"`   // kinds of event, in order; nil = those of FunnelSteps that the log has
	Horizon float64  `json:"horizon"` // days that a step may wait for the next one; 0 = until the session ends
	Gap     float64  `json:"gap"`     // minutes of silence that end a session without an id
	Shrink  float64  `json:"shrink"`  // weight of the population, in attempts; 0 = none
}

// barriersCount is attempts at one step.
type barriersCount struct{ n, failed int64 }

type barriersSummary struct {
	kinds datasets.Kinds
	steps []barriersCount
	short bool // the log is shorter than two horizons
	err   error
}

// Merge adds other.
func (s *barriersSummary) Merge(other Summary) {
	o := other.(*barriersSummary)
	s.kinds |= o.kinds
	s.short = s.short || o.short
	if s.err == nil {
		s.err = o.err
	}
	if s.steps == nil {
		s.steps = slices.Clone(o.steps)
		return
	}
	for i, c := range o.steps {
		s.steps[i].n += c.n
		s.steps[i].failed += c.failed
	}
}

// Empty returns the summary of no customers.
func (o *Barriers) Empty() Summary { return &barriersSummary{} }

// Gather adds the customer's attempts.
func (o *Barriers) Gather(h datasets.History) Summary {
	s := &barriersSummary{kinds: h.Meta.Kinds}
	kinds, err := funnelKinds(o.Steps, s.kinds)
	if err != nil {
		s.err = err
		return s
	}
	horizon := spanOf(o.Horizon, dayLength)
	w := h.Meta.Window
	if horizon > 0 && w.To.Sub(w.From) < 2*horizon {
		s.short, horizon = true, 0
	}
	s.steps = barriersFrom(h, funnelIndex(kinds), len(kinds), horizon, spanOf(o.Gap, time.Minute))
	return s
}

// barriersFrom counts a customer's attempts at every step but the last.
func barriersFrom(h datasets.History, step []int8, steps int, horizon, gap time.Duration) []barriersCount {
	out := make([]barriersCount, steps-1)
	count := func(s, _ int, end funnelEnd) {
		if s < 0 || s == steps-1 || end == funnelOpen {
			return
		}
		out[s].n++
		if end == funnelDropped {
			out[s].failed++
		}
	}
	if horizon > 0 {
		funnelAttempts(h, step, steps, horizon, count)
	} else {
		funnelSessions(h, step, steps, gap, count)
	}
	return out
}

// Learn finds the population's rates of success.
func (o *Barriers) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*barriersSummary)
	if s.err != nil {
		return nil, s.err
	}
	if !(o.Shrink >= 0 && o.Horizon >= 0 && o.Gap > 0) {
		return nil, fmt.Errorf("shrink = %g, horizon = %g, gap = %g: at least 0, at least 0 days, above 0 minutes", o.Shrink, o.Horizon, o.Gap)
	}
	kinds, err := funnelKinds(o.Steps, s.kinds)
	if err != nil {
		return nil, err
	}
	m := &barriersModel{Horizon: o.Horizon, Gap: o.Gap, Shrink: o.Shrink}
	if s.short {
		m.Horizon = 0
		m.Said = append(m.Said, fmt.Sprintf("the log is shorter than two horizons of %g days: attempts end with the session", o.Horizon))
	}
	var whole barriersCount
	for i, k := range kinds {
		m.Steps = append(m.Steps, k.String())
		if i == len(kinds)-1 {
			break
		}
		c := s.steps[i]
		whole.n += c.n
		if c.n == 0 || c.failed == 0 || c.failed == c.n {
			// All fail or all succeed: an attempt tells nothing of who made it.
			m.Said = append(m.Said, fmt.Sprintf("%d of %d attempts at %s failed: the step tells nobody apart", c.failed, c.n, k))
			m.Rate = append(m.Rate, 1-float64(c.failed)/max(float64(c.n), 1))
			continue
		}
		m.Rate = append(m.Rate, 1-float64(c.failed)/float64(c.n))
	}
	if whole.n == 0 {
		return nil, fmt.Errorf("no attempt at %s ended inside the window: take horizon = 0 (sessions)", strings.Join(m.Steps[:len(m.Steps)-1], ", "))
	}
	m.Names = o.Columns
	if m.Names == nil {
		for i, st := range m.Steps[:len(m.Rate)] {
			if m.tells(i) {
				m.Names = append(m.Names, "drop_share_"+st)
			}
		}
		if len(m.Names) == 0 {
			return nil, fmt.Errorf("no step tells customers apart: %s", strings.Join(m.Said, "; "))
		}
	}
	for _, n := range m.Names {
		if _, _, ok := m.column(n); !ok {
			return nil, fmt.Errorf("no column %q (columns: barrier_all, barrier_deepest, and barrier_ or drop_share_ with one of %s)",
				n, strings.Join(m.Steps[:len(m.Rate)], ", "))
		}
	}
	return m, nil
}

// Model returns an empty model.
func (o *Barriers) Model() Model { return &barriersModel{} }

// barriersModel holds the population's rates.
type barriersModel struct {
	Names   []string  `json:"names"`
	Steps   []string  `json:"steps"`
	Rate    []float64 `json:"rate"` // of success at each step but the last
	Horizon float64   `json:"horizon"`
	Gap     float64   `json:"gap"`
	Shrink  float64   `json:"shrink"`
	Said    []string  `json:"said,omitempty"`
}

// Warnings says what the log does not tell.
func (m *barriersModel) Warnings() []string { return m.Said }

// tells reports whether step s tells customers apart.
func (m *barriersModel) tells(s int) bool { return m.Rate[s] > 0 && m.Rate[s] < 1 }

// column reads a column's name: its stem and step, −1 for all steps.
func (m *barriersModel) column(name string) (stem string, step int, ok bool) {
	if name == "barrier_all" || name == "barrier_deepest" {
		return name, -1, true
	}
	for _, stem := range []string{"barrier_", "drop_share_"} {
		if st, found := strings.CutPrefix(name, stem); found {
			s := slices.Index(m.Steps[:len(m.Rate)], st)
			return stem, s, s >= 0
		}
	}
	return "", 0, false
}

// Columns describes the columns.
func (m *barriersModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := Column{Name: n, Block: "barriers"}
		switch stem, s, _ := m.column(n); stem {
		case "barrier_all":
			c.Unit, c.Doc = "z", "gets stuck on the way to a purchase more (above 0) or less than others"
		case "barrier_deepest":
			c.Kind, c.Doc = Category, "latest step the customer ever failed at: 0 none, "+m.list()
		case "barrier_":
			c.Unit, c.Doc = "z", fmt.Sprintf("gets stuck at %s more (above 0) or less than others", m.Steps[s])
		case "drop_share_":
			c.Kind, c.Doc = Probability, fmt.Sprintf("share of the customer's attempts that end at %s", m.Steps[s])
		}
		out = append(out, c)
	}
	return out
}

func (m *barriersModel) list() string {
	parts := make([]string, len(m.Rate))
	for i := range parts {
		parts[i] = fmt.Sprintf("%d %s", i+1, m.Steps[i])
	}
	return strings.Join(parts, ", ")
}

func (m *barriersModel) from(h datasets.History) []barriersCount {
	kinds, err := funnelKinds(m.Steps, h.Meta.Kinds)
	if err != nil {
		panic("features: barriers: " + err.Error()) // the model's own steps
	}
	return barriersFrom(h, funnelIndex(kinds), len(kinds), spanOf(m.Horizon, dayLength), spanOf(m.Gap, time.Minute))
}

// Evidence is the number of the customer's attempts.
func (m *barriersModel) Evidence(h datasets.History) int {
	var n int64
	for _, c := range m.from(h) {
		n += c.n
	}
	return int(n)
}

// Measure fills the row.
func (m *barriersModel) Measure(h datasets.History, row []float64) {
	counts := m.from(h)
	for j, n := range m.Names {
		stem, s, _ := m.column(n)
		switch stem {
		case "barrier_all":
			row[j] = m.score(counts, 0, len(counts))
		case "barrier_deepest":
			row[j] = 0
			for i, c := range counts {
				if c.failed > 0 {
					row[j] = float64(i + 1)
				}
			}
		case "barrier_":
			row[j] = m.score(counts, s, s+1)
		case "drop_share_":
			c := counts[s]
			row[j] = (float64(c.failed) + m.Shrink*(1-m.Rate[s])) / (float64(c.n) + m.Shrink)
		}
	}
}

// score returns the standardised failures beyond expectation at steps lo..hi.
func (m *barriersModel) score(counts []barriersCount, lo, hi int) float64 {
	var sum, n float64
	for s := lo; s < hi; s++ {
		if !m.tells(s) {
			continue
		}
		p, c := m.Rate[s], counts[s]
		sum += (float64(c.failed) - float64(c.n)*(1-p)) / math.Sqrt(p*(1-p))
		n += float64(c.n)
	}
	if n == 0 {
		return 0
	}
	return sum / math.Sqrt(n+m.Shrink)
}
