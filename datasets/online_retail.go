package datasets

// A British wholesaler and retailer of gifts: many customers are shops. Lines
// without a customer (135,080) are left out, cancellations and negative
// quantities are returns, lines at no price are no sales. The shop is closed on
// Saturdays and the last month is cut at the 9th. Postage, fees and vouchers are sold
// under codes of their own: they stay, for the money is real, and the table of items
// marks them as no products.
var _ = register(&Source{
	Name:    "online-retail",
	Doc:     "Gifts, UK, online: 541,909 invoice lines, December 2010 to 9 December 2011; cancellations, lines without customer and free lines included. Many customers are resellers.",
	Refs:    []Ref{{Authors: "Chen, D., Sain, S. L., Guo, K.", Title: "Data mining for the online retail industry: a case study of RFM model-based customer segmentation using data mining", Venue: "Journal of Database Marketing & Customer Strategy Management 19, 197-208", Year: 2012, DOI: "10.1057/dbm.2012.17"}, {Authors: "Chen, D.", Title: "Online Retail", Venue: "UCI Machine Learning Repository", Year: 2015, DOI: "10.24432/C5BW33"}},
	Version: 1,
	License: "CC BY 4.0 (UCI)",
	Files:   []File{{Path: "data/online_retail/online_retail.csv.gz", SHA256: "b029ba65c9071aeb701815be18f33fea7770e345793a5986c1f3062cecc03a1e"}},
	Mapping: &Mapping{
		Columns: map[string]string{"customer": "CustomerID", "time": "InvoiceDate", "order": "InvoiceNo", "item": "StockCode", "quantity": "Quantity", "price": "UnitPrice"},
		Extra:   []string{"Country"}, Attributes: []string{"Description"},
		Services: onlineRetailServices(),
		Zone:     "Europe/London", Currency: "GBP",
	},
	// 397,884 purchases and 8,905 returns of 4,371 customers, 4,338 of whom bought.
	Expect: Expect{Rows: 541909, Events: 406789, Customers: 4371},
})

// onlineRetailServices lists the codes that are no products of the shelf.
func onlineRetailServices() []DropRule {
	var out []DropRule
	for _, code := range []string{"POST", "DOT", "M", "m", "D", "S", "B", "C2", "CRUK", "PADS", "AMAZONFEE", "BANK CHARGES"} {
		out = append(out, DropRule{Column: "StockCode", Op: "=", Value: code})
	}
	for _, begin := range []string{"DCGS", "gift_0001_"} {
		out = append(out, DropRule{Column: "StockCode", Op: "prefix", Value: begin})
	}
	return out
}
