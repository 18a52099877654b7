package kernel

import "unsafe"

// Aligned32 returns n zeros that begin at a multiple of 64 bytes, one cache line and
// one AVX-512 register.
func Aligned32(n int) []float32 {
	s := make([]float32, n+15)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(s)))/4) & 15
	return s[skip : skip+n : skip+n]
}

// Aligned64 is Aligned32 for float64.
func Aligned64(n int) []float64 {
	s := make([]float64, n+7)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(s)))/8) & 7
	return s[skip : skip+n : skip+n]
}
