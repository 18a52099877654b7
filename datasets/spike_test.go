package datasets

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// spikeLog is a shop of n customers with 6 to 20 purchase days each: orders by day of
// one to three lines of two themes, some given back. Every third customer bought once.
func spikeLog(t *testing.T, n int) *Log {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2021, 8, 2, 0, 0, 0, 0, zone)
	b := NewBuilder(Meta{
		Name: "shop", Zone: zone, Window: Window{from, from.AddDate(1, 6, 0)},
		Has: FieldOrder | FieldItem | FieldCategory | FieldQuantity | FieldPrice | FieldAmount | FieldHour,
	})
	x := uint32(7)
	next := func(k int) int { // a small generator of our own: the log must not follow math/rand
		x = x*1664525 + 1013904223
		return int(x>>8) % k
	}
	for c := range n {
		days := 6 + next(15)
		if c%3 == 2 {
			days = 1
		}
		at := next(30)
		for d := range days {
			at += 1 + next(25)
			when := from.AddDate(0, 0, at).Add(time.Duration(9*60+next(240)) * time.Minute)
			for l := range 1 + next(3) {
				e := Event{
					Customer: fmt.Sprintf("c%03d", c), Time: when.Add(time.Duration(l) * time.Minute).UnixMicro(), Kind: Purchase,
					Order: fmt.Sprintf("o%d-%d", c, d), Item: fmt.Sprintf("i%02d", next(30)), Quantity: 1, Price: float64(1 + next(20)),
				}
				e.Category = []string{"tools", "Garden and yard"}[e.Item[2]%2]
				e.Amount = e.Price
				b.Add(e)
				if next(12) == 0 {
					e.Kind, e.Time, e.Amount = Return, e.Time+86_400_000_000, -e.Amount
					b.Add(e)
				}
			}
		}
	}
	return b.Log()
}

func spikeHistories(t *testing.T, l *Log) (out []History) {
	t.Helper()
	for h, err := range l.Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, h)
	}
	return out
}

// What a habit must leave alone, for every kind and dose: customers, events, first and
// last purchase day, days, orders, lines and money of each; and whoever did not take it
// up, to the last event.
func TestSpikeInMovesNothingElse(t *testing.T) {
	log := spikeLog(t, 90)
	before := spikeHistories(t, log)
	for _, kind := range SpikeKinds() {
		for _, dose := range []float64{0, .3, 1} {
			name := fmt.Sprintf("%s at %g", kind, dose)
			l, truth, err := SpikeIn(log, Spike{Kind: kind, Share: .25, Dose: dose, Days: 6, Theme: "garden"}, 3)
			if err != nil {
				t.Fatal(err)
			}
			if (l.Hash == log.Hash) != (dose == 0) {
				t.Errorf("%s: the same log is %v", name, l.Hash == log.Hash)
			}
			after := spikeHistories(t, l)
			if len(after) != len(before) || len(truth) != len(before) {
				t.Fatalf("%s: %d customers and %d truths of %d", name, len(after), len(truth), len(before))
			}
			could, did, moved := 0, 0, 0
			for i, h := range before {
				g := after[i]
				a, b := h.Occasions(), g.Occasions()
				switch truth[i] {
				case -1:
					if len(a) >= 6 && kind != "occasions" {
						t.Errorf("%s: customer %s with %d days could not", name, h.ID, len(a))
					}
				case 1:
					did++
					fallthrough
				case 0:
					could++
					if len(a) < 6 {
						t.Errorf("%s: customer %s with %d days could", name, h.ID, len(a))
					}
				}
				if g.ID != h.ID || g.Len() != h.Len() || len(a) != len(b) {
					t.Fatalf("%s: customer %s has %d events on %d days, had %d on %d", name, h.ID, g.Len(), len(b), h.Len(), len(a))
				}
				if len(a) > 0 && (a[0].Day != b[0].Day || a[len(a)-1].Day != b[len(b)-1].Day) {
					t.Errorf("%s: customer %s: first or last day moved", name, h.ID)
				}
				if x, y := h.Spend(), g.Spend(); math.Abs(x.Gross-y.Gross) > 1e-9 || math.Abs(x.Returns-y.Returns) > 1e-9 {
					t.Errorf("%s: customer %s: %v became %v", name, h.ID, x, y)
				}
				sum := func(occ []Occasion) (lines, orders int, gross float64) {
					for _, o := range occ {
						lines, orders, gross = lines+o.Lines, orders+o.Orders, gross+o.Gross
					}
					return lines, orders, math.Round(gross * 1e6)
				}
				al, ao, ag := sum(a)
				bl, bo, bg := sum(b)
				if al != bl || ao != bo || ag != bg {
					t.Errorf("%s: customer %s: %d lines, %d orders, %g became %d, %d, %g", name, h.ID, al, ao, ag, bl, bo, bg)
				}
				for k := range h.Len() {
					if fmt.Sprint(h.At(k)) != fmt.Sprint(g.At(k)) {
						moved++
						if truth[i] != 1 {
							t.Errorf("%s: customer %s did not take it up, and changed", name, h.ID)
						}
						break
					}
				}
			}
			if did != int(.25*float64(could)+.5) || did < 3 {
				t.Errorf("%s: %d of %d took it up", name, did, could)
			}
			if dose == 1 && moved != did {
				t.Errorf("%s: %d of %d changed", name, moved, did)
			}
		}
	}
}

// What each habit must do at dose 1, said by what it is.
func TestSpikeInPlantsTheHabit(t *testing.T) {
	log := spikeLog(t, 90)
	for _, kind := range SpikeKinds() {
		l, truth, err := SpikeIn(log, Spike{Kind: kind, Share: .25, Dose: 1, Days: 6, Theme: "garden"}, 3)
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range spikeHistories(t, l) {
			if truth[i] != 1 {
				continue
			}
			occ := h.Occasions()
			inner := occ[1 : len(occ)-1]
			bad := ""
			switch kind {
			case "hours":
				lo, hi := 24.0, 0.0
				for _, o := range occ {
					at := l.Meta.Local(o.First)
					u := float64(at.Hour()) + float64(at.Minute())/60
					lo, hi = min(lo, u), max(hi, u)
				}
				if lo < 19 || hi > 22 || hi-lo > 1.02 {
					bad = fmt.Sprintf("buys from %.2f to %.2f h", lo, hi)
				}
			case "weekdays":
				week := map[int]int{} // Sundays and other days by week
				for _, o := range inner {
					if (o.Day+3)%7 != 6 {
						week[(o.Day+3)/7]++
					}
				}
				for w, others := range week {
					sunday := 7*w + 6 - 3
					if !slices.ContainsFunc(occ, func(o Occasion) bool { return o.Day == sunday }) && sunday < occ[len(occ)-1].Day {
						bad = fmt.Sprintf("buys on %d other days of a week and not on its Sunday", others)
					}
				}
			case "occasions":
				for _, o := range inner {
					if d := time.Unix(int64(o.Day)*86400, 0).UTC(); d.Before(time.Date(2021, 11, 12, 0, 0, 0, 0, time.UTC)) || d.After(time.Date(2021, 12, 23, 0, 0, 0, 0, time.UTC)) {
						bad = "buys on " + d.Format(time.DateOnly)
					}
				}
			case "categories":
				rev := h.Reversed()
				for k := range h.Len() {
					if h.Kind(k) == Purchase && (rev == nil || !rev[k]) && (h.Category(k) != "Garden and yard" || h.Item(k)[2]%2 != 1) {
						bad = fmt.Sprintf("buys %s of %s", h.Item(k), h.Category(k))
					}
				}
			case "gaps":
				for k, o := range inner {
					if o.Day != occ[0].Day+1+k {
						bad = "is no run of days"
					}
				}
			case "regularity":
				span := float64(occ[len(occ)-1].Day - occ[0].Day)
				for k, o := range occ {
					if even := float64(occ[0].Day) + span*float64(k)/float64(len(occ)-1); math.Abs(float64(o.Day)-even) > .5 {
						bad = fmt.Sprintf("day %d lies %.1f days off", k, float64(o.Day)-even)
					}
				}
			}
			if bad != "" {
				t.Errorf("%s: customer %s %s", kind, h.ID, bad)
			}
		}
	}
}

// The customers are the same at every dose, and days that follow at one dose follow at
// every higher one; another seed is another choice.
func TestSpikeInIsNested(t *testing.T) {
	log := spikeLog(t, 90)
	at := func(dose float64, seed uint64) (map[int64]bool, []int32) {
		l, truth, err := SpikeIn(log, Spike{Kind: "hours", Share: .25, Dose: dose, Days: 6}, seed)
		if err != nil {
			t.Fatal(err)
		}
		evening := map[int64]bool{}
		for i, h := range spikeHistories(t, l) {
			for _, o := range h.Occasions() {
				if l.Meta.Local(o.First).Hour() >= 19 {
					evening[int64(i)<<32|int64(o.Day)] = true
				}
			}
		}
		return evening, truth
	}
	low, who := at(.4, 1)
	high, same := at(.7, 1)
	all, _ := at(1, 1)
	if !slices.Equal(who, same) {
		t.Error("the dose chooses customers")
	}
	if share := float64(len(low)) / float64(len(all)); share < .3 || share > .5 || len(high) <= len(low) || len(high) >= len(all) {
		t.Errorf("%d, %d and %d days follow", len(low), len(high), len(all))
	}
	for d := range low {
		if !high[d] {
			t.Error("a day follows at .4 and not at .7")
		}
	}
	if _, other := at(.4, 2); slices.Equal(who, other) {
		t.Error("the seed chooses nobody")
	}
	if l, _, err := SpikeIn(log.Reshard(4), Spike{Kind: "gaps", Share: .25, Dose: .5, Days: 6}, 1); err != nil {
		t.Error(err)
	} else if whole, _, _ := SpikeIn(log, Spike{Kind: "gaps", Share: .25, Dose: .5, Days: 6}, 1); l.Hash != whole.Hash {
		t.Error("shards show")
	}
}

func TestSpikeInRefuses(t *testing.T) {
	log := spikeLog(t, 30)
	days := NewBuilder(Meta{Name: "bare", Resolution: Day})
	days.Add(Event{Customer: "a", Kind: Purchase})
	bare := days.Log()
	good := Spike{Kind: "gaps", Share: .2, Dose: 1, Days: 6}
	for want, c := range map[string]func(*Spike) *Log{
		"kind =":       func(s *Spike) *Log { s.Kind = "moods"; return log },
		"share =":      func(s *Spike) *Log { s.Share = 1; return log },
		"dose =":       func(s *Spike) *Log { s.Dose = math.NaN(); return log },
		"days =":       func(s *Spike) *Log { s.Days = 2; return log },
		"not hours":    func(s *Spike) *Log { s.Kind = "hours"; return bare },
		"neither":      func(s *Spike) *Log { s.Kind, s.Theme = "categories", "garden"; return bare },
		"need a word":  func(s *Spike) *Log { s.Kind = "categories"; return log },
		"has that wor": func(s *Spike) *Log { s.Kind, s.Theme = "categories", "submarine"; return log },
	} {
		s := good
		if _, _, err := SpikeIn(c(&s), s, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
}
