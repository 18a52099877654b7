package features

import "github.com/mores-lab/mores/datasets"

// Exercise says whether a log can feed an extractor.
type Exercise struct {
	Extractor *Extractor
	Lacks     string // what the log lacks for it, in words; "" = it can
}

// Exercises goes through the registered extractors, by name: with each log of the
// catalogue as a row, it is the table of what can be measured on which. It looks at
// what extractors say they need; a log can still have too few customers with enough
// purchases.
func Exercises(log *datasets.Log) []Exercise {
	var out []Exercise
	for _, e := range Extractors() {
		out = append(out, Exercise{Extractor: e, Lacks: e.Lacks(log)})
	}
	return out
}
