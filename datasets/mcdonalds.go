package datasets

import "time"

// What Australians think of McDonald's: eleven perceptions, yes or no, a liking
// from −5 to +5, and how often they go. Answers are events, for a survey is asked
// again; age, gender and frequency of visits describe the person.
var _ = register(&Source{
	Name:    "mcdonalds",
	Doc:     "Benefits sought, a survey: 1,453 adults, eleven yes/no perceptions of McDonald's and a liking from -5 to +5; age, gender and visits as descriptors. Answers are events of one made-up day.",
	Refs:    []Ref{{Authors: "Dolnicar, S., Grün, B., Leisch, F.", Title: "Market Segmentation Analysis", Venue: "Springer, appendix A", Year: 2018, DOI: "10.1007/978-981-10-8818-6"}},
	Version: 1,
	License: "GPL-2 (R package MSA)",
	Files:   []File{{Path: "data/mcdonalds/mcdonalds.csv.gz", SHA256: "ce539da26c6638c2d644c5fbdf2a974a237dcb071c55744a62c05469cf415ffc"}},
	Mapping: &Mapping{
		Columns: map[string]string{"customer": "#row"}, Exact: true,
		Extra: []string{"Age", "Gender", "VisitFrequency"},
		Batteries: []Battery{
			{
				Name: "perceptions", Words: map[string]float64{"Yes": 1, "No": 0},
				Columns: []string{"yummy", "convenient", "spicy", "fattening", "greasy", "fast", "cheap", "tasty", "expensive", "healthy", "disgusting"},
			},
			{Name: "liking", Columns: []string{"Like"}, Words: map[string]float64{"I hate it!-5": -5, "I love it!+5": 5}},
		},
		Clock: &Clock{Origin: time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)},
	},
	Expect: Expect{Rows: 1453, Events: 12 * 1453, Customers: 1453},
})
