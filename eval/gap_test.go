package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// gapKMeans is k-means with a number of starts.
func gapKMeans(starts int) GapFit {
	return func(ctx context.Context, x *features.Matrix, k int, seed uint64) (*cluster.Clustering, error) {
		m, err := cluster.Lookup("kmeans")
		if err != nil {
			return nil, err
		}
		a := m.New().(*cluster.KMeans)
		a.NClusters, a.NInit = k, starts
		return a.Fit(ctx, x, cluster.Run{Seed: seed, Workers: 1})
	}
}

// gapFromRanks is k-means from rows evenly spaced along the first column: no chance.
func gapFromRanks(ctx context.Context, x *features.Matrix, k int, seed uint64) (*cluster.Clustering, error) {
	n, _ := x.Dims()
	order := refitAll(n)
	slices.SortStableFunc(order, func(a, b int) int {
		switch u, v := x.Row(a)[0], x.Row(b)[0]; {
		case u < v:
			return -1
		case u > v:
			return 1
		}
		return 0
	})
	a := &cluster.KMeans{NClusters: k, NInit: 1, MaxIter: 1000, Init: "random"}
	for i := range k {
		a.InitCenters = append(a.InitCenters, x.Row(order[(2*i+1)*n/(2*k)]))
	}
	return a.Fit(ctx, x, cluster.Run{Seed: seed, Workers: 1})
}

// The same draws, axes by SVD, scatter pair by pair, scikit-learn's k-means.
func TestGap(t *testing.T) {
	for _, c := range readStability(t).Gap {
		for reference, want := range c.By {
			g, err := GapStatistic(context.Background(), matrixOf(c.X), gapFromRanks, GapOptions{Ks: c.Ks, B: c.B, Reference: reference, Seed: c.Seed})
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range g.Points {
				what := fmt.Sprintf("%s, %s, k = %d: ", c.Name, reference, p.K)
				check.Close(t, what+"ln W", p.LogW, want.LogW[i], 1e-9)
				check.Close(t, what+"expected", p.Expected, want.Expected[i], 1e-9)
				check.Close(t, what+"gap", p.Gap, want.Gap[i], 1e-9)
				check.Close(t, what+"standard error", p.SE, want.SE[i], 1e-8)
			}
			if g.K != want.K {
				t.Errorf("%s, %s: k = %d (%s), want %d", c.Name, reference, g.K, g.Reason, want.K)
			}
		}
	}
}

// gapPaper draws data of section 4 of the paper: uniform noise in ten columns (one
// cluster), and two long groups along the diagonal of a cube.
func gapPaper(what string, seed uint64) *features.Matrix {
	rng := rand.New(rand.NewPCG(seed, 0x9a9))
	var rows [][]float64
	switch what {
	case "null":
		for range 200 {
			row := make([]float64, 10)
			for j := range row {
				row[j] = rng.Float64()
			}
			rows = append(rows, row)
		}
	case "long":
		for g := range 2 {
			for i := range 100 {
				row := make([]float64, 3)
				for j := range row {
					row[j] = -0.5 + float64(i)/99 + 0.1*rng.NormFloat64() + 10*float64(g)
				}
				rows = append(rows, row)
			}
		}
	}
	return matrixOf(rows)
}

// The paper's table 1: noise is one cluster; two long groups are two with the box along the
// axes, and are cut along their length with the box along the columns.
func TestGapPaper(t *testing.T) {
	for _, c := range []struct {
		what      string
		reference GapReference
		ks        []int
		want      func(k int) bool
	}{
		{"null", GapBox, []int{1, 2, 3, 4}, func(k int) bool { return k == 1 }},
		{"null", GapPCA, []int{1, 2, 3, 4}, func(k int) bool { return k == 1 }},
		{"long", GapPCA, []int{1, 2, 3, 4, 5}, func(k int) bool { return k == 2 }},
		{"long", GapBox, []int{1, 2, 3, 4, 5}, func(k int) bool { return k != 2 }},
	} {
		right := 0
		for seed := range uint64(6) {
			g, err := GapStatistic(context.Background(), gapPaper(c.what, seed), gapKMeans(3), GapOptions{Ks: c.ks, B: 15, Reference: c.reference, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			if c.want(g.K) {
				right++
			}
		}
		if right < 5 {
			t.Errorf("%s, %s: %d of 6 as in the paper", c.what, c.reference, right)
		}
	}
}

// Workers change no bit, the data's place and scale nothing at all, and the rule is the one
// that is written down.
func TestGapAlways(t *testing.T) {
	x := gapPaper("long", 3)
	ks := []int{1, 2, 3}
	base, err := GapStatistic(context.Background(), x, gapKMeans(1), GapOptions{Ks: ks, B: 5, Seed: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	again, err := GapStatistic(context.Background(), x, gapKMeans(1), GapOptions{Ks: ks, B: 5, Seed: 1, Workers: 5})
	if err != nil || fmt.Sprint(base) != fmt.Sprint(again) {
		t.Errorf("%v with one worker, %v with five (%v)", base, again, err)
	}
	moved := mapped(&Input{X: x}, func(v float64, j int) float64 { return 8*v + float64(j) }).X
	if again, err = GapStatistic(context.Background(), moved, gapKMeans(1), GapOptions{Ks: ks, B: 5, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	for i, p := range again.Points {
		check.Close(t, "moved and scaled", p.Gap, base.Points[i].Gap, 1e-8)
	}
	rapid.Check(t, func(t *rapid.T) {
		var points []GapPoint
		for k := range rapid.IntRange(2, 6).Draw(t, "points") {
			points = append(points, GapPoint{K: k + 1, Gap: rapid.Float64Range(-1, 1).Draw(t, "gap"), SE: rapid.Float64Range(0, 0.5).Draw(t, "se")})
		}
		k, reason := gapRule(points)
		if (k == 0) == (reason == "") {
			t.Fatalf("k = %d, reason %q", k, reason)
		}
		for i, p := range points[:len(points)-1] {
			holds := p.Gap >= points[i+1].Gap-points[i+1].SE
			if holds != (p.K == k) && (k == 0 || p.K <= k) {
				t.Fatalf("%v: k = %d", points, k)
			}
		}
	})
}

func TestGapRefuses(t *testing.T) {
	x := gapPaper("long", 1)
	few := GapOptions{Ks: []int{1, 2}, B: 2}
	noise := func(_ context.Context, x *features.Matrix, _ int, _ uint64) (*cluster.Clustering, error) {
		n, _ := x.Dims()
		return clusteringFrom(append(make([]int32, n-1), -1)), nil
	}
	hole := matrixOf([][]float64{{1}, {2}, {3}})
	hole.Row(1)[0] = math.NaN()
	for _, c := range []struct {
		say string
		x   *features.Matrix
		fit GapFit
		o   GapOptions
	}{
		{"at least 2 reference", x, gapFromRanks, GapOptions{Ks: []int{1, 2}, B: 1}},
		{"so at least 2", x, gapFromRanks, GapOptions{Ks: []int{2}, B: 5}},
		{"ascending", x, gapFromRanks, GapOptions{Ks: []int{2, 2}, B: 5}},
		{"ascending", x, gapFromRanks, GapOptions{Ks: []int{1, 201}, B: 5}},
		{"reference = ", x, gapFromRanks, GapOptions{Ks: []int{1, 2}, B: 5, Reference: "sphere"}},
		{"no value in column", hole, gapFromRanks, few},
		{"left as noise", x, noise, few},
		{"data set 0 of 2", x, func(context.Context, *features.Matrix, int, uint64) (*cluster.Clustering, error) {
			return nil, errors.New("no")
		}, few},
	} {
		if _, err := GapStatistic(context.Background(), c.x, c.fit, c.o); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v does not say %q", err, c.say)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := GapStatistic(ctx, x, gapFromRanks, few); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	// Two places: two clusters leave nothing to compare.
	two := matrixOf(append(slices.Repeat([][]float64{{1, 2}}, 10), slices.Repeat([][]float64{{5, 0}}, 10)...))
	g, err := GapStatistic(context.Background(), two, gapKMeans(1), GapOptions{Ks: []int{1, 2, 3}, B: 3})
	if err != nil || g.K != 0 || !strings.Contains(g.Reason, "k = 2 leaves no scatter") || g.Points[0].Reason != "" {
		t.Errorf("two places: %+v, %v", g, err)
	}
	if _, ok := g.Best(); ok {
		t.Error("a best point where there is none")
	}
}
