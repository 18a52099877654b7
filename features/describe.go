package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/datasets"
)

// Contingency is a table of counts, levels × segments, and what it says of their
// dependence.
type Contingency struct {
	Counts [][]int `json:"counts"` // levels × segments
	N      int     `json:"n"`
	Chi2   float64 `json:"chi2"`
	DF     int     `json:"df"`
	P      float64 `json:"p"`
	// V is Cramér's, in [0, 1]; VCorrected is Bergsma's, which is 0 on average where
	// nothing depends.
	V          float64 `json:"v"`
	VCorrected float64 `json:"v_corrected"`
	// Residuals are adjusted standardised ones: standard normal where nothing depends.
	Residuals [][]float64 `json:"residuals"`
	// Small is the share of cells with an expectation below 5: above a fifth, P is rough
	// (Cochran).
	Small float64 `json:"small_expected"`
}

// NewContingency tests whether rows and columns of a table of counts depend on each
// other. With n the sum, nᵢ. and n.ⱼ the margins and eᵢⱼ = nᵢ.·n.ⱼ/n:
//
//	χ² = Σ (nᵢⱼ − eᵢⱼ)²/eᵢⱼ with (r − 1)(c − 1) degrees of freedom
//	rᵢⱼ = (nᵢⱼ − eᵢⱼ)/√(eᵢⱼ(1 − nᵢ./n)(1 − n.ⱼ/n))
//	V = √(χ²/n / min(r − 1, c − 1))
//	Ṽ = √(max(0, χ²/n − (r−1)(c−1)/(n−1)) / min(r̃ − 1, c̃ − 1)), r̃ = r − (r−1)²/(n−1)
//
// without a correction for continuity. Rows and columns that are empty are left out
// of r and c, their residuals are NaN. A table with fewer than two rows or columns
// that are not empty is an error. Cost: O(r·c). Pearson 1900; Haberman 1973,
// Biometrics 29, 205–220, doi:10.2307/2529686; Cramér 1946, Mathematical Methods of
// Statistics, p. 282; Bergsma 2013, Journal of the Korean Statistical Society 42,
// 323–328, doi:10.1016/j.jkss.2012.10.002.
func NewContingency(counts [][]int) (*Contingency, error) {
	t := &Contingency{Counts: counts}
	if len(counts) == 0 {
		return nil, fmt.Errorf("the table has no rows")
	}
	rows, cols := make([]int, len(counts)), make([]int, len(counts[0]))
	for i, r := range counts {
		if len(r) != len(cols) {
			return nil, fmt.Errorf("row %d of the table has %d cells, the first has %d", i, len(r), len(cols))
		}
		for j, n := range r {
			if n < 0 {
				return nil, fmt.Errorf("the table holds %d at (%d, %d): counts are at least 0", n, i, j)
			}
			rows[i], cols[j], t.N = rows[i]+n, cols[j]+n, t.N+n
		}
	}
	r, c := filled(rows), filled(cols)
	if r < 2 || c < 2 {
		return nil, fmt.Errorf("the table has %d rows and %d columns with counts: at least 2 of each", r, c)
	}
	n := float64(t.N)
	small := 0
	for i := range counts {
		res := make([]float64, len(cols))
		for j := range cols {
			a, b := float64(rows[i])/n, float64(cols[j])/n
			e := n * a * b
			if e == 0 {
				res[j] = math.NaN()
				continue
			}
			if e < 5 {
				small++
			}
			d := float64(counts[i][j]) - e
			t.Chi2 += d * d / e
			res[j] = d / math.Sqrt(e*(1-a)*(1-b))
		}
		t.Residuals = append(t.Residuals, res)
	}
	t.DF = (r - 1) * (c - 1)
	t.P = distuv.ChiSquared{K: float64(t.DF)}.Survival(t.Chi2)
	t.Small = float64(small) / float64(r*c)
	least := float64(min(r, c) - 1)
	t.V = math.Sqrt(t.Chi2 / n / least)
	shrunk := func(k int) float64 { return float64(k) - float64((k-1)*(k-1))/(n-1) }
	phi := max(0, t.Chi2/n-float64(t.DF)/(n-1))
	if room := min(shrunk(r), shrunk(c)) - 1; room > 0 {
		t.VCorrected = min(1, math.Sqrt(phi/room))
	}
	return t, nil
}

func filled(n []int) (k int) {
	for _, x := range n {
		if x > 0 {
			k++
		}
	}
	return k
}

// CohenH is the effect size of two shares: 2·asin√p − 2·asin√q, in [−π, π]; .2 is
// called small, .5 medium, .8 large (Cohen 1988, Statistical Power Analysis for the
// Behavioral Sciences, p. 184). NaN for what is no share.
func CohenH(p, q float64) float64 {
	return 2*math.Asin(math.Sqrt(p)) - 2*math.Asin(math.Sqrt(q))
}

// DescriptorCell is one level of a descriptor in one segment, against everyone else.
type DescriptorCell struct {
	Level   string  `json:"level"`
	Segment int     `json:"segment"`
	Share   float64 `json:"share"`  // of the segment
	Others  float64 `json:"others"` // of the customers of all other segments
	H       float64 `json:"h"`      // Cohen's h of the two
	Z       float64 `json:"z"`      // the adjusted residual: the two-proportion z, pooled
	P       float64 `json:"p"`
	Q       float64 `json:"q"` // P adjusted over all cells of all descriptors
}

// DescriptorProfile describes segments by one descriptor.
type DescriptorProfile struct {
	Name    string `json:"name"`
	Unit    string `json:"unit,omitempty"`
	Known   int    `json:"known"`   // customers with a segment and a value
	Missing int    `json:"missing"` // customers with a segment and none
	// Levels are the categories, most frequent first; a number's are its quarters.
	Levels    []string         `json:"levels"`
	Means     []float64        `json:"means,omitempty"` // of a number, per segment; NaN = none known
	Table     *Contingency     `json:"table"`
	Q         float64          `json:"q"` // the table's P adjusted over all descriptors
	Cells     []DescriptorCell `json:"cells"`
	Protected bool             `json:"protected"` // see Protected
}

// describeLevels bounds a descriptor's levels: the rarest beyond are one.
const describeLevels = 30

// DescribeSegments describes segments by descriptors: which levels a segment has more
// or less of than everyone else, how strongly, and whether that can be chance.
// labels holds a segment 0..k−1 a row of t, or −1 for none; such rows are left out, as
// are missing values, descriptor by descriptor. Numbers are cut at their quartiles
// (type 7, the cut belongs below). Tests of all cells together, and of all descriptors
// together, are adjusted by BenjaminiHochberg. Profiles come in order of the corrected
// V, strongest first; descriptors that say the same of everybody, or have one level a
// customer, are left out.
//
// Differences are no causes, and segments were not made of descriptors unless the
// descriptors block was asked for: then p-values mean nothing.
// Cost: O(rows · descriptors).
func DescribeSegments(t *datasets.Table, labels []int32) ([]DescriptorProfile, error) {
	if t == nil {
		return nil, fmt.Errorf("there are no descriptors")
	}
	if len(labels) != t.Rows() {
		return nil, fmt.Errorf("%d labels for the %d rows of %s", len(labels), t.Rows(), t.Name)
	}
	k := 0
	for _, l := range labels {
		k = max(k, int(l)+1)
	}
	var out []DescriptorProfile
	for _, c := range t.Cols {
		p := DescriptorProfile{Name: c.Name, Unit: c.Unit, Protected: Protected(c.Name)}
		level := p.levels(&c, labels, k)
		if len(p.Levels) < 2 || len(p.Levels) == p.Known {
			continue
		}
		counts := make([][]int, len(p.Levels))
		for i := range counts {
			counts[i] = make([]int, k)
		}
		for i, l := range level {
			if l >= 0 {
				counts[l][labels[i]]++
			}
		}
		var err error
		if p.Table, err = NewContingency(counts); err != nil {
			continue // all in one segment
		}
		p.cells(k)
		out = append(out, p)
	}
	var tables, cells []float64
	for i := range out {
		tables = append(tables, out[i].Table.P)
		for _, c := range out[i].Cells {
			cells = append(cells, c.P)
		}
	}
	tables, cells = BenjaminiHochberg(tables), BenjaminiHochberg(cells)
	for i := range out {
		out[i].Q = tables[i]
		for j := range out[i].Cells {
			out[i].Cells[j].Q = cells[0]
			cells = cells[1:]
		}
	}
	slices.SortStableFunc(out, func(a, b DescriptorProfile) int { return cmp.Compare(b.Table.VCorrected, a.Table.VCorrected) })
	return out, nil
}

// levels fills the levels and returns each row's, −1 = none.
func (p *DescriptorProfile) levels(c *datasets.TableColumn, labels []int32, k int) []int {
	out := make([]int, len(labels))
	known := func(i int) bool { return c.Num != nil && !math.IsNaN(c.Num[i]) || c.Num == nil && c.Text[i] != "" }
	for i, l := range labels {
		out[i] = -1
		switch {
		case l < 0:
		case known(i):
			p.Known++
			out[i] = 0
		default:
			p.Missing++
		}
	}
	if p.Known == 0 {
		return out
	}
	if c.Num != nil {
		p.quarters(c.Num, labels, k, out)
		return out
	}
	n := map[string]int{}
	for i := range out {
		if out[i] == 0 {
			n[c.Text[i]]++
		}
	}
	for l := range n {
		p.Levels = append(p.Levels, l)
	}
	slices.SortFunc(p.Levels, func(a, b string) int { return cmp.Or(n[b]-n[a], cmp.Compare(a, b)) })
	if len(p.Levels) == p.Known {
		return out // a name, no category
	}
	if len(p.Levels) > describeLevels {
		p.Levels = append(p.Levels[:describeLevels-1:describeLevels-1], descriptorsOther)
	}
	at := map[string]int{}
	for i, l := range p.Levels {
		at[l] = i
	}
	for i := range out {
		if out[i] == 0 {
			l, ok := at[c.Text[i]]
			if !ok {
				l = len(p.Levels) - 1
			}
			out[i] = l
		}
	}
	return out
}

// quarters cuts numbers at their quartiles; equal quartiles make fewer levels.
func (p *DescriptorProfile) quarters(x []float64, labels []int32, k int, out []int) {
	var sorted []float64
	sums, ns := make([]float64, k), make([]float64, k)
	for i := range out {
		if out[i] == 0 {
			sorted = append(sorted, x[i])
			sums[labels[i]] += x[i]
			ns[labels[i]]++
		}
	}
	for s := range sums {
		p.Means = append(p.Means, sums[s]/ns[s])
	}
	slices.Sort(sorted)
	var cuts []float64
	for _, q := range []float64{.25, .5, .75} {
		v := Quantile(sorted, q)
		if v < sorted[len(sorted)-1] && (len(cuts) == 0 || v > cuts[len(cuts)-1]) {
			cuts = append(cuts, v)
		}
	}
	text := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	lo := text(sorted[0])
	for _, c := range cuts {
		p.Levels = append(p.Levels, lo+" to "+text(c))
		lo = "over " + text(c)
	}
	p.Levels = append(p.Levels, lo+" to "+text(sorted[len(sorted)-1]))
	for i := range out {
		if out[i] == 0 {
			l, _ := slices.BinarySearch(cuts, x[i])
			out[i] = l
		}
	}
}

// cells compares every level of every segment with everyone else's.
func (p *DescriptorProfile) cells(k int) {
	t := p.Table
	size := make([]int, k)
	for _, row := range t.Counts {
		for s, n := range row {
			size[s] += n
		}
	}
	for i, row := range t.Counts {
		all := 0
		for _, n := range row {
			all += n
		}
		for s, n := range row {
			if size[s] == 0 || size[s] == t.N || math.IsNaN(t.Residuals[i][s]) {
				continue
			}
			c := DescriptorCell{
				Level: p.Levels[i], Segment: s, Share: float64(n) / float64(size[s]), Others: float64(all-n) / float64(t.N-size[s]), Z: t.Residuals[i][s],
			}
			c.H = CohenH(c.Share, c.Others)
			c.P = math.Erfc(math.Abs(c.Z) / math.Sqrt2)
			p.Cells = append(p.Cells, c)
		}
	}
}
