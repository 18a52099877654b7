package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// parts returns the shuffles that s combines, in order; ok is false if one is unknown.
func (s Shuffle) parts() (out []Shuffle, ok bool) {
	for p := range strings.SplitSeq(string(s), "+") {
		if !slices.Contains([]Shuffle{ShuffleStamps, ShuffleItems, ShuffleChannels, ShuffleAmounts, ShuffleKinds, ShuffleCustomers}, Shuffle(p)) {
			return nil, false
		}
		out = append(out, Shuffle(p))
	}
	return out, true
}

// Shuffled returns the log with one sort of information exchanged between
// customers at random, each customer keeping their number of events:
//
//   - stamps: the days on which customers were active are exchanged, whole days at
//     a time: what happened on one day stays together, at the clock time of the day
//     it moves to. No customer gets the same day twice while that can be avoided, so
//     the number of purchase occasions stays too. Returns move as well: fewer of
//     them find their purchase.
//   - items: item, category and brand together, between events of one kind;
//   - channels: channel and campaign alike;
//   - amounts: amount, quantity, price, discount and margin alike, and ratings and points;
//   - kinds: what an event was, among visits, views, searches, wish lists, carts and
//     checkouts, and among messages sent, opened and clicked. Purchases stay what they
//     are, and stamps and sessions where they are;
//   - customers: the rows of the table of customers, and of their survey answers.
//
// The same seed gives the same log, whatever the shards. A log shuffled this way
// has no habits of that sort: what an extractor still finds in it is chance and
// the number of events. It panics on an unknown shuffle.
func Shuffled(log *datasets.Log, s Shuffle, seed uint64) *datasets.Log {
	parts, ok := s.parts()
	if !ok {
		panic(fmt.Sprintf("features: no shuffle named %q", s))
	}
	sh := &shuffler{meta: &log.Meta, seed: seed}
	for h := range log.Histories(context.Background()) {
		for i := range h.Len() {
			sh.events = append(sh.events, h.At(i))
		}
	}
	for _, p := range parts {
		switch p {
		case ShuffleStamps:
			sh.stamps()
		case ShuffleItems:
			sh.exchange(2, func(a, b *datasets.Event) {
				a.Item, b.Item = b.Item, a.Item
				a.Category, b.Category = b.Category, a.Category
				a.Brand, b.Brand = b.Brand, a.Brand
			})
		case ShuffleChannels:
			sh.exchange(3, func(a, b *datasets.Event) {
				a.Channel, b.Channel = b.Channel, a.Channel
				a.Campaign, b.Campaign = b.Campaign, a.Campaign
			})
		case ShuffleAmounts:
			sh.exchange(4, func(a, b *datasets.Event) {
				a.Amount, b.Amount = b.Amount, a.Amount
				a.Quantity, b.Quantity = b.Quantity, a.Quantity
				a.Price, b.Price = b.Price, a.Price
				a.Discount, b.Discount = b.Discount, a.Discount
				a.Margin, b.Margin = b.Margin, a.Margin
				a.Rating, b.Rating = b.Rating, a.Rating
				a.Points, b.Points = b.Points, a.Points
			})
		case ShuffleKinds:
			sh.kinds()
		}
	}
	meta := log.Meta
	meta.Name = fmt.Sprintf("%s (%s shuffled, seed %d)", meta.Name, s, seed)
	b := datasets.NewBuilder(meta)
	for _, e := range sh.events {
		b.Add(e)
	}
	for _, n := range log.Notes {
		b.Note(n)
	}
	b.Note(datasets.Note{
		Code: "shuffled", Count: int64(len(sh.events)),
		Text: fmt.Sprintf("%s of %d events were exchanged between customers (seed %d): a null, not the log", s, len(sh.events), seed),
	})
	out := b.Log()
	out.Items, out.Customers, out.Campaigns, out.Surveys, out.Offers = log.Items, log.Customers, log.Campaigns, log.Surveys, log.Offers
	if slices.Contains(parts, ShuffleCustomers) {
		out.Customers, out.Surveys = otherKeys(log.Customers, seed, 6), otherKeys(log.Surveys, seed, 7)
	}
	return out
}

// otherKeys returns the table with its keys dealt anew.
func otherKeys(t *datasets.Table, seed, stream uint64) *datasets.Table {
	if t == nil {
		return nil
	}
	rng := rand.New(rand.NewPCG(seed, stream))
	keys := slices.Clone(t.Keys)
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return &datasets.Table{Name: t.Name, Keys: keys, Cols: t.Cols}
}

// shuffler is one run of Shuffled; events lie customer by customer, in order.
type shuffler struct {
	meta   *datasets.Meta
	seed   uint64
	events []datasets.Event
}

// exchange permutes a part of the events within each kind, by Fisher–Yates.
func (s *shuffler) exchange(stream uint64, swap func(a, b *datasets.Event)) {
	rng := rand.New(rand.NewPCG(s.seed, stream))
	byKind := make([][]int, len(datasets.KindNames()))
	for i := range s.events {
		k := s.events[i].Kind
		byKind[k] = append(byKind[k], i)
	}
	for _, rows := range byKind {
		for i := len(rows) - 1; i > 0; i-- {
			swap(&s.events[rows[i]], &s.events[rows[rng.IntN(i+1)]])
		}
	}
}

// kinds permutes what an event was within the visits, and whole events within the
// messages.
func (s *shuffler) kinds() {
	rng := rand.New(rand.NewPCG(s.seed, 5))
	visit := datasets.KindSet(datasets.Visit, datasets.View, datasets.Search, datasets.Wishlist, datasets.CartAdd, datasets.CartRemove, datasets.Checkout)
	message := datasets.KindSet(datasets.CampaignSent, datasets.CampaignOpen, datasets.CampaignClick)
	var visits, messages []int
	for i := range s.events {
		switch e := &s.events[i]; {
		case visit.Has(e.Kind):
			visits = append(visits, i)
		case message.Has(e.Kind), e.Kind == datasets.Redemption && math.IsNaN(e.Points):
			messages = append(messages, i)
		}
	}
	exchange := func(rows []int, swap func(a, b *datasets.Event)) {
		for i := len(rows) - 1; i > 0; i-- {
			swap(&s.events[rows[i]], &s.events[rows[rng.IntN(i+1)]])
		}
	}
	exchange(visits, func(a, b *datasets.Event) { a.Kind, b.Kind = b.Kind, a.Kind })
	exchange(messages, func(a, b *datasets.Event) {
		*a, *b = *b, *a
		a.Customer, b.Customer = b.Customer, a.Customer
	})
	// Messages have other stamps now; a later shuffle expects customers' events in order.
	for lo := 0; lo < len(s.events); {
		hi := lo
		for hi < len(s.events) && s.events[hi].Customer == s.events[lo].Customer {
			hi++
		}
		slices.SortStableFunc(s.events[lo:hi], func(a, b datasets.Event) int { return cmp.Compare(a.Time, b.Time) })
		lo = hi
	}
}

// shuffleGroup is what one customer did on one local day: events lo..hi.
type shuffleGroup struct {
	owner, day int
	lo, hi     int
	first      int64
}

// shuffleTries is how often a customer's doubled day looks for another one: days
// are plenty, so a few tries nearly always do.
const shuffleTries = 50

// stamps gives every group the day of another group.
func (s *shuffler) stamps() {
	rng := rand.New(rand.NewPCG(s.seed, 1))
	groups := s.groups()
	from := rng.Perm(len(groups)) // groups[i] gets the day of groups[from[i]]
	type seat struct{ owner, day int }
	taken := make(map[seat]int, len(groups))
	for i, g := range groups {
		taken[seat{g.owner, groups[from[i]].day}]++
	}
	for i, g := range groups {
		mine := groups[from[i]].day
		for try := 0; try < shuffleTries && taken[seat{g.owner, mine}] > 1; try++ {
			j := rng.IntN(len(groups))
			o, theirs := groups[j], groups[from[j]].day
			if o.owner == g.owner || taken[seat{g.owner, theirs}] > 0 || taken[seat{o.owner, mine}] > 0 {
				continue
			}
			taken[seat{g.owner, mine}]--
			taken[seat{o.owner, theirs}]--
			from[i], from[j] = from[j], from[i]
			taken[seat{g.owner, theirs}]++
			taken[seat{o.owner, mine}]++
			break
		}
	}
	for i, g := range groups {
		to := groups[from[i]]
		for k := g.lo; k < g.hi; k++ {
			t := to.first + s.events[k].Time - g.first
			if s.meta.DayOf(t) != to.day || !s.meta.Window.Contains(t) {
				t = to.first // the day is too short for it
			}
			s.events[k].Time = t
		}
	}
}

func (s *shuffler) groups() []shuffleGroup {
	var out []shuffleGroup
	owner := -1
	for i := range s.events {
		e := &s.events[i]
		fresh := i == 0 || e.Customer != s.events[i-1].Customer
		if fresh {
			owner++
		}
		day := s.meta.DayOf(e.Time)
		if fresh || day != out[len(out)-1].day {
			out = append(out, shuffleGroup{owner: owner, day: day, lo: i, first: e.Time})
		}
		out[len(out)-1].hi = i + 1
	}
	return out
}
