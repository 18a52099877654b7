package eval

import (
	"testing"

	"github.com/mores-lab/mores/features"
)

// TestLimits: the sentences, as a person would say them.
func TestLimits(t *testing.T) {
	recency := features.Column{Name: "recency", Unit: "days"}
	for _, c := range []struct {
		col         features.Column
		least, most string
		over        bool
		want        string
	}{
		{recency, "", "61 days", false, "last bought at most 61 days ago"},
		{recency, "61 days", "", true, "last bought more than 61 days ago"},
		{recency, "10 days", "61 days", false, "last bought 10 to 61 days ago"},
		{recency, "1 day", "9 days", false, "last bought 1 day to 9 days ago"},
		{features.Column{Name: "monetary_total", Unit: "money"}, "£5", "£20", true, "spent £5 to £20 in total"},
		{features.Column{Name: "weekend_share"}, "5\u00a0%", "20\u00a0%", true, "buys at the weekend 5 to 20\u00a0% of the time"},
		{recency, "1 day", "1 day", false, "last bought 1 day ago"},
		{features.Column{Name: "frequency", Unit: "count"}, "9", "", false, "bought on at least 9 days"},
		{features.Column{Name: "gap_mean", Unit: "days"}, "", "12 days", false, "buys every 12 days or less"},
		{features.Column{Name: "gap_mean", Unit: "days"}, "12 days", "", true, "buys every 12 days or more"},
		{features.Column{Name: "gap_mean", Unit: "days"}, "", "", true, "gap mean is known"},
		{features.Column{Name: "x", Doc: "Part in 100 % of %s."}, "", "5 %", true, "Part in 100 % of %s: at most 5 %"},
		{features.Column{Name: "y", Doc: "spread over the weekdays: 0 always the same, 1 all alike"}, "0.6", "", true, "spread over the weekdays: more than 0.6"},
		{features.Column{Name: "clicks_per_visit"}, "2", "5", true, "clicks per visit: 2 to 5"},
	} {
		if got := Limits(c.col, c.least, c.most, c.over); got != c.want {
			t.Errorf("%s: %q, want %q", c.col.Name, got, c.want)
		}
	}
}
