package rule

import (
	"fmt"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// kindOf is what a piece of a rule is.
type kindOf uint8

const (
	boolean   kindOf = iota // holds or not
	quantity                // a number
	words                   // text
	instant                 // a time
	undecided               // a descriptor: what it is compared with says
)

func (k kindOf) String() string {
	return [...]string{"a condition", "a number", "text", "a date", "a descriptor"}[k]
}

// node is a piece of a rule.
type node interface {
	place() (pos, length int)
	is() kindOf
}

// spot is where a piece stands.
type spot struct{ pos, len int }

func (s spot) place() (int, int) { return s.pos, s.len }

type (
	// logic is and or or of two or more conditions.
	logic struct {
		spot
		and   bool
		parts []node
	}
	negation struct {
		spot
		x node
	}
	comparison struct {
		spot
		op   string // = != < <= > >= contains starts
		x, y node
	}
	between struct {
		spot
		x, lo, hi node
		not       bool
	}
	membership struct {
		spot
		x    node
		list []node
		not  bool
	}
	missing struct {
		spot
		x   node
		not bool
	}
	arithmetic struct {
		spot
		op   byte
		x, y node
	}
	literalNumber struct {
		spot
		x float64
	}
	literalText struct {
		spot
		s string
	}
	literalTime struct {
		spot
		wall int64
		now  bool
		s    string
	}
	everyone struct{ spot }
	// column is a column of the event in question.
	column struct {
		spot
		c *columnDef
	}
	// feature is a customer's value of a column of the matrix.
	feature struct {
		spot
		name string
	}
	// descriptor is a customer's value in the table of customers.
	descriptor struct {
		spot
		name string
		kind kindOf // undecided, quantity or words
	}
	// aggregate is one number, text or time made of a customer's events.
	aggregate struct {
		spot
		fn  string     // count, days, orders, recency, tenure, sum, avg, min, max, first, last, distinct
		col *columnDef // of sum and the like, else nil
		of  pattern
		win *window
	}
	// happening holds where a chain of events is found; most have one link.
	happening struct {
		spot
		steps []step
		win   *window
	}
)

func (*logic) is() kindOf         { return boolean }
func (*negation) is() kindOf      { return boolean }
func (*comparison) is() kindOf    { return boolean }
func (*between) is() kindOf       { return boolean }
func (*membership) is() kindOf    { return boolean }
func (*missing) is() kindOf       { return boolean }
func (*everyone) is() kindOf      { return boolean }
func (*happening) is() kindOf     { return boolean }
func (*arithmetic) is() kindOf    { return quantity }
func (*literalNumber) is() kindOf { return quantity }
func (*literalText) is() kindOf   { return words }
func (*literalTime) is() kindOf   { return instant }
func (c *column) is() kindOf      { return c.c.kind }
func (*feature) is() kindOf       { return quantity }
func (d *descriptor) is() kindOf  { return d.kind }
func (a *aggregate) is() kindOf {
	switch a.fn {
	case "min", "max", "first", "last":
		return a.col.kind
	}
	return quantity
}

// anyKind is the pattern of events of every kind.
const anyKind = -1

// pattern says which events are meant.
type pattern struct {
	kind   int  // a datasets.Kind, or anyKind
	filter node // nil = all
}

// step is one link of a chain of events.
type step struct {
	pattern
	none   bool // no such event came
	within span // after the step before it; zero = whenever
}

// span is a length of time.
type span struct {
	n    int
	unit string // min, h, d, w, mo, y
}

var spanUnits = []string{"min", "h", "d", "w", "mo", "y"}

// spanWords are the other ways of writing a unit.
var spanWords = map[string]string{
	"minute": "min", "minutes": "min", "mins": "min", "hour": "h", "hours": "h", "day": "d", "days": "d",
	"week": "w", "weeks": "w", "month": "mo", "months": "mo", "year": "y", "years": "y",
}

// micros is the length in µs; 0 for months and years, which have none.
func (s span) micros() int64 {
	u := map[string]int64{"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}[s.unit]
	return int64(s.n) * u * 1_000_000
}

// before returns the instant of the wall's clock that lies the span before wall.
func (s span) before(wall int64) int64 {
	months := 0
	switch s.unit {
	case "mo":
		months = s.n
	case "y":
		months = 12 * s.n
	default:
		return wall - s.micros()
	}
	t := time.UnixMicro(wall).UTC()
	y, m, d := t.Date()
	first := time.Date(y, m-time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(d, last)-1).UnixMicro() + wall - time.Date(y, m, d, 0, 0, 0, 0, time.UTC).UnixMicro()
}

func (s span) String() string {
	long := map[string]string{"min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}[s.unit]
	if s.n == 1 {
		return "1 " + long
	}
	return fmt.Sprintf("%d %ss", s.n, long)
}

// window says which events count by their time.
type window struct {
	spot
	ever     bool
	first    bool         // the span after the customer's first event
	span     span         // n = 0: none
	from, to *literalTime // nil = open; to is also what a span ends with
}

// bounds are the first instant of the window and the first after it, by the clock on the
// wall; begin is the customer's first event.
func (w *window) bounds(now, begin int64) (lo, hi int64) {
	lo, hi = earliest, now
	switch {
	case w == nil || w.ever:
		return lo, hi
	case w.first:
		return begin, min(now, begin+w.span.micros())
	}
	if w.to != nil && !w.to.now {
		hi = min(hi, w.to.wall)
	}
	if w.from != nil {
		lo = w.from.at(now)
	}
	if w.span.n > 0 {
		end := now
		if w.to != nil {
			end = w.to.at(now)
		}
		lo = w.span.before(end)
	}
	return lo, hi
}

// earliest lies before every stamp.
const earliest = -1 << 62

func (t *literalTime) at(now int64) int64 {
	if t.now {
		return now
	}
	return t.wall
}

// columnDef is a column of an event.
type columnDef struct {
	name  string
	kind  kindOf
	field datasets.Fields // that the log must carry; 0 = always there
	text  func(h datasets.History, i int) string
	num   func(h datasets.History, i int) float64
}

// weekdays are the values of the column weekday.
var weekdays = []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

// eventColumns are the columns that filters may ask of; time and date are read from the
// stamps by the evaluator.
var eventColumns = []*columnDef{
	{name: "kind", kind: words, text: func(h datasets.History, i int) string { return h.Kind(i).String() }},
	{name: "time", kind: instant},
	{name: "date", kind: instant},
	{name: "hour", kind: quantity, field: datasets.FieldHour},
	{name: "weekday", kind: words},
	{name: "month", kind: quantity},
	{name: "order", kind: words, field: datasets.FieldOrder, text: datasets.History.Order},
	{name: "item", kind: words, field: datasets.FieldItem, text: datasets.History.Item},
	{name: "category", kind: words, field: datasets.FieldCategory, text: datasets.History.Category},
	{name: "brand", kind: words, field: datasets.FieldBrand, text: datasets.History.Brand},
	{name: "channel", kind: words, field: datasets.FieldChannel, text: datasets.History.Channel},
	{name: "campaign", kind: words, field: datasets.FieldCampaign, text: datasets.History.Campaign},
	{name: "session", kind: words, field: datasets.FieldSession, text: datasets.History.Session},
	{name: "quantity", kind: quantity, field: datasets.FieldQuantity, num: datasets.History.Quantity},
	{name: "price", kind: quantity, field: datasets.FieldPrice, num: datasets.History.Price},
	{name: "amount", kind: quantity, field: datasets.FieldAmount, num: datasets.History.Amount},
	{name: "discount", kind: quantity, field: datasets.FieldDiscount, num: datasets.History.Discount},
	{name: "margin", kind: quantity, field: datasets.FieldMargin, num: datasets.History.Margin},
	{name: "rating", kind: quantity, field: datasets.FieldRating, num: datasets.History.Rating},
	{name: "points", kind: quantity, field: datasets.FieldPoints, num: datasets.History.Points},
}

func columnNamed(s string) *columnDef {
	for _, c := range eventColumns {
		if c.name == s {
			return c
		}
	}
	return nil
}

func columnNames() []string {
	var out []string
	for _, c := range eventColumns {
		out = append(out, c.name)
	}
	return out
}

// plural is the word that counts events of a kind.
func plural(kind string) string {
	if strings.HasSuffix(kind, "ch") {
		return kind + "es"
	}
	return kind + "s"
}

// kindByPlural returns the kind that the word counts.
func kindByPlural(s string) (int, bool) {
	for i, n := range datasets.KindNames() {
		if plural(n) == s {
			return i, true
		}
	}
	return 0, false
}

// isPlural reports whether the word counts events.
func isPlural(s string) bool {
	_, ok := kindByPlural(s)
	return ok || s == "events"
}

// walk calls visit on n and everything in it, outer ones first.
func walk(n node, visit func(node)) {
	if n == nil {
		return
	}
	visit(n)
	switch n := n.(type) {
	case *logic:
		for _, p := range n.parts {
			walk(p, visit)
		}
	case *negation:
		walk(n.x, visit)
	case *comparison:
		walk(n.x, visit)
		walk(n.y, visit)
	case *between:
		walk(n.x, visit)
		walk(n.lo, visit)
		walk(n.hi, visit)
	case *membership:
		walk(n.x, visit)
		for _, p := range n.list {
			walk(p, visit)
		}
	case *missing:
		walk(n.x, visit)
	case *arithmetic:
		walk(n.x, visit)
		walk(n.y, visit)
	case *aggregate:
		walk(n.of.filter, visit)
	case *happening:
		for _, s := range n.steps {
			walk(s.filter, visit)
		}
	}
}
