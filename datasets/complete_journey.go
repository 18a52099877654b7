package datasets

import "time"

// Households of a US grocery chain with a loyalty card, one year. The file holds
// 75,000 lines drawn at random, so baskets are fragments: spend, frequency and
// gaps are thinned by about twenty and say nothing about the households' own.
// Campaigns, coupons and demographics are complete. The packagers chose the
// calendar (day 285 = 1 January 2017) and made the seconds up.
//
// A household was sent a campaign on the campaign's first day; three campaigns began
// before 2017 and count from 1 January, when the purchases begin. Redemptions are
// days without an hour. The discount of a line is retail, coupon and matched coupon
// together; the amount is what the shop received. The maker stands for the brand, for
// the file's own brand column tells private labels only.
var _ = register(&Source{
	Name:    "complete-journey",
	Doc:     "Grocery loyalty card, USA, 2017: 75,000 lines drawn at random from 2,377 households (so frequencies are thinned about twentyfold), with products, demographics, campaigns and coupons.",
	Refs:    []Ref{{Authors: "84.51°", Title: "The Complete Journey 2.0", Venue: "R package completejourney 1.1.0, B. Boehmke and S. Mooney", Year: 2019, DOI: "https://cran.r-project.org/package=completejourney"}},
	Version: 1,
	License: "CC0 (R package); 84.51° source files for research and teaching",
	Files: []File{
		{Path: "data/complete_journey/transactions_sample.csv.gz", SHA256: "437c423df375f768314df91ce881e85ea37299ad7a333fdde5815229a6c9dd4d"},
		{Path: "data/complete_journey/products.csv.gz", SHA256: "f6654ba71707178e16b999dae200cc534bff0b685445a31bc8932efaaf12f81d", Role: "items", Rename: map[string]string{"brand": "private_label", "manufacturer_id": "manufacturer"}},
		{Path: "data/complete_journey/demographics.csv.gz", SHA256: "91481246e1bfdd22e70a83687d7da6a0ccb40afd6dfcb4fb147574e95d65dbf9", Role: "customers"},
		{Path: "data/complete_journey/campaign_descriptions.csv.gz", SHA256: "418f500ac3c80deaec7736fcd85b9c1f208bb36afd9b8473dacb982de1690d2a", Role: "campaigns"},
		{Path: "data/complete_journey/coupons.csv.gz", SHA256: "3cb5dc50258894f83030be12942e89f16d16a6ec5f7bedc101195c1e700e62a8", Role: "offers"},
		{
			Path: "data/complete_journey/campaigns.csv.gz", SHA256: "c7d68c9dfa384381c7c56068c793e9722b39e21d5e42ebecd7e88949ed969ade",
			Mapping: &Mapping{
				Columns:     map[string]string{"customer": "household_id", "campaign": "campaign_id", "time": "campaigns.start_date"},
				DefaultKind: "campaign_sent", Early: true,
			},
		},
		{
			Path: "data/complete_journey/coupon_redemptions.csv.gz", SHA256: "663ab19fbddecc679e8973dcc5a90f24ce3cd090e84b2359c7a2e9ab164e0106",
			Mapping: &Mapping{
				Columns:     map[string]string{"customer": "household_id", "campaign": "campaign_id", "time": "redemption_date"},
				DefaultKind: "redemption",
			},
		},
	},
	Mapping: &Mapping{
		Columns: map[string]string{
			"customer": "household_id", "time": "transaction_timestamp", "order": "basket_id", "item": "product_id", "channel": "store_id",
			"quantity": "quantity", "amount": "sales_value", "discount": "retail_disc+coupon_disc+coupon_match_disc",
			"category": "items.product_category", "brand": "items.manufacturer",
		},
		Unit: "household", Zone: "America/New_York", Currency: "USD",
		From: time.Date(2017, 1, 1, 5, 0, 0, 0, time.UTC), // midnight in New York
		// 75,000 of the 1,469,307 lines of the package's full table.
		Thinned: 75000. / 1469307,
	},
	// 75,000 lines, 6,589 households sent a campaign, 2,102 redemptions; two of the
	// households that were sent one have no line in the sample.
	Expect: Expect{Rows: 75000, Events: 83691, Customers: 2379},
})
