package datasets

import (
	"math"
	"math/rand/v2"
)

var _ = register(&Source{
	Name: "varied",
	Doc: `Shape: spherical Gaussian groups of different spread
Group g of k has the standard deviation spread·4^(g/(k−1) − ½): from half to twice the
spread. No single DBSCAN radius fits all. BestARI: the most probable group, spreads
known.`,
	Version: 1,
	License: "made by this program: free of rights",
	New:     func() Generator { return &Varied{N: 500, D: 2, K: 3, Spread: 1.2} },
})

// Varied is k spherical Gaussian groups of different spread.
type Varied struct {
	N      int     `json:"n"`
	D      int     `json:"d"`
	K      int     `json:"k"`
	Spread float64 `json:"spread"` // the middle group's standard deviation
}

// Generate implements Generator.
func (o *Varied) Generate(seed uint64) (*Generated, error) {
	s, err := newShape("varied", o.N, o.D, o.K, o.Spread)
	if err != nil {
		return nil, err
	}
	spread := make([]float64, o.K)
	for g := range spread {
		at := 0.5
		if o.K > 1 {
			at = float64(g) / float64(o.K-1)
		}
		spread[g] = o.Spread * math.Pow(4, at-0.5)
	}
	r := rand.New(rand.NewPCG(seed, 0x7a91ed))
	centres := s.gaussianGroups(r, o.N, o.K, spread)
	return s.finish(r, o.K, func(row []float64, g int) float64 { return gaussianDensity(row, centres[g], spread[g]) }), nil
}
