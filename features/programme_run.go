package features

import (
	"math"

	"github.com/mores-lab/mores/datasets"
)

// programmePoints is what one customer did in the programme.
type programmePoints struct {
	events                     int64 // of the programme
	earnings, redemptions      int64
	earned, redeemed, lapsed   float64
	earned30, lastMonth, year  float64
	portions                   float64 // Σ of a redemption over the balance before it
	portioned                  int64   // redemptions with a balance before them
	waited                     int64   // days from the first earning to the first redemption, or to t1
	redeemer                   bool
	firstEarned, firstRedeemed int
}

// programmeOf reads a history; redemption, if any, is called with every redemption's
// points.
func programmeOf(h datasets.History, redemption func(points float64)) (p programmePoints) {
	now := h.Meta.Now()
	monthFrom, monthTo := lastMonth(now)
	byPurchase := !h.Meta.Kinds.Has(datasets.PointsEarned)
	const never = math.MaxInt
	p.firstEarned, p.firstRedeemed = never, never
	for i := range h.Len() {
		k := h.Kind(i)
		switch k {
		case datasets.PointsEarned, datasets.PointsExpired, datasets.Redemption:
		case datasets.Purchase:
			if !byPurchase {
				continue
			}
		default:
			continue
		}
		points := math.Abs(h.Points(i))
		unknown := math.IsNaN(points) || math.IsInf(points, 0)
		if k == datasets.Purchase && (unknown || points == 0) {
			continue
		}
		if unknown {
			points = 0
		}
		day := h.Day(i)
		p.events++
		switch k {
		case datasets.Redemption:
			p.redemptions++
			if before := p.earned - p.redeemed - p.lapsed; before > 0 && points > 0 {
				p.portions += min(points/before, 1)
				p.portioned++
			}
			p.redeemed += points
			if p.firstEarned != never {
				p.firstRedeemed = min(p.firstRedeemed, day)
			}
			if day >= monthFrom && day < monthTo {
				p.lastMonth += points
			}
			if redemption != nil && points > 0 {
				redemption(points)
			}
		case datasets.PointsExpired:
			p.lapsed += points
		default:
			p.earnings++
			p.earned += points
			p.firstEarned = min(p.firstEarned, day)
			if day >= now-30 {
				p.earned30 += points
			}
			if day >= now-365 {
				p.year += points
			}
		}
	}
	if p.earnings > 0 {
		p.redeemer = p.firstRedeemed != never
		p.waited = int64(min(p.firstRedeemed, now) - p.firstEarned)
	}
	return p
}

// lastMonth returns the days [from, to) of the last whole calendar month before a day.
func lastMonth(day int) (from, to int) {
	year, month, _ := civilOf(day)
	to = civilDay(year, month, 1)
	if month--; month == 0 {
		year, month = year-1, 12
	}
	return civilDay(year, month, 1), to
}
