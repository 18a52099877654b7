package study_test

import (
	"context"
	"testing"

	"github.com/mores-lab/mores/eval/study"
)

// BenchmarkFeed is one contact of a customer with the simulated shop's history.
func BenchmarkFeed(b *testing.B) {
	log, m := usualModel(b)
	tr, err := study.NewTracker(m, study.TrackOptions{Meta: log.Meta})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	cs := contacts(b, log, 10)
	if _, err := tr.Feed(ctx, cs); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := cs[(i*7919)%len(cs)]
		c.Amount++
		if _, err := tr.Feed(ctx, []study.Contact{c}); err != nil {
			b.Fatal(err)
		}
	}
}
