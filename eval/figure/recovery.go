package figure

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Recovery draws how well planted groups are found again, against how strongly they
// were planted: a panel a log, a line a habit, the comparison dashed. It draws from
// these data and from no study, so it is not in the list of figures: WriteRecovery
// writes it, DrawWith lays it out.
type Recovery struct {
	Panels []RecoveryPanel `json:"panels"`
	// Bar is the index that should be reached at the largest dose; 0 = none is drawn.
	Bar float64 `json:"bar"`
	// Note ends the caption: how the data were made.
	Note string `json:"note,omitempty"`
}

// RecoveryPanel is one log.
type RecoveryPanel struct {
	Name  string         `json:"name"`
	Lines []RecoveryLine `json:"lines"`
}

// RecoveryLine is one habit, as one block finds it.
type RecoveryLine struct {
	Name string `json:"name"`
	// Beside marks the comparison, which should find nothing: dashed grey, and no word
	// of it counts in the title.
	Beside bool            `json:"beside,omitempty"`
	Points []RecoveryPoint `json:"points"` // by dose, ascending
}

// RecoveryPoint is the adjusted Rand index at a dose in [0, 1]: the mean over seeds
// and the lowest and highest of them (NaN = no range).
type RecoveryPoint struct {
	Dose float64 `json:"dose"`
	ARI  float64 `json:"ari"`
	Lo   float64 `json:"lo"`
	Hi   float64 `json:"hi"`
}

// WriteRecovery draws the data and writes them as svg, png or pdf.
func WriteRecovery(w io.Writer, format string, data *Recovery, p Preset) error {
	d, err := DrawWith("recovery", data, nil, p)
	if err != nil {
		return err
	}
	return Write(d, format, w)
}

// Draw implements Drawer; the input is not looked at.
func (o *Recovery) Draw(_ *Input, p Preset) (*Drawing, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	v := &recoveryView{Recovery: o}
	for _, q := range o.Panels {
		for _, l := range q.Lines {
			if n := word(l.Name); !l.Beside && !slices.Contains(v.names, n) {
				v.names = append(v.names, n)
			}
		}
	}
	d := &Drawing{Title: v.title(), Caption: v.caption()}
	v.arrange(p)
	d.Preset = p.grow(v.need(p))
	d.Paint = paint(d.Preset, v.paint)
	d.Alt = fmt.Sprintf("Line chart of the adjusted Rand index against the dose, for %s of %s. %s.", plural(len(v.names), "habit", "habits"), plural(len(o.Panels), "log", "logs"), d.Title)
	d.Table = [][]string{{"log", "habit", "comparison", "dose", "ari", "lo", "hi"}}
	for _, q := range o.Panels {
		for _, l := range q.Lines {
			for _, pt := range l.Points {
				d.Table = append(d.Table, []string{clean(q.Name), clean(l.Name), strconv.FormatBool(l.Beside), exact(pt.Dose), exact(pt.ARI), exact(pt.Lo), exact(pt.Hi)})
			}
		}
	}
	return d, nil
}

func (o *Recovery) check() error {
	if len(o.Panels) == 0 {
		return fmt.Errorf("recovery needs a log; there is none")
	}
	if !(o.Bar >= 0 && o.Bar <= 1) {
		return fmt.Errorf("recovery: bar = %g: from 0 to 1", o.Bar)
	}
	for _, q := range o.Panels {
		if !slices.ContainsFunc(q.Lines, func(l RecoveryLine) bool { return !l.Beside }) {
			return fmt.Errorf("recovery: %s has no habit to draw", word(q.Name))
		}
		for _, l := range q.Lines {
			if len(l.Points) == 0 {
				return fmt.Errorf("recovery: %s of %s has no dose", word(l.Name), word(q.Name))
			}
			for i, pt := range l.Points {
				switch {
				case !(pt.Dose >= 0 && pt.Dose <= 1):
					return fmt.Errorf("recovery: %s of %s: dose = %g: from 0 to 1", word(l.Name), word(q.Name), pt.Dose)
				case i > 0 && pt.Dose <= l.Points[i-1].Dose:
					return fmt.Errorf("recovery: %s of %s: doses must ascend", word(l.Name), word(q.Name))
				case !(pt.ARI >= -1 && pt.ARI <= 1):
					return fmt.Errorf("recovery: %s of %s: an index of %g at dose %g: from −1 to 1", word(l.Name), word(q.Name), pt.ARI, pt.Dose)
				}
			}
		}
	}
	return nil
}

// recoveryView is the figure's data with its layout.
type recoveryView struct {
	*Recovery
	names  []string // of the habits, over all panels: colour and marker
	across int      // panels side by side
}

// last returns a line's point at its largest dose.
func (l *RecoveryLine) last() RecoveryPoint { return l.Points[len(l.Points)-1] }

// title: how many habits are found at the largest dose, and what the comparison sees.
func (v *recoveryView) title() string {
	all, found, worst, beside := 0, 0, 2.0, math.Inf(-1)
	other := ""
	for _, q := range v.Panels {
		for _, l := range q.Lines {
			if l.Beside {
				for _, pt := range l.Points {
					beside = max(beside, pt.ARI)
				}
				other = word(l.Name)
				continue
			}
			all++
			worst = min(worst, l.last().ARI)
			if l.last().ARI >= v.Bar {
				found++
			}
		}
	}
	t := fmt.Sprintf("Planted habits are found at the full dose with an index of %s or more", decimals(worst, 2))
	if v.Bar > 0 && found < all {
		t = fmt.Sprintf("%d of %d planted habits reach an index of %s at the full dose", found, all, decimals(v.Bar, 2))
	}
	if other != "" {
		t += fmt.Sprintf("; %s sees %s at most", other, decimals(max(0, beside), 2))
	}
	return t
}

func (v *recoveryView) caption() string {
	var b strings.Builder
	b.WriteString("Adjusted Rand index of two clusters with the planted groups (1 = the same, 0 = chance), against the share of the purchase days that follow the habit.")
	ranged := false
	beside := ""
	for _, q := range v.Panels {
		for _, l := range q.Lines {
			if l.Beside {
				beside = word(l.Name)
			}
			for _, pt := range l.Points {
				ranged = ranged || pt.Hi > pt.Lo
			}
		}
	}
	if ranged {
		b.WriteString(" Points are means over seeds, bars the range.")
	}
	if beside != "" {
		fmt.Fprintf(&b, " Dashed: %s.", beside)
	}
	if v.Bar > 0 {
		fmt.Fprintf(&b, " Red: %s, the bar for the full dose.", decimals(v.Bar, 2))
	}
	if n := clean(v.Note); n != "" {
		b.WriteString(" " + n)
	}
	return b.String()
}
