package rule

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// A drawn piece is its text and what decides it.
type (
	bigCond struct {
		text string
		f    func(p *person) bool
	}
	bigNum struct {
		text string
		f    func(p *person) *float64
	}
	eventCond struct {
		text string
		f    func(e *plain) bool
	}
	drawnWindow struct {
		text string
		in   func(p *person, at time.Time) bool
		end  func(p *person) time.Time
	}
)

type drawer struct {
	t *rapid.T
	w *world
}

func (d *drawer) pick(label string, n int) int { return rapid.IntRange(0, n-1).Draw(d.t, label) }

// caps writes a word of the language in some mixture of capitals.
func (d *drawer) caps(s string) string {
	switch d.pick("capitals", 4) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

var signs = []string{"=", "!=", "<", "<=", ">", ">="}

func decide(op string, x, y *float64) bool {
	if x == nil || y == nil {
		return false
	}
	return map[string]bool{"=": *x == *y, "!=": *x != *y, "<": *x < *y, "<=": *x <= *y, ">": *x > *y, ">=": *x >= *y}[op]
}

func (d *drawer) eventCond(depth int) eventCond {
	texts := map[string]func(*plain) string{
		"category": func(e *plain) string { return e.category }, "brand": func(e *plain) string { return e.brand },
		"channel": func(e *plain) string { return e.channel }, "kind": func(e *plain) string { return e.kind },
	}
	pool := map[string][]string{"category": someCategories, "brand": someBrands, "channel": someChannels, "kind": someKinds}
	column := func() string {
		return rapid.SampledFrom([]string{"category", "brand", "channel", "kind"}).Draw(d.t, "column")
	}
	value := func(c string) string { return rapid.SampledFrom(pool[c]).Draw(d.t, "value") }
	n := 10
	if depth <= 0 {
		n = 7
	}
	switch d.pick("event condition", n) {
	case 0:
		c := column()
		v := value(c)
		return eventCond{c + " = " + quoteText(v), func(e *plain) bool { return texts[c](e) != "" && texts[c](e) == v }}
	case 1:
		c := column()
		v := value(c)
		return eventCond{c + " != " + quoteText(v), func(e *plain) bool { return texts[c](e) != "" && texts[c](e) != v }}
	case 2:
		c := column()
		a, b, not := value(c), value(c), d.pick("not", 2) == 0
		text := c + " in (" + quoteText(a) + ", " + quoteText(b) + ")"
		if not {
			text = c + " not in (" + quoteText(a) + ", " + quoteText(b) + ")"
		}
		return eventCond{text, func(e *plain) bool { return texts[c](e) != "" && (texts[c](e) == a || texts[c](e) == b) != not }}
	case 3:
		op, x := rapid.SampledFrom(signs).Draw(d.t, "sign"), d.pick("amount", 300)
		return eventCond{fmt.Sprintf("amount %s %.1f", op, float64(x)/10), func(e *plain) bool {
			a, b := float64(e.tenths), float64(x)
			return e.hasAmount && decide(op, &a, &b)
		}}
	case 4:
		c := rapid.SampledFrom([]string{"category", "brand", "quantity"}).Draw(d.t, "column")
		not := d.pick("not", 2) == 0
		text := c + " is missing"
		if not {
			text = c + " IS not missing"
		}
		return eventCond{text, func(e *plain) bool {
			gone := map[string]bool{"category": e.category == "", "brand": e.brand == "", "quantity": !e.hasQuantity}[c]
			return gone != not
		}}
	case 5:
		if d.pick("text", 2) == 0 {
			return eventCond{"category contains 'e'", func(e *plain) bool { return strings.Contains(e.category, "e") }}
		}
		return eventCond{"category starts with 'it'", func(e *plain) bool { return strings.HasPrefix(e.category, "it") }}
	case 6:
		switch k := d.pick("calendar", 4); {
		case k == 0 && !d.w.day:
			h := d.pick("hour", 24)
			return eventCond{fmt.Sprintf("hour >= %d", h), func(e *plain) bool { return e.clock.Hour() >= h }}
		case k == 1:
			return eventCond{"weekday in ('Saturday', 'sun')", func(e *plain) bool { return e.clock.Weekday() == time.Saturday || e.clock.Weekday() == time.Sunday }}
		case k == 2:
			return eventCond{"month between 11 and 12", func(e *plain) bool { return e.clock.Month() >= 11 }}
		}
		day := time.Date(2011, 10, 20+d.pick("date", 30), 0, 0, 0, 0, time.UTC)
		return eventCond{"date <= " + day.Format("2006-01-02"), func(e *plain) bool { return !e.clock.Truncate(24 * time.Hour).After(day) }}
	case 7:
		a := d.eventCond(depth - 1)
		return eventCond{d.caps("not") + " (" + a.text + ")", func(e *plain) bool { return !a.f(e) }}
	case 8:
		a, b := d.eventCond(depth-1), d.eventCond(depth-1)
		return eventCond{"(" + a.text + " and " + b.text + ")", func(e *plain) bool { return a.f(e) && b.f(e) }}
	}
	a, b := d.eventCond(depth-1), d.eventCond(depth-1)
	return eventCond{"(" + a.text + " or " + b.text + ")", func(e *plain) bool { return a.f(e) || b.f(e) }}
}

// filter draws "" or a filter in parentheses.
func (d *drawer) filter() eventCond {
	if d.pick("filter", 3) == 0 {
		return eventCond{"", func(*plain) bool { return true }}
	}
	c := d.eventCond(2)
	return eventCond{"(" + c.text + ")", c.f}
}

func (d *drawer) event() eventCond {
	k := rapid.SampledFrom([]string{"purchase", "view", "cart_add", "return", "event"}).Draw(d.t, "event")
	f := d.filter()
	return eventCond{d.caps(k) + f.text, func(e *plain) bool { return (k == "event" || e.kind == k) && f.f(e) }}
}

func (d *drawer) window() drawnWindow {
	now := d.w.now
	begin := func(p *person) time.Time {
		first := p.events[0].clock
		for _, e := range p.events {
			if e.clock.Before(first) {
				first = e.clock
			}
		}
		return first
	}
	ends := func(*person) time.Time { return now }
	n := 1 + d.pick("length", 20)
	date := time.Date(2011, 10, 22+d.pick("date", 28), 0, 0, 0, 0, time.UTC)
	written := date.Format("2006-01-02")
	until := date
	if now.Before(until) {
		until = now
	}
	switch d.pick("window", 9) {
	case 0, 1:
		return drawnWindow{"", func(*person, time.Time) bool { return true }, ends}
	case 2:
		return drawnWindow{" ever", func(*person, time.Time) bool { return true }, ends}
	case 3:
		text := rapid.SampledFrom([]string{" in %d d", " in the last %d days", " in %d d before now"}).Draw(d.t, "words")
		return drawnWindow{fmt.Sprintf(text, n), func(_ *person, t time.Time) bool { return !t.Before(now.AddDate(0, 0, -n)) }, ends}
	case 4:
		// From a month before now: the days of October and November are all there in both.
		from := now.AddDate(0, -1, 0)
		if now.Day() == 31 { // September has 30
			from = time.Date(2011, 9, 30, 0, 0, 0, 0, time.UTC)
		}
		return drawnWindow{" in the last 1 mo", func(_ *person, t time.Time) bool { return !t.Before(from) }, ends}
	case 5:
		return drawnWindow{" since " + written, func(_ *person, t time.Time) bool { return !t.Before(date) }, ends}
	case 6:
		return drawnWindow{fmt.Sprintf(" in %d h before %s", n, written), func(_ *person, t time.Time) bool {
			return t.Before(date) && !t.Before(date.Add(-time.Duration(n)*time.Hour))
		}, func(*person) time.Time { return until }}
	case 7:
		later := date.AddDate(0, 0, n)
		return drawnWindow{
			" from " + written + " to " + later.Format("2006-01-02"), func(_ *person, t time.Time) bool { return !t.Before(date) && t.Before(later) },
			func(*person) time.Time {
				if now.Before(later) {
					return now
				}
				return later
			},
		}
	}
	end := func(p *person) time.Time {
		if e := begin(p).AddDate(0, 0, n); e.Before(now) {
			return e
		}
		return now
	}
	return drawnWindow{fmt.Sprintf(" in the first %d d", n), func(p *person, t time.Time) bool { return t.Before(end(p)) }, end}
}

func number64(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// meantBy lists the events, in order of the clock.
func meantBy(p *person, e eventCond, w drawnWindow) []plain {
	var out []plain
	for i := range p.events {
		if e.f(&p.events[i]) && w.in(p, p.events[i].clock) {
			out = append(out, p.events[i])
		}
	}
	slices.SortStableFunc(out, func(a, b plain) int { return a.clock.Compare(b.clock) })
	return out
}

func days(es []plain) float64 {
	m := map[string]bool{}
	for _, e := range es {
		m[e.clock.Format(time.DateOnly)] = true
	}
	return float64(len(m))
}

func between2(from, to time.Time) *float64 {
	return number64(to.Truncate(24*time.Hour).Sub(from.Truncate(24*time.Hour)).Hours() / 24)
}

func (d *drawer) number(depth int) bigNum {
	now := d.w.now
	purchases := func(f eventCond) eventCond {
		return eventCond{f.text, func(e *plain) bool { return e.kind == "purchase" && f.f(e) }}
	}
	n := 12
	if depth <= 0 {
		n = 11
	}
	switch d.pick("number", n) {
	case 0:
		f, w := purchases(d.filter()), d.window()
		return bigNum{"purchases" + f.text + w.text, func(p *person) *float64 { return number64(days(meantBy(p, f, w))) }}
	case 1:
		f, w := purchases(d.filter()), d.window()
		return bigNum{d.caps("spend") + f.text + w.text, func(p *person) *float64 {
			sum := 0
			for _, e := range meantBy(p, f, w) {
				if e.hasAmount {
					sum += e.tenths
				}
			}
			return number64(float64(sum) / 10)
		}}
	case 2:
		f, w := purchases(d.filter()), d.window()
		return bigNum{"recency" + f.text + w.text, func(p *person) *float64 {
			es := meantBy(p, f, w)
			if len(es) == 0 {
				return nil
			}
			return between2(es[len(es)-1].clock, now)
		}}
	case 3:
		return bigNum{"tenure", func(p *person) *float64 {
			es := meantBy(p, eventCond{"", func(*plain) bool { return true }}, drawnWindow{in: func(*person, time.Time) bool { return true }})
			return between2(es[0].clock, now)
		}}
	case 4:
		e, w := d.event(), d.window()
		return bigNum{d.caps("count") + "(" + e.text + ")" + w.text, func(p *person) *float64 { return number64(float64(len(meantBy(p, e, w)))) }}
	case 5:
		f, w := d.filter(), d.window()
		return bigNum{"views" + f.text + w.text, func(p *person) *float64 {
			return number64(float64(len(meantBy(p, eventCond{"", func(e *plain) bool { return e.kind == "view" && f.f(e) }}, w))))
		}}
	case 6:
		e, w := d.event(), d.window()
		fn := rapid.SampledFrom([]string{"avg", "min", "max", "first", "last"}).Draw(d.t, "function")
		return bigNum{fn + "(amount of " + e.text + ")" + w.text, func(p *person) *float64 {
			var es []plain
			sum := 0
			for _, x := range meantBy(p, e, w) {
				if x.hasAmount {
					es = append(es, x)
					sum += x.tenths
				}
			}
			if len(es) == 0 {
				return nil
			}
			best := es[0]
			for _, x := range es {
				switch {
				case fn == "min" && x.tenths < best.tenths, fn == "max" && x.tenths > best.tenths,
					fn == "first" && (x.clock.Before(best.clock) || x.clock.Equal(best.clock) && x.tenths < best.tenths),
					fn == "last" && (x.clock.After(best.clock) || x.clock.Equal(best.clock) && x.tenths > best.tenths):
					best = x
				}
			}
			if fn == "avg" { // halves up, in whole numbers
				k := len(es)
				return number64(float64((2*sum*100_000+k)/(2*k)) / 1e6)
			}
			return number64(float64(best.tenths) / 10)
		}}
	case 7:
		e, w := d.event(), d.window()
		return bigNum{"distinct(category of " + e.text + ")" + w.text, func(p *person) *float64 {
			m := map[string]bool{}
			for _, x := range meantBy(p, e, w) {
				if x.category != "" {
					m[x.category] = true
				}
			}
			return number64(float64(len(m)))
		}}
	case 8:
		f, w := purchases(d.filter()), d.window()
		return bigNum{"orders" + f.text + w.text, func(p *person) *float64 {
			m := map[string]bool{}
			for _, x := range meantBy(p, f, w) {
				if x.order != "" {
					m[x.order] = true
				}
			}
			return number64(float64(len(m)))
		}}
	case 9:
		return bigNum{rapid.SampledFrom([]string{`feature("share_weekend")`, `feature.share_weekend`}).Draw(d.t, "feature"), func(p *person) *float64 { return p.share }}
	case 10:
		return bigNum{rapid.SampledFrom([]string{`customer.age`, `customer("age")`}).Draw(d.t, "descriptor"), func(p *person) *float64 { return p.age }}
	}
	a, b := d.number(0), d.number(0)
	op := rapid.SampledFrom([]string{"+", "-", "*", "/"}).Draw(d.t, "operator")
	return bigNum{"(" + a.text + " " + op + " " + b.text + ")", func(p *person) *float64 {
		x, y := a.f(p), b.f(p)
		if x == nil || y == nil || op == "/" && *y == 0 {
			return nil
		}
		return number64(map[string]float64{"+": *x + *y, "-": *x - *y, "*": *x * *y, "/": *x / *y}[op])
	}}
}

func (d *drawer) cond(depth int) bigCond {
	n := 10
	if depth <= 0 {
		n = 7
	}
	switch d.pick("condition", n) {
	case 0, 1:
		x := d.number(1)
		op, c := rapid.SampledFrom(signs).Draw(d.t, "sign"), float64(d.pick("constant", 80))/2
		return bigCond{fmt.Sprintf("%s %s %v", x.text, op, c), func(p *person) bool { return decide(op, x.f(p), &c) }}
	case 2:
		x, y := d.number(1), d.number(0)
		op := rapid.SampledFrom(signs).Draw(d.t, "sign")
		if strings.HasPrefix(x.text, "customer") && strings.HasPrefix(y.text, "customer") {
			y.text += " + 0" // two descriptors do not say of what kind they are
		}
		return bigCond{x.text + " " + op + " " + y.text, func(p *person) bool { return decide(op, x.f(p), y.f(p)) }}
	case 3:
		x := d.number(1)
		lo, not := float64(d.pick("low", 30)), d.pick("not", 2) == 0
		hi := lo + float64(d.pick("more", 30))
		text := fmt.Sprintf("%s between %v and %v", x.text, lo, hi)
		if not {
			text = fmt.Sprintf("%s not between %v and %v", x.text, lo, hi)
		}
		return bigCond{text, func(p *person) bool {
			v := x.f(p)
			return v != nil && (*v >= lo && *v <= hi) != not
		}}
	case 4:
		switch d.pick("state", 4) {
		case 0:
			x, not := d.number(0), d.pick("not", 2) == 0
			text := x.text + " is missing"
			if not {
				text = x.text + " is not missing"
			}
			return bigCond{text, func(p *person) bool { return (x.f(p) == nil) != not }}
		case 1:
			return bigCond{`customer."home land" in ('NL', 'x')`, func(p *person) bool { return p.land == "NL" }}
		case 2:
			e, w := d.event(), d.window()
			return bigCond{"last(channel of " + e.text + ")" + w.text + " = 'web'", func(p *person) bool {
				var at time.Time
				s := ""
				for _, x := range meantBy(p, e, w) {
					if x.channel != "" && (x.clock.After(at) || x.clock.Equal(at) && x.channel > s) {
						at, s = x.clock, x.channel
					}
				}
				return s == "web"
			}}
		}
		e, w := d.event(), d.window()
		day := time.Date(2011, 10, 22+d.pick("day", 25), 12, 30, 0, 0, time.UTC)
		return bigCond{"first(time of " + e.text + ")" + w.text + " >= " + day.Format("2006-01-02T15:04"), func(p *person) bool {
			es := meantBy(p, e, w)
			return len(es) > 0 && !es[0].clock.Before(day)
		}}
	case 5:
		w := d.window()
		if d.pick("form", 2) == 0 {
			f := d.eventCond(1)
			return bigCond{"any(" + f.text + ")" + w.text, func(p *person) bool { return len(meantBy(p, f, w)) > 0 }}
		}
		e := d.event()
		return bigCond{e.text + w.text, func(p *person) bool { return len(meantBy(p, e, w)) > 0 }}
	case 6:
		return d.sequence()
	case 7:
		a := d.cond(depth - 1)
		return bigCond{d.caps("not") + " (" + a.text + ")", func(p *person) bool { return !a.f(p) }}
	case 8:
		a, b := d.cond(depth-1), d.cond(depth-1)
		return bigCond{"(" + a.text + " " + d.caps("and") + " " + b.text + ")", func(p *person) bool { return a.f(p) && b.f(p) }}
	}
	// Without parentheses: and binds tighter.
	a, b, c := d.cond(0), d.cond(0), d.cond(0)
	return bigCond{"(" + a.text + " or " + b.text + "\n  and " + c.text + ")", func(p *person) bool { return a.f(p) || b.f(p) && c.f(p) }}
}

func (d *drawer) sequence() bigCond {
	type link struct {
		e    eventCond
		none bool
		max  time.Duration
	}
	links := []link{{e: d.event()}}
	text := links[0].e.text
	for k := range 1 + d.pick("links", 2) {
		l := link{e: d.event(), none: k == 1 && d.pick("none", 2) == 0}
		if k == 0 && d.pick("none first", 3) == 0 {
			l.none = true
		}
		text += " then "
		if l.none {
			text += "no "
		}
		text += l.e.text
		if d.pick("within", 2) == 0 {
			n := 1 + d.pick("days", 8)
			l.max = time.Duration(n) * 24 * time.Hour
			text += fmt.Sprintf(" within %d d", n)
		}
		links = append(links, l)
		if l.none {
			break
		}
	}
	w := d.window()
	var search func(p *person, k int, t time.Time) bool
	search = func(p *person, k int, t time.Time) bool {
		if k == len(links) {
			return true
		}
		l := links[k]
		ok := func(x plain) bool { return x.clock.After(t) && (l.max == 0 || x.clock.Sub(t) <= l.max) }
		es := meantBy(p, l.e, w)
		if l.none {
			return !slices.ContainsFunc(es, ok) && (l.max == 0 || t.Add(l.max).Before(w.end(p)))
		}
		for _, x := range es {
			if (k == 0 || ok(x)) && search(p, k+1, x.clock) {
				return true
			}
		}
		return false
	}
	return bigCond{text + w.text, func(p *person) bool { return search(p, 0, time.Time{}) }}
}
