package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "btyd",
	Doc: `Buy till you die: expected purchases, chance of being alive, value
What a model of the whole population expects of each customer: purchases come at the
customer's own rate until the customer leaves for good, which nobody sees; rates and
chances of leaving differ between customers as gamma and beta variables. From the
number of repeat purchases x, the age at the last one t_x, and the age now T:
  p_alive        chance that the customer is still one
  exp_purchases  purchases expected in the next horizon periods
  exp_value      exp_purchases · what one purchase is expected to bring (gamma-gamma
                 model of the positive repeat purchases; money)
  lambda_post    purchases per period while alive
and on request
  clv            exp_value, margin only, period by period, discounted (CLV)
  clv_trend      slope of the expected value as it was every 28 days, with today's
                 parameters and what was known then: Theil–Sen over the mean value,
                 per year; < 0 = on the way down. Shrunk to 0 with the weight of 6 cut-offs
model = mbgnbd (default), bgnbd, pareto, mbgcnbd, bgcnbd: the last two fit how regular
purchases are as well. MBG/NBD is the default since BG/NBD says p_alive = 1 of
everybody who bought once. Parameters are maximum likelihood over all buyers,
one-time buyers too. unit = weeks or days; discount is a yearly rate, margin a share
of spend. Value is left out, and that is said, where the log has no amounts or where
spend depends on frequency (|r| > 0.3), which the gamma-gamma model excludes. In a
log whose customers are older than its window, T is too short: that is said too.
These columns are functions of recency and frequency: they share a block, and should
not stand beside rfm unweighted. Cost: O(events), 1 to 3 s for 200,000 customers.`,
	Refs: []Ref{
		{Authors: "Fader, Hardie & Lee", Title: "“Counting Your Customers” the Easy Way: An Alternative to the Pareto/NBD Model", Venue: "Marketing Science 24", Year: 2005, DOI: "10.1287/mksc.1040.0098"},
		{Authors: "Batislam, Denizel & Filiztekin", Title: "Empirical validation and comparison of models for customer base analysis", Venue: "International Journal of Research in Marketing 24", Year: 2007, DOI: "10.1016/j.ijresmar.2006.12.005"},
		{Authors: "Platzer & Reutterer", Title: "Ticking Away the Moments: Timing Regularity Helps to Better Predict Customer Activity", Venue: "Marketing Science 35", Year: 2016, DOI: "10.1287/mksc.2015.0963"},
		{Authors: "Fader & Hardie", Title: "The Gamma-Gamma Model of Monetary Value", Venue: "brucehardie.com/notes/025", Year: 2013, DOI: "brucehardie.com/notes/025"},
	},
	Version: 1,
	Reads:   datasets.FieldAmount,
	// The model measures everybody who bought once, but of them it knows the age only:
	// a segment of newcomers by date is a stratum, not a finding.
	Minimum: 2,
	Null:    ShuffleStamps + "+" + ShuffleAmounts,
	New: func() Block {
		return &BTYD{
			Columns: []string{"p_alive", "exp_purchases", "exp_value", "lambda_post"},
			Variant: "mbgnbd", Unit: Weeks, Horizon: 52, Discount: 0.1, Margin: 1,
		}
	},
})

// BTYD is the options of btyd.
type BTYD struct {
	Columns  []string `json:"columns"`
	Variant  string   `json:"model"`    // mbgnbd, bgnbd, pareto, mbgcnbd, bgcnbd
	Unit     TimeUnit `json:"unit"`     // weeks or days
	Horizon  int      `json:"horizon"`  // periods to look ahead
	Discount float64  `json:"discount"` // per year
	Margin   float64  `json:"margin"`   // earned share of spend
}

var btydColumns = []Column{
	{Name: "p_alive", Doc: "chance of still being a customer", Kind: Probability},
	{Name: "exp_purchases", Unit: "count", Doc: "purchases expected"},
	{Name: "exp_value", Unit: "money", Doc: "spend expected"},
	{Name: "lambda_post", Doc: "purchases %s while a customer"},
	{Name: "clv", Unit: "money", Doc: "discounted margin expected"},
	{Name: "clv_trend", Unit: "", Doc: "yearly change of the expected value relative to its mean; below 0 is on the way down"},
}

// btydModels are the names of the models.
var btydModels = []string{"mbgnbd", "bgnbd", "pareto", "mbgcnbd", "bgcnbd"}

// btydBuyer is one customer's statistics, in days.
type btydBuyer struct {
	x, tx, t, paid int32
	litt, spend    float64 // Σ ln gap (days); mean of the paid repeat purchases
}

func btydOf(h datasets.History) (b btydBuyer, ok bool) {
	occ := h.Occasions()
	if len(occ) == 0 {
		return b, false
	}
	return btydAsOf(occ, h.Meta.Now()), true
}

// btydAsOf counts ages up to the day now.
func btydAsOf(occ []datasets.Occasion, now int) (b btydBuyer) {
	var spend float64
	for i, o := range occ {
		if i == 0 {
			continue
		}
		b.x++
		b.tx = int32(o.Day - occ[0].Day)
		b.litt += math.Log(float64(o.Day - occ[i-1].Day))
		if o.Gross > 0 { // a gift or a sample tells nothing of what purchases bring
			b.paid++
			spend += o.Gross
		}
	}
	// A window may end within a day that has a purchase.
	b.t = max(int32(now-occ[0].Day), b.tx)
	if b.paid > 0 {
		b.spend = spend / float64(b.paid)
	}
	return b
}

// cbs is the statistics in the unit of so many days.
func (b btydBuyer) cbs(days float64) CBS {
	return CBS{
		X: int(b.x), Tx: float64(b.tx) / days, T: float64(b.t) / days,
		Litt: b.litt - float64(b.x)*math.Log(days), Spend: b.spend,
	}
}

type btydSummary struct {
	seen, amounts, truncated bool
	buyers                   []btydBuyer
}

// Merge adds other.
func (s *btydSummary) Merge(other Summary) {
	o := other.(*btydSummary)
	s.seen, s.amounts, s.truncated = s.seen || o.seen, s.amounts || o.amounts, s.truncated || o.truncated
	s.buyers = append(s.buyers, o.buyers...)
}

// Empty returns the summary of no customers.
func (o *BTYD) Empty() Summary { return &btydSummary{} }

// Gather keeps the customer's sufficient statistics.
func (o *BTYD) Gather(h datasets.History) Summary {
	s := &btydSummary{seen: true, amounts: h.Meta.Has&datasets.FieldAmount != 0, truncated: !h.Meta.FirstSeenIsFirst}
	if b, ok := btydOf(h); ok {
		s.buyers = []btydBuyer{b}
	}
	return s
}

// Learn fits the models.
func (o *BTYD) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*btydSummary)
	if err := o.check(); err != nil {
		return nil, err
	}
	// The customers' order is none of the model's business.
	slices.SortFunc(s.buyers, func(a, b btydBuyer) int {
		return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.tx, b.tx), cmp.Compare(a.t, b.t),
			cmp.Compare(a.litt, b.litt), cmp.Compare(a.paid, b.paid), cmp.Compare(a.spend, b.spend))
	})
	m := &btydModel{Horizon: o.Horizon, Margin: o.Margin, Days: 7, Buyers: len(s.buyers)}
	if o.Unit == Days {
		m.Days = 1
	}
	m.Discount = math.Pow(1+o.Discount, m.Days/365.25) - 1
	if s.truncated {
		m.Notes = append(m.Notes, "customers may be older than the log: ages are counted from the first purchase seen, so rates come out too high and leaving too early (cut the log to customers who started in it, or set first_seen_is_first)")
	}
	customers := make([]CBS, len(s.buyers))
	for i, b := range s.buyers {
		customers[i] = b.cbs(m.Days)
	}
	c, err := NewCohort(customers, nil)
	if err != nil {
		return nil, err
	}
	if err := m.fit(o.Variant, c); err != nil {
		return nil, err
	}
	m.Names = slices.Clone(o.Columns)
	if why := m.fitSpend(s); why != "" {
		money := func(n string) bool { return n == "exp_value" || strings.HasPrefix(n, "clv") }
		if slices.ContainsFunc(m.Names, money) {
			m.Notes = append(m.Notes, why+": the columns of value are left out")
		}
		m.Names = slices.DeleteFunc(m.Names, money)
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: %s", strings.Join(o.Columns, ", "), strings.Join(m.Notes, "; "))
	}
	return m, nil
}

// check looks at the options.
func (o *BTYD) check() error {
	switch {
	case !slices.Contains(btydModels, o.Variant):
		return fmt.Errorf("model = %q: %s", o.Variant, strings.Join(btydModels, ", "))
	case o.Unit != Weeks && o.Unit != Days:
		return fmt.Errorf("unit = %q: weeks or days", o.Unit)
	case o.Horizon < 1:
		return fmt.Errorf("horizon = %d: at least 1 period", o.Horizon)
	case !(o.Discount > -1) || math.IsInf(o.Discount, 0):
		return fmt.Errorf("discount = %g: a yearly rate above −1, such as 0.1", o.Discount)
	case !(o.Margin > 0) || math.IsInf(o.Margin, 0):
		return fmt.Errorf("margin = %g: a share of spend above 0", o.Margin)
	}
	for _, n := range o.Columns {
		if !slices.ContainsFunc(btydColumns, func(c Column) bool { return c.Name == n }) {
			return fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(btydColumns), ", "))
		}
	}
	return nil
}

// Model returns an empty model.
func (o *BTYD) Model() Model { return &btydModel{} }
