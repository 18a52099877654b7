package datasets

import "time"

// cdnow-sample as the R package CLVTools has it: purchases of one day are one row,
// numbered by the sample's own customers.
var _ = register(&Source{
	Name:    "clvtools-cdnow",
	Doc:     "cdnow-sample as in the R package CLVTools: 6,696 days of purchase of 2,357 customers, with discs and amounts of the day.",
	Refs:    []Ref{cdnowRef, {Authors: "Bachmann, P., Kuebler, N., Meierer, M., Naef, J., Oblander, S., Schilter, P.", Title: "CLVTools: Tools for Customer Lifetime Value Estimation", Venue: "R package", Year: 2024, DOI: "https://cran.r-project.org/package=CLVTools"}},
	Version: 1,
	License: "GPL-3 (R package CLVTools)",
	Files:   []File{{Path: "data/cdnow/CLVTools_cdnow.csv.gz", SHA256: "1e859b2f8a134457afdb86a67f1b278a088dd3f7783a36c0c5c8e6b99516828e"}},
	Mapping: &Mapping{
		Columns:  map[string]string{"customer": "Id", "time": "Date", "quantity": "CDs", "amount": "Price"},
		Currency: "USD", FirstSeen: true, Exact: true,
		From: time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(1998, 7, 1, 0, 0, 0, 0, time.UTC),
	},
	Expect: Expect{Rows: 6696, Events: 6696, Customers: 2357},
})
