package eval

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
)

// heaps are round heaps of 60 rows at each centre, labelled by centre.
func heaps(seed uint64, centres ...[2]float64) (x *features.Matrix, of []int32) {
	rng := rand.New(rand.NewPCG(seed, 5))
	var rows [][]float64
	for g, c := range centres {
		for range 60 {
			rows, of = append(rows, []float64{c[0] + rng.NormFloat64(), c[1] + rng.NormFloat64()}), append(of, int32(g))
		}
	}
	return apartRows(rows), of
}

// joined maps labels.
func joined(of []int32, to ...int32) []int32 {
	out := make([]int32, len(of))
	for i, l := range of {
		out[i] = to[l]
	}
	return out
}

// cutAcross cuts each heap of the labels in two that have nothing to do with where rows lie.
func cutAcross(of []int32, by int) []int32 {
	out := make([]int32, len(of))
	for i, l := range of {
		out[i] = 2*l + int32(i/by%2)
	}
	return out
}

func steady(gain float64, k int) []float64 { return slices.Repeat([]float64{gain}, k) }

// nestedPairs are four heaps, two by two, as two algorithms of each kind find them.
func nestedPairs() (x *features.Matrix, of []int32, list []Candidate) {
	x, of = heaps(1, [2]float64{0, 0}, [2]float64{6, 0}, [2]float64{40, 0}, [2]float64{40, 6})
	pairs := joined(of, 0, 0, 1, 1)
	for _, a := range []string{"kmeans", "gmm", "hdbscan", "dbscan"} {
		list = append(list, pickOf(a, steady(1, 2), pairs...), pickOf(a, steady(0.9, 4), of...))
	}
	return x, of, list
}

func ruleOn(x *features.Matrix) PickRule {
	r := pickAny
	r.X = x
	return r
}

func TestPickLevels(t *testing.T) {
	x, of, list := nestedPairs()
	p := pickIt(t, ruleOn(x), list...)
	if p.Index != 1 || len(p.Levels) != 2 || p.Levels[0].Index != 0 || p.Levels[1] != (PickLevel{Index: 1, Divided: 2, Kind: "compact", Agreed: 1}) {
		t.Errorf("%d, %+v", p.Index, p.Levels)
	}
	if !slices.Equal(p.Order, []int{1, 0, 2, 4, 6, 3, 5, 7}) || p.Value[0] != 1 || p.Value[1] != 0.9 {
		t.Errorf("%v, %v", p.Order, p.Value)
	}
	for _, want := range []string{"kmeans with 4 segments, not 2: both hold, and 4 tell more", "divide 2 of the 2", "(compact)", "0.90 of itself", "valley", "Who wants fewer takes 2", "kmeans with 2 segments: agreement", "Next: gmm with 2"} {
		if !strings.Contains(strings.Join(p.Reasons, " "), want) {
			t.Errorf("reasons lack %q: %s", want, strings.Join(p.Reasons, " "))
		}
	}
	for rule, k := range map[string]int{"agreement and stability": 2, "finest level": 4, "stability": 2} {
		// four is the most that was tried: rules that would take it abstain, but the last
		if r := ruleNamed(t, p.K, rule); r.K != k || k == 4 && (r.Index != 1 || r.Value != 0.9) {
			t.Errorf("%+v, want %d", r, k)
		}
	}

	spoilt := func(change func(list []Candidate)) []Candidate {
		_, _, list := nestedPairs()
		change(list)
		return list
	}
	across := cutAcross(joined(of, 0, 0, 1, 1), 7)
	for name, c := range map[string]struct {
		rule   PickRule
		list   []Candidate
		k      int
		levels int
	}{
		"no matrix": {pickAny, list, 2, 1},
		"unstable": {ruleOn(x), spoilt(func(l []Candidate) {
			l[1].Stability[2], l[3].Stability[0], l[5].Stability[1], l[7].Stability[3] = 0.7, 0.7, 0.7, 0.7
		}), 2, 1},
		"not tried again": {ruleOn(x), spoilt(func(l []Candidate) {
			l[1].Stability, l[3].Stability, l[5].Stability, l[7].Stability = nil, nil, nil, nil
		}), 2, 1},
		"agreement only": {ruleOn(x), spoilt(func(l []Candidate) {
			for i := range l {
				l[i].Stability = nil
			}
		}), 4, 2},
		"one algorithm":   {ruleOn(x), list[:2], 4, 2},
		"one kind agrees": {ruleOn(x), append(slices.Clone(list[:5]), list[6]), 4, 2},
		"no kind agrees":  {ruleOn(x), []Candidate{list[0], list[1], list[2], list[4], list[6]}, 2, 1},
		"no valley":       {ruleOn(x), []Candidate{list[0], pickOf("kmeans", steady(0.9, 4), across...), list[2], pickOf("gmm", steady(0.9, 4), across...)}, 2, 1},
		"other segments": {ruleOn(x), []Candidate{
			list[0], pickOf("kmeans", steady(0.9, 3), joined(of, 0, 1, 1, 2)...), list[2], pickOf("gmm", steady(0.9, 3), joined(of, 0, 1, 1, 2)...),
		}, 2, 1},
	} {
		p := pickIt(t, c.rule, c.list...)
		if got := c.list[p.Index].K; got != c.k || len(p.Levels) != c.levels {
			t.Errorf("%s: %d segments, levels %+v, want %d", name, got, p.Levels, c.k)
		}
		if said := strings.Contains(strings.Join(p.Reasons, " "), "More segments would tell more"); said != (c.levels == 1 && c.rule.X != nil) {
			t.Errorf("%s: %v", name, p.Reasons)
		}
	}

	// The finer one has the highest value: the coarser is named, and moves nobody.
	list = spoilt(func(l []Candidate) {
		for i := 0; i < len(l); i += 2 {
			l[i].Stability = steady(0.85, 2)
		}
	})
	p = pickIt(t, ruleOn(x), list...)
	if p.Index != 1 || len(p.Levels) != 2 || p.Levels[0].Index != 0 || p.Levels[1] != (PickLevel{Index: 1, Divided: 2, Kind: "compact", Agreed: 1}) || !slices.Equal(p.Order, []int{1, 3, 5, 7, 0, 2, 4, 6}) {
		t.Errorf("%+v, %v", p.Levels, p.Order)
	}
	for _, want := range []string{"4 segments, not 2: both hold", "Who wants fewer takes 2", "kmeans with 4 segments: agreement", "More segments would tell more", "Next: gmm with 4"} {
		if !strings.Contains(strings.Join(p.Reasons, " "), want) {
			t.Errorf("reasons lack %q: %s", want, strings.Join(p.Reasons, " "))
		}
	}
	list[0].Stability, list[2].Stability, list[4].Stability, list[6].Stability = steady(0.7, 2), steady(0.7, 2), steady(0.7, 2), steady(0.7, 2)
	if p = pickIt(t, ruleOn(x), list...); len(p.Levels) != 1 {
		t.Errorf("an unstable coarser level: %+v", p.Levels)
	}

	// Level by level, the unassigned beside, and rows that stray.
	x, of = heaps(2, [2]float64{0, 0}, [2]float64{6, 0}, [2]float64{0, 14}, [2]float64{6, 14}, [2]float64{90, 0}, [2]float64{96, 0}, [2]float64{90, 14}, [2]float64{96, 14})
	two, four := joined(of, 0, 0, 0, 0, 1, 1, 1, 1), joined(of, 0, 0, 1, 1, 2, 2, 3, 3)
	two[3], four[7], four[9] = 1, 3, -1
	fine := slices.Clone(of)
	fine[0], fine[100], fine[200], fine[2] = -1, -1, -1, 1
	list = nil
	for _, a := range []string{"kmeans", "gmm"} {
		list = append(list, pickOf(a, steady(1, 2), two...), pickOf(a, steady(0.95, 4), four...), pickOf(a, steady(0.9, 8), fine...))
	}
	p = pickIt(t, ruleOn(x), list...)
	if p.Index != 2 || len(p.Levels) != 3 || p.Levels[1].Index != 1 || p.Levels[1].Divided != 2 || p.Levels[2].Divided != 4 || !strings.Contains(p.Reasons[0], "not 2 or 4: all of them hold") {
		t.Errorf("%+v %v", p.Levels, p.Reasons)
	}

	bad := ruleOn(apartRows([][]float64{{1}, {2}}))
	if _, err := bad.Pick(context.Background(), list); err == nil || !strings.Contains(err.Error(), "480 rows, the matrix 2") {
		t.Errorf("%v", err)
	}
}

// TestShortlistIsDiverse: eight runs that join the same heaps do not fill it.
func TestShortlistIsDiverse(t *testing.T) {
	_, of, _ := nestedPairs()
	pairs := joined(of, 0, 0, 1, 1)
	var list []Candidate
	for _, a := range []string{"kmeans", "gmm", "hdbscan", "dbscan"} {
		near := slices.Clone(pairs)
		near[1] = 1
		list = append(list, pickOf(a, nil, pairs...), pickOf(a, nil, near...))
	}
	list = append(list, pickOf("kmeans", nil, of...), pickOf("gmm", nil, of...), pickOf("kmeans", nil, joined(of, 0, 0, 1, 2)...))
	short, err := pickAny.Shortlist(context.Background(), list, 4)
	if err != nil || len(short) != 4 {
		t.Fatalf("%v, %v", short, err)
	}
	var ks []int
	for _, i := range short {
		ks = append(ks, list[i].K)
	}
	if slices.Sort(ks); !slices.Equal(ks, []int{2, 2, 3, 4}) {
		t.Errorf("segments %v", ks)
	}
}

// TestPickLevelsRelations: names of segments, order of rows and workers decide nothing.
func TestPickLevelsRelations(t *testing.T) {
	x, _, list := nestedPairs()
	want := pickIt(t, ruleOn(x), list...)
	n, _ := x.Dims()
	rapid.Check(t, func(t *rapid.T) {
		rows := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2)).Perm(n)
		moved := slices.Clone(list)
		for i, c := range list {
			moved[i].Labels = make([]int32, n)
			for to, from := range rows {
				moved[i].Labels[to] = int32(c.K) - 1 - c.Labels[from]
			}
		}
		r := ruleOn(x.Pick(rows))
		r.Workers = rapid.IntRange(1, 3).Draw(t, "workers")
		p, err := r.Pick(context.Background(), moved)
		if err != nil {
			t.Fatal(err)
		}
		if p.Index != want.Index || !slices.Equal(p.Order, want.Order) || !slices.Equal(p.Levels, want.Levels) {
			t.Fatalf("%+v, not %+v", p.Levels, want.Levels)
		}
	})
}
