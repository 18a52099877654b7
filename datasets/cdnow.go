package datasets

import "time"

// The CDNOW cohort: 23,570 people whose first purchase at an online shop for
// music CDs fell in the first quarter of 1997, followed to the end of June 1998.
// Everybody was acquired in one quarter, so season and customer age cannot be
// told apart.
var _ = register(&Source{
	Name:    "cdnow",
	Doc:     "Music CDs, USA: 69,659 purchases of the 23,570 customers who first bought in Q1-1997, to June 1998. Season and customer age are confounded.",
	Refs:    []Ref{cdnowRef},
	Version: 1,
	License: "published by Fader and Hardie for research and teaching",
	Files: []File{{
		Path:   "data/cdnow/CDNOW_master.txt",
		SHA256: "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
		URL:    "https://raw.githubusercontent.com/CamDavidsonPilon/lifetimes/master/lifetimes/datasets/CDNOW_master.txt",
	}},
	Mapping: &Mapping{
		Columns:  map[string]string{"customer": "customer_id", "time": "date", "quantity": "number_of_cds", "amount": "dollar_value"},
		Currency: "USD", FirstSeen: true,
		From: time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(1998, 7, 1, 0, 0, 0, 0, time.UTC),
	},
	Expect: Expect{Rows: 69659, Events: 69659, Customers: 23570},
})

var cdnowRef = Ref{
	Authors: "Fader, P. S., Hardie, B. G. S.", Title: "Forecasting repeat sales at CDNOW: a case study", Venue: "Interfaces 31(3, part 2), S94-S107", Year: 2001,
	DOI: "10.1287/inte.31.3s.94.9683",
}
