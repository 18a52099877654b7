package cluster

import "testing"

// The remembered hash is the hash: of another matrix, and after a change of a value, a
// weight or a name.
func TestSharedHash(t *testing.T) {
	s := NewShared(1)
	x, _ := gaussian(50, 2, 2, 5, 1)
	y, _ := gaussian(50, 2, 2, 5, 2)
	check := func(what string) {
		t.Helper()
		for range 2 {
			if got, want := s.hash(x), x.Hash(); got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
	}
	check("first")
	before := s.hash(x)
	if s.hash(y) != y.Hash() {
		t.Error("another matrix has the first one's hash")
	}
	check("again")
	x.Row(49)[1]++
	check("a value changed")
	x.Cols[1].Name = "other"
	check("a name changed")
	x.Weights = make([]float64, 50)
	check("weights")
	x.Weights[49] = 1
	check("a weight changed")
	if s.hash(x) == before {
		t.Error("changes do not change the hash")
	}
}
