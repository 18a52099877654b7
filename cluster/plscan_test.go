package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// On trees without ties labels, probabilities and the chosen size are fast_plscan's,
// whose values are float32. Where core distances make ties it puts rows that leave
// where a cluster parts into one of the parts, which changes sizes by a few.
func TestPLSCANEqualsFastPLSCAN(t *testing.T) {
	for name, s := range readHDBSCANExpected(t).Sets {
		x := readSet(t, name).Pick(seq(s.Rows))
		for _, e := range s.PLSCAN {
			what := fmt.Sprintf("%s min_samples=%d min_cluster_size=%d", name, e.MinSamples, e.MinClusterSize)
			c, err := (&PLSCAN{MinSamples: e.MinSamples, MinClusterSize: &e.MinClusterSize}).Fit(context.Background(), x, Run{})
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(e.Labels)
			Canonical(want)
			size, total := c.Criteria["min_cluster_size"], c.Criteria["persistence"]
			if e.MinSamples > 1 {
				if ari := adjustedRand(c.Labels, want); ari < 0.98 || math.Abs(size-e.Above-1) > 2 || math.Abs(total-e.Persistence) > 5 {
					t.Errorf("%s: size %v, persistence %v, want about %v, %v; adjusted Rand index %.4f", what, size, total, e.Above+1, e.Persistence, ari)
				}
				continue
			}
			if size != e.Above+1 || total != e.Persistence || !slices.Equal(c.Labels, want) {
				t.Errorf("%s: size %v, persistence %v, want a size above %v, %v; adjusted Rand index %.6f", what, size, total, e.Above, e.Persistence, adjustedRand(c.Labels, want))
				continue
			}
			for i, p := range e.Probabilities {
				if math.Abs(p-c.Probabilities[i]) > 2e-5 {
					t.Errorf("%s: row %d has probability %v, want %v", what, i, c.Probabilities[i], p)
					break
				}
			}
		}
	}
}

// naivePLSCAN condenses the tree anew for every minimum cluster size: a leaf is the
// rows that it begins with, its persistence the number of sizes at which it is one.
func naivePLSCAN(t *Tree, least int) (labels []int32, size, total float64) {
	leaves := func(m int) (sets []string, labels []int32) {
		h := hdbscanCondense(t, float64(m), nil, nil, Run{}.workers())
		of := (&HDBSCAN{ClusterSelectionMethod: "leaf"}).choose(h)
		labels = make([]int32, t.N)
		rows := map[int32][]int{}
		for i, k := range h.at {
			if labels[i] = of[k]; of[k] >= 0 {
				rows[of[k]] = append(rows[of[k]], i)
			}
		}
		for _, r := range rows {
			sets = append(sets, fmt.Sprint(r))
		}
		return sets, labels
	}
	lasts := map[string]int{}
	for m := least + 1; m <= t.N; m++ {
		sets, _ := leaves(m)
		for _, s := range sets {
			lasts[s]++
		}
	}
	for m := least + 1; m <= t.N; m++ {
		sets, l := leaves(m)
		sum := 0
		for _, s := range sets {
			sum += lasts[s]
		}
		if float64(sum) > total {
			labels, size, total = l, float64(m), float64(sum)
		}
	}
	return labels, size, total
}

// PLSCAN is the brute force over all minimum cluster sizes, on coarse grids, where
// three and more clusters part at once.
func TestPLSCANNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 2).Draw(t, "d")
		v := rapid.SliceOfN(rapid.Float64Range(0, 9), 4*d, 40*d).Draw(t, "values")
		if rapid.Bool().Draw(t, "grid") {
			for i := range v {
				v[i] = math.Floor(v[i])
			}
		}
		x := matrix(d, v[:len(v)/d*d]...)
		a := &PLSCAN{MinSamples: rapid.IntRange(1, 3).Draw(t, "min_samples")}
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		labels, size, total := naivePLSCAN(c.Tree, a.minClusterSize())
		if total == 0 {
			if c.K != 0 {
				t.Fatalf("%d clusters, want none", c.K)
			}
			return
		}
		Canonical(labels)
		if !slices.Equal(c.Labels, labels) || c.Criteria["min_cluster_size"] != size || c.Criteria["persistence"] != total {
			t.Fatalf("%v %v, want %v at size %v, persistence %v", c.Labels, c.Criteria, labels, size, total)
		}
		same, err := (&HDBSCAN{MinClusterSize: int(size), MinSamples: &a.MinSamples, ClusterSelectionMethod: "leaf", Alpha: 1}).Fit(context.Background(), x, Run{})
		if err != nil || !slices.Equal(same.Labels, c.Labels) {
			t.Fatalf("hdbscan at min_cluster_size = %v differs (%v)", size, err)
		}
		rule, err := RuleOf(a, x, c)
		if err != nil || !rule.Exact || rule.Kind != NearestReachable {
			t.Fatalf("rule %s, agreement %v (%v)", rule.Kind, rule.Agreement, err)
		}
	})
}

func TestPLSCANOptions(t *testing.T) {
	x, _ := gaussian(60, 2, 3, 40, 1)
	one, four := 1, 4
	for want, a := range map[string]*PLSCAN{
		"min_samples = 0: at least 1":                      {MinSamples: 0},
		"min_cluster_size = 1: at least 2":                 {MinSamples: 2, MinClusterSize: &one},
		"max_cluster_size = 4: more than min_cluster_size": {MinSamples: 5, MaxClusterSize: &four},
	} {
		if _, err := a.Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	limit := 10
	c, err := (&PLSCAN{MinSamples: 3, MaxClusterSize: &limit}).Fit(context.Background(), x, Run{})
	if err != nil || c.Criteria["min_cluster_size"] > 10 {
		t.Errorf("min_cluster_size %v beyond the limit (%v)", c.Criteria, err)
	}
}
