package figure

import (
	"image/color"
	"math"
	"testing"
)

// Machado G, Oliveira M, Fernandes L (2009), A physiologically-based model for
// simulation of color vision deficiency, IEEE TVCG 15:1291, severity 1.0.
var deficiencies = map[string][9]float64{
	"normal": {1, 0, 0, 0, 1, 0, 0, 0, 1},
	"protan": {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	"deutan": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	"tritan": {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
}

// lab is the CIE L*a*b* of a colour (D65) as one with the deficiency sees it.
func lab(c color.RGBA, m [9]float64) [3]float64 {
	v := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
	var s [3]float64
	for i := range 3 {
		s[i] = min(1, max(0, m[3*i]*v[0]+m[3*i+1]*v[1]+m[3*i+2]*v[2]))
	}
	x := (0.4124564*s[0] + 0.3575761*s[1] + 0.1804375*s[2]) / 0.95047
	y := 0.2126729*s[0] + 0.7151522*s[1] + 0.0721750*s[2]
	z := (0.0193339*s[0] + 0.1191920*s[1] + 0.9503041*s[2]) / 1.08883
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	return [3]float64{116*f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))}
}

// leastDifference is the smallest CIE76 ΔE between two colours of a list.
func leastDifference(cs []color.RGBA, m [9]float64) float64 {
	least := math.Inf(1)
	for i := range cs {
		for j := range i {
			a, b := lab(cs[i], m), lab(cs[j], m)
			least = min(least, math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2]))
		}
	}
	return least
}

// The first eight segments can be told apart with every kind of colour vision, by
// ΔE ≥ 15; the nine after them by as much among themselves.
func TestColoursCanBeToldApart(t *testing.T) {
	for name, m := range deficiencies {
		for what, cs := range map[string][]color.RGBA{"first eight": palette[:8], "next nine": palette[8:]} {
			if d := leastDifference(cs, m); d < 15 {
				t.Errorf("%s, %s: ΔE %.1f, want 15", what, name, d)
			}
		}
	}
}

func TestOutlinesAndLinesStandOutFromWhite(t *testing.T) {
	for i := -1; i <= NumColours; i++ {
		for what, c := range map[string]color.RGBA{"outline": Outline(i), "line": Line(i)} {
			if r := contrast(c, white); r < 3 {
				t.Errorf("%s of segment %d: contrast %.2f, want 3 (WCAG 2.2, 1.4.11)", what, i+1, r)
			}
		}
	}
	for i := range 20 {
		if r := contrast(scoreKColour(i), white); r < 3 {
			t.Errorf("line %d of score-k: contrast %.2f", i, r)
		}
	}
	if got := contrast(rgb(0), white); math.Abs(got-21) > 1e-9 { // by WCAG's definition
		t.Errorf("black on white: %v", got)
	}
}

func TestColoursAreStableAndUsedOnce(t *testing.T) {
	// Okabe & Ito's blue, orange and Tol's indigo.
	for i, want := range map[int]string{0: "#0072B2", 1: "#E69F00", 6: "#F0E442", 8: "#332288"} {
		if got := Hex(i); got != want {
			t.Errorf("segment %d: %s, want %s", i+1, got, want)
		}
	}
	seen := map[color.RGBA]int{}
	for i := range NumColours {
		if j, ok := seen[Colour(i)]; ok {
			t.Errorf("segments %d and %d share a colour", j+1, i+1)
		}
		seen[Colour(i)] = i
	}
	if Colour(NumColours) != Colour(500) || Colour(-1) == Colour(500) {
		t.Error("segments beyond the palette must share one grey, and noise another")
	}
}

func TestDivergingIsWhiteInTheMiddle(t *testing.T) {
	if c := diverging(0); c != white {
		t.Errorf("0 is %v", c)
	}
	lo, hi := diverging(-9), diverging(9)
	if lo.B <= lo.R || hi.R <= hi.B {
		t.Errorf("ends %v and %v, want blue and orange", lo, hi)
	}
	for i := range 201 {
		c := diverging(float64(i-100) / 100)
		if r := contrast(on(c), c); r < 4.5 { // WCAG 2.2, 1.4.3
			t.Errorf("numbers on %v have contrast %.2f", c, r)
		}
	}
}
