package figure

import (
	"strings"
	"testing"
)

func TestForecast(t *testing.T) {
	in := makeProbe(60, 3, 3)
	d, err := Draw("forecast", in, Paper)
	if err != nil {
		t.Fatal(err)
	}
	if want := "The segments foretell 1 of 4\u00a0behaviours better than RFM with as many groups"; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}
	if len(d.Table) != 6 || d.Table[1][0] != "Spend" || d.Table[1][2] != "0.162" || d.Table[3][8] != "alike" || d.Table[5][6] != "" {
		t.Errorf("table %v", d.Table)
	}
	for _, w := range []string{"everybody alike", "90 days", "kmeans k=4 probe"} {
		if !strings.Contains(d.Caption, w) {
			t.Errorf("the caption does not say %q: %s", w, d.Caption)
		}
	}
	in.State.Verdict = nil
	if _, err := Draw("forecast", in, Paper); err == nil {
		t.Error("drawn without a verdict")
	}
}
