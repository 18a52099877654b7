package figure

import (
	"bytes"
	"image/png"
	"testing"

	"gonum.org/v1/plot/vg/draw"
)

func TestWritePNGHasTheResolution(t *testing.T) {
	d := &Drawing{Preset: Preset{Width: 254, Height: 127, Text: 9}, Paint: func(draw.Canvas) {}}
	for _, dpi := range []int{72, 200} {
		var b bytes.Buffer
		if err := WritePNG(d, dpi, &b); err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(&b)
		if err != nil {
			t.Fatal(err)
		}
		// 254 mm are ten inches.
		if c.Width != 10*dpi || c.Height != 5*dpi {
			t.Errorf("%d dpi: %d × %d px, want %d × %d", dpi, c.Width, c.Height, 10*dpi, 5*dpi)
		}
	}
}
