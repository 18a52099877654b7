package figure

import "gonum.org/v1/plot/vg/draw"

// Drawing is a figure laid out: it can be written as SVG, PNG or PDF (Write).
type Drawing struct {
	Title   string // the finding, in a sentence; slides show it
	Caption string // how to read it: n, units, what was left out, interval level
	Alt     string // what a reader who cannot see it should know
	Preset  Preset
	// Table is the figure's data as rows of text, the header first: its twin as CSV.
	Table [][]string
	Paint func(c draw.Canvas) // paints into the canvas, title excluded
}

// Preset is a size and a text size fit for a place.
type Preset struct {
	Name          string
	Width, Height float64 // mm
	Text          float64 // pt: the smallest text
	Title         bool    // the finding stands above the figure
}

// The presets. 89 mm is Nature's single column; 16:9 is 13.33 × 7.5 in.
var (
	Paper = Preset{Name: "paper", Width: 89, Height: 66, Text: 6}
	Slide = Preset{Name: "slide-16x9", Width: 338.67, Height: 190.5, Text: 18, Title: true}
	Web   = Preset{Name: "web", Width: 180, Height: 120, Text: 9, Title: true}
)
