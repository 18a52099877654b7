package datasets

// Clicks of a made-up shop with planted stories (a viral article, a checkout bug
// on phones, a payment incident, new against loyal customers, drifting cohorts):
// the truth is known, which makes it the test bed for barriers and drift.
//
// payment_error and checkout_bug are steps of the checkout that went wrong: they are
// checkouts without a purchase, neither contacts nor complaints, for nobody spoke up.
// error_page is a page like another.
var _ = register(&Source{
	Name:    "ecom-synth",
	Doc:     "Simulated clicks of an online shop, January to June 2024: 31,106 events of 600 users with five planted stories (a viral article, a checkout bug, a payment incident, loyalty, drift).",
	Refs:    []Ref{{Authors: "Retentioneering", Title: "retentioneering-tools, synthetic e-commerce data set", Venue: "Python package", Year: 2024, DOI: "https://github.com/retentioneering/retentioneering-tools"}},
	Version: 1,
	License: "Apache-2.0",
	Files:   []File{{Path: "data/ecom_synth/ecom_SYNTHETIC.csv.gz", SHA256: "110716838facbec8143c6c9af74500eb0252197da212fd75aa4c47bf3b692090"}},
	Mapping: &Mapping{
		Columns: map[string]string{"customer": "user_id", "time": "timestamp", "kind": "event", "session": "session_id", "channel": "platform"},
		Extra:   []string{"acquisition_channel", "user_cohort", "user_lifecycle"},
		Kinds: map[string]string{
			"purchase": "purchase", "search": "search", "add_to_cart": "cart_add", "wishlist_add": "wishlist", "support_chat": "contact",
			"shipping_details": "checkout", "payment_details": "checkout",
			"payment_error": "checkout", "checkout_bug": "checkout",
			// Pages.
			"home": "view", "catalog": "view", "product_view": "view", "filter_results": "view", "promo_page": "view", "cart": "view", "account_page": "view",
			"review_page": "view", "compare": "view", "error_page": "view",
		},
		Simulated: true,
	},
	Expect: Expect{Rows: 31106, Events: 31106, Customers: 600},
})
