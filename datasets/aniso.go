package datasets

import (
	"math/rand/v2"
	"slices"
)

var _ = register(&Source{
	Name: "aniso",
	Doc: `Shape: Gaussian groups stretched in one direction
Blobs after one linear map, (x1, x2) → (0.6·x1 − 0.6·x2, −0.4·x1 + 0.8·x2) on the first
two features: scikit-learn's example of groups that k-means cuts across. BestARI: the
nearest planted centre before the map.`,
	Refs:    []Ref{{Authors: "scikit-learn developers", Title: "Demonstration of k-means assumptions", Venue: "scikit-learn example gallery", Year: 2013}},
	Version: 1,
	License: "made by this program: free of rights",
	New:     func() Generator { return &Aniso{N: 500, D: 2, K: 3, Spread: 1} },
})

// Aniso is k Gaussian groups of one elongated shape. D is at least 2.
type Aniso struct {
	N      int     `json:"n"`
	D      int     `json:"d"`
	K      int     `json:"k"`
	Spread float64 `json:"spread"` // standard deviation before the map
}

// Generate implements Generator.
func (o *Aniso) Generate(seed uint64) (*Generated, error) {
	s, err := newShape("aniso", o.N, o.D-1, o.K, o.Spread) // one direction more than it needs
	if err != nil {
		return nil, err
	}
	s.d = o.D
	r := rand.New(rand.NewPCG(seed, 0xa9150))
	centres := s.gaussianGroups(r, o.N, o.K, slices.Repeat([]float64{o.Spread}, o.K))
	for _, row := range s.rows {
		row[0], row[1] = 0.6*row[0]-0.6*row[1], -0.4*row[0]+0.8*row[1]
	}
	const det = 0.6*0.8 - 0.6*0.4
	return s.finish(r, o.K, func(row []float64, g int) float64 {
		back := slices.Clone(row)
		back[0], back[1] = (0.8*row[0]+0.6*row[1])/det, (0.4*row[0]+0.6*row[1])/det
		return gaussianDensity(back, centres[g], o.Spread)
	}), nil
}
