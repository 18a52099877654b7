package load

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/digits"
)

// sessionPause parts the sessions that a Clock lays end to end: more than the half
// hour at which sessions are usually cut.
const sessionPause = 31 * time.Minute

// made returns the stamps of a mapping's Clock: µs UTC for every row. What was made
// up is said.
func (m *maker) made() (*stampsOf, error) {
	c := m.mapping.Clock
	origin := time.Date(c.Origin.Year(), c.Origin.Month(), c.Origin.Day(), 0, 0, 0, 0, m.zone)
	day := origin.Format(time.DateOnly)
	n := m.f.rows
	out := &stampsOf{at: make([]int64, n), state: make([]byte, n), codes: make([]int32, n)}
	for r := range n {
		out.codes[r] = int32(r)
		out.state[r] = 1
		out.at[r] = origin.UnixMicro()
	}
	var x []float64
	var of *column
	if c.Unit == "ms" || c.Unit == "s" || c.Unit == "months before" {
		i, ok := m.cols["time"]
		if !ok {
			return nil, reject("D004", setFlag("columns.time", "COLUMN"), "%s counts %s, and no column holds them", m.f.parts[0].name, c.Unit)
		}
		x, of = m.numbers("time", i), m.f.cols[i]
		for r := range n {
			if v := x[of.codes[r]]; math.IsNaN(v) {
				out.state[r] = 0
			}
		}
	}
	switch c.Unit {
	case "":
		m.say("The file tells no dates: everything is put on %s. Features of timing say nothing here.", day)
	case "rows":
		seen := make([]int, m.f.cols[m.cols["customer"]].dict.len())
		for r, k := range m.f.cols[m.cols["customer"]].codes {
			out.at[r] = m.dayAfter(origin, seen[k])
			seen[k]++
		}
		m.say("The file tells the order of a customer's rows and no dates: the first is put on %s, each next one a day later. Features of timing say nothing here.", day)
	case "months before":
		for r := range n {
			if out.state[r] == 1 {
				out.at[r] = m.dayAfter(origin, -int(math.Round(x[of.codes[r]]*30.4375)))
			}
		}
		m.say("Column %q counts months before %s: days are good to a month.", m.name(m.cols["time"]), day)
	case "ms", "s":
		unit := 1e3
		if c.Unit == "s" {
			unit = 1e6
		}
		m.sessions(out, func(r int) int64 { return int64(math.Round(x[of.codes[r]] * unit)) })
		m.say("Column %q counts %s from the start of a session, whose hour is not told: a customer's sessions of %s follow each other from midnight on, in the order of their names, %d minutes apart. Times within a session are real, hours of the day are missing.",
			m.name(m.cols["time"]), c.Unit, day, int(sessionPause.Minutes()))
	default:
		panic("load: clock unit " + c.Unit)
	}
	return out, nil
}

// dayAfter returns the local midnight that is so many days after another.
func (m *maker) dayAfter(t time.Time, days int) int64 {
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, m.zone).UnixMicro()
}

// sessions adds to every row's stamp its offset in its session, and the sessions
// that the customer had before.
func (m *maker) sessions(out *stampsOf, offset func(row int) int64) {
	who := m.f.cols[m.cols["customer"]]
	var of *column
	if i, ok := m.cols["session"]; ok {
		of = m.f.cols[i]
	}
	type key struct{ customer, session int32 }
	length := map[key]int64{}
	keyOf := func(r int) key {
		k := key{customer: who.codes[r]}
		if of != nil {
			k.session = of.codes[r]
		}
		return k
	}
	for r := range m.f.rows {
		if out.state[r] == 1 {
			k := keyOf(r)
			length[k] = max(length[k], offset(r))
		}
	}
	var order []key
	for k := range length {
		order = append(order, k)
	}
	name := func(k key) string {
		if of == nil {
			return ""
		}
		return of.dict.word(k.session)
	}
	slices.SortFunc(order, func(a, b key) int {
		if a.customer != b.customer {
			return int(a.customer - b.customer)
		}
		// Names of one customer differ by a number: the shorter is the smaller.
		if x, y := name(a), name(b); len(x) != len(y) {
			return len(x) - len(y)
		} else {
			return strings.Compare(x, y)
		}
	})
	start := map[key]int64{}
	var at int64
	for i, k := range order {
		if i == 0 || order[i-1].customer != k.customer {
			at = 0
		}
		start[k] = at
		at += length[k] + sessionPause.Microseconds()
	}
	for r := range m.f.rows {
		if out.state[r] == 1 {
			out.at[r] += start[keyOf(r)] + offset(r)
		}
	}
}

// noClock says that what a clock made up is no measure of time.
func noClock(c *datasets.Clock) bool { return c != nil && c.Unit != "ms" && c.Unit != "s" }

// early moves stamps before the window to its start, if the mapping asks for it.
func (m *maker) early(s *stampsOf) {
	if !m.mapping.Early || m.mapping.From.IsZero() {
		return
	}
	from := m.mapping.From.UnixMicro()
	var moved int64
	uses := make([]int64, len(s.at))
	for _, k := range s.codes {
		uses[k]++
	}
	for k, at := range s.at {
		if s.state[k] == 1 && at < from {
			s.at[k] = from
			moved += uses[k]
		}
	}
	m.note("early", moved, "%s before %s moved to that day: what began then still held.", count(moved, "event"), m.mapping.From.Format(time.DateOnly))
}

// excluded returns which values of the exclude column say yes; nil without one.
func (m *maker) excluded() []bool {
	i, ok := m.cols["exclude"]
	if !ok {
		return nil
	}
	c := m.f.cols[i]
	out := make([]bool, c.dict.len())
	for k := range out {
		s := c.dict.word(int32(k))
		switch strings.ToLower(s) {
		case "0", "0.0", "false", "f", "no", "n", "off", "nein", "nej", "nee":
		default:
			out[k] = !isMissing(s)
		}
	}
	return out
}

// answers casts the columns of the mapping's batteries: per column and code the
// answer, NaN = none.
func (m *maker) answers() []question {
	var out []question
	for _, b := range m.mapping.Batteries {
		var choice *column
		var taken []float64
		if b.Choice != "" {
			i := m.find(b.Choice)
			choice, taken = m.f.cols[i], m.numbers("answers", i)
		}
		for _, name := range b.Columns {
			i := m.find(name)
			q := question{battery: b.Name, item: name, label: b.Labels[name], col: m.f.cols[i], choice: choice, taken: taken}
			q.rating = m.ratings(i, b.Words)
			out = append(out, q)
		}
	}
	return out
}

// question is one column of answers.
type question struct {
	battery, item, label string
	col                  *column
	rating               []float64 // per code
	choice               *column
	taken                []float64
}

// of returns the answer in a row.
func (q *question) of(r int) float64 {
	x := q.rating[q.col.codes[r]]
	if q.choice == nil {
		return x
	}
	if x == 0 {
		return math.NaN()
	}
	return x * (2*q.taken[q.choice.codes[r]] - 1)
}

// ratings casts a column of answers: words by the list, the rest must be numbers.
func (m *maker) ratings(i int, words map[string]float64) []float64 {
	c := m.f.cols[i]
	n, first := c.uses()
	out := make([]float64, len(n))
	var bad badValues
	for k := range n {
		s := c.dict.word(int32(k))
		x, known := words[s]
		if !known {
			x = math.NaN()
			if !isMissing(s) && n[k] > 0 {
				y, ok := parseNumber(s, cmpSign(m.prof[i].decimal))
				if !ok {
					bad.add(s, n[k], int(first[k]))
				} else {
					x = y
				}
			}
		}
		out[k] = x
	}
	if bad.n > 0 {
		e := bad.report(m.plan, "D006", fmt.Sprintf("%s in column %q (answers) %s not a number", count(bad.n, "value"), m.name(i), isAre(bad.n)), i)
		e.Fix = "answer in numbers, or leave the column out of the answers"
		m.problems = append(m.problems, e)
	}
	return out
}

// services returns which rows' items are no products, per rule, and says how many.
func (m *maker) services() ([]dropper, error) { return m.rules(m.mapping.Services) }

// sayServices notes the lines of items that are no products.
func (m *maker) sayServices(n int64, items int) {
	did := "kept, and marked in the table of items"
	if m.mapping.DropServices {
		did = "left out"
	}
	m.note("service", n, "%s of %s that are no products (postage, fees, vouchers) %s.", count(n, "row"), digits.Int(items)+" items", did)
}
