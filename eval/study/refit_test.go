package study

import (
	"slices"
	"sync"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
)

// shopStudy is a small study of a simulated shop.
func shopStudy(t *testing.T, customers int) *Study {
	t.Helper()
	g, err := (&datasets.RetailSim{Customers: customers, Prospects: 0.05}).Generate(3)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Default(g.Log)
	if err != nil {
		t.Fatal(err)
	}
	s.Seed = 5
	return s
}

// shopLab is that study with its plan and its lab.
func shopLab(t *testing.T) (*Study, *plan, *lab) {
	t.Helper()
	s := shopStudy(t, 250)
	p, err := s.plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.lab(t.Context(), p.sets)
	if err != nil {
		t.Fatal(err)
	}
	return s, p, l
}

func TestRefitOnAllRowsIsTheRun(t *testing.T) {
	_, p, l := shopLab(t)
	seen := map[string]bool{}
	for _, pl := range p.runs {
		if name := pl.Set + pl.Algorithm; seen[name] {
			continue
		} else {
			seen[name] = true
		}
		want, err := pl.algorithm.Fit(t.Context(), pl.of.set.X, cluster.Run{Seed: pl.seed})
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(l.set(pl.Set, pl.Scale), pl.cell, pl.Run)
		n, _ := pl.of.set.X.Dims()
		got, err := b.refit(t.Context(), refRange(n), pl.seed)
		if err != nil {
			t.Fatalf("%s: %v", pl.Name, err)
		}
		if !slices.Equal(got.Labels, want.Labels) {
			t.Errorf("%s: everything learned again from the same customers gives other labels", pl.Name)
		}
		rule, err := cluster.RuleOf(pl.algorithm, pl.of.set.X, want)
		if err != nil {
			t.Fatal(err)
		}
		back, err := b.classify(t.Context(), got, refRange(n))
		if err != nil {
			t.Fatal(err)
		}
		exp, _, _ := rule.PredictAll(t.Context(), pl.of.set.X, 1)
		if !slices.Equal(back, exp) {
			t.Errorf("%s: its rule labels the same rows otherwise when it is made again", pl.Name)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d sets and algorithms were tried", len(seen))
	}
}

// Half of the customers: others are never looked at, and the number of workers and the
// order of the questions change nothing.
func TestRefitOfAPart(t *testing.T) {
	s, p, l := shopLab(t)
	pl := p.runs[len(p.runs)-30]
	set := l.set(pl.Set, pl.Scale)
	var even, odd []int
	for i := range set.ids {
		if i%2 == 0 {
			even = append(even, i)
		} else {
			odd = append(odd, i)
		}
	}
	one := newBench(set, pl.cell, pl.Run)
	a, err := one.refit(t.Context(), even, 7)
	if err != nil {
		t.Fatal(err)
	}
	part, _ := set.part(t.Context(), even)
	for i := range even {
		if part.x.ID(i) != set.ids[even[i]] {
			t.Fatalf("row %d of the part is %s, not %s", i, part.x.ID(i), set.ids[even[i]])
		}
	}
	// A log of the same customers, made by hand, gives the same matrix.
	ids := make([]string, len(even))
	for i, r := range even {
		ids[i] = set.ids[r]
	}
	again, _ := s.lab(t.Context(), p.sets)
	two := newBench(again.set(pl.Set, pl.Scale), pl.cell, pl.Run)
	two.refit(t.Context(), odd, 3)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			b, err := two.refit(t.Context(), even, 7)
			if err != nil || !slices.Equal(a.Labels, b.Labels) {
				t.Errorf("asked in another order it comes out otherwise (%v)", err)
			}
		})
	}
	wg.Wait()
	rows := append([]int{0, 0, 2, 2}, even[4:]...)
	c, err := one.refit(t.Context(), rows, 1)
	if err != nil {
		t.Fatal(err)
	}
	if c.Labels[0] != c.Labels[1] || len(c.Labels) != len(rows) {
		t.Errorf("a customer drawn twice has labels %v", c.Labels[:2])
	}
	got, err := one.classify(t.Context(), a, odd)
	if err != nil || len(got) != len(odd) {
		t.Fatalf("%d labels for %d other customers: %v", len(got), len(odd), err)
	}
	if len(slices.Compact(slices.Sorted(slices.Values(got)))) < 2 {
		t.Errorf("everybody else is in one segment")
	}
}

func TestStabilityOfAStudy(t *testing.T) {
	_, p, l := shopLab(t)
	pl := p.runs[3]
	c, err := pl.algorithm.Fit(t.Context(), pl.of.set.X, cluster.Run{Seed: pl.seed})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stability", "value_stability", "resample_ari", "prediction_strength", "seed_ari"} {
		m, err := eval.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		var scores [2]eval.Score
		for w := range scores {
			in := newBench(l.set(pl.Set, pl.Scale), pl.cell, pl.Run).input(c, 9, 1+2*w)
			if scores[w], err = m.New().Score(t.Context(), in); err != nil {
				t.Fatal(err)
			}
		}
		if !scores[0].Defined() || scores[0].Value != scores[1].Value {
			t.Errorf("%s: %v (%s) with one worker, %v with three", name, scores[0].Value, scores[0].Reason, scores[1].Value)
		}
		t.Logf("%s %.3f %v", name, scores[0].Value, scores[0].PerSegment)
	}
}
