package features

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// CohortSimulator makes customer bases that resemble a log and have no segments: their
// customers differ by degrees only, as the buy-till-you-die model fitted to the log says.
type CohortSimulator struct {
	Model Simulator // in weeks
	Spend string    // how amounts are drawn: gamma-gamma, log-normal; "" = as those that were drawn
	Notes []string  // what is doubtful

	log    *datasets.Log
	firsts []simulatedFirst
	donors []simulatedOccasion
	spend  spendModel
}

// simulatedFirst is a buyer and the day of their first purchase seen.
type simulatedFirst struct {
	id  string
	day int
}

// simulatedOccasion is what was bought on one day.
type simulatedOccasion struct {
	events []datasets.Event
	gross  float64
}

// Bounds of what a simulator learns from: customers that the model is fitted to (its
// parameters are then known to some 3 %), and occasions that are kept.
const (
	simulateFit    = 5000
	simulateDonors = 20000
)

// Streams of random numbers: kind + number<<8.
const (
	simulateFitStream = 0x60 + iota
	simulateDonorStream
	simulateOrderStream
	simulateCustomerStream // number = customer
)

// NewCohortSimulator learns from a log: the most likely buy-till-you-die model
// (FitSimulator, in weeks) of the purchase occasions of all buyers, or of 5,000 at random;
// how much is spent (gamma-gamma, which excludes that spend depends on frequency, or
// log-normal with an effect of the customer and of the number of occasions: the more
// likely); and the occasions themselves, up to 20,000 at random.
//
// The model takes the first purchase seen for the first one: where customers may be
// older than the window, Notes says so. It is an error where the log has no dates, or
// nobody bought twice. Cost: O(events), and the fits: about a second.
func NewCohortSimulator(ctx context.Context, log *datasets.Log) (*CohortSimulator, error) {
	if log.Meta.NoClock {
		return nil, fmt.Errorf("%s gives the order of events and no dates: there are no rates to fit", log.Meta.Name)
	}
	s := &CohortSimulator{log: log}
	var customers []CBS
	var amounts [][]float64
	rng := rand.New(rand.NewPCG(uint64(log.NumCustomers()), simulateDonorStream))
	seen := 0
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		c, ok := CBSOf(h, Weeks)
		if !ok {
			continue
		}
		c.T = max(c.T, c.Tx) // a window may end within a day that has a purchase
		occ := h.Occasions()
		customers = append(customers, c)
		s.firsts = append(s.firsts, simulatedFirst{h.ID, occ[0].Day})
		var paid []float64
		for _, o := range occ {
			if o.Gross > 0 {
				paid = append(paid, o.Gross)
			}
			// Reservoir sampling: each occasion has the same chance to stay.
			if seen++; len(s.donors) < simulateDonors {
				s.donors = append(s.donors, simulatedDonor(h, o))
			} else if at := rng.IntN(seen); at < simulateDonors {
				s.donors[at] = simulatedDonor(h, o)
			}
		}
		amounts = append(amounts, paid)
	}
	if len(customers) > simulateFit {
		rng := rand.New(rand.NewPCG(uint64(len(customers)), simulateFitStream))
		rows := rng.Perm(len(customers))[:simulateFit]
		slices.Sort(rows)
		var some []CBS
		var their [][]float64
		for _, r := range rows {
			some, their = append(some, customers[r]), append(their, amounts[r])
		}
		customers, amounts = some, their
	}
	cohort, err := NewCohort(customers, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", log.Meta.Name, err)
	}
	var fit BTYDFit
	if s.Model, fit, err = FitSimulator(cohort); err != nil {
		return nil, fmt.Errorf("%s: %w", log.Meta.Name, err)
	}
	for _, w := range fit.Warnings {
		s.Notes = append(s.Notes, s.Model.Name()+": "+w)
	}
	if log.Meta.Has&datasets.FieldAmount != 0 {
		if s.spend, s.Spend = fitSpendModel(amounts); s.Spend == "" {
			s.Notes = append(s.Notes, "spend is that of occasions drawn at random: nobody paid twice")
		}
	}
	if !log.Meta.FirstSeenIsFirst {
		s.Notes = append(s.Notes, "customers may be older than the window: the first purchase seen stands for the first")
	}
	return s, ctx.Err()
}

// simulatedDonor keeps what the customer did on the day of an occasion, returns and
// what was given back apart.
func simulatedDonor(h datasets.History, o datasets.Occasion) simulatedOccasion {
	out := simulatedOccasion{gross: o.Gross}
	reversed := h.Reversed()
	for i := range h.Len() {
		if h.Day(i) == o.Day && h.Kind(i) != datasets.Return && (reversed == nil || !reversed[i]) {
			out.events = append(out.events, h.At(i))
		}
	}
	return out
}

// Customers is the number of buyers of the log.
func (s *CohortSimulator) Customers() int { return len(s.firsts) }

// Draw makes a log of so many buyers, of the log's window, zone and columns. Each has the
// first purchase day of a customer of the log (every one once, drawn at random beyond or
// below that) and so the id, for the side tables. The later purchase days are the
// model's: times from a random moment of the first day, in whole days; a second purchase
// of one day waits for the next day, since the days of purchases are what the model was
// fitted to. Each occasion is a random one of the log, moved to its day at the same time
// of the day, with the lines' amounts, prices, discounts and margins scaled to a drawn
// amount where it has one above 0. What customers do on days without a purchase, and
// returns, are not simulated; habits as to what, when and how are nobody's own. The seed
// decides everything. Cost: O(events).
func (s *CohortSimulator) Draw(customers int, seed uint64) *datasets.Log {
	meta := s.log.Meta
	meta.Name = fmt.Sprintf("%s (simulated from %s, seed %d)", meta.Name, s.Model.Name(), seed)
	meta.Simulated = true
	b := datasets.NewBuilder(meta)
	order := rand.New(rand.NewPCG(seed, simulateOrderStream)).Perm(len(s.firsts))
	for i := range customers {
		rng := rand.New(rand.NewPCG(seed, simulateCustomerStream+uint64(i)<<8))
		first := s.firsts[order[i%len(order)]]
		if i >= len(order) {
			first.id += "#" + strconv.Itoa(i/len(order)+1)
			first.day = s.firsts[rng.IntN(len(s.firsts))].day
		}
		days := s.days(rng, first.day)
		worth := s.spend.customer(rng, len(days))
		for k, day := range days {
			s.occasion(b, rng, first.id, day, k, worth)
		}
	}
	b.Note(datasets.Note{Code: "simulated", Count: int64(customers), Text: fmt.Sprintf(
		"%d customers were simulated from %s (seed %d): a null, not the log", customers, s.Model.Name(), seed)})
	out := b.Log()
	out.Items, out.Customers, out.Campaigns, out.Surveys, out.Offers = s.log.Items, s.log.Customers, s.log.Campaigns, s.log.Surveys, s.log.Offers
	return out
}

// days draws the days of a customer's occasions.
func (s *CohortSimulator) days(rng *rand.Rand, first int) []int {
	out := []int{first}
	gap := s.Model.gaps(rng)
	now := s.log.Meta.Now()
	for at, last := float64(first)+rng.Float64(), first; ; {
		at += 7 * gap()
		if !(at < float64(now)) {
			return out
		}
		if last = max(last+1, int(math.Floor(at))); last >= now {
			return out
		}
		out = append(out, last)
	}
}

// occasion adds a random occasion of the log to a customer's day.
func (s *CohortSimulator) occasion(b *datasets.Builder, rng *rand.Rand, id string, day, number int, worth func() float64) {
	o := s.donors[rng.IntN(len(s.donors))]
	scale := 1.0
	if worth != nil && o.gross > 0 {
		scale = worth() / o.gross
	}
	suffix := "/" + strconv.Itoa(number+1) // an order or a session is the customer's own
	for _, e := range o.events {
		e.Customer, e.Time = id, s.moved(e.Time, day)
		e.Amount, e.Price, e.Discount, e.Margin = e.Amount*scale, e.Price*scale, e.Discount*scale, e.Margin*scale
		if e.Order != "" {
			e.Order = e.Order + suffix
		}
		if e.Session != "" {
			e.Session = e.Session + suffix
		}
		b.Add(e)
	}
}

// moved is the stamp of the same time of another day; where the clock skips it, or the
// window does not hold it, the nearest that will do.
func (s *CohortSimulator) moved(stamp int64, day int) int64 {
	meta := &s.log.Meta
	t := meta.Local(stamp)
	y, m, d := time.Unix(int64(day)*86400, 0).UTC().Date()
	at := time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	if meta.DayOf(at.UnixMicro()) != day {
		at = time.Date(y, m, d, 12, 0, 0, 0, t.Location())
	}
	if w := meta.Window; at.Before(w.From) {
		at = w.From
	} else if !at.Before(w.To) {
		at = w.To.Add(-time.Microsecond)
	}
	return at.UnixMicro()
}
