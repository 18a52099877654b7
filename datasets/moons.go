package datasets

import (
	"math"
	"math/rand/v2"
)

var _ = register(&Source{
	Name: "moons",
	Doc: `Shape: two interleaved half circles
As scikit-learn's make_moons: (cos πt, sin πt) and (1 − cos πt, ½ − sin πt), with Gaussian
noise. Connected, not compact. BestARI: the more probable curve, the noise known.`,
	Version: 1,
	License: "made by this program: free of rights",
	New:     func() Generator { return &Moons{N: 500, Noise: 0.07} },
})

// Moons is two interleaved half circles.
type Moons struct {
	N     int     `json:"n"`
	Noise float64 `json:"noise"` // standard deviation around the curves
}

// Generate implements Generator.
func (o *Moons) Generate(seed uint64) (*Generated, error) {
	s, err := newShape("moons", o.N, 2, 2, o.Noise)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 0x3005))
	density := s.curves(r, o.N, 2, o.Noise, func(g int, t float64) (x, y float64) {
		sin, cos := math.Sincos(math.Pi * t)
		if g == 0 {
			return cos, sin
		}
		return 1 - cos, 0.5 - sin
	})
	return s.finish(r, 2, density), nil
}
