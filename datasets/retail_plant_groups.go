package datasets

import "math"

// plantFacet is one thing in which the groups can differ.
type plantFacet struct {
	name string
	// faint says how many customers hardly show their group's way (plantShow), at low,
	// medium and high overlap: so many that the best possible index lies between .85 and
	// .99. Like the profiles it is fixed: an extractor may be changed to find the groups,
	// the groups never for an extractor.
	faint   [3]float64
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
	g := plantGroup{monthMax: 5, gap: 12, favour: plantShares{shares(0.5, 0.5), 12}}
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
	chance(plantAnswer, 1.0/3, 20)
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
		plantTrips: {1.6, 8}, plantLines: {1.2, 4}, plantSessions: {0.4, 4}, plantViews: {0.8, 4}, plantVisits: {1, 4}, plantVisitsLately: {1, 4},
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
		// Straight to a small fine thing; a big mixed basket with trouble at the checkout;
		// long comparison of a few cheap things that are put in and taken out.
		name: "purchase", faint: [3]float64{0.01, 0.018, 0.026},
		choices: []plantAspect{plantStay, plantTier, plantEdit, plantRepeat, plantPath + 1, plantPath + 4, plantPath + 6},
		counts:  []plantCount{plantLines, plantSessions, plantViews},
		world: func(g *plantGroup) {
			g.choice[plantChannel] = plantShares{shares(1, 4, 4, 1), 20}
			g.rate[plantVisits], g.rate[plantVisitsLately] = plantRate{4, 8}, plantRate{4, 8}
			g.rate[plantTrips], g.rate[plantLines] = plantRate{1.6, 12}, plantRate{1.6, 6}
			g.rate[plantSessions], g.rate[plantViews] = plantRate{0.5, 6}, plantRate{1, 6}
			g.steady(12, plantStay, plantTier, plantEdit, plantRepeat, plantPath+1, plantPath+4, plantPath+6)
		},
		set: func(g *plantGroup, k int, x float64) {
			g.chance(plantStay, x, [...]float64{0.8, 0.1, 0.7}[k])
			g.profile(plantTier, x, [...][]float64{{0.05, 0.15, 0.8}, {0.2, 0.6, 0.2}, {0.8, 0.15, 0.05}}[k]...)
			g.chance(plantEdit, x, [...]float64{0.01, 0.04, 0.5}[k])
			g.chance(plantRepeat, x, [...]float64{0.02, 0.6, 0.1}[k])
			g.profile(plantPath+1, x, [...][]float64{{0.8, 0.05, 0.05, 0.02, 0.08, 0, 0}, {0.1, 0.1, 0.05, 0.05, 0.7, 0, 0}, {0.15, 0.65, 0.1, 0.02, 0.08, 0, 0}}[k]...)
			g.profile(plantPath+4, x, [...][]float64{{0.3, 0.2, 0, 0, 0.1, 0.1, 0.3}, {0.05, 0.05, 0, 0, 0.1, 0.02, 0.78}, {0.5, 0.15, 0, 0, 0.03, 0.3, 0.02}}[k]...)
			g.profile(plantPath+6, x, [...][]float64{{0.6, 0.2, 0, 0, 0, 0.1, 0.1}, {0.45, 0.05, 0, 0, 0, 0.05, 0.45}, {0.7, 0.1, 0, 0, 0, 0.15, 0.05}}[k]...)
			g.tempo(plantLines, x, [...]float64{0.4, 5, 0.5}[k])
			g.tempo(plantSessions, x, [...]float64{0.05, 0.3, 3}[k])
			g.tempo(plantViews, x, [...]float64{0.15, 0.7, 5}[k])
		},
	},
	{
		// Often and still there; seldom and still there; often, and gone for a while.
		// Joining dates spread over the years, so counts and recency alone mislead.
		name: "btyd", faint: [3]float64{0.005, 0.012, 0.021},
		set:  func(g *plantGroup, k int, x float64) { g.kind, g.strength = k, x },
		days: plantBuyingDays, logDays: plantBuyingLog,
	},
	{
		// Bursts, chance and clockwork at the same mean gap.
		name: "gaps", faint: [3]float64{0.007, 0.015, 0.023},
		set: func(g *plantGroup, k int, x float64) {
			g.regular = math.Log(1.6) + x*[...]float64{-2.1, 0, 2.1}[k]
		},
		days: plantGapDays, logDays: plantGapLog,
	},
	{
		// Weekday mornings at the start of the month, weekend afternoons at its end,
		// weekday evenings in its middle.
		name: "timing", faint: [3]float64{0.012, 0.022, 0.037},
		choices: []plantAspect{plantWeekday, plantPhase, plantDaypart},
		world: func(g *plantGroup) {
			g.rate[plantTrips] = plantRate{2.2, 8}
			g.steady(25, plantWeekday, plantPhase, plantDaypart)
		},
		set: func(g *plantGroup, k int, x float64) {
			g.profile(plantWeekday, x, [...][]float64{{0.4, 0.3, 5, 5, 2.5, 1, 0.8}, {7, 5, 0.5, 0.4, 0.4, 0.5, 1.2}, {0.4, 0.4, 0.8, 1.5, 3, 5, 4}}[k]...)
			g.profile(plantPhase, x, [...][]float64{{6, 1, 1}, {1, 1, 6}, {1, 6, 1}}[k]...)
			g.profile(plantDaypart, x, [...][]float64{{6, 3, 1, 0.5, 0.3}, {0.6, 3, 6, 1.5, 0.5}, {0.3, 0.5, 1, 4, 6}}[k]...)
		},
	},
	{
		// Most trips fall into the weeks before Christmas, on one weekday for half a
		// year, or into a few bursts; the others are alike.
		name: "occasion", faint: [3]float64{0.009, 0.016, 0.03},
		set:  func(g *plantGroup, k int, x float64) { g.kind, g.strength = k, max(0, x-0.1)*1.1 },
		days: plantOccasionDays, logDays: plantOccasionLog,
	},
	{
		// Cheap on offer; a feast's best; organic and fair.
		name: "benefits", faint: [3]float64{0.011, 0.023, 0.04},
		choices: []plantAspect{plantTier, plantTheme, plantDeal},
		world:   func(g *plantGroup) { g.steady(20, plantTier, plantTheme, plantDeal) },
		set: func(g *plantGroup, k int, x float64) {
			g.profile(plantTier, x, [...][]float64{{8, 1.5, 0.5}, {0.5, 1.5, 8}, {1.5, 7, 1.5}}[k]...)
			g.profile(plantTheme, x, [...][]float64{{8, 0.5, 1, 0.5}, {1, 0.7, 0.8, 7.5}, {0.8, 8, 0.7, 0.5}}[k]...)
			g.chance(plantDeal, x, [...]float64{0.7, 0.1, 0.15}[k])
		},
	},
	{
		// Low, medium and heavy rates, joined at any time but the last months: counts
		// mislead.
		name: "usage", faint: [3]float64{0.003, 0.009, 0.017},
		counts: []plantCount{plantTrips},
		world: func(g *plantGroup) {
			g.monthMax = 18
			g.rate[plantTrips], g.rate[plantLines] = plantRate{4, 60}, plantRate{0.8, 30}
			g.choice[plantChannel] = plantShares{shares(7, 1, 1, 1), 12}
		},
		set: func(g *plantGroup, k int, x float64) { g.tempo(plantTrips, x, [...]float64{1.1, 4, 15}[k]) },
	},
	{
		// Looks around and wishes, more and more often; fills carts and leaves them, of
		// late too; searched and went, and has stopped coming.
		name: "journey", faint: [3]float64{0.01, 0.018, 0.024},
		choices: []plantAspect{plantPath, plantPath + 1, plantPath + 2, plantPath + 3, plantPath + 4, plantPath + 5, plantPath + 6},
		counts:  []plantCount{plantVisitsLately},
		world: func(g *plantGroup) {
			g.rate[plantVisits], g.rate[plantVisitsLately] = plantRate{2.5, 12}, plantRate{4, 12}
			for state := range plantSteps {
				g.steady(12, plantPath+plantAspect(state))
			}
		},
		set: func(g *plantGroup, k int, x float64) {
			g.tempo(plantVisitsLately, x, [...]float64{12, 8, 0.15}[k])
			for state, w := range [...][7][]float64{
				{
					{0, 0.95, 0.05, 0, 0, 0, 0},
					{0.08, 0.62, 0.06, 0.23, 0.01, 0, 0},
					{0.2, 0.7, 0.1, 0, 0, 0, 0},
					{0.15, 0.75, 0.09, 0, 0.01, 0, 0},
					{0.3, 0.45, 0, 0, 0.05, 0.18, 0.02},
					{0.4, 0.5, 0, 0, 0.1, 0, 0},
					{0.7, 0.1, 0, 0, 0, 0.1, 0.1},
				},
				{
					{0, 0.9, 0.1, 0, 0, 0, 0},
					{0.04, 0.08, 0.03, 0.02, 0.83, 0, 0},
					{0.1, 0.85, 0.05, 0, 0, 0, 0},
					{0.2, 0.2, 0.05, 0, 0.55, 0, 0},
					{0.06, 0.08, 0, 0, 0.1, 0.11, 0.65},
					{0.3, 0.3, 0, 0, 0.4, 0, 0},
					{0.6, 0.1, 0, 0, 0, 0.15, 0.15},
				},
				{
					{0, 0.1, 0.9, 0, 0, 0, 0},
					{0.7, 0.08, 0.2, 0.01, 0.01, 0, 0},
					{0.45, 0.15, 0.4, 0, 0, 0, 0},
					{0.6, 0.15, 0.2, 0, 0.05, 0, 0},
					{0.6, 0.2, 0, 0, 0.05, 0.1, 0.05},
					{0.6, 0.3, 0, 0, 0.1, 0, 0},
					{0.8, 0.08, 0, 0, 0, 0.06, 0.06},
				},
			}[k] {
				g.profile(plantPath+plantAspect(state), x, w...)
			}
		},
	},
	{
		// Content; sends back what does not please; waits, complains and calls.
		name: "satisfaction", faint: [3]float64{0.01, 0.02, 0.026},
		choices: []plantAspect{plantStars, plantNPS, plantReturn, plantLate, plantTrouble, plantContact},
		world: func(g *plantGroup) {
			g.choice[plantRated] = plantShares{shares(0.35, 0.65), 12}
			g.rate[plantLines] = plantRate{2, 8}
			g.steady(25, plantStars, plantNPS, plantReturn, plantLate, plantTrouble, plantContact)
		},
		set: func(g *plantGroup, k int, x float64) {
			g.profile(plantStars, x, [...][]float64{{0.01, 0.01, 0.03, 0.2, 0.75}, {0.05, 0.15, 0.5, 0.25, 0.05}, {0.5, 0.3, 0.12, 0.06, 0.02}}[k]...)
			g.profile(plantNPS, x, [...][]float64{{0.04, 0.16, 0.8}, {0.2, 0.7, 0.1}, {0.85, 0.12, 0.03}}[k]...)
			g.chance(plantReturn, x, [...]float64{0.02, 0.7, 0.04}[k])
			g.chance(plantLate, x, [...]float64{0.06, 0.08, 0.75}[k])
			g.chance(plantTrouble, x, [...]float64{0.01, 0.03, 0.6}[k])
			g.chance(plantContact, x, [...]float64{0.02, 0.06, 0.65}[k])
		},
	},
	{
		// One brand at full price that they praise and pass on; one brand, on offer; any
		// brand.
		name: "loyalty", faint: [3]float64{0.01, 0.022, 0.031},
		choices: []plantAspect{plantDeal, plantRefer, plantRated}, brands: true,
		world: func(g *plantGroup) { g.steady(25, plantDeal, plantRefer, plantRated); g.favour.size = 25 },
		set: func(g *plantGroup, k int, x float64) {
			f := [...]float64{0.92, 0.9, 0.2}[k]
			g.favour.mean = shares(math.Pow(0.5, 1-x)*math.Pow(f, x), math.Pow(0.5, 1-x)*math.Pow(1-f, x))
			g.chance(plantDeal, x, [...]float64{0.04, 0.8, 0.12}[k])
			g.chance(plantRated, x, [...]float64{0.85, 0.3, 0.3}[k])
			g.chance(plantRefer, x, [...]float64{0.6, 0.02, 0.02}[k])
		},
	},
	{
		// What they look at and buy.
		name: "interests", faint: [3]float64{0.008, 0.016, 0.03},
		choices: []plantAspect{plantCategory},
		world:   func(g *plantGroup) { g.steady(20, plantCategory) },
		set: func(g *plantGroup, k int, x float64) {
			g.profile(plantCategory, x, [...][]float64{{6, 5, 4, 0.6, 0.6, 0.6, 0.5, 0.5}, {0.5, 0.5, 0.6, 6, 5, 4, 0.6, 0.6}, {0.8, 0.8, 0.6, 0.5, 0.6, 1.5, 6, 6}}[k]...)
		},
	},
	{
		// Spend points little by little, save up for all at once, or let them expire.
		name: "programme", faint: [3]float64{0.001, 0.005, 0.018},
		choices: []plantAspect{plantRedeem, plantRedeemSize},
		world: func(g *plantGroup) {
			g.rate[plantTrips] = plantRate{2.4, 12}
			g.steady(60, plantRedeem)
			g.steady(25, plantRedeemSize)
		},
		set: func(g *plantGroup, k int, x float64) {
			g.chance(plantRedeem, x, [...]float64{0.9, 0.12, 0.003}[k])
			g.profile(plantRedeemSize, x, [...][]float64{{0.92, 0.06, 0.02}, {0.02, 0.06, 0.92}, {0.4, 0.3, 0.3}}[k]...)
		},
	},
	{
		// Baskets that grow, stay and shrink to the same total, at the same rhythm.
		name: "trend", faint: [3]float64{0.007, 0.017, 0.027},
		counts: []plantCount{plantLines},
		world: func(g *plantGroup) {
			g.monthMax, g.regular, g.gap = 0, math.Log(8), 7
			g.rate[plantLines] = plantRate{2.5, 12}
			g.choice[plantChannel] = plantShares{shares(7, 1, 1, 1), 12}
		},
		set:  func(g *plantGroup, k int, x float64) { g.slope = x * [...]float64{-1.9, 0, 1.9}[k] },
		days: plantGapDays,
	},
	{
		// Open in the morning and come to buy; open in the evening and do not; hardly
		// open at all.
		name: "campaign", faint: [3]float64{0.01, 0.019, 0.033},
		choices: []plantAspect{plantOpen, plantOpen + 1, plantOpen + 2, plantClick, plantOpenHour, plantAnswer},
		world: func(g *plantGroup) {
			g.steady(25, plantOpen, plantOpen+1, plantOpen+2, plantClick, plantOpenHour, plantAnswer)
		},
		set: func(g *plantGroup, k int, x float64) {
			for by := range plantSendBy {
				g.chance(plantOpen+plantAspect(by), x, [...]float64{0.85, 0.75, 0.05}[k])
			}
			g.chance(plantClick, x, [...]float64{0.75, 0.1, 0.1}[k])
			g.chance(plantAnswer, x, [...]float64{0.85, 0.2, 0.25}[k])
			g.profile(plantOpenHour, x, [...][]float64{{8, 2, 0.5, 0.3, 0.3}, {0.3, 0.3, 0.5, 2, 8}, {1, 1, 1, 1, 1}}[k]...)
		},
		days: plantAnswerTrips,
	},
	{
		// In the store, told by text message; on the web, by mail; in the app.
		name: "channel", faint: [3]float64{0.01, 0.016, 0.027},
		choices: []plantAspect{plantChannel, plantOpen, plantOpen + 1, plantOpen + 2},
		world:   func(g *plantGroup) { g.steady(20, plantChannel, plantOpen, plantOpen+1, plantOpen+2) },
		set: func(g *plantGroup, k int, x float64) {
			g.profile(plantChannel, x, [...][]float64{{8, 0.8, 0.5, 0.7}, {0.8, 8, 0.8, 0.4}, {0.5, 0.8, 8, 0.7}}[k]...)
			g.chance(plantOpen, x, [...]float64{0.15, 0.75, 0.15}[k])
			g.chance(plantOpen+1, x, [...]float64{0.15, 0.15, 0.75}[k])
			g.chance(plantOpen+2, x, [...]float64{0.75, 0.15, 0.15}[k])
		},
	},
}
