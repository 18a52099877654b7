package features

import (
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// BenchmarkJourneyBlocks reads every line of a log of all kinds of event once, by Gather
// and by Measure; ns/line is what each costs.
func BenchmarkJourneyBlocks(b *testing.B) {
	log := checkLog(checkEvents(1), datasets.Second, time.Time{})
	var all []datasets.History
	for h := range log.Histories(b.Context()) {
		all = append(all, h)
		h.Occasions()
		h.Day(0)
	}
	lines := float64(log.NumEvents())
	for _, name := range []string{"journey", "path", "campaign", "channel", "referral"} {
		block := mustNew(b, name)
		built := built(b, log, one(b, name, block), 0, 1)
		m := built.Pipeline.models[0]
		row := make([]float64, len(m.Columns()))
		b.Run(name+"/gather", func(b *testing.B) {
			for b.Loop() {
				s := block.Empty()
				for _, h := range all {
					s.Merge(block.Gather(h))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
		})
		b.Run(name+"/measure", func(b *testing.B) {
			for b.Loop() {
				for _, h := range all {
					m.Measure(h, row)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
		})
	}
}
