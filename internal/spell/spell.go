// Package spell finds the word that was meant.
package spell

import "strings"

// Distance is the edit distance of Damerau and Levenshtein (optimal string
// alignment), on bytes: the fewest insertions, deletions, replacements and exchanges
// of two neighbouring letters that turn a into b. Cost O(len(a)·len(b)).
//
// Damerau (1964), Communications of the ACM 7(3), 171–176, doi 10.1145/363958.363994.
func Distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// longest is the length above which a word is no slip of the pen.
const longest = 80

// Nearest returns the word of the list that was probably meant, or "": one that
// begins with got (three letters or more), else the one of least distance, if that
// is at most a third of its length (at least 2). Case does not matter.
func Nearest(got string, words []string) string {
	if len(got) > longest {
		return ""
	}
	low := strings.ToLower(got)
	best, at := -1, ""
	for _, w := range words {
		lw := strings.ToLower(w)
		if len(low) >= 3 && strings.HasPrefix(lw, low) {
			return w
		}
		if d := Distance(low, lw); d <= max(2, len(w)/3) && (best < 0 || d < best) {
			best, at = d, w
		}
	}
	return at
}
