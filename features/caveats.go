package features

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// sideTable returns the log's table of that name, or nil.
func sideTable(log *datasets.Log, name string) *datasets.Table {
	switch name {
	case "items":
		return log.Items
	case "customers":
		return log.Customers
	case "campaigns":
		return log.Campaigns
	case "surveys":
		return log.Surveys
	case "offers":
		return log.Offers
	}
	return nil
}

// nulls says that one of those shuffles destroys what the extractor measures.
func (e *Extractor) nulls(any ...Shuffle) bool {
	parts, _ := e.Null.parts()
	return slices.ContainsFunc(parts, func(p Shuffle) bool { return slices.Contains(any, p) })
}

// dated says that the extractor measures when purchases were and nothing besides:
// its null exchanges stamps, at most with amounts, and it asks for no other kind of
// event. On made-up dates it would measure what the reader made up. What follows the
// order of events within a journey is not among them.
func (e *Extractor) dated() bool {
	return e.nulls(ShuffleStamps) && !e.nulls(ShuffleItems, ShuffleChannels, ShuffleKinds) && e.AnyKind == 0
}

// caveats says what the log cannot bear that a recipe measures all the same.
func caveats(log *datasets.Log, r Recipe) []string {
	var out []string
	add := func(format string, names []string, args ...any) {
		if len(names) > 0 {
			out = append(out, fmt.Sprintf(format, append([]any{log.Meta.Name, strings.Join(names, ", ")}, args...)...))
		}
	}
	with := func(f func(e *Extractor) bool) (names []string) {
		for _, s := range r.Steps {
			if f(s.Extractor) {
				names = append(names, s.Extractor.Name)
			}
		}
		return names
	}
	if f := log.Meta.Thinned; f > 0 {
		add("%s holds a random %.3[3]g %% of its lines: counts, spend and gaps are thinned, baskets are fragments; %[2]s measure the sample, not the customers",
			with(func(e *Extractor) bool { return e.nulls(ShuffleStamps, ShuffleAmounts) }), 100*f)
	}
	if log.Meta.NoClock {
		add("%s tells the order of events and no dates: what %s make of days and gaps was made up when it was read",
			with(func(e *Extractor) bool { return e.nulls(ShuffleStamps) }))
	}
	return out
}
