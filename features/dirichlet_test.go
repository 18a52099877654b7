package features

import (
	"math"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// toothpaste is the AGB panel's first quarter of 1973, Goodhardt, Ehrenberg &
// Chatfield 1984, as the example of CRAN's NBDdirichlet 1.4 gives it.
func toothpaste() DirichletPanel {
	p := DirichletPanel{Penetration: 0.56, PerBuyer: 2.6}
	names := []string{"Colgate DC", "Macleans", "Close Up", "Signal", "ultrabrite", "Gibbs SR", "Boots", "Sainsbury"}
	share := []float64{0.25, 0.19, 0.1, 0.1, 0.09, 0.08, 0.03, 0.02}
	pen := []float64{0.2, 0.17, 0.09, 0.08, 0.08, 0.07, 0.03, 0.02}
	for j := range names {
		p.Brands = append(p.Brands, DirichletBrand{names[j], share[j], pen[j]})
	}
	return p
}

// TestDirichletToothpaste: M, K and S as the share-weighted mean of all brands' fits,
// the brands' own fits and theoretical penetrations: computed by another program from
// the package's inputs, tolerance .01.
func TestDirichletToothpaste(t *testing.T) {
	m, err := FitDirichlet(toothpaste())
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "M", m.M, 1.456, 1e-9)
	check.Close(t, "K", m.K, 0.78, 0.01)
	check.Close(t, "S", m.S, 1.55, 0.01)
	for j, want := range []float64{1.30, 2.21, 1.60, 0.84, 1.45, 1.29, 2.22, 2.14} {
		check.Close(t, "S of "+m.Brands[j].Name, m.BrandS[j], want, 0.01)
		check.Close(t, "its penetration", dirichletPenetration(m.pn, m.BrandS[j]*m.Brands[j].Share, m.BrandS[j]), m.Brands[j].Penetration, 1e-9)
	}
	for j, want := range []float64{0.205, 0.161, 0.089, 0.089, 0.081, 0.072, 0.028, 0.019} {
		if got := m.Penetration(j); math.Abs(got-want) > 0.01 {
			t.Errorf("penetration of %s %g, want %g", m.Brands[j].Name, got, want)
		}
	}
	check.Close(t, "nobody's share", m.Purchases(0), 0.44, 1e-9)
	check.Close(t, "φ", m.Polarisation(), 1/2.55, 0.005)
}

// TestDirichletPackage: what the user guide of NBDdirichlet prints for the same data
// (inst/doc of version 1.4, published): S = 1.3 after its rule for outliers, M 1.46, K
// .78, and the summary tables buy, freq and dup, rounded to two digits.
func TestDirichletPackage(t *testing.T) {
	p := toothpaste()
	p.DropOutliers = true
	m, err := FitDirichlet(p)
	if err != nil {
		t.Fatal(err)
	}
	rounded := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.00501 {
			t.Errorf("%s = %g, the guide prints %g", what, got, want)
		}
	}
	rounded("M", m.M, 1.46)
	rounded("K", m.K, 0.78)
	rounded("S", m.S, 1.3)
	buy := [][3]float64{
		{0.20, 1.82, 3.16},
		{0.16, 1.76, 3.22},
		{0.09, 1.68, 3.30},
		{0.09, 1.68, 3.30},
		{0.08, 1.67, 3.31},
		{0.07, 1.66, 3.32},
		{0.03, 1.62, 3.37},
		{0.02, 1.61, 3.38},
	}
	freq := [][7]float64{
		{0.80, 0.12, 0.04, 0.02, 0.01, 0, 0.01},
		{0.84, 0.10, 0.03, 0.01, 0.01, 0, 0.00},
		{0.91, 0.06, 0.02, 0.01, 0.00, 0, 0.00},
		{0.91, 0.06, 0.02, 0.01, 0.00, 0, 0.00},
		{0.92, 0.05, 0.02, 0.01, 0.00, 0, 0.00},
		{0.93, 0.05, 0.01, 0.01, 0.00, 0, 0.00},
		{0.97, 0.02, 0.01, 0.00, 0.00, 0, 0.00},
		{0.98, 0.01, 0.00, 0.00, 0.00, 0, 0.00},
	}
	dup := []float64{1, 0.19, 0.10, 0.10, 0.09, 0.08, 0.03, 0.02}
	for j, b := range m.Brands {
		rounded(b.Name+" penetration", m.Penetration(j), buy[j][0])
		rounded(b.Name+" purchases per buyer", m.PerBuyer(j), buy[j][1])
		rounded(b.Name+" category purchases per buyer", m.CategoryPerBuyer(j), buy[j][2])
		rest := 1.0
		for r := range 6 {
			f := m.Frequency(j, r)
			rest -= f
			rounded(b.Name+" frequency", f, freq[j][r])
		}
		rounded(b.Name+" 6 and more", rest, freq[j][6])
		rounded(b.Name+" bought by buyers of Colgate", m.Duplication(j, 0), dup[j])
	}
}

// TestDirichletSimulated: the theory's figures are those of consumers drawn from it.
func TestDirichletSimulated(t *testing.T) {
	p := toothpaste()
	m, err := FitDirichlet(p)
	if err != nil {
		t.Fatal(err)
	}
	// Identities: brands' purchases add up, frequencies to 1, SCR between share and 1.
	for j, b := range m.Brands {
		check.Close(t, "purchases", m.Penetration(j)*m.PerBuyer(j), m.M*b.Share, 1e-12)
		var sum, mean float64
		for r := range len(m.pn) {
			f := m.Frequency(j, r)
			sum += f
			mean += float64(r) * f
		}
		check.Close(t, "frequencies", sum, 1, 1e-9)
		check.Close(t, "their mean", mean, m.M*b.Share, 1e-8)
		check.Close(t, "none", m.Frequency(j, 0), 1-m.Penetration(j), 1e-9)
		if s := m.SCR(j); s <= b.Share || s >= 1 {
			t.Errorf("SCR of %s %g", b.Name, s)
		}
	}
	// A longer period reaches more buyers (M = 4·1.456), the market's mix stays.
	year := m.Over(4)
	for j := range m.Brands {
		if year.Penetration(j) <= m.Penetration(j) || year.SCR(j) >= m.SCR(j) {
			t.Errorf("%s: in a year penetration %g and SCR %g, in a quarter %g and %g", m.Brands[j].Name, year.Penetration(j), year.SCR(j), m.Penetration(j), m.SCR(j))
		}
	}
	// From the theory's own figures the fit returns its parameters.
	back := DirichletPanel{Penetration: p.Penetration, PerBuyer: p.PerBuyer}
	for j, b := range m.Brands {
		back.Brands = append(back.Brands, DirichletBrand{b.Name, b.Share, m.Penetration(j)})
	}
	again, err := FitDirichlet(back)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "S again", again.S, m.S, 1e-9)
	back.Variance = m.M + m.M*m.M/m.K // of a negative binomial
	if again, err = FitDirichlet(back); err != nil {
		t.Fatal(err)
	}
	check.Close(t, "K by the variance", again.K, m.K, 1e-9)
}

func TestDirichletRefuses(t *testing.T) {
	for words, change := range map[string]func(*DirichletPanel){
		"penetration = 0":            func(p *DirichletPanel) { p.Penetration = 0 },
		"everybody bought":           func(p *DirichletPanel) { p.Penetration = 1 },
		"per buyer = 0.5":            func(p *DirichletPanel) { p.PerBuyer = 0.5 },
		"no brands":                  func(p *DirichletPanel) { p.Brands = nil },
		`brand "Macleans": share = `: func(p *DirichletPanel) { p.Brands[1].Penetration = 0.9 },
	} {
		p := toothpaste()
		change(&p)
		if _, err := FitDirichlet(p); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
	p := toothpaste()
	p.Brands[3].Penetration = 0.02 // fewer buyers than loyal ones could be
	m, err := FitDirichlet(p)
	if err != nil || lacks(m.Notes, "brand Signal") {
		t.Errorf("notes %q, error %v", m.Notes, err)
	}
}
