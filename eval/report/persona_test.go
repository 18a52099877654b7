package report

import (
	"bytes"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval/figure"
)

func TestPersonaText(t *testing.T) {
	for key, x := range personaText {
		if slices.Contains(x[:], "") {
			t.Errorf("%s lacks a language: %q", key, x)
		}
		for _, s := range x {
			if strings.Count(s, "%s") != strings.Count(x[0], "%s") || strings.Count(s, "%d") != strings.Count(x[0], "%d") {
				t.Errorf("%s: %q has other values than %q", key, s, x[0])
			}
		}
	}
}

// Names of the log are text in each medium, whatever stands in them.
func TestPersonaSheetEscapes(t *testing.T) {
	hostile := "<script>alert(1)</script>\x1b[2J\u202e%s"
	s := &PersonaSheet{Language: "de", Title: hostile, Subtitle: hostile, Time: epoch, Notes: []string{hostile}, Cards: []PersonaCard{
		{Segment: 1, Name: hostile, Facts: hostile, Who: hostile, Behaviours: []string{hostile, strings.Repeat("lang ", 300)}, Rows: []Fact{{Name: hostile, Value: strings.Repeat("w", 900)}}},
		{Segment: 2, Name: "leer"},
	}}
	var page, slides, picture bytes.Buffer
	if err := s.HTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "\x1b", "\u202e", "http://", "https://"} {
		if strings.Contains(page.String(), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if !strings.Contains(page.String(), "&lt;script&gt;") {
		t.Error("the name is gone")
	}
	if err := s.Slides(&slides); err != nil {
		t.Fatal(err)
	}
	again := slides.Len()
	slides.Reset()
	if err := s.Slides(&slides); err != nil || slides.Len() != again || !bytes.HasPrefix(slides.Bytes(), []byte("%PDF")) {
		t.Error("slides", err)
	}
	if err := s.PNG(&picture, &s.Cards[0]); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&picture)
	if err != nil {
		t.Fatal(err)
	}
	r, g, b, _ := img.At(5, 5).RGBA()
	if c := figure.Colour(0); uint8(r>>8) != c.R || uint8(g>>8) != c.G || uint8(b>>8) != c.B {
		t.Error("the bar has not the segment's colour")
	}
}
