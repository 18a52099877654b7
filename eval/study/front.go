package study

import (
	"math"
	"strconv"

	"github.com/mores-lab/mores/eval"
)

// The noise of what is compared: a difference in the index of frontScore thousandths (of the
// largest, where that is above 1) and less is none. Clocks below a millisecond and peaks below a mebibyte are the machine's.
const (
	frontScore   = 5
	frontSeconds = 1e-3
	frontBytes   = 1 << 20
)

// front says of each entry of a group whether another is at once at least as good in the
// index, in time and in memory, and better in one of them by more than the noise
// (eval.Pareto): ties within the noise beat nobody. Values are rounded first (the index to
// a thousandth of the largest, time and memory to two digits), so that a last digit
// keeps nobody either. Baselines and lopsided entries stay out on both sides: the first
// find no segments, the second reach their index by cutting off outliers. So do groups of
// other coverage.
//
// Costs are those of alone: what runs of one algorithm share is charged to each of them,
// whichever came first. Where no run's memory is known, index and time are compared.
func (g *Group) front(metric string, better int) {
	var in []*Entry
	var at []int
	scale, known := 1.0, false
	for i := range g.Entries {
		e := &g.Entries[i]
		e.Front = eval.ParetoPlace{By: -1}
		switch {
		case e.Baseline:
			e.Front.Reason = "a baseline"
		case e.Lopsided:
			e.Front.Reason = "nearly all in one segment"
		default:
			in, at = append(in, e), append(at, i)
			scale, known = max(scale, math.Abs(e.Value)), known || e.Cost.PeakKnown
		}
	}
	if len(in) == 1 {
		in[0].Front.Reason = "nothing to compare with"
		return
	}
	axes := eval.QualityTimeMemory(metric, better, frontScore)
	if !known {
		axes = axes[:2]
	}
	var points [][]float64
	for _, e := range in {
		c := e.Cost
		p := []float64{math.Floor(e.Value/scale*1000 + 0.5), twoDigits(max(c.Seconds, frontSeconds)), twoDigits(max(float64(c.PeakBytes), frontBytes))}
		points = append(points, p[:len(axes)])
	}
	places, err := eval.Pareto(axes, points)
	if err != nil { // an index that is not finite: nobody is compared
		return
	}
	for i, p := range places {
		if p.By >= 0 {
			p.By = at[p.By]
		}
		in[i].Front = p
	}
}

// twoDigits rounds to two significant digits.
func twoDigits(x float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 1, 64), 64)
	if err != nil {
		return x
	}
	return v
}

// alone estimates what each finished run of a feature set would take without the others: in
// a study the first run that needs a tree or a neighbour graph builds it for all, which its
// shared_seconds tell. Each run has its own seconds without those, and the most that a run
// of its algorithm built; of memory at least what that one took.
func alone(runs []*RunState) map[*RunState]Cost {
	type shared struct {
		seconds float64
		bytes   int64
	}
	built, known := map[string]shared{}, false
	for _, r := range runs {
		b := built[r.Start.Algorithm]
		if s := r.Done.SharedSeconds; s > 0 {
			b = shared{max(b.seconds, s), max(b.bytes, r.Done.PeakBytes)}
		}
		built[r.Start.Algorithm], known = b, known || r.Done.PeakBytes > 0
	}
	out := map[*RunState]Cost{}
	for _, r := range runs {
		b := built[r.Start.Algorithm]
		out[r] = Cost{
			Seconds: max(r.Done.Seconds-r.Done.SharedSeconds, 0) + b.seconds, PeakBytes: max(r.Done.PeakBytes, b.bytes), PeakKnown: known,
		}
	}
	return out
}
