package features

import (
	"math"
	"sync"

	"github.com/mores-lab/mores/datasets"
)

// interestsRun is one customer's interests, read from the events: scratch space.
type interestsRun struct {
	names         tally
	weight        []float64 // per name, faded
	days          []int     // active days with the name
	last          []int     // the last of them
	half          [][2]int  // days with the name in the window's halves
	total, square float64   // Σ and Σ² of the events' faded weights
	active        int       // days with any name
}

var interestsScratch = sync.Pool{New: func() any { return &interestsRun{} }}

// read fills the run from a history.
func (c *interestsRun) read(h datasets.History, level string, deeds *Deeds, halfLife float64) {
	c.names.reset()
	c.weight, c.days, c.last, c.half = c.weight[:0], c.days[:0], c.last[:0], c.half[:0]
	c.total, c.square, c.active = 0, 0, 0
	now := h.Meta.Window.To.UnixMicro()
	middle := (h.Meta.DayOf(h.Meta.Window.From.UnixMicro()) + h.Meta.Now()) / 2
	rev := h.Reversed()
	lastDay := math.MinInt
	fade := 1.0
	var faded int64 = math.MinInt64 // the stamp that fade belongs to
	for i := range h.Len() {
		a := deeds.weight(h, i, rev)
		if a == 0 {
			continue
		}
		name := nameAt(h, i, level)
		if name == "" {
			continue
		}
		if t := h.Stamp(i); halfLife > 0 && t != faded {
			fade = math.Exp2(-float64(now-t) / (halfLife * 86_400_000_000))
			faded = t
		}
		w := a * fade
		c.total += w
		c.square += w * w
		day := h.Day(i)
		if day != lastDay {
			c.active++
			lastDay = day
		}
		k, fresh := c.names.number(name)
		if fresh {
			c.weight = append(c.weight, 0)
			c.days = append(c.days, 0)
			c.last = append(c.last, math.MinInt)
			c.half = append(c.half, [2]int{})
		}
		c.weight[k] += w
		if c.last[k] != day {
			c.last[k] = day
			c.days[k]++
			if day < middle {
				c.half[k][0]++
			} else {
				c.half[k][1]++
			}
		}
	}
	// A half-life far shorter than the customer's silence fades everything to 0.
	if c.square == 0 {
		c.total = 0
	}
}

// events is Kish's effective number of events: free of how long ago they were.
func (c *interestsRun) events() float64 {
	if c.total == 0 {
		return 0
	}
	return c.total * c.total / c.square
}

// breadth is the entropy in nats with the Miller–Madow correction; one event tells
// nothing of it.
func (c *interestsRun) breadth() (x, evidence float64) {
	n := c.events()
	if n <= 1+1e-9 {
		return 0, 0
	}
	return Entropy(c.weight) + float64(len(c.weight)-1)/(2*n), n - 1
}

// novelty is the rarefied share of new categories; evidence counts days above one.
func (c *interestsRun) novelty() (x, evidence float64) {
	if c.active < 2 {
		return 0, 0
	}
	var pairs, all float64
	for _, d := range c.days {
		pairs += float64(d * (d - 1))
		all += float64(d)
	}
	return 1 - pairs/(float64(c.active-1)*all), float64(c.active - 1)
}

// drift compares the halves of the window; evidence is the harmonic mean of their
// category-days.
func (c *interestsRun) drift() (x, evidence float64) {
	var n [2]float64
	for _, h := range c.half {
		n[0] += float64(h[0])
		n[1] += float64(h[1])
	}
	x = Drift(c.half)
	if math.IsNaN(x) {
		return 0, 0
	}
	return x, 2 * n[0] * n[1] / (n[0] + n[1])
}
