package load

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// sideKeys names the event field by which a side table is looked up.
var sideKeys = map[string]string{"customers": "customer", "items": "item", "offers": "item", "campaigns": "campaign", "surveys": "customer"}

// derive makes the column that a field asks for of others: see datasets.Mapping.
func (p *plan) derive(field, want string) error {
	role, name, dotted := strings.Cut(want, ".")
	key, isRole := sideKeys[role]
	switch {
	case want == "#row":
		p.made(field, want, p.numbered(nil))
	case want == "#count":
		c, ok := p.cols["customer"]
		if !ok {
			return reject("D004", setFlag("columns.customer", "COLUMN"), "%s counts a customer's rows, and no column names the customer", want)
		}
		p.made(field, want, p.numbered(p.f.cols[c]))
	case dotted && isRole:
		c, err := p.lookup(role, key, name)
		if err != nil || c == nil {
			return err
		}
		p.made(field, want, c)
	case strings.Contains(want, "+"):
		c, err := p.combine(field, want)
		if err != nil {
			return err
		}
		p.made(field, want, c)
	default:
		return p.missing("columns."+field, want)
	}
	return nil
}

// made appends a column and gives it its field.
func (p *plan) made(field, name string, c *column) {
	c.name = name
	prof := profile(c, '.')
	p.f.cols, p.f.names, p.prof = append(p.f.cols, c), append(p.f.names, name), append(p.prof, prof)
	p.set(field, len(p.f.cols)-1)
}

// numbered counts the rows, or the rows of every code of c, from 1; leading zeros
// keep the numbers in order.
func (p *plan) numbered(c *column) *column {
	out := &column{dict: newDict(), codes: make([]int32, p.f.rows)}
	if c == nil {
		width := len(strconv.Itoa(p.f.rows))
		for r := range out.codes {
			out.codes[r] = out.dict.code(fmt.Sprintf("%0*d", width, r+1))
		}
		return out
	}
	n, _ := c.uses()
	width := len(strconv.FormatInt(slices.Max(n), 10))
	seen := make([]int, len(n))
	for r, k := range c.codes {
		seen[k]++
		out.codes[r] = out.dict.code(fmt.Sprintf("%s/%0*d", c.dict.word(k), width, seen[k]))
	}
	return out
}

// lookup finds every row's key in a side table. nil = the table is not there.
func (p *plan) lookup(role, key, name string) (*column, error) {
	t := p.tables[role]
	if t == nil {
		p.say("Column %q is left out: the table of %s is not there.", role+"."+name, role)
		return nil, nil
	}
	i, ok := p.cols[key]
	col := t.Col(name)
	switch {
	case !ok:
		return nil, reject("D004", setFlag("columns."+key, "COLUMN"), "%s.%s is looked up by the %s, and no column names it", role, name, key)
	case col == nil:
		var have []string
		for _, c := range t.Cols {
			have = append(have, c.Name)
		}
		return nil, reject("D004", "name one of them", "the table of %s has no column %s", role, show(name)).with("columns there: %s", strings.Join(have, ", "))
	}
	from := p.f.cols[i]
	out := &column{dict: newDict(), codes: make([]int32, len(from.codes))}
	to := make([]int32, from.dict.len())
	for k := range to {
		row, ok := t.Find(from.dict.word(int32(k)))
		switch {
		case !ok:
		case col.Text != nil:
			to[k] = out.dict.code(col.Text[row])
		case !math.IsNaN(col.Num[row]):
			to[k] = out.dict.code(strconv.FormatFloat(col.Num[row], 'f', -1, 64))
		}
	}
	for r, k := range from.codes {
		out.codes[r] = to[k]
	}
	return out, nil
}

// combine adds the numbers of several columns, or joins their texts by "/".
func (p *plan) combine(field, want string) (*column, error) {
	sum := slices.ContainsFunc(numberFields, func(f fieldOf) bool { return f.name == field })
	var out *column
	sign := byte('.')
	for _, name := range strings.Split(want, "+") {
		i := p.find(strings.TrimSpace(name))
		if i < 0 {
			return nil, p.missing("columns."+field, name)
		}
		p.prof[i].Role = "part of " + field
		next := p.f.cols[i]
		if out == nil {
			out, sign = next, cmpSign(p.prof[i].decimal)
			continue
		}
		out = pairs(out, next, func(a, b string) string {
			switch {
			case !sum && (isMissingText(a) || isMissingText(b)):
				return ""
			case !sum:
				return a + "/" + b
			case isMissing(a):
				return b
			case isMissing(b):
				return a
			}
			x, ok1 := parseNumber(a, sign)
			y, ok2 := parseNumber(b, cmpSign(p.prof[i].decimal))
			if !ok1 || !ok2 {
				return a + "+" + b // the cast names it
			}
			// As many decimals as the longer of the two: cents stay cents.
			return strconv.FormatFloat(x+y, 'f', max(decimals(a), decimals(b)), 64)
		})
		sign = '.'
	}
	return out, nil
}

// decimals counts the digits behind the last point or comma.
func decimals(s string) int {
	i := strings.LastIndexAny(s, ".,")
	if i < 0 {
		return 0
	}
	return leadingDigits(s[i+1:])
}

// pairs makes a column of two, once per pair of values.
func pairs(a, b *column, f func(x, y string) string) *column {
	out := &column{dict: newDict(), codes: make([]int32, len(a.codes))}
	known := map[[2]int32]int32{}
	for r := range out.codes {
		k := [2]int32{a.codes[r], b.codes[r]}
		c, ok := known[k]
		if !ok {
			c = out.dict.code(f(a.dict.word(k[0]), b.dict.word(k[1])))
			known[k] = c
		}
		out.codes[r] = c
	}
	return out
}
