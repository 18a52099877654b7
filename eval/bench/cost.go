package bench

import (
	"math"
	"slices"

	"github.com/mores-lab/mores/eval"
)

// Expense is what a contender's scores cost over the ranked data sets.
type Expense struct {
	Contender  string   `json:"contender"`
	Score      float64  `json:"score"`       // mean
	Seconds    float64  `json:"seconds"`     // of one fit of each set, summed
	CPUSeconds float64  `json:"cpu_seconds"` // the same
	PeakBytes  *int64   `json:"peak_bytes"`  // the largest; nil = not known here
	Front      bool     `json:"front"`       // no other is better at score, time and memory
	By         string   `json:"by"`          // a contender of the front that is
	Gains      []string `json:"gains"`       // and in what
	Reason     string   `json:"reason,omitempty"`
}

// leastPeak is the memory below which a peak is the allocator's, not the algorithm's.
const leastPeak = 1 << 20

// Expenses adds up what the ranked contenders took on the ranked sets, and finds those
// that no other beats at once in score, seconds and memory (eval.Pareto; a difference of
// .005 in the score and of eval.CostTolerance in cost counts). Clocks and memory are
// rounded to two digits first, and less than leastPeak is leastPeak, so that their noise
// keeps nobody on the front.
func Expenses(rows []Row, r *Ranking, metric string, better int) ([]Expense, error) {
	if r.Reason != "" {
		return nil, nil
	}
	var out []Expense
	points := make([][]float64, 0, len(r.Contenders))
	for j, name := range r.Contenders {
		e := Expense{Contender: name, Score: r.Means[j]}
		var peak int64
		known := true
		for _, set := range r.Sets {
			var wall, cpu, runs float64
			for _, row := range rows {
				if row.Contender != name || row.Set != set || row.Score == nil {
					continue
				}
				wall, cpu, runs = wall+row.Seconds, cpu+row.CPUSeconds, runs+1
				if row.PeakBytes == nil {
					known = false
				} else {
					peak = max(peak, *row.PeakBytes)
				}
			}
			e.Seconds += wall / runs
			e.CPUSeconds += cpu / runs
		}
		memory := math.NaN()
		if known {
			e.PeakBytes, memory = &peak, twoDigits(max(float64(peak), leastPeak))
		}
		out = append(out, e)
		points = append(points, []float64{math.Round(e.Score*1e3) / 1e3, twoDigits(e.Seconds), memory})
	}
	axes := eval.QualityTimeMemory(metric, better, 0.005)
	if !slices.ContainsFunc(points, func(p []float64) bool { return !math.IsNaN(p[2]) }) {
		axes = axes[:2] // a system that does not tell: compare what is known
		for i := range points {
			points[i] = points[i][:2]
		}
	}
	places, err := eval.Pareto(axes, points)
	if err != nil {
		return nil, err
	}
	for i, p := range places {
		out[i].Front, out[i].Gains, out[i].Reason = p.Front, p.Gains, p.Reason
		if p.By >= 0 {
			out[i].By = out[p.By].Contender
		}
	}
	return out, nil
}

// twoDigits rounds to two significant digits.
func twoDigits(x float64) float64 {
	if !(x > 0) {
		return x
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-1)
	return math.Round(x/unit) * unit
}
