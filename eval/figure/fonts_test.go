package figure

import (
	"strings"
	"testing"
)

func TestCleanMakesNamesFitToBeDrawn(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb\n c":            "a b c",
		"\u202etxt.exe\u2069": "txt.exe",
		"x\x00\x1b[31my":      "x[31my",
		"\xff\xfe":            "\uFFFD",
		"zero\u200bwidth":     "zerowidth",
		"\ufdd0 Żółć":         "\ufdd0 Żółć",
		"  ":                  "",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestVisibleShowsWhatIsMissingAndTurnsHebrew(t *testing.T) {
	for in, want := range map[string]string{
		"plain":    "plain",
		"Żółć ½ µ": "Żółć ½ µ",
		"客户 x":     "□□ x",
		"7 שלום":   "7 םולש", // the number first, as in SVG; the letters from the right
		"שלום a":   "םולש a",
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
	if m := string(missing("a客é户客")); m != "客户" {
		t.Errorf("missing %q, want 客户", m)
	}
}

func TestDrawWarnsOfMissingGlyphs(t *testing.T) {
	in := valued()
	in.Names = []string{"客户", "ordinary"}
	d, err := Draw("sizes", in, Web)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], "U+5BA2") {
		t.Errorf("warnings %q, want one with U+5BA2", d.Warnings)
	}
}

func TestShortenAndWrapFit(t *testing.T) {
	const size = 10
	long := "the quick brown fox jumps over the lazy dog"
	for _, w := range []float64{5, 30, 60, 120, 1000} {
		s := shorten(long, size, false, lengthOf(w))
		if width(s, size, false) > lengthOf(w) && s != "…" {
			t.Errorf("%q is wider than %g", s, w)
		}
		for _, l := range wrap(long, size, true, lengthOf(w), 2) {
			if width(l, size, true) > lengthOf(w) && l != "…" {
				t.Errorf("line %q is wider than %g", l, w)
			}
		}
	}
	if got := wrap(long, size, false, 1000, 2); len(got) != 1 || got[0] != long {
		t.Errorf("%q, want one line", got)
	}
	lines := balanced(long, size, 150)
	if a, b := width(lines[0], size, true), width(lines[1], size, true); len(lines) != 2 || b < a/2 {
		t.Errorf("%q is not balanced", lines)
	}
	// Arial and so Liberation Sans sets digits 0.556 em wide.
	if got := float64(width("0123456789", 10, false)); got < 55.5 || got > 55.7 {
		t.Errorf("ten digits at 10 pt are %g pt wide, want 55.6", got)
	}
}
