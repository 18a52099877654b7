package features

// Project returns the rows of x in the plane of its first two principal
// components, x and y interleaved, and the share of the variance that each
// explains: what the map of segments shows. Columns are taken as scaled; signs
// are fixed. A matrix without spread, or with one column, has zeros there.
// Rows with missing values are a programmer's mistake.
func Project(x *Matrix) (xy []float64, explained [2]float64) {
	n, _ := x.Dims()
	xy = make([]float64, 2*n)
	if n == 0 || len(distances(x)) == 0 {
		return xy, explained
	}
	p := PCA{NComponents: min(2, len(distances(x)))}
	mp, _, err := p.Learn(x)
	if err != nil {
		if _, _, missing := x.Missing(); missing {
			panic("features: Project of a matrix with missing values")
		}
		return xy, explained // all rows are equal
	}
	t := mp.(*pcaMap)
	y, _ := t.Apply(x)
	_, k := y.Dims()
	for i := range n {
		copy(xy[2*i:2*i+k], y.Row(i))
	}
	copy(explained[:], t.Explained)
	return xy, explained
}
