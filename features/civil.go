package features

import (
	"math"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// civilOf returns the date of a day counted from 1970-01-01, in the Gregorian
// calendar: months and days from 1. A time.Time per purchase would cost ten times
// as much. (Hinnant, chrono-Compatible Low-Level Date Algorithms, civil_from_days.)
func civilOf(day int) (year, month, mday int) {
	z := day + 719468 // days since 0000-03-01
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	mday = doy - (153*mp+2)/5 + 1
	month = mp + 3
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, mday
}

// civilDay is the inverse of civilOf.
func civilDay(year, month, mday int) int {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	yoe := year - era*400
	doy := (153*(month-3)+2)/5 + mday - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// civilWeekday returns the day of the week, Monday = 0.
func civilWeekday(day int) int { return ((day+3)%7 + 7) % 7 }

// civilMonthLength returns the number of days of a month.
func civilMonthLength(year, month int) int {
	if month == 12 {
		return 31
	}
	return civilDay(year, month+1, 1) - civilDay(year, month, 1)
}

// wallClock reads local times of day; it asks the zone only when the clocks change.
type wallClock struct {
	zone   *time.Location
	lo, hi int64 // the offset holds for lo ≤ t < hi
	offset int64 // µs
}

func wallClockOf(m *datasets.Meta) wallClock { return wallClock{zone: m.Zone} }

// hour returns the local time of day of t (µs, UTC) in [0, 24), with its fraction.
func (c *wallClock) hour(t int64) float64 {
	const day = 86_400_000_000
	if c.zone != nil && c.zone != time.UTC && (t < c.lo || t >= c.hi) {
		at := time.UnixMicro(t).In(c.zone)
		_, off := at.Zone()
		c.offset = int64(off) * 1_000_000
		c.lo, c.hi = math.MinInt64, math.MaxInt64
		from, to := at.ZoneBounds()
		if !from.IsZero() {
			c.lo = from.UnixMicro()
		}
		if !to.IsZero() {
			c.hi = to.UnixMicro()
		}
	}
	u := (t + c.offset) % day
	if u < 0 {
		u += day
	}
	return float64(u) / 3_600_000_000
}

// windowDays returns the window's first local day and the day of its end.
func windowDays(m *datasets.Meta) (from, to int) { return m.DayOf(m.Window.From.UnixMicro()), m.Now() }

// fixedSum adds numbers as whole multiples of 2⁻³²: exact and free of order like
// ExactSum, without its slices, for sums that stay below 2³¹.
type fixedSum int64

func (s *fixedSum) add(x float64) { *s += fixedSum(math.Round(x * (1 << 32))) }

func (s fixedSum) value() float64 { return float64(s) / (1 << 32) }
