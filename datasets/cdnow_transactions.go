package datasets

// cdnow-summary with the mean value of the repeat purchases (0 for those who have
// none), the data of the Gamma-Gamma model.
var _ = register(&Source{
	Name:    "cdnow-transactions",
	Doc:     "cdnow-summary with zbar, the mean value of a customer's repeat purchases in USD (0 = none): x, t_x and T in weeks. A table of customers, not a log.",
	Refs:    []Ref{cdnowRef, {Authors: "Fader, P. S., Hardie, B. G. S.", Title: "The Gamma-Gamma model of monetary value", Venue: "brucehardie.com, note 025", Year: 2013, DOI: "http://www.brucehardie.com/notes/025/"}},
	Version: 1,
	License: "published by Fader and Hardie for research and teaching (file: Python package lifetimes, MIT)",
	Files: []File{{
		Path: "data/cdnow/cdnow_customers_summary_with_transactions.csv", SHA256: "7ddd11b55be3227edfc1d58675154e96971b0de3ad37ddd9280d1dba154b8b2f",
		URL: "https://raw.githubusercontent.com/CamDavidsonPilon/lifetimes/master/lifetimes/datasets/cdnow_customers_summary_with_transactions.csv",
	}},
	Expect: Expect{Rows: 2357},
})
