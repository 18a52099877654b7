package golearn

import (
	"math"
	"testing"
)

// TestRoundest: the roundest numbers, found by looking.
func TestRoundest(t *testing.T) {
	no := math.NaN() // has none
	for _, c := range []struct {
		lo, hi float64
		whole  bool
		want   float64
	}{
		{58.3, 63.7, false, 60},
		{483, 517, false, 500},
		{9.9, 100, false, 50},
		{0.27, 0.34, false, 0.3},
		{-0.4, 0.2, false, 0},
		{8, 9, true, 8},
		{8, 9, false, 8},
		{61, 62, true, 61},
		{1.041, 1.049, false, no},
		{1.03, 1.049, false, 1.04},
		{-63.7, -58.3, false, -60},
		{1234, 1235, true, no},
		{3, math.Inf(1), false, no},
		{5, 5, false, no},
		{math.SmallestNonzeroFloat64, 1e-320, false, no},
		{-math.MaxFloat64, -1, false, -1e308},
	} {
		got, ok := roundest(c.lo, c.hi, c.whole, 3)
		if ok != (c.want == c.want) || ok && got != c.want {
			t.Errorf("in [%v, %v) %v %v, want %v", c.lo, c.hi, got, ok, c.want)
		}
	}
}

func TestRoundestDigits(t *testing.T) {
	for digits, want := range map[int]bool{1: false, 2: false, 3: true} {
		if got, ok := roundest(42.3, 42.9, false, digits); ok != want || ok && got != 42.5 {
			t.Errorf("%d digits between 42.3 and 42.9: %v %v", digits, got, ok)
		}
	}
}

func TestCuts(t *testing.T) {
	var own, other []float64
	for i := range 100 {
		own, other = append(own, 100+float64(i)/10), append(other, float64(i)/10)
	}
	got := cuts(own, other, false)
	inGap := 0
	for i, c := range got {
		if i > 0 && c <= got[i-1] {
			t.Errorf("cuts %v do not ascend", got)
		}
		if c >= 9.9 && c < 100 {
			inGap++
		}
		if c >= own[len(own)-1] {
			t.Errorf("no value lies above cut %v", c)
		}
	}
	if inGap == 0 {
		t.Errorf("cuts %v: none between 9.9 and 100, where the segment begins", got)
	}
	if len(got) > len(ownCuts)+len(otherCuts) {
		t.Errorf("%d cuts, want 15 at most", len(got))
	}
	same := []float64{3, 3, 3}
	if got := cuts(same, same, true); got != nil {
		t.Errorf("a constant column is cut at %v", got)
	}
}
