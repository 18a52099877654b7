package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// StructureMeasure makes the matrix that algorithms see of a log: extractors, models and
// scales learned anew.
type StructureMeasure = func(ctx context.Context, log *datasets.Log) (*features.Matrix, error)

// CohortNull is customers who differ by degrees only: a buy-till-you-die model is fitted to
// the log, a cohort is simulated from it in the same window with the same first purchase days
// (features.CohortSimulator says how), and goes through measure as the log did: the same
// rule for who has purchases enough, the same scales. Rates, lifetimes and spend are
// continuous in such a cohort, but skewed, cut by the window and tied to each other,
// which is what makes recency, frequency and money look grouped. Doc names the model,
// how amounts are drawn and what is doubtful.
//
// A draw has as many customers as bring the matrix's number of rows, or StructureRows
// where that is less: a first cohort, of up to 4,000 customers, tells how many of them are
// measured. A log that nobody bought from twice, or without dates, is an error in words:
// there is no such null. The seed of a draw decides it. Cost: the fits (about a second),
// then measure on a log of so many customers for each draw.
func CohortNull(ctx context.Context, log *datasets.Log, measure StructureMeasure) (StructureNull, error) {
	s, err := features.NewCohortSimulator(ctx, log)
	if err != nil {
		return StructureNull{}, fmt.Errorf("cohort null: %w", err)
	}
	want := StructureRows
	if s.Customers() <= cohortFirst {
		x, err := measure(ctx, log)
		if err != nil {
			return StructureNull{}, fmt.Errorf("cohort null: %w", err)
		}
		n, _ := x.Dims()
		want = min(want, n)
	}
	first := min(s.Customers(), cohortFirst)
	x, err := measure(ctx, s.Draw(first, 0))
	if err != nil {
		return StructureNull{}, fmt.Errorf("cohort null: the simulated cohort: %w", err)
	}
	got, _ := x.Dims()
	if got == 0 {
		return StructureNull{}, errors.New("cohort null: no simulated customer has purchases enough to be measured")
	}
	// A tenth more, so that the rows nearly always suffice; what is too many is cut.
	customers := int(math.Ceil(1.1 * float64(first) * float64(want) / float64(got)))
	doc := "customers who differ by degrees only: simulated from " + s.Model.Name() + " as fitted to this log, measured alike"
	if s.Spend != "" {
		doc += "; " + s.Spend + " spend"
	}
	for _, n := range s.Notes {
		doc += "; " + n
	}
	return StructureNull{
		Name: "cohort", Doc: doc,
		Draw: func(ctx context.Context, seed uint64) (*features.Matrix, error) {
			return measure(ctx, s.Draw(customers, seed))
		},
	}, nil
}

// cohortFirst is the number of customers of the first cohort: enough to know the share
// of those measured to 2 %.
const cohortFirst = 4000

// ShuffleNull is a log without habits: what the extractors look at (each names its own
// shuffle) is exchanged between customers at random, all of it at once, and each keeps
// their number of events. Groups that are only customers with few and with many events
// do not beat it. features.Shuffled says what is exchanged; the seed of a draw decides
// how. Above 4,000 customers a draw has as many, at random, as bring StructureRows rows:
// a first draw of 4,000 tells. Cost: the shuffle and measure for each draw.
func ShuffleNull(log *datasets.Log, shuffles []features.Shuffle, measure StructureMeasure) (StructureNull, error) {
	known := []features.Shuffle{
		features.ShuffleStamps, features.ShuffleItems, features.ShuffleChannels, features.ShuffleAmounts, features.ShuffleKinds, features.ShuffleCustomers,
	}
	var parts []string
	for _, s := range shuffles {
		for p := range strings.SplitSeq(string(s), "+") {
			switch {
			case p == "" || slices.Contains(parts, p):
			case !slices.Contains(known, features.Shuffle(p)):
				return StructureNull{}, fmt.Errorf("shuffle null: no shuffle named %q (shuffles: %v)", p, known)
			default:
				parts = append(parts, p)
			}
		}
	}
	if len(parts) == 0 {
		return StructureNull{}, errors.New("shuffle null: nothing to shuffle: no extractor was named")
	}
	slices.Sort(parts)
	d := &shuffleDraws{log: log, what: features.Shuffle(strings.Join(parts, "+")), measure: measure}
	return StructureNull{
		Name: "shuffle",
		Doc:  "the log with " + strings.Join(parts, ", ") + " exchanged between customers at random: nobody has habits, everybody keeps their number of events",
		Draw: d.draw,
	}, nil
}

// shuffleDraws makes draws of a shuffled log.
type shuffleDraws struct {
	log     *datasets.Log
	what    features.Shuffle
	measure StructureMeasure

	mu        sync.Mutex
	customers int // of a draw; 0 = not known yet
}

func (d *shuffleDraws) draw(ctx context.Context, seed uint64) (*features.Matrix, error) {
	customers, err := d.size(ctx)
	if err != nil {
		return nil, err
	}
	return d.of(ctx, customers, seed)
}

// size is the number of customers that bring the rows that are looked at.
func (d *shuffleDraws) size(ctx context.Context) (int, error) {
	n := d.log.NumCustomers()
	if n <= cohortFirst {
		return n, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.customers == 0 {
		x, err := d.of(ctx, cohortFirst, 0)
		if err != nil {
			return 0, err
		}
		rows, _ := x.Dims()
		d.customers = min(n, int(math.Ceil(1.1*cohortFirst*StructureRows/float64(max(rows, 1)))))
	}
	return d.customers, nil
}

// of measures a shuffled log of so many customers.
func (d *shuffleDraws) of(ctx context.Context, customers int, seed uint64) (*features.Matrix, error) {
	log := d.log
	if customers < log.NumCustomers() {
		var err error
		if log, err = d.some(ctx, customers, seed); err != nil {
			return nil, err
		}
	}
	return d.measure(ctx, features.Shuffled(log, d.what, seed))
}

// some is the log of so many customers at random.
func (d *shuffleDraws) some(ctx context.Context, customers int, seed uint64) (*datasets.Log, error) {
	ids := make([]string, 0, d.log.NumCustomers())
	for e, err := range d.log.Shards(ctx) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, e.IDs...)
	}
	rand.New(rand.NewPCG(seed, shuffleStream)).Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return d.log.Pick(ctx, ids[:customers])
}

const shuffleStream = 0x45
