package cluster

import "math"

// ruleMeasured is a rule whose points have been mapped, for one goroutine.
type ruleMeasured struct {
	rule   *Rule
	form   measureForm
	weight []float64
	points [][]float64
	row    []float64
}

func (r *Rule) measured(d int) *ruleMeasured {
	m := &ruleMeasured{rule: r, points: make([][]float64, len(r.Points)), row: make([]float64, d)}
	m.form, m.weight = r.Measure.form(d)
	for i, p := range r.Points {
		m.points[i] = make([]float64, d)
		r.Measure.apply(p, m.points[i])
	}
	return m
}

// predict is Rule.Predict. A row that has no distance to anything is noise.
func (m *ruleMeasured) predict(row []float64) (label int32, distance float64) {
	m.rule.Measure.apply(row, m.row)
	limit := math.Inf(1)
	if m.rule.Radius > 0 {
		limit = m.rule.Radius
	}
	best, at := math.Inf(1), -1
	for i, p := range m.points {
		v := m.form.between(m.row, p, m.weight)
		if m.rule.Kind == FirstWithin && v <= limit {
			return m.rule.Labels[i], v
		}
		if v < best {
			best, at = v, i
		}
	}
	if at < 0 || best > limit || m.rule.Kind == FirstWithin {
		return Noise, best
	}
	return m.rule.Labels[at], best
}
