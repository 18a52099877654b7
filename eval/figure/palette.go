package figure

import (
	"fmt"
	"image/color"
	"math"
)

// Okabe and Ito's eight colours, those that stand out on white first, then Tol's
// nine muted ones. A segment beyond them is grey with its number: a colour is
// never used twice.
//
// Refs: Okabe M, Ito K (2008), Color Universal Design, jfly.uni-koeln.de/color;
// Tol P (2021), Colour Schemes, SRON/EPS/TN/09-002 issue 3.2.
var palette = [...]color.RGBA{
	rgb(0x0072B2), rgb(0xE69F00), rgb(0x009E73), rgb(0xD55E00),
	rgb(0xCC79A7), rgb(0x56B4E9), rgb(0xF0E442), rgb(0x000000),
	rgb(0x332288), rgb(0xDDCC77), rgb(0x117733), rgb(0x882255),
	rgb(0x44AA99), rgb(0x999933), rgb(0xAA4499), rgb(0xCC6677), rgb(0x88CCEE),
}

// The greys: text, secondary text, axes, what is not a segment.
var (
	ink       = rgb(0x1A1A1A)
	softInk   = rgb(0x595959)
	axisInk   = rgb(0x6B6B6B)
	faint     = rgb(0xE4E4E4)
	otherGrey = rgb(0xA8A8A8) // segments beyond the palette
	noiseGrey = rgb(0x8C8C8C) // the unassigned: always hollow or hatched
	white     = rgb(0xFFFFFF)
	accent    = rgb(0xB2182B) // lines that are not data: the cut, the mean
)

// NumColours is the number of segments with a colour of their own.
const NumColours = len(palette)

func rgb(x uint32) color.RGBA {
	return color.RGBA{R: uint8(x >> 16), G: uint8(x >> 8), B: uint8(x), A: 255}
}

// Colour returns the colour of a segment, counted from 0: the same in every
// figure, on the page and in the report, however many segments there are. Noise
// (negative) and segments beyond NumColours are grey.
func Colour(segment int) color.RGBA {
	switch {
	case segment < 0:
		return noiseGrey
	case segment >= NumColours:
		return otherGrey
	}
	return palette[segment]
}

// Hex is Colour as #RRGGBB.
func Hex(segment int) string { return hexOf(Colour(segment)) }

// Outline returns the darker colour that surrounds the segment's marks. It stands
// out from white by at least 3:1 (WCAG 2.2, 1.4.11), so it is also the colour of
// the segment's lines where Colour would be too light for one.
func Outline(segment int) color.RGBA {
	return darkened(mix(Colour(segment), rgb(0), 0.28))
}

// Line returns the colour of the segment's lines: Colour where that stands out
// from white by 3:1, else Outline.
func Line(segment int) color.RGBA {
	if c := Colour(segment); contrast(c, white) >= 3 {
		return c
	}
	return Outline(segment)
}

// darkened returns c, mixed with black until it stands out from white by 3:1.
func darkened(c color.RGBA) color.RGBA {
	for contrast(c, white) < 3 {
		c = mix(c, rgb(0), 0.06)
	}
	return c
}

func hexOf(c color.RGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

// mix returns a with the share t of b in it.
func mix(a, b color.RGBA, t float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(math.Round(float64(x)*(1-t) + float64(y)*t)) }
	return color.RGBA{R: m(a.R, b.R), G: m(a.G, b.G), B: m(a.B, b.B), A: 255}
}

// linear undoes the sRGB transfer curve.
func linear(v uint8) float64 {
	x := float64(v) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(c color.RGBA) float64 {
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// contrast is WCAG's contrast ratio, 1 to 21.
func contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// diverging maps t in −1..1 to blue, white, orange.
func diverging(t float64) color.RGBA {
	t = max(-1, min(1, t))
	if t < 0 {
		return mix(white, rgb(0x4393C3), -t)
	}
	return mix(white, rgb(0xE07B00), t)
}

// on returns black or white, whichever reads better on c.
func on(c color.RGBA) color.RGBA {
	if contrast(ink, c) >= contrast(white, c) {
		return ink
	}
	return white
}

type colour = color.Color

// nrgba is c, that opaque.
func nrgba(c color.RGBA, alpha float64) color.NRGBA {
	return color.NRGBA{R: c.R, G: c.G, B: c.B, A: uint8(math.Round(alpha * 255))}
}
