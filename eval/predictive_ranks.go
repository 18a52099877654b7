package eval

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// rankOrder is the rows of a column in ascending order of its values, as 2·row, plus
// 1 at the last of equal values. Rows without a value are not in it.
type rankOrder []int32

// newRankOrder sorts values, which may be NaN.
func newRankOrder(values []float64) rankOrder {
	type pair struct {
		v   float64
		row int32
	}
	s := make([]pair, 0, len(values))
	for i, v := range values {
		if !math.IsNaN(v) {
			s = append(s, pair{v, int32(i)})
		}
	}
	slices.SortFunc(s, func(a, b pair) int {
		switch {
		case a.v < b.v:
			return -1
		case a.v > b.v:
			return 1
		}
		return int(a.row - b.row) // neighbours in memory
	})
	out := make(rankOrder, len(s))
	for i, p := range s {
		out[i] = 2 * p.row
		if i+1 == len(s) || s[i+1].v != p.v {
			out[i]++
		}
	}
	return out
}

// distinct counts the different values.
func (o rankOrder) distinct() int {
	n := 0
	for _, k := range o {
		n += int(k & 1)
	}
	return n
}

// weighted is a row's weight w in a resample and w·s, s what the outcome counts for.
type weighted struct{ w, ws float64 }

// rankSums returns Σw, Σws, Σws·r and Σw·r², where r is the weighted mid-rank: the weight
// of all that is less, and half of all that is equal. One pass. With whole weights and s
// every sum is exact.
func (o rankOrder) rankSums(row []weighted) (w, ws, wsr, wrr float64) {
	var gw, gs float64
	for _, k := range o {
		r := &row[k>>1]
		gw += r.w
		gs += r.ws
		if k&1 != 0 {
			mid := w + gw/2
			wsr += gs * mid
			wrr += gw * mid * mid
			w += gw
			ws += gs
			gw, gs = 0, 0
		}
	}
	return w, ws, wsr, wrr
}

// auc is Mann & Whitney's U/(n₁n₀), where ws is w of a one and 0 of a zero; NaN without
// ones or zeros.
func (o rankOrder) auc(row []weighted) (auc, ones, zeros float64) {
	w, ones, sum, _ := o.rankSums(row)
	zeros = w - ones
	// Of a one's mid-rank the ones among themselves make n₁/2 on average.
	return (sum - ones*ones/2) / (ones * zeros), ones, zeros
}

// midRanks fills ws with w·(mid-rank − W/2) of the order's rows and returns Σw(mid-rank
// − W/2)². Rows for which keep is false weigh nothing and are left alone; nil = all.
func (o rankOrder) midRanks(row []weighted, keep []bool) float64 {
	var all float64
	for _, k := range o {
		if keep == nil || keep[k>>1] {
			all += row[k>>1].w
		}
	}
	var below, square, group float64
	lo := 0
	for i, k := range o {
		if keep == nil || keep[k>>1] {
			group += row[k>>1].w
		}
		if k&1 == 0 {
			continue
		}
		v := below + group/2 - all/2
		for _, g := range o[lo : i+1] {
			row[g>>1].ws = row[g>>1].w * v
		}
		square += group * v * v
		below += group
		group, lo = 0, i+1
	}
	return square
}

// rho is the correlation of mid-ranks, where ws is as midRanks of y left it and vv what it
// returned; NaN if one of them does not vary.
func (o rankOrder) rho(row []weighted, vv float64) float64 {
	w, ws, wsr, wrr := o.rankSums(row)
	return (wsr - ws*w/2) / math.Sqrt((wrr-w*(w/2)*(w/2))*vv)
}

// eta is the share of the variance of mid-ranks between classes, less what chance puts
// there, with Kruskal & Wallis's H and the number of classes that have weight; NaN if
// there is no variance or one class.
func (o rankOrder) eta(row []weighted, class []int32, k int) (eta, h float64, classes int) {
	weight, sum := make([]float64, k), make([]float64, k)
	var below, group, squares float64
	lo := 0
	for i, key := range o {
		group += row[key>>1].w
		if key&1 == 0 {
			continue
		}
		mid := below + group/2
		for _, g := range o[lo : i+1] {
			w := row[g>>1].w
			weight[class[g>>1]] += w
			sum[class[g>>1]] += w * mid
		}
		squares += group * mid * mid
		below += group
		group, lo = 0, i+1
	}
	centre := below / 2
	between := 0.0
	for c, w := range weight {
		if w > 0 {
			classes++
			dev := sum[c] - w*centre
			between += dev * dev / w
		}
	}
	if classes < 2 {
		return math.NaN(), math.NaN(), classes
	}
	h = (below - 1) * between / (squares - below*centre*centre)
	return (h - float64(classes) + 1) / (below - float64(classes)), h, classes
}

// pAUC is the two-sided p-value of Mann & Whitney's test, normal with ties and without a
// correction for continuity; square is Σ(mid-rank − mean)².
func pAUC(auc, ones, zeros, square float64) float64 {
	n := ones + zeros
	sd := math.Sqrt(square / (ones * zeros * n * (n - 1)))
	return math.Erfc(math.Abs(auc-0.5) / sd / math.Sqrt2) // keeps its digits far out in the tail
}

// pRho is the two-sided p-value of Spearman's ρ of n pairs by Student's t.
func pRho(rho float64, n int) float64 {
	if math.Abs(rho) >= 1 {
		return 0
	}
	t := math.Abs(rho) * math.Sqrt(float64(n-2)/((1-rho)*(1+rho)))
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 2)}.Survival(t)
}

// pEta is the p-value of Kruskal & Wallis's test.
func pEta(h float64, classes int) float64 {
	return distuv.ChiSquared{K: float64(classes - 1)}.Survival(h)
}

// sortedByCount lists the keys, most frequent first, equally frequent ones ascending.
func sortedByCount(counts map[float64]int) []float64 {
	out := make([]float64, 0, len(counts))
	for v := range counts {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b float64) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	return out
}
