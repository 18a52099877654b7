package figure

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/bidi"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

// fonts holds Liberation Sans, metric-compatible with Arial, as gonum ships it.
var fonts = sync.OnceValue(func() *font.Cache {
	var sans font.Collection
	for _, f := range liberation.Collection() {
		if f.Font.Variant == "Sans" {
			sans = append(sans, f)
		}
	}
	return font.NewCache(sans)
})

// face returns Liberation Sans at a size.
func face(size vg.Length, bold bool) font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return fonts().Lookup(f, size)
}

// fontBytes returns the TrueType file of Liberation Sans.
var fontBytes = [2]func() []byte{
	sync.OnceValue(func() []byte { return fontFile(false) }),
	sync.OnceValue(func() []byte { return fontFile(true) }),
}

func fontFile(bold bool) []byte {
	f := face(1, bold)
	var b bytes.Buffer
	if _, err := f.Face.WriteSourceTo(nil, &b); err != nil {
		panic("figure: the built-in font cannot be read")
	}
	return b.Bytes()
}

// capHeight is the height of Liberation Sans's capitals over its size (1409/2048).
const capHeight = 0.688

// descent is how far its descenders reach below the baseline (434/2048).
const descent = 0.212

// lineHeight is the distance between two lines of text over its size.
const lineHeight = 1.22

// width returns the width of a string.
func width(s string, size vg.Length, bold bool) vg.Length {
	f := face(size, bold)
	return f.Width(s)
}

// hasGlyph reports whether Liberation Sans can draw r.
func hasGlyph(r rune) bool {
	var b sfnt.Buffer
	f := face(1, false)
	i, err := f.Face.GlyphIndex(&b, r)
	return err == nil && i != 0
}

// missing lists the characters of s that have no glyph.
func missing(s string) []rune {
	var out []rune
	for _, r := range s {
		if r > 0x7e && !slices.Contains(out, r) && !hasGlyph(r) {
			out = append(out, r)
		}
	}
	return out
}

// glyphWarning says which characters of the figure are drawn as boxes.
func glyphWarning(runes []rune) string {
	var b strings.Builder
	for i, r := range runes {
		if i == 8 {
			fmt.Fprintf(&b, " and %d more", len(runes)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%c (%U)", r, r)
	}
	return "no glyph in Liberation Sans for " + b.String() + ": PNG and PDF show □, SVG leaves it to the reader's fonts"
}

// clean makes a name from data fit to be drawn: one line, valid UTF-8, without
// control characters and without the invisible ones that reorder text.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// wordLength is how much of a name stands in a sentence, in characters.
const wordLength = 60

// word is a name fit for a sentence: clean and not endless.
func word(s string) string {
	rs := []rune(clean(s))
	if len(rs) > wordLength {
		rs = append(rs[:wordLength-1], '…')
	}
	return string(rs)
}

// visible returns s as a renderer without text shaping must be given it: glyph by
// glyph from left to right, missing ones as a box.
func visible(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if r > 0x7e && !hasGlyph(r) {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return '□'
		}
		return r
	}, s)
	if !strings.ContainsFunc(s, rightToLeft) {
		return s
	}
	var p bidi.Paragraph
	if _, err := p.SetString(leftToRight + s); err != nil { // as in SVG, where that is the rule
		return s
	}
	o, err := p.Order()
	if err != nil || o.NumRuns() == 0 {
		return s
	}
	runs := make([]string, o.NumRuns())
	for i := range runs {
		r := o.Run(i)
		runs[i] = r.String()
		if r.Direction() == bidi.RightToLeft {
			runs[i] = bidi.ReverseString(runs[i])
		}
	}
	return strings.TrimPrefix(strings.Join(runs, ""), leftToRight)
}

// leftToRight is the mark that makes a line begin at the left.
const leftToRight = "\u200e"

func rightToLeft(r rune) bool {
	p, _ := bidi.LookupRune(r)
	c := p.Class()
	return c == bidi.R || c == bidi.AL
}

// shorten cuts s so that it fits into w, with an ellipsis.
func shorten(s string, size vg.Length, bold bool, w vg.Length) string {
	if width(s, size, bold) <= w {
		return s
	}
	rs := []rune(s)
	lo, hi := 0, len(rs)
	for lo < hi { // the longest beginning that fits
		m := (lo + hi + 1) / 2
		if width(strings.TrimRight(string(rs[:m]), " ")+"…", size, bold) <= w {
			lo = m
		} else {
			hi = m - 1
		}
	}
	if lo == 0 {
		return "…"
	}
	return strings.TrimRight(string(rs[:lo]), " ") + "…"
}

// wrap breaks s into at most most lines of width w; what is left over ends in an
// ellipsis.
func wrap(s string, size vg.Length, bold bool, w vg.Length, most int) []string {
	words := strings.Fields(s)
	var lines []string
	for len(words) > 0 {
		if len(lines) == most-1 {
			return append(lines, shorten(strings.Join(words, " "), size, bold, w))
		}
		n := 1
		for n < len(words) && width(strings.Join(words[:n+1], " "), size, bold) <= w {
			n++
		}
		lines = append(lines, shorten(strings.Join(words[:n], " "), size, bold, w))
		words = words[n:]
	}
	return lines
}
