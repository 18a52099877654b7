package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// targets is the table of targets, by method. A purchase that was undone in full within
// the hold-out is none (see datasets.History.Reversed).
var targets = []Target{
	{
		Name: "buys", Method: "value", Kind: OutcomeBinary,
		Doc: "buys in the hold-out",
		of:  func(_ *holdoutWindow, c *holdoutCustomer) holdoutValue { return holdoutYes(len(c.occasions) > 0) },
	},
	{
		Name: "purchases", Method: "value", Kind: OutcomeCount, Unit: "count",
		Doc: "purchase occasions in the hold-out (days with a purchase)",
		of: func(_ *holdoutWindow, c *holdoutCustomer) holdoutValue {
			return holdoutNumber(float64(len(c.occasions)))
		},
	},
	{
		Name: "spend", Method: "value", Kind: OutcomeAmount, Unit: "money", Needs: datasets.FieldAmount,
		Doc: "amount of the purchases of the hold-out that stand",
		of: func(_ *holdoutWindow, c *holdoutCustomer) holdoutValue {
			var sum float64
			for _, o := range c.occasions {
				sum += o.Gross
			}
			return holdoutNumber(sum)
		},
	},
	{
		Name: "days_to_purchase", Method: "when", Kind: OutcomeTime, Unit: "days", Dated: true,
		Doc: "days from the cut to the next purchase; who has not bought by the end is censored there",
		of: func(w *holdoutWindow, c *holdoutCustomer) holdoutValue {
			if len(c.occasions) == 0 {
				return holdoutValue{x: float64(w.to - w.from), censored: true}
			}
			return holdoutNumber(float64(c.occasions[0].Day - w.from))
		},
	},
	{
		Name: "purchase_weekday", Method: "when", Kind: OutcomeCategory, Dated: true, Undefined: holdoutNoPurchase,
		Doc: "day of the week of the next purchase",
		of: func(_ *holdoutWindow, c *holdoutCustomer) holdoutValue {
			if len(c.occasions) == 0 {
				return holdoutNothing
			}
			return holdoutText(holdoutWeekdays[((c.occasions[0].Day%7)+7)%7])
		},
	},
	{
		Name: "purchase_hour", Method: "when", Kind: OutcomeCategory, Dated: true, Needs: datasets.FieldHour, Undefined: holdoutNoPurchase,
		Doc: "part of the day of the next purchase, in quarters: 00-06, 06-12, 12-18, 18-24",
		of: func(w *holdoutWindow, c *holdoutCustomer) holdoutValue {
			if len(c.occasions) == 0 {
				return holdoutNothing
			}
			q := w.meta.Local(c.occasions[0].First).Hour() / 6
			return holdoutText(fmt.Sprintf("%02d-%02d", 6*q, 6*q+6))
		},
	},
	{
		Name: "feast_share", Method: "occasion", Kind: OutcomeShare, Dated: true, Undefined: holdoutNoPurchase,
		Doc: "share of the purchase occasions that lie in the days of a dated feast or shopping event of the country's calendar",
		of: func(w *holdoutWindow, c *holdoutCustomer) holdoutValue {
			var in float64
			for _, o := range c.occasions {
				// Summer and autumn are seasons, not occasions.
				if f, ok := w.calendar.At(o.Day); ok && f.Group != "summer" && f.Group != "autumn" {
					in++
				}
			}
			return holdoutNumber(in / float64(len(c.occasions)))
		},
	},
	{
		Name: "next_category", Method: "what", Kind: OutcomeCategory, Undefined: "customers who buy nothing of a known category in the hold-out",
		Doc: "category that the next purchase is mostly of (lines; equal ones by name)",
		of: func(_ *holdoutWindow, c *holdoutCustomer) holdoutValue {
			return holdoutText(c.most(holdoutCategory))
		},
	},
	{
		Name: "deal_share", Method: "price", Kind: OutcomeShare, Needs: datasets.FieldDiscount, Undefined: holdoutNoPurchase,
		Doc: "share of the lines bought at a discount",
		of: func(_ *holdoutWindow, c *holdoutCustomer) holdoutValue {
			var deals, lines float64
			c.lines(func(i int) {
				lines++
				if math.Abs(c.h.Discount(i)) > 0 {
					deals++
				}
			})
			return holdoutNumber(deals / lines)
		},
	},
	{
		Name: "price_tier", Method: "price", Kind: OutcomeShare, Undefined: "customers without a line in a category of 30 lines or more",
		Doc:    "mean price tier of the lines within their category, of the hold-out's lines: 0 low, 0.5 mid, 1 high tercile",
		of:     func(w *holdoutWindow, c *holdoutCustomer) holdoutValue { w.price(c); return holdoutNothing },
		settle: func(w *holdoutWindow, o *Outcome) { w.tiers(o.Values) },
	},
	{
		Name: "next_channel", Method: "channel", Kind: OutcomeCategory, Needs: datasets.FieldChannel, Undefined: holdoutNoPurchase,
		Doc: "channel of the next purchase (of most of its lines)",
		of: func(_ *holdoutWindow, c *holdoutCustomer) holdoutValue {
			return holdoutText(c.most(datasets.History.Channel))
		},
	},
	{
		Name: "responds", Method: "response", Kind: OutcomeBinary, Dated: true,
		AnyKind:   datasets.KindSet(datasets.CampaignSent, datasets.CampaignOpen, datasets.CampaignClick),
		Undefined: "customers without a message two weeks or more before the end",
		Doc:       "buys or redeems within two weeks of a message of the hold-out: a response, not an effect",
		of: func(_ *holdoutWindow, c *holdoutCustomer) holdoutValue {
			if c.h.Len() == 0 {
				return holdoutNothing
			}
			known, yes := false, false
			for _, m := range features.MessagesOf(c.h, features.DefaultResponseRule()) {
				known = known || m.Known
				yes = yes || m.Known && m.Responded
			}
			if !known {
				return holdoutNothing
			}
			return holdoutYes(yes)
		},
	},
	{
		Name: "returns", Method: "returns", Kind: OutcomeBinary, AnyKind: datasets.KindSet(datasets.Return),
		Undefined: "customers who neither buy nor return in the hold-out",
		Doc:       "gives something back in the hold-out",
		of: func(_ *holdoutWindow, c *holdoutCustomer) holdoutValue {
			bought, back := false, false
			for i := range c.h.Len() {
				bought = bought || c.h.Kind(i) == datasets.Purchase
				back = back || c.h.Kind(i) == datasets.Return
			}
			if !bought && !back {
				return holdoutNothing
			}
			return holdoutYes(back)
		},
	},
}

const holdoutNoPurchase = "customers who do not buy in the hold-out"

// 1970-01-01, day 0, was a Thursday.
var holdoutWeekdays = [7]string{"Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"}

// holdoutTierLines is the number of lines that a category needs for tiers, as in the
// extractor deals.
const holdoutTierLines = 30

// holdoutValue is a customer's value: a number, or a word where the target is a category.
type holdoutValue struct {
	x        float64
	text     string
	censored bool
}

var holdoutNothing = holdoutValue{x: math.NaN()}

func holdoutNumber(x float64) holdoutValue { return holdoutValue{x: x} }

func holdoutText(s string) holdoutValue { return holdoutValue{x: math.NaN(), text: s} }

func holdoutYes(b bool) holdoutValue {
	if b {
		return holdoutValue{x: 1}
	}
	return holdoutValue{x: 0}
}

// holdoutCustomer is what one customer did; h has no events if nothing.
type holdoutCustomer struct {
	row       int
	h         datasets.History
	occasions []datasets.Occasion
}

// lines calls f on the purchases that stand.
func (c *holdoutCustomer) lines(f func(i int)) {
	if len(c.occasions) == 0 {
		return
	}
	undone := c.h.Reversed()
	for i := range c.h.Len() {
		if c.h.Kind(i) == datasets.Purchase && (undone == nil || !undone[i]) {
			f(i)
		}
	}
}

// most returns the word that most lines of the first occasion have; "" = none has one.
func (c *holdoutCustomer) most(word func(datasets.History, int) string) string {
	n := map[string]int{}
	c.lines(func(i int) {
		if c.h.Day(i) == c.occasions[0].Day {
			if s := word(c.h, i); s != "" {
				n[s]++
			}
		}
	})
	best := ""
	for s, k := range n {
		if best == "" || cmp.Or(k-n[best], cmp.Compare(best, s)) > 0 {
			best = s
		}
	}
	return best
}

// holdoutCategory returns line i's category: the log's, else the table of items'.
func holdoutCategory(h datasets.History, i int) string {
	if s := h.Category(i); s != "" {
		return s
	}
	return h.Items().Text(h.Item(i), "category")
}

// holdoutWindow is what the targets share.
type holdoutWindow struct {
	meta     *datasets.Meta
	from, to int // days since 1970-01-01
	calendar *features.Calendar
	prices   map[string][]holdoutPrice
	rows     int
}

type holdoutPrice struct {
	row   int
	price float64
}

func newHoldoutWindow(hold *datasets.Holdout, rows int) (*holdoutWindow, error) {
	m := hold.Meta()
	w := &holdoutWindow{meta: m, from: m.DayOf(hold.From.UnixMicro()), to: m.DayOf(hold.To.UnixMicro()), prices: map[string][]holdoutPrice{}, rows: rows}
	if !hold.To.After(hold.From) {
		return nil, fmt.Errorf("the hold-out ends at %s and begins at %s: nothing lies between", hold.To, hold.From)
	}
	country, _ := features.GuessCountry(m)
	var err error
	w.calendar, err = features.NewCalendar(country, w.from, w.to+1)
	return w, err
}

// price keeps the prices of a customer's lines.
func (w *holdoutWindow) price(c *holdoutCustomer) {
	c.lines(func(i int) {
		p := c.h.Price(i)
		if !(p > 0) {
			p = c.h.Amount(i) / c.h.Quantity(i)
		}
		if s := holdoutCategory(c.h, i); s != "" && p > 0 && !math.IsInf(p, 1) {
			w.prices[s] = append(w.prices[s], holdoutPrice{c.row, p})
		}
	})
}

// tiers fills in each customer's mean tier. Equal prices share their middle place and
// are never split. Sums of halves are exact, so the order of the categories is nothing.
func (w *holdoutWindow) tiers(values []float64) {
	sum, n := make([]float64, w.rows), make([]float64, w.rows)
	for _, lines := range w.prices {
		if len(lines) < holdoutTierLines {
			continue
		}
		slices.SortFunc(lines, func(a, b holdoutPrice) int { return cmp.Compare(a.price, b.price) })
		for lo := 0; lo < len(lines); {
			hi := lo
			for hi < len(lines) && lines[hi].price == lines[lo].price {
				hi++
			}
			tier := 0.0
			switch mid := 3 * (lo + hi); { // mid/(6·lines) is its place
			case mid > 4*len(lines):
				tier = 1
			case mid >= 2*len(lines):
				tier = 0.5
			}
			for _, l := range lines[lo:hi] {
				sum[l.row] += tier
				n[l.row]++
			}
			lo = hi
		}
	}
	for i := range values {
		values[i] = sum[i] / n[i] // 0/0 is NaN: undefined
	}
}
