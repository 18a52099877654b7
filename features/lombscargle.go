package features

import (
	"math"
	"math/rand/v2"
)

// LombScargle returns the normalised periodogram of values y at uneven times t: the
// share of Σ(y − ȳ)² that a sine of that period explains, in [0, 1]. With ω = 2π/T and
// τ such that tan 2ωτ = Σ sin 2ωt / Σ cos 2ωt,
//
//	P = [(Σ y cos ω(t−τ))²/Σ cos² ω(t−τ) + (Σ y sin ω(t−τ))²/Σ sin² ω(t−τ)] / Σ y²
//
// of centred y (Lomb 1976, doi:10.1007/BF00648343; Scargle 1982, doi:10.1086/160554).
// Where all times are in phase, the sine's term is 0/0 and left out. Scargle's own
// normalisation is P·Σy²/2. NaN for constant y. Cost: O(n × periods).
func LombScargle(t, y, periods []float64) []float64 {
	mean, sd := meanSD(y, 0)
	total := sd * sd * float64(len(y))
	out := make([]float64, len(periods))
	for j, period := range periods {
		w := 2 * math.Pi / period
		var s2, c2 float64
		for _, x := range t {
			s, c := math.Sincos(2 * w * x)
			s2 += s
			c2 += c
		}
		tau := math.Atan2(s2, c2) / (2 * w)
		var yc, ys, cc, ss float64
		for i, x := range t {
			s, c := math.Sincos(w * (x - tau))
			v := y[i] - mean
			yc += v * c
			ys += v * s
			cc += c * c
			ss += s * s
		}
		out[j] = yc * yc / cc
		if ss > 1e-9*cc {
			out[j] += ys * ys / ss
		}
		out[j] /= total
	}
	return out
}

// LombScargleTest returns the strongest of the periods with the probability that
// values in random order reach its power at any of them: (1 + those that do)/(1 +
// sims). The seed decides the orders. Cost: O(sims × n × periods).
func LombScargleTest(t, y, periods []float64, sims int, seed uint64) Peak {
	strongest := func(y []float64) (at int, power float64) {
		for j, p := range LombScargle(t, y, periods) {
			if p > power {
				at, power = j, p
			}
		}
		return at, power
	}
	at, power := strongest(y)
	rng := rand.New(rand.NewPCG(seed, 31))
	mixed := append([]float64(nil), y...)
	reached := 1
	for range sims {
		rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if _, p := strongest(mixed); p >= power {
			reached++
		}
	}
	return Peak{Period: periods[at], Power: power, R: math.Sqrt(power), P: float64(reached) / float64(sims+1), Trials: len(periods)}
}
