package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// Relations between answers, beside those that Check knows: what a change of the input must
// do to each index, over sets drawn anew.

// relationDegree is how an index grows with the unit of its features, where it does not stay
// the same: index(f·x) = f^degree·index(x).
var relationDegree = map[string]float64{"dunnowa": 1, "pbm": 2}

// relationInput draws a set; noise is left out where it has too few rows to be a segment.
func relationInput(m *Metric, seed uint64) *Input {
	in := checkInput(160+7*int(seed%13), 3, 3, seed)
	if m.Name == "wcnn" || m.Name == "dunnowa" {
		in.Noise = Exclude
	}
	return in
}

func relations(t *testing.T, sets int) {
	for _, m := range Metrics() {
		if m.Needs&(NeedRefit|NeedHoldout) != 0 {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			defined, sets := 0, sets
			if m.Name == "c_index" {
				sets = (sets + 3) / 4 // its counts of distances cost as much for 200 rows as for 20,000
			}
			for seed := range uint64(sets) {
				in := relationInput(m, seed)
				in.Truth = in.Truth[:1]
				base := scoreOf(t, m.Name, in)
				if base.Defined() {
					defined++
				}
				same := func(what string, to *Input, factor, tol float64) {
					s := scoreOf(t, m.Name, to)
					if s.Defined() != base.Defined() {
						t.Fatalf("set %d, %s: %s, before %s", seed, what, s.text(), base.text())
					}
					if s.Defined() {
						check.Close(t, fmt.Sprintf("set %d, %s", seed, what), s.Value/factor, base.Value, tol)
					}
				}
				rng := rand.New(rand.NewPCG(seed, 0x4e1))
				same("names", renamed(in, rng.Perm(in.C.K)), 1, 1e-9)
				same("order", reordered(in, rng.Perm(len(in.C.Labels))), 1, 1e-9)
				if m.Needs&NeedX != 0 {
					same("moved", mapped(in, func(v float64, j int) float64 { return v + float64(j) - 7 }), 1, 1e-8)
					for _, f := range []float64{0.03, 50} {
						same("scaled", mapped(in, func(v float64, _ int) float64 { return v * f }), math.Pow(f, relationDegree[m.Name]), 1e-8)
					}
					same("mirrored", mapped(in, func(v float64, j int) float64 { return v * float64(1-2*(j%2)) }), 1, 1e-9)
					same("columns in another order", relationColumns(in, func(row []float64) { slices.Reverse(row) }), 1, 1e-9)
					sin, cos := math.Sincos(1 + float64(seed))
					same("turned", relationColumns(in, func(row []float64) {
						row[0], row[2] = cos*row[0]-sin*row[2], sin*row[0]+cos*row[2]
					}), 1, 1e-8)
				}
				if m.Needs&NeedTruth != 0 {
					relationAgreement(t, m, in, seed, rng)
				}
			}
			if m.Name != "normalized_clustering_accuracy" && defined < sets {
				t.Errorf("defined on %d of %d sets", defined, sets)
			}
		})
	}
}

// relationAgreement holds indices of agreement to what exchanging the labellings, naming the
// reference's classes otherwise, and taking each row twice must do.
func relationAgreement(t *testing.T, m *Metric, in *Input, seed uint64, rng *rand.Rand) {
	n := len(in.C.Labels)
	a, b := make([]int32, n), make([]int32, n)
	for i := range n {
		a[i], b[i] = max(0, in.C.Labels[i]), max(0, in.Truth[0].Labels[i])
	}
	score := func(name string, x *features.Matrix, labels, truth []int32) Score {
		return scoreOf(t, name, &Input{X: x, C: clusteringOf(labels), Truth: []Labelling{{Name: "reference", Labels: truth}}})
	}
	base := score(m.Name, in.X, a, b)
	what := fmt.Sprintf("set %d", seed)
	back := m.Name
	switch m.Name {
	case "homogeneity":
		back = "completeness"
	case "completeness":
		back = "homogeneity"
	case "normalized_clustering_accuracy":
		back = "" // shares of the classes, not of the clusters
	}
	if back != "" {
		check.Close(t, what+", exchanged", score(back, in.X, b, a).Value, base.Value, 1e-9)
		if back == m.Name && m.Props&PropSymmetric == 0 {
			t.Errorf("%s is symmetric and does not claim it", m.Name)
		}
	}
	names := rng.Perm(12)
	other := make([]int32, n)
	for i, l := range b {
		other[i] = int32(names[l])
	}
	check.Close(t, what+", classes renamed", score(m.Name, in.X, a, other).Value, base.Value, 1e-9)
	if m.Props&PropIdentity == 0 {
		t.Errorf("%s does not claim that a labelling agrees best with itself", m.Name)
	}
	best := m.Range.Hi
	if m.Range.Better < 0 {
		best = m.Range.Lo
	}
	check.Close(t, what+", itself", score(m.Name, in.X, a, a).Value, best, 1e-12)
	switch m.Name {
	case "adjusted_rand", "adjusted_mutual_info", "fowlkes_mallows":
		return // pairs of one row and its twin count
	}
	all := make([]int, 2*n)
	for i := range all {
		all[i] = i / 2
	}
	twice := func(l []int32) []int32 {
		out := make([]int32, 2*n)
		for i := range out {
			out[i] = l[i/2]
		}
		return out
	}
	check.Close(t, what+", each row twice", score(m.Name, in.X.Pick(all), twice(a), twice(b)).Value, base.Value, 1e-9)
}

func relationColumns(in *Input, f func(row []float64)) *Input {
	out := mapped(in, func(v float64, _ int) float64 { return v })
	n, _ := out.X.Dims()
	for i := range n {
		f(out.X.Row(i))
	}
	return out
}

func TestRelations(t *testing.T) { relations(t, 12) }

func TestRelationsLong(t *testing.T) {
	check.Long(t)
	relations(t, 200)
}
