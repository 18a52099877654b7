package datasets

import (
	"math"
	"slices"
	"time"
)

// History is one customer's events in the log's window, in total order: a view.
type History struct {
	ID   string
	Meta *Meta

	e      *Events
	lo, hi int
	memo   *memo
}

// memo keeps what several extractors ask of one history. A history is read by one
// goroutine at a time.
type memo struct {
	occasions []Occasion
	reversed  []bool
	known     bool // occasions and reversed are filled
	days      []int32
}

// Len counts the events.
func (h History) Len() int { return h.hi - h.lo }

// At returns event i with its text resolved.
func (h History) At(i int) Event {
	e, r := h.e, h.lo+i
	return Event{
		Customer: h.ID, Time: e.Time[r], Kind: e.Kind[r],
		Order: e.text(e.Order, r), Item: e.text(e.Item, r), Category: e.text(e.Category, r),
		Brand: e.text(e.Brand, r), Channel: e.text(e.Channel, r), Campaign: e.text(e.Campaign, r),
		Session:  e.text(e.Session, r),
		Quantity: number(e.Quantity, r), Price: number(e.Price, r), Amount: number(e.Amount, r),
		Discount: number(e.Discount, r), Margin: number(e.Margin, r), Rating: number(e.Rating, r),
		Points: number(e.Points, r),
	}
}

// Time returns event i's instant in the log's zone.
func (h History) Time(i int) time.Time { return h.Meta.Local(h.e.Time[h.lo+i]) }

// Stamp returns event i's instant in µs since 1970-01-01 UTC.
func (h History) Stamp(i int) int64 { return h.e.Time[h.lo+i] }

// Day returns the local calendar day of event i as days since 1970-01-01.
func (h History) Day(i int) int { return int(h.days()[i]) }

// days returns the local days of all events.
func (h History) days() []int32 {
	if h.memo.days == nil {
		d := make([]int32, h.Len())
		for j, t := range h.e.Time[h.lo:h.hi] {
			d[j] = int32(h.Meta.DayOf(t))
		}
		h.memo.days = d
	}
	return h.memo.days
}

// Kind returns event i's kind.
func (h History) Kind(i int) Kind { return h.e.Kind[h.lo+i] }

// The texts of event i; "" if missing. They cost less than At.

// Order returns event i's order.
func (h History) Order(i int) string { return h.e.text(h.e.Order, h.lo+i) }

// Item returns event i's item.
func (h History) Item(i int) string { return h.e.text(h.e.Item, h.lo+i) }

// Category returns event i's category.
func (h History) Category(i int) string { return h.e.text(h.e.Category, h.lo+i) }

// Brand returns event i's brand.
func (h History) Brand(i int) string { return h.e.text(h.e.Brand, h.lo+i) }

// Channel returns event i's channel.
func (h History) Channel(i int) string { return h.e.text(h.e.Channel, h.lo+i) }

// Campaign returns event i's campaign.
func (h History) Campaign(i int) string { return h.e.text(h.e.Campaign, h.lo+i) }

// Session returns event i's session.
func (h History) Session(i int) string { return h.e.text(h.e.Session, h.lo+i) }

// Quantity returns event i's quantity; NaN if missing, as all numbers here.
func (h History) Quantity(i int) float64 { return number(h.e.Quantity, h.lo+i) }

// Price returns event i's price of a unit.
func (h History) Price(i int) float64 { return number(h.e.Price, h.lo+i) }

// Amount returns event i's amount.
func (h History) Amount(i int) float64 { return number(h.e.Amount, h.lo+i) }

// Discount returns event i's discount.
func (h History) Discount(i int) float64 { return number(h.e.Discount, h.lo+i) }

// Margin returns event i's margin.
func (h History) Margin(i int) float64 { return number(h.e.Margin, h.lo+i) }

// Rating returns event i's rating.
func (h History) Rating(i int) float64 { return number(h.e.Rating, h.lo+i) }

// Points returns event i's points.
func (h History) Points(i int) float64 { return number(h.e.Points, h.lo+i) }

// Items returns the log's table of items, or nil.
func (h History) Items() *Table { return h.e.log.Items }

// Customers returns the log's table of customers, or nil.
func (h History) Customers() *Table { return h.e.log.Customers }

// Campaigns returns the log's table of campaigns, or nil.
func (h History) Campaigns() *Table { return h.e.log.Campaigns }

// Surveys returns the log's table of survey answers, or nil.
func (h History) Surveys() *Table { return h.e.log.Surveys }

// Offers returns the log's table of offers, or nil.
func (h History) Offers() *Table { return h.e.log.Offers }

// Local returns the instant t (µs, UTC) in the log's zone.
func (m *Meta) Local(t int64) time.Time {
	z := m.Zone
	if z == nil {
		z = time.UTC
	}
	return time.UnixMicro(t).In(z)
}

// DayOf returns the local calendar day of t (µs, UTC) as days since 1970-01-01.
func (m *Meta) DayOf(t int64) int {
	if m.Zone == nil || m.Zone == time.UTC {
		return int(floorDiv(t, 86_400_000_000))
	}
	_, off := m.Local(t).Zone()
	return int(floorDiv(t+int64(off)*1_000_000, 86_400_000_000))
}

// Now returns the first local calendar day that is not wholly inside the window:
// the day of its end. A purchase the day before it has recency 1.
func (m *Meta) Now() int { return m.DayOf(m.Window.To.UnixMicro()) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Occasion is a purchase occasion: one local calendar day on which the customer
// bought and did not give everything back before the end of the window. Orders of
// one day are merged, as lifetimes, BTYD and BTYDplus (elog2cbs) do.
type Occasion struct {
	Day    int     // days since 1970-01-01, local
	First  int64   // µs, UTC: the day's first purchase that stands
	Gross  float64 // Σ amounts of the day's purchases that stand; NaN if the log has no amounts
	Orders int     // distinct order ids, or distinct stamps where the log has no orders
	Lines  int     // purchase events
	Units  float64 // Σ quantity; NaN if the log has no quantities
}

// Occasions returns the customer's purchase occasions, in order.
//
// A return is never an occasion. A purchase that was fully reversed before the
// end of the window does not stand (see Reversed); a day on which nothing stands
// is no occasion. A purchase of amount 0 stands.
//
// The slice is shared: read it only.
func (h History) Occasions() []Occasion {
	h.recall()
	return h.memo.occasions
}

// recall fills the memo.
func (h History) recall() {
	if h.memo.known {
		return
	}
	h.memo.reversed = h.reversed()
	h.memo.occasions = h.occasions(h.memo.reversed)
	h.memo.known = true
}

func (h History) occasions(rev []bool) []Occasion {
	n := h.purchaseDays(rev)
	if n == 0 {
		return nil
	}
	out := make([]Occasion, 0, n)
	e, days := h.e, h.days()
	var seen []string
	var lastStamp int64
	var o *Occasion
	for i, k := range e.Kind[h.lo:h.hi] {
		if k != Purchase || rev != nil && rev[i] {
			continue
		}
		r := h.lo + i
		t := e.Time[r]
		if day := int(days[i]); o == nil || o.Day != day {
			out = append(out, Occasion{Day: day, First: t, Gross: math.NaN(), Units: math.NaN()})
			o = &out[len(out)-1]
			if e.Amount != nil {
				o.Gross = 0
			}
			if e.Quantity != nil {
				o.Units = 0
			}
			seen, lastStamp = seen[:0], math.MinInt64
		}
		o.Lines++
		if e.Amount != nil && !math.IsNaN(e.Amount[r]) {
			o.Gross += e.Amount[r]
		}
		if e.Quantity != nil && !math.IsNaN(e.Quantity[r]) {
			o.Units += e.Quantity[r]
		}
		if e.Order != nil {
			if s := e.text(e.Order, r); !slices.Contains(seen, s) {
				seen = append(seen, s)
				o.Orders++
			}
		} else if t != lastStamp {
			lastStamp = t
			o.Orders++
		}
	}
	return out
}

// NumOccasions counts the customer's purchase occasions, without making them.
func (h History) NumOccasions() int {
	if h.memo.known {
		return len(h.memo.occasions)
	}
	return h.purchaseDays(h.reversed())
}

// purchaseDays counts the days on which a purchase stands.
func (h History) purchaseDays(rev []bool) int {
	days, n, last := h.days(), 0, int32(math.MinInt32)
	for i, k := range h.e.Kind[h.lo:h.hi] {
		if k == Purchase && days[i] != last && (rev == nil || !rev[i]) {
			n++
			last = days[i]
		}
	}
	return n
}

// Reversed marks the purchases that a later return undid in full: the same item
// (the same order where the log has no items), the same amount and, where known,
// the same quantity; a missing amount equals nothing. Each return undoes at most one purchase, the latest before
// it. It returns nil if the customer has no returns. Only events inside the
// window count, so a return after its end reverses nothing before it. The slice is
// shared: read it only.
func (h History) Reversed() []bool {
	h.recall()
	return h.memo.reversed
}

func (h History) reversed() []bool {
	var out []bool
	e := h.e
	for i := range h.Len() {
		if h.Kind(i) != Return {
			continue
		}
		r := h.lo + i
		for j := i - 1; j >= 0; j-- {
			q := h.lo + j
			if h.Kind(j) != Purchase || out != nil && out[j] {
				continue
			}
			if e.Item != nil && e.Item[q] != e.Item[r] || e.Item == nil && e.Order != nil && e.Order[q] != e.Order[r] {
				continue
			}
			if x, y := math.Abs(number(e.Quantity, q)), math.Abs(number(e.Quantity, r)); x < y || x > y {
				continue
			}
			// Not "> 0.005": a NaN is no match.
			if e.Amount != nil && !(math.Abs(math.Abs(e.Amount[q])-math.Abs(e.Amount[r])) <= 0.005) {
				continue
			}
			if out == nil {
				out = make([]bool, h.Len())
			}
			out[j] = true
			break
		}
	}
	return out
}

// Spend is money in three numbers, never one. Net is Gross − Returns.
type Spend struct{ Gross, Returns float64 }

// Net returns gross purchases less returns.
func (s Spend) Net() float64 { return s.Gross - s.Returns }

// Spend sums the customer's purchases and returns (as absolute values); both are
// NaN if the log has no amounts.
func (h History) Spend() Spend {
	if h.e.Amount == nil {
		return Spend{math.NaN(), math.NaN()}
	}
	var s Spend
	for i := range h.Len() {
		a := h.Amount(i)
		if math.IsNaN(a) {
			continue
		}
		switch h.Kind(i) {
		case Purchase:
			s.Gross += a
		case Return:
			s.Returns += math.Abs(a)
		}
	}
	return s
}

// Stratum says how much evidence a customer gives.
type Stratum uint8

// The strata, by number of purchase occasions.
const (
	Prospect    Stratum = iota // no purchase
	OnePurchase                // one purchase occasion
	Few                        // more than one, fewer than the extractors need
	Enough                     // what the extractors need, or more
)

func (s Stratum) String() string {
	return [...]string{"prospect", "one purchase", "few purchases", "enough"}[s]
}

// StratumOf returns the stratum of a customer with that many occasions, where
// the extractors need at least minimum; where they need none, everyone has enough.
func StratumOf(occasions, minimum int) Stratum {
	switch {
	case occasions >= minimum:
		return Enough
	case occasions == 0:
		return Prospect
	case occasions == 1:
		return OnePurchase
	}
	return Few
}

// closeWindow fills the open ends of the window from the events.
func (l *Log) closeWindow() {
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for _, e := range l.shards {
		for _, t := range e.Time {
			lo, hi = min(lo, t), max(hi, t)
		}
	}
	if l.stored != nil {
		for _, s := range l.stored.shards {
			lo, hi = min(lo, s.from), max(hi, s.to)
		}
	}
	if lo > hi {
		return // no events
	}
	if l.Meta.Window.From.IsZero() {
		l.Meta.Window.From = l.Meta.dayStart(l.Meta.Local(lo), 0)
	}
	if l.Meta.Window.To.IsZero() {
		// The end of the last local day: "now" is the midnight after the last event.
		l.Meta.Window.To = l.Meta.dayStart(l.Meta.Local(hi), 1)
	}
}

// dayStart returns the first instant of the local day that is so many days after
// t's: midnight, or later where the clock skips it.
func (m *Meta) dayStart(t time.Time, after int) time.Time {
	y, mo, d := t.Date()
	want := time.Date(y, mo, d+after, 12, 0, 0, 0, t.Location())
	start := time.Date(y, mo, d+after, 0, 0, 0, 0, t.Location())
	// time.Date gives some instant near a midnight that does not exist: it can lie in
	// the day before, or after the day's first one.
	for m.DayOf(start.UnixMicro()) < m.DayOf(want.UnixMicro()) {
		start = start.Add(15 * time.Minute)
	}
	for earlier := start.Add(-15 * time.Minute); m.DayOf(earlier.UnixMicro()) == m.DayOf(want.UnixMicro()); earlier = start.Add(-15 * time.Minute) {
		start = earlier
	}
	return start
}
