package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mores-lab/mores/features"
)

func TestMethods(t *testing.T) {
	var names []string
	for _, m := range Methods() {
		names = append(names, m.Name)
		t.Run(m.Name, func(t *testing.T) {
			rows := checkRows
			if raceDetector && slices.Contains([]string{"affinity", "spectral"}, m.Name) {
				rows = 1100 // two blocks: with 3,000 they take minutes
			}
			if err := checkOn(m, rows); err != nil {
				t.Error(err)
			}
		})
	}
	if got := strings.Join(names, " "); !strings.Contains(got, "dbscan density_peaks dummy") || len(names) < 6 {
		t.Errorf("methods: %s", got)
	}
	if m, err := Lookup("agglomerative"); err != nil || m.Name != "hierarchical" {
		t.Errorf("agglomerative: %v", err)
	}
	if _, err := Lookup("kmean"); err == nil || !strings.Contains(err.Error(), `"kmean"`) {
		t.Errorf("kmean: %v", err)
	}
}

// broken is k-means with a fault.
type broken struct {
	KMeans
	fault string
}

func (b *broken) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	switch b.fault {
	case "accepts":
		if _, _, bad := x.Missing(); bad {
			return &Clustering{Labels: make([]int32, len(x.Data())/2), K: 1, Stop: Exact}, nil
		}
	case "deaf":
		ctx = context.Background()
	case "state":
		b.Tol++
	case "global":
		run.Seed = rand.Uint64()
	case "panics":
		if n, _ := x.Dims(); n == 2 {
			var none []int
			_ = none[n]
		}
	}
	c, err := b.KMeans.Fit(ctx, x, run)
	if err != nil {
		return nil, err
	}
	n, d := x.Dims()
	switch b.fault {
	case "order":
		for i, l := range c.Labels {
			c.Labels[i] = int32(c.K-1) - l
		}
	case "workers":
		if run.Workers == 3 {
			*c.Objective += 1e-9
		}
	case "mutates":
		x.Row(n - 1)[d-1]++
	case "stretched":
		if x.Row(0)[0] > 8 {
			c.Labels = make([]int32, n)
			c.K, c.Centers, c.rank = 1, c.Centers[:1], nil
		}
	case "one":
		c.Labels = make([]int32, n)
		c.K, c.Centers, c.rank = 1, c.Centers[:1], nil
	case "K":
		c.K++
	case "unweighted":
		y := x.Pick(seq(n))
		y.Weights = nil
		if c, err = b.KMeans.Fit(ctx, y, Run{Seed: run.Seed}); err != nil {
			return nil, err
		}
	case "climbs":
		for i := range 3 {
			run.report(Step{Iter: 100 + i, Objective: float64(i)})
		}
	}
	return c, nil
}

// Each fault is caught, by the probe that should.
func TestCheckCatches(t *testing.T) {
	for fault, want := range map[string]string{
		"order":      "labels are not canonical",
		"workers":    "3 workers: other objective",
		"mutates":    "changed the data",
		"accepts":    "NaN: accepted",
		"deaf":       "ended before the fit: <nil>",
		"state":      "changed the options",
		"global":     "other ",
		"panics":     "edges: panic",
		"stretched":  "another partition after a translation",
		"one":        "adjusted Rand index 0.000 on three far blobs",
		"K":          "K = 4 but 3 clusters have rows",
		"unweighted": "and rows written as often give other",
		"climbs":     "step 101 has objective 1 after 0",
	} {
		if raceDetector && fault == "state" {
			continue // it shares its options between goroutines, which is the fault
		}
		m := *kmeansMethod(t)
		m.New = func() Algorithm {
			return &broken{KMeans{NClusters: 8, Init: "random", NInit: 1, MaxIter: 300, Tol: 1e-4}, fault}
		}
		err := Check(&m)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want …%s…, got %v", fault, want, err)
		}
	}
}

func kmeansMethod(t *testing.T) *Method {
	m, err := Lookup("kmeans")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The declared invariances on many data sets.
func TestInvariance(t *testing.T) {
	for _, m := range Methods() {
		if m.Example != nil {
			continue // they do not look at the data
		}
		c := &checker{m: m, what: "invariance"}
		for s := range longRounds(20, 200) {
			c.seed = uint64(100 + s)
			c.guard(c.invariance)
		}
		if err := errors.Join(c.errs...); err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkCancel reports how long a fit of 100,000 rows goes on after its context
// has ended; a method that would need more than 4 GiB for them gets fewer rows.
func BenchmarkCancel(b *testing.B) {
	x, _ := gaussian(100_000, 10, 12, 8, 1)
	for _, m := range Methods() {
		if m.Example != nil || m.Baseline {
			continue // they do not look at the data
		}
		c := &checker{m: m}
		y := x
		a := c.make(y, 50)
		slow(a)
		for e, ok := a.(Estimator); ok; {
			n, d := y.Dims()
			if e.Estimate(n, d).Bytes < 4<<30 {
				break
			}
			y = y.Pick(seq(n / 2))
		}
		n, _ := y.Dims()
		b.Run(fmt.Sprintf("%s/n=%d,d=10", m.Name, n), func(b *testing.B) {
			worst, cut := time.Duration(0), 0
			for i := 0; b.Loop(); i++ {
				ctx, cancel := context.WithCancel(context.Background())
				var at atomic.Int64
				timer := time.AfterFunc(time.Duration(20+i%10*25)*time.Millisecond, func() { at.Store(time.Now().UnixNano()); cancel() })
				_, err := a.Fit(ctx, y, Run{})
				timer.Stop()
				if errors.Is(err, context.Canceled) {
					worst = max(worst, time.Since(time.Unix(0, at.Load())))
					cut++
				}
				cancel()
			}
			b.ReportMetric(float64(worst.Microseconds())/1000, "ms-after-cancel")
			b.ReportMetric(float64(cut)/float64(b.N), "cancelled")
		})
	}
}

// slow sets options that make a fit last.
func slow(a Algorithm) {
	for key, v := range map[string]any{"n_init": 100, "tol": 0.0, "eps": 3.0, "min_samples": 500} {
		if slices.Contains(Keys(a), key) {
			if err := SetValue(a, key, v); err != nil {
				panic(err)
			}
		}
	}
}
