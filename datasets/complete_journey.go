package datasets

// Households of a US grocery chain with a loyalty card, one year. The file holds
// 75,000 lines drawn at random, so baskets are fragments: spend, frequency and
// gaps are thinned by about twenty and say nothing about the households' own.
// Campaigns, coupons and demographics are complete. The packagers chose the
// calendar (day 285 = 1 January 2017) and made the seconds up.
var _ = register(&Source{
	Name:    "complete-journey",
	Doc:     "Grocery loyalty card, USA, 2017: 75,000 lines drawn at random from 2,377 households (so frequencies are thinned about twentyfold), with products, demographics, campaigns and coupons.",
	Refs:    []Ref{{Authors: "84.51°", Title: "The Complete Journey 2.0", Venue: "R package completejourney 1.1.0, B. Boehmke and S. Mooney", Year: 2019, DOI: "https://cran.r-project.org/package=completejourney"}},
	Version: 1,
	License: "CC0 (R package); 84.51° source files for research and teaching",
	Files: []File{
		{Path: "data/complete_journey/transactions_sample.csv.gz", SHA256: "437c423df375f768314df91ce881e85ea37299ad7a333fdde5815229a6c9dd4d"},
		{Path: "data/complete_journey/products.csv.gz", SHA256: "f6654ba71707178e16b999dae200cc534bff0b685445a31bc8932efaaf12f81d", Role: "items"},
		{Path: "data/complete_journey/demographics.csv.gz", SHA256: "91481246e1bfdd22e70a83687d7da6a0ccb40afd6dfcb4fb147574e95d65dbf9", Role: "customers"},
		{Path: "data/complete_journey/campaign_descriptions.csv.gz", SHA256: "418f500ac3c80deaec7736fcd85b9c1f208bb36afd9b8473dacb982de1690d2a", Role: "campaigns"},
		{Path: "data/complete_journey/coupons.csv.gz", SHA256: "3cb5dc50258894f83030be12942e89f16d16a6ec5f7bedc101195c1e700e62a8", Role: "offers"},
	},
	Mapping: &Mapping{
		Columns: map[string]string{
			"customer": "household_id", "time": "transaction_timestamp", "order": "basket_id", "item": "product_id", "channel": "store_id",
			"quantity": "quantity", "amount": "sales_value", "discount": "retail_disc",
		},
		Unit: "household", Zone: "America/New_York", Currency: "USD",
	},
	Expect: Expect{Rows: 75000, Events: 75000, Customers: 2377},
})
