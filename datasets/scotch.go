package datasets

import "time"

// Which of 21 brands of scotch whisky people bought in the last year: what is liked
// together.
var _ = register(&Source{
	Name:    "scotch",
	Doc:     "Brands of scotch bought in the last year, a survey: 2,218 people, 21 brands, yes or no. Answers are events of one made-up day.",
	Refs:    []Ref{bayesmRef, {Authors: "Edwards, Y., Allenby, G. M.", Title: "Multivariate analysis of multiple response data", Venue: "Journal of Marketing Research 40, 321-334", Year: 2003, DOI: "10.1509/jmkr.40.3.321.19233"}},
	Version: 1,
	License: "GPL-2 or later (R package bayesm)",
	Files:   []File{{Path: "data/bayesm_panel/Scotch.csv.gz", SHA256: "0f8d06b74ebcbbd34174f9782fea774e3848fb1cbebb9ac97b3bb1a629a01e34"}},
	Mapping: &Mapping{
		Columns: map[string]string{"customer": "#row"}, Exact: true,
		Batteries: []Battery{{
			Name: "brands bought",
			Columns: []string{
				"Chivas.Regal", "Dewar.s.White.Label", "Johnnie.Walker.Black.Label", "J...B", "Johnnie.Walker.Red.Label", "Other.Brands", "Glenlivet",
				"Cutty.Sark", "Glenfiddich", "Pinch..Haig.", "Clan.MacGregor", "Ballantine", "Macallan", "Passport", "Black...White", "Scoresby.Rare",
				"Grants", "Ushers", "White.Horse", "Knockando", "the.Singleton",
			},
			Labels: map[string]string{
				"Chivas.Regal": "Chivas Regal", "Dewar.s.White.Label": "Dewar's White Label", "Johnnie.Walker.Black.Label": "Johnnie Walker Black Label",
				"J...B": "J & B", "Johnnie.Walker.Red.Label": "Johnnie Walker Red Label", "Other.Brands": "other brands", "Cutty.Sark": "Cutty Sark",
				"Pinch..Haig.": "Pinch (Haig)", "Clan.MacGregor": "Clan MacGregor", "Black...White": "Black & White", "Scoresby.Rare": "Scoresby Rare",
				"White.Horse": "White Horse", "the.Singleton": "the Singleton",
				"Glenlivet": "Glenlivet", "Glenfiddich": "Glenfiddich", "Ballantine": "Ballantine", "Macallan": "Macallan", "Passport": "Passport",
				"Grants": "Grant's", "Ushers": "Usher's", "Knockando": "Knockando",
			},
		}},
		Clock: &Clock{Origin: time.Date(2003, 1, 1, 0, 0, 0, 0, time.UTC)},
	},
	Expect: Expect{Rows: 2218, Events: 21 * 2218, Customers: 2218},
})
