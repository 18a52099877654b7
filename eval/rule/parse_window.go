package rule

import (
	"math"
	"slices"
)

// windowNext reports whether a window begins here.
func (p *parser) windowNext() bool {
	t := p.peek()
	if t.kind != word {
		return false
	}
	switch t.s {
	case "since", "before", "from", "ever":
		return true
	case "in":
		n := p.ahead(1)
		return n.kind == number || n.kind == sign && n.s == "-" || n.kind == word && slices.Contains([]string{"the", "last", "first"}, n.s)
	}
	return false
}

// window reads a window.
func (p *parser) window() (*window, error) {
	t := p.take()
	w := &window{}
	var err error
	switch t.s {
	case "ever":
		w.ever = true
	case "since":
		w.from, err = p.date("since")
	case "before":
		w.to, err = p.date("before")
	case "from":
		if w.from, err = p.date("from"); err != nil {
			return nil, err
		}
		if !p.takeWord("to") {
			n := p.peek()
			return nil, p.o.at(n.pos, max(n.len, 1), "from has an end: from 2011-03-01 to 2011-06-01, or since 2011-03-01")
		}
		if w.to, err = p.date("to"); err == nil && !w.from.now && !w.to.now && w.from.wall >= w.to.wall {
			return nil, p.o.at(w.to.pos, w.to.len, "the window is empty: it begins on %s and ends before %s", w.from.s, w.to.s)
		}
	case "in":
		p.takeWord("the")
		switch {
		case p.takeWord("last"):
		case p.takeWord("first"):
			w.first = true
		}
		at := p.peek()
		if w.span, err = p.span(); err != nil {
			return nil, err
		}
		if w.first && w.span.micros() == 0 {
			return nil, p.o.at(at.pos, p.spot(at.pos).len, "a month has no fixed length: say it in days or weeks, as 30 d")
		}
		if p.isWord("before") && !w.first {
			p.take()
			w.to, err = p.date("before")
		}
	}
	w.spot = p.spot(t.pos)
	return w, err
}

func (p *parser) date(after string) (*literalTime, error) {
	t := p.take()
	switch {
	case t.kind == date:
		return &literalTime{spot: spot{t.pos, t.len}, wall: t.wall, s: t.s}, nil
	case t.kind == word && t.s == "now":
		return &literalTime{spot: spot{t.pos, t.len}, now: true, s: "now"}, nil
	case t.kind == text || t.kind == name:
		return nil, p.o.at(t.pos, t.len, "a date stands without quotes, as 2011-03-01")
	}
	return nil, p.o.at(t.pos, max(t.len, 1), "a date follows %s, as 2011-03-01", after)
}

// longestSpan is the largest number of a span: 10,000 years of days.
const longestSpan = 3_652_500

// span reads a length of time.
func (p *parser) span() (span, error) {
	t := p.take()
	if t.kind != number {
		return span{}, p.o.at(t.pos, max(t.len, 1), "a span of time is wanted, as 30 d").among("", "units", append(spanUnits, "days", "weeks"))
	}
	if t.x != math.Trunc(t.x) || t.x < 1 || t.x > longestSpan {
		return span{}, p.o.at(t.pos, t.len, "%s: a span is a whole number of units from 1 to %d, as 36 h", t.s, longestSpan)
	}
	u := p.take()
	s := span{n: int(t.x), unit: u.s}
	if long, ok := spanWords[u.s]; ok {
		s.unit = long
	}
	if u.kind != word || !slices.Contains(spanUnits, s.unit) {
		e := p.o.at(u.pos, max(u.len, 1), "%s is no unit of time", p.said(u))
		if u.kind == end {
			e = p.o.at(t.pos, t.len, "%s what? A span has a unit, as %s d", t.s, t.s)
		}
		if u.kind == word && u.s == "m" {
			e.Msg += ": min or mo"
		}
		return span{}, e.among(u.s, "units", []string{"min", "h", "d", "w", "mo", "y", "minutes", "hours", "days", "weeks", "months", "years"})
	}
	// What a year has most of: spans longer than the calendar say nothing.
	if most := map[string]int{"mo": 120_000, "y": 10_000, "w": 521_785}[s.unit]; most > 0 && s.n > most {
		return span{}, p.o.at(t.pos, t.len, "%s %s is longer than 10,000 years", t.s, s.unit)
	}
	return s, nil
}

// windowless reports whether n holds something that counts events and has no window.
func windowless(n node) bool {
	found := false
	walk(n, func(n node) {
		switch n := n.(type) {
		case *aggregate:
			found = found || n.win == nil
		case *happening:
			found = found || n.win == nil
		}
	})
	return found
}

// apply gives the window to everything in n that has none.
func (p *parser) apply(n node, w *window) error {
	var bad error
	walk(n, func(n node) {
		switch n := n.(type) {
		case *aggregate:
			if n.fn == "tenure" {
				bad = p.o.at(w.pos, w.len, "tenure is counted from the very first event: it has no window")
			}
			if n.win == nil {
				n.win = w
			}
		case *happening:
			if n.win == nil {
				n.win = w
			}
		}
	})
	return bad
}
