package datasets

import (
	"math/rand/v2"
	"slices"
)

var _ = register(&Source{
	Name: "blobs",
	Doc: `Shape: spherical Gaussian groups of equal size and spread
Centres uniform in [−10, 10]^d, standard deviation spread, and a share of uniform
background rows (label −1) if asked for. What k-means assumes. BestARI: the nearest
planted centre.`,
	Version: 1,
	License: "made by this program: free of rights",
	New:     func() Generator { return &Blobs{N: 500, D: 2, K: 4, Spread: 1} },
})

// Blobs is k spherical Gaussian groups.
type Blobs struct {
	N          int     `json:"n"`
	D          int     `json:"d"`
	K          int     `json:"k"`
	Spread     float64 `json:"spread"`     // standard deviation in each direction
	Background float64 `json:"background"` // uniform rows, as a share of N, besides
}

// Generate implements Generator.
func (o *Blobs) Generate(seed uint64) (*Generated, error) {
	s, err := newShape("blobs", o.N, o.D, o.K, o.Spread, o.Background)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 0xb10b5))
	centres := s.gaussianGroups(r, o.N, o.K, slices.Repeat([]float64{o.Spread}, o.K))
	s.background(r, int(o.Background*float64(o.N)))
	return s.finish(r, o.K, func(row []float64, g int) float64 { return gaussianDensity(row, centres[g], o.Spread) }), nil
}
