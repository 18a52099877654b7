package features

import (
	"fmt"
	"math"
	"slices"
)

// GainCurve is a curve of what is gained by treating the N best-ranked customers;
// point 0 is (0, 0), then one point per distinct score, highest first.
type GainCurve struct {
	N    []float64 `json:"n"`
	Gain []float64 `json:"gain"`
}

// Area returns the area under the curve, by trapezoids.
func (c GainCurve) Area() float64 {
	var s float64
	for i := 1; i < len(c.N); i++ {
		s += (c.N[i] - c.N[i-1]) * (c.Gain[i] + c.Gain[i-1]) / 2
	}
	return s
}

// Random returns the area under the straight line to the curve's end: ranking by lot.
func (c GainCurve) Random() float64 {
	last := len(c.N) - 1
	return c.N[last] * c.Gain[last] / 2
}

// UpliftCurve ranks customers by score, highest first, and gives at each distinct score
//
//	(Y₁/N₁ − Y₀/N₀)·(N₁ + N₀)
//
// of those ranked as high or higher: N₁ treated with outcomes of sum Y₁, N₀ controls
// with Y₀; a mean over nobody counts as 0. Equal scores go together, so the order of
// rows does not matter. Cost: O(n log n). As scikit-uplift's uplift_curve. Devriendt,
// Guns & Verbeke 2020, Learning to rank for uplift modeling, IEEE Transactions on
// Knowledge and Data Engineering, doi:10.1109/TKDE.2020.3048510.
func UpliftCurve(y, score []float64, treated []bool) (GainCurve, error) {
	return gainCurve(y, score, treated, func(y1, n1, y0, n0 float64) float64 {
		return (ratioOr0(y1, n1) - ratioOr0(y0, n0)) * (n1 + n0)
	})
}

// QiniCurve is UpliftCurve with Radcliffe's gain in incremental responses of the
// treated,
//
//	Y₁ − Y₀·N₁/N₀
//
// As scikit-uplift's qini_curve. Radcliffe 2007, Using control groups to target on
// predicted lift, Direct Marketing Analytics Journal 3, pp. 14–21.
func QiniCurve(y, score []float64, treated []bool) (GainCurve, error) {
	return gainCurve(y, score, treated, func(y1, n1, y0, n0 float64) float64 {
		return y1 - y0*ratioOr0(n1, n0)
	})
}

func ratioOr0(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func gainCurve(y, score []float64, treated []bool, gain func(y1, n1, y0, n0 float64) float64) (GainCurve, error) {
	if len(y) == 0 || len(score) != len(y) || len(treated) != len(y) {
		return GainCurve{}, fmt.Errorf("%d outcomes, %d scores, %d customers treated or not: one of each a customer, and at least one", len(y), len(score), len(treated))
	}
	rank := make([]int, len(y))
	for i := range rank {
		rank[i] = i
		if math.IsNaN(score[i]) || math.IsNaN(y[i]) || math.IsInf(y[i], 0) {
			return GainCurve{}, fmt.Errorf("customer %d has score %g and outcome %g: leave the customer out", i, score[i], y[i])
		}
	}
	slices.SortFunc(rank, func(a, b int) int {
		switch {
		case score[a] > score[b]:
			return -1
		case score[a] < score[b]:
			return 1
		}
		return a - b
	})
	c := GainCurve{N: []float64{0}, Gain: []float64{0}}
	var y1, n1, y0, n0 float64
	for k, i := range rank {
		if treated[i] {
			y1 += y[i]
			n1++
		} else {
			y0 += y[i]
			n0++
		}
		if k+1 == len(rank) || score[rank[k+1]] != score[i] {
			c.N = append(c.N, float64(k+1))
			c.Gain = append(c.Gain, gain(y1, n1, y0, n0))
		}
	}
	return c, nil
}

// PerfectUpliftCurve is the uplift curve of the best possible ranking of outcomes 0
// and 1: the treated who responded and the controls who did not come first. As
// scikit-uplift's perfect_uplift_curve, which breaks the ties between those groups by
// treatment, or by response where more controls responded than treated did not.
func PerfectUpliftCurve(y []float64, treated []bool) (GainCurve, error) {
	var controlsResponding, treatedNot int
	for i, v := range y[:min(len(y), len(treated))] {
		switch {
		case v == 1 && !treated[i]:
			controlsResponding++
		case v == 0 && treated[i]:
			treatedNot++
		}
	}
	best := make([]float64, len(y))
	for i, v := range y[:min(len(y), len(treated))] {
		t := 0.0
		if treated[i] {
			t = 1
		}
		if v == t {
			best[i] = 2
		}
		if controlsResponding > treatedNot {
			best[i] += v
		} else {
			best[i] += t
		}
	}
	return UpliftCurve(y, best, treated)
}

// PerfectQiniCurve is the Qini curve of the best possible ranking of outcomes 0 and 1:
// treated responders first, responding controls last. With negative = false the
// treatment is taken to harm nobody: the curve rises to the incremental responses
// Σy₁ − N₁·ȳ₀ at slope 1 and stays there. As scikit-uplift's perfect_qini_curve.
func PerfectQiniCurve(y []float64, treated []bool, negative bool) (GainCurve, error) {
	if negative {
		best := make([]float64, len(y))
		for i, v := range y[:min(len(y), len(treated))] {
			best[i] = -v
			if treated[i] {
				best[i] = v
			}
		}
		return QiniCurve(y, best, treated)
	}
	q, err := QiniCurve(y, make([]float64, len(y)), treated)
	if err != nil {
		return q, err
	}
	top := q.Gain[1]
	if top < 0 || top > float64(len(y)) {
		return q, fmt.Errorf("the treated responded less than the controls by %g: a perfect curve without negative effects does not exist", -top)
	}
	return GainCurve{N: []float64{0, top, float64(len(y))}, Gain: []float64{0, top, top}}, nil
}

// UpliftAUC is how well a score ranks customers by uplift: the area between its uplift
// curve and the random line, over the same of the perfect curve. 1 = perfect, 0 = by
// lot, below 0 = worse. It is an error where the perfect curve is no better than lot:
// then the ratio is undefined. As scikit-uplift's uplift_auc_score.
func UpliftAUC(y, score []float64, treated []bool) (float64, error) {
	actual, err := UpliftCurve(y, score, treated)
	if err != nil {
		return math.NaN(), err
	}
	perfect, err := PerfectUpliftCurve(y, treated)
	if err != nil {
		return math.NaN(), err
	}
	return normalGain(actual, perfect)
}

// QiniAUC is UpliftAUC of the Qini curve, the Qini coefficient: as scikit-uplift's
// qini_auc_score with its negative_effect = true.
func QiniAUC(y, score []float64, treated []bool) (float64, error) {
	actual, err := QiniCurve(y, score, treated)
	if err != nil {
		return math.NaN(), err
	}
	perfect, err := PerfectQiniCurve(y, treated, true)
	if err != nil {
		return math.NaN(), err
	}
	return normalGain(actual, perfect)
}

func normalGain(actual, perfect GainCurve) (float64, error) {
	random := perfect.Random()
	room := perfect.Area() - random
	if room == 0 {
		return math.NaN(), fmt.Errorf("the best possible ranking gains no more than one by lot: all outcomes or all treatments are alike")
	}
	return (actual.Area() - random) / room, nil
}
