package report

import (
	"bytes"

	"github.com/mores-lab/mores/eval/figure"
)

// Figure is a figure of a report, or the reason why there is none.
type Figure struct {
	Name, Title, Caption, Alt string
	Table                     [][]string // its data, the header first
	Reason                    string     // why it could not be drawn; "" = it was

	draw    func(figure.Preset) (*figure.Drawing, error)
	drawing *figure.Drawing // on screen
}

// screen is the size of a figure on a page: the page prints the title itself.
var screen = figure.Preset{Name: "report", Width: 190, Height: 112, MaxHeight: 260, Text: 9}

// onScreen is the size for a figure. Those made of rows begin low and grow.
func onScreen(name string) figure.Preset {
	p := screen
	if name == "sizes" || name == "heatmap" {
		p.Height = 60
	}
	return p
}

// newFigure lays a figure out; what cannot be drawn keeps the reason.
func newFigure(name string, in *figure.Input) *Figure {
	return layOut(name, func(p figure.Preset) (*figure.Drawing, error) { return figure.Draw(name, in, p) })
}

// layOut lays out what draws itself.
func layOut(name string, draw func(figure.Preset) (*figure.Drawing, error)) *Figure {
	f := &Figure{Name: name, draw: draw}
	d, err := draw(onScreen(name))
	if err != nil {
		f.Title, f.Reason = figureTitle(name), err.Error()
		return f
	}
	f.drawing = d
	f.Title, f.Caption, f.Alt, f.Table = d.Title, d.Caption, d.Alt, d.Table
	for _, w := range d.Warnings {
		f.Caption += " Note: " + w + "."
	}
	return f
}

// figureTitle is a figure's title where nothing was drawn: its doc's first line.
func figureTitle(name string) string {
	f, err := figure.Lookup(name)
	if err != nil {
		return name
	}
	return title(f.Doc)
}

// SVG returns the figure as SVG.
func (f *Figure) SVG() ([]byte, error) {
	var b bytes.Buffer
	err := figure.Write(f.drawing, "svg", &b)
	return b.Bytes(), err
}

// PNG returns the figure as PNG of that many dots per inch.
func (f *Figure) PNG(dpi int) ([]byte, error) {
	var b bytes.Buffer
	err := figure.WritePNG(f.drawing, dpi, &b)
	return b.Bytes(), err
}

// anew returns the figure drawn for another place, as PNG.
func (f *Figure) anew(p figure.Preset, dpi int) ([]byte, error) {
	d, err := f.draw(p)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = figure.WritePNG(d, dpi, &b)
	return b.Bytes(), err
}
