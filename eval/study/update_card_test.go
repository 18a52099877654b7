package study_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval/study"
)

// TestCard: values as measured at once, shares in order, pulls that agree with the label.
func TestCard(t *testing.T) {
	log, m := usualModel(t)
	rows := tenths(t, log, m)
	tr, err := study.NewTracker(m, study.TrackOptions{Meta: log.Meta})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	cs := contacts(t, log, 40)
	if _, err := tr.Feed(ctx, cs); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := tr.Card(ctx, "nobody", ""); ok {
		t.Error("a card of nobody")
	}
	last := map[string]int64{}
	for _, c := range cs {
		last[c.Customer] = max(last[c.Customer], c.Time)
	}
	labelled, rivals := 0, 0
	for id := range last {
		card, ok, err := tr.Card(ctx, id, "")
		if err != nil || !ok {
			t.Fatal(id, ok, err)
		}
		st, _ := tr.Customer(id)
		if card.Segment != st.Segment || card.Events != st.Events || card.Needed != study.DefaultHysteresis.Updates {
			t.Errorf("%+v is not %+v", card.Standing, st)
		}
		if len(card.Latest) != min(12, st.Events) || !slices.IsSortedFunc(card.Latest, func(a, b study.CardEvent) int { return strings.Compare(b.Time, a.Time) }) {
			t.Errorf("%s: %d latest of %d events", id, len(card.Latest), st.Events)
		}
		row := rows[id]
		if (row == nil) != (card.Columns == nil) || row == nil && card.Note == "" {
			t.Errorf("%s: columns %v, note %q", id, card.Columns, card.Note)
		}
		for j, c := range card.Columns {
			if c.Column != m.Training[j].Column || (c.Value == nil) != math.IsNaN(row[j]) || c.Value != nil && *c.Value != row[j] {
				t.Errorf("%s: %+v, measured %g", id, c, row[j])
			}
			if c.Outside != slices.Contains(st.Outside, c.Column) || c.Below != nil && (*c.Below < 0 || *c.Below >= 1) {
				t.Errorf("%s: %+v", id, c)
			}
		}
		if st.Since == nil {
			if card.Than != "" {
				t.Errorf("%s in no segment is compared with %s", id, card.Than)
			}
			continue
		}
		labelled++
		if card.Rival != "" {
			rivals++
		}
		total, sum, abs := 0.0, 0.0, 0.0
		for i, s := range card.Shares {
			total += s.Share
			if i > 0 && s.Share > card.Shares[i-1].Share {
				t.Errorf("%s: shares out of order", id)
			}
		}
		for _, c := range card.Columns {
			if c.Pull != nil {
				sum, abs = sum+*c.Pull, abs+math.Abs(*c.Pull)
			}
		}
		if math.Abs(total-1) > 1e-9 || math.Abs(abs-1) > 1e-9 || st.Label == st.Predicted && sum < 0 {
			t.Errorf("%s: shares add to %g, pulls to %g and %g", id, total, sum, abs)
		}
		if same, _, _ := tr.Card(ctx, id, st.Segment); same.Than != "" {
			t.Errorf("%s is compared with their own segment", id)
		}
		if other, _, _ := tr.Card(ctx, id, card.Than); other.Than != card.Than || *other.Columns[0].Pull != *card.Columns[0].Pull {
			t.Errorf("%s: than %s differs when it is asked for", id, card.Than)
		}
	}
	if labelled < 15 {
		t.Fatalf("%d labelled", labelled)
	}
	t.Logf("%d labelled, of %d a rival leads", labelled, rivals)

	// Rules without parts say so.
	m.Rule.Measure = &cluster.Measure{}
	card, _, err := tr.Card(ctx, cs[0].Customer, "")
	if m.Rule.Measure = nil; err != nil || card.Note == "" || card.Than != "" {
		t.Errorf("%v: note %q", err, card.Note)
	}
}
