package datasets

import "time"

// The MineThatData e-mail challenge: customers who had bought within twelve months,
// a third sent an e-mail about men's merchandise, a third about women's, a third
// none, at random; then two weeks of visits and purchases.
//
// The file has a row a customer and no dates. As a log: a purchase of unknown amount
// so many months before the mailing (all that is known of the one before), a
// campaign_sent where one was sent, and a visit and a purchase in the middle of the
// two weeks. What the customers were before (history, newbie, channel, ...) and their
// group (segment) describe them: the group "No E-Mail" is the control, and the answer
// to a mailing is an effect here, not just a response.
var _ = register(&Source{
	Name:    "hillstrom",
	Doc:     "Randomised e-mail test: 64,000 customers, two e-mails and a control, visits and spend in the two weeks after; what they bought before as descriptors. No dates: timing is made up.",
	Refs:    []Ref{{Authors: "Hillstrom, K.", Title: "The MineThatData e-mail analytics and data mining challenge", Venue: "blog.minethatdata.com", Year: 2008, DOI: "https://blog.minethatdata.com/2008/03/minethatdata-e-mail-analytics-and-data.html"}},
	Version: 1,
	License: "none stated (published for a public challenge)",
	Files: []File{
		hillstromFile,
		hillstromEvents(Mapping{DefaultKind: "campaign_sent", Columns: map[string]string{"campaign": "segment"}, Drop: []DropRule{
			{Column: "segment", Op: "=", Value: "No E-Mail", Reason: "the control was sent nothing"},
		}}, 0),
		hillstromEvents(Mapping{DefaultKind: "visit", Drop: []DropRule{{Column: "visit", Op: "<=0", Reason: "no visit in the two weeks"}}}, 7),
		hillstromEvents(Mapping{DefaultKind: "purchase", Columns: map[string]string{"amount": "spend"}, Drop: []DropRule{
			{Column: "conversion", Op: "<=0", Reason: "no purchase in the two weeks"},
		}}, 7),
	},
	Mapping: &Mapping{
		Columns: map[string]string{"customer": "#row", "time": "recency"}, Exact: true,
		Extra:    []string{"history_segment", "history", "mens", "womens", "zip_code", "newbie", "channel", "segment"},
		Clock:    &Clock{Origin: hillstromSent, Unit: "months before"},
		Currency: "USD",
		From:     time.Date(2007, 3, 1, 0, 0, 0, 0, time.UTC), To: hillstromSent.AddDate(0, 0, 14),
	},
	// 64,000 purchases before, 42,694 mailings, 9,394 visits and 578 purchases after.
	Expect: Expect{Rows: 64000, Events: 116666, Customers: 64000},
})

// hillstromSent is the day of the challenge, for want of the mailing's.
var hillstromSent = time.Date(2008, 3, 20, 0, 0, 0, 0, time.UTC)

var hillstromFile = File{Path: "data/hillstrom/hillstrom.csv.gz", SHA256: "1bcbb5b3aeb0c7059506ddeda3072f09a14d0c3f05f0330f762a60601303140e"}

// hillstromEvents reads the file once more, for the events of one kind so many days
// after the mailing.
func hillstromEvents(m Mapping, after int) File {
	f := hillstromFile
	cols := map[string]string{"customer": "#row"}
	for k, v := range m.Columns {
		cols[k] = v
	}
	m.Columns = cols
	m.Clock = &Clock{Origin: hillstromSent.AddDate(0, 0, after)}
	f.Mapping = &m
	return f
}
