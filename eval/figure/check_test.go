package figure

import (
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func TestEveryFigure(t *testing.T) {
	for _, f := range Figures() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			if err := Check(f); err != nil {
				t.Error(err)
			}
		})
	}
}

// drawer is a figure made in a test.
type drawer func(in *Input, p Preset) (*Drawing, error)

func (d drawer) Draw(in *Input, p Preset) (*Drawing, error) { return d(in, p) }

// sound is a figure with nothing wrong but what the test does to it.
func sound(p Preset, f func(s *sheet)) *Drawing {
	return &Drawing{
		Title: "A title", Caption: "A caption.", Alt: "Something.", Preset: p,
		Table: [][]string{{"a", "b"}, {"1", "2"}}, Paint: paint(p, f),
	}
}

func TestCheckCatchesBrokenFigures(t *testing.T) {
	word := func(s *sheet) { s.say("word", s.Min, s.text, ink, left, baseline) }
	calls := 0
	for want, f := range map[string]drawer{
		"": func(_ *Input, p Preset) (*Drawing, error) { return sound(p, word), nil },
		"panics": func(in *Input, p Preset) (*Drawing, error) {
			return sound(p, func(*sheet) { _ = in.Data.Labels[1<<40] }), nil
		},
		"refused": func(*Input, Preset) (*Drawing, error) {
			return nil, errors.New("this never works for anyone")
		},
		"no sentence": func(in *Input, p Preset) (*Drawing, error) {
			if in == nil {
				return nil, errors.New("nil")
			}
			return sound(p, word), nil
		},
		"smallest": func(_ *Input, p Preset) (*Drawing, error) {
			return sound(p, func(s *sheet) { s.say("fine print", s.Min, s.text*0.9, ink, left, baseline) }), nil
		},
		"lies over": func(_ *Input, p Preset) (*Drawing, error) {
			return sound(p, func(s *sheet) {
				word(s)
				s.turn("slanted", s.Min.Add(vg.Point{X: s.text}), 0.7, s.text, ink, left, baseline)
			}), nil
		},
		"leaves the page": func(_ *Input, p Preset) (*Drawing, error) {
			return sound(p, func(s *sheet) { s.say("word", s.Max, s.text, ink, left, baseline) }), nil
		},
		"not a number": func(_ *Input, p Preset) (*Drawing, error) {
			return sound(p, func(s *sheet) {
				s.stroke(ink, 1, s.Min, vg.Point{X: vg.Length(math.NaN())})
			}), nil
		},
		"is drawn": func(_ *Input, p Preset) (*Drawing, error) {
			return sound(p, func(s *sheet) { s.say("NaN", s.Min, s.text, ink, left, baseline) }), nil
		},
		"no caption": func(_ *Input, p Preset) (*Drawing, error) {
			d := sound(p, word)
			d.Caption = " "
			return d, nil
		},
		"has 1 fields": func(_ *Input, p Preset) (*Drawing, error) {
			d := sound(p, word)
			d.Table = append(d.Table, []string{"alone"})
			return d, nil
		},
		"other bytes": func(_ *Input, p Preset) (*Drawing, error) {
			d := sound(p, nil)
			d.Paint = func(c draw.Canvas) {
				calls++
				s := newSheet(c, p)
				s.say(strings.Repeat("i", 1+calls%3), s.Min, s.text, ink, left, baseline)
			}
			return d, nil
		},
	} {
		err := Check(&Figure{Name: "broken", Doc: "Broken.", Version: 1, New: func() Drawer { return f }})
		switch {
		case want == "" && err != nil:
			t.Errorf("a sound figure: %v", err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("a figure with a fault: %.200v, want %q", err, want)
		}
	}
}

func TestDrawPanicsNever(t *testing.T) {
	for _, f := range []drawer{
		func(*Input, Preset) (*Drawing, error) { panic("on drawing") },
		func(_ *Input, p Preset) (*Drawing, error) {
			return sound(p, func(*sheet) { panic("on painting") }), nil
		},
	} {
		if _, err := DrawWith("bad", f, nil, Web); err == nil || !strings.Contains(err.Error(), "bad could not be drawn") {
			t.Errorf("error %v", err)
		}
	}
	if _, err := Draw("no-such", nil, Web); err == nil {
		t.Error("an unknown figure: no error")
	}
	if _, err := Draw("map", nil, Preset{Name: "flat", Width: 10, Text: 6}); err == nil || !strings.Contains(err.Error(), "size") {
		t.Errorf("a preset without height: %v", err)
	}
}

// TestOtherPresets: documents bring sizes of their own.
func TestOtherPresets(t *testing.T) {
	for _, f := range Figures() {
		for _, p := range []Preset{
			{Name: "report", Width: 190, Height: 60, MaxHeight: 260, Text: 9},
			{Name: "half", Width: 200, Height: 130, Text: 16},
			{Name: "narrow", Width: 60, Height: 100, MaxHeight: 200, Text: 7},
			{Name: "tall", Width: 183, Height: 170, Text: 6, Title: true},
			{Name: "small", Width: 60, Height: 40, Text: 7},
		} {
			for _, q := range probes() {
				d, err := DrawWith(f.Name, f.New(), q.in, p)
				if err != nil && strings.Contains(err.Error(), "could not be drawn") {
					t.Errorf("%s, %s, %s: %v", f.Name, q.name, p.Name, err)
				}
				if err == nil {
					if err := d.checkLayout(); err != nil {
						t.Errorf("%s, %s, %s: %v", f.Name, q.name, p.Name, err)
					}
				}
			}
		}
	}
}
