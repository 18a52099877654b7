package rule

import (
	"errors"
	"strings"
	"testing"
)

// Faults are told with their place and what to write.
func TestErrors(t *testing.T) {
	for text, say := range map[string]string{
		"purchases(catgory = 'coffee') >= 2":          "1:11: catgory is no column of events\n  purchases(catgory = 'coffee') >= 2\n            ^~~~~~~\n  did you mean category?\n  columns: kind, time,",
		"prchases > 2":                                "did you mean purchases?",
		"purchases >= 2 in 30 dyas":                   "did you mean days?",
		"purchases\n  >= 2\n  in 30 q":                "3:9: q is no unit of time\n    in 30 q\n          ^",
		"(purchases >= 2":                             "1:1: this parenthesis is never closed",
		"purchases(channel = 'x'":                     "1:10: this parenthesis is never closed",
		"purchases >= 2)":                             "1:15: this parenthesis was never opened",
		"spend > 1 since 2011-02-30":                  "2011-02-30 is no date",
		"spend > 1 since '2011-02-03'":                "a date stands without quotes",
		"spend > 1 from 2011-03-01 to 2011-03-01":     "the window is empty",
		"purchase > 2":                                "to count it write purchases",
		"purchases":                                   "compare it, as purchases >= 1",
		"spend = 'a'":                                 "a number cannot be compared with text",
		"any(channel > 'a')":                          "text has no order",
		"any(channel = coupon)":                       "write 'coupon'",
		"purchases > 1 in 3 d in 4 d":                 "a window stands after what it counts, once",
		"3 > 2 in 30 d":                               "a window stands after what it counts",
		"tenure > 3 in 30 d":                          "tenure is counted from the very first event",
		"spend >= 50 %":                               "write a share as .5",
		"spend == 50":                                 "== is not a sign of this language: write =",
		"1 < spend < 5":                               "write between",
		"view then purchase within 1 mo":              "no fixed length",
		"view then no purchase then view":             "at the last step only",
		"view within 3 d":                             "within belongs to then",
		"any(weekday = 'Sonntag')":                    "is no weekday",
		"\"share\" > .5":                              "feature(\"share\")",
		"spend > ":                                    "the rule ends after >",
		"'never closed":                               "never closed: put ' at its end",
		"":                                            "without a condition",
		"sum(channel) > 1":                            "channel is text",
		"customer.a = customer.b":                     "compare a descriptor with a number or a text",
		"spend > 1 and and":                           "a condition must stand before and",
		"category = 'x'":                              "any(category = …)",
		"spend > 1 in .5 d":                           "whole number of units",
		"spend > 1e999":                               "too large a number",
		"a\xff":                                       "not UTF-8",
		strings.Repeat("(", 999):                      "more than 200 deep",
		"1" + strings.Repeat("+1", 9999):              "more than 10000 words",
		strings.Repeat("not ", 999) + "view":          "more than 200 deep",
		"purchases is great":                          "is missing",
		"spend between 3":                             "between has two bounds",
		"any(spend > 3)":                              "spend is no column of events",
		"any(customer.country = 'NL')":                "stands beside a filter",
		"spend > 3 \U0001F600":                        "cannot stand here",
		"purchases => 2":                              "=> is not a sign of this language: write >=",
		"spend >= 1,000":                              "1:10: numbers have a point and no separators",
		"spend >= 1.000,50":                           "as 1234.5",
		"spend >= 100k":                               "100k is no number: write it out",
		"spend >= €100":                               "money is a number without €",
		"recency < 30 days":                           "recency and tenure are days already",
		"recency < yesterday":                         "yesterday is 1",
		"purchases >= 2 in -30 d":                     "1:19: a span of time is wanted",
		"spend between 100 and 50":                    "1:15: nothing lies between these: the smaller bound comes first\n  spend between 100 and 50\n                ^~~~~~~~~~",
		"any(date between 2011-03-01 and 2011-02-01)": "nothing lies between",
		"any(category like 'cof%')":                   "write contains 'text'",
		"purchase then":                               "the rule ends after then: an event must follow",
		"purchase then purchase whithin 2 d":          "did you mean within?",
		"no purchase in 90 d":                         "write not purchase",
		"no purchases in 90 d":                        "write not purchase",
		"vip: spend > 1":                              "write NAME = RULE, as vip = spend >= 500",
	} {
		_, err := Parse("", text)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", text, err)
		} else if !strings.Contains(e.Error(), say) {
			t.Errorf("%q says\n%s\nwant %q", text, e, say)
		}
	}
}

func TestCheckAgainstALog(t *testing.T) {
	log := shop()
	for text, say := range map[string]string{
		"count(purchase(brand = 'x')) > 1": "shop has no column brand\n",
		"feature(\"share\") > 1":           "no feature \"share\"",
		"customer.contry = 'NL'":           "did you mean country?",
		"customer.age = 'x'":               "holds numbers",
		"customer.country > 3":             "holds text",
	} {
		r, err := Parse("r", text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if _, err := Check(t.Context(), log, nil, r); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: %v", text, err)
		}
	}
	r, err := Parse("r", "any(category = 'cofee' or channel in ('web', 'coupons')) and not return")
	if err != nil {
		t.Fatal(err)
	}
	w, err := Check(t.Context(), log, nil, r)
	if err != nil || len(w) != 3 {
		t.Fatalf("%d warnings, %v", len(w), err)
	}
	for i, say := range []string{"did you mean 'coffee'?", "did you mean 'coupon'?", "no return events"} {
		if !strings.Contains(w[i].Error(), say) {
			t.Errorf("warning %d: %s", i, w[i])
		}
	}
}
