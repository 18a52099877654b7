package features

import (
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// btydModel holds the population's parameters; one of Beta and Pareto is set.
type btydModel struct {
	Names    []string       `json:"names"`
	Days     float64        `json:"days"` // of a period
	Horizon  int            `json:"horizon"`
	Discount float64        `json:"discount"` // per period
	Margin   float64        `json:"margin"`
	Beta     *BetaGeometric `json:"beta_geometric,omitempty"`
	Pareto   *ParetoNBD     `json:"pareto_nbd,omitempty"`
	Spend    *GammaGamma    `json:"gamma_gamma,omitempty"`
	LogL     float64        `json:"log_likelihood"`
	Buyers   int            `json:"buyers"`
	Notes    []string       `json:"notes,omitempty"`
}

// fit chooses the model's parameters.
func (m *btydModel) fit(name string, c *Cohort) (err error) {
	var fit BTYDFit
	var beta BetaGeometric
	switch name {
	case "pareto":
		var p ParetoNBD
		p, fit, err = FitParetoNBD(c)
		m.Pareto = &p
	case "mbgcnbd", "bgcnbd":
		beta, fit, err = FitRegularity(c, name == "mbgcnbd")
		m.Beta = &beta
	default:
		beta, fit, err = FitBetaGeometric(c, 1, name == "mbgnbd")
		m.Beta = &beta
	}
	m.LogL = fit.LogLikelihood
	for _, w := range fit.Warnings {
		m.Notes = append(m.Notes, m.model().Name()+": "+w)
	}
	return err
}

// fitSpend fits the gamma-gamma model, or says why there is none.
func (m *btydModel) fitSpend(s *btydSummary) (why string) {
	if s.seen && !s.amounts {
		return "no amounts in the log"
	}
	var x []int
	var z []float64
	for _, b := range s.buyers {
		if b.paid > 0 {
			x, z = append(x, int(b.paid)), append(z, b.spend)
		}
	}
	g, fit, err := FitGammaGamma(x, z)
	switch {
	case err != nil:
		return err.Error()
	case !(g.Q > 1):
		return fmt.Sprintf("spend has no finite mean (gamma-gamma q = %.3g)", g.Q)
	}
	m.Spend = &g
	for _, w := range fit.Warnings {
		m.Notes = append(m.Notes, "gamma-gamma: "+w)
	}
	return ""
}

func (m *btydModel) model() BTYDModel {
	if m.Pareto != nil {
		return *m.Pareto
	}
	return *m.Beta
}

// Warnings says what was left out and what is doubtful.
func (m *btydModel) Warnings() []string { return m.Notes }

// Columns describes the columns.
func (m *btydModel) Columns() []Column {
	period := "week"
	if m.Days == 1 {
		period = "day"
	}
	var out []Column
	for _, n := range m.Names {
		c := btydColumns[slices.IndexFunc(btydColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "btyd"
		switch n {
		case "lambda_post":
			c.Unit, c.Doc = "1/"+period, fmt.Sprintf(c.Doc, "per "+period)
		case "exp_purchases", "exp_value", "clv":
			c.Doc += fmt.Sprintf(" in the next %d %ss", m.Horizon, period)
		}
		out = append(out, c)
	}
	return out
}

// Evidence is the number of repeat purchases.
func (m *btydModel) Evidence(h datasets.History) int { return max(len(h.Occasions())-1, 0) }

// Measure fills the row; without a purchase nothing is known.
func (m *btydModel) Measure(h datasets.History, row []float64) {
	b, ok := btydOf(h)
	if !ok {
		for j := range row {
			row[j] = math.NaN()
		}
		return
	}
	model := m.model()
	c := b.cbs(m.Days)
	expected := math.NaN()
	for j, n := range m.Names {
		if math.IsNaN(expected) && (n == "exp_purchases" || n == "exp_value") {
			expected = model.ConditionalExpected(c, float64(m.Horizon))
		}
		switch n {
		case "p_alive":
			row[j] = model.PAlive(c)
		case "exp_purchases":
			row[j] = expected
		case "exp_value":
			row[j] = expected * m.Spend.Expected(int(b.paid), b.spend)
		case "lambda_post":
			row[j] = model.Rate(c)
		case "clv":
			row[j] = CLV(model, c, m.Spend.Expected(int(b.paid), b.spend), CLVOptions{m.Horizon, m.Discount, m.Margin})
		case "clv_trend":
			row[j] = m.trend(h)
		}
	}
}

// btydStep is the distance of cut-offs, in days; btydTrendShrink the weight, in
// cut-offs, with which a trend is drawn to 0.
const (
	btydStep        = 28
	btydTrendShrink = 6
)

// trend is the Theil–Sen slope of the expected value at cut-offs every 28 days back
// from now, as far as the day after the first purchase, relative to the mean of
// those values, per year.
func (m *btydModel) trend(h datasets.History) float64 {
	occ, now := h.Occasions(), h.Meta.Now()
	model := m.model()
	var at, value []float64
	var sum float64
	known := 0 // occasions before the cut-off
	for k := max(now-occ[0].Day-1, 0) / btydStep; k >= 0; k-- {
		for known < len(occ) && (k == 0 || occ[known].Day < now-k*btydStep) {
			known++
		}
		b := btydAsOf(occ[:known], now-k*btydStep)
		v := model.ConditionalExpected(b.cbs(m.Days), float64(m.Horizon)) * m.Spend.Expected(int(b.paid), b.spend)
		at, value = append(at, -float64(k)*btydStep/365.25), append(value, v)
		sum += v
	}
	n := float64(len(value))
	if n < 2 || sum == 0 {
		return 0
	}
	return TheilSenSlope(at, value) / (sum / n) * n / (n + btydTrendShrink)
}
