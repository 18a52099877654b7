// Package digits writes numbers for people.
package digits

import (
	"strconv"
	"strings"
)

// Group puts commas between the thousands of a plain decimal: "-23570.25" becomes
// "-23,570.25".
func Group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, frac := s, ""
	if i := strings.IndexByte(s, '.'); i >= 0 {
		whole, frac = s[:i], s[i:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + frac
}

// Int writes n with commas.
func Int[T int | int64](n T) string { return Group(strconv.FormatInt(int64(n), 10)) }
