package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/check"
)

// TestNemenyiDemsar: at .05 (CD 1.25) Nemenyi's test names nobody. At .10 (CD 1.12) plain
// C4.5 is worse than C4.5 with m and with both, and one cannot tell to which of the two
// groups C4.5 with cf belongs.
func TestNemenyiDemsar(t *testing.T) {
	f, err := NewFriedman(demsarAUC, 1)
	if err != nil {
		t.Fatal(err)
	}
	for alpha, want := range map[float64]struct {
		cd     float64
		groups [][]int
	}{
		0.05: {1.25, [][]int{{3, 1, 2, 0}}},
		0.10: {1.12, [][]int{{3, 1, 2}, {2, 0}}},
	} {
		h, err := f.Nemenyi(context.Background(), alpha)
		if err != nil {
			t.Fatal(err)
		}
		check.Close(t, "critical difference", *h.CD, want.cd, 0.01)
		if !reflect.DeepEqual(h.Groups, want.groups) || len(h.Bars) != len(want.groups) || h.Alpha != alpha {
			t.Errorf("at %g: groups %v, want %v", alpha, h.Groups, want.groups)
		}
		if warned := strings.Contains(strings.Join(h.Warnings, ""), "no pair can be named"); warned != (alpha == 0.05) {
			t.Errorf("at %g: warnings %q", alpha, h.Warnings)
		}
	}
}

func TestRankGroupsLikePeers(t *testing.T) {
	sorted := func(groups [][]int) [][]int {
		var out [][]int
		for _, g := range groups {
			out = append(out, slices.Sorted(slices.Values(g)))
		}
		slices.SortFunc(out, slices.Compare[[]int])
		return out
	}
	for i, c := range expectRank(t).Groups {
		f, err := NewFriedman(c.Scores, 1)
		if err != nil {
			t.Fatal(err)
		}
		nemenyi, err := f.Nemenyi(context.Background(), 0.05)
		if err != nil {
			t.Fatal(err)
		}
		holm, err := WilcoxonHolm(context.Background(), c.Scores, 1, 0.05, ZerosWilcox)
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]struct {
			got  *PostHoc
			want groupsExpected
		}{"nemenyi": {nemenyi, c.Nemenyi}, "wilcoxon_holm": {holm, c.WilcoxonHolm}} {
			name = fmt.Sprintf("case %d, %s", i, name)
			for _, p := range v.got.Pairs {
				check.Close(t, fmt.Sprintf("%s: p of %d and %d", name, p.A, p.B), p.Adjusted, v.want.P[p.A][p.B], 1e-8)
				check.Close(t, name+": ranks", p.Difference, c.Ranks[p.B]-c.Ranks[p.A], 1e-12)
			}
			if got := sorted(v.got.Groups); !reflect.DeepEqual(got, v.want.Groups) {
				t.Errorf("%s: groups %v, want %v", name, got, v.want.Groups)
			}
		}
	}
}

// What went wrong in other programs' critical-difference diagrams.

// maximtrp/scikit-posthocs#86: bars of different groups whose intervals cross were drawn
// on one line, as if they were one group. The example is the one given there.
func TestBarsThatCrossHaveLinesOfTheirOwn(t *testing.T) {
	ranks := []float64{0, 1, 3, 2, 4, 5}
	groups, err := RankGroups(context.Background(), ranks, func(a, b int) bool { return a/3 != b/3 })
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(groups, [][]int{{0, 1, 2}, {3, 4, 5}}) {
		t.Errorf("groups %v", groups)
	}
	want := []RankBar{{Group: 0, Lo: 0, Hi: 3, Level: 0, Passed: []int{3}}, {Group: 1, Lo: 2, Hi: 5, Level: 1, Passed: []int{2}}}
	if got := RankBars(ranks, groups); !reflect.DeepEqual(got, want) {
		t.Errorf("bars %+v, want %+v", got, want)
	}
	// Bars that only touch would read as one too; bars apart share a line.
	got := RankBars([]float64{1, 2, 3, 4, 5}, [][]int{{0, 1}, {1, 2}, {3, 4}})
	if got[0].Level != 0 || got[1].Level != 1 || got[2].Level != 0 {
		t.Errorf("bars that touch: %+v", got)
	}
}

// maximtrp/scikit-posthocs#82: one bar over all where all differ.
func TestNoBarWhereAllDiffer(t *testing.T) {
	var scores [][]float64
	for i := range 10 {
		row := []float64{-5.2, -6, -2.1, -1.7, -6.4}
		for j := range row {
			row[j] += 0.01 * float64((i*7+j*3)%10)
		}
		scores = append(scores, row)
	}
	h, err := WilcoxonHolm(context.Background(), scores, 1, 0.05, ZerosPratt)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(h.Groups, [][]int{{3}, {2}, {0}, {1}, {4}}) || len(h.Bars) != 0 || len(h.Warnings) != 0 {
		t.Errorf("groups %v, bars %v, warnings %q", h.Groups, h.Bars, h.Warnings)
	}
	// and one bar where nobody differs
	same, err := WilcoxonHolm(context.Background(), [][]float64{{1, 1, 1}, {2, 2, 2}}, 1, 0.05, ZerosPratt)
	if err != nil || !reflect.DeepEqual(same.Groups, [][]int{{0, 1, 2}}) || len(same.Bars) != 1 {
		t.Errorf("%+v (%v)", same, err)
	}
}

// maximtrp/scikit-posthocs#65: the level was .05 whatever was asked.
func TestAlphaIsTheCallers(t *testing.T) {
	f := Friedman{N: 14, K: 3, Ranks: []float64{1.5, 2, 2.5}}
	p := f.PairP(0, 2)
	for _, c := range []struct {
		alpha float64
		want  int
	}{{p * 0.99, 1}, {p * 1.01, 2}} {
		h, err := f.Nemenyi(context.Background(), c.alpha)
		if err != nil || len(h.Groups) != c.want || h.Alpha != c.alpha {
			t.Errorf("at %g: %+v (%v)", c.alpha, h, err)
		}
	}
	w, err := WilcoxonHolm(context.Background(), demsarAUC, 1, 0.05, ZerosPratt)
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range w.Pairs {
		if pair.Adjusted <= 0.05 || pair.Adjusted >= 0.9 {
			continue
		}
		other, err := WilcoxonHolm(context.Background(), demsarAUC, 1, pair.Adjusted, ZerosPratt)
		if err != nil || !slices.ContainsFunc(other.Pairs, func(p RankPair) bool { return p.A == pair.A && p.B == pair.B && p.Different }) {
			t.Errorf("%+v does not differ at its own p (%v)", pair, err)
		}
	}
}

// maximtrp/scikit-posthocs#91: the critical distance was not drawn, and with a test that
// has none there is nothing to draw.
func TestCriticalDifferenceIsThere(t *testing.T) {
	f, err := NewFriedman(demsarAUC, 1)
	if err != nil {
		t.Fatal(err)
	}
	h, err := f.Nemenyi(context.Background(), 0.05)
	if err != nil || h.CD == nil || *h.CD != f.CriticalDifference(0.05) {
		t.Errorf("Nemenyi: %+v (%v)", h, err)
	}
	w, err := WilcoxonHolm(context.Background(), demsarAUC, 1, 0.05, ZerosPratt)
	if err != nil || w.CD != nil {
		t.Errorf("Wilcoxon-Holm: %+v (%v)", w, err)
	}
	js, err := json.Marshal(w)
	if err != nil || !strings.Contains(string(js), `"cd":null`) {
		t.Errorf("as JSON: %s (%v)", js, err)
	}
}

// TestRankGroupsAreAllMaximal: against all subsets, on any graph.
func TestRankGroupsAreAllMaximal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(0, 9).Draw(t, "k")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 7))
		density := rapid.Float64Range(0, 1).Draw(t, "density")
		ranks := make([]float64, k)
		differ := make([]bool, k*k)
		for i := range k {
			ranks[i] = float64(rng.IntN(6))
			for j := range i {
				differ[i*k+j] = rng.Float64() < density
				differ[j*k+i] = differ[i*k+j]
			}
		}
		groups, err := RankGroups(context.Background(), ranks, func(a, b int) bool { return differ[a*k+b] })
		if err != nil {
			t.Fatal(err)
		}
		clique := func(set int) bool {
			for i := range k {
				for j := range i {
					if set>>i&1 == 1 && set>>j&1 == 1 && differ[i*k+j] {
						return false
					}
				}
			}
			return true
		}
		want := map[int]bool{}
		for set := 1; set < 1<<k; set++ {
			maximal := clique(set)
			for v := range k {
				maximal = maximal && (set>>v&1 == 1 || !clique(set|1<<v))
			}
			if maximal {
				want[set] = true
			}
		}
		last := math.Inf(-1)
		for _, g := range groups {
			set := 0
			for i, m := range g {
				set |= 1 << m
				if i > 0 && ranks[g[i-1]] > ranks[m] {
					t.Fatalf("members %v are not by rank %v", g, ranks)
				}
			}
			if !want[set] {
				t.Fatalf("%v is no maximal group, or there twice", g)
			}
			delete(want, set)
			if ranks[g[0]] < last {
				t.Fatalf("groups %v are not by rank %v", groups, ranks)
			}
			last = ranks[g[0]]
		}
		if len(want) != 0 {
			t.Fatalf("%d groups are missing from %v", len(want), groups)
		}
		// No two bars of a level touch, and no fewer levels would do.
		bars := RankBars(ranks, groups)
		levels, deepest := 0, 0
		for i, a := range bars {
			over := 0
			for j, b := range bars {
				if i != j && a.Level == b.Level && a.Lo <= b.Hi && b.Lo <= a.Hi {
					t.Fatalf("%+v and %+v", a, b)
				}
				if b.Lo <= a.Lo && a.Lo <= b.Hi {
					over++
				}
			}
			levels, deepest = max(levels, a.Level+1), max(deepest, over)
		}
		if levels != deepest {
			t.Fatalf("%d levels for bars %d deep", levels, deepest)
		}
	})
}

// TestNemenyiGroupsAreIntervals: of a test on ranks alone, a group has everybody between
// its ends.
func TestNemenyiGroupsAreIntervals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(2, 40).Draw(t, "k")
		ranks := rapid.SliceOfN(rapid.Float64Range(1, 10), k, k).Draw(t, "ranks")
		cd := rapid.Float64Range(0.1, 5).Draw(t, "cd")
		groups, err := RankGroups(context.Background(), ranks, func(a, b int) bool { return math.Abs(ranks[a]-ranks[b]) > cd })
		if err != nil || len(groups) > k {
			t.Fatalf("%d groups of %d (%v)", len(groups), k, err)
		}
		for _, b := range RankBars(ranks, groups) {
			if len(b.Passed) != 0 {
				t.Fatalf("%+v", b)
			}
		}
	})
}

func TestRankGroupsLimits(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := RankGroups(ctx, []float64{1, 2}, func(int, int) bool { return true }); err == nil {
		t.Error("a cancelled context is no error")
	}
	// A hundred methods of whom each is unlike one other: 2⁵⁰ groups, and a way out.
	ranks := make([]float64, 100)
	deadline := &looksLeft{Context: context.Background(), looks: 0}
	if _, err := RankGroups(deadline, ranks, func(a, b int) bool { return a/2 == b/2 }); err == nil {
		t.Error("2⁵⁰ groups were listed")
	}
	h, err := WilcoxonHolm(context.Background(), demsarAUC[:5], 1, 0.05, ZerosPratt)
	if err != nil || !strings.Contains(strings.Join(h.Warnings, ""), "no pair can differ at 0.05: with 5 data sets and 6 pairs") {
		t.Errorf("five data sets: %+v (%v)", h, err)
	}
	for _, alpha := range []float64{0, 1, math.NaN()} {
		if _, err := WilcoxonHolm(context.Background(), demsarAUC, 1, alpha, ZerosPratt); err == nil {
			t.Errorf("alpha = %g is no error", alpha)
		}
		if _, err := (Friedman{N: 3, K: 2, Ranks: []float64{1, 2}}).Nemenyi(context.Background(), alpha); err == nil {
			t.Errorf("alpha = %g is no error", alpha)
		}
	}
	if _, err := WilcoxonHolm(context.Background(), demsarAUC[:1], 1, 0.05, ZerosPratt); err == nil {
		t.Error("one data set is no error")
	}
	if _, err := WilcoxonHolm(context.Background(), demsarAUC, 1, 0.05, "none"); err == nil {
		t.Error("no way with zeros is no error")
	}
	if _, err := WilcoxonHolm(ctx, demsarAUC, 1, 0.05, ZerosPratt); err == nil {
		t.Error("a cancelled context is no error")
	}
}

// looksLeft is a context that ends after some looks at it.
type looksLeft struct {
	context.Context
	looks int
}

func (l *looksLeft) Err() error {
	if l.looks--; l.looks < 0 {
		return context.Canceled
	}
	return nil
}
