// Package rule is a small language for saying who belongs to a segment, made to be
// read aloud:
//
//	purchases(category = 'coffee') >= 2 in 30 d and not any(channel = 'coupon')
//	spend >= 100 in the last 90 d or cart_add then no purchase within 7 d
//	recency < 30 and customer.country in ('NL', 'BE') and feature("share_weekend") > .5
//
// # Words
//
// Words are the same in capitals or not. 'Text' stands in single quotes, "names" of
// features and descriptors in double ones; a quote inside is doubled. Dates are written
// 2011-03-01 or 2011-03-01T18:30, spans of time 30 min, 12 h, 30 d, 6 w, 3 mo, 1 y. A #
// begins a comment that ends with its line.
//
//	rule       = rule "or" rule | rule "and" rule | "not" rule | "(" rule ")" | condition
//	condition  = value ("=" | "!=" | "<" | "<=" | ">" | ">=") value
//	           | value ["not"] "between" value "and" value
//	           | value ["not"] "in" "(" value {"," value} ")"
//	           | value "is" ["not"] "missing"
//	           | value ("contains" | "starts with") text
//	           | happening [window] | "everyone"
//	happening  = event | "any" "(" event or filter ")"
//	           | event {"then" ["no"] event ["within" span]}
//	event      = (kind | "event") ["(" filter ")"]
//	value      = number | text | date | "now" | value ("+" | "-" | "*" | "/") value
//	           | aggregate [window] | "feature" "(" name ")" | "customer" "." name
//	aggregate  = "purchases" | "orders" | "spend" | "recency"     each with ["(" filter ")"]
//	           | a plural: "views", "visits", "events"            each with ["(" filter ")"]
//	           | "tenure" | ("count" | "days") "(" event ")"
//	           | ("sum" | "avg" | "min" | "max" | "first" | "last" | "distinct")
//	             "(" column ["of" event] ")"                      of purchase, if not said
//	window     = "in" ["the"] ["last"] span ["before" (date | "now")]
//	           | "in" ["the"] "first" span | "since" date | "before" date
//	           | "from" date "to" date | "ever"
//	filter     = a rule over the columns of an event: kind, time, date, hour, weekday, month,
//	             order, item, category, brand, channel, campaign, session, quantity, price,
//	             amount, discount, margin, rating, points
//
// not binds tighter than and, and tighter than or. A window belongs to what stands just
// before it, or to the whole comparison: purchases >= 2 in 30 d is (purchases in 30 d) >= 2.
//
// # Meaning
//
// A rule is asked at an instant, now, and sees the events before it and no others: asked
// for a past day it says who belonged then. Everybody with an event before now is asked.
//
//   - purchases counts days on which something was bought, as everywhere in mores;
//     count(purchase) counts lines and orders counts different orders. Returns undo
//     nothing here: they can be asked for themselves.
//   - spend is Σ amount of purchases. Sums and averages are rounded to six decimals,
//     halves up, so that ten times .1 is 1. Of no events a sum or count is 0; everything
//     else is missing.
//   - recency is days from the last purchase to now, by the calendar: yesterday is 1.
//     tenure is the same from the first event.
//   - first and last are the value of the first and last event that has one; of several at
//     one instant, first takes the smallest and last the largest.
//   - A window of n days is the n·24 hours before now by the clock on the wall of the log's
//     zone, [now − n d, now); months and years go by the calendar and end where a shorter
//     month ends. "from a to b" and "before b" leave out b itself.
//   - then is strictly later: two events of one stamp are in no order. within is from one
//     step to the next. "no" holds where nothing came, and where its time is over.
//   - A comparison with something missing does not hold; "not" around it does. So a rule and
//     its "not" always divide everybody, and != and "not in" ask that there is a value.
package rule
