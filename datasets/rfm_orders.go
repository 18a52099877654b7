package datasets

import "time"

// The simulated orders of the R package rfm, whose published scores and segments
// test ours. Customers are named by their full names.
var _ = register(&Source{
	Name:    "rfm-orders",
	Doc:     "Simulated orders of the R package rfm: 4,906 orders of 995 customers; its analysis date is 31 December 2006.",
	Refs:    []Ref{{Authors: "Hebbali, A.", Title: "rfm: Recency, Frequency and Monetary Value Analysis", Venue: "R package 0.3.0", Year: 2022, DOI: "https://cran.r-project.org/package=rfm"}},
	Version: 1,
	License: "MIT",
	Files:   []File{{Path: "data/rfm_orders/rfm_data_orders_SIMULATED.csv.gz", SHA256: "e47b14df1aec8f82802f833e9747b4045541ef4c5400310132a2162b7c85d201"}},
	Mapping: &Mapping{
		Columns:   map[string]string{"customer": "customer_id", "time": "order_date", "amount": "revenue"},
		Simulated: true,
		To:        time.Date(2006, 12, 31, 0, 0, 0, 0, time.UTC),
	},
	Expect: Expect{Rows: 4906, Events: 4906, Customers: 995},
})
