package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// Event-count honesty: on a log without habits no block may find more than its shuffle.
//
// The rule. Shuffled log s (the extractor's own null, seed s) is taken for "the log" and
// shuffled again (seed seeds + s). Let g(a, b) be the gain of log a over log b as
// NullReport computes it. The statistic of a log is its mean gain over all S twice
// shuffled logs; the reference is the same statistic of each of these over the others.
// If the shuffle destroys all that it should at once, once and twice shuffled logs have
// one distribution, and so have the statistics. A block shows gain beyond chance at seed
// s where its statistic lies above every one of the S of the reference and above the
// one-sided prediction limit
//
//	m + t(S−1; 1 − α)·sd·√(1 + 1/S),  α = .001
//
// of their mean and standard deviation (Student's, for most gains are means over hundreds
// of customers). No more than 2 of 100 seeds may do so. A block that finds nothing does in
// more with probability P(Bin(100, .001) > 2) = 1.5e-4 at most where gains are Normal, all
// of 30 blocks together with .005 (with α = .01 that would be .08 and .91); whatever the
// distribution, with 100·99·98/(200·199·198) = .12 at most, for then the three highest of
// all 200 must be among the first hundred. That matters for btyd: shuffled customers do
// not drop out, so p_alive is constant, but for 3 or 4 logs in 100, once or twice shuffled,
// in which chance looks like some who do.
// (Ranking shuffled logs among themselves would hold by construction.)
//
// What fails it: a shuffle that a second one goes on with (days that pile up at the end
// of the window, returns that lose their purchases), and columns that hold what the first
// shuffle leaves and the second takes. That it can fail is tested on a leaking shuffle,
// and the table gives the limits' power: how far the log itself lies beyond.
const honestLevel = 0.001

// honestColumn is a column's spread in one log; see spread.
type honestColumn struct{ total, own float64 }

// honestBlock is one extractor's columns in one log, in order.
type honestBlock struct {
	names []string
	cols  map[string]honestColumn
}

func honestSpreads(t testing.TB, log *datasets.Log, r Recipe) *honestBlock {
	t.Helper()
	b, err := Build(context.Background(), log, r, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := &honestBlock{cols: map[string]honestColumn{}}
	events := logEvents(log, b.Raw)
	for j, c := range b.Raw.Cols {
		if c.Kind != Category && c.Block == r.Steps[len(r.Steps)-1].Extractor.Name {
			total, own := spread(b.Raw, j, events)
			out.names = append(out.names, c.Name)
			out.cols[c.Name] = honestColumn{total, own}
		}
	}
	return out
}

// over returns the gain of one log over another, as NullReport does.
func (a *honestBlock) over(b *honestBlock) float64 {
	var mine, chance float64
	for _, n := range a.names {
		// A total of 1e-20 is rounding: the column is constant in this log.
		if c := a.cols[n]; c.total > 1e-20 && c.own > 1e-9*c.total {
			mine += c.own / c.total
			chance += b.cols[n].own / c.total
		}
	}
	if mine == 0 {
		return 0
	}
	return 1 - chance/mine
}

// honestMean is the mean gain over the others, itself left out.
func honestMean(a *honestBlock, others []*honestBlock) float64 {
	sum, n := 0.0, 0.0
	for _, b := range others {
		if a != b {
			sum += a.over(b)
			n++
		}
	}
	return sum / n
}

// honestResult is what came of one block.
type honestResult struct {
	name          string
	null          Shuffle
	beyond, seeds int
	bias          float64 // mean gain of the once shuffled logs
	biasZ         float64 // over its standard error
	chance        float64 // standard deviation of the reference
	worst         float64 // largest statistic, in limits
	log           float64 // the log's own, in limits
	gain          float64 // of the log
}

// honestJudge holds once shuffled logs and the log itself against twice shuffled ones.
func honestJudge(log *honestBlock, once, twice []*honestBlock) (r honestResult) {
	var ref, got []float64
	for _, b := range twice {
		ref = append(ref, honestMean(b, twice))
	}
	for _, a := range once {
		got = append(got, honestMean(a, twice))
	}
	n := float64(len(ref))
	m, sd := stat.MeanStdDev(ref, nil)
	limit := max(slices.Max(ref)-m, distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(1-honestLevel)*sd*math.Sqrt(1+1/n))
	for _, x := range got {
		if x-m > limit {
			r.beyond++
		}
		r.worst = max(r.worst, (x-m)/limit)
	}
	r.seeds, r.chance = len(got), sd
	r.bias = stat.Mean(got, nil) - m
	r.biasZ = r.bias / math.Sqrt(stat.Variance(got, nil)/float64(len(got))+sd*sd/n)
	if log != nil {
		r.gain = honestMean(log, twice)
		r.log = (r.gain - m) / limit
	}
	return r
}

// honestRecipe is the extractor alone, after those whose models it reads.
func honestRecipe(t testing.TB, e *Extractor) Recipe {
	t.Helper()
	r, err := NewRecipe(e.Name, append(slices.Clone(e.After), e.Name)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// honestRun runs the rule over extractors.
func honestRun(t testing.TB, log *datasets.Log, list []*Extractor, seeds int) []honestResult {
	t.Helper()
	byNull := map[Shuffle][]*Extractor{}
	var nulls []Shuffle
	for _, e := range list {
		if byNull[e.Null] == nil {
			nulls = append(nulls, e.Null)
		}
		byNull[e.Null] = append(byNull[e.Null], e)
	}
	var out []honestResult
	for _, null := range nulls {
		es := byNull[null]
		once, twice := make([][]*honestBlock, len(es)), make([][]*honestBlock, len(es))
		for s := range seeds {
			first := Shuffled(log, null, uint64(s+1))
			second := Shuffled(first, null, uint64(seeds+s+1))
			for i, e := range es {
				r := honestRecipe(t, e)
				once[i] = append(once[i], honestSpreads(t, first, r))
				twice[i] = append(twice[i], honestSpreads(t, second, r))
			}
		}
		for i, e := range es {
			r := honestJudge(honestSpreads(t, log, honestRecipe(t, e)), once[i], twice[i])
			r.name, r.null = e.Name, null
			out = append(out, r)
		}
	}
	return out
}

func honestLog(t testing.TB, customers int) *datasets.Log {
	t.Helper()
	g, err := (&datasets.RetailSim{Customers: customers, Prospects: 0.05}).Generate(1)
	if err != nil {
		t.Fatal(err)
	}
	return g.Log
}

// TestShuffledLogsShowNoGain: ten seeds of five blocks, one of each sort of shuffle; two
// exceedances of ten have probability 4.5e-5 by the rule.
func TestShuffledLogsShowNoGain(t *testing.T) {
	var list []*Extractor
	for _, n := range []string{"timing", "interpurchase", "basket", "interests", "channel"} {
		e, err := Lookup(n)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	seen := 0
	for _, r := range honestRun(t, honestLog(t, 120), list, 10) {
		if r.beyond > 1 {
			t.Errorf("%s on logs with %s shuffled: gain beyond chance at %d of %d seeds", r.name, r.null, r.beyond, r.seeds)
		}
		if r.log > 1 {
			seen++
		}
	}
	if seen < 3 {
		t.Errorf("the log itself, which has habits of all five sorts, is beyond chance in %d blocks: the rule sees nothing", seen)
	}
}

// TestHonestySeesALeak: were stamps shuffled within halves of the customers only, habits
// of one half would survive the first shuffle; a second, whole one takes them. Here half
// of the once shuffled logs are the log itself.
func TestHonestySeesALeak(t *testing.T) {
	log := honestLog(t, 120)
	e, err := Lookup("timing")
	if err != nil {
		t.Fatal(err)
	}
	r := honestRecipe(t, e)
	var once, twice []*honestBlock
	for s := range 10 {
		first := Shuffled(log, e.Null, uint64(s+1))
		twice = append(twice, honestSpreads(t, Shuffled(first, e.Null, uint64(s+11)), r))
		if s%2 == 0 {
			first = log
		}
		once = append(once, honestSpreads(t, first, r))
	}
	if got := honestJudge(nil, once, twice); got.beyond != 5 {
		t.Errorf("%d of 5 leaks are seen", got.beyond)
	}
}

// TestHonestyTable runs the rule for every extractor that retail-sim feeds, 100 seeds of
// 600 customers, and prints the table.
func TestHonestyTable(t *testing.T) {
	check.Long(t)
	log := honestLog(t, 600)
	var list []*Extractor
	for _, e := range Extractors() {
		if e.Lacks(log) == "" {
			list = append(list, e)
		}
	}
	var b strings.Builder
	b.WriteString("| block | shuffle | beyond chance, of 100 | largest, in limits | mean gain | its z | sd of chance | gain of the log | in limits |\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n")
	results := honestRun(t, log, list, 100)
	slices.SortFunc(results, func(x, y honestResult) int { return strings.Compare(x.name, y.name) })
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %s | %d | %.2f | %+.4f | %+.1f | %.4f | %.3f | %.1f |\n", r.name, r.null, r.beyond, r.worst, r.bias, r.biasZ, r.chance, r.gain, r.log)
		if r.beyond > 2 {
			t.Errorf("%s on logs with %s shuffled: gain beyond chance at %d of %d seeds", r.name, r.null, r.beyond, r.seeds)
		}
	}
	t.Log("\n" + b.String())
}
