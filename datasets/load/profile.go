package load

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ColumnProfile is what a column holds, over all rows.
type ColumnProfile struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"` // integer, number, date, text, empty
	Rows     int64    `json:"rows"`
	Missing  int64    `json:"missing"`
	Distinct int      `json:"distinct"`
	Min      string   `json:"min,omitempty"` // of numbers and dates
	Max      string   `json:"max,omitempty"`
	Examples []string `json:"examples"`
	Role     string   `json:"role,omitempty"` // the event field it became

	num      numberFit
	date     dateFit
	decimal  byte // the sign in use, '?' = undecided, 0 = not numeric
	zeros    bool // digits with leading zeros: an id, not a number
	big      bool // digits beyond 2⁵³: a float64 would change them
	negative int64
	longest  int
}

// profile looks at every distinct value of a column once.
func profile(c *column, fixed byte) *ColumnProfile {
	p := &ColumnProfile{Name: c.name, Rows: int64(len(c.codes))}
	n, _ := c.uses()
	p.Missing = n[0]
	integers, numbers := int64(0), int64(0)
	lo, hi := math.Inf(1), math.Inf(-1)
	for k := 1; k < len(n); k++ {
		s := c.dict.word(int32(k))
		if isMissing(s) {
			p.Missing += n[k]
			continue
		}
		p.Distinct++
		p.longest = max(p.longest, len(s))
		if len(p.Examples) < 3 {
			p.Examples = append(p.Examples, strings.Clone(cutText(s, 60)))
		}
		if d := leadingDigits(s); d == len(s) {
			p.zeros = p.zeros || d > 1 && s[0] == '0'
			p.big = p.big || d > 16 || d == 16 && s > "9007199254740992"
			integers += n[k]
		}
		p.num.add(s, n[k])
		p.date.add(s, n[k])
	}
	p.decimal = p.num.decimal()
	if fixed != 0 && p.decimal != 0 {
		p.decimal = fixed
	}
	switch {
	case p.num.rows == 0:
		p.Type = "empty"
	case p.isDate():
		p.Type = "date"
	case p.decimal == 0:
		p.Type = "text"
	case p.num.fraction > 0:
		p.Type = "number"
	default:
		p.Type = "integer"
	}
	if p.decimal != 0 && p.Type != "date" {
		sign := p.decimal
		if sign == '?' {
			sign = '.'
		}
		for k := 1; k < len(n); k++ {
			if x, ok := parseNumber(c.dict.word(int32(k)), sign); ok {
				lo, hi = min(lo, x), max(hi, x)
				numbers += n[k]
				if x < 0 {
					p.negative += n[k]
				}
			}
		}
		if numbers > 0 {
			p.Min, p.Max = strconv.FormatFloat(lo, 'g', -1, 64), strconv.FormatFloat(hi, 'g', -1, 64)
		}
	}
	return p
}

// isDate: at least 95 % of the values are dates, and not mere numbers that happen
// to look like a count of seconds; eight digits must all be days of the calendar.
func (p *ColumnProfile) isDate() bool {
	return p.date.share() >= 0.95 && p.date.epoch == 0 && (p.date.compact == 0 || p.date.share() == 1)
}

// isEpoch: every value could be a count since 1970.
func (p *ColumnProfile) isEpoch() bool { return p.date.rows > 0 && p.date.epoch == p.date.rows }

// numeric says that the column can be a quantity or money.
func (p *ColumnProfile) numeric() bool {
	return (p.Type == "integer" || p.Type == "number") && !p.big
}

// idLike says that the column can name customers: it repeats, and is no fraction.
func (p *ColumnProfile) idLike() bool {
	return p.Distinct > 1 && p.Type != "date" && p.Type != "number" && p.Type != "empty" && p.longest <= 200
}

func cutText(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// profiles looks at all columns and settles the file's decimal sign: a column
// that could be read either way follows the columns that cannot.
func (f *frame) profiles(opt Options) []*ColumnProfile {
	var fixed byte
	switch {
	case opt.Dialect.Decimal != "":
		fixed = opt.Dialect.Decimal[0]
	case f.dialect.Format == "parquet" || f.dialect.Format == "jsonl":
		fixed = '.'
	}
	out := make([]*ColumnProfile, len(f.cols))
	var point, comma string
	for i, c := range f.cols {
		out[i] = profile(c, fixed)
		if p := out[i]; p.Type == "number" && p.num.pointOnly != "" && p.decimal == '.' && strings.Contains(p.num.pointOnly, ".") {
			point = c.name
		}
		if p := out[i]; p.decimal == ',' && p.num.commaOnly != "" {
			comma = c.name
		}
	}
	switch {
	case fixed != 0:
		f.dialect.Decimal = string(fixed)
	case comma != "" && point == "":
		f.dialect.Decimal = ","
	case point != "" && comma == "":
		f.dialect.Decimal = "."
	}
	for _, p := range out {
		undecided := p.decimal == '?' || p.decimal == '.' && p.num.differ > 0 && p.num.point == p.num.comma
		if undecided && f.dialect.Decimal != "" && fixed == 0 && p.decimal != f.dialect.Decimal[0] {
			p.decimal = f.dialect.Decimal[0]
			f.said = append(f.said, fmt.Sprintf("%s in column %q follows the file's decimal sign %q.", show(p.num.either), p.Name, f.dialect.Decimal))
			p.Type = "number"
		}
	}
	return out
}
