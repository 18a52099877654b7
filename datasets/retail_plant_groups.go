package datasets

import "math"

// plantFacet is one thing in which the groups can differ.
type plantFacet struct {
	name string
	// by is how far the groups stand apart, at low, medium and high overlap: 0 is not
	// at all, 1 the profiles written here. Fixed before any extractor was tuned, so
	// that the best possible index lies between .85 and .99.
	by      [3]float64
	choices []plantAspect // what differs, and what the posterior looks at
	counts  []plantCount
	brands  bool
	// world is a tempo that everybody has, so that there is enough to see.
	world func(g *plantGroup)
	// set makes the parameters of group k.
	set func(g *plantGroup, k int, x float64)
	// days draws the days of the trips; nil: at a gamma rate a month, on the
	// customer's weekdays and phases of the month. logDays is their log-likelihood.
	days    func(l *plantLife)
	logDays func(run *plantRun, c *plantCustomer, g *plantGroup) float64
}

// plantCommon is what all have in common.
func plantCommon() plantGroup {
	g := plantGroup{monthMax: 5, favour: plantShares{shares(0.5, 0.5), 12}}
	share := func(a plantAspect, size float64, w ...float64) { g.choice[a] = plantShares{shares(w...), size} }
	chance := func(a plantAspect, p, size float64) { share(a, size, 1-p, p) }
	share(plantWeekday, 12, 4.5, 2.5, 3, 3, 3, 3, 3.5) // the window starts on a Saturday
	share(plantPhase, 20, 1, 1, 1)
	share(plantDaypart, 12, 2, 3, 3, 3.5, 2)
	chance(plantStay, 0.4, 6)
	share(plantCategory, 6, 1, 1, 1, 1, 1, 1, 1, 1)
	share(plantTier, 8, 0.3, 0.4, 0.3)
	share(plantTheme, 8, 0.4, 0.2, 0.2, 0.2)
	chance(plantDeal, 0.25, 6)
	share(plantChannel, 6, 4, 3, 2, 1)
	chance(plantEdit, 0.1, 6)
	chance(plantRepeat, 0.12, 6)
	chance(plantRated, 0.5, 4)
	share(plantStars, 8, 0.04, 0.08, 0.2, 0.4, 0.28)
	share(plantNPS, 4, 0.2, 0.35, 0.45)
	chance(plantReturn, 0.06, 6)
	chance(plantLate, 0.12, 10)
	chance(plantTrouble, 0.03, 6)
	chance(plantContact, 0.05, 6)
	chance(plantRefer, 0.04, 5)
	chance(plantRedeem, 0.25, 5)
	share(plantRedeemSize, 5, 0.4, 0.3, 0.3)
	chance(plantClick, 0.3, 6)
	share(plantOpenHour, 8, 1, 1, 1, 1, 1)
	for by := range plantSendBy {
		chance(plantOpen+plantAspect(by), 0.3, 5)
	}
	for state := range plantSteps {
		//                        leave view search wish add remove checkout
		share(plantPath+plantAspect(state), 12, [...][]float64{
			{0, 0.6, 0.4, 0, 0, 0, 0},
			{0.35, 0.3, 0.12, 0.08, 0.15, 0, 0},
			{0.25, 0.65, 0.1, 0, 0, 0, 0},
			{0.4, 0.4, 0.1, 0, 0.1, 0, 0},
			{0.35, 0.25, 0, 0, 0.05, 0.15, 0.2},
			{0.5, 0.4, 0, 0, 0.1, 0, 0},
			{0.7, 0.1, 0, 0, 0, 0.1, 0.1},
		}[state]...)
	}
	g.rate = [plantCounts]plantRate{
		plantTrips: {1.6, 8}, plantLines: {1.2, 4}, plantSessions: {0.4, 4}, plantViews: {0.8, 4}, plantVisits: {1, 4},
	}
	return g
}

// Between the common value (x = 0) and the profile (x = 1), on the scale of logs.

func (g *plantGroup) profile(a plantAspect, x float64, w ...float64) {
	mean := g.choice[a].mean
	out := make([]float64, len(mean))
	for i, p := range shares(w...) {
		if mean[i] > 0 {
			out[i] = math.Pow(mean[i], 1-x) * math.Pow(p, x)
		}
	}
	g.choice[a].mean = shares(out...)
}

func (g *plantGroup) chance(a plantAspect, x, p float64) { g.profile(a, x, 1-p, p) }

// steady draws everybody nearer to their group.
func (g *plantGroup) steady(size float64, aspects ...plantAspect) {
	for _, a := range aspects {
		g.choice[a].size = size
	}
}

func (g *plantGroup) tempo(n plantCount, x, mean float64) {
	g.rate[n].mean = math.Pow(g.rate[n].mean, 1-x) * math.Pow(mean, x)
}

// plantFacets are the methods' plants.
var plantFacets = []*plantFacet{
	{
		// Straight to a small good thing; a big cheap basket with trouble at the
		// checkout; long comparison of few things that are put in and taken out.
		name: "purchase", by: [3]float64{0.61, 0.54, 0.49},
		choices: []plantAspect{plantStay, plantTier, plantEdit, plantRepeat, plantPath + 1, plantPath + 4, plantPath + 6},
		counts:  []plantCount{plantLines, plantSessions, plantViews},
		world: func(g *plantGroup) {
			g.choice[plantChannel] = plantShares{shares(1, 4, 4, 1), 12}
			g.rate[plantVisits] = plantRate{2.5, 8}
		},
		set: func(g *plantGroup, k int, x float64) {
			g.chance(plantStay, x, [...]float64{0.7, 0.15, 0.5}[k])
			g.profile(plantTier, x, [...][]float64{{0.1, 0.25, 0.65}, {0.65, 0.25, 0.1}, {0.2, 0.6, 0.2}}[k]...)
			g.chance(plantEdit, x, [...]float64{0.03, 0.08, 0.4}[k])
			g.chance(plantRepeat, x, [...]float64{0.04, 0.45, 0.12}[k])
			g.profile(plantPath+1, x, [...][]float64{{0.6, 0.1, 0.1, 0.05, 0.15, 0, 0}, {0.2, 0.25, 0.1, 0.05, 0.4, 0, 0}, {0.2, 0.5, 0.15, 0.1, 0.05, 0, 0}}[k]...)
			g.profile(plantPath+4, x, [...][]float64{{0.3, 0.2, 0, 0, 0.1, 0.1, 0.3}, {0.15, 0.1, 0, 0, 0.1, 0.05, 0.6}, {0.4, 0.2, 0, 0, 0.05, 0.3, 0.05}}[k]...)
			g.profile(plantPath+6, x, [...][]float64{{0.6, 0.2, 0, 0, 0, 0.1, 0.1}, {0.45, 0.1, 0, 0, 0, 0.1, 0.35}, {0.7, 0.1, 0, 0, 0, 0.15, 0.05}}[k]...)
			g.tempo(plantLines, x, [...]float64{0.4, 3.5, 1}[k])
			g.tempo(plantSessions, x, [...]float64{0.1, 0.4, 1.8}[k])
			g.tempo(plantViews, x, [...]float64{0.3, 0.8, 3}[k])
		},
	},
	{
		// Often and still there; seldom and still there; often, and gone for a while.
		// Joining dates spread over two years, so counts and recency alone mislead.
		name: "btyd", by: [3]float64{1.3, 0.9, 0.72},
		set:  func(g *plantGroup, k int, x float64) { g.regular = float64(k); g.slopeSD = x }, // see plantBuying
		days: plantBuyingDays, logDays: plantBuyingLog,
	},
	{
		// Bursts, chance and clockwork at the same mean gap.
		name: "gaps", by: [3]float64{1.18, 1.04, 0.9},
		set: func(g *plantGroup, k int, x float64) {
			g.regular = math.Log(2.2) + x*[...]float64{-1.7, 0, 1.7}[k]
		},
		days: plantGapDays, logDays: plantGapLog,
	},
	{
		// Weekday mornings at the start of the month, weekend afternoons at its end,
		// weekday evenings in its middle.
		name: "timing", by: [3]float64{0.7, 0.58, 0.51},
		choices: []plantAspect{plantWeekday, plantPhase, plantDaypart},
		world:   func(g *plantGroup) { g.rate[plantTrips] = plantRate{2.2, 8} },
		set: func(g *plantGroup, k int, x float64) {
			g.profile(plantWeekday, x, [...][]float64{{0.5, 0.3, 4, 4, 3, 2, 1}, {6, 5, 0.5, 0.5, 0.5, 0.7, 2}, {0.7, 0.5, 1, 2, 3, 4, 4}}[k]...)
			g.profile(plantPhase, x, [...][]float64{{5, 2, 1.5}, {1.5, 2, 5}, {2, 4, 2}}[k]...)
			g.profile(plantDaypart, x, [...][]float64{{6, 3, 1, 0.5, 0.3}, {1, 3, 6, 2, 1}, {0.3, 0.5, 1, 4, 6}}[k]...)
		},
	},
	{
		// A part of the trips falls into the weeks before Christmas, on one weekday for
		// half a year, or into a few bursts; the others are alike. Here by is the share of
		// customers who hardly have the habit.
		name: "occasion", by: [3]float64{0.01, 0.03, 0.06},
		set:  func(g *plantGroup, k int, x float64) { g.regular = float64(k); g.slopeSD = x }, // see plantOccasion
		days: plantOccasionDays, logDays: plantOccasionLog,
	},
	{
		// Cheap on offer; fine brands' best; organic and fair.
		name: "benefits", by: [3]float64{0.8, 0.68, 0.61},
		choices: []plantAspect{plantTier, plantTheme, plantDeal},
		world:   func(g *plantGroup) { g.steady(12, plantTier, plantTheme, plantDeal) },
		set: func(g *plantGroup, k int, x float64) {
			g.profile(plantTier, x, [...][]float64{{7, 2, 1}, {1, 2, 7}, {2, 6, 2}}[k]...)
			g.profile(plantTheme, x, [...][]float64{{7, 0.7, 1.6, 0.7}, {1.5, 1, 1, 6.5}, {1.2, 7, 1, 0.8}}[k]...)
			g.chance(plantDeal, x, [...]float64{0.65, 0.12, 0.18}[k])
		},
	},
	{
		// Low, medium and heavy rates, joined at any time but the last months: counts
		// mislead.
		name: "usage", by: [3]float64{1.24, 1.03, 0.89},
		counts: []plantCount{plantTrips},
		world:  func(g *plantGroup) { g.monthMax = 18; g.rate[plantTrips] = plantRate{2.5, 20} },
		set: func(g *plantGroup, k int, x float64) {
			g.tempo(plantTrips, x, [...]float64{0.7, 2.5, 9}[k])
		},
	},
	{
		// Looks around and wishes; fills carts and leaves them; searches and goes.
		name: "journey", by: [3]float64{0.7, 0.61, 0.54},
		choices: []plantAspect{plantPath, plantPath + 1, plantPath + 2, plantPath + 3, plantPath + 4, plantPath + 5, plantPath + 6},
		world:   func(g *plantGroup) { g.rate[plantVisits] = plantRate{2.5, 8} },
		set: func(g *plantGroup, k int, x float64) {
			for state, w := range [...][7][]float64{
				{
					{0, 0.9, 0.1, 0, 0, 0, 0}, {0.12, 0.55, 0.08, 0.22, 0.03, 0, 0}, {0.2, 0.7, 0.1, 0, 0, 0, 0}, {0.2, 0.65, 0.1, 0, 0.05, 0, 0},
					{0.3, 0.4, 0, 0, 0.05, 0.2, 0.05}, {0.4, 0.5, 0, 0, 0.1, 0, 0}, {0.7, 0.1, 0, 0, 0, 0.1, 0.1},
				},
				{
					{0, 0.75, 0.25, 0, 0, 0, 0}, {0.15, 0.15, 0.06, 0.04, 0.6, 0, 0}, {0.2, 0.7, 0.1, 0, 0, 0, 0}, {0.3, 0.3, 0.1, 0, 0.3, 0, 0},
					{0.2, 0.15, 0, 0, 0.1, 0.2, 0.35}, {0.4, 0.3, 0, 0, 0.3, 0, 0}, {0.6, 0.1, 0, 0, 0, 0.15, 0.15},
				},
				{
					{0, 0.15, 0.85, 0, 0, 0, 0}, {0.5, 0.12, 0.3, 0.03, 0.05, 0, 0}, {0.35, 0.3, 0.35, 0, 0, 0, 0}, {0.5, 0.2, 0.2, 0, 0.1, 0, 0},
					{0.5, 0.2, 0, 0, 0.05, 0.1, 0.15}, {0.6, 0.3, 0, 0, 0.1, 0, 0}, {0.8, 0.08, 0, 0, 0, 0.06, 0.06},
				},
			}[k] {
				g.profile(plantPath+plantAspect(state), x, w...)
			}
		},
	},
	{
		// Content, indifferent, and cross: stars, recommending, returns, complaints,
		// calls, late parcels.
		name: "satisfaction", by: [3]float64{0.96, 0.8, 0.71},
		choices: []plantAspect{plantStars, plantNPS, plantReturn, plantLate, plantTrouble, plantContact},
		world: func(g *plantGroup) {
			g.choice[plantRated] = plantShares{shares(0.35, 0.65), 12}
			g.steady(12, plantStars, plantNPS, plantReturn, plantLate, plantTrouble, plantContact)
		},
		set: func(g *plantGroup, k int, x float64) {
			g.profile(plantStars, x, [...][]float64{{0.01, 0.02, 0.05, 0.27, 0.65}, {0.04, 0.15, 0.5, 0.25, 0.06}, {0.4, 0.3, 0.15, 0.1, 0.05}}[k]...)
			g.profile(plantNPS, x, [...][]float64{{0.05, 0.2, 0.75}, {0.2, 0.65, 0.15}, {0.8, 0.15, 0.05}}[k]...)
			g.chance(plantReturn, x, [...]float64{0.03, 0.08, 0.3}[k])
			g.chance(plantLate, x, [...]float64{0.06, 0.15, 0.4}[k])
			g.chance(plantTrouble, x, [...]float64{0.01, 0.04, 0.3}[k])
			g.chance(plantContact, x, [...]float64{0.03, 0.08, 0.3}[k])
		},
	},
	{
		// One brand at full price that they tell others of; a repertoire; whatever is on
		// offer.
		name: "loyalty", by: [3]float64{1.42, 1.18, 0.94},
		choices: []plantAspect{plantDeal, plantRefer}, brands: true,
		world: func(g *plantGroup) { g.steady(12, plantDeal, plantRefer); g.favour.size = 16 },
		set: func(g *plantGroup, k int, x float64) {
			f := [...]float64{0.92, 0.55, 0.22}[k]
			g.favour.mean = shares(math.Pow(0.5, 1-x)*math.Pow(f, x), math.Pow(0.5, 1-x)*math.Pow(1-f, x))
			g.chance(plantDeal, x, [...]float64{0.05, 0.25, 0.65}[k])
			g.chance(plantRefer, x, [...]float64{0.25, 0.06, 0.01}[k])
		},
	},
	{
		// What they look at and buy.
		name: "interests", by: [3]float64{0.9, 0.78, 0.69},
		choices: []plantAspect{plantCategory},
		world:   func(g *plantGroup) { g.steady(16, plantCategory) },
		set: func(g *plantGroup, k int, x float64) {
			g.profile(plantCategory, x, [...][]float64{{6, 5, 4, 1, 1, 1, 0.6, 0.6}, {0.6, 0.6, 1, 6, 5, 4, 1, 1}, {1, 1, 0.6, 0.6, 1, 2, 6, 6}}[k]...)
		},
	},
	{
		// Spend points little by little, save up for all at once, let them expire.
		name: "programme", by: [3]float64{1.21, 0.94, 0.77},
		choices: []plantAspect{plantRedeem, plantRedeemSize},
		world: func(g *plantGroup) {
			g.rate[plantTrips] = plantRate{2.4, 8}
			g.steady(16, plantRedeem, plantRedeemSize)
		},
		set: func(g *plantGroup, k int, x float64) {
			g.chance(plantRedeem, x, [...]float64{0.9, 0.25, 0.01}[k])
			g.profile(plantRedeemSize, x, [...][]float64{{0.8, 0.15, 0.05}, {0.05, 0.15, 0.8}, {0.34, 0.33, 0.33}}[k]...)
		},
	},
	{
		// Baskets that grow, stay and shrink to the same total, at the same rhythm.
		name: "trend", by: [3]float64{0.95, 0.85, 0.76},
		counts: []plantCount{plantLines},
		world: func(g *plantGroup) {
			g.monthMax = 0
			g.regular = math.Log(6)
			g.rate[plantLines] = plantRate{2.5, 10}
			g.choice[plantChannel] = plantShares{shares(7, 1, 1, 1), 12}
			g.slopeSD = 0.22
		},
		set:  func(g *plantGroup, k int, x float64) { g.slope = x * [...]float64{-1.1, 0, 1.1}[k] },
		days: plantGapDays,
	},
	{
		// Answer mails in the morning, the app in the evening, or hardly anything.
		name: "campaign", by: [3]float64{0.86, 0.74, 0.66},
		choices: []plantAspect{plantOpen, plantOpen + 1, plantOpen + 2, plantClick, plantOpenHour},
		world:   func(g *plantGroup) { g.steady(10, plantOpen, plantOpen+1, plantOpen+2, plantClick, plantOpenHour) },
		set: func(g *plantGroup, k int, x float64) {
			g.chance(plantOpen, x, [...]float64{0.8, 0.15, 0.1}[k])
			g.chance(plantOpen+1, x, [...]float64{0.15, 0.8, 0.1}[k])
			g.chance(plantOpen+2, x, [...]float64{0.3, 0.5, 0.08}[k])
			g.chance(plantClick, x, [...]float64{0.5, 0.5, 0.1}[k])
			g.profile(plantOpenHour, x, [...][]float64{{6, 2, 1, 0.5, 0.5}, {0.5, 0.5, 1, 3, 5}, {1, 2, 3, 2, 1}}[k]...)
		},
	},
	{
		// In the store, on the web, in the app.
		name: "channel", by: [3]float64{1.03, 0.82, 0.69},
		choices: []plantAspect{plantChannel},
		world:   func(g *plantGroup) { g.steady(14, plantChannel) },
		set: func(g *plantGroup, k int, x float64) {
			g.profile(plantChannel, x, [...][]float64{{8, 1, 0.5, 0.5}, {1, 7.5, 1, 0.5}, {0.5, 1, 8, 0.5}}[k]...)
		},
	},
}
