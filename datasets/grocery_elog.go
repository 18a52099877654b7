package datasets

// Days of purchase at an online grocery, no amounts: the best log here for the
// regularity of gaps.
var _ = register(&Source{
	Name:    "grocery-elog",
	Doc:     "Online grocery: 10,483 days of purchase of the 1,525 customers who first bought in Q1-2006, to the end of 2007; no amounts.",
	Refs:    []Ref{{Authors: "Platzer, M., Reutterer, T.", Title: "Ticking away the moments: timing regularity helps to better predict customer activity", Venue: "Marketing Science 35(5), 779-799", Year: 2016, DOI: "10.1287/mksc.2015.0963"}},
	Version: 1,
	License: "GPL-3 (R package BTYDplus)",
	Files:   []File{{Path: "data/grocery_elog/groceryElog.csv.gz", SHA256: "08020e919720f09b8f30c0cba737e66767134df9a141621dbbf5a0218dd8b984"}},
	Mapping: &Mapping{Columns: map[string]string{"customer": "cust", "time": "date"}, FirstSeen: true},
	Expect:  Expect{Rows: 10483, Events: 10483, Customers: 1525},
})
