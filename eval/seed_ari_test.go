package eval

import (
	"context"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/internal/check"
)

// Seeds that change nothing agree; the index is that of the pairs, one by one.
func TestSeedARI(t *testing.T) {
	in := refitGroups(150, 4, 2, 6, 5)
	s, err := (&SeedARI{B: 4}).Score(context.Background(), in)
	if err != nil || !s.Defined() || s.Value >= 1 {
		t.Fatalf("six segments of four groups: %s, %v", s.text(), err)
	}
	refit := in.Refit
	runs := make(chan []int32, 4)
	in.Refit = func(ctx context.Context, rows []int, seed uint64) (*cluster.Clustering, error) {
		c, err := refit(ctx, rows, seed)
		runs <- c.Labels
		return c, err
	}
	if _, err := (&SeedARI{B: 4}).Score(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	var list [][]int32
	for range 4 {
		list = append(list, <-runs)
	}
	sum := 0.0
	for i := range list {
		for j := range i {
			v, _ := RandIndex(list[i], list[j])
			sum += v
		}
	}
	check.Close(t, "pairs one by one", s.Value, sum/6, 1e-12)
	in.Refit = func(ctx context.Context, rows []int, _ uint64) (*cluster.Clustering, error) {
		return refit(ctx, rows, 1)
	}
	if s := scoreOf(t, "seed_ari", in); s.Value != 1 {
		t.Errorf("one seed for all: %s", s.text())
	}
}
