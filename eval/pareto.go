package eval

import (
	"fmt"
	"math"
)

// ParetoAxis is one thing that runs are compared by.
type ParetoAxis struct {
	Name   string `json:"name"`
	Better int    `json:"better"` // +1 larger, −1 smaller
	// Tolerance is the difference that counts: in the axis's unit, or as a share of the
	// larger of the two values where Relative is set. 0 = any difference counts.
	Tolerance float64 `json:"tolerance"`
	Relative  bool    `json:"relative"`
}

// CostTolerance is the share by which times and peaks of memory must differ to count:
// those of one run, repeated on a busy machine, differ by less.
const CostTolerance = 0.10

// QualityTimeMemory are the axes of a choice between runs: a metric, with the difference
// in it that counts, seconds and bytes.
func QualityTimeMemory(metric string, better int, tolerance float64) []ParetoAxis {
	return []ParetoAxis{
		{Name: metric, Better: better, Tolerance: tolerance},
		{Name: "seconds", Better: -1, Tolerance: CostTolerance, Relative: true},
		{Name: "peak_bytes", Better: -1, Tolerance: CostTolerance, Relative: true},
	}
}

// ParetoPlace is what the front says of one run.
type ParetoPlace struct {
	Front bool `json:"front"` // nothing dominates it
	// By is a run of the front that dominates it, the first one in the caller's order;
	// −1 where there is none.
	By int `json:"by"`
	// Gains are the axes on which By is better by more than the tolerance.
	Gains []string `json:"gains,omitempty"`
	// Reason says why the run was not compared: a value that is not known.
	Reason string `json:"reason,omitempty"`
}

// Pareto finds the runs for which no other is better: points[i][a] is run i's value on
// axis a. Run x dominates y if on every axis x is no worse at all, and on at least one
// better by more than the tolerance. So
//
//   - a run is never thrown out by a difference within the tolerances: near ties stay;
//   - an advantage, however small, keeps a run: round the values first if it should not.
//     ("Worse by no more than the tolerance" would not be transitive: three runs can beat
//     each other in a ring, and nobody is left.)
//   - the front is never empty, and whatever is not on it is dominated by a run on it.
//
// A run with a value that is NaN (memory that could not be measured) is not compared, with
// that reason, and dominates nobody. Equal runs stand or fall together. Cost: O(n²·axes).
func Pareto(axes []ParetoAxis, points [][]float64) ([]ParetoPlace, error) {
	if len(axes) == 0 {
		return nil, fmt.Errorf("pareto: there are no axes")
	}
	for _, a := range axes {
		if a.Better != 1 && a.Better != -1 {
			return nil, fmt.Errorf("pareto: %s: better = %d: give 1 (larger is better) or -1 (smaller is better)", a.Name, a.Better)
		}
		if !(a.Tolerance >= 0) || math.IsInf(a.Tolerance, 1) || a.Relative && a.Tolerance >= 1 {
			return nil, fmt.Errorf("pareto: %s: tolerance = %g: give 0 or more, and less than 1 if it is relative", a.Name, a.Tolerance)
		}
	}
	out := make([]ParetoPlace, len(points))
	for i, p := range points {
		if len(p) != len(axes) {
			return nil, fmt.Errorf("pareto: run %d has %d values for %d axes", i, len(p), len(axes))
		}
		out[i].By = -1
		for a, v := range p {
			if math.IsNaN(v) && out[i].Reason == "" {
				out[i].Reason = axes[a].Name + " is not known"
			}
		}
		out[i].Front = out[i].Reason == ""
	}
	for i := range points {
		for j := range points {
			if out[i].Front && out[j].Reason == "" && paretoGains(axes, points[j], points[i]) != nil {
				out[i].Front = false
			}
		}
	}
	for i := range points {
		for j := 0; j < len(points) && !out[i].Front && out[i].Reason == "" && out[i].By < 0; j++ {
			if gains := paretoGains(axes, points[j], points[i]); out[j].Front && gains != nil {
				out[i].By, out[i].Gains = j, gains
			}
		}
	}
	return out, nil
}

// paretoGains are the axes on which x is better than y by more than the tolerance, or nil
// if x does not dominate y.
func paretoGains(axes []ParetoAxis, x, y []float64) (gains []string) {
	for a, axis := range axes {
		d := float64(axis.Better) * (x[a] - y[a])
		if x[a] == y[a] {
			d = 0 // of two infinities too
		}
		if d < 0 {
			return nil
		}
		tolerance := axis.Tolerance
		if axis.Relative {
			tolerance *= max(math.Abs(x[a]), math.Abs(y[a]))
		}
		if d > tolerance || math.IsInf(d, 1) {
			gains = append(gains, axis.Name)
		}
	}
	return gains
}
