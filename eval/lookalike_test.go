package eval

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// bruteNeighbours finds neighbours by trying every row.
func bruteNeighbours(_ context.Context, x []float64, d, k int) ([][]int32, error) {
	n := len(x) / d
	out := make([][]int32, n)
	for i := range n {
		var order []int32
		far := make([]float64, n)
		for j := range n {
			for c := range d {
				far[j] += (x[i*d+c] - x[j*d+c]) * (x[i*d+c] - x[j*d+c])
			}
			if j != i {
				order = append(order, int32(j))
			}
		}
		slices.SortStableFunc(order, func(a, b int32) int {
			switch {
			case far[a] < far[b]:
				return -1
			case far[a] > far[b]:
				return 1
			}
			return 0
		})
		out[i] = order[:k]
	}
	return out, nil
}

// planted is a matrix of n rows in which a fifth is shifted in two of d columns; the two
// vary together, so that both say the same. Of that fifth, half are the seed set.
func planted(n, d int, seed uint64) (x *features.Matrix, seeds, kind []bool) {
	rng := rand.New(rand.NewPCG(seed, 1))
	var cols []features.Column
	for j := range d {
		cols = append(cols, features.Column{Name: "f" + string(rune('a'+j))})
	}
	x = features.NewMatrix(n, cols, nil)
	seeds, kind = make([]bool, n), make([]bool, n)
	for i := range n {
		for j := range d {
			x.Row(i)[j] = rng.NormFloat64()
		}
		x.Row(i)[1] = x.Row(i)[0] + .3*x.Row(i)[1]
		if i%5 == 0 {
			kind[i], seeds[i] = true, i%10 == 0
			x.Row(i)[2] += 1.5
			x.Row(i)[3] -= 1.5
		}
		if rng.IntN(8) == 0 {
			x.Row(i)[4] = math.NaN()
		}
	}
	return x, seeds, kind
}

// Every method finds those of the kind who are not among the seeds, the curve is monotone,
// similarity follows the score, and workers change nothing.
func TestLookalikesFindTheKind(t *testing.T) {
	x, seed, kind := planted(600, 6, 1)
	for _, m := range LookalikeMethods() {
		o := LookalikeOptions{Method: m.Name, Repeats: 6, Seed: 3, Workers: 1, Neighbours: bruteNeighbours}
		l, err := FindLookalikes(t.Context(), x, seed, o)
		if err != nil {
			t.Fatal(err)
		}
		o.Workers = 3
		again, err := FindLookalikes(t.Context(), x, seed, o)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(l.Scores, again.Scores) || !slices.Equal(l.Similarity, again.Similarity) || !slices.Equal(l.At, again.At) {
			t.Errorf("%s: workers show", m.Name)
		}
		if l.Seeds != 60 || l.Candidates != 540 || l.Hidden != 18 || len(l.Warnings) != 0 {
			t.Errorf("%s: %d seeds, %d others, %d hidden, %v", m.Name, l.Seeds, l.Candidates, l.Hidden, l.Warnings)
		}
		var rows []int
		for i, s := range seed {
			if !s {
				rows = append(rows, i)
			}
		}
		slices.SortStableFunc(rows, func(a, b int) int {
			if l.Scores[a] > l.Scores[b] {
				return -1
			}
			return 1
		})
		found := 0
		for r, i := range rows {
			if r > 0 && l.Similarity[i] > l.Similarity[rows[r-1]] {
				t.Fatalf("%s: similarity rises while the score falls", m.Name)
			}
			if r < 60 && kind[i] {
				found++
			}
		}
		if found < 30 { // 60 of the kind are left; drawn at random 7 would be found
			t.Errorf("%s: %d of the kind among the 60 most alike", m.Name, found)
		}
		for i, p := range l.Curve {
			if i > 0 && (p.Similarity > l.Curve[i-1].Similarity || p.Recall < l.Curve[i-1].Recall) {
				t.Errorf("%s: the curve turns at %g", m.Name, p.Reach)
			}
		}
		if last := l.Curve[99]; last.Recall != 1 && math.Abs(last.Recall-1) > 1e-12 || last.Customers != l.Candidates {
			t.Errorf("%s: all are not reached: %+v", m.Name, last)
		}
		if p := l.At[2]; p.Reach != .1 || p.LiftLo <= 1 || math.Abs(p.Lift-p.Recall/.1) > 1e-12 {
			t.Errorf("%s: lift %+v", m.Name, p)
		}
	}
}

// A seed set drawn at random has no look-alikes: its lift is about one.
func TestLookalikesOfNobody(t *testing.T) {
	x, seed, _ := planted(600, 6, 2)
	rng := rand.New(rand.NewPCG(5, 5))
	for i := range seed {
		seed[i] = rng.IntN(6) == 0
	}
	for _, m := range LookalikeMethods() {
		l, err := FindLookalikes(t.Context(), x, seed, LookalikeOptions{Method: m.Name, Repeats: 6, Neighbours: bruteNeighbours})
		if err != nil {
			t.Fatal(err)
		}
		if p := l.At[3]; p.LiftLo > 1 || p.Lift > 1.7 {
			t.Errorf("%s: of a random seed set, lift %.2f [%.2f, %.2f]", m.Name, p.Lift, p.LiftLo, p.LiftHi)
		}
	}
}

// Recall through ties is what random order of the ties gives on average.
func TestLookalikeRecallOfTies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(t, "n")
		scores, known, hidden := make([]float64, n), make([]bool, n), make([]bool, n)
		var rows []int
		for i := range n {
			scores[i] = float64(rapid.IntRange(0, 3).Draw(t, "score"))
			known[i] = rapid.IntRange(0, 3).Draw(t, "known") == 0
			if !known[i] {
				rows = append(rows, i)
				hidden[i] = rapid.Bool().Draw(t, "hidden")
			}
		}
		total := 0
		for _, h := range hidden {
			if h {
				total++
			}
		}
		if total == 0 {
			return
		}
		r := rankLookalikes(scores, known, hidden)
		for k := 0; k <= len(rows); k++ {
			// Expected hidden among the first k: each row's probability to be there.
			want := 0.0
			for _, i := range rows {
				if !hidden[i] {
					continue
				}
				above, same := 0, 0
				for _, j := range rows {
					if scores[j] > scores[i] {
						above++
					} else if scores[j] == scores[i] {
						same++
					}
				}
				want += min(1, max(0, float64(k-above)/float64(same)))
			}
			if got := r.recall(float64(k) / float64(len(rows))); math.Abs(got-want/float64(total)) > 1e-9 {
				t.Fatalf("recall of %d of %d: %g, want %g", k, len(rows), got, want/float64(total))
			}
		}
	})
}

// Trait weights by hand: of four customers, two seeds, one feature of two values.
func TestTraitWeightsByHand(t *testing.T) {
	x := features.NewMatrix(4, []features.Column{{Name: "a"}}, []float64{1, 1, 2, math.NaN()})
	got, err := newTraitScorer(x).score(t.Context(), []bool{true, false, true, false})
	if err != nil {
		t.Fatal(err)
	}
	w := func(seeds, share float64) float64 { return math.Log((seeds + 5*share) / (2 + 5) / share) }
	for i, want := range []float64{w(1, .5), w(1, .5), w(1, .25), w(0, .25)} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("row %d: %g, want %g", i, got[i], want)
		}
	}
}

// scikit-learn's shrunk covariance, and its logistic regression on shares of both classes.
func TestLookalikePartsAsInScikitLearn(t *testing.T) {
	b, err := os.ReadFile("testdata/lookalike.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		X, Covariance, Share, Beta []float64
		N, D                       int
		Shrinkage, Ridge           float64
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	x := mat.NewDense(want.N, want.D, want.X)
	s, rho := shrunkCovariance(x)
	check.Close(t, "shrinkage", rho, want.Shrinkage, 1e-12)
	for k, v := range want.Covariance {
		check.Close(t, "covariance", s.At(k/want.D, k%want.D), v, 1e-12)
	}
	f, err := ridgeLogistic(x, want.Share, want.Ridge, oneByOne(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range want.Beta {
		check.Close(t, "coefficient", f.beta[0][k], v, 1e-7)
	}
}

// The centroid's score is the difference of the two Mahalanobis distances.
func TestCentroidScoreIsADifferenceOfDistances(t *testing.T) {
	x, seed, _ := planted(80, 5, 4)
	m, err := lookalikeRanked(x)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCentroidScorer(m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.score(t.Context(), seed)
	if err != nil {
		t.Fatal(err)
	}
	n, d := m.Dims()
	s, _ := shrunkCovariance(m)
	var chol mat.Cholesky
	chol.Factorize(s)
	var middle [2]*mat.VecDense
	for k := range middle {
		middle[k] = mat.NewVecDense(d, nil)
		count := 0.0
		for i := range n {
			if k == 0 || seed[i] {
				middle[k].AddVec(middle[k], m.RowView(i))
				count++
			}
		}
		middle[k].ScaleVec(1/count, middle[k])
	}
	for i := range n {
		var d2 [2]float64
		for k := range middle {
			var v, w mat.VecDense
			v.SubVec(m.RowView(i), middle[k])
			if err := chol.SolveVecTo(&w, &v); err != nil {
				t.Fatal(err)
			}
			d2[k] = mat.Dot(&v, &w)
		}
		if want := (d2[0] - d2[1]) / 2; math.Abs(got[i]-want) > 1e-9 {
			t.Fatalf("row %d: %g, want %g", i, got[i], want)
		}
	}
}

func TestLookalikesRefuse(t *testing.T) {
	x, seed, _ := planted(100, 5, 1)
	none, all := make([]bool, 100), make([]bool, 100)
	for i := range all {
		all[i] = true
	}
	few := slices.Clone(none)
	few[1], few[2] = true, true
	flat := features.NewMatrix(100, x.Cols, nil)
	for name, c := range map[string]struct {
		x    *features.Matrix
		seed []bool
		o    LookalikeOptions
		say  string
	}{
		"empty":      {x, none, LookalikeOptions{}, "empty"},
		"everybody":  {x, all, LookalikeOptions{}, "nobody to find"},
		"few":        {x, few, LookalikeOptions{}, "too few"},
		"length":     {x, seed[:9], LookalikeOptions{}, "rows"},
		"method":     {x, seed, LookalikeOptions{Method: "magic"}, "centroid, neighbours, pu, traits"},
		"hidden":     {x, seed, LookalikeOptions{Hidden: 2}, "hide"},
		"repeats":    {x, seed, LookalikeOptions{Repeats: 1}, "two trials"},
		"constant":   {flat, seed, LookalikeOptions{}, "varies"},
		"neighbours": {x, seed, LookalikeOptions{Method: "neighbours"}, "Neighbours"},
	} {
		if _, err := FindLookalikes(t.Context(), c.x, c.seed, c.o); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v", name, err)
		}
	}
	l, err := FindLookalikes(t.Context(), x, seed, LookalikeOptions{Method: "traits"})
	if err != nil || len(l.Warnings) != 1 || !strings.Contains(l.Warnings[0], "below 50") {
		t.Errorf("ten seeds: %v, %v", l, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FindLookalikes(ctx, x, seed, LookalikeOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// The feature that made somebody a seed comes first.
func TestLookalikeDrivers(t *testing.T) {
	x, _, _ := planted(200, 6, 1)
	seed := make([]bool, 200)
	for i := range seed {
		seed[i] = x.Row(i)[5] > 1
	}
	d := LookalikeDrivers(x, seed, 3)
	if len(d) != 3 || d[0].Column.Name != "ff" || d[0].AUC != 1 || !(d[0].Seeds > 1 && d[0].Others < 1) {
		t.Errorf("%+v", d)
	}
}
