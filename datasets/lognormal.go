package datasets

import (
	"math"
	"math/rand/v2"
)

var _ = register(&Source{
	Name: "lognormal",
	Doc: `No structure: independent log-normal features
Every feature exp of a standard normal, skewed as counts and money are. A method that finds segments
here finds them anywhere: no truth is planted.`,
	Version: 1,
	License: "made by this program: free of rights",
	New:     func() Generator { return &Lognormal{N: 500, D: 2} },
})

// Lognormal is independent log-normal features: no groups.
type Lognormal struct {
	N int `json:"n"`
	D int `json:"d"`
}

// Generate implements Generator.
func (o *Lognormal) Generate(seed uint64) (*Generated, error) {
	s, err := newShape("lognormal", o.N, o.D, 1)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 0x1093))
	for range o.N {
		row := make([]float64, o.D)
		for j := range row {
			row[j] = math.Exp(r.NormFloat64())
		}
		s.add(0, row...)
	}
	return s.finish(r, 0, nil), nil
}
