package figure

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestSilhouetteSortsAndCounts(t *testing.T) {
	in := plane(make([]float64, 14), []int32{0, 1, 0, 1, 0, -1, 0})
	nan := float32(math.NaN())
	in.Data.Silhouette = []float32{0.5, -0.25, 0.75, 0.75, -0.5, nan, 0.25}
	d, err := Draw("silhouette", in, Paper)
	if err != nil {
		t.Fatal(err)
	}
	// By hand: segment 1 has .75 .5 .25 −.5, segment 2 has .75 −.25; mean 1.5/6.
	want := [][]string{{"segment", "name", "n", "mean", "negative"}, {"1", "Segment\u00a01", "4", "0.25", "1"}, {"2", "Segment\u00a02", "2", "0.25", "1"}}
	if !slices.EqualFunc(d.Table, want, slices.Equal) {
		t.Errorf("table %q, want %q", d.Table, want)
	}
	var order []string
	for r := range d.Rows {
		order = append(order, r[0]+" "+r[2])
	}
	if got := strings.Join(order[1:], ", "); got != "1 0.75, 1 0.5, 1 0.25, 1 -0.5, 2 0.75, 2 -0.25" {
		t.Errorf("rows %s", got)
	}
	if !strings.Contains(d.Title, "The mean silhouette is 0.25") {
		t.Errorf("title %q", d.Title)
	}
	if !strings.Contains(d.Caption, "The unassigned are left out") || strings.Contains(d.Caption, "sample") {
		t.Errorf("caption %q", d.Caption)
	}
}

func TestSilhouetteNoiseStandsApart(t *testing.T) {
	in := plane(make([]float64, 8), []int32{0, 0, 1, -1})
	in.Data.Silhouette = []float32{.5, .5, 0, -.5}
	d, err := Draw("silhouette", in, Paper)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Table[3]; got[0] != "unassigned" || got[3] != "-0.5" {
		t.Errorf("last row %q, want the unassigned with mean −0.5", got)
	}
}

func TestSilhouetteOfASampleSaysSo(t *testing.T) {
	in := plane(make([]float64, 12), []int32{0, 0, 0, 1, 1, 1})
	nan := float32(math.NaN())
	in.Data.Silhouette = []float32{.5, nan, nan, .4, .3, nan}
	d, err := Draw("silhouette", in, Paper)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(d.Caption, "Silhouettes of 3\u00a0customers") || !strings.Contains(d.Caption, "sample") {
		t.Errorf("caption %q does not say that it is a sample of 3", d.Caption)
	}
}

func TestSilhouetteOfManyIsBinned(t *testing.T) {
	n := 200_000
	in := plane(make([]float64, 2*n), make([]int32, n))
	in.Data.Silhouette = make([]float32, n)
	for i := range n {
		in.Data.Labels[i] = int32(i % 3)
		in.Data.Silhouette[i] = float32(math.Sin(float64(i)))
	}
	d, err := Draw("silhouette", in, Slide)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(d, "svg", &b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 200_000 { // about 4 steps a point of height, 20 bytes each
		t.Errorf("%d bytes of SVG for %d silhouettes", b.Len(), n)
	}
}

func TestSilhouetteRefusesInWords(t *testing.T) {
	for want, labels := range map[string][]int32{"this run has one": {0, 0}, "unassigned": {-1, -1}, "no silhouettes": {0, 1}} {
		if _, err := Draw("silhouette", plane(make([]float64, 4), labels), Web); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", labels, err, want)
		}
	}
}
