package eval

import (
	"math"

	"github.com/mores-lab/mores/features"
)

// PriorityWindow is when the forecasts were lived through.
type PriorityWindow struct {
	From string `json:"from"`
	To   string `json:"to"`
	Days int    `json:"days"`
	// Unseen: the segments were learned from what was known on From and nothing later.
	Unseen bool `json:"unseen,omitempty"`
}

// forecast fills in what customers spent after they were in the segment: the mean with
// mean ± z·sd/√n, z at alpha/K, and what the model had expected of the same customers.
func (p *priority) forecast() {
	h := p.in.Held
	if h == nil {
		return
	}
	if len(h.Labels) != len(h.IDs) || len(h.Spend) != len(h.IDs) || h.Expected != nil && len(h.Expected) != len(h.IDs) {
		panic("eval: a hold-out of columns of different lengths")
	}
	p.out.Held = &PriorityWindow{h.From, h.To, h.Days, h.Unseen}
	spend, model := make([][]float64, p.k), make([]features.ExactSum, p.k)
	known := make([]int, p.k)
	for i, l := range h.Labels {
		if l < 0 || int(l) >= p.k || math.IsNaN(h.Spend[i]) {
			continue
		}
		spend[l] = append(spend[l], h.Spend[i])
		if h.Expected != nil && !math.IsNaN(h.Expected[i]) {
			known[l]++
			model[l].Add(h.Expected[i])
		}
	}
	z := p.simultaneous()
	for g, x := range spend {
		s := &p.out.Segments[g]
		if s.ForecastOf = len(x); len(x) < 2 {
			s.ForecastReason = "fewer than two customers were in it on " + h.From
			continue
		}
		var sum, squares features.ExactSum
		for _, v := range x {
			sum.Add(v)
		}
		n := float64(len(x))
		m := sum.Value() / n
		for _, v := range x {
			squares.Add((v - m) * (v - m))
		}
		half := z * math.Sqrt(squares.Value()/(n-1)/n)
		s.Forecast = &Interval{Value: m, Lo: m - half, Hi: m + half}
		if known[g] > 0 {
			e := model[g].Value() / float64(known[g])
			s.Model = &e
		}
	}
}
