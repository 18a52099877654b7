package figure

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
)

func paretoSample(n int) *Pareto {
	p := &Pareto{Score: "mean adjusted Rand", Better: 1}
	for i := range n {
		x := math.Mod(float64(i)*0.618034, 1)
		p.Points = append(p.Points, ParetoPoint{
			Name: fmt.Sprintf("algorithm %d", i), Score: math.Round(20*x) / 20, Seconds: math.Pow(10, 3*math.Mod(float64(i)*.414, 1)-2),
			Bytes: math.Exp2(float64(18 + i%9)), Front: i%4 == 0,
		})
	}
	return p
}

func TestParetoSaysWhatItShows(t *testing.T) {
	p := &Pareto{Score: "mean score", Better: 1, Note: "One fit.", Points: []ParetoPoint{
		{"slow", .9, 120, 3e9, true}, {"fast", .8, .0123, 2e6, true}, {"poor", .5, 2, 4e7, false},
	}}
	d, err := DrawWith("pareto", p, nil, Web)
	if err != nil {
		t.Fatal(err)
	}
	if want := spaced("Slow") + " scores best, in " + spaced("2.0 min") + "; 2 of 3 methods are beaten by none in score, time and memory at once"; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}
	if !strings.Contains(d.Caption, "peak memory") || !strings.HasSuffix(d.Caption, "One fit.") {
		t.Errorf("caption %q", d.Caption)
	}
	p.Better = -1
	if d, _ = DrawWith("pareto", p, nil, Web); !strings.HasPrefix(d.Title, "Poor scores best") {
		t.Errorf("smaller is better: %q", d.Title)
	}
	for i := range p.Points {
		p.Points[i].Bytes = math.NaN()
	}
	if d, _ = DrawWith("pareto", p, nil, Web); !strings.Contains(d.Caption, "Memory is not known here") {
		t.Errorf("caption %q", d.Caption)
	}
}

func TestParetoLayout(t *testing.T) {
	presets := append(Presets(), Preset{Name: "narrow", Width: 60, Height: 100, MaxHeight: 200, Text: 7}, Preset{Name: "small", Width: 60, Height: 40, Text: 6})
	same := paretoSample(5)
	for i := range same.Points {
		same.Points[i].Score, same.Points[i].Seconds, same.Points[i].Bytes = .5, 1, 0
	}
	long := paretoSample(20)
	for i := range long.Points {
		long.Points[i].Name = hostileNames[i%len(hostileNames)] + fmt.Sprint(i)
		long.Points[i].Seconds *= 1e-5
	}
	for name, p := range map[string]*Pareto{"1": paretoSample(1), "2": paretoSample(2), "17": paretoSample(17), "90": paretoSample(90), "same": same, "hostile": long} {
		for _, preset := range presets {
			d, err := DrawWith("pareto", p, nil, preset)
			if err != nil {
				t.Errorf("%s, %s: %v", name, preset.Name, err)
				continue
			}
			for _, err := range []error{d.checkTexts(), d.checkLayout(), d.checkFiles(name == "17")} {
				if err != nil {
					t.Errorf("%s, %s: %v", name, preset.Name, err)
				}
			}
			if name == "17" && preset.Name == Web.Name {
				for i := range p.Points {
					if s := d.survey(); !strings.Contains(fmt.Sprint(s.texts), fmt.Sprintf("{algorithm %d ", i)) {
						t.Errorf("algorithm %d has no name", i)
					}
				}
			}
		}
	}
}

func TestParetoRefusesInWords(t *testing.T) {
	for want, change := range map[string]func(p *Pareto){
		"there is none": func(p *Pareto) { p.Points = nil },
		"better = 0":    func(p *Pareto) { p.Better = 0 },
		"has no score":  func(p *Pareto) { p.Points[0].Score = math.NaN() },
		"took 0 s":      func(p *Pareto) { p.Points[0].Seconds = 0 },
	} {
		p := paretoSample(3)
		change(p)
		if err := WritePareto(&bytes.Buffer{}, "svg", p, Web); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
