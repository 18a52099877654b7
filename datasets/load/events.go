package load

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are found on machines that have none

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/digits"
)

// Report says how a file was read.
type Report struct {
	Path        string           `json:"path"`
	Dialect     Dialect          `json:"dialect"`
	Columns     []ColumnProfile  `json:"columns"`
	Mapping     datasets.Mapping `json:"mapping"`
	Assumptions []string         `json:"assumptions"` // sentences
	Notes       []datasets.Note  `json:"notes"`
	Questions   []Question       `json:"questions,omitempty"`
}

// Events reads event logs: one file, or several of the same columns. What must be
// asked comes back as *Ambiguous, what is wrong as *Error; the report is there in
// both cases as far as it got.
func Events(ctx context.Context, paths []string, opt Options) (*datasets.Log, *Report, error) {
	rep := &Report{}
	if len(paths) > 0 {
		rep.Path = paths[0]
	}
	for _, way := range []func(context.Context, []string, *Options) (*datasets.Log, *plan, error){stream, streamText} {
		log, p, err := way(ctx, paths, &opt)
		if log == nil && err == nil {
			continue
		}
		if p != nil {
			rep.fill(p)
		}
		if err != nil {
			return nil, rep, err
		}
		rep.Notes = log.Notes
		return log, rep, nil
	}
	f, err := readFrame(ctx, paths, opt)
	if err != nil {
		return nil, rep, err
	}
	p, err := sniffMapping(f, opt)
	rep.fill(p)
	if err != nil {
		return nil, rep, err
	}
	m, err := p.cast(opt)
	if err == nil {
		var log *datasets.Log
		if log, err = assemble(ctx, []*maker{m}); err == nil {
			rep.fill(p)
			rep.Notes = log.Notes
			return log, rep, nil
		}
	}
	rep.fill(p)
	return nil, rep, err
}

func (r *Report) fill(p *plan) {
	r.Dialect, r.Mapping = p.f.dialect, p.mapping
	r.Questions = p.ask
	r.Columns = r.Columns[:0]
	for _, c := range p.prof {
		r.Columns = append(r.Columns, *c)
	}
	r.Assumptions = append(slices.Clone(p.f.said), p.said...)
}

// maker turns the rows of a plan into events.
type maker struct {
	*plan
	opt      Options
	problems []*Error
	zone     *time.Location
	notes    []datasets.Note
	stamps   *stampsOf
	kinds    []int16
	nums     map[string][]float64
	asked    []question
	items    *items
}

func (m *maker) note(code string, n int64, format string, args ...any) {
	if n > 0 {
		m.notes = append(m.notes, datasets.Note{Code: code, Count: n, Text: fmt.Sprintf(format, args...)})
	}
}

// cast reads the columns' values, each once.
func (p *plan) cast(opt Options) (*maker, error) {
	m := &maker{plan: p, opt: opt, zone: time.UTC}
	if p.mapping.Zone != "" {
		z, err := time.LoadLocation(p.mapping.Zone)
		if err != nil {
			return nil, reject("D014", setFlag("time.zone", "Europe/Berlin"), "time zone %s is not known", show(p.mapping.Zone))
		}
		m.zone = z
	}
	if p.mapping.Clock != nil {
		var err error
		if m.stamps, err = m.made(); err != nil {
			return nil, err
		}
	} else {
		m.stamps = m.castTime()
	}
	m.early(m.stamps)
	m.kinds = m.castKinds()
	m.nums = map[string][]float64{}
	for _, t := range numberFields {
		if i, ok := p.cols[t.name]; ok {
			m.nums[t.name] = m.numbers(t.name, i)
		}
	}
	m.asked = m.answers()
	if err := join(m.problems); err != nil {
		return nil, err
	}
	return m, nil
}

// stampsOf holds a time column cast: per code, µs UTC.
type stampsOf struct {
	codes []int32 // per row
	at    []int64
	state []byte // 0 missing, 1 good
	clock bool   // some value has a time of day
}

// moment is a cell of the time column.
type moment struct {
	us                int64 // since 1970, UTC
	clock, zoned, gap bool  // it tells a time of day; an offset; an hour that the clocks skipped
}

// moment reads a stamp.
func (m *maker) moment(s string) (out moment, ok bool) {
	if l := m.mapping.TimeLayout; l != "" && l != "dmy" && l != "mdy" && l != "ymd" {
		t, err := time.ParseInLocation(l, s, m.zone)
		if err != nil || t.Year() < 1900 || t.Year() > 2100 {
			return out, false
		}
		out.us = t.UnixMicro()
		out.clock = t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0 || t.Nanosecond() >= 1000
		return out, true
	}
	st, ok := parseDate(s, m.order)
	if !ok {
		return out, false
	}
	exists := true
	out.us, exists = st.wall(m.zone)
	out.clock, out.zoned, out.gap = st.clock && (st.epoch || st.micro != 0), st.zoned, !exists
	return out, true
}

// badDates and badNumbers report cells that are none.
func (m *maker) badDates(bad *badValues, i int) {
	e := bad.report(m.plan, "D013", fmt.Sprintf("%s in column %q %s not a date", count(bad.n, "value"), m.name(i), isAre(bad.n)), i)
	e.Fix = "mend these rows, or name the format: " + setFlag("time.format", "2006-01-02 15:04:05")
	m.problems = append(m.problems, e)
}

func (m *maker) badNumbers(bad, inf *badValues, field string, i int) {
	p, sign := m.prof[i], m.decimal(i)
	if bad.n > 0 {
		e := bad.report(m.plan, "D006", fmt.Sprintf("%s in column %q (%s) %s not a number", count(bad.n, "value"), p.Name, field, isAre(bad.n)), i)
		e.Lines = append(e.Lines, fmt.Sprintf("read with decimal sign %q; %s of %s rows fit", sign, digits.Int(p.num.rows-bad.n), digits.Int(p.num.rows)))
		e.Fix = "mend these rows, or leave the column out: " + setFlag("columns."+field, "none")
		if other := byte(','); p.num.comma > p.num.point || sign == ',' {
			if sign == ',' {
				other = '.'
			}
			e.Fix = setFlag("dialect.decimal", string(other)) + "   (or mend these rows)"
		}
		m.problems = append(m.problems, e)
	}
	if inf.n > 0 {
		e := inf.report(m.plan, "D008", fmt.Sprintf("%s in column %q (%s) %s infinite", count(inf.n, "value"), p.Name, field, isAre(inf.n)), i)
		e.Fix = "mend these rows, or leave the column out: " + setFlag("columns."+field, "none")
		m.problems = append(m.problems, e)
	}
}

// decimal is the sign that a column's numbers are read with.
func (m *maker) decimal(i int) byte {
	sign := m.prof[i].decimal
	if sign == 0 || sign == '?' {
		sign = '.'
		if m.opt.Dialect.Decimal != "" {
			sign = m.opt.Dialect.Decimal[0]
		}
	}
	return sign
}

// castTime casts the time column, once per distinct value.
func (m *maker) castTime() *stampsOf {
	i := m.cols["time"]
	c := m.f.cols[i]
	n, first := c.uses()
	out := &stampsOf{codes: c.codes, at: make([]int64, len(n)), state: make([]byte, len(n))}
	var bad badValues
	var zoned, naive, gaps int64
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for k := 1; k < len(n); k++ {
		s := c.dict.word(int32(k))
		if isMissing(s) || n[k] == 0 {
			continue
		}
		st, ok := m.moment(s)
		if !ok {
			bad.add(s, n[k], int(first[k]))
			continue
		}
		out.at[k], out.state[k] = st.us, 1
		out.clock = out.clock || st.clock
		if st.gap {
			gaps += n[k]
		}
		if st.zoned {
			zoned += n[k]
		} else {
			naive += n[k]
		}
		lo, hi = min(lo, out.at[k]), max(hi, out.at[k])
	}
	name := m.name(i)
	if bad.n > 0 {
		m.badDates(&bad, i)
	}
	if lo <= hi {
		m.prof[i].Min, m.prof[i].Max = time.UnixMicro(lo).In(m.zone).Format(time.DateTime), time.UnixMicro(hi).In(m.zone).Format(time.DateTime)
	}
	switch {
	case m.opt.exact && !out.clock:
		// A further file of a log whose first one tells hours, or does not.
	case !out.clock:
		m.say("Column %q tells days, not hours: features of the time of day are missing.", name)
	case zoned > 0 && naive == 0 && m.mapping.Zone == "":
		m.say("Stamps carry an offset: hours and days are read in UTC. If customers live elsewhere: %s.", setFlag("time.zone", "Europe/Berlin"))
	case m.mapping.Zone == "":
		m.say("Stamps carry no time zone: read as UTC, which leaves hours and days as they stand. If they are UTC but customers live elsewhere: %s.", setFlag("time.zone", "Europe/Berlin"))
	}
	if zoned > 0 && naive > 0 {
		m.say("%s carry an offset, %s do not and are read in %s.", count(zoned, "stamp"), digits.Int(naive), m.zone)
	}
	m.note("clock_gap", gaps, "%s at an hour that the clocks of %s skipped: moved on by an hour.", countLie(gaps), m.zone)
	return out
}

func countLie(n int64) string {
	if n == 1 {
		return "1 stamp lies"
	}
	return digits.Int(n) + " stamps lie"
}

func isAre(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// castKinds returns the kind of every code of the kind column; −1 = left out.
func (m *maker) castKinds() []int16 {
	i, ok := m.cols["kind"]
	if !ok {
		return nil
	}
	c := m.f.cols[i]
	def := datasets.Purchase
	if k, ok := datasets.ParseKind(m.mapping.DefaultKind); ok {
		def = k
	}
	out := make([]int16, c.dict.len())
	n, _ := c.uses()
	var guessed int64
	for k := range out {
		w := c.dict.word(int32(k))
		to, ok := m.mapping.Kinds[w]
		if slices.Contains(m.guessed, w) {
			guessed += n[k]
		}
		switch {
		case k == 0 || !ok:
			out[k] = int16(def)
		case to == "":
			out[k] = -1
		default:
			kd, ok := datasets.ParseKind(to)
			if !ok {
				m.problems = append(m.problems, reject("D004", setFlag("kinds."+w, "purchase"), "%q is not a kind of event (%s)", to, strings.Join(datasets.KindNames(), ", ")))
				continue
			}
			out[k] = int16(kd)
		}
	}
	m.note("kind_guessed", guessed, "%s of kinds that are not known (%s) kept as views.", count(guessed, "event"), strings.Join(m.guessed, ", "))
	return out
}

// numbers casts a numeric column, once per distinct value; NaN = missing.
func (m *maker) numbers(field string, i int) []float64 {
	c := m.f.cols[i]
	n, first := c.uses()
	out := make([]float64, len(n))
	sign := m.decimal(i)
	var bad, inf badValues
	for k := range n {
		s := c.dict.word(int32(k))
		out[k] = math.NaN()
		if isMissing(s) || n[k] == 0 {
			continue
		}
		x, ok := parseNumber(s, sign)
		switch {
		case ok:
			out[k] = x
		case nonFinite(s):
			inf.add(s, n[k], int(first[k]))
		default:
			bad.add(s, n[k], int(first[k]))
		}
	}
	m.badNumbers(&bad, &inf, field, i)
	return out
}

// badValues collects what did not parse: how many rows, and the first three.
type badValues struct {
	n    int64
	rows []badValue
}

type badValue struct {
	value string
	rows  int64
	row   int
}

func (b *badValues) add(s string, n int64, row int) {
	b.n += n
	b.rows = append(b.rows, badValue{strings.Clone(cutText(s, 80)), n, row})
	slices.SortFunc(b.rows, func(x, y badValue) int { return cmp.Compare(x.row, y.row) })
	b.rows = b.rows[:min(3, len(b.rows))]
}

func (b *badValues) report(p *plan, code, title string, col int) *Error {
	e := &Error{Code: code, Exit: exitData, Title: title}
	for _, v := range b.rows {
		l := fmt.Sprintf("%s: %s in column %d (%s)", p.f.where(v.row), show(v.value), col+1, p.name(col))
		if v.rows > 1 {
			l += fmt.Sprintf(", %s", count(v.rows, "row"))
		}
		e.Lines = append(e.Lines, l)
	}
	return e
}
