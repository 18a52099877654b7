package cluster

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
)

// affinityExpected is an answer of scikit-learn.
type affinityExpected struct {
	Damping    *float64 `json:"damping"`
	Preference *float64 `json:"preference"`
	MaxIter    *int     `json:"max_iter"`
	Labels     []int32  `json:"labels"`
	Centers    []int    `json:"centers"`
	NIter      int      `json:"n_iter"`
	Converged  bool     `json:"converged"`
}

// Labels, exemplars and rounds of scikit-learn, whatever the number of workers.
func TestAffinityPeer(t *testing.T) {
	tried := 0
	for name, set := range readKMedoids(t).Sets {
		x := readSet(t, name).Pick(seq(150))
		for i, want := range set.Affinity {
			a := newAffinity()
			if want.Damping != nil {
				a.Damping = *want.Damping
			}
			if want.MaxIter != nil {
				a.MaxIter = *want.MaxIter
			}
			a.Preference = want.Preference
			got, err := a.Fit(t.Context(), x, Run{Workers: 1 + i})
			if err != nil {
				t.Fatal(err)
			}
			sameCanonical(t, name, got.Labels, want.Labels)
			if got.Iter != want.NIter || !slices.Equal(affinityDecided(got.Medoids, got.Labels), affinityDecided(want.Centers, got.Labels)) || (got.Stop == Converged) != want.Converged {
				t.Errorf("%s, %d: %d rounds, %s, exemplars %v; want %d, %v, %v", name, i, got.Iter, got.Stop, got.Medoids, want.NIter, want.Converged, want.Centers)
			}
			tried++
		}
	}
	if tried != 24 {
		t.Errorf("%d answers tried", tried)
	}
}

// affinityDecided are the exemplars of clusters of more than two rows: of two, either is
// as good, and the noise decides.
func affinityDecided(exemplars []int, labels []int32) []int {
	size := make([]int, len(exemplars))
	for _, l := range labels {
		size[l]++
	}
	var out []int
	for _, e := range exemplars {
		if size[labels[e]] > 2 {
			out = append(out, e)
		}
	}
	slices.Sort(out)
	return out
}

// The messages by their definition, in four loops.
func TestAffinityRound(t *testing.T) {
	x, _ := gaussian(40, 2, 3, 8, 2)
	n, damp := 40, 0.6
	r := &affinityRun{ctx: t.Context(), opt: &Affinity{Damping: damp, MaxIter: 1, ConvergenceIter: 15}, n: n, workers: 3}
	if _, err := r.similarities(x); err != nil {
		t.Fatal(err)
	}
	if _, err := r.propagate(); err != nil { // one round, from nothing
		t.Fatal(err)
	}
	resp, avail := slices.Clone(r.r), slices.Clone(r.a)
	if err := r.round(); err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(resp)
	for i := range n {
		for k := range n {
			most := math.Inf(-1)
			for j := range n {
				if j != k {
					most = math.Max(most, avail[i*n+j]+r.s[i*n+j])
				}
			}
			resp[i*n+k] = damp*before[i*n+k] + (1-damp)*(r.s[i*n+k]-most)
		}
	}
	for i := range n {
		for k := range n {
			v := 0.0
			for j := range n {
				if j != k && j != i {
					v += math.Max(0, resp[j*n+k])
				}
			}
			if i != k {
				v = math.Min(0, resp[k*n+k]+v)
			}
			v = damp*avail[i*n+k] + (1-damp)*v
			if math.Abs(r.r[i*n+k]-resp[i*n+k]) > 1e-9 || math.Abs(r.a[i*n+k]-v) > 1e-9 {
				t.Fatalf("rows %d and %d: r = %v, a = %v; want %v, %v", i, k, r.r[i*n+k], r.a[i*n+k], resp[i*n+k], v)
			}
		}
	}
}

func TestAffinityEdges(t *testing.T) {
	same := matrix(1, 0, 1)
	low, high := -9.0, 0.0
	for want, p := range map[int]*float64{1: &low, 2: &high} {
		a := newAffinity()
		a.Preference = p
		got, err := a.Fit(t.Context(), same, Run{})
		if err != nil || got.K != want || len(got.Warnings) != 1 {
			t.Errorf("preference %v: %+v, %v; want %d clusters", *p, got, err, want)
		}
	}
	x, truth := checkBlobs(60, 1)
	space, err := NewSpace("euclidean", x)
	if err != nil {
		t.Fatal(err)
	}
	calm := newAffinity()
	calm.Damping = 0.9
	calm.Preference = new(float64)
	*calm.Preference = -50
	a, err := calm.Fit(t.Context(), x, Run{})
	if err != nil || a.Stop != Converged || adjustedRand(a.Labels, truth) != 1 {
		t.Fatalf("%+v, %v", a, err)
	}
	b, err := calm.Fit(t.Context(), x, Run{Space: space})
	if err != nil || !slices.Equal(a.Labels, b.Labels) {
		t.Errorf("with distances given: %v, want %v (%v)", b.Labels, a.Labels, err)
	}
	none := newAffinity()
	none.MaxIter = 1
	if got, err := none.Fit(t.Context(), x, Run{}); err != nil || got.K != 0 || got.NumNoise() != 60 || !strings.Contains(got.Warnings[0], "no exemplar") {
		t.Errorf("after one round: %+v, %v", got, err)
	}
	for want, o := range map[string]Affinity{
		"damping = 1:":          {Damping: 1, MaxIter: 1, ConvergenceIter: 1},
		"max_iter = 0":          {Damping: 0.5, ConvergenceIter: 1},
		"convergence_iter = 0":  {Damping: 0.5, MaxIter: 1},
		"metric = l1: euclidea": {Damping: 0.5, MaxIter: 1, ConvergenceIter: 1, Metric: "l1"},
	} {
		if _, err := o.Fit(t.Context(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want …%s…, got %v", want, err)
		}
	}
	if _, err := newAffinity().Fit(t.Context(), features.NewMatrix(60_000, make([]features.Column, 1), nil), Run{}); err == nil || !strings.Contains(err.Error(), "R001 affinity") {
		t.Errorf("60,000 rows: %v", err)
	}
}
