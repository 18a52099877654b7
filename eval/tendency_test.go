package eval

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// tendencyFile is testdata/tendency.json, written by peers/tendency_expected.py.
type tendencyFile struct {
	Dips []struct {
		Name    string
		Values  []float64
		PyPI, R float64
	}
	Table []struct {
		N         int
		Quantiles map[string]float64
	}
	Hopkins []struct {
		Name   string
		X      [][]float64
		Places [][]float64
		Rows   []int
		Value  float64
	}
	Ranks []struct {
		Name  string
		X     [][]float64
		Value float64
	}
}

func readTendency(t *testing.T) *tendencyFile {
	t.Helper()
	b, err := os.ReadFile("testdata/tendency.json")
	if err != nil {
		t.Fatal(err)
	}
	var f tendencyFile
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	return &f
}

// tendencyDraw is n rows of d columns: normal about the centres, apart away from each other.
func tendencyDraw(n, d, centres int, apart float64, seed uint64) *features.Matrix {
	rng := rand.New(rand.NewPCG(seed, 1))
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, d)
		for j := range d {
			rows[i][j] = rng.NormFloat64()
			if j == 0 {
				rows[i][j] += apart * float64(i%centres)
			}
		}
	}
	return matrixOf(rows)
}

// What data with and without groups tell, and that the order of work decides nothing.
func TestTendency(t *testing.T) {
	ctx := context.Background()
	tell := func(x *features.Matrix, workers int) *Tendency {
		v, err := NewTendency(ctx, x, 3, workers)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	two, one := tell(tendencyDraw(600, 2, 2, 8, 1), 0), tell(tendencyDraw(600, 2, 1, 0, 1), 0)
	for _, of := range []struct {
		name     string
		two, one *DipTest
	}{{"distances", two.Distances, one.Distances}, {"component", two.Component, one.Component}} {
		if of.two.P > 0.01 || of.one.P < 0.1 {
			t.Errorf("dip of the %s: p = %g with two clumps, %g with one", of.name, of.two.P, of.one.P)
		}
	}
	// One clump is uneven too, which is why this decides nothing.
	if two.Hopkins.Value < 0.9 || one.Hopkins.Value < one.Hopkins.EvenHi {
		t.Errorf("Hopkins %g with two clumps, %g with one", two.Hopkins.Value, one.Hopkins.Value)
	}
	if two.Distances.N != 600*599/2 || two.Component.N != 600 || two.Sampled || two.Dependence.P < 0.01 {
		t.Errorf("%+v", two)
	}
	big := tendencyDraw(3000, 3, 1, 0, 2)
	few := tell(big, 1)
	if !few.Sampled || few.Rows != StructureRows || few.Pairs != tendencyPairs || few.Distances.N != 1000*999/2 || few.Component.N != StructureRows {
		t.Errorf("%+v", few)
	}
	for _, workers := range []int{2, 7} {
		if again := tell(big, workers); !reflect.DeepEqual(few, again) {
			t.Errorf("%d workers say otherwise", workers)
		}
	}
	// Powers of two change nothing, at the end of the range either.
	far := tendencyDraw(600, 2, 1, 0, 1)
	for i, v := range far.Data() {
		far.Data()[i] = math.Ldexp(v, 1000)
	}
	if again := tell(far, 0); !reflect.DeepEqual(one, again) {
		t.Error("values of 1e300 are told otherwise")
	}
	// In words.
	for _, c := range []struct {
		of   *Tendency
		want []string
	}{
		{two, []string{"Hopkins .9", "evenly spread would be .5, mostly .41 to .59", "The distances between customers have more than one hump (dip", "p = .001", "The places along the first principal component have more than one hump", "Features are", "None of this votes"}},
		{one, []string{"The distances between customers may have a single hump", "p = 1)", "first principal component may have a single hump"}},
	} {
		said := strings.Join(c.of.Says, " ")
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("%q is not said: %s", want, said)
			}
		}
	}
	// Little and nothing to look at: a reason each.
	for what, x := range map[string]*features.Matrix{
		"three rows": matrixOf([][]float64{{1, 2}, {3, 4}, {5, 7}}), "alike": matrixOf([][]float64{{1, 2}, {1, 2}, {1, 2}}), "one row": matrixOf([][]float64{{1}}),
	} {
		v := tell(x, 0)
		if v.Hopkins.Reason == "" || v.Component.Reason == "" || len(v.Says) != 5 || !strings.Contains(v.Says[0], "Hopkins is undefined: ") || what != "three rows" && v.Dependence.Reason == "" {
			t.Errorf("%s: %+v", what, v)
		}
		if b, err := json.Marshal(v); err != nil || strings.Contains(string(b), "NaN") {
			t.Errorf("%s: %s, %v", what, b, err)
		}
	}
	if _, err := NewTendency(ctx, matrixOf([][]float64{{1}, {math.NaN()}}), 1, 1); err == nil || !strings.Contains(err.Error(), "has no value in column") {
		t.Errorf("a missing value: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := NewTendency(cancelled, big, 1, 1); err == nil {
		t.Error("a cancelled context is no error")
	}
}

// The structure test does not know of it: the verdict is the same, whatever it tells.
func TestTendencyDoesNotVote(t *testing.T) {
	s := &Structure{Nulls: []NullResult{{Name: "copula", P: 0.3, Decided: true}}, Alpha: 0.02}
	s.Tendency = &Tendency{Hopkins: &Hopkins{Value: 1}, Distances: &DipTest{}, Component: &DipTest{}, Dependence: &Dependence{}}
	s.conclude()
	if s.Natural || s.P != 0.3 {
		t.Errorf("two humps made it natural: %+v", s)
	}
	s = &Structure{Nulls: []NullResult{{Name: "copula", P: 0.01, Decided: true, Beaten: true}}, Alpha: 0.02}
	s.Tendency = &Tendency{Hopkins: &Hopkins{Value: 0.5}, Distances: &DipTest{P: 1}, Component: &DipTest{P: 1}, Dependence: &Dependence{P: 1}}
	s.conclude()
	if !s.Natural {
		t.Error("one hump made it not natural")
	}
}

func TestFirstComponent(t *testing.T) {
	x := tendencyDraw(300, 4, 2, 30, 5)
	along := firstComponent(x)
	// Nearly the first column, moved to mean 0, whichever way round.
	mean := 0.0
	for i := range 300 {
		mean += x.Row(i)[0] / 300
	}
	sign := math.Copysign(1, along[0]*(x.Row(0)[0]-mean))
	for i, v := range along {
		check.Close(t, "place", sign*v, x.Row(i)[0]-mean, 0.5)
	}
}
