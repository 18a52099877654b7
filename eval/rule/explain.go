package rule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// Explain says in words who belongs to the rule.
func (r *Rule) Explain() string {
	if l, ok := r.root.(*logic); ok && len(l.parts) > 1 {
		return "Customers who meet " + map[bool]string{true: "all", false: "at least one"}[l.and] + " of: " + joined(l.parts, "; ") + "."
	}
	return "Customers for whom " + clause(r.root, false) + "."
}

func joined(parts []node, sep string) string {
	var out []string
	for _, p := range parts {
		out = append(out, clause(p, true))
	}
	return strings.Join(out, sep)
}

// clause says a condition; inner puts and and or in brackets.
func clause(n node, inner bool) string {
	switch n := n.(type) {
	case *everyone:
		return "nothing is asked"
	case *logic:
		s := joined(n.parts, map[bool]string{true: " and ", false: " or "}[n.and])
		if inner {
			return "(" + s + ")"
		}
		return s
	case *negation:
		if h, ok := n.x.(*happening); ok && len(h.steps) == 1 {
			return "there is no " + meant(&h.steps[0].pattern) + during(h.win)
		}
		return "not: " + clause(n.x, true)
	case *comparison:
		return compared(n)
	case *between:
		return noun(n.x) + " is " + denied(n.not) + "from " + noun(n.lo) + " to " + noun(n.hi)
	case *membership:
		var list []string
		for _, y := range n.list {
			list = append(list, noun(y))
		}
		return noun(n.x) + " is " + map[bool]string{true: "none of ", false: "one of "}[n.not] + strings.Join(list, ", ")
	case *missing:
		return noun(n.x) + map[bool]string{true: " is known", false: " is missing"}[n.not]
	case *happening:
		return happens(n)
	}
	panic("rule: a condition of unknown form")
}

func denied(not bool) string {
	if not {
		return "not "
	}
	return ""
}

var verbs = map[string]string{
	"=": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least",
	"contains": "contains", "starts": "starts with",
}

func compared(n *comparison) string {
	verb := verbs[n.op]
	if n.x.is() == instant {
		verb = map[string]string{"=": "is", "!=": "is not", "<": "is before", "<=": "is at the latest", ">": "is after", ">=": "is at the earliest"}[n.op]
	}
	// Counting is said as what they did.
	a, ok := n.x.(*aggregate)
	l, isNumber := n.y.(*literalNumber)
	if ok && isNumber && (a.fn == "days" || a.fn == "count") {
		how := map[string]string{"=": "exactly ", "!=": "not exactly ", "<": "fewer than ", "<=": "at most ", ">": "more than ", ">=": "at least "}[n.op]
		if how != "" && a.fn == "days" {
			unit := " days"
			if l.x == 1 {
				unit = " day"
			}
			return "there is " + one(&a.of) + " on " + how + noun(l) + unit + during(a.win)
		}
		if how != "" {
			unit := " times"
			if l.x == 1 {
				unit = " time"
			}
			return "there is " + one(&a.of) + " " + how + noun(l) + unit + during(a.win)
		}
	}
	return noun(n.x) + " " + verb + " " + noun(n.y)
}

// noun says a value.
func noun(n node) string {
	switch n := n.(type) {
	case *literalNumber:
		return strconv.FormatFloat(n.x, 'g', -1, 64)
	case *literalText:
		return "“" + n.s + "”"
	case *literalTime:
		if n.now {
			return "now"
		}
		return moment(n.wall)
	case *column:
		return n.c.name
	case *feature:
		return "the feature " + n.name
	case *descriptor:
		return "the descriptor " + n.name
	case *arithmetic:
		op := map[byte]string{'+': "plus", '-': "minus", '*': "times", '/': "divided by"}[n.op]
		return "(" + noun(n.x) + " " + op + " " + noun(n.y) + ")"
	case *aggregate:
		return made(n)
	}
	panic("rule: a value of unknown form")
}

func moment(wall int64) string {
	t := time.UnixMicro(wall).UTC()
	if wall%dayMicros == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04:05")
}

func made(a *aggregate) string {
	of := meant(&a.of)
	switch a.fn {
	case "tenure":
		return "the number of days since the first event"
	case "recency":
		return "the number of days since the last " + of + during(a.win)
	case "days":
		return "the number of days with " + one(&a.of) + during(a.win)
	case "count":
		return "the number of times there is " + one(&a.of) + during(a.win)
	}
	what := map[string]string{
		"sum": "the sum of ", "avg": "the average ", "min": "the smallest ", "max": "the largest ",
		"first": "the first ", "last": "the last ", "distinct": "the number of different values of ",
	}[a.fn]
	return what + a.col.name + " of " + of + during(a.win)
}

// nouns are the kinds whose names are things that happen.
var nouns = datasets.KindSet(datasets.Purchase, datasets.Return, datasets.View, datasets.Search, datasets.Checkout, datasets.Visit,
	datasets.Rating, datasets.Complaint, datasets.Contact, datasets.Redemption, datasets.Referral)

// meant says which events are meant.
func meant(of *pattern) string {
	s := "event of any kind"
	if of.kind != anyKind {
		k := datasets.Kind(of.kind)
		s = strings.ReplaceAll(k.String(), "_", " ")
		if !nouns.Has(k) {
			s += " event"
		}
	}
	if of.filter != nil {
		s += " (where " + clause(of.filter, false) + ")"
	}
	return s
}

// one is an event with its article.
func one(of *pattern) string {
	s := meant(of)
	if s[0] == 'e' || s[0] == 'o' { // event, opt out
		return "an " + s
	}
	return "a " + s
}

func happens(h *happening) string {
	s := "there is " + one(&h.steps[0].pattern)
	for i := range h.steps[1:] {
		st := &h.steps[1+i]
		s += ", then "
		if st.none {
			s += "no " + meant(&st.pattern)
		} else {
			s += one(&st.pattern)
		}
		if st.within.n > 0 {
			s += " within " + st.within.String()
		}
	}
	return s + during(h.win)
}

// during says a window, with a space before it.
func during(w *window) string {
	switch {
	case w == nil || w.ever:
		return ""
	case w.first:
		return " in the first " + w.span.String()
	case w.span.n > 0 && (w.to == nil || w.to.now):
		return " in the last " + w.span.String()
	case w.span.n > 0:
		return fmt.Sprintf(" in the %s before %s", w.span, noun(w.to))
	case w.from != nil && w.to != nil:
		return " from " + noun(w.from) + " until before " + noun(w.to)
	case w.from != nil:
		return " since " + noun(w.from)
	}
	return " before " + noun(w.to)
}
