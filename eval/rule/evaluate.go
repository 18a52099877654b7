package rule

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// value is what a piece comes to; known is false where it is missing.
type value struct {
	known bool
	x     float64
	s     string
	wall  int64
}

func num(x float64) value {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return value{}
	}
	return value{known: true, x: x}
}

func str(s string) value     { return value{known: s != "", s: s} }
func clock(wall int64) value { return value{known: true, wall: wall} }

// customer is one customer's history as rules see it at an instant.
type customer struct {
	h     datasets.History
	n     int     // events before now
	walls []int64 // the wall's clock at each event, µs
	now   int64   // the wall's clock
	day   bool    // stamps tell days only
	row   []float64
	cols  map[string]int // of row
	keyed *datasets.Table
}

// wallOf is the clock on the wall at an instant, as µs.
func wallOf(m *datasets.Meta, t int64) int64 {
	if m.Zone == nil || m.Zone == time.UTC {
		return t
	}
	_, off := m.Local(t).Zone()
	return t + int64(off)*1_000_000
}

const dayMicros = 86_400_000_000

func dayOf(wall int64) int64 {
	q := wall / dayMicros
	if wall%dayMicros < 0 {
		q--
	}
	return q
}

// holds evaluates a condition; i is the event in question, or −1.
func (c *customer) holds(n node, i int) bool {
	switch n := n.(type) {
	case nil:
		return true
	case *everyone:
		return true
	case *logic:
		for _, p := range n.parts {
			if c.holds(p, i) != n.and {
				return !n.and
			}
		}
		return n.and
	case *negation:
		return !c.holds(n.x, i)
	case *comparison:
		return compare(n.op, n.x.is(), c.value(n.x, i), c.value(n.y, i))
	case *between:
		x, lo, hi := c.value(n.x, i), c.value(n.lo, i), c.value(n.hi, i)
		if !x.known || !lo.known || !hi.known {
			return false
		}
		k := n.x.is()
		return (compare(">=", k, x, lo) && compare("<=", k, x, hi)) != n.not
	case *membership:
		x := c.value(n.x, i)
		if !x.known {
			return false
		}
		in, unknown := false, false
		for _, y := range n.list {
			v := c.value(y, i)
			unknown = unknown || !v.known
			in = in || compare("=", n.x.is(), x, v)
		}
		if n.not {
			return !in && !unknown
		}
		return in
	case *missing:
		return c.value(n.x, i).known == n.not
	case *happening:
		return c.happened(n)
	}
	panic("rule: a condition of unknown form")
}

func compare(op string, k kindOf, x, y value) bool {
	if !x.known || !y.known {
		return false
	}
	switch op {
	case "contains":
		return strings.Contains(x.s, y.s)
	case "starts":
		return strings.HasPrefix(x.s, y.s)
	}
	d := 0
	switch k {
	case words:
		d = strings.Compare(x.s, y.s)
	case instant:
		d = order(x.wall, y.wall)
	default:
		d = order(x.x, y.x)
	}
	switch op {
	case "=":
		return d == 0
	case "!=":
		return d != 0
	case "<":
		return d < 0
	case "<=":
		return d <= 0
	case ">":
		return d > 0
	}
	return d >= 0
}

func order[T int64 | float64](x, y T) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// value evaluates a value.
func (c *customer) value(n node, i int) value {
	switch n := n.(type) {
	case *literalNumber:
		return num(n.x)
	case *literalText:
		return value{known: true, s: n.s}
	case *literalTime:
		return clock(n.at(c.now))
	case *column:
		return c.column(n.c, i)
	case *feature:
		if j, ok := c.cols[n.name]; ok && c.row != nil {
			return num(c.row[j])
		}
		return value{}
	case *descriptor:
		return c.descriptor(n)
	case *arithmetic:
		x, y := c.value(n.x, i), c.value(n.y, i)
		if !x.known || !y.known {
			return value{}
		}
		switch n.op {
		case '+':
			return num(x.x + y.x)
		case '-':
			return num(x.x - y.x)
		case '*':
			return num(x.x * y.x)
		}
		return num(x.x / y.x) // by zero: missing
	case *aggregate:
		return c.aggregate(n)
	}
	panic("rule: a value of unknown form")
}

func (c *customer) column(d *columnDef, i int) value {
	switch d.name {
	case "time":
		return clock(c.walls[i])
	case "date":
		return clock(dayOf(c.walls[i]) * dayMicros)
	case "hour":
		if c.day {
			return value{}
		}
		return num(float64((c.walls[i] - dayOf(c.walls[i])*dayMicros) / 3_600_000_000))
	case "weekday":
		return str(weekdays[((dayOf(c.walls[i])+3)%7+7)%7]) // 1970-01-01 was a Thursday
	case "month":
		return num(float64(time.UnixMicro(c.walls[i]).UTC().Month()))
	}
	if d.text != nil {
		return str(d.text(c.h, i))
	}
	return num(d.num(c.h, i))
}

func (c *customer) descriptor(d *descriptor) value {
	if c.keyed == nil {
		return value{}
	}
	col := c.keyed.Col(d.name)
	row, ok := c.keyed.Find(c.h.ID)
	switch {
	case col == nil || !ok:
		return value{}
	case col.Text != nil:
		return str(col.Text[row])
	}
	return num(col.Num[row])
}

// matches reports whether event i, which lies in [lo, hi), is meant by the pattern.
func (c *customer) matches(of *pattern, i int, lo, hi int64) bool {
	return c.walls[i] >= lo && c.walls[i] < hi && (of.kind == anyKind || int(c.h.Kind(i)) == of.kind) && c.holds(of.filter, i)
}

// sixDecimals rounds a sum or an average: halves up.
func sixDecimals(x float64) float64 { return math.Floor(x*1e6+.5) / 1e6 }

func (c *customer) begin() int64 {
	if c.n == 0 {
		return c.now
	}
	return slices.Min(c.walls[:c.n])
}

// aggregate makes one value of the events that are meant.
func (c *customer) aggregate(a *aggregate) value {
	begin := c.begin()
	if a.fn == "tenure" {
		return num(float64(dayOf(c.now) - dayOf(begin)))
	}
	lo, hi := a.win.bounds(c.now, begin)
	var (
		n, days       int
		sum           float64
		last          = int64(math.MinInt64) // day
		seen          map[value]bool
		best          value
		bestAt        int64
		seenDays      map[int64]bool
		latest        = int64(math.MinInt64)
		count, columd = 0, a.col
	)
	for i := range c.n {
		if !c.matches(&a.of, i, lo, hi) {
			continue
		}
		n++
		d := dayOf(c.walls[i])
		latest = max(latest, d)
		if a.fn == "days" && d != last {
			// The clock can go back at night: a day may come twice.
			if seenDays == nil {
				seenDays = map[int64]bool{}
			}
			if !seenDays[d] {
				seenDays[d] = true
				days++
			}
			last = d
		}
		if columd == nil {
			continue
		}
		v := c.column(columd, i)
		if !v.known {
			continue
		}
		count++
		switch a.fn {
		case "sum", "avg":
			sum += v.x
		case "distinct":
			if seen == nil {
				seen = map[value]bool{}
			}
			seen[v] = true
		default:
			at := c.walls[i]
			better := count == 1
			if !better {
				less := compare("<", columd.kind, v, best)
				more := compare(">", columd.kind, v, best)
				switch a.fn {
				case "min":
					better = less
				case "max":
					better = more
				case "first":
					better = at < bestAt || at == bestAt && less
				case "last":
					better = at > bestAt || at == bestAt && more
				}
			}
			if better {
				best, bestAt = v, at
			}
		}
	}
	switch a.fn {
	case "count":
		return num(float64(n))
	case "days":
		return num(float64(days))
	case "recency":
		if n == 0 {
			return value{}
		}
		return num(float64(dayOf(c.now) - latest))
	case "distinct":
		return num(float64(len(seen)))
	case "sum":
		return num(sixDecimals(sum))
	case "avg":
		if count == 0 {
			return value{}
		}
		return num(sixDecimals(sum / float64(count)))
	}
	return best
}

// happened reports whether the chain of events is found. Of the events that can be the
// last step so far only the latest before the next one matters: it is the one that is
// nearest, so one pass a step is enough.
func (c *customer) happened(h *happening) bool {
	lo, hi := h.win.bounds(c.now, c.begin())
	var reach []int64 // stamps at which the steps so far can be complete, ascending
	for k := range h.steps {
		s := &h.steps[k]
		var found []int64
		for i := range c.n {
			if c.matches(&s.pattern, i, lo, hi) {
				found = append(found, c.walls[i])
			}
		}
		slices.Sort(found)
		switch {
		case k == 0:
			reach = found
		case s.none:
			return slices.ContainsFunc(reach, func(t int64) bool { return absent(found, t, s.within.micros(), hi) })
		default:
			reach = follow(reach, found, s.within.micros())
		}
		if len(reach) == 0 {
			return false
		}
	}
	return true
}

// follow returns those of next that lie after one of reach, at most within later.
func follow(reach, next []int64, within int64) []int64 {
	var out []int64
	j := 0
	for _, t := range next {
		for j < len(reach) && reach[j] < t {
			j++
		}
		if j > 0 && (within == 0 || t-reach[j-1] <= within) {
			out = append(out, t)
		}
	}
	return out
}

// absent reports whether none of found comes after t, within the time, which must be over.
func absent(found []int64, t, within, hi int64) bool {
	if within > 0 && t+within >= hi {
		return false
	}
	at, _ := slices.BinarySearch(found, t+1)
	return at == len(found) || within > 0 && found[at]-t > within
}

// newCustomer prepares a history; ok is false for who has no event before now.
func newCustomer(h datasets.History, now int64, x *features.Matrix, rows, cols map[string]int) (*customer, bool) {
	c := &customer{h: h, now: now, day: h.Meta.Resolution == datasets.Day, cols: cols, keyed: h.Customers(), walls: make([]int64, 0, h.Len())}
	for i := range h.Len() {
		w := wallOf(h.Meta, h.Stamp(i))
		if w < now {
			c.n = i + 1
		}
		c.walls = append(c.walls, w)
	}
	if r, ok := rows[h.ID]; ok && x != nil {
		c.row = x.Row(r)
	}
	if c.n == 0 {
		return nil, false
	}
	return c, true
}
