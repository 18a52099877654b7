package datasets

// Simulated purchases that the Python package lifetimes ships to show its tables of
// recency and frequency: days, no amounts.
var _ = register(&Source{
	Name:    "lifetimes-example",
	Doc:     "Simulated days of purchase of the Python package lifetimes: 15,273 of 5,000 customers in 2014; no amounts.",
	Refs:    []Ref{{Authors: "Davidson-Pilon, C.", Title: "lifetimes", Venue: "Python package 0.11", Year: 2020, DOI: "https://pypi.org/project/Lifetimes/"}},
	Version: 1,
	License: "MIT",
	Files: []File{{
		Path: "data/cdnow/lifetimes_example_transactions_SIMULATED.csv", SHA256: "dd4a7c6ba666137dda53fb861c6bc502acdf37c89bf5bdd1101ecc9c0cfeaa59",
		URL: "https://raw.githubusercontent.com/CamDavidsonPilon/lifetimes/master/lifetimes/datasets/example_transactions.csv",
	}},
	Mapping: &Mapping{Columns: map[string]string{"customer": "id", "time": "date"}, Exact: true, Simulated: true},
	Expect:  Expect{Rows: 15273, Events: 15273, Customers: 5000},
})
