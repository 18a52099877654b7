package eval

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/features"
)

// TransitionTable counts customers by where they were and where they are.
type TransitionTable struct {
	// Rows and Cols name the segments of the two dates by their tracks; the unassigned
	// follow where there are any. The last row are the new customers, the last column those
	// who left.
	Rows []string `json:"rows"`
	Cols []string `json:"cols"`
	// RowTracks and ColTracks are their tracks; −1 = unassigned, −2 = new or left.
	RowTracks []int       `json:"row_tracks"`
	ColTracks []int       `json:"col_tracks"`
	Counts    [][]int     `json:"counts"`
	Shares    [][]float64 `json:"shares"` // of the row; a row without customers has zeros
	// Values adds up what those customers are worth at the later date, of those who left at
	// the earlier one; nil = not known.
	Values [][]float64 `json:"values,omitempty"`
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
	values := tableOf(ka+2, kb+2)
	put := func(i, j int, value []float64, row int) {
		counts[i][j]++
		if value != nil && !math.IsNaN(value[row]) {
			values[i][j] += value[row]
		}
	}
	for _, p := range w.both {
		put(place(w.a.Labels[p[0]], ka), place(w.b.Labels[p[1]], kb), w.b.Value, p[1])
	}
	for i, id := range w.a.IDs {
		if _, ok := w.atB[id]; !ok {
			put(place(w.a.Labels[i], ka), kb+1, w.a.Value, i)
		}
	}
	for j, id := range w.b.IDs {
		if _, ok := w.atA[id]; !ok {
			put(ka+1, place(w.b.Labels[j], kb), w.b.Value, j)
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
	head := func(tracks []int, noise bool) (at []int, places []int) {
		for i, tr := range tracks {
			at, places = append(at, tr), append(places, i)
		}
		slices.SortFunc(places, func(i, j int) int { return tracks[i] - tracks[j] })
		slices.Sort(at)
		if noise {
			at, places = append(at, -1), append(places, len(tracks))
		}
		return append(at, -2), append(places, len(tracks)+1)
	}
	unassigned := func(labels []int32) bool {
		for _, l := range labels {
			if l < 0 {
				return true
			}
		}
		return false
	}
	t.RowTracks, rows = head(w.trackA, unassigned(w.a.Labels))
	t.ColTracks, cols = head(w.trackB, unassigned(w.b.Labels))
	for _, i := range rows {
		var row []int
		var worth []float64
		sum := 0
		for _, j := range cols {
			row, worth = append(row, counts[i][j]), append(worth, values[i][j])
			sum += counts[i][j]
		}
		if w.a.Value != nil && w.b.Value != nil {
			t.Values = append(t.Values, worth)
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

// prune leaves out the rows and columns of tracks that are not kept.
func (t *TransitionTable) prune(kept []bool) {
	stays := func(tracks []int) (at []int) {
		for i, k := range tracks {
			if k < 0 || kept[k] {
				at = append(at, i)
			}
		}
		return at
	}
	rows, cols := stays(t.RowTracks), stays(t.ColTracks)
	t.RowTracks, t.ColTracks = picked(t.RowTracks, rows), picked(t.ColTracks, cols)
	t.Counts, t.Shares = picked(t.Counts, rows), picked(t.Shares, rows)
	if t.Values != nil {
		t.Values = picked(t.Values, rows)
	}
	for i := range rows {
		t.Counts[i], t.Shares[i] = picked(t.Counts[i], cols), picked(t.Shares[i], cols)
		if t.Values != nil {
			t.Values[i] = picked(t.Values[i], cols)
		}
	}
}

func picked[T any](xs []T, at []int) []T {
	out := make([]T, 0, len(at))
	for _, i := range at {
		out = append(out, xs[i])
	}
	return out
}

// independence is Pearson's χ² test, as features.NewContingency has it. Cochran's rule
// warns (1954, doi 10.2307/3001616): a fifth of the cells expect fewer than 5.
func independence(counts [][]int) TransitionTest {
	t := TransitionTest{Name: "chi-square test of independence"}
	c, err := features.NewContingency(counts)
	if err != nil {
		t.Reason = "it takes two segments at both dates with customers whom both know"
		return t
	}
	t.Statistic, t.DF, t.P, t.CramersV = c.Chi2, c.DF, c.P, &c.V
	if c.Small > 0.2 {
		t.Warning = fmt.Sprintf("%.0f %% of the cells expect fewer than 5 customers: the p-value is rough", 100*c.Small)
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
