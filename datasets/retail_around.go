package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// What surrounds trips and views: sessions, searches, carts, checkouts, deliveries,
// ratings, complaints, wish lists, referrals, use, loyalty points and surveys.
// Everything here hangs on a trip or a view that is in the log, with chances that
// are the same in every segment (or depend on what the log shows: a return, a late
// parcel). So it tells nothing of the segment that trips and views do not, and the
// Bayes classifier of retailBayes stays the best there is.

// retailOrder is one trip as it happened.
type retailOrder struct {
	id, session, channel string
	at                   time.Time
	lines                []Event
	returned             int // lines that came back inside the window
}

// The chances, alike for everybody; those of a person are beta around them.
const (
	retailMember     = 0.7  // has the loyalty card
	retailRates      = 0.3  // rates an order
	retailLate       = 0.12 // a parcel is late
	retailRefers     = 0.03 // an order is followed by a referral
	retailRedeems    = 0.25 // points are spent with an order, given enough of them
	retailPointsLife = 365  // days
	retailPointsMin  = 50   // fewer points buy nothing
)

// retailAround is the surroundings of one customer.
type retailAround struct {
	run *retailRun
	c   *retailCustomer
	r   *rand.Rand
	end time.Time
	// The person's own chances.
	rates, refers, redeems, wishes, carts float64
	stars                                 []int
	late, complaints                      int
}

// blank is an event of the customer with no number known.
func (c *retailCustomer) blank(kind Kind, at time.Time) Event {
	n := math.NaN()
	return Event{
		Customer: c.id, Time: at.UnixMicro(), Kind: kind,
		Quantity: n, Price: n, Amount: n, Discount: n, Margin: n, Rating: n, Points: n,
	}
}

// add adds what lies inside the window.
func (a *retailAround) add(ev Event) {
	if ev.Time < a.end.UnixMicro() {
		a.run.b.Add(ev)
	}
}

// around adds the customer's surroundings, from a stream of their own.
func (run *retailRun) around(r *rand.Rand, c *retailCustomer) {
	a := &retailAround{
		run: run, c: c, r: r, end: run.b.meta.Window.To,
		rates: drawBeta(r, retailRates, 2), refers: drawBeta(r, retailRefers, 2), redeems: drawBeta(r, retailRedeems, 2),
		wishes: drawBeta(r, 0.12, 3), carts: drawBeta(r, 0.15, 3),
	}
	for i := range c.browsed {
		a.visit(c.browsed[i])
	}
	slices.SortStableFunc(c.orders, func(x, y *retailOrder) int { return x.at.Compare(y.at) })
	for _, o := range c.orders {
		a.order(o)
	}
	if r.Float64() < retailMember {
		a.points()
	}
	a.surveys()
	c.answers = a.answers()
}

// visit is what happens around a page view: the same item, so that it tells no
// more of the customer's tastes than the view.
func (a *retailAround) visit(view Event) {
	r, at := a.r, time.UnixMicro(view.Time)
	step := func(kind Kind) {
		ev := view
		at = at.Add(time.Duration(20+r.IntN(200)) * time.Second)
		ev.Time, ev.Kind = at.UnixMicro(), kind
		a.add(ev)
	}
	if r.Float64() < 0.3 {
		ev := a.c.blank(Search, at.Add(-time.Duration(10+r.IntN(60))*time.Second))
		ev.Channel, ev.Session, ev.Category = view.Channel, view.Session, view.Category
		a.add(ev)
	}
	for r.Float64() < 0.35 {
		step(View)
	}
	if r.Float64() < a.wishes {
		step(Wishlist)
	}
	if r.Float64() < a.carts {
		step(CartAdd)
		switch u := r.Float64(); {
		case u < 0.3:
			step(CartRemove)
		case u < 0.55:
			step(Checkout)
		}
	}
}

// order is what comes before and after a trip.
func (a *retailAround) order(o *retailOrder) {
	r, c := a.r, a.c
	if o.session != "" {
		a.basket(o)
	}
	days := time.Duration(0)
	late := false
	if o.channel != "store" {
		days = time.Duration(1 + r.IntN(3))
		if late = r.Float64() < retailLate; late {
			days += time.Duration(3 + r.IntN(6))
			a.late++
		}
		ev := c.blank(Delivered, o.at.AddDate(0, 0, int(days)))
		ev.Order, ev.Channel = o.id, o.channel
		a.add(ev)
	}
	after := o.at.AddDate(0, 0, int(days)+1+r.IntN(5))
	if r.Float64() < a.rates {
		mean := 0.82
		if late {
			mean -= 0.25
		}
		if o.returned > 0 {
			mean -= 0.3
		}
		ev := c.blank(Rating, after)
		star := 1
		for range 4 {
			if r.Float64() < mean {
				star++
			}
		}
		ev.Order, ev.Item, ev.Category, ev.Rating = o.id, o.lines[0].Item, o.lines[0].Category, float64(star)
		a.stars = append(a.stars, star)
		a.add(ev)
	}
	trouble := 0.01
	if late {
		trouble += 0.2
	}
	if o.returned > 0 {
		trouble += 0.15
	}
	if r.Float64() < trouble {
		ev := c.blank(Complaint, after)
		ev.Order, ev.Channel = o.id, "phone"
		a.complaints++
		a.add(ev)
	}
	if r.Float64() < 0.02+trouble {
		ev := c.blank(Contact, after.Add(26*time.Hour))
		ev.Order, ev.Channel = o.id, "phone"
		a.add(ev)
	}
	if r.Float64() < a.refers {
		ev := c.blank(Referral, after)
		ev.Channel = "web"
		a.add(ev)
	}
	for _, l := range o.lines {
		if l.Category == "electronics" {
			a.use(l, after)
		}
	}
}

// basket is the session in which an order is placed.
func (a *retailAround) basket(o *retailOrder) {
	r := a.r
	at := o.at
	var steps []Event
	step := func(l Event, kind Kind) {
		ev := a.c.blank(kind, at)
		ev.Channel, ev.Session = o.channel, o.session
		if kind != Checkout {
			ev.Item, ev.Category, ev.Brand, ev.Price = l.Item, l.Category, l.Brand, l.Price
		}
		steps = append(steps, ev)
	}
	for _, l := range o.lines {
		step(l, View)
		for r.Float64() < 0.3 {
			step(l, View)
		}
		step(l, CartAdd)
		if r.Float64() < 0.08 {
			step(l, CartRemove)
			step(l, CartAdd)
		}
	}
	step(Event{}, Checkout)
	if r.Float64() < 0.15 {
		step(Event{}, Checkout)
	}
	// Backwards from the purchase.
	for i := len(steps) - 1; i >= 0; i-- {
		at = at.Add(-time.Duration(5+r.IntN(90)) * time.Second)
		steps[i].Time = at.UnixMicro()
		a.add(steps[i])
	}
}

// use is a device in use: weekly or so, for some months.
func (a *retailAround) use(l Event, from time.Time) {
	rate := drawGamma(a.r, 1.5) / 1.5 / 6 // a day
	until := from.AddDate(0, 0, 60+a.r.IntN(240))
	for t := from; ; {
		if t = t.Add(time.Duration((0.2 + a.r.ExpFloat64()/rate) * 24 * float64(time.Hour))); !t.Before(until) {
			return
		}
		ev := a.c.blank(Use, t)
		ev.Item, ev.Category, ev.Brand = l.Item, l.Category, l.Brand
		a.add(ev)
	}
}

// points is the loyalty card: a point a euro, spent from 50 points on, void after a
// year.
func (a *retailAround) points() {
	var lots []pointLot
	for _, o := range a.c.orders {
		lots = a.expire(lots, o.at)
		total := 0.0
		for _, l := range o.lines {
			total += l.Amount
		}
		balance := 0.0
		for _, l := range lots {
			balance += l.left
		}
		if balance >= retailPointsMin && a.r.Float64() < a.redeems {
			spent := math.Floor(balance * (0.5 + 0.5*a.r.Float64()))
			ev := a.c.blank(Redemption, o.at.Add(time.Second))
			ev.Order, ev.Channel, ev.Points = o.id, o.channel, spent
			a.add(ev)
			lots = spendPoints(lots, spent)
		}
		if p := math.Floor(total); p > 0 {
			ev := a.c.blank(PointsEarned, o.at.Add(2*time.Second))
			ev.Order, ev.Channel, ev.Points = o.id, o.channel, p
			a.add(ev)
			lots = append(lots, pointLot{o.at.AddDate(0, 0, retailPointsLife), p})
		}
	}
	a.expire(lots, a.end)
}

// pointLot is points that expire together.
type pointLot struct {
	until time.Time
	left  float64
}

func (a *retailAround) expire(lots []pointLot, now time.Time) []pointLot {
	for len(lots) > 0 && lots[0].until.Before(now) {
		if lots[0].left > 0 {
			ev := a.c.blank(PointsExpired, lots[0].until)
			ev.Points = lots[0].left
			a.add(ev)
		}
		lots = lots[1:]
	}
	return lots
}

// spendPoints takes the oldest points first.
func spendPoints(lots []pointLot, n float64) []pointLot {
	for i := range lots {
		d := min(n, lots[i].left)
		lots[i].left -= d
		n -= d
	}
	return lots
}

// surveys are the answers to "would you recommend us?", 0..10, asked every half
// year of those who bought in the quarter before.
func (a *retailAround) surveys() {
	for _, w := range [...]int{13, 39, 65} {
		at := a.run.monday.AddDate(0, 0, 7*w+2).Add(11 * time.Hour)
		asked := slices.ContainsFunc(a.c.orders, func(o *retailOrder) bool {
			return o.at.Before(at) && o.at.After(at.AddDate(0, 0, -91))
		})
		if !asked || a.r.Float64() >= 0.45 {
			continue
		}
		ev := a.c.blank(SurveyAnswer, at.Add(time.Duration(a.r.IntN(72*3600))*time.Second))
		ev.Item, ev.Channel, ev.Rating = "nps", "email", float64(a.recommends())
		a.add(ev)
	}
}

// recommends follows the ratings given and the trouble had.
func (a *retailAround) recommends() int {
	mean := 0.78
	if len(a.stars) > 0 {
		sum := 0
		for _, s := range a.stars {
			sum += s
		}
		mean = 0.35 + 0.11*float64(sum)/float64(len(a.stars))
	}
	mean -= 0.06*float64(a.complaints) + 0.03*float64(a.late)
	n := 0
	for range 10 {
		if a.r.Float64() < max(mean, 0.15) {
			n++
		}
	}
	return n
}

// retailStatements is the survey's battery, yes or no.
var retailStatements = [...]struct {
	name  string
	share [7]float64 // of those who agree, by segment
}{
	{"price_matters", [7]float64{0.5, 0.45, 0.35, 0.3, 0.9, 0.5, 0.6}},
	{"quality_matters", [7]float64{0.6, 0.65, 0.6, 0.7, 0.3, 0.55, 0.5}},
	{"ethical_matters", [7]float64{0.35, 0.4, 0.4, 0.25, 0.15, 0.3, 0.35}},
	{"convenience_matters", [7]float64{0.6, 0.35, 0.85, 0.4, 0.4, 0.5, 0.55}},
	{"gifts_matter", [7]float64{0.15, 0.3, 0.2, 0.9, 0.2, 0.25, 0.3}},
}

// answers is the battery as answered by the four in ten who return the form: what
// is said, not done, and beside the events as age is. "" = no form.
func (a *retailAround) answers() []string {
	out := make([]string, len(retailStatements))
	if a.r.Float64() >= 0.4 {
		return out
	}
	for i, s := range retailStatements {
		p := 0.45
		if a.c.segment >= 0 {
			p = s.share[a.c.segment]
		}
		out[i] = "no"
		if a.r.Float64() < p {
			out[i] = "yes"
		}
	}
	return out
}

// surveyTable is the batteries of those who answered.
func surveyTable(people []*retailCustomer) *Table {
	t := &Table{Name: "surveys"}
	for _, s := range retailStatements {
		t.Cols = append(t.Cols, TableColumn{Name: s.name})
	}
	for _, c := range people {
		if c.answers[0] == "" {
			continue
		}
		t.Keys = append(t.Keys, c.id)
		for j, s := range c.answers {
			t.Cols[j].Text = append(t.Cols[j].Text, s)
		}
	}
	return t
}

func retailSession(n int) string { return fmt.Sprintf("S%06d", n) }
