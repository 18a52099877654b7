package figure

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"gonum.org/v1/plot/vg"
)

// cloud is many marked points, in canvas coordinates.
type cloud struct {
	x, y    []float32
	segment []int32
	r       vg.Length // radius of a marker
	outline vg.Length
}

const (
	// rasterAbove is the number of points above which they become one picture: at
	// 5,000 a vector file has about 0.5 MB of them, at 10,000 it is slow to open.
	rasterAbove = 5000
	// rasterDPI is the picture's resolution in vector files, where it stays small.
	rasterDPI = 600
	// rasterBytes bounds the encoded picture, so that with base64 (4/3) and the rest
	// a file stays below 1 MB.
	rasterBytes = 640 << 10
	// rasterPixels bounds its memory: one byte a pixel.
	rasterPixels = 6_000_000
)

// draw draws the points in a fixed shuffled order, so that no segment lies above
// the others: one by one, or as one picture above rasterAbove.
func (p *cloud) draw(s *sheet, frame vg.Rectangle) {
	order := rand.New(rand.NewPCG(1, 0x706f696e7473)).Perm(len(p.x))
	if len(p.x) <= rasterAbove {
		for _, i := range order {
			s.mark(int(p.segment[i]), vg.Point{X: vg.Length(p.x[i]), Y: vg.Length(p.y[i])}, p.r, p.outline)
		}
		return
	}
	if _, ok := s.Canvas.Canvas.(*survey); ok {
		s.DrawImage(frame, image.NewGray(image.Rect(0, 0, 1, 1)))
		return
	}
	inches := frame.Size().Scale(1 / vg.Inch)
	fits := math.Sqrt(rasterPixels / max(1e-9, float64(inches.X*inches.Y)))
	if c, ok := s.Canvas.Canvas.(interface{ DPI() float64 }); ok { // pixels for pixels
		s.DrawImage(frame, p.image(frame, min(c.DPI(), fits), order))
		return
	}
	for dpi := min(rasterDPI, fits); ; dpi *= 0.8 {
		img := p.image(frame, dpi, order)
		var size counter
		if err := encodePNG(&size, img, 0, nil); err != nil {
			panic(err)
		}
		if size <= rasterBytes || dpi < 60 {
			s.DrawImage(frame, img)
			return
		}
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// image paints the points without blending: few colours pack well.
func (p *cloud) image(frame vg.Rectangle, dpi float64, order []int) *image.Paletted {
	w := max(1, int(math.Round(frame.Size().X.Dots(dpi))))
	h := max(1, int(math.Round(frame.Size().Y.Dots(dpi))))
	pal := color.Palette{white}
	sprites := map[int32]*sprite{}
	for _, l := range p.segment {
		if l < 0 {
			l = -1
		}
		if sprites[l] != nil {
			continue
		}
		// Beyond the palette all segments share one grey, so 256 entries suffice.
		key := min(int(l), NumColours)
		fill, edge := Colour(key), Outline(key)
		if l < 0 {
			fill = white
		}
		line := p.outline.Dots(dpi)
		if r := p.r.Dots(dpi); r < 3.5 { // an outline would be all there is of it
			if line = 0; l < 0 {
				fill = rgb(0xC4C4C4)
			}
		}
		sprites[l] = newSprite(int(l), p.r.Dots(dpi), line, paletteIndex(&pal, fill), paletteIndex(&pal, edge))
	}
	img := image.NewPaletted(image.Rect(0, 0, w, h), pal)
	sx, sy := float64(w)/float64(frame.Size().X), float64(h)/float64(frame.Size().Y)
	for _, i := range order {
		x := (float64(p.x[i]) - float64(frame.Min.X)) * sx
		y := float64(h) - (float64(p.y[i])-float64(frame.Min.Y))*sy
		sprites[max(p.segment[i], -1)].stamp(img, int(math.Floor(x)), int(math.Floor(y)))
	}
	return img
}

func paletteIndex(pal *color.Palette, c color.RGBA) uint8 {
	for i, o := range *pal {
		if o == c {
			return uint8(i)
		}
	}
	*pal = append(*pal, c)
	return uint8(len(*pal) - 1)
}

// sprite is a marker in pixels: palette indices, 255 = see through.
type sprite struct {
	half int
	pix  []uint8
}

func newSprite(segment int, r, outline float64, fill, edge uint8) *sprite {
	half := max(0, int(math.Ceil(r*1.5)))
	side := 2*half + 1
	sp := &sprite{half: half, pix: bytes.Repeat([]uint8{255}, side*side)}
	var poly []vg.Point
	if segment >= 0 {
		poly = polygonOf(segment)
	}
	for j := range side {
		for i := range side {
			x, y := float64(i-half), float64(half-j)
			if !insideMarker(poly, x, y, r+0.5*outline) && (i != half || j != half) {
				continue
			}
			c := fill
			if outline > 0.3 && !insideMarker(poly, x, y, r-0.5*max(1, outline)) {
				c = edge
			}
			sp.pix[j*side+i] = c
		}
	}
	return sp
}

// insideMarker reports whether (x, y) lies in the marker of radius r; nil is a circle.
func insideMarker(poly []vg.Point, x, y, r float64) bool {
	if r <= 0 {
		return false
	}
	if poly == nil {
		return x*x+y*y <= r*r
	}
	in := false
	for i, j := 0, len(poly)-1; i < len(poly); j, i = i, i+1 {
		ax, ay := float64(poly[i].X)*r, float64(poly[i].Y)*r
		bx, by := float64(poly[j].X)*r, float64(poly[j].Y)*r
		if (ay > y) != (by > y) && x < (bx-ax)*(y-ay)/(by-ay)+ax {
			in = !in
		}
	}
	return in
}

func (sp *sprite) stamp(img *image.Paletted, cx, cy int) {
	side := 2*sp.half + 1
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for j := range side {
		y := cy - sp.half + j
		if y < 0 || y >= h {
			continue
		}
		row := sp.pix[j*side : (j+1)*side]
		out := img.Pix[y*img.Stride:]
		for i, c := range row {
			if x := cx - sp.half + i; c != 255 && x >= 0 && x < w {
				out[x] = c
			}
		}
	}
}
