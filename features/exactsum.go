package features

import "math"

// ExactSum adds floats without rounding, so that the sum does not depend on the
// order of the terms: what gathering in any number of shards needs. The zero
// value is the empty sum.
//
// It keeps the sum as an expansion of non-overlapping floats (Shewchuk 1997,
// doi:10.1007/PL00009321); Value rounds it once. Not a number and infinities
// are added apart, as floats. Cost: a few additions a term.
type ExactSum struct {
	parts   []float64
	special float64 // Σ of what is not finite
}

// Add adds x.
func (s *ExactSum) Add(x float64) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		s.special += x
		return
	}
	n := 0
	for _, y := range s.parts {
		if math.Abs(x) < math.Abs(y) {
			x, y = y, x
		}
		hi := x + y
		lo := y - (hi - x)
		if lo != 0 {
			s.parts[n] = lo
			n++
		}
		x = hi
	}
	s.parts = append(s.parts[:n], x)
}

// Merge adds all terms of o.
func (s *ExactSum) Merge(o *ExactSum) {
	s.special += o.special
	for _, x := range o.parts {
		s.Add(x)
	}
}

// Value returns the sum, rounded once, half to even.
func (s *ExactSum) Value() float64 {
	if s.special != 0 {
		return s.special
	}
	n := len(s.parts)
	if n == 0 {
		return 0
	}
	n--
	hi := s.parts[n]
	var lo float64
	for n > 0 {
		x := hi
		n--
		y := s.parts[n]
		hi = x + y
		lo = y - (hi - x)
		if lo != 0 {
			break
		}
	}
	// hi is half-way between two floats only if the next part says which way.
	if n > 0 && (lo < 0 && s.parts[n-1] < 0 || lo > 0 && s.parts[n-1] > 0) {
		y := lo * 2
		x := hi + y
		if y == x-hi {
			hi = x
		}
	}
	return hi
}
