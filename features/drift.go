package features

import "math"

// Drift compares two samples of the same categories, counts[k] = {in the first, in
// the second}: the Jensen–Shannon divergence weighted by the samples' sizes, less
// the mean it has when the pooled observations are dealt to the two samples at
// random, over its maximum less that mean. With n₀ + n₁ = n observations, d_k of
// category k,
//
//	JS = H(n₀, n₁) − Σ_k d_k/n · H(counts[k]),   (JS − E JS)/(H(n₀, n₁) − E JS),
//
// where E is exact, by the hypergeometric law of counts[k][0]. 0 = as chance has it,
// 1 = nothing in common, below 0 = more alike than chance (−1 at the least). Without
// the correction small samples always differ. NaN where a sample is empty or where
// chance alone reaches the maximum. Cost: O(n + categories).
//
// It is the adjusted mutual information of sample and category, of Vinh, Epps &
// Bailey (2010), over H(n₀, n₁); the divergence is Lin's (1991, doi:10.1109/18.61115).
func Drift(counts [][2]int) float64 {
	var n0, n1 int
	for _, c := range counts {
		n0 += c[0]
		n1 += c[1]
	}
	if n0 == 0 || n1 == 0 {
		return math.NaN()
	}
	n := float64(n0 + n1)
	// JS = (1/n)(n ln n − n₀ ln n₀ − n₁ ln n₁ − Σ (d ln d − x ln x − (d−x) ln (d−x))).
	whole := xlogx(n) - xlogx(float64(n0)) - xlogx(float64(n1))
	js, mean := whole, whole
	for _, c := range counts {
		d := c[0] + c[1]
		if d == 0 {
			continue
		}
		js -= xlogx(float64(d)) - xlogx(float64(c[0])) - xlogx(float64(c[1]))
		mean -= splitEntropy(d, n0, n1)
	}
	if whole-mean < 1e-9*whole {
		return math.NaN()
	}
	return max((js-mean)/(whole-mean), -1)
}

func xlogx(x float64) float64 {
	if x == 0 {
		return 0
	}
	return x * math.Log(x)
}

// splitEntropy is the mean of d ln d − x ln x − (d − x) ln(d − x) for x of d
// observations dealt to the first of two samples of n0 and n1.
func splitEntropy(d, n0, n1 int) float64 {
	lo, hi := max(0, d-n1), min(d, n0)
	p := math.Exp(logHypergeometric(lo, n0+n1, n0, d))
	var mean float64
	for x := lo; x <= hi; x++ {
		mean += p * (xlogx(float64(d)) - xlogx(float64(x)) - xlogx(float64(d-x)))
		p *= float64(n0-x) / float64(x+1) * float64(d-x) / float64(n1-d+x+1)
	}
	return mean
}

// logHypergeometric is the log probability of x marked ones among d drawn without
// replacement from n of which m are marked.
func logHypergeometric(x, n, m, d int) float64 {
	return logChoose(m, x) + logChoose(n-m, d-x) - logChoose(n, d)
}

func logChoose(n, k int) float64 { return logFactorial(n) - logFactorial(k) - logFactorial(n-k) }

// logFactorials holds ln k! for the k that come up in loops.
var logFactorials = func() []float64 {
	t := make([]float64, 4096)
	for k := range t {
		t[k], _ = math.Lgamma(float64(k) + 1)
	}
	return t
}()

func logFactorial(k int) float64 {
	if k < len(logFactorials) {
		return logFactorials[k]
	}
	x, _ := math.Lgamma(float64(k) + 1)
	return x
}
