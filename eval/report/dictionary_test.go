package report

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// The dictionary of a small log says of every column what it is, in both media; the
// page is well-formed.
func TestDictionary(t *testing.T) {
	b := datasets.NewBuilder(datasets.Meta{Name: "small", Resolution: datasets.Day, Has: datasets.FieldAmount})
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 90 {
		b.Add(datasets.Event{Customer: string(rune('a' + i%13)), Time: start.AddDate(0, 0, i*i%200).UnixMicro(), Amount: float64(1 + i%9)})
	}
	r, err := features.NewRecipe("r", "rfm", "interpurchase")
	if err != nil {
		t.Fatal(err)
	}
	log := b.Log()
	d, err := features.Describe(t.Context(), log, r, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	rep := Dictionary(d, "mores test")
	for name, write := range map[string]func(io.Writer, *Report) error{"html": HTML, "markdown": Markdown} {
		var w strings.Builder
		if err := write(&w, rep); err != nil {
			t.Fatal(err)
		}
		text := w.String()
		for _, word := range []string{"Feature dictionary", "regularity", "days since the last purchase", "2 purchase days", "stamps", "interpurchase: "} {
			if !strings.Contains(strings.ReplaceAll(text, "\\_", "_"), word) {
				t.Errorf("%s lacks %q", name, word)
			}
		}
		if name == "html" {
			dec := xml.NewDecoder(strings.NewReader(text))
			dec.Entity = xml.HTMLEntity
			for {
				if _, err := dec.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if n, _ := features.Describe(t.Context(), log, features.Recipe{}, 1, 1); n != nil {
		t.Error("a recipe without extractors was described")
	}
}
