package datasets

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

var _ = register(&Source{
	Name: "purchases",
	Doc: `Simulated purchase lines, as many as wanted
Exactly so many lines of so many customers over two years, for measuring time and
memory: orders, items, categories, brands, channels, quantities, prices, amounts and
discounts, with tastes and rates of their own for every customer. No segments. Made
customer by customer, so that a file can be written of what memory does not hold.`,
	Version: 1,
	License: "made by this program: free of rights",
	Expect:  Expect{Events: 100_000, Customers: 2000},
	New:     func() Generator { return &Purchases{Customers: 2000, Lines: 100_000} },
})

// Purchases is a log of exactly Lines purchase lines of exactly Customers customers
// between 1 January 2023 and 31 December 2024 (UTC). The same options and seed give
// the same log; another number of customers gives another one.
type Purchases struct {
	Customers int `json:"customers"`
	Lines     int `json:"lines"`
}

const (
	purchasesDays       = 731
	purchasesCategories = 24
	purchasesItems      = 400 // of a category
	purchasesBrands     = 12  // of a category
	purchasesBasket     = 5   // mean lines of an order
	purchasesTable      = 4096
)

var purchasesStart = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)

// purchasesItem is one item of the range.
type purchasesItem struct {
	id, category, brand string
	price               float64
}

// Meta returns the log's meta data.
func (o *Purchases) Meta() Meta {
	return Meta{
		Name: "purchases", Unit: "customer", Zone: time.UTC, Resolution: Second, Currency: "EUR", Simulated: true, FirstSeenIsFirst: true,
		Window: Window{purchasesStart, purchasesStart.AddDate(0, 0, purchasesDays)},
		Has: FieldOrder | FieldItem | FieldCategory | FieldBrand | FieldChannel | FieldQuantity | FieldPrice | FieldAmount |
			FieldDiscount | FieldHour,
	}
}

func (o *Purchases) check() error {
	if o.Customers < 1 || o.Lines < o.Customers {
		return fmt.Errorf("purchases: customers = %d, lines = %d: at least one customer and one line each", o.Customers, o.Lines)
	}
	return nil
}

// Generate implements Generator.
func (o *Purchases) Generate(seed uint64) (*Generated, error) {
	events, err := o.Events(seed)
	if err != nil {
		return nil, err
	}
	b := NewBuilder(o.Meta())
	for ev := range events {
		b.Add(ev)
	}
	return &Generated{Log: b.Log()}, nil
}

// Events yields the lines in the order of customers and, within a customer, of time.
// It holds one customer at a time. Cost: O(customers + lines), about 0.15 µs a line.
func (o *Purchases) Events(seed uint64) (iter.Seq[Event], error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return func(yield func(Event) bool) {
		run := &purchasesRun{o: o, seed: seed}
		run.r = rand.New(&run.pcg)
		run.stock()
		run.lines(yield)
	}, nil
}

// purchasesRun is one pass of Events.
type purchasesRun struct {
	o       *Purchases
	seed    uint64
	pcg     rand.PCG
	r       *rand.Rand
	items   []purchasesItem
	popular [purchasesTable]int32 // inverse of the popularity's distribution
	baskets []int32
	order   int
}

// stock makes the range: popularity as 1/(rank + 3).
func (run *purchasesRun) stock() {
	run.pcg.Seed(run.seed, 1)
	for c := range purchasesCategories {
		category := fmt.Sprintf("category %02d", c+1)
		typical := 4 * math.Exp(1.2*run.r.Float64())
		for i := range purchasesItems {
			run.items = append(run.items, purchasesItem{
				id: fmt.Sprintf("I%02d-%03d", c+1, i+1), category: category,
				brand: fmt.Sprintf("brand %02d-%02d", c+1, 1+run.r.IntN(purchasesBrands)),
				price: math.Ceil(typical*math.Exp(0.5*run.r.NormFloat64())*20) / 20,
			})
		}
	}
	total := 0.0
	for i := range purchasesItems {
		total += 1 / float64(i+3)
	}
	rank, at := 0, 1.0/3
	for i := range run.popular {
		for at/total < (float64(i)+0.5)/purchasesTable {
			rank++
			at += 1 / float64(rank+3)
		}
		run.popular[i] = int32(rank)
	}
}

// weight draws how much customer i buys, relative to others, from their own stream.
func (run *purchasesRun) weight(i int) float64 {
	run.pcg.Seed(run.seed, uint64(1000+i))
	return drawGamma(run.r, 1.2)
}

// lines yields everybody's. A first pass sums the weights, so that the second can
// share out the lines exactly: one each, the rest by weight.
func (run *purchasesRun) lines(yield func(Event) bool) {
	total := 0.0
	for i := range run.o.Customers {
		total += run.weight(i)
	}
	spare := float64(run.o.Lines - run.o.Customers)
	width := max(6, len(strconv.Itoa(run.o.Customers)))
	cum, given := 0.0, 0
	for i := range run.o.Customers {
		cum += run.weight(i)
		n := int(math.Round(cum/total*spare)) - given
		if i == run.o.Customers-1 {
			n = run.o.Lines - run.o.Customers - given
		}
		given += n
		// Digits padded: the order of ids as text is that of the numbers.
		if !run.customer(fmt.Sprintf("C%0*d", width, i+1), n+1, yield) {
			return
		}
	}
}

// customer yields n lines of one customer, from the stream that weight has begun.
func (run *purchasesRun) customer(id string, n int, yield func(Event) bool) bool {
	r := run.r
	run.baskets = run.baskets[:0]
	for left := n; left > 0; {
		// Geometric with mean purchasesBasket, as one draw.
		size := min(left, 1+int(r.ExpFloat64()*(purchasesBasket-0.5)))
		run.baskets = append(run.baskets, int32(size))
		left -= size
	}
	var tastes [3]int
	for j := range tastes {
		tastes[j] = r.IntN(purchasesCategories)
	}
	deal := r.Float64() * 0.5
	channels := [2]string{"store", "web"}
	if r.IntN(3) == 0 {
		channels = [2]string{"app", "store"}
	}
	usual := 0.5 + 0.5*r.Float64() // share of the usual channel
	hour := 8 + 11*r.Float64()
	join := 0.6 * r.Float64() * r.Float64()
	ev := Event{
		Customer: id, Kind: Purchase,
		Margin: math.NaN(), Rating: math.NaN(), Points: math.NaN(),
	}
	day, k := 0.0, len(run.baskets)
	for j, size := range run.baskets {
		// The next of k − j ordered uniform points in the time that is left; the first
		// is when the customer joins.
		if j == 0 {
			day = join * purchasesDays
		} else {
			day += (purchasesDays - day) * (1 - math.Pow(1-r.Float64(), 1/float64(k-j)))
		}
		// Clock time around the customer's hour, one order a minute at the least.
		second := int64((hour + 2.5*(r.Float64()+r.Float64()-1)) * 3600)
		at := purchasesStart.UnixMicro() + (min(int64(day), purchasesDays-1)*86_400+second)*1_000_000
		ev.Time = max(at, ev.Time+60_000_000)
		run.order++
		ev.Order = "O" + strconv.Itoa(run.order)
		ev.Channel = channels[1]
		if r.Float64() < usual {
			ev.Channel = channels[0]
		}
		for range size {
			u := r.Uint64()
			category := int(u>>40) % purchasesCategories
			if u>>32&0xff < 180 { // seven lines of ten are of the three categories they like
				category = tastes[(u>>40)%3]
			}
			it := &run.items[category*purchasesItems+int(run.popular[u%purchasesTable])]
			ev.Item, ev.Category, ev.Brand, ev.Price = it.id, it.category, it.brand, it.price
			ev.Quantity = 1
			if q := u >> 12 & 0xff; q < 50 {
				ev.Quantity = float64(2 + q%3)
			}
			full := ev.Quantity * ev.Price
			ev.Discount = 0
			if float64(u>>20&0xfff) < deal*4096 {
				ev.Discount = cents(full * 0.2)
			}
			ev.Amount = cents(full - ev.Discount)
			if !yield(ev) {
				return false
			}
		}
	}
	return true
}
