package rule

import (
	"fmt"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// aggregatesOfColumns are the functions that read a column.
var aggregatesOfColumns = []string{"sum", "avg", "min", "max", "first", "last", "distinct"}

// vocabulary lists the words that a condition can begin with.
func vocabulary() []string {
	out := []string{"not", "everyone", "any", "purchases", "orders", "spend", "recency", "tenure", "count", "days", "feature", "customer", "event", "events", "now"}
	out = append(out, aggregatesOfColumns...)
	for _, k := range datasets.KindNames() {
		out = append(out, k)
		if p := plural(k); p != "purchases" {
			out = append(out, p)
		}
	}
	return out
}

// prefix reads what an expression begins with.
func (p *parser) prefix() (node, error) {
	t := p.take()
	here := spot{t.pos, t.len}
	switch t.kind {
	case end:
		if t.pos > 0 && p.at > 0 {
			last := p.toks[p.at-1]
			return nil, p.o.at(t.pos, 1, "the rule ends after %s: something must follow", p.said(last))
		}
		return nil, p.o.at(t.pos, 1, "something must stand here")
	case number:
		return &literalNumber{here, t.x}, nil
	case text:
		return &literalText{here, t.s}, nil
	case date:
		return &literalTime{spot: here, wall: t.wall, s: t.s}, nil
	case name:
		return nil, p.o.at(t.pos, t.len, "a name in double quotes says nothing by itself: write feature(\"%s\") or customer.\"%s\"; text stands in single quotes", t.s, t.s)
	case sign:
		return p.prefixSign(t)
	}
	if p.event {
		return p.prefixEvent(t)
	}
	switch t.s {
	case "not":
		x, err := p.expr(bindNot)
		if err != nil {
			return nil, err
		}
		return &negation{p.spot(t.pos), x}, p.need(x, boolean)
	case "everyone":
		return &everyone{here}, nil
	case "now":
		return &literalTime{spot: here, now: true, s: "now"}, nil
	case "any":
		return p.any(t)
	case "feature", "customer":
		return p.named(t)
	case "purchases", "orders", "spend", "recency":
		return p.shorthand(t)
	case "tenure":
		return &aggregate{spot: here, fn: "tenure", of: pattern{kind: anyKind}}, nil
	case "count", "days":
		return p.counting(t)
	}
	if slices.Contains(aggregatesOfColumns, t.s) {
		return p.ofColumn(t)
	}
	if k, ok := kindByPlural(t.s); ok || t.s == "events" {
		if t.s == "events" {
			k = anyKind
		}
		of := pattern{kind: k}
		if err := p.filter(&of); err != nil {
			return nil, err
		}
		return &aggregate{spot: p.spot(t.pos), fn: "count", of: of}, nil
	}
	if p.isEvent(t) {
		p.at--
		return p.chain()
	}
	if columnNamed(t.s) != nil {
		return nil, p.o.at(t.pos, t.len, "%s is a column of events, not of customers: write any(%s = …), count(purchase(%s = …)) or first(%s of purchase)", t.s, t.s, t.s, t.s)
	}
	if next := p.peek(); t.s == "no" && (p.isEvent(next) || next.kind == word && isPlural(next.s)) {
		said := p.said(next)
		if k, ok := kindByPlural(next.s); ok {
			said = datasets.Kind(k).String()
		}
		return nil, p.o.at(t.pos, t.len, "no stands after then only: write not %s", said)
	}
	if t.s == "today" || t.s == "yesterday" {
		return nil, p.o.at(t.pos, t.len, "%s is no word of this language: write now, or a date as 2011-03-01; recency counts days: yesterday is 1", t.s)
	}
	if slices.Contains([]string{"and", "or", "in", "between", "is", "then", "within", "since", "before", "from"}, t.s) {
		return nil, p.o.at(t.pos, t.len, "a condition must stand before %s", p.said(t))
	}
	return nil, p.o.at(t.pos, t.len, "%s is no word of this language (a feature is feature(\"%s\"), a descriptor customer.%s)", p.said(t), p.said(t), p.said(t)).
		among(t.s, "words", vocabulary())
}

func (p *parser) prefixSign(t token) (node, error) {
	switch t.s {
	case "(":
		x, err := p.expr(0)
		if err != nil {
			return nil, err
		}
		if !p.isSign(")") {
			n := p.peek()
			if n.kind == end {
				return nil, p.o.at(t.pos, 1, "this parenthesis is never closed")
			}
			return nil, p.surplus(n, x)
		}
		p.take()
		return x, nil
	case "-":
		x, err := p.expr(bindMinus)
		if err != nil {
			return nil, err
		}
		if err := p.need(x, quantity); err != nil {
			return nil, err
		}
		if l, ok := x.(*literalNumber); ok {
			return &literalNumber{p.spot(t.pos), -l.x}, nil
		}
		zero := &literalNumber{spot{t.pos, t.len}, 0}
		return &arithmetic{p.spot(t.pos), '-', zero, x}, nil
	}
	return nil, p.o.at(t.pos, t.len, "a condition or a value must stand before %s", t.s)
}

// prefixEvent reads a word inside a filter.
func (p *parser) prefixEvent(t token) (node, error) {
	if t.s == "not" {
		x, err := p.expr(bindNot)
		if err != nil {
			return nil, err
		}
		return &negation{p.spot(t.pos), x}, p.need(x, boolean)
	}
	if t.s == "now" {
		return &literalTime{spot: spot{t.pos, t.len}, now: true, s: "now"}, nil
	}
	c := columnNamed(t.s)
	if c == nil {
		e := p.o.at(t.pos, t.len, "%s is no column of events", p.said(t)).among(t.s, "columns", columnNames())
		if t.s == "customer" || t.s == "feature" {
			e.Near, e.Msg = "", e.Msg+": "+t.s+" stands beside a filter, not in it"
		} else if e.Near == "" {
			e.Msg += ": if it is text, write '" + p.said(t) + "'"
		}
		return nil, e
	}
	return &column{spot{t.pos, t.len}, c}, nil
}

// isEvent reports whether the word begins an event.
func (p *parser) isEvent(t token) bool {
	_, ok := datasets.ParseKind(t.s)
	return t.kind == word && (ok || t.s == "event")
}

// eventOf reads an event: a kind and its filter.
func (p *parser) eventOf() (pattern, error) {
	t := p.peek()
	if !p.isEvent(t) {
		what := append([]string{"event"}, datasets.KindNames()...)
		if k, ok := kindByPlural(t.s); ok && t.kind == word {
			return pattern{}, p.o.at(t.pos, t.len, "%s counts; the event itself is %s", t.s, datasets.Kind(k))
		}
		if t.kind == end {
			return pattern{}, p.o.at(t.pos, 1, "the rule ends after %s: an event must follow, as purchase", p.said(p.toks[p.at-1])).among("", "kinds", what)
		}
		return pattern{}, p.o.at(t.pos, max(t.len, 1), "%s is no kind of event", p.said(t)).among(t.s, "kinds", what)
	}
	p.take()
	of := pattern{kind: anyKind}
	if k, ok := datasets.ParseKind(t.s); ok {
		of.kind = int(k)
	}
	return of, p.filter(&of)
}

// filter reads the filter in parentheses, if one follows.
func (p *parser) filter(of *pattern) error {
	if p.event || !p.isSign("(") {
		return nil
	}
	open := p.take()
	if p.isSign(")") {
		p.take()
		return nil
	}
	p.event = true
	x, err := p.expr(0)
	p.event = false
	if err != nil {
		return err
	}
	if p.peek().kind == end {
		return p.o.at(open.pos, 1, "this parenthesis is never closed")
	}
	if !p.isSign(")") {
		return p.surplus(p.peek(), x)
	}
	if err := p.need(x, boolean); err != nil {
		return err
	}
	p.take()
	of.filter = x
	return nil
}

// chain reads an event and what comes then.
func (p *parser) chain() (node, error) {
	begin := p.peek().pos
	of, err := p.eventOf()
	if err != nil {
		return nil, err
	}
	h := &happening{steps: []step{{pattern: of}}}
	for p.isWord("then") {
		then := p.take()
		if h.steps[len(h.steps)-1].none {
			return nil, p.o.at(then.pos, then.len, "nothing can come then: \"no\" stands at the last step only")
		}
		s := step{none: p.takeWord("no") || p.takeWord("not")}
		if s.pattern, err = p.eventOf(); err != nil {
			return nil, err
		}
		if p.isWord("within") {
			p.take()
			p.takeWord("the")
			at := p.peek()
			if s.within, err = p.span(); err != nil {
				return nil, err
			}
			if s.within.micros() == 0 {
				return nil, p.o.at(at.pos, p.spot(at.pos).len, "a month has no fixed length: say it in days or weeks, as 30 d")
			}
		}
		h.steps = append(h.steps, s)
	}
	h.spot = p.spot(begin)
	return h, nil
}

// any reads any(event) or any(filter).
func (p *parser) any(t token) (node, error) {
	if !p.isSign("(") {
		return nil, p.o.at(t.pos, t.len, "any goes on in parentheses: any(channel = 'shop') or any(view)")
	}
	// any(rating) is the kind, any(rating >= 4) the column.
	if first, second := p.ahead(1), p.ahead(2); p.isEvent(first) && second.kind == sign && (second.s == "(" || second.s == ")") {
		open := p.take()
		of, err := p.eventOf()
		if err != nil {
			return nil, err
		}
		if p.peek().kind == end {
			return nil, p.o.at(open.pos, 1, "this parenthesis is never closed")
		}
		if err := p.expect(")", "any takes one event"); err != nil {
			return nil, err
		}
		return &happening{spot: p.spot(t.pos), steps: []step{{pattern: of}}}, nil
	}
	of := pattern{kind: anyKind}
	if err := p.filter(&of); err != nil {
		return nil, err
	}
	return &happening{spot: p.spot(t.pos), steps: []step{{pattern: of}}}, nil
}

// shorthand reads purchases, orders, spend and recency with their filter.
func (p *parser) shorthand(t token) (node, error) {
	a := &aggregate{of: pattern{kind: int(datasets.Purchase)}}
	switch t.s {
	case "purchases":
		a.fn = "days"
	case "orders":
		a.fn, a.col = "distinct", columnNamed("order")
	case "spend":
		a.fn, a.col = "sum", columnNamed("amount")
	case "recency":
		a.fn = "recency"
	}
	err := p.filter(&a.of)
	a.spot = p.spot(t.pos)
	return a, err
}

// counting reads count(event) and days(event).
func (p *parser) counting(t token) (node, error) {
	if err := p.expect("(", t.s+"(purchase) or "+t.s+"(view(category = 'coffee'))"); err != nil {
		return nil, err
	}
	of, err := p.eventOf()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")", t.s+" takes one event"); err != nil {
		return nil, err
	}
	return &aggregate{spot: p.spot(t.pos), fn: t.s, of: of}, nil
}

// ofColumn reads sum(amount of purchase) and the like.
func (p *parser) ofColumn(t token) (node, error) {
	if err := p.expect("(", fmt.Sprintf("%s(amount of purchase)", t.s)); err != nil {
		return nil, err
	}
	ct := p.take()
	c := columnNamed(ct.s)
	if c == nil || ct.kind != word {
		return nil, p.o.at(ct.pos, max(ct.len, 1), "%s is no column of events", p.said(ct)).among(ct.s, "columns", columnNames())
	}
	if (t.s == "sum" || t.s == "avg") && c.kind != quantity {
		return nil, p.o.at(ct.pos, ct.len, "%s takes numbers, and %s is %s", t.s, c.name, c.kind)
	}
	if (t.s == "min" || t.s == "max") && c.kind == words {
		return nil, p.o.at(ct.pos, ct.len, "%s takes numbers or times, and %s is text: first, last and distinct take it", t.s, c.name)
	}
	a := &aggregate{fn: t.s, col: c, of: pattern{kind: int(datasets.Purchase)}}
	if p.takeWord("of") {
		var err error
		if a.of, err = p.eventOf(); err != nil {
			return nil, err
		}
	}
	err := p.expect(")", t.s+" takes a column and, after of, an event")
	a.spot = p.spot(t.pos)
	return a, err
}

// named reads feature("x"), feature.x, customer("x") and customer.x.
func (p *parser) named(t token) (node, error) {
	var n token
	switch {
	case p.isSign("."):
		p.take()
		n = p.take()
		if n.kind == word {
			n.s = p.said(n) // as written: names keep their capitals
		} else if n.kind != name && n.kind != text {
			return nil, p.o.at(n.pos, max(n.len, 1), "a name follows %s. , as %s.country or %s.\"home country\"", t.s, t.s, t.s)
		}
	case p.isSign("("):
		p.take()
		n = p.take()
		if n.kind != name && n.kind != text {
			return nil, p.o.at(n.pos, max(n.len, 1), "the name stands in quotes: %s(\"%s\")", t.s, p.said(n))
		}
		if err := p.expect(")", t.s+" takes one name"); err != nil {
			return nil, err
		}
	default:
		return nil, p.o.at(t.pos, t.len, "%s goes on with a name: %s(\"…\") or %s.…", t.s, t.s, t.s)
	}
	if t.s == "feature" {
		return &feature{p.spot(t.pos), n.s}, nil
	}
	return &descriptor{p.spot(t.pos), n.s, undecided}, nil
}
