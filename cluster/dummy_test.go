package cluster

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestDummy(t *testing.T) {
	x := matrix(2, 5, 0, 1, 0, 4, 0, 1, 0, 3, 0, 2, 0)
	for _, c := range []struct {
		a    Dummy
		want []int32
	}{
		{Dummy{Strategy: "one", NClusters: 8}, []int32{0, 0, 0, 0, 0, 0}},
		// Sorted: 1 1 | 2 3 | 4 5 (rows 1 3 | 5 4 | 2 0); ties by the smallest row.
		{Dummy{Strategy: "stripes", NClusters: 3}, []int32{0, 1, 0, 1, 2, 2}},
		// The two rows of value 1 share a stripe: 1 1 | 2 | 3 | 4 | 5.
		{Dummy{Strategy: "stripes", NClusters: 6}, []int32{1, 0, 2, 0, 3, 4}},
	} {
		got, err := c.a.Fit(context.Background(), x, Run{})
		if err != nil || !slices.Equal(got.Labels, c.want) {
			t.Errorf("%+v: %v %v, want %v", c.a, got, err, c.want)
		}
	}
	if _, err := (&Dummy{Strategy: "two", NClusters: 2}).Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), "strategy = two: one, random or stripes") {
		t.Errorf("got %v", err)
	}
}

// Random labels are uniform: of 40,000 rows each of 4 clusters gets 10,000 give or take
// five standard deviations, √(40000·¼·¾) = 87 each.
func TestDummyUniform(t *testing.T) {
	x := matrix(1, make([]float64, 40_000)...)
	c, err := (&Dummy{Strategy: "random", NClusters: 4}).Fit(context.Background(), x, Run{Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Sizes() {
		if math.Abs(float64(s)-10_000) > 5*87 {
			t.Errorf("sizes %v", c.Sizes())
		}
	}
	d, err := (&Dummy{Strategy: "random", NClusters: 4}).Fit(context.Background(), x, Run{Seed: 10})
	if err != nil || slices.Equal(c.Labels, d.Labels) {
		t.Errorf("two seeds give the same labels (%v)", err)
	}
}
