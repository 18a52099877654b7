package figure

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestSnakeBandIsTheIntervalOfTheMean(t *testing.T) {
	d, err := Draw("snake", profiled(), Slide)
	if err != nil {
		t.Fatal(err)
	}
	// By hand: segment 1 has 1 1 3 3: mean 2, sd √(4/3), n 4; all: mean 4, sd √(40/7).
	// 1.959963984540054 is the 97.5 % point of the standard normal distribution.
	sd := math.Sqrt(40.0 / 7)
	half := 1.959963984540054 * math.Sqrt(4.0/3) / 2 / sd
	for col, want := range map[int]float64{3: -2 / sd, 4: -2/sd - half, 5: -2/sd + half} {
		if got, err := strconv.ParseFloat(d.Table[1][col], 64); err != nil || math.Abs(got-want) > 1e-12 {
			t.Errorf("%s of %q: %v, want %v", d.Table[0][col], d.Table[1], got, want)
		}
	}
	if !strings.Contains(d.Title, "separates the segments most: z from") {
		t.Errorf("title %q", d.Title)
	}
	if !strings.Contains(d.Caption, "95\u00a0% intervals") || !strings.Contains(d.Caption, "No value: flat") {
		t.Errorf("caption %q", d.Caption)
	}
}

func TestSnakeWithoutAnyProfile(t *testing.T) {
	in := profiled()
	for i := range in.Data.Labels {
		copy(in.Set.Raw.Row(i), []float64{4, 4, 4})
	}
	if _, err := Draw("snake", in, Web); err == nil || !strings.Contains(err.Error(), "no feature has a defined profile") {
		t.Errorf("only constants: %v", err)
	}
}

func TestSnakeGreysTheSmallOnes(t *testing.T) {
	d, err := Draw("snake", makeProbe(300, 6, 30), Web)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(d.Caption, "Thin grey: 22\u00a0smaller segments") {
		t.Errorf("caption %q", d.Caption)
	}
}
