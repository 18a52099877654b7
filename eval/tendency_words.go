package eval

import (
	"fmt"
	"strings"
)

// tendencyLevel is the p up to which a test is said to have found something. Nothing but
// the words depends on it.
const tendencyLevel = 0.05

// words says what was found, one sentence each, and that it does not vote.
func (t *Tendency) words() []string {
	return []string{
		t.Hopkins.words(),
		t.Distances.words("distances between customers"),
		t.Component.words("places along the first principal component"),
		t.Dependence.words(),
		"None of this votes on whether there are groups.",
	}
}

func (h *Hopkins) words() string {
	if h.Reason != "" {
		return "Hopkins is undefined: " + h.Reason + "."
	}
	return fmt.Sprintf("Hopkins %s (evenly spread would be .5, mostly %s to %s): tells of unevenness, which a single clump or many features give too.",
		short(h.Value, 2), short(h.EvenLo, 2), short(h.EvenHi, 2))
}

func (t *DipTest) words(what string) string {
	switch {
	case t.Reason != "":
		return "Dip of the " + what + " is undefined: " + t.Reason + "."
	case t.P <= tendencyLevel:
		return fmt.Sprintf("The %s have more than one hump (dip %.2g, p = %s), as groups give, and so do whole numbers.", what, t.Dip, chanceWords(t.P))
	}
	return fmt.Sprintf("The %s may have a single hump (dip %.2g, p = %s).", what, t.Dip, chanceWords(t.P))
}

func (d *Dependence) words() string {
	switch {
	case d.Reason != "":
		return "Dependence is undefined: " + d.Reason + "."
	case d.P <= tendencyLevel:
		return fmt.Sprintf("Features are dependent (p = %s by shuffling each for itself), which takes no groups.", chanceWords(d.P))
	}
	return fmt.Sprintf("Features are not shown to be dependent (p = %s by shuffling each for itself).", chanceWords(d.P))
}

// chanceWords writes a p-value: .005, .31, 1.
func chanceWords(p float64) string {
	if p < 0.1 {
		return short(p, 3)
	}
	return short(p, 2)
}

// short writes a number from 0 to 1 as .83; 1 where it rounds to that.
func short(v float64, digits int) string {
	text := fmt.Sprintf("%.*f", digits, v)
	if strings.HasPrefix(text, "1.") {
		return "1"
	}
	return strings.TrimPrefix(text, "0")
}
