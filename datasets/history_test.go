package datasets

import (
	"math"
	"reflect"
	"testing"
	"time"
)

const testDay = 24 * testHour

// line is an event of customer a on day and hour, with item, quantity and amount.
func line(kind Kind, day, hour int64, item string, quantity, amount float64) Event {
	return Event{Customer: "a", Kind: kind, Time: testStart.UnixMicro() + day*testDay + hour*testHour, Item: item, Quantity: quantity, Amount: amount}
}

// occasionDays returns the days on which a bought, counted from the start.
func occasionDays(l *Log) []int {
	h, _ := l.Find("a")
	out := []int{}
	for _, o := range h.Occasions() {
		out = append(out, o.Day-int(testStart.Unix()/86_400))
	}
	return out
}

// The rules of FEATURES §0, by hand.
func TestOccasions(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		events []Event
		days   []int
	}{
		"days, not orders":                               {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Purchase, 0, 20, "j", 1, 5), line(Purchase, 3, 9, "i", 1, 5)}, []int{0, 3}},
		"a view is none":                                 {[]Event{line(View, 0, 9, "i", 1, 5), line(Purchase, 1, 9, "i", 1, 5)}, []int{1}},
		"a return is none":                               {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Return, 2, 9, "j", 1, 7)}, []int{0}},
		"amount 0 stands":                                {[]Event{line(Purchase, 0, 9, "i", 1, 0)}, []int{0}},
		"full reversal takes the day away":               {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Return, 2, 9, "i", -1, -5)}, []int{}},
		"positive figures of a return too":               {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Return, 2, 9, "i", 1, 5)}, []int{}},
		"the day stands if something else stands":        {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Purchase, 0, 9, "j", 1, 5), line(Return, 2, 9, "i", -1, -5)}, []int{0}},
		"part of the amount back takes nothing":          {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Return, 2, 9, "i", -1, -3)}, []int{0}},
		"part of the quantity back takes nothing":        {[]Event{line(Purchase, 0, 9, "i", 2, 5), line(Return, 2, 9, "i", -1, -5)}, []int{0}},
		"another item back takes nothing":                {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Return, 2, 9, "j", -1, -5)}, []int{0}},
		"a return before the purchase takes nothing":     {[]Event{line(Return, 0, 9, "i", -1, -5), line(Purchase, 2, 9, "i", 1, 5)}, []int{2}},
		"one return takes one purchase, the latest":      {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Purchase, 1, 9, "i", 1, 5), line(Return, 2, 9, "i", -1, -5)}, []int{0}},
		"two returns take two":                           {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Purchase, 1, 9, "i", 1, 5), line(Return, 2, 9, "i", -1, -5), line(Return, 2, 9, "i", -1, -5)}, []int{}},
		"bought again after the return":                  {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Return, 2, 9, "i", -1, -5), line(Purchase, 4, 9, "i", 1, 5)}, []int{4}},
		"an unknown quantity is no obstacle":             {[]Event{line(Purchase, 0, 9, "i", 1, 5), line(Return, 2, 9, "i", nan, -5)}, []int{}},
		"an unknown amount is no full reversal":          {[]Event{line(Purchase, 0, 9, "i", 1, nan), line(Return, 2, 9, "i", -1, -5)}, []int{0}},
		"in the same second: bought, then given back":    {[]Event{line(Return, 0, 9, "i", -1, -5), line(Purchase, 0, 9, "i", 1, 5)}, []int{}},
		"half a cent of rounding is the same amount":     {[]Event{line(Purchase, 0, 9, "i", 1, 4.999), line(Return, 2, 9, "i", -1, -5)}, []int{}},
		"late in the evening, UTC, is the next day here": {[]Event{line(Purchase, 0, 23, "i", 1, 5), line(Purchase, 1, 9, "i", 1, 5)}, []int{1}},
	} {
		meta := testMeta()
		meta.Has &^= FieldOrder
		if got := occasionDays(build(meta, c.events)); !reflect.DeepEqual(got, c.days) {
			t.Errorf("%s: days %v, want %v", name, got, c.days)
		}
	}
}

// A return after t1 cancels nothing as of t1; as of the end it does.
func TestReversalAsOf(t *testing.T) {
	l := build(testMeta(), []Event{line(Purchase, 0, 9, "i", 1, 5), line(Purchase, 1, 9, "j", 1, 5), line(Return, 5, 9, "i", -1, -5)})
	if got := occasionDays(l.AsOf(testStart.AddDate(0, 0, 5))); !reflect.DeepEqual(got, []int{0, 1}) {
		t.Errorf("before the return: %v", got)
	}
	if got := occasionDays(l); !reflect.DeepEqual(got, []int{1}) {
		t.Errorf("after the return: %v", got)
	}
}

// Without items the order says what came back.
func TestReversalByOrder(t *testing.T) {
	meta := testMeta()
	meta.Has = FieldOrder | FieldAmount
	buy := func(day int64, order string, kind Kind) Event {
		e := line(kind, day, 9, "", 0, 5)
		e.Order = order
		return e
	}
	if got := occasionDays(build(meta, []Event{buy(0, "x", Purchase), buy(1, "y", Purchase), buy(2, "x", Return)})); !reflect.DeepEqual(got, []int{1}) {
		t.Errorf("%v", got)
	}
}

func TestOccasionFields(t *testing.T) {
	at := func(day, hour int64, order, item string, quantity, amount float64) Event {
		e := line(Purchase, day, hour, item, quantity, amount)
		e.Order = order
		return e
	}
	h, _ := build(testMeta(), []Event{
		at(0, 9, "x", "i", 2, 10), at(0, 9, "x", "j", 1, 4), at(0, 15, "y", "i", 1, math.NaN()), at(2, 8, "z", "i", 3, 15),
		line(Return, 3, 8, "k", -1, -2.5),
	}).Find("a")
	got := h.Occasions()
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	want := Occasion{Day: int(testStart.Unix() / 86_400), First: testStart.UnixMicro() + 9*testHour, Gross: 14, Orders: 2, Lines: 3, Units: 4}
	if got[0] != want {
		t.Errorf("%+v, want %+v", got[0], want)
	}
	if s := h.Spend(); s.Gross != 29 || s.Returns != 2.5 || s.Net() != 26.5 {
		t.Errorf("%+v", s)
	}
	// Orders without an order column are distinct stamps.
	meta := testMeta()
	meta.Has = FieldAmount
	h, _ = build(meta, []Event{at(0, 9, "", "", 1, 1), at(0, 9, "", "", 1, 2), at(0, 10, "", "", 1, 2)}).Find("a")
	if o := h.Occasions(); len(o) != 1 || o[0].Orders != 2 || o[0].Lines != 3 || !math.IsNaN(o[0].Units) {
		t.Errorf("%+v", o)
	}
}

// DayOf is the calendar's day in every zone, every half hour of a year with its
// clock changes; the reference is package time's own calendar.
func TestDayOf(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Amsterdam", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		m := &Meta{Zone: zone}
		for _, year := range []int{1969, 2011, 2018, 2024} {
			for x := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); x.Year() == year; x = x.Add(30 * time.Minute) {
				y, mo, d := x.In(zone).Date()
				want := int(math.Floor(float64(time.Date(y, mo, d, 0, 0, 0, 0, time.UTC).Unix()) / 86_400))
				if got := m.DayOf(x.UnixMicro()); got != want {
					t.Fatalf("%s, %s: day %d, want %d", name, x, got, want)
				}
			}
		}
	}
	if got := (&Meta{}).DayOf(-1); got != -1 {
		t.Errorf("a microsecond before 1970 is day %d", got)
	}
}

func TestStratumOf(t *testing.T) {
	for _, c := range []struct {
		occasions, minimum int
		want               string
	}{
		{0, 3, "prospect"},
		{1, 3, "one purchase"},
		{2, 3, "few purchases"},
		{3, 3, "enough"},
		{9, 3, "enough"},
		{0, 1, "prospect"},
		{1, 1, "enough"},
		{0, 0, "enough"},
		{1, 0, "enough"},
		{1, 2, "one purchase"},
		{2, 2, "enough"},
	} {
		if got := StratumOf(c.occasions, c.minimum).String(); got != c.want {
			t.Errorf("%d occasions where %d are needed: %s, want %s", c.occasions, c.minimum, got, c.want)
		}
	}
}
