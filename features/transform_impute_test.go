package features

import "testing"

func TestImpute(t *testing.T) {
	m := peerMatrix()
	m.Row(9)[0], m.Row(8)[0] = nan(), nan()
	got, mp, _ := learned(t, &Impute{}, m)
	// 1 2.5 3 8 13 21.5 55 144 are left: the median is (8 + 13)/2.
	if got.Row(9)[0] != 10.5 || got.Row(0)[0] != 1 {
		t.Errorf("filled in %g, kept %g", got.Row(9)[0], got.Row(0)[0])
	}
	fresh := peerMatrix().Pick([]int{0})
	fresh.Row(0)[0] = nan()
	if got, err := mp.Apply(fresh); err != nil || got.Row(0)[0] != 10.5 {
		t.Errorf("a new customer gets %v (%v), want the learned median", got, err)
	}
	for i := range 10 {
		m.Row(i)[0] = nan()
	}
	if _, _, err := (&Impute{}).Learn(m); err == nil {
		t.Error("a column without values has a median")
	}
}
