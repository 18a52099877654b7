package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// stabilityExpected is testdata/stability.json, written by peers/stability_expected.py.
type stabilityExpected struct {
	Stability []struct {
		Name     string
		Labels   []int32
		Worth    []float64
		Rows     [][]int
		Refits   [][]int32
		Segments []stabilityNumbers
		ByWorth  []stabilityNumbers `json:"by_worth"`
		Pairs    struct {
			ARI      float64
			Interval [2]float64
		}
	}
	Prediction []struct {
		Name     string
		X        [][]float64
		Rows     [2][]int
		Labels   [2][]int32
		Strength float64
	}
	Gap []struct {
		Name string
		X    [][]float64
		Ks   []int
		B    int
		Seed uint64
		By   map[GapReference]struct {
			LogW     []float64 `json:"log_w"`
			Expected []float64
			Gap, SE  []float64
			K        int
		}
	}
}

type stabilityNumbers struct {
	Refits, Dissolved, Recovered int
	Jaccard                      float64
	Interval                     [2]float64
	Quantiles                    [3]float64
	Null                         float64
	NullSD                       float64 `json:"null_sd"`
	NullP95                      float64 `json:"null_p95"`
}

func readStability(t *testing.T) stabilityExpected {
	t.Helper()
	b, err := os.ReadFile("testdata/stability.json")
	if err != nil {
		t.Fatal(err)
	}
	var e stabilityExpected
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Stability) == 0 || len(e.Prediction) == 0 || len(e.Gap) == 0 {
		t.Fatal("no expected values")
	}
	return e
}

// refitGroups draws n rows around k centres that lie apart from each other, and clusters
// them by k-means, again and again.
func refitGroups(n, k int, apart float64, fitK int, seed uint64) *Input {
	rng := rand.New(rand.NewPCG(seed, 0x6e0))
	x := features.NewMatrix(n, []features.Column{{Name: "a"}, {Name: "b"}}, nil)
	for i := range n {
		angle := 2 * math.Pi * float64(i%k) / float64(k)
		x.Row(i)[0] = apart*math.Cos(angle) + rng.NormFloat64()
		x.Row(i)[1] = apart*math.Sin(angle) + rng.NormFloat64()
	}
	in := &Input{X: x, Seed: seed}
	in.Refit = func(ctx context.Context, rows []int, seed uint64) (*cluster.Clustering, error) {
		return gapKMeans(3)(ctx, x.Pick(rows), fitK, seed)
	}
	c, err := in.Refit(context.Background(), refitAll(n), 1)
	if err != nil {
		panic(err)
	}
	in.C = c
	return in
}

// Rows are drawn as asked: how many, which, and each as often as any other.
func TestResampling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 80).Draw(t, "n")
		o := resampling{method: Subsample, share: rapid.Float64Range(0.01, 0.99).Draw(t, "share"), b: 2}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		rows := o.draw(n, rng)
		if want := min(n, max(2, int(math.Round(o.share*float64(n))))); len(rows) != want {
			t.Fatalf("%d rows of %d, want %d", len(rows), n, want)
		}
		for i, r := range rows {
			if r < 0 || r >= n || i > 0 && r <= rows[i-1] {
				t.Fatalf("rows %v", rows)
			}
		}
		o.method = Bootstrap
		if rows = o.draw(n, rng); len(rows) != n || !slices.IsSorted(rows) || rows[0] < 0 || rows[n-1] >= n {
			t.Fatalf("bootstrap %v", rows)
		}
	})
	for _, method := range []string{Subsample, Bootstrap} {
		o, often := resampling{method: method, share: 0.3}, make([]int, 20)
		rng := rand.New(rand.NewPCG(4, 4))
		for range 4000 {
			for _, r := range o.draw(20, rng) {
				often[r]++
			}
		}
		for r, c := range often {
			want := map[string]float64{Subsample: 1200, Bootstrap: 4000}[method]
			if math.Abs(float64(c)-want) > 5*math.Sqrt(want) {
				t.Errorf("%s: row %d was drawn %d times, want about %g", method, r, c, want)
			}
		}
	}
}

// The metrics that resample alike ask for the same rows with the same seed, and every
// number of workers gives the same bits where Refit listens to its seed.
func TestRefitsSame(t *testing.T) {
	in := refitGroups(120, 4, 3, 4, 9)
	refit := in.Refit
	record := func(m Measure) (asked []string) {
		list := make(chan string, 1000)
		other := *in
		other.Refit = func(ctx context.Context, rows []int, seed uint64) (*cluster.Clustering, error) {
			list <- fmt.Sprint(seed, rows)
			return refit(ctx, rows, seed)
		}
		if _, err := m.Score(context.Background(), &other); err != nil {
			t.Fatal(err)
		}
		close(list)
		for s := range list {
			asked = append(asked, s)
		}
		slices.Sort(asked)
		return asked
	}
	in.Worth = slices.Repeat([]float64{1}, 120)
	first := record(&Stability{Method: Subsample, Share: 0.5, B: 50, Draws: 20})
	if len(first) != 50 || len(slices.Compact(slices.Clone(first))) != 50 {
		t.Errorf("%d refits, or some alike", len(first))
	}
	for _, m := range []Measure{&ResampleARI{Method: Subsample, Share: 0.5, B: 50}, &ValueStability{Stability{Method: Subsample, Share: 0.5, B: 50, Draws: 20}}} {
		if !slices.Equal(first, record(m)) {
			t.Errorf("%T clusters other resamples", m)
		}
	}
	for _, name := range []string{"stability", "value_stability", "resample_ari", "seed_ari", "prediction_strength"} {
		one, two := *in, *in
		one.Workers, two.Workers = 1, 7
		a, b := scoreOf(t, name, &one), scoreOf(t, name, &two)
		if !sameBits(a, b) || !a.Defined() || *a.Lo != *b.Lo || *a.Hi != *b.Hi {
			t.Errorf("%s: %s with one worker, %s with seven", name, a.text(), b.text())
		}
	}
}

// Refits that fail are said, and too many are a reason; a panic is one that failed.
func TestRefitsFail(t *testing.T) {
	in := refitGroups(100, 3, 6, 3, 2)
	refit := in.Refit
	for _, name := range []string{"stability", "resample_ari", "seed_ari", "prediction_strength"} {
		for what, c := range map[string]struct {
			every uint64 // fails where the seed is a multiple
			fail  func(rows []int) (*cluster.Clustering, error)
			say   string
		}{
			"some":        {7, func([]int) (*cluster.Clustering, error) { return nil, errors.New("out of luck") }, "out of luck"},
			"all":         {1, func([]int) (*cluster.Clustering, error) { return nil, errors.New("out of luck") }, "refits failed: out of luck"},
			"panic":       {1, func([]int) (*cluster.Clustering, error) { panic("oh") }, "panic: oh"},
			"nothing":     {1, func([]int) (*cluster.Clustering, error) { return nil, nil }, "no clustering"},
			"wrong count": {1, func(rows []int) (*cluster.Clustering, error) { return clusteringFrom(make([]int32, 3)), nil }, "3 labels came back"},
		} {
			other := *in
			other.Refit = func(ctx context.Context, rows []int, seed uint64) (*cluster.Clustering, error) {
				if seed%c.every == 0 {
					return c.fail(rows)
				}
				return refit(ctx, rows, seed)
			}
			s := scoreOf(t, name, &other)
			if c.every == 1 && (s.Defined() || !strings.Contains(s.Reason, c.say)) {
				t.Errorf("%s, %s: %s", name, what, s.text())
			}
			if c.every > 1 && name != "seed_ari" && (!s.Defined() || !strings.Contains(fmt.Sprint(s.Warnings), c.say)) {
				t.Errorf("%s, %s: %s, warnings %v", name, what, s.text(), s.Warnings)
			}
		}
		other := *in
		other.Refit = nil
		if s := scoreOf(t, name, &other); !strings.Contains(s.Reason, "cluster again") {
			t.Errorf("%s without Refit: %s", name, s.text())
		}
	}
}

// Whoever gives up while fits run gets an error, and no further fit begins.
func TestRefitsCancelled(t *testing.T) {
	in := refitGroups(60, 3, 6, 3, 2)
	refit := in.Refit
	for _, name := range []string{"stability", "resample_ari", "seed_ari", "prediction_strength"} {
		ctx, cancel := context.WithCancel(context.Background())
		var calls atomic.Int32
		other := *in
		other.Workers = 2
		other.Refit = func(ctx context.Context, rows []int, seed uint64) (*cluster.Clustering, error) {
			if calls.Add(1) == 3 {
				cancel()
			}
			return refit(ctx, rows, seed)
		}
		m, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.New().Score(ctx, &other); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if n := calls.Load(); n > 5 {
			t.Errorf("%s: %d fits began", name, n)
		}
		cancel()
	}
}
