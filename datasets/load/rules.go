package load

import (
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/digits"
)

// cancelled marks the codes of orders that cancel: orders are numbers, and those
// with one same letter before the number have negative quantities or amounts in
// at least 95 % of their rows (the C of Online Retail). nil if there are none.
func (m *maker) cancelled(nums map[string][]float64) []bool {
	i, ok := m.cols["order"]
	if !ok {
		return nil
	}
	c := m.f.cols[i]
	n, _ := c.uses()
	letter := make([]byte, len(n))
	var plain, all int64
	for k := 1; k < len(n); k++ {
		s := c.dict.word(int32(k))
		all += n[k]
		switch d := leadingDigits(s); {
		case d == len(s):
			plain += n[k]
		case d == 0 && len(s) > 1 && leadingDigits(s[1:]) == len(s)-1:
			letter[k] = s[0]
		}
	}
	if all == 0 || float64(plain) < 0.9*float64(all) {
		return nil
	}
	var rows, negative [256]int64
	for _, field := range []string{"quantity", "amount"} {
		j, ok := m.cols[field]
		if !ok {
			continue
		}
		for r, k := range c.codes {
			if l := letter[k]; l != 0 {
				rows[l]++
				if nums[field][m.f.cols[j].codes[r]] < 0 {
					negative[l]++
				}
			}
		}
		break
	}
	out := make([]bool, len(n))
	any := false
	for l := range rows {
		if rows[l] == 0 || float64(negative[l]) < 0.95*float64(rows[l]) {
			continue
		}
		any = true
		for k := range letter {
			if letter[k] == byte(l) {
				out[k] = true
			}
		}
		m.say("Orders that begin with %q cancel others (%s of their %s are negative): their rows are returns.", string(rune(l)), digits.Int(negative[l]), count(rows[l], "row"))
	}
	if !any {
		return nil
	}
	return out
}

// dropper is a drop rule, looked up per code.
type dropper struct {
	col    *column
	hit    []bool
	reason string
}

func (m *maker) rules(rules []datasets.DropRule) ([]dropper, error) {
	var out []dropper
	for _, d := range rules {
		i := m.find(d.Column)
		c := m.f.cols[i]
		r := dropper{col: c, hit: make([]bool, c.dict.len()), reason: d.Reason}
		if r.reason == "" {
			r.reason = strings.TrimSpace(d.Column + " " + d.Op + " " + d.Value)
		}
		for k := range r.hit {
			s := c.dict.word(int32(k))
			switch d.Op {
			case "=":
				r.hit[k] = s == d.Value
			case "prefix":
				r.hit[k] = strings.HasPrefix(s, d.Value)
			case "empty":
				r.hit[k] = isMissing(s)
			case "<=0":
				x, ok := parseNumber(s, cmpSign(m.prof[i].decimal))
				r.hit[k] = ok && x <= 0
			default:
				return nil, reject("D004", `use "=", "prefix", "<=0" or "empty"`, "drop rule on %q has the unknown operator %s", d.Column, show(d.Op))
			}
		}
		out = append(out, r)
	}
	return out, nil
}

func cmpSign(b byte) byte {
	if b == ',' {
		return ','
	}
	return '.'
}
