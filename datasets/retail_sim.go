package datasets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

var _ = register(&Source{
	Name:    "retail-sim",
	Aliases: []string{"sample", "retail_sim"},
	Doc: `Simulated shop: 2,000 customers over 18 months with seven planted ways of shopping
Weekly grocers, weekend basket fillers, late-night browsers, Christmas gifters, deal
seekers, lapsing regulars and new trialists, and some prospects who only look. Trips,
baskets, categories, brands, channels, discounts, returns, page views and campaigns,
and around them sessions, searches, carts, checkouts, wish lists, deliveries, ratings,
complaints, referrals, use of devices, loyalty points and "would you recommend us";
items, customers, campaigns and survey answers as side tables. Every customer has rates and tastes of
their own, drawn around the segment's, so the segments overlap as real ones do.

The planted segment is the truth (prospects have none). BestARI is the adjusted Rand
index of the classifier that knows every parameter of the simulation and assigns each
customer with at least two purchase days to the most probable segment: nothing that
sees only the events can be expected to do better. Over seeds it is about 0.94.

plant = NAME makes another log: three groups of customers over two years who differ in
what one behavioural method measures and in nothing else (purchase, btyd, gaps, timing,
occasion, benefits, usage, journey, satisfaction, loyalty, interests, programme, trend,
campaign, channel), or timing, benefits and usage at once (crossed). overlap = low,
medium, high says how many show their group's way so faintly that nobody can tell.
BestARI is then between .85 and .99.`,
	Version: 2,
	License: "made by this program: free of rights",
	Expect:  Expect{Customers: 2000},
	New:     func() Generator { return &RetailSim{Customers: 2000, Prospects: 0.05} },
})

// RetailSim simulates the customers of a shop between 2 October 2023 and 31 March
// 2025, in Amsterdam's time. The same options and seed give the same log.
type RetailSim struct {
	Customers int     `json:"customers"`
	Prospects float64 `json:"prospects"` // share of customers who never buy
	// Plant is what the groups differ in: "" the seven segments; the name of a
	// behavioural method for three groups that differ in that alone; "crossed" for
	// timing, benefits and usage at once, three groups of each.
	Plant string `json:"plant"`
	// Overlap of the groups of a plant: low, medium or high; "" is medium.
	Overlap string `json:"overlap"`
}

// retailRun is one simulation.
type retailRun struct {
	b              *Builder
	zone           *time.Location
	monday         time.Time // start of week 0
	items          [][]retailItem
	zipf           []float64 // popularity of a category's items
	order, session int
}

type retailItem struct {
	id, name, brand string
	price           float64
}

// retailCustomer is what the simulation did to a customer: what the events tell
// and the Bayes classifier reads (see retailBayes).
type retailCustomer struct {
	id      string
	segment int // −1: a prospect
	joined  int // week; −1: before the window
	lapse   int // first week without this customer; retailWeeks: none

	trips                     [retailWeeks]int
	weekday                   [7]int
	daypart                   [len(retailDayparts)]int
	channel                   [len(retailChannels)]int
	category                  [len(retailCategories)]int
	lines, discounted         int
	returnable, returned      int // lines whose return would fall into the window
	views                     int
	lastView                  int // week; −1: none
	sent, opened, clicked     [len(retailCampaigns)]bool
	weekdayP, daypartP        []float64
	channelP, categoryP       []float64
	moreLines, discount, back float64 // a basket's mean lines above the first; probabilities
	rate, viewRate            float64 // trips of an ordinary week, page views of any
	opens, clicks             float64 // probabilities

	orders  []*retailOrder // what the surroundings hang on (see retailAround)
	browsed []Event
	answers []string
}

// Generate implements Generator.
func (o *RetailSim) Generate(seed uint64) (*Generated, error) {
	if o.Plant != "" {
		if o.Customers < 1 {
			return nil, fmt.Errorf("retail-sim: customers = %d: at least 1", o.Customers)
		}
		return o.plant(seed)
	}
	log, people, err := o.simulate(seed)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*retailCustomer, len(people))
	for _, c := range people {
		byID[c.id] = c
	}
	g := &Generated{Log: log}
	var seen []*retailCustomer // prospects without a view have no event
	for _, e := range log.shards {
		for _, id := range e.IDs {
			g.Truth = append(g.Truth, int32(byID[id].segment))
			seen = append(seen, byID[id])
		}
	}
	g.BestARI = retailBestARI(log, seen)
	return g, nil
}

func (o *RetailSim) simulate(seed uint64) (*Log, []*retailCustomer, error) {
	if o.Customers < 1 || !(o.Prospects >= 0 && o.Prospects < 1) {
		return nil, nil, fmt.Errorf("retail-sim: customers = %d and prospects = %g: at least 1 customer and a share in [0, 1)", o.Customers, o.Prospects)
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return nil, nil, fmt.Errorf("retail-sim: %w", err)
	}
	run := &retailRun{zone: zone, monday: time.Date(2023, 10, 2, 0, 0, 0, 0, zone)}
	run.b = NewBuilder(Meta{
		Name: "retail-sim", Unit: "customer", Zone: zone, Resolution: Second, Currency: "EUR", Simulated: true,
		Window: Window{run.monday, run.monday.AddDate(0, 0, 7*retailWeeks)},
		Has: FieldOrder | FieldItem | FieldCategory | FieldBrand | FieldChannel | FieldCampaign | FieldSession | FieldQuantity |
			FieldPrice | FieldAmount | FieldDiscount | FieldMargin | FieldRating | FieldPoints | FieldHour,
	})
	run.stock(rand.New(rand.NewPCG(seed, 1)))
	draw := rand.New(rand.NewPCG(seed, 2))
	mix := make([]float64, len(retailSegments))
	for i, s := range retailSegments {
		mix[i] = s.share
	}
	people := make([]*retailCustomer, o.Customers)
	descriptors := &Table{Name: "customers", Cols: []TableColumn{{Name: "region"}, {Name: "age_band"}, {Name: "joined"}}}
	for i := range people {
		c := &retailCustomer{id: fmt.Sprintf("C%05d", i+1), segment: -1, joined: -1, lapse: retailWeeks, lastView: -1}
		if draw.Float64() >= o.Prospects {
			c.segment = drawOne(draw, mix)
		}
		// One stream a customer: another number of customers changes nobody's history.
		r := rand.New(rand.NewPCG(seed, uint64(1000+i)))
		age, joined := run.live(r, c)
		run.around(rand.New(rand.NewPCG(seed, uint64(1<<32+i))), c)
		people[i] = c
		descriptors.Keys = append(descriptors.Keys, c.id)
		for j, s := range []string{retailRegions[r.IntN(len(retailRegions))], age, joined.Format(time.DateOnly)} {
			descriptors.Cols[j].Text = append(descriptors.Cols[j].Text, s)
		}
	}
	log := run.b.Log()
	log.Customers, log.Items, log.Campaigns = descriptors, run.itemTable(), run.campaignTable()
	log.Surveys = surveyTable(people)
	return log, people, nil
}

func (run *retailRun) itemTable() *Table {
	t := &Table{Name: "items", Cols: []TableColumn{{Name: "name"}, {Name: "category"}, {Name: "brand"}, {Name: "list_price", Unit: "money"}}}
	for c, items := range run.items {
		for _, it := range items {
			t.Keys = append(t.Keys, it.id)
			for j, s := range []string{it.name, retailCategories[c].name, it.brand} {
				t.Cols[j].Text = append(t.Cols[j].Text, s)
			}
			t.Cols[3].Num = append(t.Cols[3].Num, it.price)
		}
	}
	return t
}

func (run *retailRun) campaignTable() *Table {
	t := &Table{Name: "campaigns", Cols: []TableColumn{{Name: "start"}, {Name: "end"}}}
	for i, w := range retailCampaigns {
		t.Keys = append(t.Keys, retailCampaignID(i))
		start := run.monday.AddDate(0, 0, 7*w+1)
		t.Cols[0].Text = append(t.Cols[0].Text, start.Format(time.DateOnly))
		t.Cols[1].Text = append(t.Cols[1].Text, start.AddDate(0, 0, 6).Format(time.DateOnly))
	}
	return t
}

func retailCampaignID(i int) string { return fmt.Sprintf("mail-%02d", i+1) }

// at returns a random instant of a day and daypart.
func (run *retailRun) at(r *rand.Rand, week, day, part int) time.Time {
	h := retailDayparts[part]
	s := h[0]*3600 + r.IntN((h[1]-h[0])*3600)
	d := run.monday.AddDate(0, 0, 7*week+day)
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, s, 0, run.zone)
}

// campaignOf returns the campaign that runs in a week, or −1.
func retailCampaignOf(week int) int { return slices.Index(retailCampaigns[:], week) }
