package eval

import (
	"cmp"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// LookalikeDriver is a feature by which seeds can be told from the others.
type LookalikeDriver struct {
	Column features.Column `json:"column"`
	// AUC is the probability that a seed's value is above another customer's, ties half:
	// .5 = no difference, 0 and 1 = the feature alone tells them all apart.
	AUC    float64 `json:"auc"`
	Seeds  float64 `json:"seeds"`  // median of the seeds who have a value
	Others float64 `json:"others"` // median of the others
}

// LookalikeDrivers lists the features that tell seeds from the others best, one by one. A
// feature that does so all but perfectly is often what made somebody a seed: leave it
// out, for it says nothing of whom to look for. Missing values are left out; features without
// any on one side are not listed. Cost O(d·n log n).
func LookalikeDrivers(x *features.Matrix, seed []bool, most int) []LookalikeDriver {
	n, d := x.Dims()
	var out []LookalikeDriver
	for j := range d {
		var sides [2][]float64
		for i := range n {
			side := 0
			if seed[i] {
				side = 1
			}
			if v := x.Row(i)[j]; !math.IsNaN(v) {
				sides[side] = append(sides[side], v)
			}
		}
		if len(sides[0]) == 0 || len(sides[1]) == 0 {
			continue
		}
		slices.Sort(sides[0])
		slices.Sort(sides[1])
		above := 0.0
		for _, v := range sides[1] {
			lo, _ := slices.BinarySearch(sides[0], v)
			hi, _ := slices.BinarySearch(sides[0], math.Nextafter(v, math.Inf(1)))
			above += float64(lo+hi) / 2
		}
		out = append(out, LookalikeDriver{
			Column: x.Cols[j], AUC: above / float64(len(sides[0])) / float64(len(sides[1])),
			Seeds: sides[1][len(sides[1])/2], Others: sides[0][len(sides[0])/2],
		})
	}
	slices.SortStableFunc(out, func(a, b LookalikeDriver) int { return cmp.Compare(math.Abs(b.AUC-.5), math.Abs(a.AUC-.5)) })
	return out[:min(most, len(out))]
}
