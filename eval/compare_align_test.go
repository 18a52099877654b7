package eval

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A, B and C, one of which splits, one of which goes, and people who move:
//
//	        0   1   2   –
//	A (3)   3   0   0   1      A goes on as 0, one leaves
//	B (4)   1   2   2   0      B goes on as 1 (or 2: as many), 2 is new
//	– (–)   0   1   0   1
func TestAlignByHand(t *testing.T) {
	const a0, b0, none = int32(3), int32(4), int32(-1)
	a := []int32{a0, a0, a0, a0, b0, b0, b0, b0, b0, none, none}
	b := []int32{0, 0, 0, none, 0, 1, 1, 2, 2, 1, none}
	r, err := Align(a, b)
	if err != nil {
		t.Fatal(err)
	}
	want := &Alignment{
		N: 11,
		A: []AlignedSegment{{3, 4, 0, 3}, {4, 5, 1, 2}},
		B: []AlignedSegment{{0, 4, 0, 3}, {1, 3, 1, 2}, {2, 2, -1, 0}},
		Counts: [][]int{
			{3, 0, 0, 1},
			{1, 2, 2, 0},
			{0, 1, 0, 1},
		},
		Stayed: 6, Moved: []int{3, 4, 7, 8, 9},
		Flows: []Flow{{4, 2, 2}, {3, -1, 1}, {4, 0, 1}, {-1, 1, 1}},
	}
	if got, want := fmt.Sprintf("%+v", r), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("\n%s, want\n%s", got, want)
	}
	if k, g := r.A[0].Share(), 1-r.B[0].Share(); k != 0.75 || g != 0.25 {
		t.Errorf("segment 3 keeps %g and gains %g", k, g)
	}
}

func TestAlignDegenerate(t *testing.T) {
	r, err := Align(nil, nil)
	if err != nil || r.N != 0 || len(r.Moved) != 0 || len(r.Counts) != 1 {
		t.Errorf("no rows: %+v, %v", r, err)
	}
	r, err = Align([]int32{-1, -1}, []int32{0, -5})
	if err != nil || !slices.Equal(r.Moved, []int{0}) || r.Stayed != 1 || len(r.A) != 0 || r.B[0].Partner != -1 {
		t.Errorf("noise: %+v, %v", r, err)
	}
	many := make([]int32, matchingMost+1)
	for i := range many {
		many[i] = int32(i)
	}
	if _, err := Align(many, many); err == nil || !strings.Contains(err.Error(), "2001") {
		t.Errorf("too many segments: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("labellings of other lengths were aligned")
		}
	}()
	_, _ = Align([]int32{0}, nil)
}

// TestAlignExpected: SciPy's assignment keeps as many rows.
func TestAlignExpected(t *testing.T) {
	for _, c := range expectCompare(t).Cases {
		for i, a := range c.Labels {
			for j, b := range c.Labels {
				if r, err := Align(a, b); err != nil || r.Stayed != c.Stayed[i][j] {
					t.Errorf("%s, %d to %d: %d stayed, want %d (%v)", c.Name, i, j, r.Stayed, c.Stayed[i][j], err)
				}
			}
		}
	}
}

// TestAlignProperties: no pairing keeps more rows; nobody is counted twice.
func TestAlignProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(t, "rows")
		a, b := drawLabels(t, "a", n, rapid.IntRange(1, 5).Draw(t, "ka")), drawLabels(t, "b", n, rapid.IntRange(1, 5).Draw(t, "kb"))
		r, err := Align(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Moved)+r.Stayed != n || r.N != n {
			t.Fatalf("%d moved, %d stayed of %d", len(r.Moved), r.Stayed, n)
		}
		ka, kb := len(r.A), len(r.B)
		w := make([]float64, ka*kb)
		for i := range ka {
			sum := 0
			for j := range kb + 1 {
				if sum += r.Counts[i][j]; j < kb {
					w[i*kb+j] = float64(r.Counts[i][j])
				}
			}
			if s := r.A[i]; sum != s.N || s.Partner >= 0 && (r.B[s.Partner].Partner != i || s.Kept != r.Counts[i][s.Partner] || s.Kept == 0) || s.Partner < 0 && s.Kept != 0 {
				t.Fatalf("segment %+v of %v", s, r.Counts)
			}
		}
		if best := bestPairing(w, ka, kb, 0, make([]bool, kb), ka-min(ka, kb)); int(best)+r.Counts[ka][kb] != r.Stayed {
			t.Fatalf("%d stayed, %g could (%v)", r.Stayed, best, r.Counts)
		}
		flows := 0
		for i, f := range r.Flows {
			if flows += f.N; i > 0 && f.N > r.Flows[i-1].N {
				t.Fatalf("flows %v", r.Flows)
			}
		}
		if flows != len(r.Moved) {
			t.Fatalf("flows of %d rows, %d moved", flows, len(r.Moved))
		}
		back, err := Align(b, a)
		if err != nil || back.Stayed != r.Stayed {
			t.Fatalf("there %d stayed, back %d (%v)", r.Stayed, back.Stayed, err)
		}
		if again, err := Align(compareRenamed(a), b); err != nil || again.Stayed != r.Stayed {
			t.Fatalf("names of labels matter (%v)", err)
		}
		if self, err := Align(a, compareRenamed(a)); err != nil || len(self.Moved) > 0 {
			t.Fatalf("from itself %v moved (%v)", self.Moved, err)
		}
	})
}
