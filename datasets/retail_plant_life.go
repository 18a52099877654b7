package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// plantLife is one customer being simulated.
type plantLife struct {
	run    *plantRun
	r      *rand.Rand
	c      *plantCustomer
	clicks []plantClicked
	lots   []plantLot
}

// plantClicked is a message whose link was followed, and until when a purchase
// counts as answer to it.
type plantClicked struct {
	from, until int
	campaign    string
}

type plantLot struct {
	until int
	left  float64
}

// plantLive simulates one customer.
func (run *plantRun) plantLive(r *rand.Rand, c *plantCustomer) {
	l := &plantLife{run: run, r: r, c: c}
	for f, facet := range run.facets {
		c.shows[f] = drawOne(r, plantShow(facet.faint[run.level]))
	}
	l.tastes()
	c.joined = r.IntN(l.own(0).monthMax + 1)
	l.campaigns()
	l.days()
	for i, d := range c.days {
		l.shop(i, d)
	}
	l.expire(run.span)
	l.visits()
	l.surveys()
}

// own returns the parameters of a facet that are the customer's.
func (l *plantLife) own(facet int) *plantGroup {
	return &l.run.groups[facet][l.c.group[facet]][l.c.shows[facet]]
}

// group returns the parameters from which an aspect of the customer is drawn: the
// facet's that plants it, else the common ones.
func (l *plantLife) group(a plantAspect) *plantGroup {
	for f, facet := range l.run.facets {
		if slices.Contains(facet.choices, a) {
			return l.own(f)
		}
	}
	return l.own(0)
}

// rateGroup is group for a rate.
func (l *plantLife) rateGroup(n plantCount) *plantGroup {
	for f, facet := range l.run.facets {
		if slices.Contains(facet.counts, n) {
			return l.own(f)
		}
	}
	return l.own(0)
}

// tastes draws the customer's own chances.
func (l *plantLife) tastes() {
	c := l.c
	for a := range plantAspects {
		s := l.group(a).choice[a]
		c.p[a] = make([]float64, len(s.mean))
		drawDirichlet(l.r, s.mean, s.size, c.p[a])
		c.choice[a] = make([]int, len(s.mean))
	}
	for n := range plantCounts {
		s := l.rateGroup(n).rate[n]
		c.rates[n] = drawGamma(l.r, s.shape) / s.shape * s.mean
	}
	g := l.own(0)
	c.brandP = make([]float64, plantBrands)
	drawDirichlet(l.r, g.brandMean(l.r.IntN(plantBrands)), g.favour.size, c.brandP)
}

// brandMean is the mean shares of the brands with that favourite.
func (g *plantGroup) brandMean(favourite int) []float64 {
	out := make([]float64, plantBrands)
	for i := range out {
		out[i] = g.favour.mean[1] / (plantBrands - 1)
	}
	out[favourite] = g.favour.mean[0]
	return out
}

// pick makes a choice and counts it.
func (l *plantLife) pick(a plantAspect) int {
	i := drawOne(l.r, l.c.p[a])
	l.c.choice[a][i]++
	return i
}

// yes is pick of an aspect that happens or not.
func (l *plantLife) yes(a plantAspect) bool { return l.pick(a) == 1 }

// arrivals counts what comes at the customer's rate over an exposure.
func (l *plantLife) arrivals(n plantCount, exposure float64) int {
	k := drawPoisson(l.r, l.c.rates[n]*exposure)
	l.c.number[n] += float64(k)
	l.c.over[n] += exposure
	return k
}

// days draws the days of the trips.
func (l *plantLife) days() {
	c, run := l.c, l.run
	if f := run.facets[0]; f.days != nil {
		f.days(l)
		return
	}
	for m := c.joined; m < plantMonths; m++ {
		for range l.arrivals(plantTrips, 1) {
			phase, weekday := l.pick(plantPhase), l.pick(plantWeekday)
			from, to := run.months[m]+10*phase, run.months[m]+10*phase+10
			if phase == 2 {
				to = run.months[m+1]
			}
			// Every weekday comes at least once in eight days or more.
			first := from + (weekday-from%7+7)%7
			c.days = append(c.days, first+7*l.r.IntN((to-first+6)/7))
		}
	}
	slices.Sort(c.days)
}

// at returns an instant of a day and daypart.
func (run *plantRun) at(r *rand.Rand, day, part int) time.Time {
	h := retailDayparts[part]
	return time.Date(2023, 4, 1+day, 0, 0, h[0]*3600+r.IntN((h[1]-h[0])*3600), 0, run.zone)
}

// event is an event of the customer with no number known.
func (l *plantLife) event(kind Kind, at time.Time) Event {
	n := math.NaN()
	return Event{
		Customer: l.c.id, Time: at.UnixMicro(), Kind: kind,
		Quantity: n, Price: n, Amount: n, Discount: n, Margin: n, Rating: n, Points: n,
	}
}

// of names the item in the event.
func (run *plantRun) of(ev Event, item int) Event {
	it := run.items[item]
	ev.Item, ev.Category, ev.Brand, ev.Price = it.id, retailCategories[plantItemCategory(item)].name, it.brand, it.price
	return ev
}

// any is an item of the category that says nothing of tastes.
func (l *plantLife) any(category int) int {
	return plantItem(category, l.r.IntN(len(retailTiers)), l.r.IntN(len(retailStyles)), l.r.IntN(plantBrands))
}

func (run *plantRun) newSession() string {
	run.session++
	return fmt.Sprintf("S%07d", run.session)
}

// shop is trip i, on that day.
func (l *plantLife) shop(i, day int) {
	run, c := l.run, l.c
	part, channel := l.pick(plantDaypart), l.pick(plantChannel)
	t := run.at(l.r, day, part)
	run.order++
	order := fmt.Sprintf("R%07d", run.order)
	n := 1 + l.arrivals(plantLines, plantTrend(l.own(0).slope, l.run.phase(day)))
	c.more = append(c.more, n-1)
	items := make([]int, n)
	for j := range items {
		category := 0
		if j == 0 || !l.yes(plantStay) {
			category = l.pick(plantCategory)
		} else {
			category = plantItemCategory(items[0])
		}
		brand := drawOne(l.r, c.brandP)
		c.brand[brand]++
		items[j] = plantItem(category, l.pick(plantTier), l.pick(plantTheme), brand)
	}
	session := ""
	if channel == 1 || channel == 2 {
		session = run.newSession()
		l.before(t, day, items, session, plantOnline[channel])
	}
	campaign := ""
	for _, k := range l.clicks {
		if day >= k.from && day < k.until {
			campaign = k.campaign
		}
	}
	total := 0.0
	var sold Event
	for _, it := range items {
		ev := run.of(l.event(Purchase, t), it)
		ev.Order, ev.Channel, ev.Session, ev.Campaign = order, plantOnline[channel], session, campaign
		ev.Quantity = 1 + float64(drawPoisson(l.r, 0.25))
		full := ev.Quantity * ev.Price
		ev.Discount = 0
		if l.yes(plantDeal) {
			ev.Discount = cents(full * 0.1 * float64(1+l.r.IntN(3)))
		}
		ev.Amount = cents(full - ev.Discount)
		ev.Margin = cents(0.3*full - ev.Discount)
		total += ev.Amount
		sold = ev
		run.b.Add(ev)
	}
	l.points(t, day, order, plantOnline[channel], math.Floor(total))
	l.after(day, order, channel, n, sold)
}

// phase is the place of a day in the window, −1 to 1.
func (run *plantRun) phase(day int) float64 { return 2*(float64(day)+0.5)/float64(run.span) - 1 }

// plantTrend is the lines of an order relative to the customer's mean, at phase x of
// the window: e^(slope·x), scaled to make the same total whatever the slope.
func plantTrend(slope, x float64) float64 {
	if slope == 0 {
		return 1
	}
	return math.Exp(slope*x) * slope / math.Sinh(slope)
}

// before is the way to an online order: sessions on the days before, views, the
// cart, the checkout. What is looked at is the bought categories' and otherwise any
// item, so that it says nothing of tastes.
func (l *plantLife) before(t time.Time, day int, items []int, session, channel string) {
	run, r := l.run, l.r
	look := func(at time.Time, session string) time.Time {
		for range 1 + l.arrivals(plantViews, 1) {
			ev := run.of(l.event(View, at), l.any(plantItemCategory(items[r.IntN(len(items))])))
			ev.Channel, ev.Session = channel, session
			run.b.Add(ev)
			at = at.Add(time.Duration(10+r.IntN(50)) * time.Second)
		}
		return at
	}
	for range l.arrivals(plantSessions, 1) {
		look(run.at(r, max(0, day-1-r.IntN(6)), r.IntN(len(retailDayparts))).Add(-20*time.Minute), run.newSession())
	}
	// The session of the order ends in it: half an hour is enough for all that.
	at := look(t.Add(-25*time.Minute), session)
	step := func(kind Kind, item int) {
		ev := l.event(kind, at)
		if item >= 0 {
			ev = run.of(ev, item)
		}
		ev.Channel, ev.Session = channel, session
		run.b.Add(ev)
		at = at.Add(time.Duration(4+r.IntN(12)) * time.Second)
	}
	for _, it := range items {
		step(CartAdd, it)
		if l.yes(plantEdit) {
			step(CartRemove, it)
			step(CartAdd, it)
		}
	}
	step(Checkout, -1)
	if l.yes(plantRepeat) {
		step(Checkout, -1)
	}
}

// after is what comes of an order, as far as there is time for all of it.
func (l *plantLife) after(day int, order string, channel, lines int, sold Event) {
	run, r := l.run, l.r
	if day+16 > run.span {
		return
	}
	arrives := day
	if channel != 0 {
		arrives += 1 + r.IntN(2)
		if l.yes(plantLate) {
			arrives += 4 + r.IntN(4)
		}
		ev := l.event(Delivered, run.at(r, arrives, 1))
		ev.Order, ev.Channel = order, plantOnline[channel]
		run.b.Add(ev)
	}
	then := func(kind Kind, part int) Event {
		ev := l.event(kind, run.at(r, arrives+1+r.IntN(3), part))
		ev.Order = order
		return ev
	}
	if lines > 1 && l.yes(plantReturn) {
		ev := sold
		ev.Kind, ev.Time, ev.Session, ev.Campaign = Return, run.at(r, arrives+2+r.IntN(3), 2).UnixMicro(), "", ""
		ev.Quantity, ev.Amount, ev.Discount, ev.Margin = -ev.Quantity, -ev.Amount, 0, -ev.Margin
		run.b.Add(ev)
	}
	if l.yes(plantRated) {
		ev := then(Rating, 3)
		ev.Item, ev.Category, ev.Brand, ev.Rating = sold.Item, sold.Category, sold.Brand, float64(1+l.pick(plantStars))
		run.b.Add(ev)
	}
	if l.yes(plantTrouble) {
		run.b.Add(then(Complaint, 1))
	}
	if l.yes(plantContact) {
		run.b.Add(then(Contact, 2))
	}
	if l.yes(plantRefer) {
		run.b.Add(then(Referral, 3))
	}
}

// points earns, spends and lets expire: a point a euro, void after a year.
func (l *plantLife) points(t time.Time, day int, order, channel string, earned float64) {
	c := l.c
	l.expire(day)
	book := func(kind Kind, after time.Duration, n float64) {
		ev := l.event(kind, t.Add(after))
		ev.Order, ev.Channel, ev.Points = order, channel, n
		l.run.b.Add(ev)
	}
	if c.balance >= 20 && l.yes(plantRedeem) {
		n := math.Floor(c.balance * [...]float64{0.25, 0.5, 1}[l.pick(plantRedeemSize)])
		book(Redemption, time.Second, n)
		c.balance -= n
		for i := range l.lots {
			d := min(n, l.lots[i].left)
			l.lots[i].left -= d
			n -= d
		}
	}
	if earned > 0 {
		book(PointsEarned, 2*time.Second, earned)
		c.balance += earned
		l.lots = append(l.lots, plantLot{day + 365, earned})
	}
}

func (l *plantLife) expire(day int) {
	for len(l.lots) > 0 && l.lots[0].until < day {
		if left := l.lots[0].left; left > 0 {
			ev := l.event(PointsExpired, l.run.at(l.r, l.lots[0].until, 0))
			ev.Points = left
			l.run.b.Add(ev)
			l.c.balance -= left
		}
		l.lots = l.lots[1:]
	}
}

// visits are sessions apart from orders: a walk from step to step until the
// customer leaves.
func (l *plantLife) visits() {
	run, r, c := l.run, l.r, l.c
	for m := c.joined; m < plantMonths; m++ {
		rate := plantVisits
		if m >= plantLately {
			rate = plantVisitsLately
		}
		for range l.arrivals(rate, 1) {
			day := run.months[m] + r.IntN(run.months[m+1]-run.months[m])
			at := run.at(r, day, r.IntN(len(retailDayparts)))
			session, category := run.newSession(), l.pick(plantCategory)
			for state := 0; ; {
				state = l.pick(plantPath + plantAspect(state))
				if state == 0 {
					break
				}
				ev := l.event(plantSteps[state], at)
				if ev.Kind == Search {
					ev.Category = retailCategories[category].name
				} else if ev.Kind != Checkout {
					ev = run.of(ev, l.any(category))
				}
				ev.Channel, ev.Session = "web", session
				run.b.Add(ev)
				at = at.Add(time.Duration(10+r.IntN(80)) * time.Second)
			}
		}
	}
}

const (
	plantFirstSend  = 3
	plantSendEvery  = 21
	plantAnswerDays = 7
)

// campaigns are messages every three weeks, by email, app and text message in turn.
func (l *plantLife) campaigns() {
	run, r := l.run, l.r
	for i, day := 0, plantFirstSend; day+plantSendEvery <= run.span; i, day = i+1, day+plantSendEvery {
		if day < run.months[l.c.joined] {
			continue
		}
		by := i % len(plantSendBy)
		campaign := fmt.Sprintf("send-%02d", i+1)
		book := func(kind Kind, at time.Time) {
			ev := l.event(kind, at)
			ev.Channel, ev.Campaign = plantSendBy[by], campaign
			run.b.Add(ev)
		}
		book(CampaignSent, time.Date(2023, 4, 1+day, 7, 0, 0, 0, run.zone))
		if !l.yes(plantOpen + plantAspect(by)) {
			continue
		}
		at := run.at(r, day+r.IntN(2), l.pick(plantOpenHour))
		book(CampaignOpen, at)
		if l.yes(plantClick) {
			book(CampaignClick, at.Add(time.Duration(20+r.IntN(300))*time.Second))
			l.clicks = append(l.clicks, plantClicked{day, day + plantAnswerDays, campaign})
		}
	}
}

// surveys ask every quarter whether one would recommend the shop, 0..10; six in ten
// answer.
func (l *plantLife) surveys() {
	for m := l.c.joined + 3; m <= plantMonths; m += 3 {
		if l.r.Float64() >= 0.6 {
			continue
		}
		band := [...][2]int{{0, 7}, {7, 9}, {9, 11}}[l.pick(plantNPS)]
		ev := l.event(SurveyAnswer, l.run.at(l.r, l.run.months[m]-3, 2))
		ev.Item, ev.Channel, ev.Rating = "nps", "email", float64(band[0]+l.r.IntN(band[1]-band[0]))
		l.run.b.Add(ev)
	}
}
