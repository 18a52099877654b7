package features

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"gonum.org/v1/gonum/mathext"

	"github.com/mores-lab/mores/internal/check"
)

func TestDiscreteHazard(t *testing.T) {
	// Ages 0 0 1 2 2 3; the second 0 and one 2 are censored, before their period ended.
	h, err := DiscreteHazard([]int{0, 0, 1, 2, 2, 3}, []bool{true, false, true, true, false, true})
	if err != nil {
		t.Fatal(err)
	}
	for a, want := range []HazardRate{{AtRisk: 5, Events: 1, Hazard: 0.2}, {AtRisk: 4, Events: 1, Hazard: 0.25}, {AtRisk: 2, Events: 1, Hazard: 0.5}, {AtRisk: 1, Events: 1, Hazard: 1}} {
		if h[a].AtRisk != want.AtRisk || h[a].Events != want.Events || h[a].Age != a || math.Abs(h[a].Hazard-want.Hazard) > 1e-15 {
			t.Errorf("age %d: %+v, want %+v", a, h[a], want)
		}
		if !(h[a].Lo95 <= h[a].Hazard && h[a].Hazard <= h[a].Hi95) {
			t.Errorf("age %d: interval %g to %g", a, h[a].Lo95, h[a].Hi95)
		}
	}
	// Wilson's interval of 1 in 5: statsmodels' proportion_confint(1, 5, method="wilson").
	check.Close(t, "lo", h[0].Lo95, 0.036224, 1e-5)
	check.Close(t, "hi", h[0].Hi95, 0.624465, 1e-5)
	if _, err := DiscreteHazard([]int{-1}, []bool{true}); err == nil {
		t.Error("a negative age")
	}
}

// TestHazardIsKaplanMeier: in days, Π(1 − h) over the days is the Kaplan–Meier curve
// when the censored are at risk on their day, so one day later here.
func TestHazardIsKaplanMeier(t *testing.T) {
	days, event, err := TimesToNextPurchase(t.Context(), logOf(fullMeta(time.Time{}), btyd(3, 200)))
	if err != nil {
		t.Fatal(err)
	}
	k, err := KaplanMeier(days, event)
	if err != nil {
		t.Fatal(err)
	}
	ages := make([]int, len(days))
	for i, d := range days {
		ages[i] = int(d)
		if !event[i] {
			ages[i]++
		}
	}
	h, err := DiscreteHazard(ages, event)
	if err != nil {
		t.Fatal(err)
	}
	s := 1.0
	for _, r := range h {
		if r.AtRisk == 0 {
			break
		}
		s *= 1 - r.Hazard
		if r.Events > 0 {
			check.Close(t, "S", k.At(float64(r.Age)), s, 1e-12)
		}
	}
}

// TestChurnCurve: the population's chances are read from its Kaplan–Meier curve.
func TestChurnCurve(t *testing.T) {
	log := logOf(fullMeta(time.Time{}), btyd(3, 400))
	days, event, err := TimesToNextPurchase(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	k, err := KaplanMeier(days, event)
	if err != nil {
		t.Fatal(err)
	}
	m := built(t, log, one(t, "churn", &Churn{Columns: []string{"return_hazard"}, Horizon: 28, Shrink: 4}), 2, 1).Pipeline.models[0].(*churnModel)
	end := float64(churnStep * (len(m.Hazard) - 1))
	if end < 100 {
		t.Fatalf("the curve ends at %g days", end)
	}
	for i := range len(m.Hazard) - 5 {
		a := float64(churnStep * i)
		check.Close(t, "hazard", m.Hazard[i], 1-k.At(a+28)/k.At(a), 1e-12)
		if e := 1 - k.At(end)/k.At(a); m.Ends[i] < e-1e-12 || m.Ends[i] < m.Hazard[i] {
			t.Errorf("after %g days %g end, %g within 28 days", a, m.Ends[i], m.Hazard[i])
		}
	}
}

// TestChurnByHand: without shrinkage the tail is the gamma's of the customer's own gaps.
func TestChurnByHand(t *testing.T) {
	log := gapLog(map[string][]int{"a": {0, 10, 30, 40}, "b": {5, 15}, "c": {7}}, 60)
	b := built(t, log, one(t, "churn", &Churn{Columns: columnNames(churnColumns), Horizon: 28}), 1, 1)
	check.Close(t, "mean gap", cell(t, b, "a", "gap_expected"), 40.0/3, 1e-12)
	k := ShapeShrunk(3, LogSpread([]float64{10, 20, 10}), b.Pipeline.models[0].(*churnModel).K, 0)
	check.Close(t, "tail", cell(t, b, "a", "silence_tail"), mathext.GammaIncRegComp(k, k*20/(40.0/3)), 1e-12)
	check.Close(t, "one purchase: the population's gap", cell(t, b, "c", "gap_expected"),
		math.Exp((math.Log(40.0/3)+math.Log(10))/2), 1e-12)
	for _, col := range columnNames(churnColumns)[:3] {
		for _, id := range []string{"a", "b", "c"} {
			if x := cell(t, b, id, col); !(x >= 0 && x <= 1) {
				t.Errorf("%s of %s = %g", col, id, x)
			}
		}
	}
	for i, want := range map[string]int{"a": 3, "c": 0} {
		h, _ := log.Find(i)
		if got := b.Pipeline.models[0].(Witness).Evidence(h); got != want {
			t.Errorf("evidence of %s: %d", i, got)
		}
	}
}

// TestChurnRecovers: gamma gaps of shape 3 whose mean differs between customers give
// back the shape; the tail at a random moment is uniform-like for those who stay and
// near 0 for those who left.
func TestChurnRecovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	days := map[string][]int{}
	for c := range 800 {
		mean := 20 * math.Exp(0.4*rng.NormFloat64())
		at := 30 * rng.Float64()
		end := 400.0
		id := "stays" + strconv.Itoa(c)
		if c%4 == 0 {
			id, end = "left"+strconv.Itoa(c), 200
		}
		for ; at < end; at += max(gamma(rng, 3)/3*mean, 1) {
			days[id] = append(days[id], int(at))
		}
	}
	log := gapLog(days, 400)
	b := built(t, log, one(t, "churn", &Churn{Columns: columnNames(churnColumns), Horizon: 28, Shrink: 4}), 2, 1)
	if k := b.Pipeline.models[0].(*churnModel).K; !(k > 2.6 && k < 3.4) {
		t.Errorf("shape %g of gaps with shape 3", k)
	}
	var left, stays, nl, ns, back, wait float64
	for i, id := range b.Raw.IDs {
		tail, chance := b.Raw.Row(i)[0], b.Raw.Row(i)[1]
		if id[0] == 'l' {
			left += tail
			nl++
			back += chance
		} else {
			stays += tail
			ns++
			wait += chance
		}
	}
	if !(left/nl < 0.01 && stays/ns > 0.4 && wait/ns > back/nl+0.2) {
		t.Errorf("mean tail %g of those who left, %g of those who stay; chance of return %g and %g", left/nl, stays/ns, back/nl, wait/ns)
	}
}

// TestChurnScale: time in other units does nothing to the tail: gaps and silence
// doubled give the same.
func TestChurnScale(t *testing.T) {
	opts := &Churn{Columns: []string{"silence_tail"}, Horizon: 28, Shrink: 4}
	once := map[string][]int{"a": {0, 10, 30, 40}, "b": {5, 15, 33}, "c": {7, 9}}
	twice := map[string][]int{}
	for id, ds := range once {
		for _, d := range ds {
			twice[id] = append(twice[id], 2*d)
		}
	}
	a := built(t, gapLog(once, 60), one(t, "churn", opts), 2, 1)
	b := built(t, gapLog(twice, 120), one(t, "churn", opts), 2, 1)
	for i, x := range a.Raw.data {
		check.Close(t, "tail", b.Raw.data[i], x, 1e-9)
	}
}

func TestChurnOptions(t *testing.T) {
	log := gapLog(map[string][]int{"a": {0, 10, 30}}, 60)
	for _, o := range []*Churn{
		{Columns: []string{"silence_tail"}},
		{Columns: []string{"tail"}, Horizon: 9},
		{Columns: []string{"silence_tail"}, Horizon: 9, Shrink: -1},
		{Horizon: 9},
	} {
		if _, err := Build(t.Context(), log, one(t, "churn", o), 0, 1); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
	if _, err := Build(t.Context(), gapLog(map[string][]int{"a": {1}}, 9), one(t, "churn", &Churn{Columns: []string{"silence_tail"}, Horizon: 9}), 1, 1); err == nil {
		t.Error("a log without a gap")
	}
}
