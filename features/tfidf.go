package features

import "math"

// Sparse is a matrix by rows of few non-zero values: row i has Values at the columns
// Index, from Start[i] to Start[i+1], in ascending order of columns.
type Sparse struct {
	Cols   int
	Start  []int
	Index  []int32
	Values []float64
}

// Rows counts the rows.
func (s *Sparse) Rows() int { return len(s.Start) - 1 }

// Row returns row i: views.
func (s *Sparse) Row(i int) ([]int32, []float64) {
	lo, hi := s.Start[i], s.Start[i+1]
	return s.Index[lo:hi], s.Values[lo:hi]
}

// Transpose returns the columns as rows. Cost: O(non-zeros).
func (s *Sparse) Transpose() *Sparse {
	n := s.Rows()
	t := &Sparse{Cols: n, Start: make([]int, s.Cols+1), Index: make([]int32, len(s.Index)), Values: make([]float64, len(s.Values))}
	for _, j := range s.Index {
		t.Start[j+1]++
	}
	for j := range s.Cols {
		t.Start[j+1] += t.Start[j]
	}
	at := append([]int(nil), t.Start[:s.Cols]...)
	for i := range n {
		idx, val := s.Row(i)
		for k, j := range idx {
			t.Index[at[j]], t.Values[at[j]] = int32(i), val[k]
			at[j]++
		}
	}
	return t
}

// TFIDF is how counts of words become weights: tf·idf, rows then divided by their
// Euclidean length.
type TFIDF struct {
	Sublinear bool // tf = 1 + ln count instead of the count
	Smooth    bool // idf = ln((1 + n)/(1 + df)) + 1 instead of ln(n/df) + 1
}

// IDF returns the inverse document frequency of each column over the rows of counts,
// df being the number of rows with the word: as scikit-learn's TfidfTransformer. A
// column without a word has +Inf without Smooth. Cost: O(non-zeros).
func (t TFIDF) IDF(counts *Sparse) []float64 {
	df := make([]float64, counts.Cols)
	for _, j := range counts.Index {
		df[j]++
	}
	n := float64(counts.Rows())
	for j, d := range df {
		if t.Smooth {
			df[j] = math.Log((1+n)/(1+d)) + 1
		} else {
			df[j] = math.Log(n/d) + 1
		}
	}
	return df
}

// Weigh turns the counts of one row into weights, in place; a row of no counts stays.
func (t TFIDF) Weigh(index []int32, values, idf []float64) {
	var norm float64
	for k, j := range index {
		x := values[k]
		if t.Sublinear && x > 0 {
			x = 1 + math.Log(x)
		}
		x *= idf[j]
		values[k] = x
		norm += x * x
	}
	if norm == 0 {
		return
	}
	norm = math.Sqrt(norm)
	for k := range values {
		values[k] /= norm
	}
}
