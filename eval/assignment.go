package eval

import "math"

// assignment pairs rows with columns one to one so that the sum of their weights is as
// large as can be: the Hungarian method with potentials, column by column along shortest
// augmenting paths (Jonker and Volgenant 1987, doi 10.1007/BF02278710). weights is
// rows×cols, row-major, finite. It returns each row's column, −1 for a row that is left
// over where there are more rows than columns. Ties go the same way each time.
// Cost O(m²·M), m the smaller side, M the larger.
func assignment(weights []float64, rows, cols int) []int {
	if rows > cols {
		t := make([]float64, len(weights))
		for i := range rows {
			for j := range cols {
				t[j*rows+i] = weights[i*cols+j]
			}
		}
		to := make([]int, rows)
		for i := range to {
			to[i] = -1
		}
		for j, i := range assignment(t, cols, rows) {
			to[i] = j
		}
		return to
	}
	// Places count from 1; row 0 stands for "none", column 0 is where a path begins.
	u, v := make([]float64, rows+1), make([]float64, cols+1)
	owner, from := make([]int, cols+1), make([]int, cols+1)
	least, done := make([]float64, cols+1), make([]bool, cols+1)
	for i := 1; i <= rows; i++ {
		owner[0] = i
		for j := range least {
			least[j], done[j] = math.Inf(1), false
		}
		at := 0
		for owner[at] != 0 {
			done[at] = true
			row, delta, next := owner[at], math.Inf(1), 0
			for j := 1; j <= cols; j++ {
				if done[j] {
					continue
				}
				if c := -weights[(row-1)*cols+j-1] - u[row] - v[j]; c < least[j] {
					least[j], from[j] = c, at
				}
				if least[j] < delta {
					delta, next = least[j], j
				}
			}
			for j := range done {
				if done[j] {
					u[owner[j]] += delta
					v[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			at = next
		}
		for at != 0 {
			owner[at] = owner[from[at]]
			at = from[at]
		}
	}
	to := make([]int, rows)
	for j := 1; j <= cols; j++ {
		if owner[j] > 0 {
			to[owner[j]-1] = j - 1
		}
	}
	return to
}
