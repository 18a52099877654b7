package features

import (
	"math"
	"sync"

	"github.com/mores-lab/mores/datasets"
)

// satisfactionCounts is what one customer's events say besides ratings.
type satisfactionCounts struct {
	lines, returned      int64   // bought and returned lines
	gross, back          float64 // money of both
	days                 int64   // with a purchase, returned or not
	complaints, contacts int64
}

// satisfactionScratch is room for one customer's orders: first day, −1 = delivered.
type satisfactionScratch struct {
	orders tally
	day    []int
}

var satisfactionPool = sync.Pool{New: func() any { return &satisfactionScratch{} }}

// satisfactionOf reads a history; say is called with every rating and survey answer,
// and with the days from order to delivery (kind Delivered) of every order.
func satisfactionOf(h datasets.History, say func(kind datasets.Kind, x float64, stamp int64)) (c satisfactionCounts) {
	sc := satisfactionPool.Get().(*satisfactionScratch)
	defer satisfactionPool.Put(sc)
	sc.orders.reset()
	sc.day = sc.day[:0]
	// Only where deliveries can be matched.
	match := h.Meta.Kinds.Has(datasets.Delivered) && h.Meta.Has&datasets.FieldOrder != 0
	lastDay := math.MinInt
	for i := range h.Len() {
		switch k := h.Kind(i); k {
		case datasets.Purchase:
			c.lines++
			if a := h.Amount(i); !math.IsNaN(a) {
				c.gross += a
			}
			d := h.Day(i)
			if d != lastDay {
				c.days++
				lastDay = d
			}
			if match {
				if o := h.Order(i); o != "" {
					if _, fresh := sc.orders.number(o); fresh {
						sc.day = append(sc.day, d)
					}
				}
			}
		case datasets.Return:
			c.returned++
			if a := h.Amount(i); !math.IsNaN(a) {
				c.back += math.Abs(a)
			}
		case datasets.Complaint:
			c.complaints++
		case datasets.Contact:
			c.contacts++
		case datasets.Delivered:
			if !match {
				continue
			}
			if o := h.Order(i); o != "" {
				n, fresh := sc.orders.number(o)
				if fresh { // ordered before the window, or not by this log
					sc.day = append(sc.day, -1)
				}
				if from := sc.day[n]; from >= 0 {
					say(k, float64(h.Day(i)-from), h.Stamp(i))
					sc.day[n] = -1 // the first delivery counts
				}
			}
		case datasets.Rating, datasets.SurveyAnswer:
			if x := h.Rating(i); !math.IsNaN(x) && !math.IsInf(x, 0) {
				say(k, x, h.Stamp(i))
			}
		}
	}
	return c
}

// ratingLine is a least-squares line, by running means (Welford).
type ratingLine struct{ n, t, y, tt, ty float64 }

func (l *ratingLine) add(t, y float64) {
	l.n++
	dt := t - l.t
	l.t += dt / l.n
	l.y += (y - l.y) / l.n
	l.tt += dt * (t - l.t)
	l.ty += dt * (y - l.y)
}

// slope is drawn to 0 by prior, in squared units of t.
func (l *ratingLine) slope(prior float64) float64 {
	if l.tt+prior == 0 {
		return 0
	}
	return l.ty / (l.tt + prior)
}
