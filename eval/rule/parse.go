package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// Rule is a rule that was read.
type Rule struct {
	Name   string
	Source string // as written

	from origin
	root node
}

// Parse reads a rule; the name stands in messages and may be "". An error is an *Error.
func Parse(name, source string) (*Rule, error) {
	return parseAt(origin{name: name, src: source})
}

// deepest is how deep conditions may stand in each other: nobody can read more, and a
// machine's rule must not exhaust the stack.
const deepest = 200

// longestRule and mostTokens bound a text, in bytes and words: a query grows with their
// square.
const (
	longestRule = 1 << 20
	mostTokens  = 10_000
)

func parseAt(o origin) (*Rule, error) {
	if len(o.src) > longestRule {
		return nil, o.at(0, 1, "a rule of %d bytes: %d is the most", len(o.src), longestRule)
	}
	toks, err := lex(&o)
	if err != nil {
		return nil, err
	}
	if len(toks) > mostTokens {
		return nil, o.at(toks[mostTokens].pos, 1, "a rule of more than %d words: nobody can read it", mostTokens)
	}
	p := &parser{o: &o, toks: toks}
	if p.peek().kind == end {
		return nil, o.at(0, 1, "a rule without a condition: write one, as purchases >= 2 in 30 d").among("", "", nil)
	}
	root, err := p.expr(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != end {
		return nil, p.surplus(t, root)
	}
	if err := p.need(root, boolean); err != nil {
		return nil, err
	}
	return &Rule{Name: o.name, Source: strings.TrimSpace(o.src), from: o, root: root}, nil
}

// parser is a parser by precedence: an expression is a prefix and the operators after it
// that bind tighter than what stands before it (Pratt 1973, doi 10.1145/512927.512931).
type parser struct {
	o     *origin
	toks  []token
	at    int
	depth int
	event bool // inside a filter: columns stand for values
}

// How tight operators bind.
const (
	bindOr = 1 + iota
	bindAnd
	bindNot
	bindCompare
	bindAdd
	bindMul
	bindMinus
	bindWindow
)

func (p *parser) peek() token       { return p.toks[p.at] }
func (p *parser) ahead(n int) token { return p.toks[min(p.at+n, len(p.toks)-1)] }
func (p *parser) isWord(s string) bool {
	t := p.peek()
	return t.kind == word && t.s == s
}

func (p *parser) isSign(s string) bool {
	t := p.peek()
	return t.kind == sign && t.s == s
}

func (p *parser) take() token {
	t := p.toks[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// takeWord takes the word if it stands next.
func (p *parser) takeWord(s string) bool {
	if p.isWord(s) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(s, why string) error {
	if !p.isSign(s) {
		t := p.peek()
		if t.kind == end {
			return p.o.at(t.pos, 1, "the rule ends, but %s is to come: %s", s, why)
		}
		return p.o.at(t.pos, t.len, "%s is to come before %s: %s", s, p.said(t), why)
	}
	p.at++
	return nil
}

// said quotes a token as it was written.
func (p *parser) said(t token) string {
	if t.kind == end {
		return "the end"
	}
	return p.o.src[t.pos : t.pos+t.len]
}

// from is the place of everything from byte pos to the last token taken.
func (p *parser) spot(pos int) spot {
	last := p.toks[max(p.at-1, 0)]
	return spot{pos, last.pos + last.len - pos}
}

// need refuses a piece that is not of that kind.
func (p *parser) need(n node, k kindOf) error {
	if n.is() == k {
		return nil
	}
	if d, ok := n.(*descriptor); ok && (k == quantity || k == words) {
		d.kind = k
		return nil
	}
	pos, length := n.place()
	e := p.o.at(pos, length, "%s is wanted here, and this is %s", k, n.is())
	if a, ok := n.(*aggregate); ok && k == boolean {
		e.Msg += ": compare it, as " + p.o.src[pos:pos+length] + " >= 1"
	} else if k == boolean {
		e.Msg += ": compare it with something"
	} else if h, ok := n.(*happening); ok && k == quantity && len(h.steps) == 1 {
		e.Msg += ": count it, as " + counted(h.steps[0].kind)
		_ = a
	}
	return e
}

func counted(kind int) string {
	if kind == anyKind {
		return "events"
	}
	return plural(datasets.Kind(kind).String())
}

// expr reads what binds tighter than least.
func (p *parser) expr(least int) (node, error) {
	if p.depth++; p.depth > deepest {
		t := p.peek()
		return nil, p.o.at(t.pos, max(t.len, 1), "conditions stand more than %d deep in each other", deepest)
	}
	defer func() { p.depth-- }()
	begin := p.peek().pos
	left, err := p.prefix()
	if err != nil {
		return nil, err
	}
	for {
		next, ok, err := p.infix(left, begin, least)
		if err != nil {
			return nil, err
		}
		if !ok {
			return left, nil
		}
		left = next
	}
}

// compares are the signs that compare.
var compares = []string{"=", "!=", "<", "<=", ">", ">="}

// infix takes the operator after left, if there is one that binds tighter than least.
func (p *parser) infix(left node, begin, least int) (node, bool, error) {
	t := p.peek()
	if t.kind != word && t.kind != sign {
		return nil, false, nil
	}
	if p.windowNext() {
		if p.event || !windowless(left) {
			return nil, false, nil // it belongs to what stands around this, or to nothing
		}
		w, err := p.window()
		if err != nil {
			return nil, false, err
		}
		if err := p.apply(left, w); err != nil {
			return nil, false, err
		}
		return left, true, nil
	}
	bind := 0
	switch {
	case t.s == "or" && t.kind == word:
		bind = bindOr
	case t.s == "and" && t.kind == word:
		bind = bindAnd
	case t.kind == word && slices.Contains([]string{"between", "in", "is", "contains", "starts", "not"}, t.s),
		t.kind == sign && slices.Contains(compares, t.s):
		bind = bindCompare
	case t.kind == sign && (t.s == "+" || t.s == "-"):
		bind = bindAdd
	case t.kind == sign && (t.s == "*" || t.s == "/"):
		bind = bindMul
	default:
		return nil, false, nil
	}
	if bind <= least {
		if bind == bindCompare && least == bindCompare {
			return nil, false, p.o.at(t.pos, t.len, "a comparison cannot be compared: join two with and, or write between")
		}
		return nil, false, nil
	}
	switch bind {
	case bindOr, bindAnd:
		n, err := p.logic(left, begin, bind)
		return n, true, err
	case bindCompare:
		n, err := p.compare(left, begin)
		return n, true, err
	}
	p.take()
	right, err := p.expr(bind)
	if err != nil {
		return nil, false, err
	}
	for _, n := range []node{left, right} {
		if err := p.need(n, quantity); err != nil {
			return nil, false, err
		}
	}
	return &arithmetic{p.spot(begin), t.s[0], left, right}, true, nil
}

func (p *parser) logic(left node, begin, bind int) (node, error) {
	out := &logic{and: bind == bindAnd, parts: []node{left}}
	op := p.peek().s
	for p.takeWord(op) {
		right, err := p.expr(bind)
		if err != nil {
			return nil, err
		}
		out.parts = append(out.parts, right)
	}
	for _, n := range out.parts {
		if err := p.need(n, boolean); err != nil {
			return nil, err
		}
	}
	out.spot = p.spot(begin)
	return out, nil
}

// compare reads the comparison whose left side is known.
func (p *parser) compare(x node, begin int) (node, error) {
	t := p.take()
	not := false
	if t.s == "not" && t.kind == word {
		if not = true; !p.isWord("in") && !p.isWord("between") {
			return nil, p.o.at(t.pos, t.len, "not stands before a condition, or as \"not in\" and \"not between\"")
		}
		t = p.take()
	}
	if x.is() == boolean {
		pos, length := x.place()
		if h, ok := x.(*happening); ok && len(h.steps) == 1 && t.kind == sign {
			return nil, p.o.at(pos, length, "%s happened or not, which is no number: to count it write %s", p.o.src[pos:pos+length], counted(h.steps[0].kind))
		}
		return nil, p.o.at(pos, length, "a condition cannot be compared: it holds or not")
	}
	switch t.s {
	case "is":
		not := p.takeWord("not")
		if !p.takeWord("missing") {
			n := p.peek()
			return nil, p.o.at(n.pos, max(n.len, 1), "only \"is missing\" and \"is not missing\" begin with is: compare with =")
		}
		return &missing{p.spot(begin), x, not}, nil
	case "between":
		lo, err := p.expr(bindCompare)
		if err != nil {
			return nil, err
		}
		if !p.takeWord("and") {
			n := p.peek()
			return nil, p.o.at(n.pos, max(n.len, 1), "between has two bounds: between 2 and 5")
		}
		hi, err := p.expr(bindCompare)
		if err != nil {
			return nil, err
		}
		n := &between{p.spot(begin), x, lo, hi, not}
		if err := p.alike(x, lo, true); err != nil {
			return nil, err
		}
		if err := p.alike(x, hi, true); err != nil {
			return nil, err
		}
		return n, p.forward(lo, hi)
	case "in":
		return p.list(x, begin, not)
	case "contains", "starts":
		if t.s == "starts" && !p.takeWord("with") {
			n := p.peek()
			return nil, p.o.at(n.pos, max(n.len, 1), "starts goes on: starts with 'text'")
		}
		y, err := p.expr(bindCompare)
		if err != nil {
			return nil, err
		}
		for _, n := range []node{x, y} {
			if err := p.need(n, words); err != nil {
				return nil, err
			}
		}
		return &comparison{p.spot(begin), t.s, x, y}, nil
	}
	y, err := p.expr(bindCompare)
	if err != nil {
		return nil, err
	}
	return &comparison{p.spot(begin), t.s, x, y}, p.alike(x, y, t.s != "=" && t.s != "!=")
}

// forward refuses bounds between which nothing lies.
func (p *parser) forward(lo, hi node) error {
	a, okA := lo.(*literalNumber)
	b, okB := hi.(*literalNumber)
	x, okX := lo.(*literalTime)
	y, okY := hi.(*literalTime)
	if okA && okB && a.x > b.x || okX && okY && !x.now && !y.now && x.wall > y.wall {
		pos, _ := lo.place()
		to, length := hi.place()
		return p.o.at(pos, to+length-pos, "nothing lies between these: the smaller bound comes first")
	}
	return nil
}

func (p *parser) list(x node, begin int, not bool) (node, error) {
	if err := p.expect("(", "write in ('a', 'b'), or in 30 d for a window"); err != nil {
		return nil, err
	}
	n := &membership{x: x, not: not}
	for {
		y, err := p.expr(bindCompare)
		if err != nil {
			return nil, err
		}
		if err := p.alike(x, y, false); err != nil {
			return nil, err
		}
		n.list = append(n.list, y)
		if !p.isSign(",") {
			break
		}
		p.take()
	}
	err := p.expect(")", "the list is open")
	n.spot = p.spot(begin)
	return n, err
}

// alike refuses to compare what cannot be.
func (p *parser) alike(x, y node, ordered bool) error {
	dx, okx := x.(*descriptor)
	dy, oky := y.(*descriptor)
	switch {
	case okx && dx.kind == undecided && oky && dy.kind == undecided && ordered:
		dx.kind, dy.kind = quantity, quantity
	case okx && dx.kind == undecided && oky && dy.kind == undecided:
		return p.o.at(dy.pos, dy.len, "compare a descriptor with a number or a text")
	case okx && dx.kind == undecided && y.is() != boolean:
		dx.kind = y.is()
	case oky && dy.kind == undecided && x.is() != boolean:
		dy.kind = x.is()
	}
	pos, length := y.place()
	if x.is() != y.is() {
		e := p.o.at(pos, length, "%s cannot be compared with %s", x.is(), y.is())
		if t, ok := y.(*literalText); ok && x.is() == instant {
			e.Msg += ": a date stands without quotes, as 2011-03-01"
		} else if ok && x.is() == quantity {
			_ = t
			e.Msg += ": a number stands without quotes"
		} else if x.is() == words {
			e.Msg += ": text stands in single quotes"
		}
		return e
	}
	if x.is() == boolean {
		return p.need(y, quantity)
	}
	if d, ok := x.(*descriptor); ok && d.kind == instant {
		return p.o.at(pos, length, "a descriptor is a number or text, and this is a date")
	}
	if ordered && x.is() == words {
		return p.o.at(pos, length, "text has no order: =, !=, in, contains and starts with ask for it")
	}
	return p.weekday(x, y)
}

// weekday makes the text that a weekday is compared with one of weekdays.
func (p *parser) weekday(x, y node) error {
	for _, side := range [][2]node{{x, y}, {y, x}} {
		c, ok := side[0].(*column)
		t, isText := side[1].(*literalText)
		if !ok || c.c.name != "weekday" || !isText {
			continue
		}
		full := []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
		at := slices.IndexFunc(full, func(f string) bool { return len(t.s) >= 3 && strings.HasPrefix(f, strings.ToLower(t.s)) })
		if at < 0 {
			return p.o.at(t.pos, t.len, "%q is no weekday", t.s).among(t.s, "weekdays", weekdays)
		}
		t.s = weekdays[at]
	}
	return nil
}

// surplus says why a rule goes on where it should end.
func (p *parser) surplus(t token, root node) error {
	switch {
	case t.kind == sign && t.s == ")":
		return p.o.at(t.pos, 1, "this parenthesis was never opened")
	case p.windowNext():
		return p.o.at(t.pos, t.len, "a window stands after what it counts, once: purchases >= 2 in 30 d")
	case t.kind == word && t.s == "then":
		return p.o.at(t.pos, t.len, "then joins events, as view then purchase within 7 d")
	case t.kind == word && t.s == "within":
		return p.o.at(t.pos, t.len, "within belongs to then, as view then purchase within 7 d; a window is written in 7 d")
	}
	if last := p.toks[max(p.at-1, 0)]; last.kind == number {
		switch close := last.pos+last.len == t.pos; {
		case t.kind == sign && t.s == ",", t.kind == number && close:
			return p.o.at(last.pos, t.pos+t.len-last.pos, "numbers have a point and no separators of thousands, as 1234.5")
		case t.kind == word && close:
			return p.o.at(last.pos, t.pos+t.len-last.pos, "%s%s is no number: write it out, as 100000", p.said(last), p.said(t))
		case t.kind == word && (slices.Contains(spanUnits, t.s) || spanWords[t.s] != ""):
			return p.o.at(t.pos, t.len, "a comparison has no unit: recency and tenure are days already; a window is written in %s %s", p.said(last), p.said(t))
		}
	}
	if t.kind == word && (t.s == "like" || t.s == "ilike" || t.s == "matches") {
		return p.o.at(t.pos, t.len, "%s is no word of this language: write contains 'text' or starts with 'text'", p.said(t))
	}
	e := p.o.at(t.pos, t.len, "the condition is complete before %s: join another with and or or", p.said(t))
	if t.kind == word {
		e.among(t.s, "what can follow", []string{"and", "or", "in", "since", "before", "from", "between", "is", "contains", "starts with", "then", "within"})
	}
	return e
}

func (r *Rule) String() string {
	if r.Name == "" {
		return r.Source
	}
	return fmt.Sprintf("%s: %s", r.Name, r.Source)
}
