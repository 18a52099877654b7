package cluster

import (
	"bytes"
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

	"github.com/mores-lab/mores/internal/kernel"
)

// densityPeaksNaive is the definition on a matrix of squared distances, with d_c² given
// or k neighbours.
func densityPeaksNaive(sq [][]float64, w []float64, cutSq float64, k, clusters int, halo bool) (rho, delta []float64, above, labels []int32) {
	n := len(sq)
	rho, delta, above = make([]float64, n), make([]float64, n), make([]int32, n)
	reach := make([]float64, n)
	most := 0.0
	for i := range n {
		if k > 0 {
			s := slices.Clone(sq[i])
			slices.Sort(s)
			reach[i] = math.Nextafter(s[k], math.Inf(1))
			if rho[i] = 1 / math.Sqrt(s[k]); !math.IsInf(rho[i], 1) {
				most = max(most, rho[i])
			}
			continue
		}
		reach[i] = cutSq
		for j := range n {
			if sq[i][j] < cutSq {
				rho[i] += w[j]
			}
		}
		rho[i] = max(0, rho[i]-1)
	}
	if most == 0 {
		most = 0.5
	}
	for i := range n {
		if math.IsInf(rho[i], 1) {
			rho[i] = 2 * most
		}
	}
	before := func(i, j int) bool { return rho[i] > rho[j] || rho[i] == rho[j] && i < j }
	order := seq(n)
	slices.SortFunc(order, func(i, j int) int {
		if before(i, j) {
			return -1
		}
		return 1
	})
	for _, i := range order {
		above[i] = -1
		best := math.Inf(1)
		for j := range n {
			if before(j, i) && sq[i][j] < best {
				best, above[i] = sq[i][j], int32(j)
			}
		}
		if delta[i] = math.Sqrt(best); above[i] < 0 {
			delta[i] = math.Sqrt(slices.Max(sq[i]))
		}
	}
	byGamma := slices.Clone(order)
	slices.SortStableFunc(byGamma, func(i, j int) int {
		switch a, b := rho[i]*delta[i], rho[j]*delta[j]; {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	labels = make([]int32, n)
	for i := range labels {
		labels[i] = -1
	}
	for l, i := range byGamma[:clusters] {
		labels[i] = int32(l)
	}
	for _, i := range order {
		if labels[i] < 0 {
			labels[i] = labels[above[i]]
		}
	}
	if halo {
		border := make([]float64, clusters)
		for i := range n {
			for j := range n {
				if labels[i] != labels[j] && sq[i][j] < reach[i] {
					border[labels[i]] = max(border[labels[i]], rho[i])
				}
			}
		}
		for i := range n {
			if rho[i] < border[labels[i]] {
				labels[i] = -1
			}
		}
	}
	return rho, delta, above, labels
}

// Densities, distances, what each row depends on and labels are the definition's: on
// grids full of ties and on clouds, with weights, both densities, halo, and distances
// given.
func TestDensityPeaksNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for round := range longRounds(120, 1500) {
		n, d := 2+r.IntN(90), 1+r.IntN(4)
		v := make([]float64, n*d)
		for i := range v {
			if v[i] = r.NormFloat64(); round%2 == 0 {
				v[i] = float64(r.IntN(7))
			}
			if round%5 == 1 {
				v[i] += 1e8
			}
		}
		x := matrix(d, v...)
		w := slices.Repeat([]float64{1}, n)
		if r.IntN(3) == 0 {
			for i := range w {
				w[i] = float64(r.IntN(4))
			}
			w[0] = 1
			x.Weights = w
		}
		sq := make([][]float64, n)
		for i := range sq {
			for j := range n {
				sq[i] = append(sq[i], kernel.Sq64(x.Row(i), x.Row(j)))
			}
		}
		cut := []float64{0.5, 1, 2, 1.3}[r.IntN(4)]
		k := 1 + r.IntN(n)
		a := &DensityPeaks{NClusters: &k, Density: "cutoff", Cutoff: &cut, Percent: 2, NNeighbors: 1 + r.IntN(min(8, n-1)), Halo: r.IntN(2) == 0}
		near := 0
		if r.IntN(3) == 0 {
			a.Density, near = "knn", a.NNeighbors
		}
		rho, delta, above, labels := densityPeaksNaive(sq, w, cut*cut, near, k, a.Halo)
		for _, run := range []Run{{Workers: 1 + r.IntN(3)}, {Space: sqrtSpace(sq)}} {
			if run.Space != nil && round%2 == 1 && cut != 1 && cut != 2 && near == 0 {
				continue // roots and squares may part at d_c
			}
			c, err := a.Fit(context.Background(), x, run)
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("round %d: n=%d d=%d k=%d %s cutoff=%v halo=%v, distances given: %v", round, n, d, k, a.Density, cut, a.Halo, run.Space != nil)
			g := c.Peaks
			if !slices.Equal(g.Rho, rho) || !slices.Equal(g.Delta, delta) || !slices.Equal(g.Above, above) {
				t.Fatalf("%s: another decision graph", what)
			}
			sameCanonical(t, what, c.Labels, labels)
			if !a.Halo && c.K != k {
				t.Fatalf("%s: %d clusters", what, c.K)
			}
		}
	}
}

// sqrtSpace gives the roots of a matrix.
type sqrtSpace [][]float64

func (s sqrtSpace) Len() int              { return len(s) }
func (s sqrtSpace) Dist(i, j int) float64 { return math.Sqrt(s[i][j]) }

// testdata/density_peaks.json: the authors' rules in NumPy and SciPy
// (eval/peers/density_peaks_expected.py).
func TestDensityPeaksExpected(t *testing.T) {
	b, err := os.ReadFile("testdata/density_peaks.json")
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Cases []struct {
			Set       string    `json:"set"`
			N         int       `json:"n"`
			Percent   float64   `json:"percent"`
			NClusters int       `json:"n_clusters"`
			Cutoff    float64   `json:"cutoff"`
			Rho       []float64 `json:"rho"`
			Delta     []float64 `json:"delta"`
			Labels    []int32   `json:"labels"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Cases) != 12 {
		t.Fatalf("%d cases", len(e.Cases))
	}
	for _, p := range e.Cases {
		what := fmt.Sprintf("%s, %g %%", p.Set, p.Percent)
		a := newDensityPeaks().(*DensityPeaks)
		a.NClusters, a.Percent = &p.NClusters, p.Percent
		c, err := a.Fit(context.Background(), readSet(t, p.Set).Pick(seq(p.N)), Run{})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(c.Peaks.Cutoff-p.Cutoff) > 1e-12*p.Cutoff || !slices.Equal(c.Peaks.Rho, p.Rho) {
			t.Errorf("%s: cutoff %v, want %v, or other densities", what, c.Peaks.Cutoff, p.Cutoff)
		}
		for i, v := range p.Delta {
			if math.Abs(c.Peaks.Delta[i]-v) > 1e-12*(1+v) {
				t.Errorf("%s: row %d has δ = %v, want %v", what, i, c.Peaks.Delta[i], v)
				break
			}
		}
		sameCanonical(t, what, c.Labels, p.Labels)
	}
}

// Far blobs are found; thresholds that part the decision graph where n_clusters does give
// the same clusters; noise and equal rows survive.
func TestDensityPeaksChoice(t *testing.T) {
	x, truth := gaussian(900, 2, 4, 60, 8)
	k := 4
	a := newDensityPeaks().(*DensityPeaks)
	a.NClusters = &k
	c, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	sameCanonical(t, "far blobs", c.Labels, truth)
	rho, delta := math.Inf(1), math.Inf(1)
	for _, i := range c.Medoids {
		rho, delta = min(rho, c.Peaks.Rho[i]), min(delta, c.Peaks.Delta[i])
	}
	b := newDensityPeaks().(*DensityPeaks)
	b.NClusters, b.RhoMin, b.DeltaMin = nil, &rho, &delta
	same, err := b.Fit(context.Background(), x, Run{})
	if err != nil || !slices.Equal(same.Labels, c.Labels) || !slices.Equal(same.Medoids, c.Medoids) {
		t.Errorf("thresholds give other clusters: %v", err)
	}
	far := 1e9
	b.DeltaMin = &far
	if same, err = b.Fit(context.Background(), x, Run{}); err != nil || same.K != 0 || !strings.Contains(fmt.Sprint(same.Warnings), "no row has") {
		t.Errorf("thresholds that nothing meets: %v", err)
	}
	var out bytes.Buffer
	if err := WriteDecisionGraph(&out, x, c); err != nil || strings.Count(out.String(), "\n") != 901 || !strings.HasPrefix(out.String(), "id,rho,delta,gamma,above,center,cluster\n") {
		t.Errorf("decision graph: %v", err)
	}
	if n := strings.Count(out.String(), ",1,"); n < 4 {
		t.Errorf("%d centres written", n)
	}
	if err := WriteDecisionGraph(&out, x, &Clustering{}); err == nil {
		t.Error("a clustering without a graph is written")
	}
	for option, change := range map[string]func(a *DensityPeaks){
		"n_clusters":  func(a *DensityPeaks) { a.RhoMin = &rho },
		"rho_min":     func(a *DensityPeaks) { a.NClusters, a.RhoMin = nil, new(float64); *a.RhoMin = -1 },
		"delta_min":   func(a *DensityPeaks) { a.NClusters, a.DeltaMin = nil, new(float64); *a.DeltaMin = -1 },
		"density":     func(a *DensityPeaks) { a.Density = "gauss" },
		"cutoff":      func(a *DensityPeaks) { a.Cutoff = new(float64) },
		"percent":     func(a *DensityPeaks) { a.Percent = 0 },
		"n_neighbors": func(a *DensityPeaks) { a.NNeighbors = 0 },
		"metric":      func(a *DensityPeaks) { a.Metric = "miles" },
	} {
		a := newDensityPeaks().(*DensityPeaks)
		change(a)
		_, err := a.Fit(context.Background(), x, Run{})
		if e, ok := errors.AsType[*OptionError](err); !ok || e.Option != option {
			t.Errorf("%s: %v", option, err)
		}
	}
}

// The cutoff of weighted rows is that of rows written as often, and so is everything.
func TestDensityPeaksWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for range 30 {
		x, _ := gaussian(80, 2, 3, 15, r.Uint64())
		var often []int
		for i := range 80 {
			w := 1 + r.IntN(3)
			x.Weights = append(x.Weights, float64(w))
			for range w {
				often = append(often, i)
			}
		}
		many := x.Pick(often)
		many.Weights = nil
		k := 3
		a := newDensityPeaks().(*DensityPeaks)
		a.NClusters, a.Percent = &k, 4
		got, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		want, err := a.Fit(context.Background(), many, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Peaks.Cutoff != want.Peaks.Cutoff {
			t.Fatalf("cutoff %v, of repeated rows %v", got.Peaks.Cutoff, want.Peaks.Cutoff)
		}
		for at, i := range often {
			if got.Peaks.Rho[i] != want.Peaks.Rho[at] {
				t.Fatalf("row %d has density %v, repeated %v", i, got.Peaks.Rho[i], want.Peaks.Rho[at])
			}
		}
		once := make([]int32, 80)
		for at, i := range often {
			once[i] = want.Labels[at]
		}
		if adjustedRand(once, got.Labels) != 1 {
			t.Fatal("other clusters")
		}
	}
}

// Above the sample the cutoff is the sample's, by the seed.
func TestDensityPeaksSample(t *testing.T) {
	x, _ := gaussian(densityPeaksSample+500, 2, 3, 30, 2)
	k := 3
	a := newDensityPeaks().(*DensityPeaks)
	a.NClusters = &k
	var cut []float64
	for _, run := range []Run{{Seed: 1, Workers: 1}, {Seed: 1, Workers: 3}, {Seed: 2}} {
		c, err := a.Fit(context.Background(), x, run)
		if err != nil || !strings.Contains(c.Warnings[0], "1000 rows drawn by the seed") {
			t.Fatalf("%v %v", c.Warnings, err)
		}
		cut = append(cut, c.Peaks.Cutoff)
	}
	if cut[0] != cut[1] || cut[0] == cut[2] || math.Abs(cut[2]/cut[0]-1) > 0.1 {
		t.Errorf("cutoffs %v", cut)
	}
}

func BenchmarkDensityPeaks(b *testing.B) {
	for _, p := range []struct {
		n, d    int
		density string
	}{{20_000, 2, "cutoff"}, {100_000, 2, "cutoff"}, {100_000, 2, "knn"}, {100_000, 5, "knn"}, {20_000, 8, "cutoff"}} {
		x, truth := gaussian(p.n, p.d, 12, 60, 1)
		b.Run(fmt.Sprintf("%s/n=%d,d=%d,k=12", p.density, p.n, p.d), func(b *testing.B) {
			k := 12
			a := newDensityPeaks().(*DensityPeaks)
			a.NClusters, a.Density = &k, p.density
			var c *Clustering
			for b.Loop() {
				var err error
				if c, err = a.Fit(context.Background(), x, Run{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(adjustedRand(c.Labels, truth), "ARI")
		})
	}
}
