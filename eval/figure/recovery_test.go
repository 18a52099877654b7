package figure

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// recoverySample is made up: two logs, lines that end together, one that fails.
func recoverySample() *Recovery {
	line := func(name string, beside bool, ys ...float64) RecoveryLine {
		l := RecoveryLine{Name: name, Beside: beside}
		for i, y := range ys {
			spread := .03
			if i == 4 {
				spread = 0
			}
			l.Points = append(l.Points, RecoveryPoint{Dose: float64(i) / 4, ARI: y, Lo: y - spread, Hi: min(1, y+spread)})
		}
		return l
	}
	return &Recovery{
		Bar: .85, Note: "20 % of the customers were moved.",
		Panels: []RecoveryPanel{
			{Name: "online-retail, 238 customers", Lines: []RecoveryLine{
				line("hours", false, .01, .3, .78, .9, .92), line("weekdays", false, 0, .25, .7, .86, .9),
				line("occasions", false, 0, .2, .65, .95, 1), line("themes", false, 0, .01, .1, .5, 1),
				line("tastes", false, 0, .5, .9, .94, 1), line("gaps", false, -.01, .3, .78, .99, 1),
				line("RFM", true, .01, 0, .02, -.01, .01),
			}},
			{Name: "grocery-elog, 270 customers", Lines: []RecoveryLine{
				line("weekdays", false, 0, .3, .68, .8, .88), line("occasions", false, 0, .4, .93, .98, 1), line("gaps", false, 0, .1, .2, .5, .95),
				line("RFM", true, 0, 0, 0, 0, 0),
			}},
		},
	}
}

func TestRecoverySaysWhatItShows(t *testing.T) {
	r := recoverySample()
	d, err := DrawWith("recovery", r, nil, Web)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Planted habits are found at the full dose with an index of 0.88 or more; RFM sees 0.02 at most"; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}
	for _, want := range []string{"means over seeds", "Dashed: RFM", "0.85, the bar", "were moved"} {
		if !strings.Contains(d.Caption, want) {
			t.Errorf("caption %q does not say %q", d.Caption, want)
		}
	}
	if len(d.Table) != 1+5*11 || !slices.Equal(d.Table[1], []string{"online-retail, 238 customers", "hours", "false", "0", "0.01", "-0.019999999999999997", "0.04"}) {
		t.Errorf("table of %d rows, first %q", len(d.Table), d.Table[1])
	}
	r.Panels[1].Lines[0].Points[4].ARI = .8
	if d, _ = DrawWith("recovery", r, nil, Web); !strings.HasPrefix(d.Title, "8 of 9 planted habits reach an index of 0.85") {
		t.Errorf("title %q", d.Title)
	}
}

// TestRecoveryLayout is what Check asks of registered figures: in every preset and
// format, from a single point to more lines than fit, nothing over anything.
func TestRecoveryLayout(t *testing.T) {
	crowd := &Recovery{}
	for i := range 7 {
		q := RecoveryPanel{Name: strings.Repeat("a long name ", i+1)}
		for j := range 40 {
			q.Lines = append(q.Lines, RecoveryLine{Name: fmt.Sprintf("habit %d of many", j), Beside: j%9 == 3, Points: []RecoveryPoint{{0, 0, math.NaN(), math.NaN()}, {1, -.2 + float64(j)/40, -.4, 1}}})
		}
		crowd.Panels = append(crowd.Panels, q)
	}
	presets := append(Presets(),
		Preset{Name: "report", Width: 190, Height: 60, MaxHeight: 260, Text: 9},
		Preset{Name: "narrow", Width: 60, Height: 100, MaxHeight: 200, Text: 7},
		Preset{Name: "tall", Width: 183, Height: 170, Text: 6, Title: true},
		Preset{Name: "small", Width: 60, Height: 40, Text: 7},
	)
	for name, r := range map[string]*Recovery{
		"sample": recoverySample(), "crowd": crowd,
		"point": {Panels: []RecoveryPanel{{Name: "x", Lines: []RecoveryLine{{Name: "y", Points: []RecoveryPoint{{.5, .5, math.NaN(), math.NaN()}}}}}}},
	} {
		for _, p := range presets {
			d, err := DrawWith("recovery", r, nil, p)
			if err != nil {
				t.Errorf("%s, %s: %v", name, p.Name, err)
				continue
			}
			for _, err := range []error{d.checkTexts(), d.checkLayout(), d.checkFiles(name == "sample")} {
				if err != nil {
					t.Errorf("%s, %s: %v", name, p.Name, err)
				}
			}
		}
	}
}

func TestRecoveryRefusesInWords(t *testing.T) {
	for want, change := range map[string]func(r *Recovery){
		"there is none":     func(r *Recovery) { r.Panels = nil },
		"no habit":          func(r *Recovery) { r.Panels[1].Lines = r.Panels[1].Lines[3:] },
		"no dose":           func(r *Recovery) { r.Panels[0].Lines[0].Points = nil },
		"must ascend":       func(r *Recovery) { r.Panels[0].Lines[0].Points[1].Dose = 0 },
		"from 0 to 1":       func(r *Recovery) { r.Panels[0].Lines[0].Points[1].Dose = 2 },
		"an index of NaN":   func(r *Recovery) { r.Panels[0].Lines[0].Points[1].ARI = math.NaN() },
		"bar = 7: from 0 t": func(r *Recovery) { r.Bar = 7 },
	} {
		r := recoverySample()
		change(r)
		if err := WriteRecovery(&bytes.Buffer{}, "svg", r, Web); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	var b bytes.Buffer
	if err := WriteRecovery(&b, "svg", recoverySample(), Web); err != nil || !bytes.Contains(b.Bytes(), []byte("<svg")) {
		t.Error("no SVG", err)
	}
}
