package study

import "slices"

// HeadlineMetric is the metric that a study is judged by unless another is asked
// for: the silhouette where the study has it, else its first that ranks; "" if
// none does.
func HeadlineMetric(s *State) string { return headlineMetric(s) }

// Winner returns the entry that the verdict names: the best that is not lopsided,
// of the first group that has one; nil if there is none.
func (b *Board) Winner() *Entry {
	for i := range b.Groups {
		best, _, _ := b.Groups[i].winners()
		if best != nil {
			return best
		}
	}
	return nil
}

// Shown returns the entry whose segments stand for the study: the one that the verdict
// chose; where there is none, the winner of the first feature set, in the study's order,
// whose winner is no baseline, else the first winner; nil if there is none. Values of
// different feature sets cannot be compared, so the order, which is the study's own,
// decides.
func Shown(s *State, boards []Board) *Entry {
	if s.Verdict != nil && s.Verdict.Run != "" {
		for i := range boards {
			if e := boards[i].entry(s.Verdict.Run); e != nil {
				return e
			}
		}
	}
	var first *Entry
	for i := range boards {
		w := boards[i].Winner()
		switch {
		case w == nil:
		case !w.Baseline:
			return w
		case first == nil:
			first = w
		}
	}
	return first
}

// Marked returns the entry of a board that is marked as the one to take: of a judged
// study the verdict's choice, on its own board alone, else the winner.
func (b *Board) Marked(s *State) *Entry {
	if s.Verdict != nil {
		return b.entry(s.Verdict.Run)
	}
	return b.Winner()
}

// entry returns the entry that holds a run, or nil.
func (b *Board) entry(run string) *Entry {
	for i := range b.Groups {
		for j := range b.Groups[i].Entries {
			e := &b.Groups[i].Entries[j]
			if slices.ContainsFunc(e.Runs, func(r *RunState) bool { return r.ID == run }) {
				return e
			}
		}
	}
	return nil
}
