package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The best pairing of small tables is that of all permutations, whichever side is larger.
func TestAssignmentIsTheBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		rows, cols := 1+rng.IntN(6), 1+rng.IntN(6)
		w := make([]float64, rows*cols)
		for i := range w {
			w[i] = float64(rng.IntN(12)) - 4 // ties, and weights below 0
		}
		got, used, paired := 0.0, map[int]bool{}, 0
		for i, j := range assignment(w, rows, cols) {
			if j < 0 {
				continue
			}
			if used[j] {
				t.Fatalf("column %d twice", j)
			}
			used[j] = true
			paired++
			got += w[i*cols+j]
		}
		if paired != min(rows, cols) {
			t.Fatalf("%d of %d×%d paired", paired, rows, cols)
		}
		if want := bestPairing(w, rows, cols, 0, make([]bool, cols), rows-min(rows, cols)); got != want {
			t.Fatalf("%d×%d %v: %g, want %g", rows, cols, w, got, want)
		}
	}
}

// bestPairing tries every pairing in which at most spare rows have no column.
func bestPairing(w []float64, rows, cols, i int, taken []bool, spare int) float64 {
	if i == rows {
		return 0
	}
	best := math.Inf(-1)
	if spare > 0 {
		best = bestPairing(w, rows, cols, i+1, taken, spare-1)
	}
	for j := range cols {
		if !taken[j] {
			taken[j] = true
			best = max(best, w[i*cols+j]+bestPairing(w, rows, cols, i+1, taken, spare))
			taken[j] = false
		}
	}
	return best
}
