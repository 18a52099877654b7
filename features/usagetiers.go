package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// UsageRule says how customers are sorted into heavy, medium and low.
type UsageRule string

// The rules. Customers with volume 0 are inactive under each.
const (
	// CumulativeShare: heavy are the fewest customers that make half of the volume,
	// medium the next who bring it to 80 % (Twedt's heavy half; see TierCuts).
	CumulativeShare UsageRule = "cumulative share"
	// Terciles: thirds of the customers with volume.
	Terciles UsageRule = "terciles"
	// Pareto2080: heavy are the top 20 % of the customers with volume, low the others;
	// nobody is medium.
	Pareto2080 UsageRule = "pareto 20/80"
)

// UsageTable is how unequally customers buy.
type UsageTable struct {
	Rule      UsageRule `json:"rule"`
	Customers int       `json:"customers"`
	Volume    float64   `json:"volume"`
	Tiers     []Tier    `json:"tiers"` // heavy, medium, low, inactive
	// Gini of the volume, and the part of it that the top 20 % of the customers make:
	// over all customers, the inactive with 0.
	Gini  float64 `json:"gini"`
	Top20 float64 `json:"top20"`
}

// UsageTiers sorts customers by their volumes (≥ 0, one each) into tiers, and says
// which share of the customers and of the volume each holds. Customers of equal volume
// are never parted: ties at a cut go up together. Cost: O(n log n).
func UsageTiers(volumes []float64, rule UsageRule) (UsageTable, error) {
	t := UsageTable{
		Rule: rule, Customers: len(volumes), Gini: Gini(volumes), Top20: TopShare(volumes, 0.2),
		Tiers: []Tier{{Name: "heavy"}, {Name: "medium"}, {Name: "low"}, {Name: "inactive"}},
	}
	var sum ExactSum
	active := make([]float64, 0, len(volumes))
	for i, x := range volumes {
		if !(x >= 0) || math.IsInf(x, 0) {
			return UsageTable{}, fmt.Errorf("volume %d is %g: volumes are numbers from 0 on", i+1, x)
		}
		sum.Add(x)
		if x > 0 {
			active = append(active, x)
		}
	}
	t.Volume = sum.Value()
	if len(active) == 0 {
		return UsageTable{}, fmt.Errorf("no customer has any volume: there are no tiers")
	}
	heavy, medium, err := usageCuts(active, rule)
	if err != nil {
		return UsageTable{}, err
	}
	sums := make([]ExactSum, len(t.Tiers))
	for _, x := range volumes {
		k := 3
		switch {
		case x >= heavy:
			k = 0
		case x >= medium:
			k = 1
		case x > 0:
			k = 2
		}
		t.Tiers[k].Customers++
		sums[k].Add(x)
	}
	for k := range t.Tiers {
		t.Tiers[k].Share = float64(t.Tiers[k].Customers) / float64(t.Customers)
		t.Tiers[k].Volume = sums[k].Value() / t.Volume
	}
	return t, nil
}

// usageCuts returns the volumes from which a customer is heavy and medium.
func usageCuts(active []float64, rule UsageRule) (heavy, medium float64, err error) {
	s := slices.Sorted(slices.Values(active))
	slices.Reverse(s)
	// top returns the volume of the last customer of the top share p, rounded up.
	top := func(p float64) float64 { return s[max(int(math.Ceil(p*float64(len(s))-1e-9)), 1)-1] }
	switch rule {
	case CumulativeShare:
		heavy, medium = TierCuts(s, 0.5, 0.8)
	case Terciles:
		heavy, medium = top(1.0/3), top(2.0/3)
	case Pareto2080:
		heavy = top(0.2)
		medium = heavy
	default:
		return 0, 0, fmt.Errorf("no usage rule %q (rules: %s, %s, %s)", rule, CumulativeShare, Terciles, Pareto2080)
	}
	return heavy, medium, nil
}

// UsageVolumes returns each customer's volume in the log's window, in customer order:
// what = orders, occasions (days with a purchase), units or spend, of purchases that
// stand. Customers without a purchase have 0.
func UsageVolumes(ctx context.Context, log *datasets.Log, what string) (ids []string, volumes []float64, err error) {
	need := map[string]datasets.Fields{"orders": 0, "occasions": 0, "units": datasets.FieldQuantity, "spend": datasets.FieldAmount}
	f, ok := need[what]
	switch {
	case !ok:
		return nil, nil, fmt.Errorf("volume = %q: orders, occasions, units or spend", what)
	case f&^log.Meta.Has != 0:
		return nil, nil, fmt.Errorf("volume = %s needs %s, which %s does not have: take orders or occasions", what, f.Names()[0], log.Meta.Name)
	}
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, nil, err
		}
		var v float64
		for _, o := range h.Occasions() {
			switch what {
			case "orders":
				v += float64(o.Orders)
			case "occasions":
				v++
			case "units":
				v += o.Units
			case "spend":
				v += o.Gross
			}
		}
		ids = append(ids, h.ID)
		volumes = append(volumes, v)
	}
	return ids, volumes, nil
}
