package figure

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"
)

func lengthOf(x float64) vg.Length { return vg.Length(x) }

func TestNumbers(t *testing.T) {
	for in, want := range map[float64]string{0: "0 %", 0.00001: "< 0.01 %", 0.0005: "0.05 %", 0.0994: "9.9 %", 0.0996: "10 %", 0.48: "48 %", 1: "100 %", -0.123: "−12 %"} {
		if got := percent(in); got != spaced(want) {
			t.Errorf("percent(%g) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[float64]string{0: "0", 0.4321: "0.43", 12.34: "12.3", 12345: "12,345", -0.5: "−0.50", 1e12: "1.0e+12", 0.00001: "1.0e−05"} {
		if got := compact(in); got != want {
			t.Errorf("compact(%g) = %q, want %q", in, got, want)
		}
	}
	if got := decimals(-0.001, 1); got != "0.0" {
		t.Errorf("−0.001 with one decimal is %q", got)
	}
	if got := count(1234567); got != "1,234,567" {
		t.Errorf("count: %q", got)
	}
	for in, want := range map[float64]string{97: "97", 12_345: "12 k", 8_911_408: "8.9 M", 2.5e9: "2.5 bn"} {
		if got := amount(in); got != spaced(want) {
			t.Errorf("amount(%g) = %q, want %q", in, got, want)
		}
	}
}

func spaced(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r == ' ' {
			out[i] = '\u00a0'
		}
	}
	return string(out)
}

func TestTicksAreFewWithinAndEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e9, 1e9).Draw(t, "lo")
		span := math.Pow(10, rapid.Float64Range(-6, 9).Draw(t, "log span"))
		most := rapid.IntRange(2, 8).Draw(t, "most")
		lo, hi := saneRange(lo, lo+span)
		ts := niceTicks(lo, hi, most)
		if len(ts) < 2 || len(ts) > max(2, most) {
			t.Fatalf("%d ticks in %g..%g", len(ts), lo, hi)
		}
		for i, k := range ts {
			if k.at < lo-1e-6*(hi-lo) || k.at > hi+1e-6*(hi-lo) || k.text == "" {
				t.Fatalf("tick %v beyond %g..%g", k, lo, hi)
			}
			if i > 1 && math.Abs((k.at-ts[i-1].at)-(ts[1].at-ts[0].at)) > 1e-6*(hi-lo)+1e-14*math.Abs(lo) {
				t.Fatalf("ticks %v are not even", ts)
			}
		}
	})
	var texts []string
	for _, k := range niceTicks(-0.2, 1, 7) {
		texts = append(texts, k.text)
	}
	if want := []string{"−0.2", "0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}; !slices.Equal(texts, want) {
		t.Errorf("ticks %q, want %q", texts, want)
	}
}

func TestSpreadKeepsOrderGapAndBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "n")
		want := make([]vg.Length, n)
		for i := range want {
			want[i] = vg.Length(rapid.Float64Range(-20, 120).Draw(t, "want"))
		}
		ys := spread(want, 5, 0, 100) // 20 fit, as 19 gaps are 95
		sorted := slices.Clone(ys)
		slices.Sort(sorted)
		if sorted[0] < -1e-9 || sorted[n-1] > 100+1e-9 {
			t.Fatalf("%v leaves 0..100", ys)
		}
		for i := 1; i < n; i++ {
			if sorted[i]-sorted[i-1] < 5-1e-9 {
				t.Fatalf("%v is closer than 5", ys)
			}
		}
		for i := range n {
			for j := range n {
				if want[i] < want[j] && ys[i] > ys[j] {
					t.Fatalf("%v swaps %v", ys, want)
				}
			}
		}
	})
	// What has room stays; two on one spot share the move: by hand.
	if got := spread([]vg.Length{50, 10, 10}, 4, 0, 100); got[0] != 50 || got[1] != 8 || got[2] != 12 {
		t.Errorf("spread %v, want 50 8 12", got)
	}
}

func TestPlaceKeepsLabelsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		anchors, sizes := make([]vg.Point, n), make([]vg.Point, n)
		for i := range n {
			anchors[i] = vg.Point{X: vg.Length(rapid.Float64Range(0, 300).Draw(t, "x")), Y: vg.Length(rapid.Float64Range(0, 200).Draw(t, "y"))}
			sizes[i] = vg.Point{X: vg.Length(rapid.Float64Range(10, 90).Draw(t, "w")), Y: 10}
		}
		at, ok := place(anchors, sizes, rect(0, 0, 300, 200), 1)
		box := func(i int) vg.Rectangle {
			return rect(at[i].X-sizes[i].X/2, at[i].Y-sizes[i].Y/2, at[i].X+sizes[i].X/2, at[i].Y+sizes[i].Y/2)
		}
		for i := range n {
			if !ok[i] {
				t.Fatalf("no place for label %d of %d", i, n)
			}
			b := box(i)
			if b.Min.X < -1e-9 || b.Min.Y < -1e-9 || b.Max.X > 300+1e-9 || b.Max.Y > 200+1e-9 {
				t.Fatalf("label %d leaves the frame", i)
			}
			for j := range i {
				if c := box(j); b.Min.X < c.Max.X && c.Min.X < b.Max.X && b.Min.Y < c.Max.Y && c.Min.Y < b.Max.Y {
					t.Fatalf("labels %d and %d overlap", i, j)
				}
			}
		}
	})
}

func TestRangesAreAlwaysUsable(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, r := range [][2]float64{{0, 0}, {5, 5}, {-3, -3}, {inf, -inf}, {nan, 1}, {1, nan}, {1e300, 1e300}, {2, 1}, {1, 1 + 1e-16}} {
		lo, hi := saneRange(r[0], r[1])
		if !(lo < hi) || math.IsInf(hi-lo, 0) {
			t.Errorf("%v becomes %g..%g", r, lo, hi)
		}
	}
}

func TestLongNamesTurnThePageNotTheText(t *testing.T) {
	p := Paper.grow(10_000)
	if p.Height != Paper.MaxHeight {
		t.Errorf("paper grows to %g mm, want %g", p.Height, Paper.MaxHeight)
	}
	if p := Slide.grow(10_000); p.Height != Slide.Height {
		t.Errorf("a slide grows to %g mm", p.Height)
	}
}
