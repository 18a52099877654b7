package datasets

import "time"

// Purchases of margarine by households of a scanner panel, with the prices of the
// ten kinds on the shelf each time. The panel tells the order of a household's
// purchases, no dates and no quantities.
//
// A purchase's price is the one of the kind taken, the prices of all are the offer
// of its order. A kind (brand and form) is item and brand at once, as in the papers.
var _ = register(&Source{
	Name:    "margarine",
	Doc:     "Scanner panel: 4,470 purchases of margarine by 516 households among ten brands, in order, with all prices on the shelf; income, family and work as descriptors. No dates: timing is made up; no quantities.",
	Refs:    []Ref{bayesmRef, {Authors: "Allenby, G. M., Rossi, P. E.", Title: "Quality perceptions and asymmetric switching between brands", Venue: "Marketing Science 10, 185-204", Year: 1991, DOI: "10.1287/mksc.10.3.185"}},
	Version: 1,
	License: "GPL-2 or later (R package bayesm)",
	Files: []File{
		{Path: "data/bayesm_panel/margarine_choicePrice.csv.gz", SHA256: "1a622387a9eda67f34c024b3a53af14fd105478c5fc16e5b2911ac1387226b7f"},
		{Path: "data/bayesm_panel/margarine_demos.csv.gz", SHA256: "8d405d8145d542f7dc20100ff94e506401e47577bb62ea6de9faa5556533ac4a", Role: "customers"},
	},
	Mapping: &Mapping{
		Columns: map[string]string{"customer": "hhid", "order": "#count"}, Exact: true,
		Fixed: map[string]string{"category": "margarine"},
		Choice: &Choice{Column: "choice", Alternatives: []Alternative{
			margarine("PPk_Stk", "Parkay", "stick"), margarine("PBB_Stk", "BlueBonnett", "stick"), margarine("PFl_Stk", "Fleischmanns", "stick"),
			margarine("PHse_Stk", "house", "stick"), margarine("PGen_Stk", "generic", "stick"), margarine("PImp_Stk", "Imperial", "stick"),
			margarine("PSS_Tub", "Shed Spread", "tub"), margarine("PPk_Tub", "Parkay", "tub"), margarine("PFl_Tub", "Fleischmanns", "tub"),
			margarine("PHse_Tub", "house", "tub"),
		}},
		Clock: &Clock{Origin: time.Date(1991, 1, 1, 0, 0, 0, 0, time.UTC), Unit: "rows"},
		Unit:  "household", Currency: "USD",
	},
	Expect: Expect{Rows: 4470, Events: 4470, Customers: 516},
})

func margarine(column, brand, form string) Alternative {
	own := "no"
	if brand == "house" || brand == "generic" {
		own = "yes"
	}
	return Alternative{Column: column, Name: brand + " " + form, Attributes: map[string]string{"maker": brand, "form": form, "private_label": own}}
}
