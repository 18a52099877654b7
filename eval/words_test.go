package eval

import (
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
)

// Columns are spoken of in a sentence with both numbers and their unit, with digits
// enough to tell them apart; every wording has its two words.
func TestPhraseColumns(t *testing.T) {
	for _, c := range []struct {
		col          features.Column
		mean, others float64
		want         string
	}{
		{features.Column{Name: "volume_rate", Unit: "1/month"}, 3.2, 1, "buys 3.2 a month (others 1 a month)"},
		{features.Column{Name: "active_share", Kind: features.Probability}, 0.5, 0.125, "active in 50 % of four-week periods (others 12 %)"},
		{features.Column{Name: "volume_per_order", Unit: "units"}, 12, 3, "takes 12 units per order (others 3 units)"},
		{features.Column{Name: "overdue", Unit: "gaps"}, 2.5, 0.8, "silent for 2.5 of their usual gaps (others 0.8)"},
		{features.Column{Name: "clicks_per_visit", Unit: ""}, 1.24, 1.2403, "clicks per visit: 1.24 (others 1.2403)"},
		{features.Column{Name: "x", Doc: "something measured."}, -3, 4000, "something measured: −3 (others 4,000)"},
		{features.Column{Name: "recency", Unit: "days"}, 1, 90, "last bought 1 day ago (others 90 days)"},
	} {
		if got := phrase(c.col, c.mean, c.others); got != c.want {
			t.Errorf("%s: %q, want %q", c.col.Name, got, c.want)
		}
	}
	for name, w := range wordings {
		if w.high == "" || w.low == "" || w.high == w.low {
			t.Errorf("%s has no two words", name)
		}
		if w.sentence != "" && strings.Count(w.sentence, "%s") != 1 || w.others != "" && strings.Count(w.others, "%s") != 1 {
			t.Errorf("%s: %q, %q", name, w.sentence, w.others)
		}
	}
	for a, list := range contradicts {
		for _, b := range list {
			if a == b {
				t.Errorf("%s contradicts itself", a)
			}
		}
	}
}
