package features

import "slices"

// TierCuts returns the volumes from which a customer is a heavy and a medium buyer
// by the cumulative-share rule: the customers are taken largest first; heavy are
// the fewest that make the share heavy of Σ volume, medium the next until the share
// medium is reached. Ties with the last one taken go with them.
func TierCuts(volumes []float64, heavy, medium float64) (heavyCut, mediumCut float64) {
	s := slices.Sorted(slices.Values(volumes))
	slices.Reverse(s)
	var total float64
	for _, x := range s {
		total += x
	}
	// A hair below the share: rounding must not ask for one customer more.
	const slack = 1 - 1e-12
	var sum float64
	at := 0
	reach := func(share float64) float64 {
		for at < len(s) && sum < share*total*slack {
			sum += s[at]
			at++
		}
		return s[max(at-1, 0)]
	}
	if len(s) == 0 {
		return 0, 0
	}
	return reach(heavy), reach(medium)
}

// Tier is a usage tier's size.
type Tier struct {
	Name      string  `json:"name"` // heavy, medium, low
	Customers int     `json:"customers"`
	Share     float64 `json:"share"`        // of the customers
	Volume    float64 `json:"volume_share"` // of the volume
}

// Tiers counts the customers and their volume by tier.
func Tiers(volumes []float64, heavy, medium float64) []Tier {
	out := []Tier{{Name: "heavy"}, {Name: "medium"}, {Name: "low"}}
	h, m := TierCuts(volumes, heavy, medium)
	var total float64
	for _, x := range volumes {
		k := 2
		switch {
		case x >= h:
			k = 0
		case x >= m:
			k = 1
		}
		out[k].Customers++
		out[k].Volume += x
		total += x
	}
	for k := range out {
		out[k].Share = float64(out[k].Customers) / float64(len(volumes))
		out[k].Volume /= total
	}
	return out
}
