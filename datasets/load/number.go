package load

import (
	"math"
	"strconv"
	"strings"
)

// isMissing says that a cell of a number, date or id column is empty in one of
// the ways that programs write it.
func isMissing(s string) bool {
	switch s {
	case "", "NA", "N/A", "n/a", "#N/A", "NULL", "null", "Null", `\N`, "None", "none", "nan", "NaN", "NAN", "NaT", "nil", "-", "<NA>":
		return true
	}
	return false
}

// isMissingText is stricter: "None" and "-" may be a brand.
func isMissingText(s string) bool {
	switch s {
	case "", "NULL", "null", `\N`, "#N/A", "nan", "NaN", "<NA>":
		return true
	}
	return false
}

// nonFinite says that s spells an infinity.
func nonFinite(s string) bool {
	switch strings.ToLower(strings.TrimLeft(s, "+-")) {
	case "inf", "infinity", "∞", "#div/0!":
		return true
	}
	return false
}

// parseNumber reads a number with that decimal sign. Thousands may be grouped
// by the other sign, a blank or an apostrophe, in threes; a currency sign or code
// may stand before or behind; (12.50) and 12.50- are negative. ok is false for
// anything else, infinities and NaN included.
func parseNumber(s string, decimal byte) (x float64, ok bool) {
	if decimal == '.' {
		if x, ok := parsePlain(s); ok {
			return x, true
		}
	}
	core, neg := stripMoney(s)
	if core == "" {
		return 0, false
	}
	var buf [64]byte
	out := buf[:0]
	run, groups := 0, 0 // digits since the last separator
	var sep rune        // the thousands sign in use
	point, exp := false, false
	for i, r := range core {
		switch {
		case r >= '0' && r <= '9':
			out = append(out, byte(r))
			run++
		case r == rune(decimal) && !point && !exp:
			if groups > 0 && run != 3 {
				return 0, false
			}
			point = true
			out = append(out, '.')
			run = 0
		case (r == 'e' || r == 'E') && !exp && groups == 0 && i > 0:
			exp = true
			out = append(out, 'e')
			run = 0
		case (r == '+' || r == '-') && exp && (core[i-1] == 'e' || core[i-1] == 'E'):
			out = append(out, byte(r))
		case !point && !exp && isGroup(r, decimal) && (sep == 0 || sep == r):
			if groups == 0 && (run == 0 || run > 3) || groups > 0 && run != 3 {
				return 0, false
			}
			sep = r
			groups++
			run = 0
		default:
			return 0, false
		}
		if len(out) > 48 {
			return 0, false
		}
	}
	if groups > 0 && !point && run != 3 || exp && run == 0 || len(out) == 0 || groups > 0 && out[0] == '0' {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(out), 64)
	if err != nil || math.IsInf(x, 0) {
		return 0, false
	}
	if neg {
		x = -x
	}
	return x, true
}

// parsePlain reads the ordinary form: sign, digits, a point, an exponent.
func parsePlain(s string) (float64, bool) {
	if len(s) == 0 || len(s) > 48 {
		return 0, false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil
}

func isGroup(r rune, decimal byte) bool {
	switch r {
	case ' ', '\'', '’', '\u00a0', '\u202f':
		return true
	case ',':
		return decimal == '.'
	case '.':
		return decimal == ','
	}
	return false
}

var currencies = []string{"$", "€", "£", "¥", "₹", "₽", "zł", "kr", "US$", "R$", "EUR", "USD", "GBP", "CHF", "JPY", "PLN", "SEK", "NOK", "DKK", "CAD", "AUD", "INR", "BRL", "CZK"}

// stripMoney takes sign, brackets and currency off.
func stripMoney(s string) (core string, neg bool) {
	core = strings.TrimSpace(s)
	signed := false
	sign := func() {
		switch {
		case signed || core == "":
		case core[0] == '-':
			core, neg, signed = strings.TrimSpace(core[1:]), true, true
		case strings.HasPrefix(core, "−"):
			core, neg, signed = strings.TrimSpace(core[len("−"):]), true, true
		case core[0] == '+':
			core, signed = strings.TrimSpace(core[1:]), true
		}
	}
	sign()
	if n := len(core); !signed && n > 2 && core[0] == '(' && core[n-1] == ')' {
		core, neg, signed = strings.TrimSpace(core[1:n-1]), true, true
	}
	for _, c := range currencies {
		if t, ok := strings.CutPrefix(core, c); ok {
			core = strings.TrimSpace(t)
			sign()
			break
		}
		if t, ok := strings.CutSuffix(core, c); ok {
			core = strings.TrimSpace(t)
			break
		}
	}
	if n := len(core); !signed && n > 1 && core[n-1] == '-' {
		core, neg = core[:n-1], true
	}
	return core, neg
}

// looksNumber says that s is a number under one of the two decimal signs.
func looksNumber(s string) bool {
	if s == "" || s[0] >= 'A' && s[0] <= 'Z' && len(s) > 24 {
		return false
	}
	if _, ok := parseNumber(s, '.'); ok {
		return true
	}
	_, ok := parseNumber(s, ',')
	return ok
}

// looksValue says that s is a number or a date, not a word.
func looksValue(s string) bool {
	return looksNumber(s) || nonFinite(s) || looksDate(s)
}

// numberFit counts how the values of a column read under either decimal sign.
type numberFit struct {
	rows, point, comma int64 // rows with a value; rows that fit the point, the comma
	differ             int64 // rows that fit both and mean different numbers
	fraction           int64 // rows with a part behind the decimal sign, under the sign that fits more
	pointOnly          string
	commaOnly          string
	either             string // a value that means different numbers
}

func (f *numberFit) add(s string, n int64) {
	f.rows += n
	p, okP := parseNumber(s, '.')
	c, okC := p, okP
	if !okP || strings.ContainsAny(s, ".,") {
		c, okC = parseNumber(s, ',')
	}
	if okP {
		f.point += n
	}
	if okC {
		f.comma += n
	}
	switch {
	case okP && okC && p != c:
		f.differ += n
		if f.either == "" {
			f.either = s
		}
	case okP && !okC:
		f.pointOnly = s
	case okC && !okP:
		f.commaOnly = s
	}
	if okP && p != math.Trunc(p) || okC && !okP && c != math.Trunc(c) {
		f.fraction += n
	}
}

// decimal decides the column's decimal sign: 0 = the column is not numeric at
// all, '?' = both signs fit and mean different numbers.
func (f *numberFit) decimal() byte {
	switch best := max(f.point, f.comma); {
	case best == 0 || float64(best) < 0.9*float64(f.rows):
		return 0
	case f.differ == 0:
		if f.comma > f.point {
			return ','
		}
		return '.'
	case f.point > f.comma:
		return '.'
	case f.comma > f.point:
		return ','
	default:
		// 1.234 with nothing to the contrary is a decimal point: programs write it
		// so, and grouping with dots comes with decimal commas. 1,234 is not decided.
		if strings.Contains(f.either, ",") {
			return '?'
		}
		return '.'
	}
}
