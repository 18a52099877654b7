package datasets

// The customers of cdnow-sample as the BG/NBD model wants them: repeat purchase
// days, age at the last one and age at the end of the calibration (39 weeks, to 30
// September 1997), in weeks.
var _ = register(&Source{
	Name:    "cdnow-summary",
	Doc:     "cdnow-sample by customer, calibrated to 30 September 1997: frequency, recency (age at the last purchase) and T in weeks. A table of customers, not a log.",
	Refs:    []Ref{cdnowRef, bgnbdRef},
	Version: 1,
	License: "published by Fader and Hardie for research and teaching (file: Python package lifetimes, MIT)",
	Files: []File{{
		Path: "data/cdnow/cdnow_customers_summary.csv", SHA256: "09d92ca80daaabe8be0f997d4c539f9c9606106baa5b199081fe01cbce5fa9f6",
		URL: "https://raw.githubusercontent.com/CamDavidsonPilon/lifetimes/master/lifetimes/datasets/cdnow_customers_summary.csv",
	}},
	Expect: Expect{Rows: 2357},
})

var bgnbdRef = Ref{
	Authors: "Fader, P. S., Hardie, B. G. S., Lee, K. L.", Title: "Counting your customers the easy way: an alternative to the Pareto/NBD model", Venue: "Marketing Science 24(2), 275-284", Year: 2005, DOI: "10.1287/mksc.1040.0098",
}
