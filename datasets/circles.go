package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
)

var _ = register(&Source{
	Name: "circles",
	Doc: `Shape: two circles, one inside the other
Radii 1 and factor, around one centre, with Gaussian noise, as scikit-learn's
make_circles. BestARI: the more probable circle, the noise known.`,
	Version: 1,
	License: "made by this program: free of rights",
	New:     func() Generator { return &Circles{N: 500, Noise: 0.05, Factor: 0.5} },
})

// Circles is two concentric circles.
type Circles struct {
	N      int     `json:"n"`
	Noise  float64 `json:"noise"`  // standard deviation around the circles
	Factor float64 `json:"factor"` // the inner radius, in (0, 1)
}

// Generate implements Generator.
func (o *Circles) Generate(seed uint64) (*Generated, error) {
	s, err := newShape("circles", o.N, 2, 2, o.Noise)
	if err != nil {
		return nil, err
	}
	if !(o.Factor > 0 && o.Factor < 1) {
		return nil, fmt.Errorf("circles: factor = %g: the inner radius lies between 0 and 1", o.Factor)
	}
	r := rand.New(rand.NewPCG(seed, 0xc1c1e5))
	density := s.curves(r, o.N, 2, o.Noise, func(g int, t float64) (x, y float64) {
		sin, cos := math.Sincos(2 * math.Pi * t)
		if g == 1 {
			return o.Factor * cos, o.Factor * sin
		}
		return cos, sin
	})
	return s.finish(r, 2, density), nil
}
