package datasets

import "time"

// Mapping says how the columns of a file become events.
//
// A column is named by its header, by its place ("#2"), or made of others:
//
//	"a+b"            the sum of two numbers (a missing one counts 0); text is joined by "/"
//	"items.brand"    the column of a side table, found by the row's item (campaigns,
//	                 customers, offers alike)
//	"#row"           the row's number, for files that name nobody
//	"#count"         the customer and the running number of the customer's rows
type Mapping struct {
	// Columns maps an event field (customer, time, kind, order, item, ...) to the
	// file's column.
	Columns map[string]string
	// Exact: the fields named in Columns are all there are, nothing is sniffed.
	Exact bool
	// Fixed gives a text field one value for the whole file.
	Fixed map[string]string
	// Extra maps file columns kept as customer descriptors.
	Extra []string
	// Attributes are file columns that describe the item. The table of items takes the
	// text of the item's earliest line (of equally early ones the first in the
	// alphabet), so that a file cut later describes it in the same words.
	Attributes  []string
	Services    []DropRule        // items that are no products: postage, fees, vouchers
	TimeLayout  string            // Go layout; "" = sniffed
	Clock       *Clock            // for files that do not tell dates
	Zone        string            // IANA name; "" = UTC, said aloud
	Kinds       map[string]string // the file's word -> kind; "" = ignored
	DefaultKind string            // kind of a row without one; "" = purchase
	Drop        []DropRule
	Batteries   []Battery // columns that are answers: every cell is an event
	Choice      *Choice   // rows that are choices among alternatives
	Offer       []string  // columns filed in the table of offers, by the row's order
	Unit        string    // customer (default), household, account
	Currency    string
	FirstSeen   bool // FirstSeenIsFirst
	// From and To are the window; zero = from the data. Early moves what happened
	// before From to it instead of leaving it out.
	From, To time.Time
	Early    bool
	// KeepExcluded keeps events that their customer excluded; DropServices leaves out
	// the items that are no products.
	KeepExcluded, DropServices bool
	Thinned                    float64 // Meta.Thinned
	Simulated                  bool
}

// DropRule leaves rows out, and counts them.
type DropRule struct {
	Column string // the file's column
	Op     string // "=", "prefix", "<=0", "empty"
	Value  string
	Reason string // shown with the count
}

// Clock says when rows happened whose file tells it in part or not at all. What it
// makes up is said aloud.
type Clock struct {
	Origin time.Time // day to count from
	// Unit of the time column: "ms" or "s" since the start of the row's session (the
	// customer's sessions follow each other by their names, half an hour apart),
	// "months before" the origin, of 30.4375 days; "rows": no column, every row of a
	// customer is a day of its own, in the file's order; "": everything on that day.
	Unit string
}

// Battery is a set of questions that a row answers: one survey_answer for every
// cell that is not empty, the question as item, the battery as category, the answer
// as rating.
type Battery struct {
	Name    string
	Columns []string
	Words   map[string]float64 // Yes -> 1; others must be numbers
	// Choice names a 0/1 column that says whether what the columns describe was taken:
	// then the answer is +1 where what was taken had the property and −1 where what was
	// left had it, and columns of 0 (no difference) are no answer.
	Choice string
	Labels map[string]string // question -> its wording, for the table of items
}

// Choice says that a column holds the 1-based number of the alternative taken, and
// the alternatives' columns their prices: the item and its price are the taken
// one's, the prices of all are filed in the table of offers.
type Choice struct {
	Column       string
	Alternatives []Alternative
}

// Alternative is one of the things to choose from.
type Alternative struct {
	Column, Name string
	Attributes   map[string]string // for the table of items
}
