package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A planted log is a shop in which three groups of customers differ in one thing
// only: what one behavioural method measures. Everything else is drawn alike for
// all. So a method that works finds the groups, and one that measures something
// else cannot.
//
// A customer shows the group's way more or less strongly (plantStrength), some so
// faintly that nobody can tell: that is how the groups overlap. And every customer has
// chances of their own, drawn around those from the conjugate family (Dirichlet for a
// choice, gamma for a rate). The probability of a customer's events under each group
// is then known exactly (plantPosterior), and with it the best possible classifier.

// plantAspect is one sort of choice that customers make again and again. All draws
// of an aspect are independent given the customer's own chances.
type plantAspect int

const (
	plantWeekday plantAspect = iota // of a trip, day 0 being the window's first weekday
	plantPhase                      // of a trip: days 1-10, 11-20, 21-31 of the month
	plantDaypart                    // of a trip
	plantStay                       // a further line is of the first one's category: no, yes
	plantCategory
	plantTier
	plantTheme
	plantDeal
	plantChannel
	plantEdit    // a line is taken out of the cart and put back
	plantRepeat  // the checkout is gone through twice
	plantRated   // an order is rated
	plantStars   // with 1..5 stars
	plantNPS     // detractor, passive, promoter
	plantReturn  // an order of two lines or more has one sent back
	plantLate    // a parcel is late
	plantTrouble // complaint
	plantContact
	plantRefer
	plantAnswer     // a trip comes in the week after a message: no, yes
	plantRedeem     // points are spent with an order
	plantRedeemSize // a quarter, half, all of them
	plantClick
	plantOpenHour
	plantOpen // of a message by email, app, text message: three aspects
	_
	_
	plantPath // next step of a visit after each of plantSteps: seven aspects
	_
	_
	_
	_
	_
	_
	plantAspects
)

// plantCount is one sort of event that comes at a rate.
type plantCount int

const (
	plantTrips        plantCount = iota // a month
	plantLines                          // of an order above the first
	plantSessions                       // before an online order
	plantViews                          // of a session before an online order, above the first
	plantVisits                         // a month, apart from orders, up to plantLately
	plantVisitsLately                   // a month, since then
	plantCounts
)

// plantShares is a choice: the customer's own chances are Dirichlet(size·mean).
type plantShares struct {
	mean []float64
	size float64
}

// plantRate is a rate: the customer's own is gamma of that shape around mean.
type plantRate struct{ mean, shape float64 }

// plantGroup holds the parameters of one group of customers.
type plantGroup struct {
	choice   [plantAspects]plantShares
	rate     [plantCounts]plantRate
	favour   plantShares // brand: the favourite's share and the others' together
	slope    float64     // of ln lines an order over the window's half
	regular  float64     // ln of the gaps' shape
	gap      float64     // mean gap, days
	kind     int         // of buying (plantBuyingDays) or occasion (plantOccasionDays)
	strength float64     // of it
	monthMax int         // customers join at the start of months 0..monthMax
}

// plantCustomer is what the simulation did to a customer.
type plantCustomer struct {
	id     string
	group  []int32 // by facet
	shows  []int   // by facet: the strength, an index into plantStrength
	joined int     // month
	choice [plantAspects][]int
	number [plantCounts]float64
	over   [plantCounts]float64 // exposure
	brand  [plantBrands]int
	days   []int // of trips
	more   []int // lines of each trip above the first
	first  int   // day from which gaps and buying are looked at

	p       [plantAspects][]float64
	rates   [plantCounts]float64
	brandP  []float64
	balance float64
}

const (
	plantMonths = 24
	plantBrands = 5
	plantLately = plantMonths - 2
)

var (
	// How strongly customers show their group's way.
	plantStrength    = [...]float64{0.1, 0.6, 0.8, 1, 1.2}
	plantBrandNames  = [plantBrands]string{"Own Label", "Norden", "Vela", "Castor", "Brook & Son"}
	plantOnline      = [...]string{"store", "web", "app", "phone"}
	plantSendBy      = [...]string{"email", "app", "sms"}
	plantSteps       = [...]Kind{Visit, View, Search, Wishlist, CartAdd, CartRemove, Checkout} // Visit stands for the start, and for leaving
	plantOverlap     = [...]string{"low", "medium", "high"}
	plantCategoryEUR = 11.0
)

// plantShow returns the weights of plantStrength: twice the share faint of the customers
// hardly shows the group's way, another faint weakly.
func plantShow(faint float64) []float64 {
	rest := 1 - 3*faint
	return []float64{2 * faint, faint, 0.3 * rest, 0.4 * rest, 0.3 * rest}
}

// plantRun is one planted simulation.
type plantRun struct {
	b       *Builder
	zone    *time.Location
	from    time.Time
	span    int   // days
	months  []int // first day of each month, and the end
	facets  []*plantFacet
	groups  [][3][len(plantStrength)]plantGroup // by facet, group and strength
	level   int
	items   []retailItem // by category, tier, theme, brand
	order   int
	session int

	christmas []bool // by day: before Christmas
}

// plantNames lists what can be planted.
func plantNames() []string {
	out := []string{"crossed"}
	for _, f := range plantFacets {
		out = append(out, f.name)
	}
	slices.Sort(out)
	return out
}

func plantFacetOf(name string) *plantFacet {
	for _, f := range plantFacets {
		if f.name == name {
			return f
		}
	}
	return nil
}

// plantCrossed are the facets of "crossed", each drawn independently.
var plantCrossed = []string{"timing", "benefits", "usage"}

// newPlantRun checks the options and prepares the groups.
func newPlantRun(plant, overlap string) (*plantRun, error) {
	run := &plantRun{level: slices.Index(plantOverlap[:], overlap)}
	if overlap == "" {
		run.level = 1
	}
	if run.level < 0 {
		return nil, fmt.Errorf("retail-sim: overlap = %q: low, medium or high", overlap)
	}
	names := []string{plant}
	if plant == "crossed" {
		names = plantCrossed
	}
	for _, n := range names {
		f := plantFacetOf(n)
		if f == nil {
			return nil, fmt.Errorf("retail-sim: plant = %q: leave it empty for the seven segments, or use one of %s", plant, strings.Join(plantNames(), ", "))
		}
		run.facets = append(run.facets, f)
		var g [3][len(plantStrength)]plantGroup
		for k := range g {
			for z, strength := range plantStrength {
				g[k][z] = plantCommon()
				for _, other := range names { // a tempo that a facet asks of everybody
					if o := plantFacetOf(other); o != nil && o.world != nil {
						o.world(&g[k][z])
					}
				}
				f.set(&g[k][z], k, strength)
			}
		}
		run.groups = append(run.groups, g)
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return nil, fmt.Errorf("retail-sim: %w", err)
	}
	run.zone = zone
	run.from = time.Date(2023, 4, 1, 0, 0, 0, 0, zone)
	for m := range plantMonths + 1 {
		run.months = append(run.months, run.dayOf(run.from.AddDate(0, m, 0)))
	}
	run.span = run.months[plantMonths]
	run.plantHolidays()
	run.b = NewBuilder(Meta{
		Name: "retail-sim", Unit: "customer", Zone: zone, Resolution: Second, Currency: "EUR", Simulated: true, FirstSeenIsFirst: true,
		Window: Window{run.from, run.from.AddDate(0, plantMonths, 0)},
		Has: FieldOrder | FieldItem | FieldCategory | FieldBrand | FieldChannel | FieldCampaign | FieldSession | FieldQuantity |
			FieldPrice | FieldAmount | FieldDiscount | FieldMargin | FieldRating | FieldPoints | FieldHour,
	})
	return run, nil
}

func (run *plantRun) dayOf(t time.Time) int {
	return int(math.Round(t.Sub(run.from).Hours() / 24))
}

// plant makes the planted log.
func (o *RetailSim) plant(seed uint64) (*Generated, error) {
	run, people, err := o.planted(seed)
	if err != nil {
		return nil, err
	}
	log := run.b.Log()
	log.Items = run.plantItems()
	g := &Generated{Log: log}
	byID := make(map[string]*plantCustomer, len(people))
	for _, c := range people {
		byID[c.id] = c
	}
	var seen []*plantCustomer
	for _, e := range log.shards {
		for _, id := range e.IDs {
			seen = append(seen, byID[id])
		}
	}
	joint, jointBest := make([]int32, len(seen)), make([]int32, len(seen))
	enough := make([]bool, len(seen))
	for i, c := range seen {
		h, _ := log.Find(c.id)
		enough[i] = len(h.Occasions()) >= plantEnough
	}
	for f, facet := range run.facets {
		var truth, best []int32
		labels := make([]int32, len(seen))
		for i, c := range seen {
			p := run.plantPosterior(c, f)
			at := slices.Index(p[:], slices.Max(p[:]))
			labels[i] = c.group[f]
			joint[i], jointBest[i] = 3*joint[i]+c.group[f], 3*jointBest[i]+int32(at)
			if enough[i] {
				truth, best = append(truth, labels[i]), append(best, int32(at))
			}
		}
		g.Facets = append(g.Facets, Facet{Name: facet.name, Labels: labels, BestARI: adjustedRand(truth, best)})
	}
	g.Truth = joint
	var truth, best []int32
	for i := range seen {
		if enough[i] {
			truth, best = append(truth, joint[i]), append(best, jointBest[i])
		}
	}
	g.BestARI = adjustedRand(truth, best)
	return g, nil
}

// plantEnough is the number of purchase days from which a customer counts in BestARI.
const plantEnough = 3

// planted simulates all customers.
func (o *RetailSim) planted(seed uint64) (*plantRun, []*plantCustomer, error) {
	run, err := newPlantRun(o.Plant, o.Overlap)
	if err != nil {
		return nil, nil, err
	}
	run.plantStock()
	draw := rand.New(rand.NewPCG(seed, 2))
	people := make([]*plantCustomer, o.Customers)
	for i := range people {
		c := &plantCustomer{id: fmt.Sprintf("C%06d", i+1)}
		for range run.facets {
			c.group = append(c.group, int32(draw.IntN(3)))
			c.shows = append(c.shows, 0) // drawn with the life
		}
		// One stream a customer: another number of customers changes nobody's history.
		run.plantLive(rand.New(rand.NewPCG(seed, uint64(1000+i))), c)
		people[i] = c
	}
	return run, people, nil
}

// plantStock makes the range: every category in every tier, theme and brand, so
// that these four choices are free of each other. Prices say the tier.
func (run *plantRun) plantStock() {
	for k, c := range retailCategories {
		for tier, t := range retailTiers {
			for theme, s := range retailStyles {
				for brand := range plantBrandNames {
					n := tier*len(retailStyles) + theme
					noun := retailNouns[k][n%len(retailNouns[k])]
					name := strings.TrimSpace(t.words[brand%2] + " " + s.words[n%len(s.words)] + " " + noun)
					run.items = append(run.items, retailItem{
						id:    fmt.Sprintf("%s-%d%d%d", c.name[:4], tier+1, theme+1, brand+1),
						name:  name,
						brand: plantBrandNames[brand],
						// Brands differ by a few per cent, tiers by a third.
						price: cents(plantCategoryEUR * t.price * (0.96 + 0.02*float64(brand))),
					})
				}
			}
		}
	}
}

func plantItem(category, tier, theme, brand int) int {
	return ((category*len(retailTiers)+tier)*len(retailStyles)+theme)*plantBrands + brand
}

func plantItemCategory(item int) int {
	return item / (len(retailTiers) * len(retailStyles) * plantBrands)
}

func (run *plantRun) plantItems() *Table {
	t := &Table{Name: "items", Cols: []TableColumn{{Name: "name"}, {Name: "category"}, {Name: "brand"}, {Name: "list_price", Unit: "money"}}}
	for i, it := range run.items {
		t.Keys = append(t.Keys, it.id)
		for j, s := range []string{it.name, retailCategories[plantItemCategory(i)].name, it.brand} {
			t.Cols[j].Text = append(t.Cols[j].Text, s)
		}
		t.Cols[3].Num = append(t.Cols[3].Num, it.price)
	}
	return t
}
