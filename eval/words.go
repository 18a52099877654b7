package eval

import (
	"fmt"
	"math"
	"strings"

	"github.com/mores-lab/mores/features"
)

// wording is how people speak of a column: sentence holds one %s for the segment's
// value; others, if set, one for everyone else's. high and low are the words of a
// name where the segment lies above or below the others; noun says that they name
// people ("high spenders") and not a property ("frequent").
type wording struct {
	sentence, others string
	high, low        string
	noun             bool
}

// wordings are looked up by the column's name; what is not here is spoken of by
// its Doc.
var wordings = map[string]wording{
	"recency":        {sentence: "last bought %s ago", high: "lapsed", low: "recent"},
	"frequency":      {sentence: "bought on %s days", high: "frequent", low: "occasional"},
	"repeat":         {sentence: "came back on %s days", high: "frequent", low: "occasional"},
	"monetary_total": {sentence: "spent %s in total", high: "high spenders", low: "light buyers", noun: true},
	"monetary_mean":  {sentence: "spends %s on a purchase day", high: "big-basket buyers", low: "small-basket buyers", noun: true},
	"tenure":         {sentence: "first bought %s ago", high: "long-standing", low: "new"},

	"gap_mean":   {sentence: "buys every %s", others: "every %s", high: "slow-paced", low: "fast-paced"},
	"gap_median": {sentence: "typically buys every %s", others: "every %s", high: "slow-paced", low: "fast-paced"},
	"gap_last":   {sentence: "left %s between the last two purchases", high: "slowing", low: "quickening"},
	"overdue":    {sentence: "silent for %s of their usual gaps", high: "overdue", low: "on-time"},
	"regularity": {high: "regular", low: "irregular"},
	"gap_cv":     {high: "irregular", low: "regular"},
	"burstiness": {high: "bursty", low: "regular"},
	"clumpiness": {high: "bursty", low: "steady"},

	"volume_rate":      {sentence: "buys %s", high: "heavy users", low: "light users", noun: true},
	"orders_rate":      {sentence: "orders %s", high: "frequent", low: "occasional"},
	"volume_per_order": {sentence: "takes %s per order", high: "bulk", low: "few-item"},
	"active_share":     {sentence: "active in %s of four-week periods", high: "steady", low: "on-and-off"},

	"weekend_share":   {sentence: "buys at the weekend %s of the time", high: "weekend", low: "weekday"},
	"weekday_entropy": {high: "any-day", low: "fixed-day"},
}

func wordingOf(c features.Column) wording { return wordings[c.Name] }

// phrase says in plain words what the segment's mean is, and the others'.
func phrase(c features.Column, mean, others float64) string {
	a, b := quantities(c, mean, others)
	w := wordingOf(c)
	if w.sentence == "" {
		doc := strings.TrimSuffix(c.Doc, ".")
		if doc == "" {
			doc = strings.ReplaceAll(c.Name, "_", " ")
		}
		return fmt.Sprintf("%s: %s (others %s)", doc, a, b)
	}
	if w.others != "" {
		b = fmt.Sprintf(w.others, b)
	}
	return fmt.Sprintf(w.sentence, a) + " (others " + b + ")"
}

// quantities writes two values of a column with its unit, with as many digits as
// it takes to tell them apart, three at least.
func quantities(c features.Column, x, y float64) (string, string) {
	percent := c.Kind == features.Share || c.Kind == features.Probability || c.Kind == features.Binary
	if percent {
		x, y = 100*x, 100*y
	}
	a, b := plain(x, 0), plain(y, 0)
	for more := 1; a == b && x != y && more < 4; more++ {
		a, b = plain(x, more), plain(y, more)
	}
	unit := func(s string) string {
		switch {
		case percent:
			return s + " %"
		case c.Unit == "days" && s == "1":
			return s + " day"
		case c.Unit == "days" || c.Unit == "weeks" || c.Unit == "hours" || c.Unit == "units":
			return s + " " + c.Unit
		case strings.HasPrefix(c.Unit, "1/"):
			return s + " a " + strings.TrimPrefix(c.Unit, "1/")
		}
		return s // counts, money and ratios: the sentence says what they are
	}
	return unit(a), unit(b)
}

// plain writes a number as people do: 1,204, 48, 9.5, 0.31; more adds digits.
func plain(x float64, more int) string {
	digits := more
	switch m := math.Abs(x); {
	case m >= 9.95:
	case m >= 0.995:
		digits++
	case m > 0:
		digits += 1 - int(math.Floor(math.Log10(m)))
	}
	s := fmt.Sprintf("%.*f", min(digits, 12), x)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		s = "0"
	}
	whole, rest, _ := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "−", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		rest = "." + rest
	}
	return sign + whole + rest
}
