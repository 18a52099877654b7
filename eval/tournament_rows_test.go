package eval

import (
	"slices"
	"strings"
	"testing"
)

func TestTournamentRows(t *testing.T) {
	s := newPlantedShop(800, 4, 0.6, 3)
	g := s.tournament()
	c := holdOne(t, g, 5)[0]
	rows := c.Rows(0)
	if len(rows) != len(c.Standings) || len(rows[0]) != len(c.Header()) || c.Header()[6] != "95 %" {
		t.Fatalf("%d rows, header %q", len(rows), c.Header())
	}
	i := slices.IndexFunc(rows, func(r []string) bool { return r[1] == "knows" })
	if r := rows[i]; r[0] != "~" || r[3] != "4" || !strings.Contains(r[7], " of 2") || !strings.Contains(r[8], "plain +0.") {
		t.Errorf("%q", r)
	}
	if few := c.Rows(1); len(few) >= len(rows) {
		t.Errorf("%d of %d rows", len(few), len(rows))
	}
	text := strings.Join(c.Sentences(), "\n")
	for _, want := range []string{"foretold on 2024-01-01 until 2024-04-01, of 800 customers; R² of log1p spend", "chosen on one half", "better than plain with as many groups", "better than all features", "1 of 2 segmentations"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	c.Reason = "too few"
	if got := c.Sentences(); len(got) != 1 || !strings.HasSuffix(got[0], ": too few.") {
		t.Errorf("%q", got)
	}
	x := func(v float64) *float64 { return &v }
	for want, v := range map[VersusReading]Versus{VersusBetter: {Lo: x(0.1), Hi: x(0.2)}, VersusWorse: {Lo: x(-0.2), Hi: x(-0.1)}, VersusNoTell: {Lo: x(-0.1), Hi: x(0.1)}, "": {Reason: "none"}} {
		if got := v.Reading(); got != want {
			t.Errorf("%+v: %q, want %q", v, got, want)
		}
	}
}
