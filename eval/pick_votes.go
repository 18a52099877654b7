package eval

import "math"

// pickVoter is an index that says which candidate it would take.
type pickVoter struct {
	metric, family string
	better         int
}

// pickVoters are the indices by what they reward. Only compact ones are alike enough for
// their votes to be counted together.
var pickVoters = []pickVoter{
	{"silhouette", "compact", +1},
	{"calinski_harabasz", "compact", +1},
	{"davies_bouldin", "compact", -1},
	{"xie_beni", "compact", -1},
	{"pbm", "compact", +1},
	{"dunn", "separated", +1},
	{"generalized_dunn", "separated", +1},
	{"wcnn", "near neighbours", +1},
	{"dunnowa", "near neighbours", +1},
	{"dbcv", "density", +1},
	{"bic", "mixture", -1},
	{"icl", "mixture", -1},
}

// pickVotes has each index vote on the candidates that are compared.
func pickVotes(candidates []Candidate, open []bool) ([]Tally, error) {
	var ballots []Ballot
	for _, v := range pickVoters {
		scores := make([]Score, len(candidates))
		for i, c := range candidates {
			if scores[i] = pickScore(c, v.metric); !open[i] {
				scores[i] = Undefined("the candidates did not pass the gates")
			}
		}
		ballots = append(ballots, NewBallot(v.metric, v.family, scores, v.better, 0))
	}
	return Votes(len(candidates), ballots)
}

// pickScore is a candidate's score by a metric.
func pickScore(c Candidate, metric string) Score {
	if v, ok := c.Scores[metric]; ok && !math.IsNaN(v) && !math.IsInf(v, 0) {
		return Score{Value: v}
	}
	return Undefined("%s was not computed, or is undefined", metric)
}
