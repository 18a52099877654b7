package report

import (
	"fmt"
	"strings"

	"github.com/mores-lab/mores/eval/study"
)

// lowCoverage is where a reader must be told that many customers are in no
// segment: every fifth.
const lowCoverage = 0.8

// verdict is the headline and the study's own sentences; what else nobody may
// miss; and whether a run is recommended.
func (b *builder) verdict() (sentences, cautions []string, found bool) {
	found = b.winner != nil && !b.winner.Baseline && b.winner.K[1] > 1
	if b.judged() {
		found = b.chosen() != nil
	}
	sentences = append([]string{b.headline(found)}, study.Verdict(b.state, "")...)
	if b.shown == nil {
		return sentences, nil, false
	}
	d := b.shown.Done
	if d.Stop == "max_iter" {
		cautions = append(cautions, fmt.Sprintf("%s did not converge: it stopped after %s.", b.names[b.shown.ID], plural(d.NIter, "iteration")))
	}
	if c := b.shown.Coverage(); c < lowCoverage {
		cautions = append(cautions, fmt.Sprintf("%s leaves %s (%s) unassigned.", b.names[b.shown.ID], b.people(d.NNoise), percent(1-c)))
	}
	if b.judged() && !found && b.opt.Run == "" {
		cautions = append(cautions, fmt.Sprintf("The segments shown are those of %s, the first by %s, so that there is something to look at: the verdict recommends none.", b.names[b.shown.ID], spoken(b.metric)))
	} else if id := b.recommended(); id != "" && id != b.shown.ID {
		cautions = append(cautions, fmt.Sprintf("The segments shown are those of %s, as was asked for; the verdict names %s.", b.names[b.shown.ID], b.names[id]))
	} else if len(b.boards) > 1 && b.state.Verdict == nil {
		cautions = append(cautions, fmt.Sprintf("The segments shown are those of feature set %s: values of different feature sets cannot be compared, and it is the first of %d.", b.shown.Start.Set, len(b.boards)))
	}
	return sentences, cautions, found
}

// headline says what the segments mean in customers and revenue.
func (b *builder) headline(found bool) string {
	who := b.unit() + "s"
	switch {
	case b.shown == nil && len(b.state.DoneRuns()) == 0:
		return "No run has finished: nothing can be said yet"
	case b.shown == nil:
		return "No run found segments worth showing"
	case !found && b.recommended() == b.shown.ID:
		return fmt.Sprintf("No segments were found: nothing beats a baseline among the runs that leave no %s out", who)
	case len(b.cards) == 0:
		return fmt.Sprintf("No segments: every one of the %s is unassigned", who)
	case len(b.cards) == 1:
		return fmt.Sprintf("No segments: all %s are one group", who)
	}
	return fmt.Sprintf("%s segments of %s: %s", spelled(len(b.cards)), who, b.worth())
}

// worth says what the segments mean in customers and revenue: of the one whose share of
// the revenue is farthest above its share of people, or of the largest.
func (b *builder) worth() string {
	best, gain := 0, 0.0
	for i, c := range b.cards {
		if c.ValueShare != nil && *c.ValueShare-c.Share > gain {
			best, gain = i, *c.ValueShare-c.Share
		}
	}
	c := b.cards[best]
	if c.ValueShare != nil {
		return fmt.Sprintf("“%s” are %s of those clustered and bring %s of their revenue", c.Name, percent(c.Share), percent(*c.ValueShare))
	}
	return fmt.Sprintf("the largest, “%s”, holds %s of those clustered", c.Name, percent(c.Share))
}

func (b *builder) unit() string {
	if u := strings.TrimSpace(b.data.Unit); u != "" {
		return u
	}
	return "customer"
}

// spelled writes small numbers as words: what begins a sentence.
func spelled(n int) string {
	words := [...]string{"No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"}
	if n < len(words) {
		return words[n]
	}
	return count(n)
}
