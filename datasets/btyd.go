package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

var _ = register(&Source{
	Name: "btyd",
	Doc: `Simulated cohort: buy till you die, no segments
Customers of one quarter who buy at a gamma-distributed rate until they quit, and spend
by the gamma-gamma model. Dropout as in BG/NBD (after each purchase with a beta
probability) or Pareto/NBD (at an exponential time of gamma rate). Heterogeneity is
continuous: there are no segments, and a method that finds sharp ones is wrong. The
defaults are the published estimates for CDNOW (weeks).`,
	Refs: []Ref{
		{Authors: "P. S. Fader, B. G. S. Hardie, K. L. Lee", Title: "\"Counting your customers\" the easy way: an alternative to the Pareto/NBD model", Venue: "Marketing Science 24(2), 275-284", Year: 2005, DOI: "10.1287/mksc.1040.0098"},
		{Authors: "D. C. Schmittlein, D. G. Morrison, R. Colombo", Title: "Counting your customers: who are they and what will they do next?", Venue: "Management Science 33(1), 1-24", Year: 1987, DOI: "10.1287/mnsc.33.1.1"},
		{Authors: "P. S. Fader, B. G. S. Hardie", Title: "The gamma-gamma model of monetary value", Venue: "brucehardie.com/notes/025", Year: 2013},
	},
	Version: 1,
	License: "made by this program: free of rights",
	Expect:  Expect{Customers: 2000},
	New: func() Generator {
		return &BTYD{
			Customers: 2000, Weeks: 78, Model: "bgnbd",
			R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426, // BG/NBD on CDNOW, Fader et al. 2005
			S: 0.606, Beta: 11.669, // Pareto/NBD on CDNOW, ibid.
			P: 6.25, Q: 3.74, Gamma: 15.44, // gamma-gamma on CDNOW, Fader & Hardie 2013
		}
	},
})

// BTYD is a cohort that buys till it dies. Time is in weeks from each customer's
// first purchase, which falls into the first quarter of 2023 (12 weeks).
type BTYD struct {
	Customers int    `json:"customers"`
	Weeks     int    `json:"weeks"`     // length of the window, from 2 January 2023
	Model     string `json:"model"`     // bgnbd or pareto
	DateOnly  bool   `json:"date_only"` // stamps tell days, not hours

	// The purchase rate is gamma(R, rate Alpha). BG/NBD's dropout probability is
	// beta(A, B); Pareto/NBD's rate of dropout gamma(S, rate Beta) and its R and
	// Alpha .553 and 10.578 on CDNOW.
	R     float64 `json:"r"`
	Alpha float64 `json:"alpha"`
	A     float64 `json:"a"`
	B     float64 `json:"b"`
	S     float64 `json:"s"`
	Beta  float64 `json:"beta"`
	// A purchase is worth gamma(P, rate ν), ν the customer's, gamma(Q, rate Gamma).
	P     float64 `json:"p"`
	Q     float64 `json:"q"`
	Gamma float64 `json:"gamma"`
}

// Generate implements Generator.
func (o *BTYD) Generate(seed uint64) (*Generated, error) {
	for _, x := range []float64{o.R, o.Alpha, o.A, o.B, o.S, o.Beta, o.P, o.Q, o.Gamma} {
		if !(x > 0) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("btyd: a parameter of the model is %g: each needs to be above 0", x)
		}
	}
	if o.Customers < 1 || o.Weeks < 13 {
		return nil, fmt.Errorf("btyd: customers = %d over weeks = %d: at least 1 customer and 13 weeks", o.Customers, o.Weeks)
	}
	if o.Model != "bgnbd" && o.Model != "pareto" {
		return nil, fmt.Errorf("btyd: model = %q: bgnbd or pareto", o.Model)
	}
	start := time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)
	meta := Meta{
		Name: "btyd", Unit: "customer", Zone: time.UTC, Resolution: Second, Simulated: true, FirstSeenIsFirst: true,
		Window: Window{start, start.AddDate(0, 0, 7*o.Weeks)}, Has: FieldAmount | FieldHour,
	}
	if o.DateOnly {
		meta.Resolution, meta.Has = Day, FieldAmount
	}
	b := NewBuilder(meta)
	const week = 7 * 86_400_000_000.0 // µs
	for i := range o.Customers {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		id := fmt.Sprintf("B%05d", i+1)
		rate := drawGamma(r, o.R) / o.Alpha
		quit, death := 0.0, math.Inf(1)
		if o.Model == "bgnbd" {
			x, y := drawGamma(r, o.A), drawGamma(r, o.B)
			quit = x / (x + y)
		} else {
			death = r.ExpFloat64() / (drawGamma(r, o.S) / o.Beta)
		}
		scale := o.Gamma / drawGamma(r, o.Q) // 1/ν
		first := 12 * r.Float64()
		for t := 0.0; ; {
			at := start.UnixMicro() + int64((first+t)*week)
			if o.DateOnly {
				at -= at % 86_400_000_000
			}
			b.Add(Event{Customer: id, Time: at, Kind: Purchase, Amount: max(0.01, cents(drawGamma(r, o.P)*scale))})
			// BG/NBD quits after a purchase, the first one not counted: x = 0 is alive.
			if t > 0 && r.Float64() < quit {
				break
			}
			if t += r.ExpFloat64() / rate; t > death || first+t >= float64(o.Weeks) {
				break
			}
		}
	}
	return &Generated{Log: b.Log()}, nil
}
