package eval

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"
)

// TransitionTable counts customers by where they were and where they are.
type TransitionTable struct {
	// Rows and Cols name the segments of the two dates; the unassigned follow where there
	// are any. The last row are the new customers, the last column those who left.
	Rows []string `json:"rows"`
	Cols []string `json:"cols"`
	// RowTracks and ColTracks are their tracks; −1 = unassigned, −2 = new or left.
	RowTracks []int       `json:"row_tracks"`
	ColTracks []int       `json:"col_tracks"`
	Counts    [][]int     `json:"counts"`
	Shares    [][]float64 `json:"shares"` // of the row; a row without customers has zeros
}

// TransitionTest is a test of a transition table, over the customers whom both dates know.
type TransitionTest struct {
	Name      string  `json:"name"`
	Statistic float64 `json:"statistic"`
	DF        int     `json:"df"`
	P         float64 `json:"p"`
	// CramersV is the strength of the association, 0 to 1; of the test of independence only.
	CramersV *float64 `json:"cramers_v,omitempty"`
	// Reason says why there is no test; "" = there is one.
	Reason string `json:"reason,omitempty"`
	// Warning says that counts are too small for the p-value to be taken at its word.
	Warning string `json:"warning,omitempty"`
}

// transitions fills the step's table and its tests.
func (w *migrationPair) transitions() {
	ka, kb := len(w.trackA), len(w.trackB)
	counts := make([][]int, ka+2)
	for i := range counts {
		counts[i] = make([]int, kb+2)
	}
	place := func(l int32, k int) int {
		if l < 0 {
			return k
		}
		return int(l)
	}
	for _, p := range w.both {
		counts[place(w.a.Labels[p[0]], ka)][place(w.b.Labels[p[1]], kb)]++
	}
	for i, id := range w.a.IDs {
		if _, ok := w.atB[id]; !ok {
			counts[place(w.a.Labels[i], ka)][kb+1]++
		}
	}
	for j, id := range w.b.IDs {
		if _, ok := w.atA[id]; !ok {
			counts[ka+1][place(w.b.Labels[j], kb)]++
		}
	}
	core := make([][]int, ka+1)
	for i := range core {
		core[i] = counts[i][:kb+1]
	}
	w.step.Independence = independence(core)
	w.step.Symmetry = w.symmetry(core)

	t := &w.step.Table
	var rows, cols []int
	head := func(names []string, tracks []int, noise bool, last string) (words []string, at []int, places []int) {
		for i, tr := range tracks {
			name := fmt.Sprintf("Segment %d", i+1)
			if i < len(names) && names[i] != "" && names[i] != name {
				name += " \"" + names[i] + "\""
			}
			words, at, places = append(words, name), append(at, tr), append(places, i)
		}
		if noise {
			words, at, places = append(words, "unassigned"), append(at, -1), append(places, len(tracks))
		}
		return append(words, last), append(at, -2), append(places, len(tracks)+1)
	}
	unassigned := func(labels []int32) bool {
		for _, l := range labels {
			if l < 0 {
				return true
			}
		}
		return false
	}
	t.Rows, t.RowTracks, rows = head(w.a.Names, w.trackA, unassigned(w.a.Labels), "new")
	t.Cols, t.ColTracks, cols = head(w.b.Names, w.trackB, unassigned(w.b.Labels), "left")
	for _, i := range rows {
		var row []int
		sum := 0
		for _, j := range cols {
			row = append(row, counts[i][j])
			sum += counts[i][j]
		}
		shares := make([]float64, len(row))
		for j, n := range row {
			if sum > 0 {
				shares[j] = float64(n) / float64(sum)
			}
		}
		t.Counts, t.Shares = append(t.Counts, row), append(t.Shares, shares)
	}
}

// independence is Pearson's χ² test, Σ (n − e)²/e with e = row·column/all, on
// (rows − 1)(columns − 1) degrees of freedom; rows and columns without customers are left
// out. Cochran's rule warns: an expected count below 1, or a fifth of them below 5.
//
// Sources: Pearson 1900, doi 10.1080/14786440009463897; Cochran 1954, doi 10.2307/3001616;
// Cramér 1946, Mathematical Methods of Statistics, p. 282.
func independence(counts [][]int) TransitionTest {
	t := TransitionTest{Name: "chi-square test of independence"}
	var rows, cols []float64
	var cells [][]float64
	across := make([]float64, len(counts[0]))
	for _, r := range counts {
		for j, n := range r {
			across[j] += float64(n)
		}
	}
	all := 0.0
	for _, n := range across {
		if n > 0 {
			cols = append(cols, n)
			all += n
		}
	}
	for _, r := range counts {
		sum := 0.0
		var row []float64
		for j, n := range r {
			sum += float64(n)
			if across[j] > 0 {
				row = append(row, float64(n))
			}
		}
		if sum > 0 {
			rows, cells = append(rows, sum), append(cells, row)
		}
	}
	if len(rows) < 2 || len(cols) < 2 {
		t.Reason = "it takes two segments at both dates with customers whom both know"
		return t
	}
	small, least := 0, all
	for i, row := range cells {
		for j, n := range row {
			e := rows[i] * cols[j] / all
			t.Statistic += (n - e) * (n - e) / e
			least = min(least, e)
			if e < 5 {
				small++
			}
		}
	}
	t.DF = (len(rows) - 1) * (len(cols) - 1)
	t.P = distuv.ChiSquared{K: float64(t.DF)}.Survival(t.Statistic)
	v := math.Sqrt(t.Statistic / (all * float64(min(len(rows), len(cols))-1)))
	t.CramersV = &v
	if n := len(rows) * len(cols); least < 1 || 5*small > n {
		t.Warning = fmt.Sprintf("%d of %d cells expect fewer than 5 customers (the least %.2g): the p-value is rough", small, n, least)
	}
	return t
}

// symmetry is Bowker's test over the segments that are there at both dates, the unassigned
// among them: as many customers went each way as came back,
//
//	χ² = Σ_{i<j} (n_ij − n_ji)²/(n_ij + n_ji)
//
// with as many degrees of freedom as there are pairs that anyone moved between. With two
// segments it is McNemar's. It warns where fewer than 10 moved between such a pair.
//
// Sources: Bowker 1948, doi 10.1080/01621459.1948.10483284; McNemar 1947, doi
// 10.1007/BF02295996.
func (w *migrationPair) symmetry(counts [][]int) TransitionTest {
	var at [][2]int // row and column of what is there at both dates
	for x, y := range w.partnerA {
		if y >= 0 {
			at = append(at, [2]int{x, y})
		}
	}
	at = append(at, [2]int{len(w.partnerA), len(w.partnerB)})
	square := make([][]int, len(at))
	for i, p := range at {
		for _, q := range at {
			square[i] = append(square[i], counts[p[0]][q[1]])
		}
	}
	return bowker(square)
}

// bowker tests a square table.
func bowker(n [][]int) TransitionTest {
	t := TransitionTest{Name: "McNemar-Bowker test of symmetry"}
	small := 0
	for i := range n {
		for j := range i {
			sum := n[i][j] + n[j][i]
			if sum == 0 {
				continue
			}
			d := float64(n[i][j] - n[j][i])
			t.Statistic += d * d / float64(sum)
			t.DF++
			if sum < 10 {
				small++
			}
		}
	}
	if t.DF == 0 {
		t.Reason = "nobody moved between segments that are there at both dates"
		return t
	}
	t.P = distuv.ChiSquared{K: float64(t.DF)}.Survival(t.Statistic)
	if small > 0 {
		t.Warning = fmt.Sprintf("between %d of %d pairs of segments fewer than 10 customers moved: the p-value is rough", small, t.DF)
	}
	return t
}

// verdict says in a sentence what a test found.
func (t *TransitionTest) verdict() string {
	if t.Reason != "" {
		return t.Name + ": not defined, " + t.Reason
	}
	p := fmt.Sprintf("p = %.2g", t.P)
	if t.P < 1e-4 {
		p = "p < 0.0001"
	}
	var b strings.Builder
	switch symmetric := t.CramersV == nil; {
	case symmetric && t.P < 0.05:
		b.WriteString("More customers went one way than came back")
	case symmetric:
		b.WriteString("As many customers came back as went, within chance")
	case t.P < 0.05:
		b.WriteString("Where customers are depends on where they were")
	default:
		b.WriteString("Where customers are does not show where they were: the segments do not last")
	}
	fmt.Fprintf(&b, " (%s: χ² = %.1f, df %d, %s", t.Name, t.Statistic, t.DF, p)
	if t.CramersV != nil {
		fmt.Fprintf(&b, ", Cramér's V %.2f", *t.CramersV)
	}
	b.WriteString(")")
	if t.Warning != "" {
		b.WriteString("; " + t.Warning)
	}
	return b.String()
}
