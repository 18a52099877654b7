package report

import (
	"math"
	"testing"

	"github.com/mores-lab/mores/features"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(0), "0"},
		{count(999), "999"},
		{count(23570), "23,570"},
		{count(8911407), "8,911,407"},
		{decimals(-1234.5, 1), "−1,234.5"},
		{decimals(-0.0001, 2), "0.00"},
		{decimals(math.NaN(), 2), "–"},
		{number(0), "0"},
		{number(12345.678), "12,346"},
		{number(99.96), "100.0"},
		{number(3.14159), "3.14"},
		{number(0.012345), "0.0123"},
		{number(-2.5e-9), "−2.50e−09"},
		{number(1e16), "1.00e+16"},
		{number(math.Inf(1)), "–"},
		{percent(0), "0.0 %"},
		{percent(0.5114), "51.1 %"},
		{percent(0.0004), "< 0.1 %"},
		{percent(0.9999), "> 99.9 %"},
		{percent(1), "100.0 %"},
		{percent(math.NaN()), "–"},
		{score(0.43149), "0.431"},
		{score(-0.0004), "0.000"},
		{score(5320.98), "5,321"},
		{plusMinus(0.431, ptr(0.42), ptr(0.44)), "0.431 ± 0.011"},
		{plusMinus(0.431, nil, nil), "0.431"},
		{plusMinus(0.431, ptr(math.NaN()), ptr(1)), "0.431"},
		{seconds(0.004), "4 ms"},
		{seconds(0.0001), "< 1 ms"},
		{seconds(3.14), "3.1 s"},
		{seconds(125), "2 min 05 s"},
		{seconds(3720), "1 h 02 min"},
		{seconds(-1), "–"},
		{size(512), "512 B"},
		{size(18 << 20), "18.0 MiB"},
		{size(3 << 30), "3.00 GiB"},
		{money(1234.4, "GBP"), "£1,234"},
		{money(-12.5, "EUR"), "−€12.50"},
		{money(99.5, "CHF"), "99.50 CHF"},
		{money(5, ""), "5.00"},
		{quantity(12.34, features.Column{Unit: "days"}, ""), "12.3 days"},
		{quantity(0.25, features.Column{Kind: features.Share}, ""), "25.0 %"},
		{quantity(3, features.Column{Unit: "money"}, "GBP"), "£3.00"},
		{quantity(math.NaN(), features.Column{}, ""), "–"},
		{plural(1, "run"), "1 run"},
		{plural(1200, "run"), "1,200 runs"},
		{plural(2, "company"), "2 companies"},
		{list(nil), ""},
		{list([]string{"a"}), "a"},
		{list([]string{"a", "b", "c"}), "a, b and c"},
		{exact(0.1), "0.1"},
		{exact(math.Inf(-1)), ""},
		{superscript(7), "⁷"},
		{superscript(12), "¹²"},
	} {
		if got := terminalText(c.got); got != c.want {
			t.Errorf("printed %q, want %q", got, c.want)
		}
	}
}
