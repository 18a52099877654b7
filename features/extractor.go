package features

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// Extractor is one behavioural method: a block of columns that can be switched
// on alone, weighted and compared.
type Extractor struct {
	Name, Doc string // Doc: first line is the title, the rest the help text
	Refs      []Ref
	Version   int
	Needs     datasets.Fields // columns that the log must carry, all of them
	AnyField  datasets.Fields // and at least one of these; 0 = no matter
	Reads     datasets.Fields // all columns that it may read, stamps apart: FieldHour = none; 0 = any
	AnyKind   datasets.Kinds  // and events of at least one of these kinds; 0 = no matter
	Surveys   bool            // a table of surveys does as well as events of AnyKind
	// Table is a side table that the log must have: items, customers, campaigns,
	// surveys or offers; "" = none.
	Table string
	// Minimum is the number of purchase occasions below which a customer's row is
	// not worth clustering; 0 = prospects who never bought are measured too.
	Minimum int
	After   []string // extractors whose models it reads
	Null    Shuffle  // the shuffle that destroys what it measures
	New     func() Block
}

// Block is an extractor's options struct, filled with its defaults by New. It
// holds no state: what is learned goes into a Model.
type Block interface {
	// Gather returns what one customer contributes. It must not keep h.
	Gather(h datasets.History) Summary
	// Empty returns the summary of no customers.
	Empty() Summary
	// Learn is deterministic: equal summaries give models with equal bytes. after
	// holds the models of the extractors named in After.
	Learn(s Summary, after map[string]Model) (Model, error)
	// Model returns an empty model, into which a saved one is decoded.
	Model() Model
}

// Summary is what gathering leaves behind. Merge adds other to the receiver and
// is exact and free of order: gathering in 1, 2 or 7 shards, merged in any order,
// gives the same model bytes. A sum of floats is not; see ExactSum.
type Summary interface{ Merge(other Summary) }

// Witness is what a Model implements that draws thin evidence towards the
// population: Evidence is the number of the customer's own observations behind the
// row, 0 = the row is the population's. Coverage is the share of customers above 0.
type Witness interface{ Evidence(h datasets.History) int }

// Model measures customers. It is plain data that encoding/json writes exactly
// and reads back; it holds text, never a log's codes.
type Model interface {
	Columns() []Column
	// Measure fills row, one value per column; NaN where the history does not
	// tell. It must not keep h.
	Measure(h datasets.History, row []float64)
}

// Shuffle is a null: it destroys one sort of information and keeps each
// customer's number of events. "stamps+amounts" does both.
type Shuffle string

// The shuffles.
const (
	ShuffleStamps   Shuffle = "stamps"   // times of events are exchanged between customers
	ShuffleItems    Shuffle = "items"    // items, categories and brands are
	ShuffleChannels Shuffle = "channels" // channels and campaigns are
	ShuffleAmounts  Shuffle = "amounts"  // amounts, quantities, prices, discounts, ratings and points are
	// ShuffleCustomers exchanges the rows of the table of customers: no shuffle of
	// events touches them.
	ShuffleCustomers Shuffle = "customers"
	ShuffleKinds     Shuffle = "kinds" // what was done on a visit is, and what became of a message
)

var extractors []*Extractor

func register(e *Extractor) *Extractor {
	switch {
	case e.Name == "" || e.Doc == "" || e.Version < 1 || e.New == nil || e.Null == "":
		panic("features: extractor without a name, a doc, a version, a null or New")
	case slices.ContainsFunc(extractors, func(o *Extractor) bool { return o.Name == e.Name }):
		panic("features: two extractors named " + e.Name)
	}
	extractors = append(extractors, e)
	return e
}

// Extractors lists the registered extractors by name.
func Extractors() []*Extractor {
	return slices.SortedFunc(slices.Values(extractors), func(a, b *Extractor) int { return cmp.Compare(a.Name, b.Name) })
}

// Lookup returns the extractor of that name.
func Lookup(name string) (*Extractor, error) {
	for _, e := range extractors {
		if e.Name == name {
			return e, nil
		}
	}
	return nil, fmt.Errorf("no extractor named %q", name)
}

// Step is one extractor of a recipe with its options.
type Step struct {
	Extractor *Extractor
	Block     Block
	Weight    float64 // block weight on top of the geometry's; 0 = 1
}

// Recipe is the list of extractors that make a feature set, in order.
type Recipe struct {
	Name  string
	Steps []Step
	// Lenient leaves out, with a warning, what the log cannot teach: a named recipe takes
	// what it gets, where an extractor that somebody asked for must not go missing.
	Lenient bool
}

// NewRecipe returns the recipe of those registered extractors with their defaults.
func NewRecipe(name string, extractors ...string) (Recipe, error) {
	r := Recipe{Name: name}
	for _, x := range extractors {
		e, err := Lookup(x)
		if err != nil {
			return Recipe{}, err
		}
		r.Steps = append(r.Steps, Step{Extractor: e, Block: e.New()})
	}
	return r, nil
}

// Minimum is the largest minimum of the recipe's extractors.
func (r Recipe) Minimum() int {
	m := 0
	for _, s := range r.Steps {
		m = max(m, s.Extractor.Minimum)
	}
	return m
}

// Reads returns the columns that the recipe may read, 0 = any. A log that holds only
// these gives the same matrix, and less of a file has to be read.
func (r Recipe) Reads() datasets.Fields {
	var all datasets.Fields
	for _, s := range r.Steps {
		if s.Extractor.Reads == 0 {
			return 0
		}
		all |= s.Extractor.Reads
	}
	return all
}

// Fitted is one learned step: an extractor's name, version and model, or a
// transform's. It is what a model file holds.
type Fitted struct {
	Name    string          `json:"name"`
	Version int             `json:"version"`
	Options json.RawMessage `json:"options"`
	State   json.RawMessage `json:"state"`
}
