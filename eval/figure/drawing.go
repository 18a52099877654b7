package figure

import (
	"iter"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Drawing is a figure laid out: it can be written as SVG, PNG or PDF (Write).
type Drawing struct {
	Title   string // the finding, in a sentence; slides show it
	Caption string // how to read it: n, units, what was left out, interval level
	Alt     string // what a reader who cannot see it should know
	Preset  Preset // as drawn: a figure with many rows may have grown to MaxHeight
	// Table is the figure's data as rows of text, the header first: its twin as CSV.
	// Where a figure draws every customer it is the summary, and Rows has them all.
	Table [][]string
	Rows  iter.Seq[[]string]  // the long table, the header first; nil = Table is all
	Paint func(c draw.Canvas) // paints into the canvas, title excluded
	// Warnings say what a reader of the figure should know of its making: a
	// character that no font of ours has. Draw fills them in.
	Warnings []string
}

// Preset is a size and a text size fit for a place.
type Preset struct {
	Name          string
	Width, Height float64 // mm
	// MaxHeight is how high a figure with many rows may grow, in mm; 0 = not at all.
	MaxHeight float64
	Text      float64 // pt: the smallest text
	Title     bool    // the finding stands above the figure
}

// The presets. 89 mm is Nature's single column, 170 mm its greatest height; 16:9
// is 13.33 × 7.5 in.
var (
	Paper = Preset{Name: "paper", Width: 89, Height: 66, MaxHeight: 170, Text: 6}
	Slide = Preset{Name: "slide-16x9", Width: 338.67, Height: 190.5, Text: 18, Title: true}
	Web   = Preset{Name: "web", Width: 180, Height: 120, MaxHeight: 400, Text: 9, Title: true}
)

// Presets lists the presets.
func Presets() []Preset { return []Preset{Paper, Slide, Web} }

// size returns the page's width and height.
func (p Preset) size() (w, h vg.Length) {
	return vg.Length(p.Width) * vg.Millimeter, vg.Length(p.Height) * vg.Millimeter
}

// fit returns the preset as high as that much paint needs, where its height is
// not fixed.
func (p Preset) fit(need vg.Length) Preset {
	if p.MaxHeight > 0 {
		p.Height = max(min(p.Height, 25), min(p.MaxHeight, float64(need/vg.Millimeter)))
	}
	return p
}

// larger returns the preset with text up to a quarter larger, where its height
// is fixed and there is room to spare: few rows should fill a slide.
func (p Preset) larger(need vg.Length) Preset {
	if spare := float64(p.room() / need); p.MaxHeight == 0 && spare > 1 {
		p.Text *= min(1.25, spare)
	}
	return p
}

// grow returns the preset high enough for that much paint, as far as it may grow.
func (p Preset) grow(need vg.Length) Preset {
	_, h := p.size()
	if extra := need - h; extra > 0 && p.MaxHeight > p.Height {
		p.Height = min(p.MaxHeight, p.Height+float64(extra/vg.Millimeter))
	}
	return p
}
