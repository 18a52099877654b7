package features

import (
	"math"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// trendClock cuts time into periods, numbered back from the end of the window.
type trendClock struct {
	months bool
	now    int // the window's end, as a day
	last   int // months: number of the last whole month
}

const (
	trendDays    = 28 // of a period
	trendMinimum = 6  // periods, for a slope
)

func newTrendClock(period string, now int) trendClock {
	c := trendClock{months: period == "month", now: now}
	if c.months {
		c.last, _ = monthOf(now)
		c.last-- // the month of the window's end is not whole
	}
	return c
}

// slots is the number of periods in a year.
func (c trendClock) slots() int {
	if c.months {
		return 12
	}
	return 13
}

// back returns the number of the period that a day is in, 0 the last one, and
// whether the day is the period's first. The number is < 0 after the last period.
func (c trendClock) back(day int) (period int, first bool) {
	if c.months {
		m, dom := monthOf(day)
		return c.last - m, dom == 1
	}
	ago := max(c.now-1-day, 0) // a window can end within a day
	return ago / trendDays, ago%trendDays == trendDays-1
}

// monthOf returns year·12 + month − 1 and the day of the month of a day number.
func monthOf(day int) (month, dom int) {
	y, m, d := time.Unix(int64(day)*86400, 0).UTC().Date()
	return y*12 + int(m) - 1, d
}

// series returns spend by period from the first whole period after the first purchase
// to the last whole one, oldest first; nil if there is none. Empty periods are 0.
func (c trendClock) series(occ []datasets.Occasion) []float64 {
	if len(occ) == 0 {
		return nil
	}
	n, whole := c.back(occ[0].Day)
	if whole {
		n++
	}
	if n <= 0 {
		return nil
	}
	out := make([]float64, n)
	at, until := -1, math.MinInt // the last period found, and the day it is known to hold up to
	for _, o := range occ {
		if o.Day >= until {
			at, _ = c.back(o.Day)
			until = o.Day + 1
			if !c.months {
				until = c.now - at*trendDays
			}
		}
		if at >= 0 && at < n && o.Gross > 0 {
			out[n-1-at] += o.Gross
		}
	}
	return out
}

// trendOf is the Theil–Sen slope over the median of the positive values, per period,
// and the Mann–Kendall Z of a series; ok is false below six periods.
func trendOf(y []float64, hamedRao bool) (slope, z float64, ok bool) {
	if len(y) < trendMinimum {
		return 0, 0, false
	}
	var positive []float64
	for _, v := range y {
		if v > 0 {
			positive = append(positive, v)
		}
	}
	if len(positive) == 0 {
		return 0, 0, true
	}
	test := MannKendall(y)
	if hamedRao {
		test = MannKendallHamedRao(y)
	}
	// The median slope is 0 if the equal pairs hold the middle: spares the many
	// customers with few purchases the sorting.
	pairs := float64(len(y) * (len(y) - 1) / 2)
	ties := pairs - mkPairs(y)
	if rise, fall := (pairs-ties+test.S)/2, (pairs-ties-test.S)/2; rise < pairs/2-0.5 && fall < pairs/2-0.5 {
		return 0, test.Z, true
	}
	x := make([]float64, len(y))
	for i := range x {
		x[i] = float64(i)
	}
	return TheilSenSlope(x, y) / median(positive), test.Z, true
}

// mkPairs counts the pairs of different values.
func mkPairs(y []float64) float64 {
	var n int
	for i := range y {
		for _, x := range y[:i] {
			if x != y[i] {
				n++
			}
		}
	}
	return float64(n)
}

// trendSpan is what the ratio of recent to earlier spend is made of.
type trendSpan struct {
	last    float64 // spend of the last 90 days
	earlier float64 // spend before them, per 90 days since the first purchase
	blocks  float64 // of 90 days before them, at least 1; 0 = the first purchase is later
}

const trendRecent = 90 // days

func trendSpanOf(occ []datasets.Occasion, now int) (s trendSpan) {
	for _, o := range occ {
		switch {
		case !(o.Gross > 0):
		case o.Day < now-trendRecent:
			s.earlier += o.Gross
		default:
			s.last += o.Gross
		}
	}
	if before := now - trendRecent - occ[0].Day; before > 0 && s.earlier > 0 {
		s.blocks = max(float64(before)/trendRecent, 1)
		s.earlier /= s.blocks
	}
	return s
}

// trendSeasons splits spend by period into age and season. spend[L][b] is the spend
// of customers whose series has L periods in period b, counted back from the last;
// counts[L] is their number. It fits mean spend = f(age)·g(season) by proportional
// fitting, as for Poisson counts, and returns g with mean 1. Where age and season
// cannot be told apart (one cohort) the ages take it all, and g is 1.
// Cost: O(rounds·cells).
func trendSeasons(spend map[int][]float64, counts map[int]int64, lengths []int, slots int) []float64 {
	g := make([]float64, slots)
	for s := range g {
		g[s] = 1
	}
	f := make([]float64, lengths[len(lengths)-1])
	for range 200 {
		num, den := make([]float64, len(f)), make([]float64, len(f))
		for _, l := range lengths {
			for b, y := range spend[l] {
				num[l-1-b] += y
				den[l-1-b] += float64(counts[l]) * g[b%slots]
			}
		}
		for a := range f {
			f[a] = num[a] / max(den[a], 1e-300)
		}
		up, down := make([]float64, slots), make([]float64, slots)
		for _, l := range lengths {
			for b, y := range spend[l] {
				up[b%slots] += y
				down[b%slots] += float64(counts[l]) * f[l-1-b]
			}
		}
		var sum, change float64
		for s := range g {
			up[s] /= max(down[s], 1e-300)
			sum += up[s]
		}
		if sum == 0 {
			break
		}
		for s := range g {
			// A season in which nobody bought has nothing to be divided by.
			v := max(up[s]*float64(slots)/sum, 0.05)
			change = max(change, math.Abs(v-g[s]))
			g[s] = v
		}
		if change < 1e-10 {
			break
		}
	}
	return g
}
