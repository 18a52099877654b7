package datasets

import "math/rand/v2"

var _ = register(&Source{
	Name: "uniform",
	Doc: `No structure: uniform over the unit cube
Every feature independent and uniform on [0, 1). A method that finds segments
here finds them anywhere: no truth is planted.`,
	Version: 1,
	License: "made by this program: free of rights",
	New:     func() Generator { return &Uniform{N: 500, D: 2} },
})

// Uniform is uniform over the unit cube: no groups.
type Uniform struct {
	N int `json:"n"`
	D int `json:"d"`
}

// Generate implements Generator.
func (o *Uniform) Generate(seed uint64) (*Generated, error) {
	s, err := newShape("uniform", o.N, o.D, 1)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 0x0171f))
	for range o.N {
		row := make([]float64, o.D)
		for j := range row {
			row[j] = r.Float64()
		}
		s.add(0, row...)
	}
	return s.finish(r, 0, nil), nil
}
