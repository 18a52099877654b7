package eval

import (
	"math"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/features"
)

// wording is how people speak of a column: sentence holds one %s for the segment's
// value; others, if set, one for everyone else's. scale says what the ends of a
// number without a unit mean. high and low are the words of a name where the segment
// lies above or below the others, and slot their place in it.
type wording struct {
	sentence, others, scale string
	high, low               string
	slot                    slot
	// topic is what the column is about: of columns about one thing a card shows the
	// strongest. "" = a topic of its own.
	topic string
	// percent: a part written 0.12 is said as 12 %; signed: above 0 has a plus sign;
	// times: 1.4 is said as 1.4 times.
	percent, signed, times bool
}

// slot is a word's place in a name: frequent | late-night | app | garden | browsers.
type slot uint8

const (
	manner slot = iota // several may stand there
	when
	where
	what
	noun // names people
)

// wordingOf looks a column up by its name, by its family, and takes its Doc at last.
func wordingOf(c features.Column) wording {
	w, ok := wordings[c.Name]
	if !ok {
		w, _ = familyWording(c)
	}
	if w.topic == "" {
		w.topic = c.Name
	}
	w.percent = w.percent || c.Unit == "share"
	return w
}

// Spoken returns the factor by which people speak of a column's values, and whether
// as per cent: 0.12 of purchases is 12 %, and shares of a composition of several
// families of benefits are told as shares of their own family.
func Spoken(c features.Column) (factor float64, percent bool) {
	factor = 1
	if rest, ok := strings.CutPrefix(c.Doc, benefitOver); ok && strings.HasPrefix(c.Name, "benefit_") {
		number, _, _ := strings.Cut(rest, " ")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			factor = float64(n)
		}
	}
	percent = wordingOf(c).percent || c.Kind == features.Share || c.Kind == features.Probability || c.Kind == features.Binary
	if percent {
		factor *= 100
	}
	return factor, percent
}

// benefitOver begins the Doc of a benefit that is divided by the number of families.
const benefitOver = "part of the purchases, over "

// phrase says in plain words what the segment's mean is, and the others'.
func phrase(c features.Column, mean, others float64) string {
	w := wordingOf(c)
	a, b := quantities(c, w, mean, others)
	tail := ""
	if w.scale != "" {
		tail = "; " + w.scale
	}
	if w.sentence == "" {
		doc := strings.TrimSuffix(c.Doc, ".")
		if doc == "" {
			doc = strings.ReplaceAll(c.Name, "_", " ")
		}
		if of, ends, ok := strings.Cut(doc, ": "); ok && tail == "" {
			doc, tail = of, "; "+ends
		}
		return doc + ": " + a + " (others " + b + tail + ")"
	}
	if w.others != "" {
		b = insert(w.others, b)
	}
	return insert(w.sentence, a) + " (others " + b + tail + ")"
}

// insert puts a quantity into a sentence, whose other signs stay as they are: names
// of categories and brands may hold a %.
func insert(sentence, quantity string) string { return strings.Replace(sentence, "%s", quantity, 1) }

// quantities writes two values of a column with its unit, with as many digits as
// it takes to tell them apart, three at least.
func quantities(c features.Column, w wording, x, y float64) (string, string) {
	factor, percent := Spoken(c)
	x, y = factor*x, factor*y
	a, b := plain(x, 0), plain(y, 0)
	for more := 1; a == b && x != y && more < 4; more++ {
		a, b = plain(x, more), plain(y, more)
	}
	unit := func(s string, v float64) string {
		if w.signed && v > 0 && s != "0" {
			s = "+" + s
		}
		switch {
		case percent:
			return s + " %"
		case w.times:
			return s + " times"
		case s == "1" && (c.Unit == "days" || c.Unit == "weeks" || c.Unit == "hours" || c.Unit == "units"):
			return s + " " + strings.TrimSuffix(c.Unit, "s")
		case c.Unit == "days" || c.Unit == "weeks" || c.Unit == "hours" || c.Unit == "units":
			return s + " " + c.Unit
		case strings.HasPrefix(c.Unit, "1/"):
			return s + " a " + strings.TrimPrefix(c.Unit, "1/")
		}
		return s // counts, money and ratios: the sentence says what they are
	}
	return unit(a, x), unit(b, y)
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
	s := strconv.FormatFloat(x, 'f', min(digits, 12), 64)
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
