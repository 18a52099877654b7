package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Ballot is one voter's say: a metric's order of the candidates (numbers of segments, or
// runs), or why it has none.
type Ballot struct {
	Voter  string `json:"voter"`
	Family string `json:"family"` // votes of different families are never added
	// Order lists candidates from best to worst, equally good ones together; a candidate
	// that is missing was not rated, which is not the same as last.
	Order  [][]int `json:"order,omitempty"`
	Reason string  `json:"reason,omitempty"` // why the voter abstains; Order counts for nothing then
}

// Tally is the outcome in one family of voters.
type Tally struct {
	Family string      `json:"family"`
	Cast   int         `json:"cast"`   // ballots that count
	Counts []VoteCount `json:"counts"` // one a candidate
	// Winners have the most first places, all of them where some have as many. Majority
	// says that there is one, with more than half of all first places.
	Winners   []int        `json:"winners"`
	Majority  bool         `json:"majority"`
	Abstained []Abstention `json:"abstained,omitempty"`
	Reason    string       `json:"reason,omitempty"` // why there is no winner
}

// VoteCount is what a candidate got in a family.
type VoteCount struct {
	// First is the number of first places; t that share one get 1/t each.
	First  float64  `json:"first"`
	Voters []string `json:"voters,omitempty"` // who put it first, alone or not
	// MeanRank is over the Rated ballots that rate it (1 is the best, equals share the
	// mean rank); where Rated is 0 it says nothing. It informs and decides nothing: of
	// voters that rate different candidates, mean ranks cannot be compared.
	MeanRank float64 `json:"mean_rank"`
	Rated    int     `json:"rated"`
}

// Abstention is a voter that has no say, and why.
type Abstention struct {
	Voter  string `json:"voter"`
	Reason string `json:"reason"`
}

// NewBallot makes a metric's ballot from its scores, one a candidate. better is +1 where
// larger is better, −1 where smaller is; scores within tolerance of the best that is not
// placed yet share a place. A candidate whose score is undefined is not rated. The metric
// abstains if it rates fewer than two, with the first candidate's reason, or if it rates
// all of them alike: a rule that likes everything has chosen nothing.
func NewBallot(voter, family string, scores []Score, better int, tolerance float64) Ballot {
	if better != 1 && better != -1 {
		panic("eval: a ballot needs a better direction")
	}
	b := Ballot{Voter: voter, Family: family}
	var rated []int
	why := ""
	for i, s := range scores {
		switch {
		case s.Defined() && !math.IsNaN(s.Value):
			rated = append(rated, i)
		case why == "":
			why = s.Reason
		}
	}
	if len(rated) < 2 {
		b.Reason = fmt.Sprintf("rates %d of %d", len(rated), len(scores))
		if why != "" {
			b.Reason += ": " + why
		}
		return b
	}
	slices.SortStableFunc(rated, func(i, j int) int {
		return -better * cmp.Compare(scores[i].Value, scores[j].Value)
	})
	for _, i := range rated {
		if n := len(b.Order); n > 0 {
			best := scores[b.Order[n-1][0]].Value
			if v := scores[i].Value; v == best || math.Abs(v-best) <= tolerance {
				b.Order[n-1] = append(b.Order[n-1], i)
				continue
			}
		}
		b.Order = append(b.Order, []int{i})
	}
	for _, place := range b.Order {
		slices.Sort(place)
	}
	if len(b.Order) == 1 {
		b.Order, b.Reason = nil, fmt.Sprintf("rates all %d alike", len(rated))
	}
	return b
}

// Votes counts the ballots on k candidates, each family of voters for itself, families in
// the order in which they first appear. The winner is who has the most first places; that
// of a family in which all abstain is not defined, with that reason. A ballot without an
// order and without a reason, with a candidate twice or one that is not there is an error,
// as is a voter who votes twice in a family. The order of ballots changes the order of
// families and names only. Cost: O(ballots·k).
//
// One vote a metric is NbClust's rule (Charrad et al. 2014, doi:10.18637/jss.v061.i06).
// Metrics of one family measure much the same: many votes are no proof, and agreement of
// families that look for different shapes says more than the largest count.
func Votes(k int, ballots []Ballot) ([]Tally, error) {
	var out []Tally
	voted := map[[2]string]bool{}
	for _, b := range ballots {
		if err := b.check(k); err != nil {
			return nil, err
		}
		if voted[[2]string{b.Family, b.Voter}] {
			return nil, fmt.Errorf("votes: %s votes twice", b.Voter)
		}
		voted[[2]string{b.Family, b.Voter}] = true
		at := slices.IndexFunc(out, func(t Tally) bool { return t.Family == b.Family })
		if at < 0 {
			at = len(out)
			out = append(out, Tally{Family: b.Family, Counts: make([]VoteCount, k)})
		}
		out[at].add(b)
	}
	for i := range out {
		out[i].close()
	}
	return out, nil
}

func (b Ballot) check(k int) error {
	if b.Reason != "" {
		return nil
	}
	seen := make([]bool, k)
	for _, place := range b.Order {
		if len(place) == 0 {
			return fmt.Errorf("votes: %s leaves a place empty", b.Voter)
		}
		for _, c := range place {
			if c < 0 || c >= k || seen[c] {
				return fmt.Errorf("votes: %s: candidate %d of %d is not there, or there twice", b.Voter, c, k)
			}
			seen[c] = true
		}
	}
	if len(b.Order) == 0 {
		return fmt.Errorf("votes: %s has no order and gives no reason", b.Voter)
	}
	return nil
}

// add counts a ballot; ranks are summed here and divided in close.
func (t *Tally) add(b Ballot) {
	if b.Reason != "" {
		t.Abstained = append(t.Abstained, Abstention{b.Voter, b.Reason})
		return
	}
	t.Cast++
	before := 0
	for i, place := range b.Order {
		for _, c := range place {
			n := &t.Counts[c]
			n.MeanRank += float64(before) + float64(len(place)+1)/2
			n.Rated++
			if i == 0 {
				n.First += 1 / float64(len(place))
				n.Voters = append(n.Voters, b.Voter)
			}
		}
		before += len(place)
	}
}

func (t *Tally) close() {
	if t.Cast == 0 {
		t.Reason = "all abstain"
		return
	}
	const rounding = 1e-9 // of sums of 1/t
	var most float64
	for i := range t.Counts {
		n := &t.Counts[i]
		if n.Rated > 0 {
			n.MeanRank /= float64(n.Rated)
		}
		most = max(most, n.First)
	}
	for i, n := range t.Counts {
		if n.First >= most-rounding {
			t.Winners = append(t.Winners, i)
		}
	}
	t.Majority = most > float64(t.Cast)/2+rounding
}
