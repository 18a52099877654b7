package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/cluster"
)

func consensusOf(t testing.TB, labels [][]int32, o ConsensusOptions) *Consensus {
	t.Helper()
	c, err := NewConsensus(context.Background(), labellings(labels), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestConsensusExpected: the cuts of SciPy's tree of all rows, where ties do not decide.
func TestConsensusExpected(t *testing.T) {
	cuts := 0
	for _, c := range expectCompare(t).Cases {
		for policy, list := range c.Consensus {
			for _, want := range list {
				cuts++
				got := consensusOf(t, c.Labels, ConsensusOptions{K: want.K, Noise: policy})
				if ari, _ := RandIndex(compareFilled(want.Labels), compareFilled(got.Labels)); got.K != want.K || ari != 1 {
					t.Errorf("%s, noise %s: %d segments, ARI with SciPy's %d is %g", c.Name, policy, got.K, want.K, ari)
				}
				for row, l := range want.Labels {
					if (l < 0) != (got.Labels[row] < 0) {
						t.Fatalf("%s, noise %s: row %d is %d", c.Name, policy, row, got.Labels[row])
					}
				}
			}
		}
	}
	if cuts < 40 {
		t.Errorf("only %d cuts were compared", cuts)
	}
}

// coassociation is the definition, for two rows.
func coassociation(labels [][]int32, policy NoisePolicy, x, y int) float64 {
	same, judged := 0, 0
	for _, l := range labels {
		a, b := l[x], l[y]
		switch {
		case a >= 0 && a == b, policy == OneCluster && max(a, b) < 0:
			same++
			judged++
		case policy == OneCluster || policy == Singletons || min(a, b) >= 0:
			judged++
		}
	}
	if judged == 0 {
		return 0
	}
	return float64(same) / float64(judged)
}

// TestConsensusTree replays each tree on the rows, pair by pair: a merge is as high as the
// two clusters' mean distance, and no other two clusters are nearer at that time. That is
// what average linkage is, whichever of equal pairs goes first.
func TestConsensusTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(1, 14).Draw(t, "rows"), rapid.IntRange(1, 5).Draw(t, "labellings")
		policy := rapid.SampledFrom([]NoisePolicy{"", Exclude, Singletons, OneCluster}).Draw(t, "noise")
		var labels [][]int32
		for i := range m {
			labels = append(labels, drawLabels(t, fmt.Sprint(i), n, rapid.IntRange(1, 4).Draw(t, "k")))
		}
		c, err := NewConsensus(context.Background(), labellings(labels), ConsensusOptions{Noise: policy, Workers: 1 + n%3})
		if err != nil {
			if !strings.Contains(err.Error(), "no evidence") {
				t.Fatal(err)
			}
			return
		}
		clusters := make([][]int, c.Tree.N)
		for row, g := range c.Group {
			missing := 0
			for _, l := range labels {
				if l[row] < 0 && policy != OneCluster {
					missing++
				}
			}
			if out := 2*missing > m; out != (g < 0) || out != (c.Labels[row] < 0) {
				t.Fatalf("row %d of %v: group %d", row, labels, g)
			}
			if g >= 0 {
				clusters[g] = append(clusters[g], row)
			}
		}
		mean := func(a, b []int) float64 {
			s := 0.0
			for _, x := range a {
				for _, y := range b {
					s += 1 - coassociation(labels, policy, x, y)
				}
			}
			return s / float64(len(a)*len(b))
		}
		for i, rows := range clusters {
			if len(rows) == 0 || i > 0 && len(rows) > len(clusters[i-1]) || len(rows) > 1 && coassociation(labels, policy, rows[0], rows[1]) != 1 {
				t.Fatalf("groups %v", clusters)
			}
		}
		for i, h := range c.Tree.Height {
			a, b := c.Tree.A[i], c.Tree.B[i]
			if d := mean(clusters[a], clusters[b]); math.Abs(d-h) > 1e-12 {
				t.Fatalf("merge %d at %g, want %g", i, h, d)
			}
			for x, p := range clusters {
				for _, q := range clusters[x+1:] {
					if p != nil && q != nil && mean(p, q) < h-1e-12 {
						t.Fatalf("merge %d at %g, but %v and %v are nearer", i, h, p, q)
					}
				}
			}
			clusters = append(clusters, slices.Concat(clusters[a], clusters[b]))
			clusters[a], clusters[b] = nil, nil
		}
		for row, s := range c.Support {
			sum, others := 0.0, 0
			for y, l := range c.Labels {
				if y != row && l >= 0 && l == c.Labels[row] {
					sum += coassociation(labels, policy, row, y)
					others++
				}
			}
			if want := sum / float64(others); others == 0 != math.IsNaN(s) || others > 0 && math.Abs(s-want) > 1e-12 {
				t.Fatalf("row %d has support %g, want %g", row, s, want)
			}
		}
	})
}

// TestConsensusProperties: names, the order of labellings and workers change nothing; a
// labelling agrees with itself.
func TestConsensusProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(2, 40).Draw(t, "rows"), rapid.IntRange(1, 6).Draw(t, "labellings")
		policy := rapid.SampledFrom([]NoisePolicy{Exclude, Singletons, OneCluster}).Draw(t, "noise")
		var labels, other [][]int32
		for i := range m {
			l := drawLabels(t, fmt.Sprint(i), n, 5)
			l[0] = 0 // one row is always somewhere
			labels, other = append(labels, l), append(other, compareRenamed(l))
		}
		slices.Reverse(other)
		a, err := NewConsensus(context.Background(), labellings(labels), ConsensusOptions{Noise: policy, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewConsensus(context.Background(), labellings(other), ConsensusOptions{Noise: policy, Workers: 4})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.Labels, b.Labels) || !slices.Equal(a.Tree.Height, b.Tree.Height) || !slices.EqualFunc(a.Support, b.Support, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) }) {
			t.Fatalf("%v and %v", a, b)
		}
		_, sizes := dense(labels[0])
		same, err := NewConsensus(context.Background(), labellings([][]int32{labels[0], compareRenamed(labels[0]), labels[0]}), ConsensusOptions{K: len(sizes), Noise: Exclude})
		if err != nil {
			t.Fatal(err)
		}
		if r, err := Align(labels[0], same.Labels); err != nil || len(r.Moved) > 0 {
			t.Fatalf("of one labelling %v became %v", labels[0], same.Labels)
		}
	})
}

// TestConsensusByHand: two against one, and what each policy makes of the unassigned.
func TestConsensusByHand(t *testing.T) {
	labels := [][]int32{
		{0, 0, 0, 1, 1, 1, -1, -1},
		{0, 0, 0, 1, 1, 1, -1, 1},
		{0, 0, 1, 1, 1, 1, 2, 1},
	}
	for policy, want := range map[NoisePolicy][]int32{
		Exclude:    {1, 1, 1, 0, 0, 0, -1, 0}, // two of three leave the seventh out
		Singletons: {1, 1, 1, 0, 0, 0, -1, 0},
	} {
		c := consensusOf(t, labels, ConsensusOptions{K: 2, Noise: policy})
		if !slices.Equal(c.Labels, want) {
			t.Errorf("%s: %v, want %v", policy, c.Labels, want)
		}
	}
	c := consensusOf(t, labels, ConsensusOptions{K: 3, Noise: OneCluster})
	if want := []int32{1, 1, 1, 0, 0, 0, 2, 0}; !slices.Equal(c.Labels, want) {
		t.Errorf("one cluster: %v, want %v", c.Labels, want)
	}
	// The third row is with the first two in two labellings of three.
	c = consensusOf(t, labels, ConsensusOptions{K: 2})
	for row, want := range []float64{5.0 / 6, 5.0 / 6, 2.0 / 3} {
		if math.Abs(c.Support[row]-want) > 1e-15 {
			t.Errorf("row %d has support %g, want %g", row, c.Support[row], want)
		}
	}
	// No number of segments is given: the one that lasts longest, the planted one.
	rng := rand.New(rand.NewPCG(5, 6))
	planted, noisy := make([]int32, 300), make([][]int32, 9)
	for i := range planted {
		planted[i] = int32(i % 4)
	}
	for r := range noisy {
		noisy[r] = slices.Clone(planted)
		for i := range planted {
			if rng.Float64() < 0.2 {
				noisy[r][i] = int32(rng.IntN(6))
			}
		}
	}
	c = consensusOf(t, noisy, ConsensusOptions{})
	if ari, _ := RandIndex(planted, c.Labels); c.K != 4 || ari < 0.99 {
		t.Errorf("%d segments, ARI with the planted ones %g", c.K, ari)
	}
}

// TestConsensusManyGroups: small groups go with the leaf most like them, and it is said.
func TestConsensusManyGroups(t *testing.T) {
	defer func(most int) { consensusGroups = most }(consensusGroups)
	consensusGroups = 40
	rng := rand.New(rand.NewPCG(7, 8))
	const n = 20_000
	planted, labels := make([]int32, n), make([][]int32, 7)
	for i := range planted {
		planted[i] = int32(rng.IntN(5))
	}
	for r := range labels {
		labels[r] = slices.Clone(planted)
		for i := range planted {
			if rng.Float64() < 0.2 {
				labels[r][i] = int32(rng.IntN(7)) - 1
			}
		}
	}
	c := consensusOf(t, labels, ConsensusOptions{K: 5, Workers: 1})
	if ari, _ := RandIndex(planted, c.Labels); ari < 0.98 {
		t.Errorf("ARI with the planted segments %g", ari)
	}
	if c.Tree.N != 40 || c.Attached == 0 || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], fmt.Sprint(c.Attached)) {
		t.Errorf("%d leaves, %d attached, %v", c.Tree.N, c.Attached, c.Warnings)
	}
	for row, s := range c.Support {
		if l := c.Labels[row]; l >= 0 && !(s >= 0 && s <= 1+1e-12) {
			t.Fatalf("row %d has support %g", row, s)
		}
	}
	if two := consensusOf(t, labels, ConsensusOptions{K: 5, Workers: 3}); !slices.Equal(c.Labels, two.Labels) {
		t.Error("another number of workers, other labels")
	}
}

func TestConsensusRefuses(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		labels [][]int32
		o      ConsensusOptions
		say    string
	}{
		"nothing":            {nil, ConsensusOptions{}, "no labellings"},
		"no rows":            {[][]int32{{}}, ConsensusOptions{}, "no rows"},
		"other lengths":      {[][]int32{{0}, {0, 1}}, ConsensusOptions{}, "by id"},
		"negative k":         {[][]int32{{0, 1}}, ConsensusOptions{K: -1}, "k = -1"},
		"too many segments":  {[][]int32{{0, 1, 1}, {0, 1, 1}}, ConsensusOptions{K: 3}, "only 2 groups"},
		"everybody left out": {[][]int32{{-1, -1}, {-1, -1}}, ConsensusOptions{}, "no evidence"},
	} {
		if _, err := NewConsensus(ctx, labellings(c.labels), c.o); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v", name, err)
		}
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := NewConsensus(over, labellings([][]int32{{0, 1}}), ConsensusOptions{}); err == nil {
		t.Error("cancelled, and yet a consensus")
	}
	if c := consensusOf(t, [][]int32{{4, 4, -1}}, ConsensusOptions{K: 1}); c.K != 1 || !slices.Equal(c.Labels, []int32{0, 0, cluster.Noise}) {
		t.Errorf("one group: %+v", c)
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown policy")
		}
	}()
	_, _ = NewConsensus(ctx, labellings([][]int32{{0}}), ConsensusOptions{Noise: "perhaps"})
}
