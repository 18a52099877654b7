package study

import (
	"slices"
	"testing"
)

// A study of more customers than the judgement looks at is judged on a sample of them:
// the same ones in every feature set, each measured as in the study, and counted.
func TestJudgeSample(t *testing.T) {
	s, p, all := shopLab(t)
	r := &runner{s: s, plan: p}
	if drawn, of := drawnOf(all, p.sets); drawn != 0 || of != 0 {
		t.Errorf("%d of %d customers of a small study were drawn", drawn, of)
	}
	old := judgeRows
	judgeRows = 60
	t.Cleanup(func() { judgeRows = old })
	l, err := r.judgeLab(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	drawn, of := drawnOf(l, p.sets)
	n, _ := p.sets[0].set.X.Dims()
	if drawn < 30 || drawn > 90 || of != n || l.log.NumCustomers() >= s.Log.NumCustomers() {
		t.Errorf("%d of %d customers were drawn, of a set of %d", drawn, of, n)
	}
	for _, id := range l.sets[0].ids {
		if !slices.Contains(all.sets[0].ids, id) || !drawnIn(id, s, of) {
			t.Errorf("%s is of the sample", id)
		}
	}
}

func drawnIn(id string, s *Study, of int) bool {
	return drawn(id, float64(judgeRows)/float64(of), s.Seed)
}
