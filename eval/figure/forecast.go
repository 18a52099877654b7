package figure

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
)

var _ = register(&Figure{
	Name: "forecast",
	Doc: `What the segments foretell of customers whom they were not learned from, beside RFM
A row a behaviour at its latest date: a filled dot with its 95 % interval for the
customers not learned from, a hollow one for those learned from (the distance is
optimism), a diamond for RFM k-means with as many groups, a bar for a model of all
features without groups. 0 is no better than everybody alike, 1 perfect.`,
	Version: 1,
	New:     func() Drawer { return &Forecast{} },
})

// Forecast draws the forecasts of a judged study's choice.
type Forecast struct{}

// forecastRow is a behaviour; what is not known is NaN.
type forecastRow struct {
	name, measure, against               string
	outside, inside, lo, hi, rfm, models float64
}

type forecastView struct {
	rows   []forecastRow
	shown  int
	keys   [][]int // lines of forecastKeys
	lo, hi float64
}

// Draw implements Drawer.
func (*Forecast) Draw(in *Input, p Preset) (*Drawing, error) {
	if in == nil || in.State == nil || in.State.Verdict == nil || len(in.State.Verdict.Foretells) == 0 {
		return nil, fmt.Errorf("forecast needs a study that was judged by behaviour that was held out")
	}
	v := &forecastView{}
	known := func(x *float64) float64 {
		if x == nil {
			return math.NaN()
		}
		return *x
	}
	for _, f := range in.State.Verdict.Foretells {
		r := forecastRow{
			name: upper(word(strings.ReplaceAll(f.Target, "_", " "))), measure: f.Measure, against: forecastAgainst(f.Against),
			outside: f.Outside, inside: known(f.Inside), lo: known(f.Lo), hi: known(f.Hi), rfm: known(f.RFM), models: known(f.Ceiling),
		}
		for _, x := range []float64{r.outside, r.inside, r.lo, r.hi, r.rfm, r.models} {
			if !math.IsNaN(x) {
				v.lo, v.hi = min(v.lo, x), max(v.hi, x)
			}
		}
		v.rows = append(v.rows, r)
	}
	d := &Drawing{Title: v.title()}
	d.Preset = p.fit(p.frame() + v.height(p, len(v.rows)))
	v.shown = len(v.rows)
	for v.shown > 1 && v.height(d.Preset, v.shown) > d.Preset.room() {
		v.shown--
	}
	v.keys = v.keyLines(d.Preset)
	d.Paint = paint(d.Preset, v.paint)
	days := ""
	if n := in.State.Verdict.Foretells[0].Days; n > 0 {
		days = fmt.Sprintf(" in the %d days after the latest date", n)
	}
	d.Caption = fmt.Sprintf("Share of the differences between customers that is foretold%s: 0 is no better than everybody alike, 1 perfect. Lines: 95 %% intervals. Words at the right: against RFM with as many groups; alike where the interval of the difference holds 0. Segments: %s.", days, word(cmp.Or(in.State.Verdict.Name, "the choice")))
	if n := len(v.rows) - v.shown; n > 0 {
		d.Caption += fmt.Sprintf(" %s not drawn for want of room.", plural(n, "behaviour is", "behaviours are"))
	}
	d.Alt = "Dot chart of what the segments foretell of each behaviour, beside RFM. " + v.title() + "."
	d.Table = [][]string{{"behaviour", "measure", "outside", "lo", "hi", "inside", "rfm", "no_groups", "against_rfm"}}
	for _, r := range v.rows {
		d.Table = append(d.Table, []string{r.name, r.measure, exact(r.outside), exact(r.lo), exact(r.hi), exact(r.inside), exact(r.rfm), exact(r.models), r.against})
	}
	return d, nil
}

// forecastAgainst is a comparison in a word.
func forecastAgainst(s string) string {
	if s == "same" {
		return "alike"
	}
	return s
}

func (v *forecastView) title() string {
	better, of := 0, 0
	for _, r := range v.rows {
		if r.against != "" {
			of++
		}
		if r.against == "better" && !(r.lo <= 0) { // to be better than RFM at nothing is nothing
			better++
		}
	}
	switch {
	case of == 0:
		return "What the segments foretell of " + plural(len(v.rows), "behaviour", "behaviours")
	case better == 0:
		return "The segments foretell no behaviour better than RFM with as many groups"
	}
	return fmt.Sprintf("The segments foretell %d of %s better than RFM with as many groups", better, plural(of, "behaviour", "behaviours"))
}

// forecastKeys are the marks and what they stand for, in the order of reading.
var forecastKeys = []string{"others: what counts", "learned from", "RFM, as many groups", "no groups, all features"}

func (v *forecastView) rowHeight(p Preset) vg.Length { return p.labelSize() * 1.9 }

// height is what the figure needs: its keys over each other where there is no more room.
func (v *forecastView) height(p Preset, rows int) vg.Length {
	return v.rowHeight(p)*vg.Length(rows) + p.textSize()*1.6*vg.Length(len(v.keyLines(p))) + p.textSize()*5.5
}

// keyLines breaks the keys into lines that fit.
func (v *forecastView) keyLines(p Preset) [][]int {
	w, _ := p.size()
	room, text := w-2*p.margin(), p.textSize()
	lines, at := [][]int{nil}, vg.Length(0)
	for i, k := range forecastKeys {
		need := text*3.2 + width(k, text, false)
		if at > 0 && at+need > room {
			lines, at = append(lines, nil), 0
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], i)
		at += need
	}
	return lines
}
