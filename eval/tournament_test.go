package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// tableEntrant is an entrant whose rule is a table: the same for either half.
func tableEntrant(name string, role Role, labels []int32) Entrant {
	return Entrant{Name: name, Role: role, Labels: func(_ context.Context, h Half) (train, test []int32, err error) {
		return labelsAt(labels, h.Train), labelsAt(labels, h.Test), nil
	}}
}

func labelsAt(labels []int32, rows []int) []int32 {
	out := make([]int32, len(rows))
	for p, i := range rows {
		out[p] = labels[i]
	}
	return out
}

func tournamentIDs(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("c%05d", i)
	}
	return out
}

func heldOutcome(name string, kind OutcomeKind, values []float64) Outcome {
	return Outcome{Target: Target{Name: name, Doc: name, Method: "value", Kind: kind}, Values: values}
}

func holdOne(t testing.TB, g *Tournament, seed uint64) []Contest {
	t.Helper()
	if g.Options == (TournamentOptions{}) {
		g.Options = NewTournamentOptions()
		g.Options.Bootstrap = 200
	}
	c, err := g.Hold(t.Context(), cluster.Run{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func standingOf(t testing.TB, c *Contest, name string) *Standing {
	t.Helper()
	for i := range c.Standings {
		if c.Standings[i].Name == name {
			return &c.Standings[i]
		}
	}
	t.Fatalf("%s: no %s among %d standings", c.Target, name, len(c.Standings))
	return nil
}

type tournamentExpected struct {
	Groups struct {
		Half, Labels []int32
		Contests     []struct {
			Kind            OutcomeKind
			Values          []*float64
			Censored        []bool
			Outside, Inside float64
		}
	}
	Models struct {
		X       [][]float64
		Days    []float64
		Penalty float64
		Fits    map[string]struct{ Y, Beta []float64 }
	}
}

func readTournament(t *testing.T) (e tournamentExpected) {
	t.Helper()
	b, err := os.ReadFile("testdata/tournament.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// The figures of every kind of outcome are those of scikit-learn's losses of NumPy's
// predictions.
func TestTournamentFigures(t *testing.T) {
	e := readTournament(t)
	const seed = 11
	g := &Tournament{Origin: "2024-01-01", Entrants: []Entrant{tableEntrant("groups", RoleSegments, e.Groups.Labels)}}
	for i, h := range e.Groups.Half {
		id := ""
		for k := 0; id == "" || uint64(h) != tournamentHash(seed, tournamentHalfStream, id)&1; k++ {
			id = fmt.Sprintf("customer %d/%d", i, k)
		}
		g.IDs = append(g.IDs, id)
	}
	for _, c := range e.Groups.Contests {
		o := heldOutcome(string(c.Kind), c.Kind, make([]float64, len(c.Values)))
		for i, v := range c.Values {
			if o.Values[i] = math.NaN(); v != nil {
				o.Values[i] = *v
			}
		}
		o.Censored = c.Censored
		g.Outcomes = append(g.Outcomes, o)
	}
	got := holdOne(t, g, seed)
	if len(got) != 6 {
		t.Fatalf("%d contests", len(got))
	}
	for i, c := range got {
		want := e.Groups.Contests[i]
		if c.Reason != "" || c.Customers >= c.Population {
			t.Fatalf("%s: %d of %d customers: %s", c.Target, c.Customers, c.Population, c.Reason)
		}
		s := standingOf(t, &c, "groups")
		check.Close(t, c.Target+" outside", *s.Outside, want.Outside, 1e-10)
		check.Close(t, c.Target+" inside", *s.Inside, want.Inside, 1e-10)
		if !(*s.Lo < *s.Outside && *s.Outside < *s.Hi) || !s.In || s.K != 6 || s.Ks != [2]int{5, 6} {
			t.Errorf("%s: %+v", c.Target, s)
		}
	}
}

// By hand: learned on counts 0, 0 and 2, 4 of two groups, everybody 1.5 a customer: with
// one customer more like everybody the groups have 1.5/3 and 7.5/3.
func TestTournamentByHand(t *testing.T) {
	s, reason := newYardstick(&Outcome{Target: Target{Kind: OutcomeCount}, Values: []float64{0, 0, 2, 4, 1, 3}}, 6)
	if reason != "" {
		t.Fatal(reason)
	}
	all, groups := s.tallies(1)[0], s.tallies(2)
	for i := range 4 {
		s.add(&all, i, 1)
		s.add(&groups[i/2], i, 1)
	}
	prior := s.prior(&all, 4)
	p, q := make([]float64, 1), make([]float64, 1)
	s.predict(&groups[0], &prior, p)
	s.predict(&groups[1], &prior, q)
	check.Close(t, "first", p[0], 0.5, 1e-15)
	check.Close(t, "second", q[0], 2.5, 1e-15)
	check.Close(t, "everybody", prior.mean()[0], 1.5, 1e-15)
	// 2(ln 2 − ½) and 2(3 ln 1.2 − ½); everybody: 2(ln ⅔ + ½) and 2(3 ln 2 − 1½).
	check.Close(t, "loss", s.loss(4, p), 0.3862943611198906, 1e-12)
	check.Close(t, "loss", s.loss(5, q), 0.09392934076372762, 1e-12)
	check.Close(t, "D²", tournamentExplained(s.loss(4, p)+s.loss(5, q), s.loss(4, prior.mean())+s.loss(5, prior.mean())),
		1-(0.3862943611198906+0.09392934076372762)/(0.18906978378367122+1.1588830833596715), 1e-12)

	// Two of three said yes, one customer spread over both answers first: 2.5/4; a group of
	// one yes and that customer: 1.625/2.
	s, _ = newYardstick(&Outcome{Target: Target{Kind: OutcomeBinary}, Values: []float64{1, 1, 0}}, 3)
	all, groups = s.tallies(1)[0], s.tallies(1)
	for i := range 3 {
		s.add(&all, i, 1)
	}
	s.add(&groups[0], 0, 1)
	prior = s.prior(&all, 3)
	p = make([]float64, 2)
	s.predict(&groups[0], &prior, p)
	check.Close(t, "yes", prior.mean()[1], 0.625, 1e-15)
	check.Close(t, "yes in the group", p[1], 0.8125, 1e-15)
	check.Close(t, "log loss", s.loss(2, p), -math.Log(0.1875), 1e-15)

	// Two who bought after 1 and 3 days (1½, 3½), one who had not in 10: 2 events in 15 days.
	s, _ = newYardstick(&Outcome{Target: Target{Kind: OutcomeTime}, Values: []float64{1, 3, 10}, Censored: []bool{false, false, true}}, 3)
	all = s.tallies(1)[0]
	for i := range 3 {
		s.add(&all, i, 1)
	}
	prior = s.prior(&all, 3)
	check.Close(t, "rate", prior.mean()[0], 2.0/15, 1e-15)
	check.Close(t, "censored", s.loss(2, prior.mean()), 2*10*2.0/15, 1e-14)
	check.Close(t, "waited", s.loss(1, prior.mean()), 2*(7.0/15-math.Log(7.0/15)-1), 1e-14)
}

// The ceiling's models are scikit-learn's with the same penalty, and its leave-one-out is
// the real one, for the normal family to rounding.
func TestTournamentModels(t *testing.T) {
	e := readTournament(t).Models
	n, d := len(e.X), len(e.X[0])
	x := mat.NewDense(n, d, nil)
	ones := make([]float64, n)
	for i, row := range e.X {
		x.SetRow(i, row)
		ones[i] = 1
	}
	families := map[string]int{"normal": glmNormal, "logistic": glmLogistic, "poisson": glmPoisson, "exponential": glmPoisson}
	for name, want := range e.Fits {
		g := &glm{x: x, y: want.Y, days: ones, family: families[name]}
		if name == "exponential" {
			g.days = e.Days
		}
		start := make([]float64, d+1)
		f, err := g.fit(start, e.Penalty)
		if err != nil {
			t.Fatal(err)
		}
		for j, b := range want.Beta {
			check.Close(t, fmt.Sprintf("%s β%d", name, j), f.beta[j], b, 1e-5)
		}
		left := 0.0
		for i := range n {
			part := &glm{x: mat.NewDense(n-1, d, nil), family: g.family}
			for k := range n {
				if k != i {
					part.x.SetRow(len(part.y), e.X[k])
					part.y, part.days = append(part.y, g.y[k]), append(part.days, g.days[k])
				}
			}
			without, err := part.fit(f.beta, e.Penalty)
			if err != nil {
				t.Fatal(err)
			}
			left += g.loss(i, without.eta(e.X[i]))
		}
		tolerance := 5e-3
		if g.family == glmNormal {
			tolerance = 1e-6
		}
		check.Close(t, name+" left out", f.left, left, tolerance)
	}
}

// plantedShop draws customers of k groups with spend that depends on the group, a feature that
// knows the group, and labels that know nothing.
type plantedShop struct {
	ids     []string
	group   []int32
	random  []int32
	spend   []float64 // e^(group's mean + noise) − 1
	x       *features.Matrix
	between float64
	r2      float64 // of ln(1 + spend) by group, in the population
}

func newPlantedShop(n, k int, between float64, seed uint64) *plantedShop {
	rng := rand.New(rand.NewPCG(seed, 77))
	s := &plantedShop{ids: tournamentIDs(n), between: between, x: features.NewMatrix(n, []features.Column{{Name: "a"}, {Name: "b"}}, nil)}
	var ss float64
	for g := range k {
		m := between * (float64(g) - float64(k-1)/2)
		ss += m * m / float64(k)
	}
	s.r2 = ss / (ss + 1)
	for i := range n {
		g := rng.IntN(k)
		s.group, s.random = append(s.group, int32(g)), append(s.random, int32(rng.IntN(k)))
		s.spend = append(s.spend, math.Expm1(5+between*(float64(g)-float64(k-1)/2)+rng.NormFloat64()))
		copy(s.x.Row(i), []float64{float64(g) + rng.NormFloat64()/2, rng.NormFloat64()})
	}
	return s
}

func (s *plantedShop) tournament() *Tournament {
	return &Tournament{
		Origin: "2024-01-01", Until: "2024-04-01", IDs: s.ids,
		Outcomes: []Outcome{heldOutcome("spend", OutcomeAmount, s.spend)},
		Entrants: []Entrant{
			tableEntrant("knows", RoleSegments, s.group), tableEntrant("guesses", RoleSegments, s.random),
			{Name: "all features", Role: RoleCeiling, Features: func(_ context.Context, h Half) (train, test *features.Matrix, err error) {
				return s.x.Pick(h.Train), s.x.Pick(h.Test), nil
			}},
		},
		Baselines: []Baseline{{Name: "plain", Role: RoleEqualK, Labels: func(_ context.Context, h Half, k int) (train, test []int32, err error) {
			// Groups of half of the truth: the parity of the group, and something random.
			label := func(rows []int) []int32 {
				var out []int32
				for _, i := range rows {
					out = append(out, (s.group[i]%2*int32(k)/2+s.random[i])%int32(k))
				}
				return out
			}
			return label(h.Train), label(h.Test), nil
		}}},
	}
}

// Segments that carry what is foretold reach the share of variance that they have, beat a
// plain rule with as many groups, and are chosen; those that know nothing are 0.
func TestTournamentKnowsSegments(t *testing.T) {
	s := newPlantedShop(3000, 4, 0.6, 3)
	c := holdOne(t, s.tournament(), 5)[0]
	knows, guesses := standingOf(t, &c, "knows"), standingOf(t, &c, "guesses")
	if !(*knows.Lo < s.r2 && s.r2 < *knows.Hi) || !(math.Abs(*knows.Outside-s.r2) < 0.04) {
		t.Errorf("R² %.3f (%.3f to %.3f), true %.3f", *knows.Outside, *knows.Lo, *knows.Hi, s.r2)
	}
	if !(*guesses.Lo < 0 && *guesses.Hi > -0.01 && *guesses.Outside < 0.005) || guesses.In || !knows.In {
		t.Errorf("guesses: %.4f (%.4f to %.4f), in %v", *guesses.Outside, *guesses.Lo, *guesses.Hi, guesses.In)
	}
	for _, v := range knows.Versus {
		if v.Role != RoleCeiling && !(*v.Lo > 0.1) {
			t.Errorf("against %s: %+.3f (%+.3f to %+.3f)", v.Baseline, *v.Difference, *v.Lo, *v.Hi)
		}
		check.Close(t, "difference", *v.Difference, *knows.Outside-*v.Value, 1e-12)
	}
	if len(knows.Versus) != 3 {
		t.Errorf("%d comparisons", len(knows.Versus))
	}
	// exp(1½·.6) of the best group over the mean of exp(.6·(−1½ … 1½)), weights alike.
	if want := math.Exp(0.9) / ((math.Exp(0.9) + math.Exp(0.3) + math.Exp(-0.3) + math.Exp(-0.9)) / 4); !(math.Abs(*knows.Lift-want) < 0.25) || !(math.Abs(*knows.LiftShare-0.25) < 0.04) {
		t.Errorf("lift %.3f of %.2f of the customers, want %.3f", *knows.Lift, *knows.LiftShare, want)
	}
	for _, p := range c.Picked {
		if p.Name != "knows" || *p.Regret != 0 || len(p.Set) != 1 || !(*p.Inside >= *p.Selection) {
			t.Errorf("half %s chose %s: %+v", p.Half, p.Name, p)
		}
	}
	check.Close(t, "nested", *c.Nested.Value, *knows.Outside, 1e-12)
	ceiling := standingOf(t, &c, "all features")
	if !(*ceiling.Outside > 0.1 && *ceiling.Outside < *knows.Outside) || ceiling.K != 0 {
		t.Errorf("ceiling %.3f, groups %.3f", *ceiling.Outside, *knows.Outside)
	}
	if c.Standings[0].Name != "knows" || len(c.Set) != 1 || c.Set[0] != "knows" {
		t.Errorf("first %s, set %v", c.Standings[0].Name, c.Set)
	}
}

// Many small groups of nothing: inside they seem to tell, outside they tell less than
// nothing, as do groups dealt at random.
func TestTournamentOptimism(t *testing.T) {
	var chance, outside float64
	const runs = 20
	for seed := range uint64(runs) {
		s := newPlantedShop(600, 40, 0, seed)
		c := holdOne(t, s.tournament(), seed)[0]
		g := standingOf(t, &c, "knows") // which is nothing here
		if !(*g.Inside > 0.02 && *g.Outside < 0.02) {
			t.Errorf("inside %.3f, outside %.3f", *g.Inside, *g.Outside)
		}
		outside += *g.Outside / runs
		for _, v := range g.Versus {
			if v.Role == RoleChance {
				chance += *v.Value / runs
			}
		}
	}
	if !(outside < 0) || !(chance < 0) {
		t.Errorf("outside %.4f, chance %.4f on average", outside, chance)
	}
}

// Neither workers nor the order of the rows matter.
func TestTournamentOrder(t *testing.T) {
	s := newPlantedShop(300, 5, 0.4, 9)
	want := holdOne(t, s.tournament(), 5)
	g := s.tournament()
	g.Options = NewTournamentOptions()
	g.Options.Bootstrap = 200
	got, err := g.Hold(t.Context(), cluster.Run{Seed: 5, Workers: 3})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("three workers: other answers, or %v", err)
	}
	// The ceiling's sums go by hash, too: the same bits.
	turned := *s
	n := len(s.ids)
	perm := rand.New(rand.NewPCG(1, 1)).Perm(n)
	turned.ids, turned.group, turned.random, turned.spend = nil, nil, nil, nil
	for _, i := range perm {
		turned.ids, turned.group = append(turned.ids, s.ids[i]), append(turned.group, s.group[i])
		turned.random, turned.spend = append(turned.random, s.random[i]), append(turned.spend, s.spend[i])
	}
	turned.x = s.x.Pick(perm)
	if got := holdOne(t, turned.tournament(), 5); !reflect.DeepEqual(got, want) {
		t.Error("rows in another order: other answers")
	}
}

func TestTournamentReasons(t *testing.T) {
	s := newPlantedShop(200, 3, 0.5, 1)
	g := s.tournament()
	bad := errors.New("no such thing")
	g.Entrants = append(g.Entrants,
		Entrant{Name: "fails", Role: RoleSegments, Labels: func(context.Context, Half) (train, test []int32, err error) { return nil, nil, bad }},
		Entrant{Name: "short", Role: RoleSegments, Labels: func(context.Context, Half) (train, test []int32, err error) { return []int32{1}, nil, nil }})
	g.Baselines = append(g.Baselines, Baseline{Name: "stuck", Role: RoleEqualK, Labels: func(context.Context, Half, int) (train, test []int32, err error) {
		return nil, nil, bad
	}})
	nan := make([]float64, 200)
	few := make([]float64, 200)
	for i := range nan {
		nan[i], few[i] = math.NaN(), math.NaN()
	}
	few[3], few[9] = 1, 2
	zero := make([]float64, 200)
	told := heldOutcome("told", OutcomeCount, nan)
	told.Reason = "the log does not tell"
	g.Outcomes = append(g.Outcomes, told, heldOutcome("few", OutcomeAmount, few), heldOutcome("zero", OutcomeCount, zero), heldOutcome("never", OutcomeBinary, zero), heldOutcome("one", OutcomeCategory, zero))
	got := holdOne(t, g, 2)
	for _, name := range []string{"fails", "short"} {
		if s := standingOf(t, &got[0], name); s.Reason == "" || s.Outside != nil || s.In {
			t.Errorf("%s: %+v", name, s)
		}
	}
	for _, v := range standingOf(t, &got[0], "knows").Versus {
		if v.Baseline == "stuck" && (v.Reason != "no such thing" || v.Value != nil) {
			t.Errorf("%+v", v)
		}
	}
	for i, want := range []string{"the log does not tell", "20 are needed", "nothing can tell them apart", "nothing can tell them apart", "nothing can tell them apart"} {
		if c := got[i+1]; !strings.Contains(c.Reason, want) || len(c.Standings) > 0 {
			t.Errorf("%s: %q", c.Target, c.Reason)
		}
	}
	if b, err := json.Marshal(got); err != nil || strings.Contains(string(b), "NaN") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	g.Report = func(int, int, string) { cancel() }
	if _, err := g.Hold(ctx, cluster.Run{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, wrong := range []func(*Tournament){
		func(g *Tournament) { g.Options.Folds = 1 },
		func(g *Tournament) { g.IDs[3] = g.IDs[4] },
		func(g *Tournament) { g.Entrants[1].Name = "knows" },
		func(g *Tournament) { g.Entrants[1].Labels = nil },
	} {
		g := newPlantedShop(60, 3, 0.5, 1).tournament()
		g.Options = NewTournamentOptions()
		wrong(g)
		if _, err := g.Hold(t.Context(), cluster.Run{}); err == nil {
			t.Error("held all the same")
		}
	}
}

func TestSplitHalves(t *testing.T) {
	ids := tournamentIDs(4000)
	h := SplitHalves(ids, 7)
	if n := len(h[0].Train); n+len(h[0].Test) != 4000 || !(math.Abs(float64(n)-2000) < 4*math.Sqrt(1000)) {
		t.Errorf("%d in A", n)
	}
	if !reflect.DeepEqual(h[0].Train, h[1].Test) || !reflect.DeepEqual(h[1].Train, h[0].Test) {
		t.Error("halves do not change places")
	}
	in := map[string]bool{}
	for _, i := range h[0].Train {
		in[ids[i]] = true
	}
	part := SplitHalves(ids[100:200], 7)
	for _, i := range part[0].Train {
		if !in[ids[100+i]] {
			t.Fatalf("%s changes halves in other company", ids[100+i])
		}
	}
	if reflect.DeepEqual(SplitHalves(ids, 8), h) {
		t.Error("the seed plays no part")
	}
}

// Over many shops the interval holds what the rules learned are worth among all customers
// that could be; the truth is known of every group's mean.
func TestTournamentCovers(t *testing.T) {
	check.Long(t)
	const k, runs = 5, 1000
	for _, n := range []int{200, 1000} {
		for _, between := range []float64{0, 0.25} {
			knowing, guessing, bundled := 0, 0, 0
			for seed := range uint64(runs) {
				s := newPlantedShop(n, k, between, seed)
				g := s.tournament()
				g.Entrants, g.Baselines = g.Entrants[:2], nil
				g.Options = NewTournamentOptions()
				g.Options.Bootstrap, g.Options.Chance = 400, 1
				c := holdOne(t, g, seed)[0]
				knows, guesses := standingOf(t, &c, "knows"), standingOf(t, &c, "guesses")
				a, b, null := s.risks(seed, s.group), s.risks(seed, s.random), s.risks(seed, make([]int32, n))
				if v := 1 - a/null; *knows.Lo <= v && v <= *knows.Hi {
					knowing++
				}
				if v := 1 - b/null; *guesses.Lo <= v && v <= *guesses.Hi {
					guessing++
				}
				g.Options.Bundles = 50
				c = holdOne(t, g, seed)[0]
				if v, s := 1-a/null, standingOf(t, &c, "knows"); *s.Lo <= v && v <= *s.Hi {
					bundled++
				}
			}
			t.Logf("n = %d, between %.2f: %.1f %% of groups that know, %.1f %% of those that guess, %.1f %% in 50 bundles a half",
				n, between, 100*float64(knowing)/runs, 100*float64(guessing)/runs, 100*float64(bundled)/runs)
			for _, x := range []int{knowing, guessing} {
				if share := float64(x) / runs; share < 0.93 || share > 0.975 {
					t.Errorf("n = %d, between %.2f: %.1f %%", n, between, 100*share)
				}
			}
		}
	}
}

// risks is the mean squared error that the rules learned on either half have among all
// customers there could be, by the sizes of the halves they are judged on.
func (s *plantedShop) risks(seed uint64, labels []int32) float64 {
	const k = 5
	h := SplitHalves(s.ids, seed)
	sum := 0.0
	for _, half := range h {
		var all, n float64
		var by, of [k]float64
		for _, i := range half.Train {
			y := math.Log1p(s.spend[i])
			all, n = all+y, n+1
			by[labels[i]] += y
			of[labels[i]]++
		}
		for g := range k {
			mean := (by[g] + all/n) / (of[g] + 1)
			if slices.Max(labels) == 0 { // everybody alike
				mean = all / n
			}
			for truth := range k {
				// What a label says of the group: all, if it is the group, else nothing.
				weight := 1.0 / (k * k)
				if slices.Equal(labels, s.group) {
					weight = 0
					if g == truth {
						weight = 1.0 / k
					}
				}
				d := 5 + s.between*(float64(truth)-float64(k-1)/2) - mean
				sum += float64(len(half.Test)) * weight * (1 + d*d)
			}
		}
	}
	return sum / float64(len(s.ids))
}
