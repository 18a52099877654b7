package features

import (
	"math"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// Computed by NumPy: the inverse of I − Q; removal by a high power of the whole chain
// with the way into the state led to the other end. The simulation is 2 million journeys.
func TestMarkovChain(t *testing.T) {
	e := expectJourney(t).Markov
	m, err := FitMarkov([]string{"start", "a", "b", "c"}, []string{"won", "lost"}, e.Counts, e.Smoothing, "start")
	if err != nil {
		t.Fatal(err)
	}
	n, err := m.Fundamental()
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Absorption()
	if err != nil {
		t.Fatal(err)
	}
	for i := range e.P {
		floatsClose(t, "p", m.P[i], e.P[i])
		floatsClose(t, "N", n.RawRowView(i), e.Fundamental[i])
		floatsClose(t, "B", b[i], e.Absorption[i])
	}
	steps, err := m.ExpectedSteps()
	if err != nil {
		t.Fatal(err)
	}
	floatsClose(t, "steps", steps, e.Steps)
	to, err := m.ExpectedStepsTo("won")
	if err != nil {
		t.Fatal(err)
	}
	floatsClose(t, "steps to won", to, e.StepsTo)
	removal, err := m.RemovalEffect("start", "won")
	if err != nil {
		t.Fatal(err)
	}
	floatsClose(t, "removal", removal[1:], e.Removal)
	if removal[0] != 1 {
		t.Errorf("without the start %g of the journeys are lost", removal[0])
	}
	visits, err := m.Occupancy("start")
	if err != nil {
		t.Fatal(err)
	}
	floatsClose(t, "occupancy", visits, e.Occupancy)
	// Five standard errors of the simulation.
	s := e.Simulated
	check.Close(t, "won, simulated", b[0][0], s.Bought, 5*math.Sqrt(s.Bought*(1-s.Bought)/s.Runs))
	check.Close(t, "steps, simulated", steps[0], s.Steps, 5*3/math.Sqrt(s.Runs))
	check.Close(t, "steps to won, simulated", to[0], s.StepsBought, 5*3/math.Sqrt(s.Runs*s.Bought))
	for _, row := range b {
		check.Close(t, "every journey ends", row[0]+row[1], 1, 1e-12)
	}
}

func TestFitMarkovRefuses(t *testing.T) {
	two, end := []string{"a", "b"}, []string{"end"}
	for want, f := range map[string]func() (*MarkovChain, error){
		"nobody moved on from b": func() (*MarkovChain, error) {
			return FitMarkov(two, end, [][]float64{{0, 1, 1}, {0, 0, 0}}, 0)
		},
		"smoothing = -1": func() (*MarkovChain, error) { return FitMarkov(two, end, [][]float64{{0, 1, 1}, {0, 0, 1}}, -1) },
		"2 counts":       func() (*MarkovChain, error) { return FitMarkov(two, end, [][]float64{{0, 1}, {0, 0}}, 1) },
		"in which journeys only begin": func() (*MarkovChain, error) {
			return FitMarkov(two, end, [][]float64{{0, 1, 1}, {1, 0, 1}}, 1, "a")
		},
		"at least one of each": func() (*MarkovChain, error) { return FitMarkov(nil, end, nil, 1) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	// A state that leads only to itself.
	trap, err := FitMarkov(two, end, [][]float64{{0, 1, 1}, {0, 5, 0}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trap.Absorption(); err == nil || !strings.Contains(err.Error(), "no journey ever ends") {
		t.Errorf("a trap: %v", err)
	}
	if _, err := trap.RemovalEffect("nowhere", "end"); err == nil {
		t.Error("an unknown state is removed")
	}
}
