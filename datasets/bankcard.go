package datasets

import "time"

// Choices between two credit cards by telephone, a conjoint study: each row holds
// how the first differed from the second in 14 properties, and whether it was chosen.
//
// As a log, every property in which the two differed is an answer: +1 where the card
// taken had it, −1 where the card left had it. The differences themselves are the
// offer of the choice.
var _ = register(&Source{
	Name:    "bankcard",
	Doc:     "Conjoint study of credit cards: 14,799 choices between two by 946 people, 14 properties; age, income and gender as descriptors. Answers are +1 where the card taken had the property, -1 where the other had it. No dates: timing is made up.",
	Refs:    []Ref{bayesmRef, {Authors: "Allenby, G. M., Ginter, J. L.", Title: "Using extremes to design products and segment markets", Venue: "Journal of Marketing Research 32, 392-403", Year: 1995, DOI: "10.1177/002224379503200402"}},
	Version: 1,
	License: "GPL-2 or later (R package bayesm)",
	Files: []File{
		{Path: "data/bayesm_panel/bankcard_conjoint_choiceAtt.csv.gz", SHA256: "983f79bea319632f4cdc482e4e12b0ca162c6bab440b54191f30d7342dead8c6"},
		{Path: "data/bayesm_panel/bankcard_conjoint_demo.csv.gz", SHA256: "edee24fabe940a349b9d405e4a57d107e15cee90d9ce2329cec1069265037987", Role: "customers"},
	},
	Mapping: &Mapping{
		Columns: map[string]string{"customer": "id", "order": "#count"}, Exact: true,
		Batteries: []Battery{{Name: "card", Columns: bankcardProperties, Choice: "choice"}},
		Offer:     append([]string{"choice"}, bankcardProperties...),
		Clock:     &Clock{Origin: time.Date(1995, 1, 1, 0, 0, 0, 0, time.UTC), Unit: "rows"},
	},
	Expect: Expect{Rows: 14799, Events: 42371, Customers: 946},
})

var bankcardProperties = []string{
	"Med_FInt", "Low_FInt", "Med_VInt", "Rewrd_2", "Rewrd_3", "Rewrd_4", "Med_Fee", "Low_Fee", "Bank_B", "Out_State", "Med_Rebate", "High_Rebate",
	"High_CredLine", "Long_Grace",
}
