package features

import (
	"context"
	"fmt"

	"github.com/mores-lab/mores/datasets"
)

// Exercise says whether a log can feed an extractor.
type Exercise struct {
	Extractor *Extractor
	Lacks     string // what the log lacks for it, in words; "" = it can
	Customers int    // with the purchase occasions that it asks for
}

// Exercises goes through the registered extractors, by name: with each log of the
// catalogue as a row, it is the table of what can be measured on which. It looks at
// what extractors say they need and counts the customers with enough purchase
// occasions. Cost: one pass over the log.
func Exercises(ctx context.Context, log *datasets.Log) ([]Exercise, error) {
	most := 0
	for _, e := range extractors {
		most = max(most, e.Minimum)
	}
	enough := make([]int, most+1) // customers with at least that many occasions
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		for k := range min(len(h.Occasions()), most) + 1 {
			enough[k]++
		}
	}
	var out []Exercise
	for _, e := range Extractors() {
		x := Exercise{Extractor: e, Lacks: e.Lacks(log), Customers: enough[e.Minimum]}
		if x.Lacks == "" && x.Customers == 0 {
			x.Lacks = fmt.Sprintf("customers with %d purchase occasions", e.Minimum)
			if e.Minimum == 1 {
				x.Lacks = "customers with a purchase"
			}
		}
		out = append(out, x)
	}
	return out, nil
}
