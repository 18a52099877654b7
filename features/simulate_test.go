package features

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// TestSimulate: numbers of purchases like the models' closed forms, times in order.
func TestSimulate(t *testing.T) {
	const n, T = 30000, 30.0
	for _, m := range []interface {
		Simulator
		PMF(x int, t float64) float64
	}{
		BetaGeometric{1, false, 0.243, 4.414, 0.793, 2.426},
		BetaGeometric{1, true, 0.525, 6.183, 0.891, 1.614},
		BetaGeometric{2, true, 1.329, 2.813, 0.425, 0.790},
		BetaGeometric{3, false, 1.1, 1.9, 0.6, 2.2},
	} {
		rng := rand.New(rand.NewPCG(4, 1))
		counts := make([]float64, 4)
		total, squares := 0.0, 0.0
		for range n {
			times := m.Simulate(rng, T)
			if !slices.IsSorted(times) || len(times) > 0 && (times[0] <= 0 || times[len(times)-1] > T) {
				t.Fatalf("%s: %v", m.Name(), times)
			}
			if len(times) < len(counts) {
				counts[len(times)]++
			}
			total, squares = total+float64(len(times)), squares+float64(len(times)*len(times))
		}
		mean := total / n
		near(t, m.Name()+" E[X]", mean, m.Expected(T), 5*math.Sqrt((squares/n-mean*mean)/n))
		for x, k := range counts {
			p := m.PMF(x, T)
			near(t, fmt.Sprintf("%s P(X = %d)", m.Name(), x), k/n, p, 5*math.Sqrt(p*(1-p)/n))
		}
	}
	m := ParetoNBD{0.553, 10.578, 0.606, 11.669}
	rng := rand.New(rand.NewPCG(4, 2))
	total, squares := 0.0, 0.0
	for range n {
		x := float64(len(m.Simulate(rng, T)))
		total, squares = total+x, squares+x*x
	}
	near(t, "Pareto/NBD E[X]", total/n, m.Expected(T), 5*math.Sqrt((squares/n-total/n*total/n)/n))
}

// TestFitSimulator: the model that made a cohort is found, and its parameters within
// four standard errors.
func TestFitSimulator(t *testing.T) {
	for _, truth := range []Simulator{
		BetaGeometric{2, true, 1.2, 3, 0.8, 2.5},
		ParetoNBD{1.1, 3, 0.9, 6},
	} {
		rng := rand.New(rand.NewPCG(12, 4))
		var cs []CBS
		for range 1000 {
			c := CBS{T: float64(30 + 5*rng.IntN(2))}
			last := 0.0
			for _, at := range truth.Simulate(rng, c.T) {
				if at = math.Round(7*at) / 7; at == last { // days: few distinct times, a fast fit
					continue
				}
				c.X++
				c.Litt += math.Log(at - last)
				c.Tx, last = at, at
			}
			cs = append(cs, c)
		}
		m, fit, err := FitSimulator(cohort(t, cs))
		if err != nil {
			t.Fatal(err)
		}
		if m.Name() != truth.Name() {
			t.Errorf("%s of %s", m.Name(), truth.Name())
			continue
		}
		var want []float64
		switch m := truth.(type) {
		case BetaGeometric:
			want = []float64{m.R, m.Alpha, m.A, m.B}
		case ParetoNBD:
			want = []float64{m.R, m.Alpha, m.S, m.Beta}
		}
		for i, w := range want {
			if p := fit.Params[i]; !(math.Abs(p.Value-w) < 4*p.SE && p.SE < w) {
				t.Errorf("%s: %s = %g ± %g, made with %g", m.Name(), p.Name, p.Value, p.SE, w)
			}
		}
	}
}

// TestLogSpend: the parameters that made amounts.
func TestLogSpend(t *testing.T) {
	truth := logSpend{A: 3, B: 0.4, Customer: 0.6, Occasion: 0.3}
	rng := rand.New(rand.NewPCG(8, 8))
	var amounts [][]float64
	for range 4000 {
		n := 1 + int(3*rng.ExpFloat64())
		worth := spendModel{log: &truth}.customer(rng, n)
		var a []float64
		for range n {
			a = append(a, worth())
		}
		amounts = append(amounts, a)
	}
	got, ok := fitLogSpend(amounts)
	if !ok {
		t.Fatal("nothing fitted")
	}
	near(t, "A", got.A, truth.A, 0.06)
	near(t, "B", got.B, truth.B, 0.04)
	near(t, "customers' sd", got.Customer, truth.Customer, 0.03)
	near(t, "occasions' sd", got.Occasion, truth.Occasion, 0.01)
	if m, name := fitSpendModel(amounts); name != "log-normal" || m.log == nil {
		t.Errorf("spend that rises with frequency is %q", name)
	}
	// Brute force: the density of two amounts, u integrated out in 4,000 steps.
	a := []float64{20, 35}
	sum := 0.0
	for i := range 4000 {
		u := -5 + 10*(float64(i)+0.5)/4000 // in standard deviations
		f := math.Exp(-u*u/2) / math.Sqrt(2*math.Pi) * 10 / 4000
		for _, v := range a {
			z := (math.Log(v) - truth.A - truth.B*math.Ln2 - truth.Customer*u) / truth.Occasion
			f *= math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) / truth.Occasion / v
		}
		sum += f
	}
	near(t, "log-normal likelihood", truth.likelihood([][]float64{a, nil}), math.Log(sum), 1e-6)
	g := GammaGamma{6, 4, 15}
	sum = 0
	for i := range 40000 {
		nu := 3 * (float64(i) + 0.5) / 40000
		f := math.Exp(4*math.Log(15)+3*math.Log(nu)-15*nu) / 6 * 3 / 40000
		for _, v := range a {
			f *= math.Exp(6*math.Log(nu)+5*math.Log(v)-nu*v) / 120
		}
		sum += f
	}
	near(t, "gamma-gamma likelihood", g.likelihood([][]float64{a, nil}), math.Log(sum), 1e-6)
	for i := range amounts {
		amounts[i] = amounts[i][:1]
	}
	if _, ok := fitLogSpend(amounts); ok {
		t.Error("amounts of single occasions tell occasions from customers")
	}
}

// simulatedFrom makes a log with orders, items and a zone that changes its clock.
func simulatedFrom(t testing.TB, resolution datasets.Resolution) *datasets.Log {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2023, 1, 9, 0, 0, 0, 0, zone)
	meta := datasets.Meta{
		Name: "shop", Zone: zone, Resolution: resolution, Window: datasets.Window{From: from, To: from.AddDate(1, 0, 0)},
		Has: datasets.FieldAmount | datasets.FieldOrder | datasets.FieldItem | datasets.FieldPrice, FirstSeenIsFirst: true,
	}
	b := datasets.NewBuilder(meta)
	m := BetaGeometric{1, false, 0.7, 4.4, 0.8, 2.4}
	for i := range 500 {
		rng := rand.New(rand.NewPCG(77, uint64(i)))
		first := from.AddDate(0, 0, rng.IntN(80))
		scale := math.Exp(rng.NormFloat64())
		for k, at := range append([]float64{0}, m.Simulate(rng, 38)...) {
			day := first.AddDate(0, 0, int(7*at))
			stamp := time.Date(day.Year(), day.Month(), day.Day(), 9+rng.IntN(12), rng.IntN(60), 0, 0, zone)
			if resolution == datasets.Day {
				stamp = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
			}
			for line := range 1 + rng.IntN(3) {
				price := 10 * scale * math.Exp(rng.NormFloat64()/3)
				b.Add(datasets.Event{
					Customer: fmt.Sprintf("c%03d", i), Time: stamp.UnixMicro(), Kind: datasets.Purchase, Amount: price, Price: price,
					Order: fmt.Sprintf("o%d-%d", i, k), Item: fmt.Sprintf("item %d", line),
				})
			}
		}
	}
	return b.Log()
}

// cohortNumbers are the mean number of occasions, the share of customers with two or
// more, the mean of ln amount of an occasion, and the spread of customers' means of it.
func cohortNumbers(log *datasets.Log) (occasions, again, amount, spread float64) {
	n, o, squares := 0.0, 0.0, 0.0
	for h := range log.Histories(context.Background()) {
		n++
		occ := h.Occasions()
		o += float64(len(occ))
		if len(occ) > 1 {
			again++
		}
		mean := 0.0
		for _, x := range occ {
			mean += math.Log(x.Gross) / float64(len(occ))
		}
		amount, squares = amount+mean, squares+mean*mean
	}
	amount /= n
	return o / n, again / n, amount, math.Sqrt(squares/n - amount*amount)
}

// TestCohortSimulator: a simulated cohort resembles the log it was fitted to.
func TestCohortSimulator(t *testing.T) {
	for _, resolution := range []datasets.Resolution{datasets.Second, datasets.Day} {
		log := simulatedFrom(t, resolution)
		s, err := NewCohortSimulator(t.Context(), log)
		if err != nil {
			t.Fatal(err)
		}
		if s.Customers() != log.NumCustomers() || s.Spend != "log-normal" {
			t.Errorf("%d customers, spend %q, notes %q", s.Customers(), s.Spend, s.Notes)
		}
		a := s.Draw(s.Customers(), 5)
		if b := s.Draw(s.Customers(), 5); a.Hash != b.Hash || a.Hash == s.Draw(s.Customers(), 6).Hash {
			t.Error("a seed is a cohort")
		}
		if a.NumCustomers() != log.NumCustomers() || !a.Meta.Simulated || a.Meta.Window != log.Meta.Window || a.Meta.Has != log.Meta.Has {
			t.Errorf("%v is made from %v", a, log)
		}
		if n := a.Notes[len(a.Notes)-1]; n.Code != "simulated" {
			t.Errorf("notes %v: events fell out of the window", a.Notes)
		}
		hours := map[int]int{}
		for h := range a.Histories(t.Context()) {
			was, ok := log.Find(h.ID)
			if !ok || was.Occasions()[0].Day != h.Occasions()[0].Day {
				t.Fatalf("%s has another first day", h.ID)
			}
			orders := map[string]int{}
			for i := range h.Len() {
				hours[h.Time(i).Hour()]++
				if d, met := orders[h.Order(i)]; met && d != h.Day(i) {
					t.Fatalf("order %s spans days", h.Order(i))
				}
				orders[h.Order(i)] = h.Day(i)
				if math.Abs(h.Price(i)-h.Amount(i)) > 1e-9 {
					t.Fatal("price and amount part")
				}
			}
		}
		if resolution == datasets.Day && (len(hours) != 1 || hours[0] == 0) || resolution == datasets.Second && (hours[8] > 0 || hours[21] > 0 || hours[15] == 0) {
			t.Errorf("hours %v", hours)
		}
		big := s.Draw(3*s.Customers(), 1)
		if big.NumCustomers() != 3*s.Customers() {
			t.Errorf("%d customers of %d", big.NumCustomers(), 3*s.Customers())
		}
		if s.Draw(100, 1).NumCustomers() != 100 {
			t.Error("not 100 customers")
		}
		o, p, m, d := cohortNumbers(log)
		o2, p2, m2, d2 := cohortNumbers(big)
		near(t, "occasions", o2/o, 1, 0.1)
		near(t, "share who bought again", p2, p, 0.06)
		near(t, "ln amount", m2, m, 0.12)
		near(t, "spread of ln amount", d2, d, 0.12)
	}
}

// TestCohortSimulatorSays: what is doubtful, and what cannot be.
func TestCohortSimulatorSays(t *testing.T) {
	log := simulatedFrom(t, datasets.Day)
	later := log.Between(log.Meta.Window.From.AddDate(0, 4, 0), time.Time{})
	s, err := NewCohortSimulator(t.Context(), later)
	if err != nil || !slices.ContainsFunc(s.Notes, func(n string) bool { return strings.Contains(n, "older than the window") }) {
		t.Errorf("no note of customers who are older: %v", err)
	}
	once := log.Between(time.Time{}, log.Meta.Window.From.AddDate(0, 0, 2))
	if _, err := NewCohortSimulator(t.Context(), once); err == nil || !strings.Contains(err.Error(), "bought twice") {
		t.Errorf("nobody bought twice: %v", err)
	}
	orderOnly := *log
	orderOnly.Meta.NoClock = true
	if _, err := NewCohortSimulator(t.Context(), &orderOnly); err == nil || !strings.Contains(err.Error(), "no dates") {
		t.Errorf("no dates: %v", err)
	}
}
