package features

import (
	"fmt"
	"math"
	"slices"
)

// DirichletBrand is a brand as a panel shows it in one period.
type DirichletBrand struct {
	Name        string
	Share       float64 // of the category's purchases
	Penetration float64 // share of all consumers who bought it
}

// DirichletPanel is what FitDirichlet needs to know of a category in one period.
type DirichletPanel struct {
	Penetration float64 // share of consumers who bought the category
	PerBuyer    float64 // purchases per buyer of the category
	// Variance of the number of purchases over all consumers, buyers or not; 0 =
	// unknown. With it K comes from the variance, which is the only way where everybody
	// bought; without it from the share of those who did not.
	Variance float64
	Brands   []DirichletBrand
	// DropOutliers leaves brands out of S as NBDdirichlet does: those beyond 1.5
	// interquartile ranges of a hinge, and those above the upper notch, median +
	// 1.58·IQR/√brands. It moves S a lot where brands are few.
	DropOutliers bool
}

// DirichletModel is a fitted NBD-Dirichlet (Goodhardt, Ehrenberg & Chatfield 1984,
// Journal of the Royal Statistical Society A 147, pp. 621–655, doi:10.2307/2981696):
// consumers buy the category as a gamma-mixed Poisson process with mean M and shape K,
// and choose brand j with a probability that is Beta(S·share_j, S·(1 − share_j))
// distributed over consumers. It says what a stationary market without segments looks
// like; what a brand has above it is its own.
type DirichletModel struct {
	M, K, S float64
	Brands  []DirichletBrand
	BrandS  []float64 // each brand's own fit of S; S is their mean weighted by share
	Used    []bool    // whether a brand's fit counts in S
	Notes   []string  // fits that reached an end of their range

	pn []float64 // P(n purchases of the category), until the rest is below 1e-12
}

// The ranges of K and S, NBDdirichlet's: above 30 buyers, or their tastes, are alike
// for all purposes.
const (
	dirichletMaxK = 30
	dirichletMaxS = 30
)

// FitDirichlet fits M, K and S as the R package NBDdirichlet 1.4 does: M =
// penetration·purchases per buyer; K solves (1 + M/K)^−K = 1 − penetration, or is
// M²/(variance − M); for each brand S solves theoretical = observed penetration, and
// the model's S is their mean weighted by market share. Brands whose S lies at an end
// of (0, 30] are noted. An error: figures out of range. Cost: O(brands·purchases).
func FitDirichlet(p DirichletPanel) (*DirichletModel, error) {
	switch {
	case !(p.Penetration > 0 && p.Penetration <= 1):
		return nil, fmt.Errorf("penetration = %g: a share of consumers, in (0, 1]", p.Penetration)
	case !(p.PerBuyer >= 1):
		return nil, fmt.Errorf("purchases per buyer = %g: at least 1", p.PerBuyer)
	case p.Penetration == 1 && p.Variance == 0:
		return nil, fmt.Errorf("penetration = 1: where everybody bought, K cannot be told from those who did not; give the variance of purchases")
	case len(p.Brands) == 0:
		return nil, fmt.Errorf("no brands")
	}
	for _, b := range p.Brands {
		if !(b.Share > 0 && b.Share <= 1 && b.Penetration > 0 && b.Penetration <= p.Penetration*(1+1e-9)) {
			return nil, fmt.Errorf("brand %q: share = %g and penetration = %g: both above 0, penetration at most the category's %g", b.Name, b.Share, b.Penetration, p.Penetration)
		}
	}
	m := &DirichletModel{M: p.Penetration * p.PerBuyer, Brands: slices.Clone(p.Brands)}
	m.fitK(p)
	m.pn = dirichletPurchases(m.M, m.K)
	for _, b := range p.Brands {
		s, end := m.brandS(b)
		m.BrandS = append(m.BrandS, s)
		if end != "" {
			m.Notes = append(m.Notes, fmt.Sprintf("brand %s: %s", b.Name, end))
		}
	}
	m.Used = make([]bool, len(p.Brands))
	var sum, weight float64
	for j, s := range m.BrandS {
		m.Used[j] = !p.DropOutliers || !dirichletOutlier(s, m.BrandS)
		if m.Used[j] {
			sum += p.Brands[j].Share * s
			weight += p.Brands[j].Share
		}
	}
	m.S = sum / weight
	return m, nil
}

// fitK solves for K by bisection of log K, or takes it from the variance.
func (m *DirichletModel) fitK(p DirichletPanel) {
	if p.Variance > 0 {
		m.K = dirichletMaxK
		if k := m.M * m.M / (p.Variance - m.M); p.Variance > m.M && k < dirichletMaxK {
			m.K = k
		} else {
			m.Notes = append(m.Notes, fmt.Sprintf("purchases vary no more than by chance: K = %d stands for infinite", dirichletMaxK))
		}
		return
	}
	// K ln(1 + M/K) grows with K from 0 to M.
	want := -math.Log(1 - p.Penetration)
	f := func(k float64) float64 { return k*math.Log1p(m.M/k) - want }
	lo, hi := 1e-4, float64(dirichletMaxK)
	if f(hi) < 0 {
		m.K = hi
		m.Notes = append(m.Notes, fmt.Sprintf("more consumers bought than purchases of this number allow: K = %d stands for infinite", dirichletMaxK))
		return
	}
	m.K = dirichletRoot(f, lo, hi)
}

// dirichletRoot finds the root of an increasing function of a positive x, on a log scale; an
// end where it has none.
func dirichletRoot(f func(float64) float64, lo, hi float64) float64 {
	if f(lo) >= 0 {
		return lo
	}
	if f(hi) <= 0 {
		return hi
	}
	for range 200 {
		mid := math.Sqrt(lo * hi)
		if mid <= lo || mid >= hi {
			break
		}
		if f(mid) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Sqrt(lo * hi)
}

// dirichletPurchases returns the negative binomial probabilities of 0, 1, … purchases.
func dirichletPurchases(mean, k float64) []float64 {
	p := math.Exp(-k * math.Log1p(mean/k))
	out := []float64{p}
	left := 1 - p
	for n := 0; left > 1e-12 && n < 100_000; n++ {
		p *= (k + float64(n)) / float64(n+1) * mean / (mean + k)
		out = append(out, p)
		left -= p
	}
	return out
}

// brandS solves theoretical = observed penetration; end says where it cannot.
func (m *DirichletModel) brandS(b DirichletBrand) (s float64, end string) {
	f := func(s float64) float64 { return dirichletPenetration(m.pn, s*b.Share, s) - b.Penetration }
	const least = 1e-4
	s = dirichletRoot(f, least, dirichletMaxS)
	switch s {
	case least:
		end = "fewer buyers than even wholly loyal ones would be: S is near 0"
	case dirichletMaxS:
		end = fmt.Sprintf("more buyers than choice at random brings: S = %d stands for infinite", dirichletMaxS)
	}
	return s, end
}

// dirichletPenetration is Σ P(n)·(1 − p(0 | n)) for a brand of alpha = S·share.
func dirichletPenetration(pn []float64, alpha, s float64) float64 {
	none, sum := 1.0, 0.0
	for n, p := range pn {
		sum += p * (1 - none)
		none *= (s - alpha + float64(n)) / (s + float64(n))
	}
	return sum
}

// dirichletOutlier applies R's boxplot rule and notch.
func dirichletOutlier(s float64, all []float64) bool {
	x := slices.Sorted(slices.Values(all))
	n := len(x)
	// Tukey's hinges: the medians of both halves, the middle one in each.
	half := (n + 1) / 2
	lower, upper, mid := median(x[:half]), median(x[n-half:]), median(x)
	iqr := upper - lower
	return s < lower-1.5*iqr || s > upper+1.5*iqr || s > mid+1.58*iqr/math.Sqrt(float64(n))
}

// Over returns the model for a period t times as long: M grows, K and S stay.
func (m *DirichletModel) Over(t float64) *DirichletModel {
	out := *m
	out.M = m.M * t
	out.pn = dirichletPurchases(out.M, m.K)
	return &out
}

// Polarisation is φ = 1/(1 + S): 0 = everybody has the market's mix, 1 = everybody one
// brand only.
func (m *DirichletModel) Polarisation() float64 { return 1 / (1 + m.S) }

// Purchases returns the probability that a consumer buys the category n times.
func (m *DirichletModel) Purchases(n int) float64 {
	if n < len(m.pn) {
		return m.pn[n]
	}
	return 0
}

// Penetration is the theoretical share of consumers who buy brand j.
func (m *DirichletModel) Penetration(j int) float64 {
	return dirichletPenetration(m.pn, m.S*m.Brands[j].Share, m.S)
}

// PerBuyer is the theoretical number of purchases of brand j by a buyer of it.
func (m *DirichletModel) PerBuyer(j int) float64 {
	return m.M * m.Brands[j].Share / m.Penetration(j)
}

// CategoryPerBuyer is the theoretical number of purchases of the category by a buyer
// of brand j.
func (m *DirichletModel) CategoryPerBuyer(j int) float64 {
	alpha := m.S * m.Brands[j].Share
	none, sum := 1.0, 0.0
	for n, p := range m.pn {
		sum += p * float64(n) * (1 - none)
		none *= (m.S - alpha + float64(n)) / (m.S + float64(n))
	}
	return sum / m.Penetration(j)
}

// SCR is the theoretical share of category requirements of brand j: what its buyers
// buy of it over all that they buy.
func (m *DirichletModel) SCR(j int) float64 { return m.PerBuyer(j) / m.CategoryPerBuyer(j) }

// Frequency is the theoretical share of consumers who buy brand j exactly r times.
func (m *DirichletModel) Frequency(j, r int) float64 {
	a := m.S * m.Brands[j].Share
	b := m.S - a
	var sum float64
	for n := r; n < len(m.pn); n++ {
		var p float64
		if b == 0 { // the only brand
			if r == n {
				p = 1
			}
		} else {
			p = math.Exp(logChoose(n, r) + logBeta(a+float64(r), b+float64(n-r)) - logBeta(a, b))
		}
		sum += m.pn[n] * p
	}
	return sum
}

// Duplication is the theoretical share of brand k's buyers who also buy brand j.
func (m *DirichletModel) Duplication(j, k int) float64 {
	if j == k {
		return 1
	}
	either := dirichletPenetration(m.pn, m.S*(m.Brands[j].Share+m.Brands[k].Share), m.S)
	return (m.Penetration(j) + m.Penetration(k) - either) / m.Penetration(k)
}
