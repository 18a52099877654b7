package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/check"
)

// compareExpected is testdata/compare.json, written by peers/compare_expected.py with
// scikit-learn 1.9.1 and SciPy 1.17.1.
type compareExpected struct {
	Cases []struct {
		Name      string
		Labels    [][]int32
		VI, ARI   [][]float64
		Length    float64
		Stayed    [][]int
		Consensus map[NoisePolicy][]struct {
			K      int
			Labels []int32
		}
	}
}

func expectCompare(t testing.TB) (e compareExpected) {
	t.Helper()
	js, err := os.ReadFile("testdata/compare.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func labellings(labels [][]int32) []Labelling {
	var ls []Labelling
	for i, l := range labels {
		ls = append(ls, Labelling{Name: fmt.Sprint("labelling ", i), Labels: l})
	}
	return ls
}

// TestAgreement: scikit-learn's values, and an order no longer than SciPy's.
func TestAgreement(t *testing.T) {
	for _, c := range expectCompare(t).Cases {
		a, err := Agreement(context.Background(), labellings(c.Labels), 2)
		if err != nil {
			t.Fatal(err)
		}
		length := 0.0
		for i := range c.Labels {
			for j := range c.Labels {
				check.Close(t, fmt.Sprint(c.Name, ": VI ", i, j), a.VI[i][j], c.VI[i][j], 1e-12)
				check.Close(t, fmt.Sprint(c.Name, ": ARI ", i, j), a.ARI[i][j], c.ARI[i][j], 1e-12)
			}
			if i > 0 {
				length += a.VI[a.Order[i-1]][a.Order[i]]
			}
		}
		// SciPy 1.17.1 does not return the shortest order (scipy/scipy#11227): it is a bound.
		if length > c.Length+1e-9 {
			t.Errorf("%s: neighbours lie %g apart in all, in SciPy's order %g", c.Name, length, c.Length)
		}
		if a.Order[0] > a.Order[len(a.Order)-1] || a.N != len(c.Labels[0]) {
			t.Errorf("%s: order %v of %d rows", c.Name, a.Order, a.N)
		}
		if one, err := Agreement(context.Background(), labellings(c.Labels), 1); err != nil || !slices.Equal(one.Order, a.Order) || !slices.EqualFunc(one.VI, a.VI, slices.Equal) {
			t.Errorf("%s: another number of workers, another table (%v)", c.Name, err)
		}
	}
}

// TestAgreementByHand: a split of a half lies ½·ln 2 away (Meilă 2007), and labellings
// between two others are put between them.
func TestAgreementByHand(t *testing.T) {
	a, err := Agreement(context.Background(), labellings([][]int32{
		{0, 0, 0, 0, 1, 1, 1, 1},
		{0, 0, 1, 1, 2, 2, 3, 3},
		{5, 5, 5, 5, 9, 9, -1, -1}, // two segments and the unassigned
	}), 0)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "a half split", a.VI[0][2], math.Ln2/2, 1e-15)
	check.Close(t, "both halves split", a.VI[0][1], math.Ln2, 1e-15)
	check.Close(t, "the other half split", a.VI[1][2], math.Ln2/2, 1e-15)
	if !slices.Equal(a.Order, []int{0, 2, 1}) {
		t.Errorf("order %v: the third lies between the others", a.Order)
	}
	for ari, want := range map[float64]string{1: "excellent", 0.9: "good", 0.81: "good", 0.7: "moderate", 0.65: "poor", -0.1: "poor"} {
		if got := AgreementWord(ari); got != want {
			t.Errorf("ARI %g is %s", ari, got)
		}
	}
}

func TestAgreementErrors(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		ls  []Labelling
		say string
	}{
		"none":          {nil, "no labellings"},
		"one row":       {labellings([][]int32{{0}, {0}}), "at least 2"},
		"other lengths": {labellings([][]int32{{0, 1}, {0, 1, 1}}), "labelling 1 3"},
		"other ids":     {[]Labelling{{Name: "a", Labels: []int32{0, 1}, IDs: []string{"x", "y"}}, {Name: "b", Labels: []int32{0, 1}, IDs: []string{"y", "x"}}}, "by id"},
	} {
		if _, err := Agreement(ctx, c.ls, 1); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v", name, err)
		}
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Agreement(over, labellings([][]int32{{0, 1}, {0, 1}}), 1); err == nil {
		t.Error("cancelled, and yet a table")
	}
}

func TestMatch(t *testing.T) {
	m, err := Match([]Labelling{
		{Name: "a", IDs: []string{"x", "y", "z", "w"}, Labels: []int32{0, 1, 2, 3}},
		{Name: "b", IDs: []string{"w", "v", "x", "z"}, Labels: []int32{7, 8, 9, -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := m.Labellings[0], m.Labellings[1]; !slices.Equal(a.IDs, []string{"x", "z", "w"}) || !slices.Equal(a.Labels, []int32{0, 2, 3}) ||
		!slices.Equal(b.Labels, []int32{9, -1, 7}) || !slices.Equal(m.Left[0], []int{1}) || !slices.Equal(m.Left[1], []int{1}) {
		t.Errorf("matched %+v", m)
	}
	if _, err := Match([]Labelling{{Name: "a", IDs: []string{"x", "x"}, Labels: []int32{0, 1}}}); err == nil || !strings.Contains(err.Error(), `rows 1 and 2 of a`) {
		t.Errorf("an id twice: %v", err)
	}
	// Without ids the rows' numbers are.
	m, err = Match([]Labelling{{Labels: []int32{4, 5, 6}}, {IDs: []string{"2", "0"}, Labels: []int32{1, 2}}})
	if err != nil || !slices.Equal(m.Labellings[0].Labels, []int32{4, 6}) || !slices.Equal(m.Labellings[1].Labels, []int32{2, 1}) {
		t.Errorf("by number: %+v, %v", m, err)
	}
	if _, err := Match(nil); err == nil {
		t.Error("nothing was matched")
	}
	if m, err := Match([]Labelling{{IDs: []string{"a"}, Labels: []int32{0}}, {IDs: []string{"b"}, Labels: []int32{0}}}); err != nil || len(m.Labellings[0].Labels) != 0 || len(m.Left[1]) != 1 {
		t.Errorf("nothing in common: %+v, %v", m, err)
	}
}

func drawLabels(t *rapid.T, what string, n, most int) []int32 {
	return rapid.SliceOfN(rapid.Int32Range(-1, int32(most)-1), n, n).Draw(t, what)
}

// compareRenamed gives labels other names.
func compareRenamed(labels []int32) []int32 {
	out := slices.Clone(labels)
	for i, l := range out {
		if l >= 0 {
			out[i] = 1000 - 7*l
		}
	}
	return out
}

func TestAgreementProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(2, 12).Draw(t, "rows"), rapid.IntRange(1, 6).Draw(t, "labellings")
		var labels, other [][]int32
		for i := range m {
			labels = append(labels, drawLabels(t, fmt.Sprint(i), n, 4))
			other = append(other, compareRenamed(labels[i]))
		}
		a, err := Agreement(context.Background(), labellings(labels), 1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Agreement(context.Background(), labellings(other), 3)
		if err != nil {
			t.Fatal(err)
		}
		if order := slices.Sorted(slices.Values(a.Order)); len(order) != m || order[0] != 0 || order[m-1] != m-1 {
			t.Fatalf("order %v", a.Order)
		}
		for i := range m {
			for j := range m {
				if math.Abs(a.VI[i][j]-b.VI[i][j]) > 1e-12 || math.Abs(a.ARI[i][j]-b.ARI[i][j]) > 1e-12 {
					t.Fatal("names of labels matter")
				}
				if a.VI[i][j] != a.VI[j][i] || a.ARI[i][j] != a.ARI[j][i] || a.VI[i][j] > math.Log(float64(n))+1e-12 || a.ARI[i][j] > 1 {
					t.Fatalf("VI %v, ARI %v", a.VI, a.ARI)
				}
				for k := range m {
					if a.VI[i][j] > a.VI[i][k]+a.VI[k][j]+1e-12 {
						t.Fatalf("a detour from %d to %d by %d is shorter", i, j, k)
					}
				}
			}
		}
	})
}
