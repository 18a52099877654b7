package datasets

import "time"

// One tenth of the CDNOW cohort, the data of the BG/NBD and Pareto/NBD papers.
// The file has no header and two customer ids, one to one: the cohort's and the
// sample's own. The cohort's is used, so that both sets name the same people.
var _ = register(&Source{
	Name:    "cdnow-sample",
	Doc:     "One tenth of cdnow: 6,919 purchases of 2,357 customers, the sample of the BG/NBD paper.",
	Refs:    []Ref{cdnowRef, bgnbdRef},
	Version: 1,
	License: "published by Fader and Hardie for research and teaching",
	Files:   []File{{Path: "data/cdnow/CDNOW_sample.txt", SHA256: "6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a"}},
	Mapping: &Mapping{
		Columns:  map[string]string{"customer": "#1", "time": "#3", "quantity": "#4", "amount": "#5"},
		Currency: "USD", FirstSeen: true,
		From: time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(1998, 7, 1, 0, 0, 0, 0, time.UTC),
	},
	Expect: Expect{Rows: 6919, Events: 6919, Customers: 2357},
})
