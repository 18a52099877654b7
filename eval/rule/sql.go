package rule

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mores-lab/mores/datasets"
)

// Tables names the tables and columns that a query reads. The zero value is the default.
//
// Events has a row an event with the columns customer, time (TIMESTAMP: the clock on the
// wall of the log's zone), kind, and those of a rule's filters under their own names, text
// as VARCHAR and numbers as DOUBLE. Features has a column id and one a feature; Customers a
// column customer and one a descriptor. NULL and ” are missing.
type Tables struct {
	Events    string // default events
	Features  string // default features
	Customers string // default customers
}

// SQL writes a query in DuckDB's dialect that lists the ids of the rule's members at now,
// in order: one scan of the events for all that the rule counts, and one join a step for
// chains. Names are quoted and text is escaped, so no name or text can change the query. now is
// the clock on the wall of the log's zone.
func (r *Rule) SQL(now time.Time, t Tables) string {
	y, m, d := now.Date()
	wall := time.Date(y, m, d, now.Hour(), now.Minute(), now.Second(), now.Nanosecond(), time.UTC).UnixMicro()
	q := &query{now: wall}
	where := q.holds(r.root, "")
	var b strings.Builder
	for line := range strings.SplitSeq(r.String(), "\n") {
		fmt.Fprintf(&b, "-- %s\n", strings.TrimSpace(strings.Map(commented, line)))
	}
	fmt.Fprintf(&b, "WITH past AS (\n  SELECT *")
	if q.begin {
		fmt.Fprintf(&b, ", min(\"time\") OVER (PARTITION BY \"customer\") AS \"first event\"")
	}
	fmt.Fprintf(&b, "\n  FROM %s\n  WHERE \"time\" < %s\n), counted AS (\n  SELECT \"customer\"", ident(or(t.Events, "events")), stamp(wall))
	for i, a := range q.counts {
		fmt.Fprintf(&b, ",\n    %s AS n%d", a, i+1)
	}
	fmt.Fprintf(&b, "\n  FROM past\n  GROUP BY \"customer\"\n)\nSELECT counted.\"customer\"\nFROM counted\n")
	if q.features {
		fmt.Fprintf(&b, "LEFT JOIN %s AS f ON f.\"id\" = counted.\"customer\"\n", ident(or(t.Features, "features")))
	}
	if q.customers {
		fmt.Fprintf(&b, "LEFT JOIN %s AS d ON d.\"customer\" = counted.\"customer\"\n", ident(or(t.Customers, "customers")))
	}
	fmt.Fprintf(&b, "WHERE %s\nORDER BY 1", where)
	return b.String()
}

// commented keeps a comment on its line: a carriage return ends one in SQL, but not here.
func commented(r rune) rune {
	if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
		return ' '
	}
	return r
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func stamp(wall int64) string {
	return "TIMESTAMP " + literal(time.UnixMicro(wall).UTC().Format("2006-01-02 15:04:05.999999"))
}

// query collects what a rule counts.
type query struct {
	now                        int64
	counts                     []string
	begin, features, customers bool
}

// count asks for an aggregate and returns the name of its column.
func (q *query) count(sql string) string {
	for i, c := range q.counts {
		if c == sql {
			return fmt.Sprintf("n%d", i+1)
		}
	}
	q.counts = append(q.counts, sql)
	return fmt.Sprintf("n%d", len(q.counts))
}

// holds writes a condition that is never NULL; row is the alias of the event in question,
// with a dot, or "".
func (q *query) holds(n node, row string) string {
	switch n := n.(type) {
	case *everyone:
		return "TRUE"
	case *logic:
		op := " OR "
		if n.and {
			op = " AND "
		}
		var parts []string
		for _, p := range n.parts {
			parts = append(parts, q.holds(p, row))
		}
		return "(" + strings.Join(parts, op) + ")"
	case *negation:
		return "NOT " + q.holds(n.x, row)
	case *comparison:
		x, y := q.value(n.x, row), q.value(n.y, row)
		switch n.op {
		case "contains":
			return "coalesce(contains(" + x + ", " + y + "), FALSE)"
		case "starts":
			return "coalesce(starts_with(" + x + ", " + y + "), FALSE)"
		case "!=":
			return "coalesce(" + x + " <> " + y + ", FALSE)"
		}
		return "coalesce(" + x + " " + n.op + " " + y + ", FALSE)"
	case *between:
		x, lo, hi := q.value(n.x, row), q.value(n.lo, row), q.value(n.hi, row)
		in := "coalesce(" + x + " BETWEEN " + lo + " AND " + hi + ", FALSE)"
		if !n.not {
			return in
		}
		// Without these a missing bound would not stop the other from deciding.
		return "(" + x + " IS NOT NULL AND " + lo + " IS NOT NULL AND " + hi + " IS NOT NULL AND NOT " + in + ")"
	case *membership:
		op := " IN ("
		if n.not {
			op = " NOT IN ("
		}
		var list []string
		for _, y := range n.list {
			list = append(list, q.value(y, row))
		}
		return "coalesce(" + q.value(n.x, row) + op + strings.Join(list, ", ") + "), FALSE)"
	case *missing:
		if n.not {
			return "(" + q.value(n.x, row) + " IS NOT NULL)"
		}
		return "(" + q.value(n.x, row) + " IS NULL)"
	case *happening:
		return q.happened(n)
	}
	panic("rule: a condition of unknown form")
}

// value writes a value; NULL is missing.
func (q *query) value(n node, row string) string {
	switch n := n.(type) {
	case *literalNumber:
		if n.x == math.Trunc(n.x) && math.Abs(n.x) < 1e9 {
			return strconv.FormatFloat(n.x, 'f', -1, 64) + "::DOUBLE"
		}
		return "'" + strconv.FormatFloat(n.x, 'g', -1, 64) + "'::DOUBLE"
	case *literalText:
		return literal(n.s)
	case *literalTime:
		return stamp(n.at(q.now))
	case *column:
		return q.column(n.c, row)
	case *feature:
		q.features = true
		return "f." + ident(n.name)
	case *descriptor:
		q.customers = true
		col := "d." + ident(n.name)
		if n.kind == quantity {
			return col
		}
		return "nullif(CAST(" + col + " AS VARCHAR), '')"
	case *arithmetic:
		x, y := q.value(n.x, row), q.value(n.y, row)
		if n.op == '/' {
			y = "nullif(" + y + ", 0)"
		}
		return "nullif(nullif((" + x + " " + string(n.op) + " " + y + "), 'inf'::DOUBLE), '-inf'::DOUBLE)"
	case *aggregate:
		return q.aggregate(n)
	}
	panic("rule: a value of unknown form")
}

func (q *query) column(c *columnDef, row string) string {
	at := row + `"time"`
	switch c.name {
	case "time":
		return at
	case "date":
		return "date_trunc('day', " + at + ")::TIMESTAMP"
	case "hour":
		return "hour(" + at + ")::DOUBLE"
	case "weekday":
		return "['" + strings.Join(weekdays, "', '") + "'][isodow(" + at + ")]"
	case "month":
		return "month(" + at + ")::DOUBLE"
	}
	if c.kind == words {
		return "nullif(" + row + ident(c.name) + ", '')"
	}
	return row + ident(c.name)
}

// meant writes the condition that an event in the window is meant by the pattern.
func (q *query) meant(of *pattern, w *window, row string) string {
	var parts []string
	if of.kind != anyKind {
		parts = append(parts, row+`"kind" = `+literal(datasets.Kind(of.kind).String()))
	}
	lo, hi := w.bounds(q.now, 0)
	switch {
	case w != nil && w.first:
		q.begin = true
		parts = append(parts, fmt.Sprintf(`%s"time" < %s"first event" + INTERVAL %d SECOND`, row, row, w.span.micros()/1_000_000))
	default:
		if lo > earliest {
			parts = append(parts, row+`"time" >= `+stamp(lo))
		}
		if hi < q.now {
			parts = append(parts, row+`"time" < `+stamp(hi))
		}
	}
	if of.filter != nil {
		parts = append(parts, q.holds(of.filter, row))
	}
	if len(parts) == 0 {
		return "TRUE"
	}
	return strings.Join(parts, " AND ")
}

func (q *query) aggregate(a *aggregate) string {
	today := "DATE " + literal(time.UnixMicro(q.now).UTC().Format(time.DateOnly))
	if a.fn == "tenure" {
		return q.count(`date_diff('day', CAST(min("time") AS DATE), ` + today + `)::DOUBLE`)
	}
	where := q.meant(&a.of, a.win, "")
	only := func(what string) string { return what + " FILTER (WHERE " + where + ")" }
	six := func(x string) string { return "floor(" + x + " * 1e6 + 0.5e0) / 1e6" }
	switch a.fn {
	case "count":
		return q.count(only("count(*)") + "::DOUBLE")
	case "days":
		return q.count(only(`count(DISTINCT CAST("time" AS DATE))`) + "::DOUBLE")
	case "recency":
		return q.count("date_diff('day', " + only(`max(CAST("time" AS DATE))`) + ", " + today + ")::DOUBLE")
	}
	x := q.column(a.col, "")
	switch a.fn {
	case "distinct":
		return q.count(only("count(DISTINCT "+x+")") + "::DOUBLE")
	case "sum":
		return q.count(six("coalesce(" + only("sum("+x+")") + ", 0)"))
	case "avg":
		return q.count(six("(" + only("sum("+x+")") + " / nullif(" + only("count("+x+")") + ", 0))"))
	case "min", "max":
		return q.count(only(a.fn + "(" + x + ")"))
	}
	fn := map[string]string{"first": "min", "last": "max"}[a.fn]
	where += " AND " + x + " IS NOT NULL"
	return q.count("(" + only(fn+`({'t': "time", 'v': `+x+"})") + ").v")
}

// happened writes that a chain of events is found.
func (q *query) happened(h *happening) string {
	if len(h.steps) == 1 {
		return q.count("coalesce(bool_or(" + q.meant(&h.steps[0].pattern, h.win, "") + "), FALSE)")
	}
	var b strings.Builder
	b.WriteString(`counted."customer" IN (SELECT s1."customer" FROM past AS s1`)
	where := q.meant(&h.steps[0].pattern, h.win, "s1.")
	for k := 1; k < len(h.steps); k++ {
		s, row, before := &h.steps[k], fmt.Sprintf("s%d.", k+1), fmt.Sprintf("s%d.", k)
		on := fmt.Sprintf(`%s"customer" = %s"customer" AND %s"time" > %s"time"`, row, before, row, before)
		limit := fmt.Sprintf(`%s"time" + INTERVAL %d SECOND`, before, s.within.micros()/1_000_000)
		if s.within.n > 0 {
			on += fmt.Sprintf(` AND %s"time" <= %s`, row, limit)
		}
		on += " AND " + q.meant(&s.pattern, h.win, row)
		if !s.none {
			fmt.Fprintf(&b, " JOIN past AS s%d ON %s", k+1, on)
			continue
		}
		where += fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM past AS s%d WHERE %s)", k+1, on)
		if s.within.n > 0 {
			where += " AND " + limit + " < " + q.end(h.win, before)
		}
	}
	return b.String() + " WHERE " + where + ")"
}

// end writes the end of the window.
func (q *query) end(w *window, row string) string {
	if w != nil && w.first {
		return fmt.Sprintf(`least(%s, %s"first event" + INTERVAL %d SECOND)`, stamp(q.now), row, w.span.micros()/1_000_000)
	}
	_, hi := w.bounds(q.now, 0)
	return stamp(hi)
}
