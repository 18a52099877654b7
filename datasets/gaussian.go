package datasets

import "math/rand/v2"

var _ = register(&Source{
	Name: "gaussian",
	Doc: `No structure: one spherical Gaussian
Every feature independent and standard normal. A method that finds segments
here finds them anywhere: no truth is planted.`,
	Version: 1,
	License: "made by this program: free of rights",
	New:     func() Generator { return &Gaussian{N: 500, D: 2} },
})

// Gaussian is one spherical Gaussian: no groups.
type Gaussian struct {
	N int `json:"n"`
	D int `json:"d"`
}

// Generate implements Generator.
func (o *Gaussian) Generate(seed uint64) (*Generated, error) {
	s, err := newShape("gaussian", o.N, o.D, 1)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 0x9a055))
	for range o.N {
		row := make([]float64, o.D)
		for j := range row {
			row[j] = r.NormFloat64()
		}
		s.add(0, row...)
	}
	return s.finish(r, 0, nil), nil
}
