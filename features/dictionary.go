package features

import (
	"context"
	"math"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// Dictionary describes a recipe's columns on a log: what each is, and how much of it
// is the customers' own behaviour.
type Dictionary struct {
	Log       string      `json:"log"`
	Simulated bool        `json:"simulated"`
	Recipe    string      `json:"recipe"`
	Customers int         `json:"customers"` // of the log
	Measured  int         `json:"measured"`  // with enough evidence for the matrix
	Seed      uint64      `json:"seed"`      // of the shuffles
	Blocks    []WordBlock `json:"blocks"`
}

// WordBlock is a block's entry.
type WordBlock struct {
	Name     string       `json:"name"`
	Title    string       `json:"title"`
	Doc      string       `json:"doc"`
	Needs    string       `json:"needs"` // in words; "" = purchases are enough
	Minimum  int          `json:"minimum"`
	Null     Shuffle      `json:"null"`
	Gain     float64      `json:"gain"` // over the shuffle; see NullReport
	R2       float64      `json:"r2_log_events"`
	Coverage float64      `json:"coverage"` // share of all customers with evidence of their own
	Evidence float64      `json:"evidence"` // median observations of those
	Refs     []Ref        `json:"refs"`
	Columns  []WordColumn `json:"columns"`
}

// WordColumn is a column's entry.
type WordColumn struct {
	Column
	Coverage float64 `json:"coverage"` // share of all customers with a value
	// Gain and R2 are NaN for categories and constants, which have neither.
	Gain float64 `json:"-"`
	R2   float64 `json:"-"`
	// Quartiles of the matrix's rows.
	Q1, Median, Q3 float64 `json:"-"`
}

// NeedsText says in words what the extractor asks of a log.
func (e *Extractor) NeedsText() string {
	var parts []string
	if n := e.Needs.Names(); len(n) > 0 {
		parts = append(parts, strings.Join(n, " and "))
	}
	if n := e.AnyField.Names(); len(n) > 0 {
		parts = append(parts, strings.Join(n, " or "))
	}
	if n := e.AnyKind.Names(); len(n) > 0 {
		parts = append(parts, strings.Join(n, " or ")+" events")
	}
	return strings.Join(parts, "; ")
}

// Describe makes the dictionary of a recipe on a log. Cost: NullReport's, two builds
// and a shuffle per distinct null, and one more pass.
func Describe(ctx context.Context, log *datasets.Log, r Recipe, seed uint64, workers int) (*Dictionary, error) {
	b, err := Build(ctx, log, r, 0, workers)
	if err != nil {
		return nil, err
	}
	covered, err := Coverage(ctx, log, b.Pipeline)
	if err != nil {
		return nil, err
	}
	nulls, err := NullReport(ctx, log, r, seed)
	if err != nil {
		return nil, err
	}
	n, _ := b.Raw.Dims()
	d := &Dictionary{
		Log: log.Meta.Name, Simulated: log.Meta.Simulated, Recipe: r.Name, Customers: log.NumCustomers(), Measured: n, Seed: seed,
	}
	at := 0
	for i, s := range b.Recipe.Steps {
		e := s.Extractor
		title, rest, _ := strings.Cut(strings.TrimSpace(e.Doc), "\n")
		w := WordBlock{
			Name: e.Name, Title: title, Doc: rest, Needs: e.NeedsText(), Minimum: e.Minimum, Null: e.Null, Refs: e.Refs,
			Gain: nulls[i].Gain, R2: nulls[i].R2, Coverage: covered[i].Customers, Evidence: covered[i].Evidence,
		}
		of := map[string]ColumnNull{}
		for _, c := range nulls[i].Columns {
			of[c.Name] = c
		}
		for k, c := range covered[i].Columns {
			col := WordColumn{Column: b.Raw.Cols[at+k], Coverage: c.Share, Gain: math.NaN(), R2: math.NaN()}
			if x, ok := of[c.Name]; ok {
				col.Gain, col.R2 = x.Gain, x.R2
			}
			xs, _ := shiftColumn(b.Raw, at+k)
			col.Q1, col.Median, col.Q3 = Quantile(xs, 0.25), Quantile(xs, 0.5), Quantile(xs, 0.75)
			w.Columns = append(w.Columns, col)
		}
		at += len(covered[i].Columns)
		d.Blocks = append(d.Blocks, w)
	}
	return d, nil
}
