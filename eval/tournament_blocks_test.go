package eval

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

func TestChanceJaccard(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, c := range [][3]int{{3, 4, 10}, {1, 1, 5}, {7, 9, 10}, {5, 5, 5}, {0, 3, 9}} {
		sum := 0.0
		const draws = 20000
		for range draws {
			x, y := rng.Perm(c[2])[:c[0]], rng.Perm(c[2])[:c[1]]
			both := 0
			for _, v := range x {
				if slices.Contains(y, v) {
					both++
				}
			}
			if c[0] > 0 {
				sum += float64(both) / float64(c[0]+c[1]-both) / draws
			}
		}
		if got := chanceJaccard(c[0], c[1], c[2]); !(math.Abs(got-sum) < 0.01) {
			t.Errorf("%v: %.4f, drawn %.4f", c, got, sum)
		}
	}
	// One of two against one of two: the same in half of the draws.
	check.Close(t, "one of two", chanceJaccard(1, 1, 2), 0.5, 1e-15)
}

// blockContest is a contest of which a matrix can be made.
func blockContest(origin, target string, rfm float64, blocks map[string]float64, set ...string) Contest {
	c := Contest{Origin: origin, Target: target, Measure: "R²", Set: set}
	value := func(x float64) *float64 { return &x }
	for _, name := range []string{"timing", "usage"} {
		v := blocks[name]
		s := Standing{Name: name, Role: RoleBlock, K: 5, Outside: value(v), Lo: value(v - 0.05), Hi: value(v + 0.05)}
		s.Versus = []Versus{{Role: RoleEqualK, Difference: value(v - rfm), Lo: value(v - rfm - 0.02), Hi: value(v - rfm + 0.02)}}
		c.Standings = append(c.Standings, s)
	}
	c.Standings = append(c.Standings,
		Standing{Name: "RFM k-means, 5 groups", Role: RoleEqualK, K: 5, Outside: value(rfm)},
		Standing{Name: "RFM k-means, 4 groups", Role: RoleEqualK, K: 4, Outside: value(rfm)},
		Standing{Name: "all", Role: RoleCeiling, Reason: "no"},
	)
	for _, run := range []string{"a", "b", "c", "d"} {
		c.Standings = append(c.Standings, Standing{Name: "run " + run, Run: run, Role: RoleSegments, Outside: value(0)})
	}
	c.Picked = []Pick{{Set: set}, {Set: []string{"a"}}}
	c.Nested = &Nested{Value: value(rfm)}
	return c
}

func TestBlockMatrix(t *testing.T) {
	cs := []Contest{
		blockContest("June", "spend", 0.1, map[string]float64{"timing": 0, "usage": 0.2}, "a", "b"),
		{Origin: "June", Target: "hour", Reason: "too few"},
		blockContest("March", "spend", 0.2, map[string]float64{"timing": 0.02, "usage": 0.3}, "b", "c", "x"),
		blockContest("March", "hour", 0, map[string]float64{"timing": 0.1, "usage": 0.01}),
	}
	m := NewBlockMatrix(cs, 5)
	if want := []string{"timing", "usage", "RFM k-means, 5 groups", "all"}; !slices.Equal(m.Blocks, want) {
		t.Fatalf("rows %v", m.Blocks)
	}
	if !slices.Equal(m.Targets, []string{"spend", "hour"}) || !slices.Equal(m.Origins, []string{"June", "March"}) {
		t.Fatalf("targets %v, origins %v", m.Targets, m.Origins)
	}
	check.Close(t, "timing, spend", *m.Values[0][0], 0.01, 1e-15)
	check.Close(t, "usage, spend", *m.Values[1][0], 0.25, 1e-15)
	check.Close(t, "of the latest", *m.Hi[1][0], 0.25, 1e-15)
	check.Close(t, "RFM", *m.Values[2][0], 0.15, 1e-15)
	check.Close(t, "timing, hour", *m.Values[0][1], 0.1, 1e-15)
	if m.By[0][1].Values[0] != nil || m.By[0][1].Reason != "too few" || m.Values[3][0] != nil || m.By[3][0].Reason != "no" {
		t.Errorf("%+v, %+v", m.By[0][1], m.By[3][0])
	}
	if !m.Beats[1][0] || m.Beats[0][0] || m.Beats[0][1] { // the last at one of two origins only
		t.Errorf("beats RFM: %v", m.Beats)
	}
	if _, err := json.Marshal(m); err != nil {
		t.Error(err)
	}
}

func TestCompareOrigins(t *testing.T) {
	got := CompareOrigins([]Contest{
		blockContest("June", "spend", 0.1, nil, "a", "b"),
		{Origin: "June", Target: "hour", Reason: "too few"},
		blockContest("March", "spend", 0.2, nil, "b", "c", "x"), // x competed in March only
		blockContest("March", "hour", 0, nil),
		blockContest("June", "alone", 0, nil),
	})
	if len(got) != 3 || got[1].Reason != "too few" || got[2].Reason != "one origin alone" {
		t.Fatalf("%+v", got)
	}
	a := got[0]
	if a.Of != 4 || a.Sizes != [2]int{2, 2} || a.Both != 1 || *a.Nested[1] != 0.2 {
		t.Errorf("%+v", a)
	}
	check.Close(t, "Jaccard", a.Jaccard, 1.0/3, 1e-15)
	check.Close(t, "by chance", a.Chance, (0*1+4.0/3+1)/6, 1e-12) // of 6 pairs 1 shares none, 4 one, 1 both
	check.Close(t, "halves", a.Halves, 0.5, 1e-15)
}
