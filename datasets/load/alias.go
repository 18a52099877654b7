package load

import (
	"slices"
	"strings"
	"unicode"
)

// aliases are the names under which shops, textbooks and export tools call the
// event columns, folded (lower case, letters and digits only). Sources: the
// files of the catalogue, the exports of Shopify, WooCommerce, Magento, Square,
// Olist, REES46, Instacart, dunnhumby, Google Analytics, and their German, French
// and Spanish words. strong names decide by themselves; weak ones decide only
// where nothing strong is there and the content agrees.
var aliases = map[string]struct{ strong, weak []string }{
	"customer": {
		strong: []string{
			"customerid", "customer", "custid", "cust", "customerno", "customernumber", "customercode", "customerkey", "customeruniqueid", "customerref",
			"clientid", "client", "clientcode", "clientno", "userid", "user", "useruniqueid", "householdid", "household", "householdkey", "hhid", "hhkey", "memberid", "member", "membershipid", "accountid", "account", "accountno",
			"visitorid", "fullvisitorid", "userpseudoid", "buyerid", "buyer", "shopperid", "consumerid", "guestid", "patronid", "subscriberid", "cardid", "cardnumber", "loyaltyid", "loyaltycardid", "loyaltycardnumber",
			"personid", "contactid", "panelistid", "masterid", "donorid", "playerid", "kundennummer", "kundennr", "kundenid", "kunde", "clienteid", "cliente", "idclient", "idcustomer", "iduser", "codclient",
		},
		weak: []string{"id", "uid", "cid", "email", "customeremail", "customername", "name", "clientname", "username", "buyername", "phone"},
	},
	"time": {
		strong: []string{
			"date", "time", "timestamp", "datetime", "ts", "day", "invoicedate", "invoicetimestamp", "orderdate", "ordertimestamp", "orderdatetime", "orderedat", "transactiondate", "transactiontime", "transactiontimestamp", "transdate", "txndate", "transactiondatetime",
			"purchasedate", "purchasetime", "purchasetimestamp", "purchasedat", "saledate", "salesdate", "eventtime", "eventdate", "eventtimestamp", "eventdatetime", "createdat", "created", "createdon", "datecreated", "occurredat", "orderpurchasetimestamp", "visitdate", "visittime", "visitstarttime",
			"paidat", "processedat", "placedat", "billdate", "receiptdate", "bookingdate", "redemptiondate", "when", "datum", "bestelldatum", "kaufdatum", "rechnungsdatum", "fecha", "datecommande", "dt", "shoptime", "shopdate",
		},
	},
	"kind": {
		strong: []string{"event", "eventtype", "eventname", "eventkind", "kind", "actiontype", "action", "activity", "activitytype", "behavior", "behaviortype", "behaviour", "behaviourtype", "interaction", "interactiontype", "transactiontype", "eventcategory"},
		weak:   []string{"type"},
	},
	"order": {strong: []string{
		"orderid", "invoiceno", "invoice", "invoiceid", "invoicenumber", "order", "orderno", "ordernumber", "ordernr", "basketid", "basket", "basketno", "cartid", "transactionid", "transactionno", "transaction", "transid", "txnid", "transactioncode",
		"receiptid", "receipt", "receiptno", "receiptnumber", "ticketid", "ticket", "billno", "billid", "billnumber", "purchaseid", "saleid", "bestellnummer", "rechnungsnummer", "checkid", "bookingid",
	}},
	"item": {
		strong: []string{
			"itemid", "item", "stockcode", "sku", "productid", "product", "productsku", "productcode", "articleid", "article", "articleno", "articlenumber", "upc", "ean", "gtin", "asin", "isbn", "itemcode", "itemno", "itemnumber", "materialid", "material", "movieid", "bookid", "songid", "variantsku", "lineitemsku", "artikel", "artikelnummer", "produkt",
		},
		weak: []string{"productname", "itemname", "description", "lineitemname", "articlename", "itemdescription", "productdescription"},
	},
	"category": {
		strong: []string{"category", "productcategory", "itemcategory", "categoryname", "categorycode", "categoryid", "department", "departmentname", "aisle", "genre", "productline", "producttype", "productgroup", "warengruppe", "kategorie"},
		weak:   []string{"subcategory", "commodity", "segment", "cat"},
	},
	"brand":    {strong: []string{"brand", "brandname", "brandid", "manufacturer", "manufacturerid", "make", "vendor", "marke", "label"}},
	"channel":  {strong: []string{"channel", "saleschannel", "orderchannel", "channelid", "channelname", "shippingchannel", "platform"}, weak: []string{"storeid", "store", "storename", "shop", "shopid", "storenumber", "device", "devicetype", "branch", "outlet", "filiale"}},
	"campaign": {strong: []string{"campaign", "campaignid", "campaignname", "utmcampaign", "promotionid", "promotion", "promoid", "promocode"}},
	"session":  {strong: []string{"sessionid", "session", "usersession", "visitid", "gasessionid", "sid", "visit"}},
	"quantity": {strong: []string{
		"quantity", "qty", "units", "unitssold", "numberofcds", "cds", "quantitysold", "orderquantity", "orderqty", "salesqty", "itemquantity", "itemqty", "itemcount", "noofitems", "numberofitems", "numitems", "nitems", "lineitemquantity", "pieces", "menge", "anzahl", "cantidad", "quantite", "prodqty", "productquantity", "volume", "invoicequantity",
	}},
	"price": {strong: []string{
		"unitprice", "itemprice", "priceperunit", "pricepereach", "priceeach", "listprice", "retailprice", "sellingprice", "salesprice", "unitcost", "productprice", "lineitemprice", "avgprice", "stueckpreis", "einzelpreis", "prixunitaire", "preciounitario",
	}},
	"amount": {strong: []string{
		"amount", "dollarvalue", "dollars", "salesvalue", "revenue", "sales", "sale", "turnover", "total", "totalprice", "totalamount", "totalsales", "totalvalue", "totalspend", "totalspent", "totalcost", "totalrevenue", "totalpaid", "grandtotal", "ordertotal", "ordervalue", "orderamount", "invoicetotal", "invoiceamount", "transactionamount", "transactionvalue", "transactiontotal", "txnamount", "purchaseamount", "purchasevalue", "basketvalue", "baskettotal", "spend", "spent", "spending", "linetotal", "lineamount", "extendedprice", "gross", "grossamount", "netamount", "net", "gmv", "payment", "paymentvalue", "paymentamount", "amountpaid", "monetary", "monetaryvalue", "value", "money", "umsatz", "betrag", "summe", "gesamtbetrag", "importe", "montant", "saleamount", "salesamount", "eventvalue", "purchaserevenue", "donation", "donationamount", "paid",
	}},
	"discount": {strong: []string{"discount", "discountamount", "discountvalue", "retaildisc", "rebate", "rebateamount", "disc", "discountapplied", "totaldiscount", "rabatt"}},
	"margin":   {strong: []string{"margin", "profit", "grossmargin", "grossprofit", "contribution", "marge", "gewinn"}},
	"rating":   {strong: []string{"rating", "stars", "starrating", "reviewscore", "reviewrating", "csat", "nps"}},
	"exclude":  {strong: []string{"exclude", "excluded", "ignore", "ignored", "ignorethis", "excludefromrecommendations", "excludefromprofile", "ignorieren", "ausschliessen", "uitsluiten", "negeren", "udeluk", "ignorer"}},
	"points":   {strong: []string{"points", "loyaltypoints", "pointsearned", "punkte"}},
}

// priceOrAmount may be the price of one or of all units.
var priceOrAmount = []string{"price", "preis", "prix", "precio", "cost", "productpurchaseprice", "itempricetotal"}

// tokens splits a header into words: order_total, OrderTotal, "Order Total (EUR)".
func tokens(s string) []string {
	var out []string
	var w []rune
	flush := func() {
		if len(w) > 0 {
			out = append(out, strings.ToLower(string(w)))
			w = w[:0]
		}
	}
	prev := ' '
	for _, r := range s {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
		case unicode.IsUpper(r) && unicode.IsLower(prev):
			flush()
			w = append(w, r)
		default:
			w = append(w, r)
		}
		prev = r
	}
	flush()
	return out
}

// moneyName says that a header speaks of money taken, without being an alias.
func moneyName(s string) bool {
	yes := false
	for _, t := range tokens(s) {
		switch t {
		case "amount", "total", "value", "revenue", "sales", "spend", "spent", "price", "paid", "payment", "turnover", "eur", "usd", "gbp", "dollar", "dollars", "euro", "gross", "umsatz", "betrag", "gmv":
			yes = true
		case "tax", "shipping", "freight", "discount", "disc", "cost", "qty", "quantity", "count", "id", "tip", "fee", "balance", "points", "age", "year", "unit", "vat", "limit":
			return false
		}
	}
	return yes
}

// rank returns the place of a column's name in the list, or −1.
func rank(list []string, name string) int { return slices.Index(list, foldName(name)) }
