package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/digits"
)

// nb is the blank that keeps a number and its unit on one line.
const nb = "\u00a0"

// Numbers are printed with commas between thousands and a point before decimals,
// in every medium; CSV holds all digits and no commas.

// exact writes all digits of a number: the shortest text that reads back as x.
func exact(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// count prints 23,570.
func count(n int) string { return thousands(strconv.Itoa(n)) }

// thousands puts commas into the integer part of a plain decimal.
func thousands(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	if strings.Trim(s, "0.") == "" {
		sign = "" // no −0
	}
	return sign + digits.Group(s)
}

// decimals prints x with that many decimals; what is not finite is a dash.
func decimals(x float64, n int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	return thousands(strconv.FormatFloat(x, 'f', n, 64))
}

// figures is how many decimals give three significant figures, none above 1,000.
func figures(x float64) int {
	x = math.Abs(x)
	switch {
	case x == 0 || math.IsNaN(x) || x >= 100:
		return 0
	case x >= 10:
		return 1
	case x >= 1:
		return 2
	case x >= 0.1:
		return 3
	}
	return min(8, 2-int(math.Floor(math.Log10(x))))
}

// number prints x to three significant figures and never in exponents below 1e15.
func number(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1e15 || a != 0 && a < 1e-6:
		if math.IsInf(x, 0) {
			return "–"
		}
		return strings.Replace(fmt.Sprintf("%.2e", x), "-", "−", 2)
	}
	return decimals(x, figures(x))
}

// percent prints a share as 12.3 %.
func percent(share float64) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "–"
	}
	p := 100 * share
	switch {
	case p != 0 && math.Abs(p) < 0.1:
		return "<" + nb + "0.1" + nb + "%"
	case p != 100 && p > 99.9:
		return ">" + nb + "99.9" + nb + "%"
	}
	return decimals(p, 1) + nb + "%"
}

// score prints an index: three decimals where it lives in [−1, 1], else three
// significant figures.
func score(x float64) string {
	if math.Abs(x) < 1.5 {
		return decimals(x, 3)
	}
	return number(x)
}

// plusMinus prints a value with the half-width of its interval: 0.431 ± 0.012.
func plusMinus(x float64, lo, hi *float64) string {
	s := score(x)
	if lo == nil || hi == nil || math.IsNaN(*lo) || math.IsNaN(*hi) || math.IsInf(*lo, 0) || math.IsInf(*hi, 0) {
		return s
	}
	half := max(*hi-x, x-*lo)
	n := 3
	if math.Abs(x) >= 1.5 {
		n = figures(x)
	}
	return s + nb + "±" + nb + decimals(half, n)
}

// seconds prints a time: 4 ms, 3.1 s, 2 min 05 s, 1 h 02 min.
func seconds(s float64) string {
	switch {
	case math.IsNaN(s) || s < 0:
		return "–"
	case s > 0 && s < 0.0005:
		return "<" + nb + "1" + nb + "ms"
	case s < 0.0995:
		return fmt.Sprintf("%.0f"+nb+"ms", 1000*s)
	case s < 9.95:
		return fmt.Sprintf("%.1f"+nb+"s", s)
	case s < 59.5:
		return fmt.Sprintf("%.0f"+nb+"s", s)
	case s < 3600:
		return fmt.Sprintf("%d"+nb+"min"+nb+"%02d"+nb+"s", int(s)/60, int(s)%60)
	}
	return fmt.Sprintf("%s"+nb+"h"+nb+"%02d"+nb+"min", count(int(s)/3600), int(s)/60%60)
}

// size prints bytes in binary units.
func size(b int64) string {
	const unit = "KMGT"
	x, i := float64(b), -1
	for x >= 1000 && i < len(unit)-1 {
		x, i = x/1024, i+1
	}
	if i < 0 {
		return fmt.Sprintf("%d"+nb+"B", b)
	}
	return fmt.Sprintf("%s"+nb+"%ciB", number(x), unit[i])
}

var currencySigns = map[string]string{"GBP": "£", "USD": "$", "EUR": "€", "JPY": "¥", "INR": "₹", "BRL": "R$"}

// money prints an amount in the study's currency; without one it is a number.
func money(x float64, currency string) string {
	n := 0
	if math.Abs(x) < 100 {
		n = 2
	}
	s := decimals(x, n)
	switch sign := currencySigns[strings.ToUpper(currency)]; {
	case s == "–" || currency == "":
		return s
	case sign == "":
		return s + nb + currency
	default:
		if rest, ok := strings.CutPrefix(s, "−"); ok {
			return "−" + sign + rest
		}
		return sign + s
	}
}

// quantity prints a feature's value in its own unit.
func quantity(x float64, c features.Column, currency string) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	switch c.Kind {
	case features.Binary, features.Share, features.Probability:
		return percent(x)
	case features.Angle:
		return decimals(x, 2)
	}
	switch c.Unit {
	case "money":
		return money(x, currency)
	case "", "count":
		return number(x)
	}
	return number(x) + nb + c.Unit
}

// plural prints "1 run", "3 runs", "2 days", "4 histories".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if strings.HasSuffix(one, "y") && !strings.HasSuffix(one, "ay") {
		return count(n) + " " + strings.TrimSuffix(one, "y") + "ies"
	}
	return count(n) + " " + one + "s"
}

// list joins words: a, b and c.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
