package eval

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func scoresOf(values ...float64) (out []Score) {
	for _, v := range values {
		if math.IsNaN(v) {
			out = append(out, Undefined("one segment"))
			continue
		}
		out = append(out, Score{Value: v})
	}
	return out
}

func TestNewBallot(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		scores []Score
		better int
		tol    float64
		order  [][]int
		reason string
	}{
		{scoresOf(0.2, 0.5, 0.4), 1, 0, [][]int{{1}, {2}, {0}}, ""},
		{scoresOf(0.2, 0.5, 0.4), -1, 0, [][]int{{0}, {2}, {1}}, ""},
		{scoresOf(0.4, nan, 0.5, 0.4), 1, 0, [][]int{{2}, {0, 3}}, ""},
		// within .1 of the best of the place, not of the neighbour
		{scoresOf(0.30, 0.50, 0.42, 0.35), 1, 0.1, [][]int{{1, 2}, {0, 3}}, ""},
		{scoresOf(math.Inf(1), 3, math.Inf(1)), 1, 0, [][]int{{0, 2}, {1}}, ""},
		{scoresOf(0.4, nan, nan), 1, 0, nil, "rates 1 of 3: one segment"},
		{nil, 1, 0, nil, "rates 0 of 0"},
		{scoresOf(2, 2, nan), 1, 0, nil, "rates all 2 alike"},
	} {
		b := NewBallot("m", "f", c.scores, c.better, c.tol)
		if !reflect.DeepEqual(b.Order, c.order) || b.Reason != c.reason || b.Voter != "m" || b.Family != "f" {
			t.Errorf("%v: %+v, want %v %q", c.scores, b, c.order, c.reason)
		}
	}
}

func TestVotesByHand(t *testing.T) {
	got, err := Votes(4, []Ballot{
		{Voter: "silhouette", Family: "compact", Order: [][]int{{1}, {2}, {0, 3}}},
		{Voter: "ch", Family: "compact", Order: [][]int{{1, 2}, {3}}},
		{Voter: "dbcv", Family: "density", Order: [][]int{{3}, {0}}},
		{Voter: "db", Family: "compact", Order: [][]int{{2}, {1}}},
		{Voter: "gap", Family: "compact", Reason: "no k by its rule"},
		{Voter: "bic", Family: "model", Reason: "no mixture among the runs"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Tally{
		{
			Family: "compact", Cast: 3, Winners: []int{1, 2}, Abstained: []Abstention{{"gap", "no k by its rule"}},
			Counts: []VoteCount{
				{MeanRank: 3.5, Rated: 1},
				{First: 1.5, Voters: []string{"silhouette", "ch"}, MeanRank: (1 + 1.5 + 2) / 3, Rated: 3},
				{First: 1.5, Voters: []string{"ch", "db"}, MeanRank: (2 + 1.5 + 1) / 3, Rated: 3},
				{MeanRank: 3.25, Rated: 2},
			},
		},
		{
			Family: "density", Cast: 1, Winners: []int{3}, Majority: true,
			Counts: []VoteCount{{MeanRank: 2, Rated: 1}, {}, {}, {First: 1, Voters: []string{"dbcv"}, MeanRank: 1, Rated: 1}},
		},
		{Family: "model", Counts: make([]VoteCount, 4), Abstained: []Abstention{{"bic", "no mixture among the runs"}}, Reason: "all abstain"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestVotesRelations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 6).Draw(t, "k")
		var ballots, without []Ballot
		for i := range rapid.IntRange(0, 12).Draw(t, "ballots") {
			b := Ballot{Voter: string(rune('a' + i)), Family: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "family")}
			if rapid.IntRange(0, 3).Draw(t, "abstains") == 0 {
				b.Reason = "undefined"
			} else {
				for at, c := range rapid.Permutation(ascendingInts(k)).Draw(t, "order")[:rapid.IntRange(1, k).Draw(t, "rated")] {
					if n := len(b.Order); at > 0 && rapid.Bool().Draw(t, "tied") {
						b.Order[n-1] = append(b.Order[n-1], c)
					} else {
						b.Order = append(b.Order, []int{c})
					}
				}
				without = append(without, b)
			}
			ballots = append(ballots, b)
		}
		byFamily := func(list []Ballot) map[string]Tally {
			got, err := Votes(k, list)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]Tally{}
			for _, y := range got {
				var first float64
				for _, c := range y.Counts {
					first += c.First
				}
				if math.Abs(first-float64(y.Cast)) > 1e-9 || (y.Cast == 0) != (y.Reason != "") || (len(y.Winners) > 0) == (y.Reason != "") || y.Majority && len(y.Winners) != 1 {
					t.Fatalf("%+v", y)
				}
				out[y.Family] = y
			}
			return out
		}
		all, some := byFamily(ballots), byFamily(without)
		turned := slices.Clone(ballots)
		slices.Reverse(turned)
		back := byFamily(turned)
		moved := make([]Ballot, len(ballots)) // candidate c is called k − 1 − c
		for i, b := range ballots {
			moved[i] = b
			moved[i].Order = nil
			for _, place := range b.Order {
				var p []int
				for _, c := range place {
					p = append(p, k-1-c)
				}
				moved[i].Order = append(moved[i].Order, p)
			}
		}
		other := byFamily(moved)
		for name, y := range all {
			if y.Cast != some[name].Cast || !reflect.DeepEqual(y.Winners, some[name].Winners) {
				t.Fatalf("abstentions change %+v to %+v", some[name], y)
			}
			if y.Cast+len(y.Abstained) == 0 || !reflect.DeepEqual(y.Winners, back[name].Winners) {
				t.Fatalf("in another order %+v, not %+v", back[name], y)
			}
			for _, w := range y.Winners {
				if !slices.Contains(other[name].Winners, k-1-w) {
					t.Fatalf("with other names %+v, not %+v", other[name], y)
				}
			}
		}
	})
}

func TestVotesErrors(t *testing.T) {
	a := Ballot{Voter: "a", Order: [][]int{{0}}}
	for want, list := range map[string][]Ballot{
		"a votes twice":  {a, a},
		"no order":       {{Voter: "b"}},
		"there twice":    {{Voter: "b", Order: [][]int{{0}, {0}}}},
		"candidate 3 of": {{Voter: "b", Order: [][]int{{3}}}},
		"a place empty":  {{Voter: "b", Order: [][]int{{}}}},
	} {
		if _, err := Votes(2, list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if got, err := Votes(2, nil); err != nil || len(got) != 0 {
		t.Errorf("no ballots: %v (%v)", got, err)
	}
}
