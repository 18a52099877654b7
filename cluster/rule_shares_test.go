package cluster

import (
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// For a mixture the shares are the posteriors that the fit itself gives.
func TestSharesOfAMixture(t *testing.T) {
	x, _ := gaussian(400, 3, 4, 5, 1)
	m, err := Lookup("gmm")
	if err != nil {
		t.Fatal(err)
	}
	a := m.New().(*GMM)
	c, err := a.Fit(context.Background(), x, Run{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := RuleOf(a, x, c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Shares(context.Background(), x, 2)
	if err != nil {
		t.Fatal(err)
	}
	want, err := a.Memberships(x, c)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		for l := range c.K {
			check.Close(t, "posterior", got[i*(c.K+1)+1+l], want[i*c.K+l], 1e-9)
		}
	}
}

// For the other rules they are Bezdek's memberships, by the definition, with or without
// trees; the largest is the label where the nearest point decides; a rule read back from
// JSON gives the same bits, on any number of workers.
func TestSharesByDistance(t *testing.T) {
	x, _ := gaussian(500, 3, 4, 6, 1)
	y, _ := gaussian(200, 3, 4, 9, 2)
	for _, name := range []string{"kmeans", "dbscan", "hdbscan", "hierarchical", "kmedoids", "spectral"} {
		m, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		a := m.New()
		if d, ok := a.(*DBSCAN); ok {
			d.Eps = 1.2
		}
		c, err := a.Fit(context.Background(), x, Run{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		made, err := RuleOf(a, x, c)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(made)
		if err != nil {
			t.Fatal(err)
		}
		var r Rule
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
		got, err := r.Shares(context.Background(), y, 2)
		if err != nil {
			t.Fatal(err)
		}
		again, err := made.Shares(context.Background(), y, 1)
		if err != nil {
			t.Fatal(err)
		}
		wide := r.NumLabels() + 1
		for i := range 200 {
			row, sum, most := got[i*wide:(i+1)*wide], 0.0, 0
			least := make([]float64, wide)
			for l := range least {
				least[l] = math.Inf(1)
			}
			if r.Radius > 0 {
				least[0] = r.Radius
			}
			for p, q := range r.Points {
				s := 0.0
				for j, v := range q {
					s += (v - y.Row(i)[j]) * (v - y.Row(i)[j])
				}
				least[r.Labels[p]+1] = min(least[r.Labels[p]+1], math.Sqrt(s))
			}
			total := 0.0
			for _, d := range least {
				total += 1 / (d * d)
			}
			for l, v := range row {
				check.Close(t, name, v, 1/(least[l]*least[l])/total, 1e-9)
				if sum += v; v > row[most] {
					most = l
				}
				if v != again[i*wide+l] {
					t.Fatalf("%s: other bits after JSON or on 1 worker", name)
				}
			}
			check.Close(t, "sum", sum, 1, 1e-12)
			if label, _ := r.Predict(y.Row(i)); (r.Kind == NearestCenter || r.Kind == NearestPoint) && int32(most)-1 != label {
				t.Errorf("%s: the largest share of row %d is %d's, its label %d", name, i, most-1, label)
			}
		}
		few, err := r.Shares(context.Background(), y.Pick([]int{7}), 1) // no trees
		if err != nil {
			t.Fatal(err)
		}
		for l, v := range few {
			check.Close(t, name+" alone", v, got[7*wide+l], 1e-12)
		}
	}
}

// On a point, half way, beyond everything, and where there is nothing.
func TestSharesByHand(t *testing.T) {
	x := matrix(1, 0, 5, 2.5, 1)
	r := &Rule{Kind: NearestCenter, Points: [][]float64{{0}, {5}}, Labels: []int32{0, 1}}
	got, err := r.Shares(context.Background(), x, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0, 1, 0, 0, 0, 1, 0, 0.5, 0.5, 0, 16. / 17, 1. / 17} {
		check.Close(t, "share", got[i], want, 1e-15)
	}
	got, err = (&Rule{Kind: NearestPoint}).Shares(context.Background(), x, 1)
	if err != nil || len(got) != 4 || got[2] != 1 {
		t.Errorf("a rule without points: %v, %v", got, err)
	}
}
