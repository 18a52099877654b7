package load

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	no := math.NaN()
	for _, c := range []struct {
		s            string
		point, comma float64 // NaN: not a number under that sign
	}{
		{"0", 0, 0},
		{"12", 12, 12},
		{"-7", -7, -7},
		{"+7", 7, 7},
		{"007", 7, 7},
		{"1.5", 1.5, no},
		{"1,5", no, 1.5},
		{"1.234", 1.234, 1234},
		{"1,234", 1234, 1.234},
		{"0.123", 0.123, no}, // no group begins with 0
		{"1,234.50", 1234.5, no},
		{"1.234,50", no, 1234.5},
		{"1,234,567", 1234567, no},
		{"1.234.567,8", no, 1234567.8},
		{"12,34.5", no, no},
		{"1,23,456", no, no},
		{"1 234,5", no, 1234.5},
		{"1 234.5", 1234.5, no},
		{"1 234", 1234, 1234},
		{"12 34", no, no},
		{"1\u00a0234,5", no, 1234.5},
		{"1'234.5", 1234.5, no},
		{"1 234.567.8", no, no},
		{"$1,234.50", 1234.5, no},
		{"€ 12,50", no, 12.5},
		{"12,50 EUR", no, 12.5},
		{"-$3.20", -3.2, no},
		{"$-3.20", -3.2, no},
		{"(12.50)", -12.5, no},
		{"12.50-", -12.5, no},
		{"−3", -3, -3},
		{"1e3", 1000, 1000},
		{"-4.822490e+000", -4.82249, no},
		{"1.5E-3", .0015, no},
		{"5.", 5, no},
		{".5", .5, no},
		{",5", no, .5},
		{"", no, no},
		{"-", no, no},
		{".", no, no},
		{"e5", no, no},
		{"1e", no, no},
		{"1e400", no, no},
		{"inf", no, no},
		{"NaN", no, no},
		{"0x10", no, no},
		{"1_000", no, no},
		{"12%", no, no},
		{"12a", no, no},
		{"--1", no, no},
		{"1.2.3", no, no},
		{"2024-01-02", no, no},
		{"10:30", no, no},
		{strings.Repeat("9", 60), no, no},
	} {
		for sign, want := range map[byte]float64{'.': c.point, ',': c.comma} {
			x, ok := parseNumber(c.s, sign)
			if ok == math.IsNaN(want) || ok && x != want {
				t.Errorf("%q with decimal %q is %v %v, want %v", c.s, sign, x, ok, want)
			}
		}
	}
}

// A column decides as a whole.
func TestNumberFit(t *testing.T) {
	for _, c := range []struct {
		values string
		want   byte
	}{
		{"1 2 3", '.'},
		{"1.5 2", '.'},
		{"1,5 2", ','},
		{"1.234 2.5", '.'},
		{"1.234 12,5", ','},
		{"1,234 12.5", '.'},
		{"1,234 2,345", '?'},
		{"1.234 2.345", '.'},
		{"1,234 0,5", ','},
		{"a b 1", 0},
	} {
		var f numberFit
		for v := range strings.FieldsSeq(c.values) {
			f.add(v, 1)
		}
		if got := f.decimal(); got != c.want {
			t.Errorf("%s: %q, want %q", c.values, got, c.want)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", "1.234,5", "-4.8e+0", "$1,234.50", "(3)", "1 234", "\u00a0", "€", "1e400", "12.50-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, sign := range []byte{'.', ','} {
			x, ok := parseNumber(s, sign)
			if !ok {
				continue
			}
			if math.IsNaN(x) || math.IsInf(x, 0) {
				t.Fatalf("%q is %v", s, x)
			}
			if !strings.ContainsAny(s, "0123456789") {
				t.Fatalf("%q has no digit and is %v", s, x)
			}
			// What Go writes reads back, under either sign.
			w := strconv.FormatFloat(x, 'f', -1, 64)
			if len(w) > 40 {
				continue
			}
			if sign == ',' {
				w = strings.Replace(w, ".", ",", 1)
			}
			if y, ok := parseNumber(w, sign); !ok || y != x {
				t.Fatalf("%q is %v, written %q is %v %v", s, x, w, y, ok)
			}
		}
	})
}
