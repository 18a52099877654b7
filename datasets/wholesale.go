package datasets

// Yearly spending of a Portuguese wholesaler's clients by product group: a table
// of customers, not a log. Channel and Region are codes.
var _ = register(&Source{
	Name:    "wholesale",
	Doc:     "Yearly spending of 440 clients of a Portuguese wholesaler on six product groups, with channel and region codes: a table of customers, not a log.",
	Refs:    []Ref{{Authors: "Cardoso, M.", Title: "Wholesale customers", Venue: "UCI Machine Learning Repository", Year: 2013, DOI: "10.24432/C5030X"}},
	Version: 1,
	License: "CC BY 4.0",
	Files:   []File{{Path: "data/wholesale/wholesale.csv", SHA256: "b023200398b957ac6bf60cfc8831938ca122379b51898c249718604277bf9cb4"}},
	Expect:  Expect{Rows: 440},
})
