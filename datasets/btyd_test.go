package datasets

import (
	"context"
	"math"
	"testing"
	"time"
)

// The cohort behaves as the models say. Expected from SciPy (hyp2f1) with the
// published parameters, averaged over first purchases uniform in 12 weeks: repeat
// purchases within the window, BG/NBD 1.7719 and Pareto/NBD 1.8156; share without a
// repeat under BG/NBD (α/(α+T))^r = .5003; mean spend pγ/(q−1) = 35.22.
func TestBTYD(t *testing.T) {
	o := generatorOf(t, "btyd").(*BTYD)
	o.Customers = 8000
	for model, want := range map[string]float64{"bgnbd": 1.7719, "pareto": 1.8156} {
		o.Model = model
		if model == "pareto" {
			o.R, o.Alpha = 0.553, 10.578
		} else {
			o.R, o.Alpha = 0.243, 4.414
		}
		g, err := o.Generate(5)
		if err != nil {
			t.Fatal(err)
		}
		if g.Truth != nil || g.BestARI != 0 || !g.Log.Meta.FirstSeenIsFirst {
			t.Error("segments or a left-cut window where there are none")
		}
		var n, repeats, squares, never, spend float64
		for h, err := range g.Log.Histories(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			x := float64(h.Len() - 1)
			n, repeats, squares = n+1, repeats+x, squares+x*x
			if x == 0 {
				never++
			}
			spend += h.Spend().Gross / float64(h.Len())
			if first := h.Time(0); first.After(time.Date(2023, 3, 27, 0, 0, 0, 0, time.UTC)) {
				t.Fatalf("%s first bought on %s", h.ID, first)
			}
		}
		if n != 8000 {
			t.Errorf("%s: %g customers", model, n)
		}
		mean := repeats / n
		near(t, model+": repeats", mean, want, 4*math.Sqrt((squares/n-mean*mean)/n))
		if model == "bgnbd" {
			near(t, "share without a repeat", never/n, 0.5003, 4*math.Sqrt(0.25/n))
		}
		near(t, model+": spend a purchase", spend/n, 35.22, 2) // heavy tail: 4 standard errors are about 1.4
	}
}

func TestBTYDDateOnly(t *testing.T) {
	o := generatorOf(t, "btyd").(*BTYD)
	o.DateOnly = true
	g, err := o.Generate(1)
	if err != nil {
		t.Fatal(err)
	}
	if g.Log.Meta.Resolution != Day || g.Log.Meta.Has&FieldHour != 0 {
		t.Error("a date-only log that tells hours")
	}
	for _, x := range g.Log.shards[0].Time {
		if x%86_400_000_000 != 0 {
			t.Fatalf("stamp %d has an hour", x)
		}
	}
	again, _ := o.Generate(1)
	if again.Log.Hash != g.Log.Hash {
		t.Error("the same seed gives two logs")
	}
}

func generatorOf(t *testing.T, name string) Generator {
	t.Helper()
	s, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return s.New()
}
