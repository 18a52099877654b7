package study

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

// Shown returns the winner whose segments stand for the study: that of the first
// feature set, in the study's order, whose winner is no baseline; else the first
// winner; nil if there is none. Values of different feature sets cannot be
// compared, so the order, which is the study's own, decides.
func Shown(boards []Board) *Entry {
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
