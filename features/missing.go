package features

// MissingPolicy says what is done with missing values before clustering.
type MissingPolicy string

// The policies. There is no silent one: fits refuse what is missing.
const (
	// DropRows leaves out customers with a missing value and counts them by
	// column; they become a named stratum beside the segments. The default.
	DropRows MissingPolicy = "drop-rows"
	// Median fills in the column's median, learned once and kept in the model.
	Median MissingPolicy = "median"
	// Refuse makes it an error that names column, count and the first customers.
	Refuse MissingPolicy = "refuse"
)
