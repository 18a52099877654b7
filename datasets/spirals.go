package datasets

import (
	"math"
	"math/rand/v2"
)

var _ = register(&Source{
	Name: "spirals",
	Doc: `Shape: k arms of a spiral
Arm g is (u cos(2πu·turns + 2πg/k), u sin(...)), u from ¼ to 1 and even in length, with
Gaussian noise. BestARI: the most probable arm, the noise known.`,
	Version: 1,
	License: "made by this program: free of rights",
	New:     func() Generator { return &Spirals{N: 500, K: 3, Noise: 0.02, Turns: 0.9} },
})

// Spirals is k arms of a spiral.
type Spirals struct {
	N     int     `json:"n"`
	K     int     `json:"k"`
	Noise float64 `json:"noise"` // standard deviation around the arms
	Turns float64 `json:"turns"` // of an arm, if it began at the centre
}

// Generate implements Generator.
func (o *Spirals) Generate(seed uint64) (*Generated, error) {
	s, err := newShape("spirals", o.N, 2, o.K, o.Noise, o.Turns)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 0x5917a1))
	density := s.curves(r, o.N, o.K, o.Noise, func(g int, t float64) (x, y float64) {
		// Along a spiral, length grows nearly as u²: even in u² is even in length.
		u := math.Sqrt(1.0/16 + t*15/16)
		sin, cos := math.Sincos(2*math.Pi*u*o.Turns + 2*math.Pi*float64(g)/float64(o.K))
		return u * cos, u * sin
	})
	return s.finish(r, o.K, density), nil
}
