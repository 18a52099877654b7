package figure

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// plane is an Input whose projection is given.
func plane(xy []float64, labels []int32) *Input {
	n := len(labels)
	return &Input{
		Set:  &study.Set{X: features.NewMatrix(n, []features.Column{{Name: "a"}, {Name: "b"}}, nil), XY: xy, Explained: [2]float64{.6, .3}},
		Data: &study.RunData{Labels: labels},
	}
}

func TestMapFindsCentresAndWhoStandsApart(t *testing.T) {
	// Three pairs: centres (0, 1), (4, 1), (0, 12); by hand.
	in := plane([]float64{-1, 1, 1, 1, 3, 1, 5, 1, 0, 11, 0, 13}, []int32{0, 0, 1, 1, 2, 2})
	d, err := Draw("map", in, Slide)
	if err != nil {
		t.Fatal(err)
	}
	if want := "On the map, Segment\u00a03 stands furthest apart; 1 and 2 lie closest"; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}
	if got := d.Table[3]; got[2] != "2" || got[3] != "0" || got[4] != "12" {
		t.Errorf("centre of segment 3: %q, want n 2 at 0, 12", got)
	}
	var b bytes.Buffer
	if err := WriteCSV(d, &b); err != nil {
		t.Fatal(err)
	}
	if want := "id,segment,component_1,component_2\n0,1,-1,1\n"; !strings.HasPrefix(b.String(), want) {
		t.Errorf("CSV begins %.60q, want %q", b.String(), want)
	}
}

func TestMapIsToScale(t *testing.T) {
	r := rect(0, 0, 300, 100)
	x0, x1, y0, y1 := toScale(r, 0, 1, 0, 8, 5)
	if ux, uy := (x1-x0)/300, (y1-y0)/100; math.Abs(ux-uy) > 1e-12 {
		t.Errorf("a unit is %g pt wide and %g high", 1/ux, 1/uy)
	}
	if y0 > 0 || y1 < 8 || x0 > 0 || x1 < 1 {
		t.Errorf("range %g..%g × %g..%g does not hold the data", x0, x1, y0, y1)
	}
}

func TestMapSaysWhoIsMissing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	n := 400
	xy, labels := make([]float64, 2*n), make([]int32, n)
	for i := range n {
		xy[2*i], xy[2*i+1] = r.NormFloat64(), r.NormFloat64()
		labels[i] = int32(i % 2)
	}
	xy[0], xy[3], xy[5] = 1e6, -1e6, math.NaN() // rows 0 and 1 far away, row 2 nowhere
	d, err := Draw("map", plane(xy, labels), Web)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2\u00a0customers beyond the frame", "1\u00a0customer without a position"} {
		if !strings.Contains(d.Caption, want) {
			t.Errorf("caption %q does not say %q", d.Caption, want)
		}
	}
	rows := 0
	for range d.Rows {
		rows++
	}
	if rows != 1+n-3 { // head and the points in view
		t.Errorf("%d rows in the table, want %d", rows, 1+n-3)
	}
}

func TestMapOfAMillionStaysSmall(t *testing.T) {
	n := 1_000_000
	r := rand.New(rand.NewPCG(2, 2))
	xy, labels := make([]float64, 2*n), make([]int32, n)
	for i := range n {
		k := i % 7
		labels[i] = int32(k) - 1
		xy[2*i] = 2*r.NormFloat64() + 3*float64(k)
		xy[2*i+1] = r.NormFloat64() - float64(k%3)
	}
	for _, p := range []Preset{Paper, Slide} {
		d, err := Draw("map", plane(xy, labels), p)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := Write(d, "svg", &b); err != nil {
			t.Fatal(err)
		}
		if b.Len() > 1<<20 { // the brief of the figure: a vector file ≤ 1 MB at n = 1M
			t.Errorf("%s: %d bytes of SVG", p.Name, b.Len())
		}
		if got := strings.Count(b.String(), "<image"); got != 1 {
			t.Errorf("%s: %d pictures, want one", p.Name, got)
		}
	}
}

func TestMapRefusesInWords(t *testing.T) {
	in := plane([]float64{0, 0}, []int32{0, 0})
	if _, err := Draw("map", in, Web); err == nil || !strings.Contains(err.Error(), "projection") {
		t.Errorf("a projection that is too short: %v", err)
	}
	nan := math.NaN()
	if _, err := Draw("map", plane([]float64{nan, nan}, []int32{0}), Web); err == nil {
		t.Error("no position at all: no error")
	}
	if _, err := Draw("map", nil, Web); err == nil {
		t.Error("no input: no error")
	}
}
