package datasets

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Spike is a habit that is planted in a real log: of the customers with enough
// purchase days, a share takes it up, and each of their purchase days follows it with
// the probability Dose. What is planted is known, what it is planted in is real.
//
// A purchase day is the purchases of one local day that stand (see History.Reversed);
// it moves as a whole. Returns, what they undo, and every other kind of event stay
// where they are.
type Spike struct {
	// Kind is what the habit is of:
	//   hours       the day's purchases begin in the evening, within half an hour of an
	//               hour of the customer's own between 19:30 and 21:30; the days stay
	//   weekdays    the day goes to the Sunday of its week, Monday to Sunday
	//   occasions   the day goes to one of the 42 days before Christmas (12 November to
	//               23 December)
	//   categories  every line of the day becomes a line of Theme, drawn from all
	//               purchases of it in the log; quantity, price and amount stay
	//   gaps        the day goes to the run of days that begins with the first purchase: one
	//               burst, long silence, and the last purchase
	//   regularity  the day goes to where it would lie if the customer's purchase days
	//               were evenly spaced
	Kind string `json:"kind"`
	// Theme, for categories, is a word of the items' names in the table of items, or of
	// the events' category or item.
	Theme string  `json:"theme,omitempty"`
	Share float64 `json:"share"` // of the customers that could take the habit up
	Dose  float64 `json:"dose"`  // part of their purchase days that follow it, 0 to 1
	Days  int     `json:"days"`  // purchase days that a customer needs, at least 3
}

// SpikeKinds lists the kinds of habit.
func SpikeKinds() []string {
	return []string{"hours", "weekdays", "occasions", "categories", "gaps", "regularity"}
}

// spikeEvening is the band of the customers' own hours, in minutes after midnight, and
// how far a day lies from its customer's hour.
const (
	spikeEveningFrom, spikeEveningTo = 19*60 + 30, 21*60 + 30
	spikeEveningAround               = 30
)

// SpikeIn returns the log with the habit planted, and for each customer in order 1 =
// took it up, 0 = could have, −1 = could not: too few purchase days or, for occasions,
// fewer days before Christmas between the first purchase and the last than purchase
// days to move.
//
// First and last purchase day, the number of purchase days, orders and lines, and all
// money stay as they are, so recency, frequency and monetary value of every customer
// are the log's own; a day that has nowhere else to go stays too. The seed chooses the
// customers and the days. Neither depends on the dose: the days that follow the habit
// at one dose follow it at every higher one, and at dose 0 the log is the same.
// Cost: one pass and one Build; the log is held in memory.
func SpikeIn(log *Log, s Spike, seed uint64) (*Log, []int32, error) {
	run := &spikeRun{Spike: s, seed: seed, meta: &log.Meta}
	if err := run.check(log); err != nil {
		return nil, nil, err
	}
	var histories []History
	for h, err := range log.Histories(context.Background()) {
		if err != nil {
			return nil, nil, err
		}
		histories = append(histories, h)
	}
	truth := run.choose(histories)
	if s.Kind == "categories" {
		if run.pool = spikePool(log, histories, s.Theme); len(run.pool) == 0 {
			return nil, nil, fmt.Errorf("theme = %q: no purchase of the log has that word in its item's name, category or item", s.Theme)
		}
	}
	b := NewBuilder(log.Meta)
	moved, spiked := int64(0), 0
	for i, h := range histories {
		events := make([]Event, h.Len())
		for k := range events {
			events[k] = h.At(k)
		}
		if truth[i] == 1 {
			// One stream a customer: nobody's habit depends on who else has one.
			moved += int64(run.move(h, events, rand.New(rand.NewPCG(seed, 2+uint64(i)))))
			spiked++
		}
		for _, e := range events {
			b.Add(e)
		}
	}
	for _, n := range log.Notes {
		b.Note(n)
	}
	b.Note(Note{
		Code: "spiked", Count: moved,
		Text: fmt.Sprintf("a habit of %s was planted in %d purchase days of %d customers (dose %g, seed %d): this is not the log", s.Kind, moved, spiked, s.Dose, seed),
	})
	out, err := b.Build()
	if err != nil {
		return nil, nil, err
	}
	out.Items, out.Customers, out.Campaigns, out.Surveys, out.Offers = log.Items, log.Customers, log.Campaigns, log.Surveys, log.Offers
	return out, truth, nil
}

// spikeRun is one planting.
type spikeRun struct {
	Spike
	seed uint64
	meta *Meta
	pool []spikeLine
}

// spikeLine is what a line of the theme holds.
type spikeLine struct{ item, category, brand string }

func (s *spikeRun) check(log *Log) error {
	switch {
	case !slices.Contains(SpikeKinds(), s.Kind):
		return fmt.Errorf("kind = %q: one of %s", s.Kind, strings.Join(SpikeKinds(), ", "))
	case !(s.Share > 0 && s.Share < 1):
		return fmt.Errorf("share = %g: above 0, below 1", s.Share)
	case !(s.Dose >= 0 && s.Dose <= 1):
		return fmt.Errorf("dose = %g: from 0 to 1", s.Dose)
	case s.Days < 3:
		return fmt.Errorf("days = %d: at least 3, for the first and the last purchase day stay where they are", s.Days)
	case s.Kind == "hours" && log.Meta.Resolution == Day:
		return fmt.Errorf("kind = hours: the stamps of %s tell days, not hours", log.Meta.Name)
	case s.Kind == "categories" && log.Meta.Has&(FieldItem|FieldCategory) == 0:
		return fmt.Errorf("kind = categories: %s has neither items nor categories", log.Meta.Name)
	case s.Kind == "categories" && s.Theme == "":
		return fmt.Errorf("theme = \"\": categories need a word of the items' names, such as garden")
	}
	return nil
}

// choose draws the customers: 1, 0 or −1 each.
func (s *spikeRun) choose(histories []History) []int32 {
	truth := make([]int32, len(histories))
	var open []int
	for i, h := range histories {
		truth[i] = -1
		if o := h.Occasions(); len(o) >= s.Days && (s.Kind != "occasions" || len(spikeFree(o)) >= len(o)-2) {
			truth[i] = 0
			open = append(open, i)
		}
	}
	r := rand.New(rand.NewPCG(s.seed, 1))
	r.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
	for _, i := range open[:int(s.Share*float64(len(open))+0.5)] {
		truth[i] = 1
	}
	return truth
}

// move changes one customer's events and returns the number of days that it changed.
func (s *spikeRun) move(h History, events []Event, r *rand.Rand) int {
	occ := h.Occasions()
	u := make([]float64, len(occ)) // drawn before anything that depends on the dose
	for i := range u {
		u[i] = r.Float64()
	}
	follow := func(i int) bool { return u[i] < s.Dose }
	rev := h.Reversed()
	lines := make([][]int, len(occ))
	for k := range events {
		if h.Kind(k) != Purchase || rev != nil && rev[k] {
			continue
		}
		i, _ := slices.BinarySearchFunc(occ, h.Day(k), func(o Occasion, d int) int { return o.Day - d })
		lines[i] = append(lines[i], k)
	}
	var to []int
	switch s.Kind {
	case "hours":
		return s.evenings(occ, lines, events, r, follow)
	case "categories":
		n := 0
		for i, rows := range lines {
			draw := rand.New(rand.NewPCG(r.Uint64(), 0)) // the day's own, whether it follows or not
			if !follow(i) {
				continue
			}
			n++
			for _, k := range rows {
				l := s.pool[draw.IntN(len(s.pool))]
				events[k].Item, events[k].Category, events[k].Brand = l.item, l.category, l.brand
			}
		}
		return n
	case "weekdays":
		to = spikeSundays(occ, follow)
	case "occasions":
		to = spikeChristmas(occ, follow, r)
	case "gaps":
		to = spikeBurst(occ, follow)
	case "regularity":
		to = spikeEven(occ, follow)
	}
	n := 0
	for i, day := range to {
		if day == occ[i].Day {
			continue
		}
		n++
		for _, k := range lines[i] {
			events[k].Time = s.meta.onDay(events[k].Time, day)
		}
	}
	return n
}

// evenings moves the purchases of the days that follow to the customer's hour.
func (s *spikeRun) evenings(occ []Occasion, lines [][]int, events []Event, r *rand.Rand, follow func(int) bool) (n int) {
	own := spikeEveningFrom + r.Float64()*(spikeEveningTo-spikeEveningFrom)
	for i := range occ {
		at := own + (2*r.Float64()-1)*spikeEveningAround
		if !follow(i) {
			continue
		}
		d := s.meta.Local(occ[i].First)
		start := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, int(at*60), 0, d.Location()).UnixMicro()
		n++
		for _, k := range lines[i] {
			// What followed the day's first purchase follows it now, within the day.
			t := start + events[k].Time - occ[i].First
			if s.meta.DayOf(t) != occ[i].Day {
				t = start
			}
			if s.meta.Window.Contains(t) {
				events[k].Time = t
			}
		}
	}
	return n
}

// onDay returns the instant at t's clock time on another local day.
func (m *Meta) onDay(t int64, day int) int64 {
	l := m.Local(t)
	at := time.Date(1970, 1, 1+day, l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), l.Location())
	if m.DayOf(at.UnixMicro()) != day { // a clock that skips midnight
		at = m.dayStart(time.Date(1970, 1, 1+day, 12, 0, 0, 0, l.Location()), 0)
	}
	return at.UnixMicro()
}

// spikePool lists the standing purchases of the theme, one entry a line: drawing from
// it draws items as often as they sell.
func spikePool(log *Log, histories []History, theme string) (out []spikeLine) {
	theme = strings.ToLower(theme)
	known := map[spikeLine]bool{}
	for _, h := range histories {
		rev := h.Reversed()
		for k := range h.Len() {
			if h.Kind(k) != Purchase || rev != nil && rev[k] {
				continue
			}
			l := spikeLine{h.Item(k), h.Category(k), h.Brand(k)}
			hit, ok := known[l]
			if !ok {
				hit = spikeHasWord(log.Items, l, theme)
				known[l] = hit
			}
			if hit {
				out = append(out, l)
			}
		}
	}
	return out
}

func spikeHasWord(items *Table, l spikeLine, theme string) bool {
	text := l.category
	if row, ok := 0, false; items != nil {
		if row, ok = items.Find(l.item); ok {
			for _, c := range items.Cols {
				if c.Text != nil {
					text += " " + c.Text[row]
				}
			}
		}
	} else {
		text += " " + l.item
	}
	return slices.Contains(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' }), theme)
}
