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

	in *figure.Input
}

// screen is the size of a figure on a page: the page prints the title itself.
var screen = figure.Preset{Name: "report", Width: 190, Height: 112, MaxHeight: 260, Text: 9}

// newFigure lays a figure out; what cannot be drawn keeps the reason.
func newFigure(name string, in *figure.Input) *Figure {
	f := &Figure{Name: name, in: in}
	d, err := figure.Draw(name, in, screen)
	if err != nil {
		f.Title, f.Reason = figureTitle(name), err.Error()
		return f
	}
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
	d, err := figure.Draw(f.Name, f.in, screen)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = figure.Write(d, "svg", &b)
	return b.Bytes(), err
}

// PNG returns the figure as PNG of that many dots per inch.
func (f *Figure) PNG(dpi int) ([]byte, error) { return f.png(screen, dpi) }

func (f *Figure) png(p figure.Preset, dpi int) ([]byte, error) {
	d, err := figure.Draw(f.Name, f.in, p)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = figure.WritePNG(d, dpi, &b)
	return b.Bytes(), err
}
