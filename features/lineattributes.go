package features

import (
	"math"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// lineAttributes reads what one customer's lines are of: category, brand, own label
// and price, from the event or, where that is silent, from the table of items.
type lineAttributes struct {
	h                     datasets.History
	items                 *datasets.Table
	category, brand, flag *datasets.TableColumn
}

// The names under which tables of items carry the attributes, first found first taken.
var (
	lineCategoryNames = []string{"category", "product_category", "department"}
	lineBrandNames    = []string{"brand", "manufacturer", "maker"}
	lineFlagNames     = []string{"own_label", "private_label", "own_brand", "is_private_label"}
)

func lineAttributesOf(h datasets.History) lineAttributes {
	a := lineAttributes{h: h, items: h.Items()}
	if a.items != nil {
		a.category = lineColumn(a.items, lineCategoryNames)
		a.brand = lineColumn(a.items, lineBrandNames)
		a.flag = lineColumn(a.items, lineFlagNames)
	}
	return a
}

// lineColumn returns the first column of those names, or nil.
func lineColumn(t *datasets.Table, names []string) *datasets.TableColumn {
	for _, n := range names {
		for i := range t.Cols {
			if strings.EqualFold(t.Cols[i].Name, n) {
				return &t.Cols[i]
			}
		}
	}
	return nil
}

// fromItems returns the text of c for event i's item, "" where it is silent.
func (a *lineAttributes) fromItems(c *datasets.TableColumn, i int) string {
	if c == nil || c.Text == nil {
		return ""
	}
	item := a.h.Item(i)
	if item == "" {
		return ""
	}
	if row, ok := a.items.Find(item); ok {
		return c.Text[row]
	}
	return ""
}

// categoryOf returns event i's category, "" = unknown.
func (a *lineAttributes) categoryOf(i int) string {
	if s := a.h.Category(i); s != "" {
		return s
	}
	return a.fromItems(a.category, i)
}

// brandOf returns event i's brand, "" = unknown.
func (a *lineAttributes) brandOf(i int) string {
	if s := a.h.Brand(i); s != "" {
		return s
	}
	return a.fromItems(a.brand, i)
}

// The two sides of the own-label family.
const (
	ownLabel   = "own label"
	namedBrand = "named brand"
)

// labelOf returns ownLabel or namedBrand for event i, of that brand: by the items'
// flag, else by a brand that says so; "" = unknown.
func (a *lineAttributes) labelOf(i int, brand string) string {
	if a.flag != nil {
		if row, ok := a.items.Find(a.h.Item(i)); ok {
			return labelByFlag(a.flag, row)
		}
	}
	return labelByBrand(brand)
}

func labelByFlag(c *datasets.TableColumn, row int) string {
	if c.Num != nil {
		switch x := c.Num[row]; {
		case math.IsNaN(x):
			return ""
		case x != 0:
			return ownLabel
		}
		return namedBrand
	}
	switch strings.ToLower(c.Text[row]) {
	case "":
		return ""
	case "0", "no", "n", "false", "national", "nein", "nej", "nee":
		return namedBrand
	}
	return ownLabel
}

// labelByBrand knows own labels by a brand that says so and by nothing else.
func labelByBrand(brand string) string {
	// Brands are long words or short ones; only these lengths need a look.
	switch n := len(brand); {
	case n == 0:
		return ""
	case n < 7 || n > 13:
		return namedBrand
	}
	switch strings.ToLower(brand) {
	case "private", "private label", "own label", "own brand", "store brand", "house brand", "eigenmarke", "handelsmarke", "huismerk", "egne varer":
		return ownLabel
	}
	return namedBrand
}

// priceOf returns the price of a unit of event i, from amount and quantity where the
// event has none; NaN = unknown.
func (a *lineAttributes) priceOf(i int) float64 {
	if p := a.h.Price(i); p > 0 {
		return p
	}
	if p := a.h.Amount(i) / a.h.Quantity(i); p > 0 && !math.IsInf(p, 0) {
		return p
	}
	return math.NaN()
}

// priceBin is a price's place on a scale of 256 steps to every doubling, 0.3 % each:
// a histogram of it is exact to merge and small. It grows with the price.
func priceBin(p float64) uint32 { return uint32(math.Float64bits(p) >> 44) }

// priceTerciles cuts prices, ascending bins with so many lines each, into low (below
// the first cut), mid and high (from the second on). A price belongs to the tercile in
// which the middle of its lines lies: equal prices are never split.
func priceTerciles(bins []uint32, lines []int64) [2]uint32 {
	cut := [2]uint32{math.MaxUint32, math.MaxUint32}
	var all, below int64
	for _, n := range lines {
		all += n
	}
	for i, n := range lines {
		if mid := 3 * (2*below + n); mid > 4*all { // mid/(6·all) is the place of its middle
			cut[1] = min(cut[1], bins[i])
		} else if mid >= 2*all {
			cut[0] = min(cut[0], bins[i])
		}
		below += n
	}
	cut[0] = min(cut[0], cut[1])
	return cut
}

// priceTier returns 0 low, 1 mid, 2 high.
func priceTier(cut [2]uint32, bin uint32) int {
	switch {
	case bin >= cut[1]:
		return 2
	case bin >= cut[0]:
		return 1
	}
	return 0
}

// snake turns any text into a part of a column's name: lower case, ASCII letters and
// digits, one underscore between. "x" where nothing is left.
func snake(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		t, ok := snakeLetters[r]
		switch {
		case ok:
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			t = string(r)
		default:
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		b.WriteString(t)
	}
	if b.Len() == 0 {
		return "x"
	}
	return b.String()
}

var snakeLetters = map[rune]string{
	'ä': "ae", 'ö': "oe", 'ü': "ue", 'ß': "ss", 'æ': "ae", 'ø': "oe", 'å': "aa", 'é': "e", 'è': "e", 'ê': "e", 'ë': "e",
	'á': "a", 'à': "a", 'â': "a", 'ã': "a", 'ç': "c", 'í': "i", 'ï': "i", 'î': "i", 'ñ': "n", 'ó': "o", 'ô': "o", 'õ': "o",
	'ú': "u", 'û': "u", '&': "and", '+': "plus",
}
