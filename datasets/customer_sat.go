package datasets

import "time"

// What advertisers in a yellow-pages directory think of it: overall satisfaction and
// nine matters that may make it, from 1 to 10.
var _ = register(&Source{
	Name:    "customer-sat",
	Doc:     "Satisfaction survey: 1,811 advertisers in a telephone directory, overall satisfaction and nine drivers of it, 1 to 10. Answers are events of one made-up day.",
	Refs:    []Ref{bayesmRef, {Authors: "Rossi, P. E., Gilula, Z., Allenby, G. M.", Title: "Overcoming scale usage heterogeneity: a Bayesian hierarchical approach", Venue: "Journal of the American Statistical Association 96, 20-31", Year: 2001, DOI: "10.1198/016214501750332668"}},
	Version: 1,
	License: "GPL-2 or later (R package bayesm)",
	Files:   []File{{Path: "data/bayesm_panel/customerSat.csv.gz", SHA256: "ddf860d07fffa0a26e6f222c564388daba37cd8190905733089d47764daf2271"}},
	Mapping: &Mapping{
		Columns: map[string]string{"customer": "#row"}, Exact: true,
		Batteries: []Battery{
			{Name: "overall", Columns: []string{"q1"}, Labels: map[string]string{"q1": "overall satisfaction"}},
			{
				Name: "drivers", Columns: []string{"q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10"},
				Labels: map[string]string{
					"q2": "setting competitive prices", "q3": "holding price increase to a minimum", "q4": "appropriate pricing given volume",
					"q5": "demonstrating effectiveness of purchase", "q6": "reach a large number of customers", "q7": "reach of advertising",
					"q8": "long-term exposure", "q9": "distribution", "q10": "distribution to right geographic areas",
				},
			},
		},
		Clock: &Clock{Origin: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)},
	},
	Expect: Expect{Rows: 1811, Events: 18110, Customers: 1811},
})

var bayesmRef = Ref{
	Authors: "Rossi, P. E.", Title: "bayesm: Bayesian Inference for Marketing/Micro-Econometrics", Venue: "R package 3.1-5", Year: 2022, DOI: "https://cran.r-project.org/package=bayesm",
}
