package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What a log holds of later days is no part of who customers were when they were put into
// segments, and is the fairest hold-out of what they are worth.
func TestLogLongerThanStudy(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study")
	earlier := strings.Replace(small, "[features]", "[features]\nas_of = \"2024-10-01\"", 1)
	ok(t, "run", write(t, "small.toml", earlier), "-o", dir, "-q")
	km := runOf(t, dir, "kmeans")
	out := t.TempDir()
	ok(t, "persona", dir, "--run", km, "--log", "retail-sim", "-o", out, "-q")
	page, err := os.ReadFile(filepath.Join(out, "personas-en.html"))
	if err != nil {
		t.Fatal(err)
	}
	days := regexp.MustCompile(`\d+ [A-Z][a-z]{2} 20\d\d`).FindAllString(string(page), -1)
	for _, d := range days {
		if d == "1 Oct 2024" { // where the window ends, on every card
			continue
		}
		if strings.HasSuffix(d, "2025") || regexp.MustCompile(`(Oct|Nov|Dec) 2024`).MatchString(d) {
			t.Errorf("a card of September tells of %s", d)
		}
	}
	if len(days) < 6 {
		t.Errorf("dates on the cards: %v", days)
	}
	m := lastJSON(t, ok(t, "priority", dir, "--run", km, "--log", "retail-sim", "--json"))
	h := m["held"].(map[string]any)
	if h["from"] != "2024-10-01" || h["days"] != 90.0 || h["unseen"] != true {
		t.Errorf("held out: %v", h)
	}
}
