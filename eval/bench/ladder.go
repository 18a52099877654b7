package bench

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Slope says how a contender's time grows with the number of rows.
type Slope struct {
	Contender string `json:"contender"`
	// Exponent is b of seconds = a·nᵇ, R2 the share of the variance of log seconds that
	// the line explains. Meaningless where Reason is set.
	Exponent float64 `json:"exponent"`
	R2       float64 `json:"r2"`
	Sizes    int     `json:"sizes"` // through which the line goes
	From     int     `json:"from"`  // the smallest of them
	To       int     `json:"to"`    // the largest
	Largest  int     `json:"largest"`
	Seconds  float64 `json:"seconds"` // at the largest
	Peak     *int64  `json:"peak_bytes"`
	Reason   string  `json:"reason,omitempty"` // why there is no line
	Stopped  string  `json:"stopped,omitempty"`
}

// ladderLeast is the time below which a fit is mostly overhead, in seconds: a line through
// such points would understate the growth.
const ladderLeast = 1e-3

// Slopes fits, for each contender, a line to log seconds over log rows by least squares,
// through the sizes of the ladder that took ladderLeast and more (three at least). A
// size's time is the least of its runs: what else the machine does only adds to it.
func Slopes(rows []Row) []Slope {
	var out []Slope
	var names []string
	for _, r := range rows {
		if r.Ladder && !slices.Contains(names, r.Contender) {
			names = append(names, r.Contender)
		}
	}
	for _, name := range names {
		s := Slope{Contender: name}
		times := map[int][]float64{}
		for _, r := range rows {
			switch {
			case !r.Ladder || r.Contender != name:
			case r.Score == nil:
				s.Stopped = cmp.Or(s.Stopped, fmt.Sprintf("%d rows %s", r.N, r.Reason))
			default:
				times[r.N] = append(times[r.N], r.Seconds)
				if r.N >= s.Largest {
					s.Largest, s.Peak = r.N, r.PeakBytes
				}
			}
		}
		if s.Largest == 0 {
			s.Reason = "no size was fitted: " + s.Stopped
			out = append(out, s)
			continue
		}
		s.Seconds = slices.Min(times[s.Largest])
		s.line(times)
		out = append(out, s)
	}
	return out
}

func (s *Slope) line(times map[int][]float64) {
	var x, y []float64
	for _, n := range slices.Sorted(maps.Keys(times)) {
		if m := slices.Min(times[n]); m >= ladderLeast {
			x, y = append(x, math.Log(float64(n))), append(y, math.Log(m))
			s.From, s.To = cmp.Or(s.From, n), n
		}
	}
	s.Sizes = len(x)
	if s.Sizes < 3 {
		s.Reason = fmt.Sprintf("%d of %d sizes took %g ms and more: a line needs three", s.Sizes, len(times), 1e3*ladderLeast)
		return
	}
	mx, my := mean(x), mean(y)
	var xx, xy, yy float64
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		xy += (x[i] - mx) * (y[i] - my)
		yy += (y[i] - my) * (y[i] - my)
	}
	s.Exponent = xy / xx
	s.R2 = 1
	if yy > 0 {
		s.R2 = xy * xy / (xx * yy)
	}
}

func mean(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
