package datasets

// The donors of the BG/BB paper: 11,104 people in 22 rows, for six yearly
// opportunities leave no more histories apart. A row stands for weights people.
var _ = register(&Source{
	Name:    "donations",
	Doc:     "Yearly gifts to a charity: 11,104 donors in 22 rows of frequency, recency and periods, each with its number of donors (weights). A table, not a log.",
	Refs:    []Ref{{Authors: "Fader, P. S., Hardie, B. G. S., Shang, J.", Title: "Customer-base analysis in a discrete-time noncontractual setting", Venue: "Marketing Science 29(6), 1086-1108", Year: 2010, DOI: "10.1287/mksc.1100.0580"}},
	Version: 1,
	License: "published by Fader and Hardie for research and teaching (file: Python package lifetimes, MIT)",
	Files: []File{{
		Path: "data/cdnow/donations_summary.csv", SHA256: "82c25f26a201ff047e1cd5fe3d7967a45db92a025ecedee72ff8940e50104544",
		URL: "https://raw.githubusercontent.com/CamDavidsonPilon/lifetimes/master/lifetimes/datasets/donations_summary.csv",
	}},
	Weights: "weights",
	Expect:  Expect{Rows: 22},
})
