package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
)

// profileView is what the heat map and the snake plot share: the segments' profile
// and the features to draw.
type profileView struct {
	*subject
	p    *eval.Profile
	cols []int // the features drawn, in the matrix's order
	left int   // features left out for want of room
}

func (s *subject) profile(figure string) (*profileView, error) {
	raw := s.Set.Raw
	if raw == nil {
		return nil, fmt.Errorf("%s needs the measured behaviour; this feature set has none", figure)
	}
	n, d := raw.Dims()
	switch {
	case n != s.n:
		return nil, fmt.Errorf("%s: %d rows of behaviour for %s", figure, n, s.rows(s.n))
	case d == 0:
		return nil, fmt.Errorf("%s: this feature set has no features", figure)
	case s.k == 0:
		return nil, fmt.Errorf("%s needs a segment; in this run every %s is unassigned", figure, first(s.noun()))
	}
	v := &profileView{subject: s, p: eval.NewProfile(raw, s.labels, nil)}
	for j := range d {
		v.cols = append(v.cols, j)
	}
	return v, nil
}

// keep leaves the features in which the segments differ most by some measure, where
// there is no room for all.
func (v *profileView) keep(most int, differ func(col int) float64) {
	if most = max(1, most); len(v.cols) <= most {
		return
	}
	v.left = len(v.cols) - most
	slices.SortStableFunc(v.cols, func(a, b int) int {
		switch x, y := differ(a), differ(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return a - b
	})
	v.cols = v.cols[:most]
	slices.Sort(v.cols)
}

// extreme is the largest |x| of a feature over the segments; undefined counts as −1.
func (v *profileView) extreme(col int, get func(eval.Cell) float64) float64 {
	m := -1.0
	for _, cells := range v.p.Segments {
		if x := math.Abs(get(cells[col])); !math.IsNaN(x) && !math.IsInf(x, 0) {
			m = max(m, x)
		}
	}
	return m
}

// feature names a column for people: "monetary total".
func (v *profileView) feature(col int) string {
	n := strings.ReplaceAll(word(v.p.Cols[col].Name), "_", " ")
	if n == "" {
		return fmt.Sprintf("column %d", col+1)
	}
	return n
}

// unitOf is a column's unit for people; money is the log's currency.
func (v *profileView) unitOf(col int) string {
	u := word(v.p.Cols[col].Unit)
	if u == "money" && v.State != nil && v.State.Study.Data != nil && v.State.Study.Data.Currency != "" {
		return word(v.State.Study.Data.Currency)
	}
	if u == "count" {
		return ""
	}
	return u
}

// average writes a feature's mean over everyone, with its unit.
func (v *profileView) average(col int) string {
	o := v.p.Overall[col]
	if math.IsNaN(o.Mean) || math.IsInf(o.Mean, 0) {
		return "–"
	}
	t := compact(o.Mean)
	if u := v.unitOf(col); u != "" {
		t += nbsp + u
	}
	return t
}

// omitted says what a figure of features leaves out.
func (v *profileView) omitted(segments int) string {
	var out []string
	if v.left > 0 {
		out = append(out, plural(v.left, "feature", "features")+" in which the segments differ less")
	}
	if segments > 0 {
		out = append(out, plural(segments, "smaller segment", "smaller segments"))
	}
	if out == nil {
		return ""
	}
	return " Left out for want of room: " + list(out, 2) + "."
}

// undefinedFeatures names the drawn features without any defined number.
func (v *profileView) undefinedFeatures(get func(eval.Cell) float64) string {
	var out []string
	for _, j := range v.cols {
		if v.extreme(j, get) < 0 {
			reason := v.p.Segments[0][j].Reason
			if reason == "" {
				reason = "undefined"
			}
			out = append(out, fmt.Sprintf("%s (%s)", v.feature(j), clean(reason)))
		}
	}
	if out == nil {
		return ""
	}
	return " No value: " + list(out, 4) + "."
}
