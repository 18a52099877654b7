package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// lookalikeHiddenStream numbers the streams of the trials.
const lookalikeHiddenStream = 0x1a0000

// try hides parts of the seed set and looks where they rank.
func (l *Lookalike) try(ctx context.Context, scorer lookalikeScorer, seed []bool, o *LookalikeOptions) error {
	l.Trials = o.Repeats
	var seeds []int
	for i, s := range seed {
		if s {
			seeds = append(seeds, i)
		}
	}
	ranks := make([][]float64, o.Repeats) // of the hidden: the reach at which each is found
	curves := make([][]float64, o.Repeats)
	l.recall = make([][]float64, o.Repeats)
	fails := make([]error, o.Repeats)
	parallel(lookalikeWorkers(o.Workers), o.Repeats, func(r int) {
		if ctx.Err() != nil {
			return
		}
		rng := rand.New(rand.NewPCG(o.Seed, lookalikeHiddenStream+uint64(r)))
		known, hidden := slices.Clone(seed), make([]bool, len(seed))
		for _, at := range rng.Perm(len(seeds))[:l.Hidden] {
			known[seeds[at]], hidden[seeds[at]] = false, true
		}
		scores, err := scorer.score(ctx, known)
		if err != nil {
			fails[r] = err
			return
		}
		t := rankLookalikes(scores, known, hidden)
		ranks[r] = t.ranks
		for _, reach := range LookalikeReaches {
			l.recall[r] = append(l.recall[r], t.recall(reach))
		}
		for p := 1; p <= 100; p++ {
			curves[r] = append(curves[r], t.recall(float64(p)/100))
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, err := range fails {
		if err != nil {
			return fmt.Errorf("look-alikes by %s: %w", l.Method, err)
		}
	}
	l.similarities(seed, ranks)
	var order []float64
	for i, v := range l.Similarity {
		if !seed[i] {
			order = append(order, v)
		}
	}
	slices.SortFunc(order, func(a, b float64) int { return cmp.Compare(b, a) })
	for k, reach := range LookalikeReaches {
		p := l.point(reach, order)
		values := make([]float64, o.Repeats)
		for r := range values {
			values[r] = l.recall[r][k]
		}
		t, err := CorrectedResampledT(values, l.Seeds-l.Hidden, l.Hidden, .05)
		if err != nil {
			return err
		}
		p.Recall, p.Lift, p.Reason = t.Mean, t.Mean/reach, t.Reason
		if t.Reason == "" {
			p.RecallLo, p.RecallHi = max(0, t.Lo), min(1, t.Hi)
			p.LiftLo, p.LiftHi = p.RecallLo/reach, p.RecallHi/reach
		}
		l.At = append(l.At, p)
	}
	for c := range 100 {
		p := l.point(float64(c+1)/100, order)
		for _, curve := range curves {
			p.Recall += curve[c] / float64(o.Repeats)
		}
		p.Lift, p.Reason = p.Recall/p.Reach, "means only: bounds are at the named reaches"
		l.Curve = append(l.Curve, p)
	}
	return nil
}

// lookalikeRanks is where the hidden seeds rank among the candidates of a trial.
type lookalikeRanks struct {
	candidates int
	groups     []lookalikeTies // best first
	hidden     int
	ranks      []float64 // of each hidden one, the middle of its ties, as a share of the candidates
}

type lookalikeTies struct{ customers, hidden int }

func rankLookalikes(scores []float64, known, hidden []bool) *lookalikeRanks {
	var rows []int
	for i := range scores {
		if !known[i] {
			rows = append(rows, i)
		}
	}
	slices.SortFunc(rows, func(a, b int) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		}
		return a - b
	})
	t := &lookalikeRanks{candidates: len(rows)}
	for lo := 0; lo < len(rows); {
		g := lookalikeTies{}
		hi := lo
		for ; hi < len(rows) && scores[rows[hi]] == scores[rows[lo]]; hi++ {
			g.customers++
			if hidden[rows[hi]] {
				g.hidden++
			}
		}
		for range g.hidden {
			t.ranks = append(t.ranks, (float64(lo)+float64(g.customers)/2)/float64(len(rows)))
		}
		t.hidden += g.hidden
		t.groups = append(t.groups, g)
		lo = hi
	}
	return t
}

// recall is the share of the hidden among the best reach of the candidates.
func (t *lookalikeRanks) recall(reach float64) float64 {
	left, found := reach*float64(t.candidates), 0.0
	for _, g := range t.groups {
		if left <= float64(g.customers) {
			found += float64(g.hidden) * left / float64(g.customers)
			break
		}
		left -= float64(g.customers)
		found += float64(g.hidden)
	}
	return found / float64(t.hidden)
}

// similarities reads each row's similarity off where the hidden seeds ranked.
func (l *Lookalike) similarities(seed []bool, ranks [][]float64) {
	var pool []float64
	for _, r := range ranks {
		pool = append(pool, r...)
	}
	slices.Sort(pool)
	// Seeds rank among the candidates where their scores would: their similarity is read
	// off the same curve.
	var scores []float64
	for i, s := range l.Scores {
		if !seed[i] {
			scores = append(scores, s)
		}
	}
	slices.Sort(scores)
	l.Similarity = make([]float64, len(l.Scores))
	for i, s := range l.Scores {
		below, _ := slices.BinarySearch(scores, s)
		upTo := below
		for upTo < len(scores) && scores[upTo] == s {
			upTo++
		}
		rank := 1 - float64(below+upTo)/2/float64(len(scores))
		better, _ := slices.BinarySearch(pool, rank)
		l.Similarity[i] = 1 - float64(better)/float64(len(pool))
	}
}

// point fills in who is reached; order holds the candidates' similarities, falling.
func (l *Lookalike) point(reach float64, order []float64) LookalikePoint {
	n := int(math.Round(reach * float64(l.Candidates)))
	return LookalikePoint{Reach: reach, Customers: n, Similarity: order[max(n-1, 0)]}
}
