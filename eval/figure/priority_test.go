package figure

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
)

func prioritySample(n int) *Priority {
	p := &Priority{
		Title: "Segment 2 brings most", X: "Value per customer ($)", Y: "Potential per customer ($)", Note: "The area is customers.", Alt: "Discs.",
		Local: func(s string) string { return strings.ReplaceAll(s, ",", ".") },
	}
	for i := range n {
		p.Points = append(p.Points, PriorityPoint{
			Segment: i, Name: fmt.Sprintf("Frequent buyers %d", i), Customers: 1 + 37*i*i,
			X: math.Round(2000 * math.Mod(float64(i)*0.618034, 1)), Y: math.Round(90 * math.Mod(float64(i)*.414, 1)),
		})
	}
	return p
}

func TestPriorityLayout(t *testing.T) {
	same, negative, hostile := prioritySample(4), prioritySample(5), prioritySample(9)
	for i := range same.Points {
		same.Points[i].X, same.Points[i].Y = 0, 0
	}
	for i := range negative.Points {
		negative.Points[i].Y -= 40
	}
	for i := range hostile.Points {
		hostile.Points[i].Name = hostileNames[i%len(hostileNames)]
	}
	for name, p := range map[string]*Priority{"1": prioritySample(1), "4": prioritySample(4), "30": prioritySample(30), "same": same, "negative": negative, "hostile": hostile} {
		for _, preset := range Presets() {
			d, err := DrawWith("priority", p, nil, preset)
			if err != nil {
				t.Errorf("%s, %s: %v", name, preset.Name, err)
				continue
			}
			for _, err := range []error{d.checkTexts(), d.checkLayout(), d.checkFiles(name == "4")} {
				if err != nil {
					t.Errorf("%s, %s: %v", name, preset.Name, err)
				}
			}
			if name == "4" {
				texts := fmt.Sprint(d.survey().texts)
				for i := range p.Points {
					if !strings.Contains(texts, fmt.Sprintf("Frequent buyers %d", i)) {
						t.Errorf("%s: segment %d has no name", preset.Name, i+1)
					}
				}
				if preset.Name == Web.Name && !strings.Contains(texts, "2.000") {
					t.Errorf("the axis is not in the language: %s", texts)
				}
			}
		}
	}
}

func TestPriorityFigureRefuses(t *testing.T) {
	for want, change := range map[string]func(p *Priority){
		"there is none": func(p *Priority) { p.Points = nil },
		"0 customers":   func(p *Priority) { p.Points[0].Customers = 0 },
		"(NaN":          func(p *Priority) { p.Points[0].X = math.NaN() },
		"leave it out":  func(p *Priority) { p.Points[1].Y = math.Inf(1) },
	} {
		p := prioritySample(3)
		change(p)
		if err := WritePriority(&bytes.Buffer{}, "svg", p, Web); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
