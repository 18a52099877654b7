package figure

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mores-lab/mores/internal/digits"
)

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// count writes an integer with thousands separators.
func count(n int) string { return grouped(strconv.Itoa(n)) }

// plural writes a count and its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1" + nbsp + one
	}
	return count(n) + nbsp + many
}

// percent writes a share: 48 %, 4.8 %, 0.05 %.
func percent(x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	p := 100 * x
	switch a := math.Abs(p); {
	case a == 0:
		return "0" + nbsp + "%"
	case a < 0.01:
		return "<" + nbsp + "0.01" + nbsp + "%"
	case a < 0.0995:
		return decimals(p, 2) + nbsp + "%"
	case a < 9.95:
		return decimals(p, 1) + nbsp + "%"
	}
	return decimals(p, 0) + nbsp + "%"
}

// decimals writes x with that many decimals, thousands separated, with a true
// minus sign, and never as −0.
func decimals(x float64, places int) string {
	s := strconv.FormatFloat(x, 'f', places, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return grouped(s)
}

// compact writes x with three significant digits or so: 12,300, 0.43, 1.2e−07.
func compact(x float64) string {
	a := math.Abs(x)
	switch {
	case a == 0:
		return "0"
	case a >= 1e9 || a < 1e-4:
		return strings.ReplaceAll(strconv.FormatFloat(x, 'e', 1, 64), "-", "−")
	case a >= 100:
		return decimals(x, 0)
	case a >= 10:
		return decimals(x, 1)
	case a >= 0.1:
		return decimals(x, 2)
	}
	return decimals(x, 4)
}

// exact writes x for a table: the shortest text that reads back as x.
func exact(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func grouped(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	if whole, _, dot := strings.Cut(s, "."); len(whole) == 4 && dot {
		return sign + s // 1234.5 reads well as it is
	}
	return sign + digits.Group(s)
}

// tick is a mark on an axis.
type tick struct {
	at   float64
	text string
}

// niceTicks returns the ticks within lo..hi at multiples of 1, 2 or 5 × 10ⁿ,
// at most `most` of them where that leaves two.
//
// The steps are those of Heckbert P (1990), Nice numbers for graph labels,
// Graphics Gems, doi:10.1016/B978-0-08-050753-8.50026-1.
func niceTicks(lo, hi float64, most int) []tick {
	if !(hi > lo) || math.IsInf(hi-lo, 0) {
		return nil
	}
	most = max(most, 2)
	exp := math.Floor(math.Log10((hi - lo) / float64(most)))
	for e := exp; ; e++ {
		for _, m := range []float64{1, 2, 5} {
			step := m * math.Pow(10, e)
			first, last := math.Ceil(lo/step-1e-9), math.Floor(hi/step+1e-9)
			n := int(last-first) + 1
			if n > most {
				continue
			}
			if n < 2 { // too coarse: the two ends of the range itself
				return []tick{{lo, compact(lo)}, {hi, compact(hi)}}
			}
			places := max(0, int(-e))
			ts := make([]tick, n)
			for i := range ts {
				v := (first + float64(i)) * step
				text := decimals(v, places)
				if biggest := max(math.Abs(lo), math.Abs(hi)); biggest >= 1e7 || biggest < 1e-4 {
					text = compact(v)
				}
				ts[i] = tick{v, text}
			}
			return ts
		}
	}
}

// upper writes the first letter large.
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
