package features

import "math"

// Schuster returns the periodogram of events at times t (days, or any unit) at the
// periods: P(T) = |Σ exp(2πi t/T)|²/n, which is n·R² of the phases on the circle of
// length T. Of events without a rhythm P is about exponential with mean 1, so that
// e^−P is the p-value of one period (Schuster 1897, doi:10.1098/rspl.1896.0106). The
// shop's own calendar is a rhythm too: see SchusterFrom. NaN for no events. Cost:
// O(events × periods).
func Schuster(t, periods []float64) []float64 {
	out := make([]float64, len(periods))
	for j, period := range periods {
		var c Circle
		for _, x := range t {
			c.Add(2*math.Pi*x/period, 1)
		}
		out[j] = (c.C*c.C + c.S*c.S) / c.N
	}
	return out
}

// SchusterExcess returns a circle's power against a vector v that everybody has, the
// shop's calendar: n·|x̄ − v|²/(1 − |v|²), about exponential with mean 1 for somebody who
// buys as all do. With v = 0 it is Schuster's power. NaN for |v| ≥ 1 and for no events.
func (c *Circle) SchusterExcess(c0, s0 float64) float64 {
	dx, dy := c.C/c.N-c0, c.S/c.N-s0
	left := 1 - c0*c0 - s0*s0
	if !(left > 0) {
		return math.NaN()
	}
	return c.N * (dx*dx + dy*dy) / left
}

// StepFrom returns how far a customer's mean vector lies from v beyond what chance adds:
//
//	|x̄ − v| − √(π(1 − R²)/(4(n − 1)))
//
// where (1 − R²)/(n − 1) is the unbiased estimate of the squared length of the error of
// x̄, and the root is the mean length of a normal error of that square (Rayleigh's
// distribution). About 0 on average for somebody who does as all do, whatever n; 1 for
// v = 0 and n directions alike. It can be negative. NaN for n < 2.
func (c *Circle) StepFrom(c0, s0 float64) float64 {
	if c.N < 2 {
		return math.NaN()
	}
	x, y := c.C/c.N, c.S/c.N
	return math.Hypot(x-c0, y-s0) - math.Sqrt(math.Pi/4*max(1-x*x-y*y, 0)/(c.N-1))
}

// Sidak returns the p-value of the best of several trials: 1 − (1 − p)^trials, exact
// for independent ones and above the truth for overlapping ones (Šidák 1967,
// doi:10.1080/01621459.1967.10482935).
func Sidak(p, trials float64) float64 { return -math.Expm1(trials * math.Log1p(-min(p, 1))) }

// Peak is the strongest period of a scan.
type Peak struct {
	Period, Power float64
	R             float64 // mean resultant length there: 1 = every event in phase
	P             float64 // Šidák's p-value over all periods tried
	Trials        int
}

// SchusterPeak scans periods and what lies within half a frequency step of them: each
// T with the frequencies 1/T − 1/(2S), 1/T and 1/T + 1/(2S) of events that span S. It
// returns the strongest, of equally strong ones the first. Periods of which the span
// holds fewer than three are left out; ok is false if none remains, or for fewer than
// two events.
func SchusterPeak(t, periods []float64) (best Peak, ok bool) {
	if len(t) < 2 {
		return best, false
	}
	lo, hi := t[0], t[0]
	for _, x := range t {
		lo, hi = min(lo, x), max(hi, x)
	}
	span := hi - lo
	var tried []float64
	for _, period := range periods {
		if span >= 3*period {
			for _, step := range []float64{0, -0.5, 0.5} {
				tried = append(tried, 1/(1/period+step/span))
			}
		}
	}
	if len(tried) == 0 {
		return best, false
	}
	best.Trials = len(tried)
	for j, power := range Schuster(t, tried) {
		if power > best.Power {
			best.Period, best.Power = tried[j], power
		}
	}
	best.R = math.Sqrt(best.Power / float64(len(t)))
	best.P = Sidak(math.Exp(-best.Power), float64(best.Trials))
	return best, true
}

// Autocorrelation returns the correlation of a customer's daily 0/1 series with itself
// so many days later, for purchases on distinct ascending days of a span [from, to):
//
//	r = (N₁₁/(L − lag) − p²)/(p(1 − p)),  p = n/L, L = to − from,
//
// N₁₁ the pairs of purchases that far apart. NaN unless 0 < lag < L and 0 < n < L.
// Cost: O(days).
func Autocorrelation(days []int, from, to, lag int) float64 {
	n, length := float64(len(days)), float64(to-from)
	if lag <= 0 || float64(lag) >= length || n == 0 || n >= length {
		return math.NaN()
	}
	pairs, j := 0.0, 0
	for _, d := range days {
		for j < len(days) && days[j] < d+lag {
			j++
		}
		if j < len(days) && days[j] == d+lag {
			pairs++
		}
	}
	p := n / length
	return (pairs/(length-float64(lag)) - p*p) / (p * (1 - p))
}
