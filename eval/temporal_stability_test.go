package eval

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/internal/check"
)

func TestTemporalStability(t *testing.T) {
	// Segment 0 is rows 0-3, of which rows 0-2 were together with row 4: 3/(4+4−3); segment 1 is
	// rows 4-6: rows 5 and 6 were together, alone: 2/3. Row 7 is new and row 3 was nobody's.
	now := []int32{0, 0, 0, 0, 1, 1, 1, 0}
	then := []int32{1, 1, 1, -1, 1, 0, 0, Absent}
	in := &Input{C: &cluster.Clustering{Labels: now, K: 2}, Earlier: func(context.Context) ([]int32, error) { return then, nil }}
	s, err := new(TemporalStability).Score(t.Context(), in)
	if err != nil || !s.Defined() {
		t.Fatal(s.Reason, err)
	}
	check.Close(t, "segment 1", s.PerSegment[0], 3.0/5, 1e-15)
	check.Close(t, "segment 2", s.PerSegment[1], 2.0/3, 1e-15)
	check.Close(t, "value", s.Value, (3.0/5+2.0/3)/2, 1e-15)
	if s.Sampled != 7 || s.Noise != Exclude {
		t.Errorf("%d rows, noise %q", s.Sampled, s.Noise)
	}

	// The brute force: sets of rows.
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		n := 5 + rng.IntN(60)
		now, then := make([]int32, n), make([]int32, n)
		for i := range n {
			now[i], then[i] = int32(rng.IntN(4)-1), int32(rng.IntN(5)-2)
		}
		now, _ = dense(now)
		in := &Input{C: &cluster.Clustering{Labels: now}, Earlier: func(context.Context) ([]int32, error) { return then, nil }}
		s, err := new(TemporalStability).Score(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Defined() {
			continue
		}
		for g := range s.PerSegment {
			best := 0.0
			for d := int32(0); d < 4; d++ {
				both, either := 0, 0
				for i := range n {
					a, b := now[i] == int32(g), then[i] == d
					if then[i] == Absent {
						continue
					}
					if a && b {
						both++
					}
					if a || b {
						either++
					}
				}
				if either > 0 {
					best = max(best, float64(both)/float64(either))
				}
			}
			check.Close(t, "a segment", s.PerSegment[g], best, 1e-12)
		}
		if !slices.Equal(then, slices.Clone(then)) {
			t.Fatal("the labels were changed")
		}
	}

	for want, earlier := range map[string]func(context.Context) ([]int32, error){
		"there is none":        nil,
		"the log is too short": func(context.Context) ([]int32, error) { return nil, errors.New("the log is too short") },
		"2 earlier labels":     func(context.Context) ([]int32, error) { return []int32{0, 1}, nil },
		"0 of 8 rows":          func(context.Context) ([]int32, error) { return slices.Repeat([]int32{Absent}, 8), nil },
	} {
		in.Earlier = earlier
		if s, err := new(TemporalStability).Score(t.Context(), in); err != nil || s.Defined() || !strings.Contains(s.Reason, want) {
			t.Errorf("%q, not %q (%v)", s.Reason, want, err)
		}
	}
}
