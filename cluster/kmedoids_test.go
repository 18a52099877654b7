package cluster

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
	"testing"

	"github.com/mores-lab/mores/features"
)

// kmedoidsExpected is testdata/kmedoids.json: answers of the kmedoids package, SciPy and
// scikit-learn, made by eval/peers/kmedoids_expected.py.
type kmedoidsExpected struct {
	Sets map[string]struct {
		Runs []struct {
			Start      []int          `json:"start"`
			FasterPAM  kmedoidsAnswer `json:"fasterpam"`
			Manhattan  kmedoidsAnswer `json:"manhattan"`
			Silhouette kmedoidsAnswer `json:"medoid_silhouette"`
			DynMSC     struct {
				Loss    float64 `json:"loss"`
				BestK   int     `json:"bestk"`
				Medoids []int   `json:"medoids"`
			} `json:"dynmsc"`
		} `json:"runs"`
		Build    kmedoidsAnswer     `json:"build"`
		Affinity []affinityExpected `json:"affinity"`
	} `json:"sets"`
	Distances map[string][][]float64 `json:"distances"`
}

type kmedoidsAnswer struct {
	Loss    float64 `json:"loss"`
	Medoids []int   `json:"medoids"`
	NIter   int     `json:"n_iter"`
}

func readKMedoids(t testing.TB) *kmedoidsExpected {
	t.Helper()
	b, err := os.ReadFile("testdata/kmedoids.json")
	if err != nil {
		t.Fatal(err)
	}
	var e kmedoidsExpected
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Sets) != 6 {
		t.Fatalf("%d sets, want 6", len(e.Sets))
	}
	return &e
}

func near9(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b)) }

// From the same medoids the same medoids, in as many rounds, as the kmedoids package:
// with coordinates, with a named distance and with distances given.
func TestKMedoidsPeer(t *testing.T) {
	for name, set := range readKMedoids(t).Sets {
		x := readSet(t, name)
		n, _ := x.Dims()
		d := make([]float64, n*n)
		for i := range n {
			for j := range n {
				s := 0.0
				for c, v := range x.Row(i) {
					s += (v - x.Row(j)[c]) * (v - x.Row(j)[c])
				}
				d[i*n+j] = math.Sqrt(s)
			}
		}
		given, err := NewDistances(n, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range set.Runs {
			k := len(r.Start)
			try := func(what string, a KMedoids, run Run, want kmedoidsAnswer) {
				t.Helper()
				a.NClusters, a.InitMedoids, a.MaxIter = k, r.Start, 100
				got, err := a.Fit(t.Context(), x, run)
				if err != nil {
					t.Fatal(err)
				}
				if !near9(*got.Objective, want.Loss) || want.NIter > 0 && got.Iter != want.NIter || k > 1 && !sameRows(got.Medoids, want.Medoids) {
					t.Errorf("%s, k=%d, %s: objective %v in %d rounds, medoids %v; want %v in %d, %v", name, k, what, *got.Objective, got.Iter, got.Medoids, want.Loss, want.NIter, want.Medoids)
				}
				if err := checkClustering(got, x); err != nil {
					t.Error(err)
				}
			}
			one := r.FasterPAM
			if k == 1 { // their only medoid is found in one step
				one.NIter, r.Manhattan.NIter = 0, 0
			}
			try("fasterpam", KMedoids{Method: "fasterpam"}, Run{}, one)
			try("fasterpam, given", KMedoids{Method: "fasterpam"}, Run{Space: given}, one)
			try("manhattan", KMedoids{Method: "fasterpam", Metric: "manhattan"}, Run{}, r.Manhattan)
			if k > 1 {
				try("medoid_silhouette", KMedoids{Method: "medoid_silhouette"}, Run{}, r.Silhouette)
			}
			if k == 8 {
				try("medoid_silhouette, given", KMedoids{Method: "medoid_silhouette"}, Run{Space: given}, r.Silhouette)
			}
			if r.DynMSC.BestK > 0 {
				try("dynmsc", KMedoids{Method: "dynmsc", MinClusters: 2}, Run{}, kmedoidsAnswer{Loss: r.DynMSC.Loss, Medoids: r.DynMSC.Medoids})
			}
		}
		r := &kmedoidsRun{ctx: t.Context(), opt: &KMedoids{}, x: x, n: n, team: newTeam(2)}
		e, err := r.engine()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.build(8); err != nil || !slices.Equal(got, set.Build.Medoids) {
			t.Errorf("%s: build %v, %v; want %v", name, got, err, set.Build.Medoids)
		}
		r.team.close()
	}
}

func sameRows(a, b []int) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// kmedoidsBest is the least loss (or 1 − the greatest silhouette) over all k rows of n.
func kmedoidsBest(x *features.Matrix, space Space, k int, silhouette bool) float64 {
	n, _ := x.Dims()
	best := math.Inf(1)
	for set := range 1 << n {
		var m []int
		for i := range n {
			if set>>i&1 == 1 {
				m = append(m, i)
			}
		}
		if len(m) == k {
			best = math.Min(best, kmedoidsLoss(x, space, m, silhouette))
		}
	}
	return best
}

// kmedoidsLoss is the definition.
func kmedoidsLoss(x *features.Matrix, space Space, medoids []int, silhouette bool) float64 {
	n, _ := x.Dims()
	loss, total := 0.0, 0.0
	for i := range n {
		d1, d2 := math.Inf(1), math.Inf(1)
		for _, m := range medoids {
			if v := space.Dist(i, m); v < d1 {
				d1, d2 = v, d1
			} else if v < d2 {
				d2 = v
			}
		}
		if silhouette && d2 > 0 {
			d1 /= d2
		}
		loss += x.Weight(i) * d1
		total += x.Weight(i)
	}
	if silhouette {
		return loss / total
	}
	return loss
}

// Against all subsets of up to 10 rows: never below the least loss there is, the least
// itself mostly, and no single swap improves; with weights, ties and every metric.
func TestKMedoidsBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, silhouette := range []bool{false, true} {
		hits, rounds := 0, longRounds(60, 1000)
		for round := range rounds {
			n, d := 4+r.IntN(7), 1+r.IntN(3)
			k := 1 + r.IntN(n-1)
			if silhouette {
				k = max(k, 2)
			}
			x := randomRows(r, n, d, round%3 == 0)
			if round%2 == 0 {
				x.Weights = make([]float64, n)
				for i := range n {
					x.Weights[i] = float64(1 + r.IntN(4))
				}
			}
			a := &KMedoids{NClusters: k, Method: "fasterpam", Metric: []string{"euclidean", "manhattan", "sqeuclidean"}[round%3], Init: "random", NInit: 10, MaxIter: 100}
			if silhouette {
				a.Method = "medoid_silhouette"
			}
			space, err := NewSpace(a.Metric, x)
			if err != nil {
				t.Fatal(err)
			}
			got, err := a.Fit(t.Context(), x, Run{Seed: uint64(round), Workers: 1 + round%3})
			if err != nil {
				t.Fatal(err)
			}
			if got.K < k {
				continue // fewer distinct rows
			}
			loss := kmedoidsLoss(x, space, got.Medoids, silhouette)
			value := *got.Objective
			if silhouette {
				value = 1 - value
			}
			if !near9(value, loss) {
				t.Fatalf("round %d: objective %v, by the definition %v", round, value, loss)
			}
			best := kmedoidsBest(x, space, k, silhouette)
			if loss < best-1e-9 {
				t.Fatalf("round %d: loss %v below the least, %v", round, loss, best)
			}
			if loss <= best+1e-9*best {
				hits++
			}
			for s := range got.Medoids {
				for c := range n {
					other := slices.Clone(got.Medoids)
					if !slices.Contains(other, c) {
						other[s] = c
						if l := kmedoidsLoss(x, space, other, silhouette); l < loss-1e-9 {
							t.Fatalf("round %d: row %d for medoid %d lowers the loss from %v to %v", round, c, got.Medoids[s], loss, l)
						}
					}
				}
			}
		}
		if hits*10 < rounds*9 {
			t.Errorf("silhouette %v: the best medoids in %d of %d", silhouette, hits, rounds)
		}
	}
}

func randomRows(r *rand.Rand, n, d int, coarse bool) *features.Matrix {
	v := make([]float64, n*d)
	for i := range v {
		if v[i] = r.NormFloat64(); coarse {
			v[i] = float64(r.IntN(4))
		}
	}
	return matrix(d, v...)
}

// Blocks are passed over only where nothing is near: large sets, with their distances
// given, take the same path.
func TestKMedoidsPruned(t *testing.T) {
	for round, metric := range []string{"euclidean", "manhattan", "sqeuclidean", "cosine", "correlation", "mahalanobis", "gower", "hamming", "jaccard"} {
		r := rand.New(rand.NewPCG(uint64(round), 8))
		x, _ := gaussian(1500, 3+round%3, 8, 12, uint64(round))
		n, d := x.Dims()
		for j := range x.Cols {
			if j == 1 {
				x.Cols[j].Kind = features.Category
			}
		}
		for i := range n {
			x.Row(i)[1] = float64(r.IntN(3))
			if metric == "hamming" || metric == "jaccard" {
				for j := range d {
					x.Row(i)[j] = float64(max(0, r.IntN(6)-2))
				}
			}
			x.Row(i)[0] += 1e8 * float64(round%2)
		}
		space, err := NewSpace(metric, x)
		if err != nil {
			t.Fatal(err)
		}
		full := make([]float64, n*n)
		for i := range n {
			rows(space, i, full[i*n:(i+1)*n])
			for j := range n {
				if v := space.Dist(i, j); v != full[i*n+j] {
					t.Fatalf("%s: Rows %v, Dist %v", metric, full[i*n+j], v)
				}
			}
		}
		given, err := NewDistances(n, full)
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range []string{"fasterpam", "medoid_silhouette"} {
			a := &KMedoids{NClusters: 12, Method: method, Metric: metric, Init: "random", NInit: 1, MaxIter: 100}
			b := *a
			b.Metric = "euclidean"
			var got [3]*Clustering
			for i, try := range []struct {
				a   *KMedoids
				run Run
			}{{a, Run{Workers: 2}}, {&b, Run{Space: given}}, {&b, Run{Space: space}}} {
				try.run.Seed = 9
				if got[i], err = try.a.Fit(t.Context(), x, try.run); err != nil {
					t.Fatal(err)
				}
			}
			for i, c := range got[1:] {
				if !near9(*got[0].Objective, *c.Objective) || metric != "hamming" && metric != "jaccard" && (!slices.Equal(got[0].Medoids, c.Medoids) || c.Iter != got[0].Iter) {
					t.Errorf("%s, %s, %d: %v %v in %d, want %v %v in %d", metric, method, i, *c.Objective, c.Medoids, c.Iter, *got[0].Objective, got[0].Medoids, got[0].Iter)
				}
			}
			rule, err := RuleOf(a, x, got[0])
			if err != nil || !rule.Exact {
				t.Errorf("%s: rule %+v, %v", metric, rule, err)
			}
		}
	}
}

// onebatch: with every row in the batch it is FasterPAM; with a sample it comes close.
func TestKMedoidsOneBatch(t *testing.T) {
	x, _ := gaussian(4000, 6, 12, 10, 3)
	fit := func(a KMedoids, run Run) *Clustering {
		a.NClusters, a.Init, a.NInit, a.MaxIter = 12, "random", 1, 100
		got, err := a.Fit(t.Context(), x, run)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	full := fit(KMedoids{Method: "fasterpam"}, Run{Seed: 3})
	if got := fit(KMedoids{Method: "onebatch", BatchSize: 4000}, Run{Seed: 3}); checkSame(full, got) != "" {
		t.Errorf("a batch of all rows: other %s", checkSame(full, got))
	}
	got := fit(KMedoids{Method: "onebatch"}, Run{Seed: 3, Workers: 2})
	if *got.Objective > 1.05**full.Objective {
		t.Errorf("loss %v, of FasterPAM %v", *got.Objective, *full.Objective)
	}
	space, err := NewSpace("euclidean", x)
	if err != nil {
		t.Fatal(err)
	}
	if given := fit(KMedoids{Method: "onebatch"}, Run{Seed: 3, Space: space}); !near9(*given.Objective, *got.Objective) {
		t.Errorf("with distances given %v, want %v", *given.Objective, *got.Objective)
	}
}

func TestKMedoidsRefusals(t *testing.T) {
	x, _ := checkBlobs(30, 1)
	given, _ := NewDistances(2, []float64{0, 1, 1, 0})
	for want, a := range map[string]struct {
		a   KMedoids
		run Run
	}{
		"method = pam: fasterpam":              {a: KMedoids{Method: "pam"}},
		"metric = euclid: euclidean, sqeuclid": {a: KMedoids{Metric: "euclid"}},
		"init = first":                         {a: KMedoids{Init: "first"}},
		"n_init = 0":                           {a: KMedoids{NInit: -1}},
		"init_medoids = 30":                    {a: KMedoids{InitMedoids: []int{0, 30}}},
		"init_medoids = 4":                     {a: KMedoids{InitMedoids: []int{4, 4}}},
		"n_clusters = 2: but 1 initial":        {a: KMedoids{InitMedoids: []int{4}}},
		"min_clusters = 3: from 2 to":          {a: KMedoids{Method: "dynmsc", MinClusters: 3}},
		"distances between 2 points for 30":    {run: Run{Space: given}},
		"max_iter = 0":                         {a: KMedoids{MaxIter: -1}},
		"batch_size = -1":                      {a: KMedoids{BatchSize: -1}},
	} {
		o := *kmedoidsDefaults()
		o.NClusters = 2
		b := a.a
		if b.Method != "" {
			o.Method = b.Method
		}
		if b.Metric != "" {
			o.Metric = b.Metric
		}
		if b.Init != "" {
			o.Init = b.Init
		}
		o.InitMedoids, o.BatchSize = b.InitMedoids, b.BatchSize
		o.NInit, o.MaxIter, o.MinClusters = max(0, o.NInit+b.NInit), max(0, 1+b.MaxIter), max(2, b.MinClusters)
		if _, err := o.Fit(t.Context(), x, a.run); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want …%s…, got %v", want, err)
		}
	}
	var option *OptionError
	one := &KMedoids{NClusters: 1, Method: "medoid_silhouette", Init: "random", NInit: 1, MaxIter: 9}
	if _, err := one.Fit(t.Context(), x, Run{}); !errors.As(err, &option) || option.Option != "n_clusters" {
		t.Errorf("a silhouette of one cluster: %v", err)
	}
	zero := matrix(2, 1, 2, 0, 0, 3, 1)
	cosine := &KMedoids{NClusters: 2, Method: "fasterpam", Metric: "cosine", Init: "random", NInit: 1, MaxIter: 9}
	if _, err := cosine.Fit(t.Context(), zero, Run{}); err == nil || !strings.Contains(err.Error(), "row 2") {
		t.Errorf("a row without a direction: %v", err)
	}
	huge := matrix(1, 1e300, -1e300, 1e308, -1e308, 3)
	if _, err := (&KMedoids{NClusters: 2, Method: "fasterpam", Init: "random", NInit: 1, MaxIter: 9}).Fit(t.Context(), huge, Run{}); err == nil || !strings.Contains(err.Error(), "overflow") {
		t.Errorf("distances that overflow: %v", err)
	}
}

func kmedoidsDefaults() *KMedoids {
	m, _ := Lookup("kmedoids")
	return m.New().(*KMedoids)
}

// The other methods keep the contract too.
func TestKMedoidsMethods(t *testing.T) {
	options := map[string]string{"onebatch": "build", "medoid_silhouette": "random"}
	if longRounds(0, 1) == 1 {
		options["dynmsc"] = "build"
	}
	for method, init := range options {
		m, err := Lookup("kmedoids")
		if err != nil {
			t.Fatal(err)
		}
		v := *m
		v.Progress = Unordered
		v.New = func() Algorithm {
			a := kmedoidsDefaults()
			if a.Method, a.Init = method, init; method == "onebatch" {
				a.BatchSize = 100
			}
			return a
		}
		if method != "medoid_silhouette" {
			v.Invariance &^= Repetition // other batches; dynmsc is free to find another k
		}
		err = Check(&v)
		if err == nil {
			continue
		}
		for line := range strings.Lines(err.Error()) {
			if strings.Contains(line, "k = 1: ") && method != "onebatch" || method == "dynmsc" && strings.Contains(line, "min_clusters") {
				continue // one cluster has no silhouette
			}
			t.Errorf("%s, %s: %s", method, init, line)
		}
	}
}

func BenchmarkKMedoids(b *testing.B) {
	for _, c := range []struct {
		n, d, k int
		method  string
		given   bool
	}{
		{5000, 8, 10, "fasterpam", false},
		{5000, 8, 10, "fasterpam", true},
		{5000, 8, 100, "fasterpam", false},
		{10_000, 8, 10, "fasterpam", false},
		{10_000, 8, 50, "fasterpam", false},
		{10_000, 8, 100, "fasterpam", false},
		{10_000, 8, 100, "fasterpam", true},
		{10_000, 8, 20, "medoid_silhouette", false},
		{20_000, 8, 20, "fasterpam", false},
		{20_000, 8, 20, "onebatch", false},
		{100_000, 8, 20, "onebatch", false},
	} {
		b.Run(fmt.Sprintf("%s/given=%v/n=%d,d=%d,k=%d", c.method, c.given, c.n, c.d, c.k), func(b *testing.B) {
			x, _ := gaussian(c.n, c.d, 20, 10, 1)
			a := kmedoidsDefaults()
			a.NClusters, a.Method = c.k, c.method
			var run Run
			if c.given {
				space, err := NewSpace("euclidean", x)
				if err != nil {
					b.Fatal(err)
				}
				d := make([]float64, c.n*c.n)
				for i := range c.n {
					rows(space, i, d[i*c.n:(i+1)*c.n])
				}
				run.Space = &givenSpace{c.n, d}
			}
			for b.Loop() {
				got, err := a.Fit(context.Background(), x, run)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(*got.Objective, "objective")
				b.ReportMetric(float64(got.Iter), "rounds")
			}
		})
	}
}
