package eval

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Support says how far other algorithms find the same partition.
type Support struct {
	Value  float64       `json:"value"` // in [0, 1]; meaningless if Reason is set
	Reason string        `json:"reason,omitempty"`
	By     []SupportFrom `json:"by,omitempty"` // one an algorithm, in the order of candidates
}

// SupportFrom is the most similar partition of another algorithm.
type SupportFrom struct {
	Algorithm string  `json:"algorithm"`
	Family    string  `json:"family"`
	Index     int     `json:"index"` // candidate
	ARI       float64 `json:"ari"`   // as it is; a negative one counts as 0
}

// Defined reports whether there was an algorithm to compare with.
func (s Support) Defined() bool { return s.Reason == "" }

// words tells the support in a clause.
func (s Support) words() string {
	var list []string
	for _, b := range s.By {
		list = append(list, fmt.Sprintf("%s %.2f", b.Algorithm, b.ARI))
	}
	return fmt.Sprintf("agreement with other algorithms %.2f (adjusted Rand index of the most similar run: %s)", s.Value, strings.Join(list, ", "))
}

// support fills Support with the candidates that are compared, and returns what it has made
// of their labels.
func (r PickRule) support(ctx context.Context, candidates []Candidate, open []bool, p *Picked) (*pickNest, error) {
	m := len(candidates)
	filled, counts := make([][]int32, m), make([][]int, m)
	workers := workersOf(&Input{Workers: r.Workers})
	parallel(workers, m, func(i int) {
		if !open[i] || ctx.Err() != nil {
			return
		}
		filled[i], counts[i] = dense(candidates[i].Labels)
		if candidates[i].Noise == 0 {
			return
		}
		for row, l := range filled[i] {
			if l < 0 {
				filled[i][row] = int32(len(counts[i]))
			}
		}
		counts[i] = append(counts[i], candidates[i].Noise)
	})
	ari := make([][]float64, m) // [i][j], j < i
	parallel(workers, m, func(task int) {
		i := m - 1 - task // the longest first, so that workers end together
		ari[i] = make([]float64, i)
		for j := range i {
			if !open[i] || !open[j] || candidates[i].Algorithm == candidates[j].Algorithm || ctx.Err() != nil {
				continue
			}
			t := &contingency{n: candidates[i].N, a: counts[i], b: counts[j]}
			t.count(filled[i], filled[j])
			ari[i][j] = t.adjustedRand()
		}
	})
	p.Support = make([]Support, m)
	for i := range candidates {
		if !open[i] {
			p.Support[i].Reason = "did not pass the gates"
			continue
		}
		p.Support[i] = supportOf(candidates, open, i, func(j int) float64 { return ari[max(i, j)][min(i, j)] })
	}
	return &pickNest{candidates: candidates, open: open, labels: filled, counts: counts, workers: workers}, ctx.Err()
}

// supportOf averages the best agreement with each other algorithm, within families first.
func supportOf(candidates []Candidate, open []bool, i int, ari func(j int) float64) Support {
	var s Support
	for j, c := range candidates {
		if !open[j] || c.Algorithm == candidates[i].Algorithm {
			continue
		}
		at := slices.IndexFunc(s.By, func(b SupportFrom) bool { return b.Algorithm == c.Algorithm })
		switch v := ari(j); {
		case at < 0:
			s.By = append(s.By, SupportFrom{Algorithm: c.Algorithm, Family: cmp.Or(c.Family, PickFamily(c.Algorithm)), Index: j, ARI: v})
		case v > s.By[at].ARI:
			s.By[at].Index, s.By[at].ARI = j, v
		}
	}
	if len(s.By) == 0 {
		s.Reason = "no other algorithm has a candidate that passed the gates"
		return s
	}
	names, values := supportFamilies(s.By)
	for _, v := range values {
		s.Value += v / float64(len(names))
	}
	return s
}

// supportFamilies are the means within families, in the order of candidates: sums must not
// depend on that of a map.
func supportFamilies(by []SupportFrom) (names []string, means []float64) {
	var count []float64
	for _, b := range by {
		at := slices.Index(names, b.Family)
		if at < 0 {
			at = len(names)
			names, means, count = append(names, b.Family), append(means, 0), append(count, 0)
		}
		means[at] += max(0, b.ARI)
		count[at]++
	}
	for i := range means {
		means[i] /= count[i]
	}
	return names, means
}
