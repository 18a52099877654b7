package cluster

import "math"

// gmmShape is a covariance type.
type gmmShape string

const (
	gmmFull      gmmShape = "full"      // a covariance matrix for each component
	gmmTied      gmmShape = "tied"      // one for all
	gmmDiag      gmmShape = "diag"      // the variances of the columns for each component
	gmmSpherical gmmShape = "spherical" // one variance for each component
)

func (s gmmShape) diagonal() bool { return s == gmmDiag || s == gmmSpherical }

// parameters counts the free numbers of a mixture of k components of d columns.
func (s gmmShape) parameters(k, d int) float64 {
	var covariance int
	switch s {
	case gmmFull:
		covariance = k * d * (d + 1) / 2
	case gmmTied:
		covariance = d * (d + 1) / 2
	case gmmDiag:
		covariance = k * d
	default:
		covariance = k
	}
	return float64(covariance + k*d + k - 1)
}

// gmmFactors turns covariances (packed upper triangles, or diagonals) into factors of
// precisions.
type gmmFactors struct {
	shape  gmmShape
	d      int
	reg    float64
	column []float64 // variance of each column; 1 where there is none
	// Of the last call of each component: narrow where the least variance that the
	// others leave is that of reg; raised where reg was not enough.
	narrow, raised []bool
	scratch        []float64
}

// gmmJitter is the share of the columns' variances that is added first where a
// covariance has no inverse; ten times as much each time after.
const gmmJitter = 1e-12

// of returns the factor of component c's covariance, to whose diagonal reg is added.
func (f *gmmFactors) of(c int, covariance []float64, reg float64) []float64 {
	if f.shape.diagonal() {
		return f.diagonal(c, covariance, reg)
	}
	f.raised[c] = false
	if f.scratch == nil {
		f.scratch = make([]float64, f.d*f.d)
	}
	a := f.scratch
	for jitter := 0.0; ; jitter = max(10*jitter, gmmJitter) {
		if jitter > 10 { // overflow: the columns' own variances
			a = make([]float64, f.d*f.d)
			for i, v := range f.column {
				a[i*f.d+i] = 1 / math.Sqrt(v)
			}
			return a
		}
		at := 0
		for i := range f.d {
			for j := i; j < f.d; j++ {
				a[j*f.d+i] = covariance[at]
				at++
			}
			a[i*f.d+i] += reg + jitter*f.column[i]
		}
		least, ok := gmmCholesky(a, f.d)
		if !ok {
			f.raised[c] = true
			continue
		}
		f.narrow[c] = least <= 2*reg
		return gmmInvert(a, f.d)
	}
}

func (f *gmmFactors) diagonal(c int, covariance []float64, reg float64) []float64 {
	p := make([]float64, f.d)
	f.narrow[c], f.raised[c] = false, false
	mean := 0.0
	for j, v := range covariance {
		v = max(v, 0) + reg
		switch {
		case v == 0:
			v, f.raised[c] = gmmJitter*f.column[j], true
		case !(v < math.Inf(1)): // overflow
			v, f.raised[c] = f.column[j], true
		}
		f.narrow[c] = f.narrow[c] || f.shape == gmmDiag && v <= 2*reg
		mean += v
		p[j] = 1 / math.Sqrt(v)
	}
	if f.shape == gmmSpherical {
		mean /= float64(f.d)
		f.narrow[c] = mean <= 2*reg
		for j := range p {
			p[j] = 1 / math.Sqrt(mean)
		}
	}
	return p
}

// gmmCholesky replaces the lower triangle of a by L with L·Lᵀ = a. It returns the least
// square on L's diagonal; ok is false where one is not above rounding.
func gmmCholesky(a []float64, d int) (least float64, ok bool) {
	least = math.Inf(1)
	for i := range d {
		ri := a[i*d : i*d+i+1]
		for j := range i {
			rj := a[j*d : j*d+j+1]
			s := ri[j]
			for h := range j {
				s -= ri[h] * rj[h]
			}
			ri[j] = s / rj[j]
		}
		whole := ri[i]
		s := whole
		for _, v := range ri[:i] {
			s -= v * v
		}
		if !(s > 4*float64(d)*0x1p-53*whole) || math.IsInf(s, 1) {
			return 0, false
		}
		least = min(least, s)
		ri[i] = math.Sqrt(s)
	}
	return least, true
}

// gmmInvert returns P = (L⁻¹)ᵀ, upper triangular.
func gmmInvert(l []float64, d int) []float64 {
	p := make([]float64, d*d)
	for j := range d { // column j of L⁻¹ is row j of P
		for i := j; i < d; i++ {
			s := 0.0
			if i == j {
				s = 1
			}
			for h := j; h < i; h++ {
				s -= l[i*d+h] * p[j*d+h]
			}
			p[j*d+i] = s / l[i*d+i]
		}
	}
	return p
}
