package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/mores-lab/mores/features"
)

func priorityOf(t *testing.T, in *PriorityInput, o PriorityOptions) *Prioritised {
	t.Helper()
	p, err := Priorities(context.Background(), in, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Six customers by hand. Segment 1 spends 10, 10, 10 treated and 4, 4, 4 not: an effect of
// 6, at a margin of .5 worth 3 a customer. Segment 2 spends 5 either way: 0. All of the
// budget goes to the first.
func TestPriorityEffectByHand(t *testing.T) {
	in := &PriorityInput{Randomised: true}
	add := func(g int32, treated bool, y ...float64) {
		for _, v := range y {
			in.IDs = append(in.IDs, fmt.Sprint(len(in.IDs)))
			in.Labels, in.Treated, in.Outcome = append(in.Labels, g), append(in.Treated, treated), append(in.Outcome, v)
			in.Value, in.Alive = append(in.Value, v), append(in.Alive, .25+.5*float64(g))
		}
	}
	add(0, true, 10, 10, 10)
	add(0, false, 4, 4, 4)
	add(1, true, 5, 5)
	add(1, false, 5, 5)
	o := NewPriorityOptions()
	o.Margin, o.Budget = .5, 100
	p := priorityOf(t, in, o)
	a, b := p.Segments[0], p.Segments[1]
	if p.Basis != PriorityEffect || a.Margin.Value != 3 || a.Response.Value != 6 || a.Budget.Value != 1 || a.Amount != 100 || !a.Signal {
		t.Errorf("first: %+v", a)
	}
	if b.Margin.Value != 0 || b.Signal || b.Budget.Value != 0 || b.Amount != 0 {
		t.Errorf("second: %+v", b)
	}
	if *a.ValueShare != 42./62 || *a.PerHead != 7 || *a.Risk != .75 || *a.Lapsed != 1 || *b.Lapsed != 0 {
		t.Errorf("value %v, %v, risk %v, lapsed %v", *a.ValueShare, *a.PerHead, *a.Risk, *a.Lapsed)
	}
	in.Outcome = []float64{5, 5, 5, 5, 5, 5, 5, 5, 5, 5}
	if p := priorityOf(t, in, o); p.Reason == "" || p.Segments[0].Amount != 0 {
		t.Errorf("without any effect: %+v", p)
	}
}

// Five customers on a line at 0, 1, 2, 10, 11 who are expected to spend 1, 3, 5, 2, 8. With
// one peer: 0 looks at 1 and lacks 2; 1 has 0 and 2 as near: the quartile of {1, 5} is 4, it
// lacks 1; 2 looks at 1 and lacks 0; 10 looks at 11 and lacks 6; 11 lacks 0.
func TestPriorityPotentialByHand(t *testing.T) {
	m := features.NewMatrix(5, []features.Column{{Name: "x"}}, nil)
	in := &PriorityInput{Labels: []int32{0, 0, 0, 1, 1}, Expected: []float64{1, 3, 5, 2, 8}, Behaviour: m}
	for i, x := range []float64{0, 1, 2, 10, 11} {
		m.Row(i)[0] = x
		in.IDs = append(in.IDs, fmt.Sprint(i))
	}
	o := NewPriorityOptions()
	o.Peers = 1
	p := priorityOf(t, in, o)
	if a, b := *p.Segments[0].Potential, *p.Segments[1].Potential; a != 1 || b != 3 || p.Basis != PriorityPotential {
		t.Errorf("potentials %g and %g: want 1 and 3", a, b)
	}
}

// priorityRandom is a campaign in four segments, skewed spend, effects a customer.
func priorityRandom(seed uint64, n int, effect [4]float64) *PriorityInput {
	rng := rand.New(rand.NewPCG(seed, 7))
	in := &PriorityInput{Randomised: true, Behaviour: features.NewMatrix(n, []features.Column{{Name: "x"}, {Name: "y"}}, nil)}
	for i := range n {
		g := rng.IntN(4)
		treated := rng.IntN(2) == 1
		y := 0.0
		if rng.Float64() < .3 {
			y = math.Exp(3 + rng.NormFloat64())
		}
		if treated {
			y += effect[g]
		}
		in.Behaviour.Row(i)[0], in.Behaviour.Row(i)[1] = float64(g)+rng.NormFloat64(), rng.NormFloat64()
		in.IDs = append(in.IDs, fmt.Sprint("c", i))
		in.Labels, in.Treated, in.Outcome = append(in.Labels, int32(g)), append(in.Treated, treated), append(in.Outcome, y)
		in.Expected, in.Value = append(in.Expected, 10*rng.Float64()), append(in.Value, 100*rng.Float64())
	}
	return in
}

func TestPriorityInvariance(t *testing.T) {
	in := priorityRandom(1, 600, [4]float64{0, 5, 10, 20})
	o := NewPriorityOptions()
	o.Resamples = 100
	for _, basis := range []string{PriorityEffect, PriorityResponse, PriorityPotential} {
		in.Randomised = basis == PriorityEffect
		if basis == PriorityPotential {
			in.Outcome = nil
		}
		want := priorityOf(t, in, o)
		scaled := *in
		times := func(x []float64) (out []float64) {
			for _, v := range x {
				out = append(out, 1000*v)
			}
			return
		}
		scaled.Expected, scaled.Value = times(in.Expected), times(in.Value)
		if in.Outcome != nil {
			scaled.Outcome = times(in.Outcome)
		}
		shuffled := *in
		n := len(in.IDs)
		shuffled.IDs, shuffled.Labels, shuffled.Treated = make([]string, n), make([]int32, n), make([]bool, n)
		shuffled.Expected, shuffled.Value, shuffled.Behaviour = make([]float64, n), make([]float64, n), features.NewMatrix(n, in.Behaviour.Cols, nil)
		if in.Outcome != nil {
			shuffled.Outcome = make([]float64, n)
		}
		for i, j := range rand.New(rand.NewPCG(2, 2)).Perm(n) {
			shuffled.IDs[i], shuffled.Labels[i], shuffled.Treated[i], shuffled.Expected[i], shuffled.Value[i] = in.IDs[j], in.Labels[j], in.Treated[j], in.Expected[j], in.Value[j]
			copy(shuffled.Behaviour.Row(i), in.Behaviour.Row(j))
			if in.Outcome != nil {
				shuffled.Outcome[i] = in.Outcome[j]
			}
		}
		sum := 0.0
		for name, x := range map[string]*PriorityInput{"scaled": &scaled, "shuffled": &shuffled} {
			got := priorityOf(t, x, o)
			for g, s := range got.Segments {
				w := want.Segments[g]
				if math.Abs(s.Budget.Value-w.Budget.Value) > 1e-9 || math.Abs(s.Budget.Lo-w.Budget.Lo) > 1e-9 || math.Abs(s.Budget.Hi-w.Budget.Hi) > 1e-9 || s.Signal != w.Signal {
					t.Errorf("%s, %s: segment %d gets %+v, was %+v", basis, name, g+1, s.Budget, w.Budget)
				}
				sum += s.Budget.Value
			}
		}
		if math.Abs(sum-2) > 1e-9 {
			t.Errorf("%s: shares add to %g", basis, sum/2)
		}
	}
}

// A response that is dealt out anew says nothing of segments: in 93 % of the sets at least
// nobody may be told to spend by it.
func TestPriorityNull(t *testing.T) {
	sets := 100 // of 200, 195 and 187 say nothing
	if os.Getenv("MORES_LONG") == "1" {
		sets = 200
	}
	o := NewPriorityOptions()
	o.Resamples = 100
	for _, randomised := range []bool{true, false} {
		quiet := 0
		for s := range sets {
			in := priorityRandom(uint64(s), 800, [4]float64{0, 5, 10, 20})
			in.Randomised, in.Behaviour = randomised, nil
			rand.New(rand.NewPCG(uint64(s), 9)).Shuffle(len(in.Outcome), func(i, j int) { in.Outcome[i], in.Outcome[j] = in.Outcome[j], in.Outcome[i] })
			any := false
			for _, g := range priorityOf(t, in, o).Segments {
				any = any || g.Signal
			}
			if !any {
				quiet++
			}
		}
		t.Logf("randomised %v: no signal in %d of %d", randomised, quiet, sets)
		if float64(quiet) < .93*float64(sets) {
			t.Errorf("randomised %v: no signal in %d of %d sets only", randomised, quiet, sets)
		}
	}
	if p := priorityOf(t, priorityRandom(1, 4000, [4]float64{0, 0, 15, 30}), o); !p.Segments[3].Signal || p.Segments[3].Budget.Value < .4 {
		t.Errorf("an effect of 30 is not found: %+v", p.Segments[3])
	}
}

func TestPriorityRefuses(t *testing.T) {
	o := NewPriorityOptions()
	if _, err := Priorities(context.Background(), &PriorityInput{IDs: []string{"a"}, Labels: []int32{0}}, o); err == nil {
		t.Error("neither response nor expected value: no error")
	}
	o.Margin = 0
	if _, err := Priorities(context.Background(), &PriorityInput{}, o); err == nil {
		t.Error("no margin: no error")
	}
}
