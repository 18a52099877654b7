package datasets

import "time"

// One day of the Google Merchandise Store: what visitors were shown, clicked, put
// into the cart and bought, hit by hit. There are no prices, and one day only: the
// visit number is all the history there is.
//
// Visitors' ids have up to 19 digits and leading zeros: they are text. A session is a
// visitor's visit number. The file tells milliseconds since the session began and
// not when that was: sessions of a visitor follow each other from midnight on, and
// hours of the day are missing. An item shown in a list is a visit (the visitor was
// there and did nothing), a click and a detail page are views.
var _ = register(&Source{
	Name:    "ga360-day",
	Doc:     "A web shop's hits on 1 August 2017: 47,723 product impressions, clicks, details, cart and checkout steps and purchases of 1,542 visitors in 1,674 sessions; no prices, no hours.",
	Refs:    []Ref{{Authors: "Google", Title: "Google Analytics 360 sample of the Google Merchandise Store", Venue: "BigQuery public data, bigquery-public-data.google_analytics_sample", Year: 2017, DOI: "https://support.google.com/analytics/answer/7586738"}},
	Version: 1,
	License: "none stated (from Google's public obfuscated sample)",
	Files:   []File{{Path: "data/ga360_day/ga_sessions_20170801.csv.gz", SHA256: "534a841c6dc8cdaf0571c9491d4ff32d592b601ec53ec89ddbba57a3b63cc3f0"}},
	Mapping: &Mapping{
		Columns: map[string]string{"customer": "fullVisitorId", "kind": "action_type", "item": "productSKU", "time": "time", "session": "fullVisitorId+visitNumber"},
		Exact:   true,
		Kinds:   map[string]string{"0": "visit", "1": "view", "2": "view", "3": "cart_add", "4": "cart_remove", "5": "checkout", "6": "purchase"},
		Clock:   &Clock{Origin: time.Date(2017, 8, 1, 0, 0, 0, 0, time.UTC), Unit: "ms"},
	},
	Expect: Expect{Rows: 47723, Events: 47723, Customers: 1542},
})
