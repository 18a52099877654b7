package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// live simulates one customer and returns the descriptors.
func (run *retailRun) live(r *rand.Rand, c *retailCustomer) (age string, joined time.Time) {
	if c.segment < 0 {
		c.joined = r.IntN(retailWeeks)
		run.tastes(r, c, &retailSegments[r.IntN(len(retailSegments))])
		run.browse(r, c, 0.15)
		return retailAges[r.IntN(len(retailAges))], run.monday.AddDate(0, 0, 7*c.joined)
	}
	s := &retailSegments[c.segment]
	first := 0
	if r.Float64() >= s.joinedBefore {
		first = s.joinedFrom + r.IntN(retailWeeks-s.joinedFrom)
		c.joined = first
	}
	if s.lapses {
		c.lapse = retailLapse[0] + r.IntN(retailLapse[1]-retailLapse[0])
	}
	run.tastes(r, c, s)
	p := drawBeta(r, s.trips/2, s.tripsShape)
	rate := drawGamma(r, s.tripsShape) / s.tripsShape * s.trips
	if c.rate = rate; s.twice {
		c.rate = 2 * p
	}
	for w := first; w < c.lapse; w++ {
		n := 0
		if s.twice {
			for range 2 {
				if r.Float64() < p {
					n++
				}
			}
		} else {
			n = drawPoisson(r, rate*s.season(w))
		}
		c.trips[w] = n
		for range n {
			run.shop(r, c, w)
		}
	}
	run.browse(r, c, s.views)
	run.mail(r, c, s)
	joined = run.monday.AddDate(0, 0, 7*first)
	if c.joined < 0 {
		joined = run.monday.AddDate(0, 0, -1-r.IntN(1200))
	}
	return retailAges[drawOne(r, s.age)], joined
}

// tastes draws the customer's own preferences around the segment's.
func (run *retailRun) tastes(r *rand.Rand, c *retailCustomer, s *retailSegment) {
	around := func(mean []float64, concentration float64) []float64 {
		p := make([]float64, len(mean))
		drawDirichlet(r, mean, concentration, p)
		return p
	}
	c.weekdayP, c.daypartP = around(s.weekday, s.habit), around(s.daypart, s.habit)
	c.channelP, c.categoryP = around(s.channel, s.focus), around(s.category, s.focus)
	c.moreLines = drawGamma(r, retailLinesShape) / retailLinesShape * s.lines
	c.discount = drawBeta(r, s.discount, retailBetaSize)
	c.back = drawBeta(r, s.returns, retailBetaSize)
}

// shop is one trip: a basket, and what comes back of it.
func (run *retailRun) shop(r *rand.Rand, c *retailCustomer, week int) {
	day, part := drawOne(r, c.weekdayP), drawOne(r, c.daypartP)
	channel := drawOne(r, c.channelP)
	c.weekday[day]++
	c.daypart[part]++
	c.channel[channel]++
	t := run.at(r, week, day, part)
	run.order++
	order := fmt.Sprintf("R%06d", run.order)
	o := &retailOrder{id: order, channel: retailChannels[channel], at: t}
	if o.channel == "web" || o.channel == "app" {
		run.session++
		o.session = retailSession(run.session)
	}
	c.orders = append(c.orders, o)
	campaign := ""
	if i := retailCampaignOf(week); i >= 0 && retailChannels[channel] == "email" {
		campaign = retailCampaignID(i)
	}
	end := run.b.meta.Window.To
	for range 1 + drawPoisson(r, c.moreLines) {
		cat := drawOne(r, c.categoryP)
		it := run.items[cat][drawOne(r, run.zipf)]
		quantity := 1 + float64(drawPoisson(r, 0.25))
		cut := 0.0
		c.category[cat]++
		c.lines++
		if r.Float64() < c.discount {
			c.discounted++
			cut = 0.1 * float64(1+r.IntN(3))
		}
		full := quantity * it.price
		off := cents(full * cut)
		ev := Event{
			Customer: c.id, Time: t.UnixMicro(), Kind: Purchase, Order: order, Item: it.id,
			Category: retailCategories[cat].name, Brand: it.brand, Channel: retailChannels[channel], Campaign: campaign,
			Session: o.session, Quantity: quantity, Price: it.price, Amount: cents(full - off), Discount: off,
			Rating: math.NaN(), Points: math.NaN(),
		}
		ev.Margin = cents(full*retailCategories[cat].margin - off)
		run.b.Add(ev)
		o.lines = append(o.lines, ev)
		back := run.at(r, week, day+3+r.IntN(18), 1+r.IntN(3))
		returned := r.Float64() < c.back
		// Three weeks on, every return has come in: those lines tell about the habit.
		if t.AddDate(0, 0, 22).Before(end) {
			c.returnable++
			if returned {
				c.returned++
			}
		}
		if returned && back.Before(end) {
			o.returned++
			ev.Time, ev.Kind, ev.Campaign, ev.Session = back.UnixMicro(), Return, "", ""
			ev.Quantity, ev.Amount, ev.Discount, ev.Margin = -ev.Quantity, -ev.Amount, 0, -ev.Margin
			run.b.Add(ev)
		}
	}
}

func cents(x float64) float64 { return math.Round(100*x) / 100 }

// browse is the customer's page views. Their hours and categories come from the
// tastes too, and count as evidence of them.
func (run *retailRun) browse(r *rand.Rand, c *retailCustomer, views float64) {
	rate := drawGamma(r, retailViewsShape) / retailViewsShape * views
	c.viewRate = rate
	for w := max(0, c.joined); w < c.lapse; w++ {
		for range drawPoisson(r, rate) {
			day, part, cat := drawOne(r, c.weekdayP), drawOne(r, c.daypartP), drawOne(r, c.categoryP)
			c.weekday[day]++
			c.daypart[part]++
			c.category[cat]++
			c.views++
			c.lastView = w
			it := run.items[cat][drawOne(r, run.zipf)]
			run.session++
			ev := c.blank(View, run.at(r, w, day, part))
			ev.Item, ev.Category, ev.Brand, ev.Price = it.id, retailCategories[cat].name, it.brand, it.price
			ev.Channel, ev.Session = "web", retailSession(run.session)
			run.b.Add(ev)
			c.browsed = append(c.browsed, ev)
		}
	}
}

// mail is the campaigns: seven of ten customers have asked for them.
func (run *retailRun) mail(r *rand.Rand, c *retailCustomer, s *retailSegment) {
	opens, clicks := drawBeta(r, s.opens, retailBetaSize), drawBeta(r, s.clicks, retailBetaSize)
	c.opens, c.clicks = opens, clicks
	if r.Float64() >= 0.7 {
		return
	}
	for i, w := range retailCampaigns {
		if w < c.joined {
			continue
		}
		c.sent[i] = true
		c.opened[i] = w < c.lapse && r.Float64() < opens
		c.clicked[i] = c.opened[i] && r.Float64() < clicks
		ev := c.blank(CampaignSent, time.Time{})
		ev.Channel, ev.Campaign = "email", retailCampaignID(i)
		tuesday := run.monday.AddDate(0, 0, 7*w+1)
		t := time.Date(tuesday.Year(), tuesday.Month(), tuesday.Day(), 9, 0, 0, 0, run.zone)
		for _, step := range []struct {
			happened bool
			kind     Kind
		}{{c.sent[i], CampaignSent}, {c.opened[i], CampaignOpen}, {c.clicked[i], CampaignClick}} {
			if step.happened {
				ev.Time, ev.Kind = t.UnixMicro(), step.kind
				run.b.Add(ev)
				t = t.Add(time.Duration(60+r.IntN(30*3600)) * time.Second)
			}
		}
	}
}
