package datasets

import (
	"math/rand/v2"
	"time"
)

// Where purchase days go: every function returns the new day of each occasion, all
// different, the first and the last where they were.

// spikeDays returns the days of the occasions, and the set of them.
func spikeDays(occ []Occasion) (days []int, taken map[int]bool) {
	taken = make(map[int]bool, len(occ))
	for _, o := range occ {
		days = append(days, o.Day)
		taken[o.Day] = true
	}
	return days, taken
}

// spikeSundays moves days to the Sunday that ends their week, unless the customer
// bought on it too or it is not before the last purchase.
func spikeSundays(occ []Occasion, follow func(int) bool) []int {
	days, taken := spikeDays(occ)
	last := len(days) - 1
	for i := 1; i < last; i++ {
		// Day 0 was a Thursday.
		sunday := days[i] + 6 - (days[i]+3)%7
		if follow(i) && !taken[sunday] && sunday < days[last] {
			delete(taken, days[i])
			taken[sunday] = true
			days[i] = sunday
		}
	}
	return days
}

// spikeBeforeChristmas reports whether a day lies in the 42 days before Christmas Eve.
func spikeBeforeChristmas(day int) bool {
	t := time.Unix(int64(day)*86400, 0).UTC()
	return t.Month() == time.November && t.Day() >= 12 || t.Month() == time.December && t.Day() <= 23
}

// spikeFree lists the days before Christmas between the first occasion and the last,
// with those on which the customer bought.
func spikeFree(occ []Occasion) (out []int) {
	for d := occ[0].Day + 1; d < occ[len(occ)-1].Day; d++ {
		if spikeBeforeChristmas(d) {
			out = append(out, d)
		}
	}
	return out
}

// spikeChristmas moves days that are not there yet to days before Christmas.
func spikeChristmas(occ []Occasion, follow func(int) bool, r *rand.Rand) []int {
	days, taken := spikeDays(occ)
	free := spikeFree(occ)
	r.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] })
	next := 0
	for i := 1; i < len(days)-1; i++ {
		if !follow(i) || spikeBeforeChristmas(days[i]) {
			continue
		}
		for next < len(free) && taken[free[next]] {
			next++
		}
		if next == len(free) {
			break
		}
		days[i] = free[next]
		taken[days[i]] = true
	}
	return days
}

// spikeMoved returns the days, those that stay, and the numbers of those that move.
func spikeMoved(occ []Occasion, follow func(int) bool) (days []int, stay map[int]bool, moved []int) {
	days, stay = spikeDays(occ)
	for i := 1; i < len(days)-1; i++ {
		if follow(i) {
			delete(stay, days[i])
			moved = append(moved, i)
		}
	}
	return days, stay, moved
}

// spikeBurst moves days to the first ones after the first purchase on which the
// customer does not buy: a run of days.
func spikeBurst(occ []Occasion, follow func(int) bool) []int {
	days, taken, moved := spikeMoved(occ, follow)
	next := days[0] + 1
	for _, i := range moved {
		for taken[next] {
			next++
		}
		days[i] = next
		taken[next] = true
	}
	return days
}

// spikeEven moves days to where even spacing would put them, or as near as another day
// lets them.
func spikeEven(occ []Occasion, follow func(int) bool) []int {
	days, taken, moved := spikeMoved(occ, follow)
	last := len(days) - 1
	first, span := days[0], days[last]-days[0]
	for _, i := range moved {
		even := first + (2*i*span+last)/(2*last) // rounded
		for off := 0; ; off++ {
			if d := even - off; d > first && !taken[d] {
				days[i] = d
				break
			}
			if d := even + off; d < first+span && !taken[d] {
				days[i] = d
				break
			}
		}
		taken[days[i]] = true
	}
	return days
}
