package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// CorrectedT is the comparison of two methods on overlapping resamples of one data set.
type CorrectedT struct {
	N    int     `json:"n"` // resamples
	Mean float64 `json:"mean"`
	// Lo and Hi bound the expected difference with confidence 1 − alpha.
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
	SE float64 `json:"se"`
	T  float64 `json:"t"` // on N − 1 degrees of freedom
	P  float64 `json:"p"` // two-sided
	// Reason says why there is no test; only N and Mean mean something then.
	Reason string `json:"reason,omitempty"`
}

// CorrectedResampledT is Nadeau & Bengio's corrected resampled t-test of paired
// differences dᵣ of two methods' scores over J resamples, in each of which both were made
// from the same train customers (or rows) and judged on the same test others. The
// resamples share customers, so that d is correlated and s²/J is too small a variance of
// its mean; they put the correlation at test/(train + test):
//
//	t = d̄/√((1/J + test/train)·s²),   J − 1 degrees of freedom
//
// However many resamples there are, the variance stays above s²·test/train: resampling
// brings no new customers. For segments made anew from subsamples without a held-out
// part, test is the number of customers that were left out; for k-fold cross-validation,
// repeated or not, it is one fold against the others (Bouckaert & Frank 2004,
// doi:10.1007/978-3-540-24775-3_3). It is an approximation, conservative where methods
// are unstable.
//
// A difference that is NaN is an error: leave out the resample for both methods. Equal
// differences have no spread and no test, with that reason. Cost: O(J).
// Source: Nadeau & Bengio 2003, Machine Learning 52:239–281, doi:10.1023/A:1024068626366.
func CorrectedResampledT(differences []float64, train, test int, alpha float64) (CorrectedT, error) {
	n := len(differences)
	switch {
	case n < 2:
		return CorrectedT{}, fmt.Errorf("corrected t-test: %d differences: it takes two resamples", n)
	case train < 1 || test < 1:
		return CorrectedT{}, fmt.Errorf("corrected t-test: %d customers to learn from and %d to judge by: both must be 1 or more", train, test)
	case !(alpha > 0 && alpha < 1):
		return CorrectedT{}, fmt.Errorf("corrected t-test: alpha = %g: give one between 0 and 1", alpha)
	}
	var size float64
	for i, d := range differences {
		if math.IsNaN(d) || math.IsInf(d, 0) {
			return CorrectedT{}, fmt.Errorf("corrected t-test: difference %d is %g: leave that resample out for both methods", i, d)
		}
		size = max(size, math.Abs(d))
	}
	mean, sd := moments(differences)
	c := CorrectedT{N: n, Mean: mean}
	if sd <= 1e-12*size { // rounding
		c.Reason = fmt.Sprintf("the difference is %.6g in all %d resamples: there is no spread to judge it by", mean, n)
		return c, nil
	}
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}
	c.SE = sd * math.Sqrt(1/float64(n)+float64(test)/float64(train))
	c.T = mean / c.SE
	c.P = min(1, 2*student.Survival(math.Abs(c.T)))
	half := student.Quantile(1-alpha/2) * c.SE
	c.Lo, c.Hi = mean-half, mean+half
	return c, nil
}
