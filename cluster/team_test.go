package cluster

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

// Every chunk is done once, however many goroutines there are and however short the
// jobs.
func TestTeam(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		team := newTeam(workers)
		for range 2000 {
			var done [7]atomic.Int32
			team.run(len(done), func(c int) { done[c].Add(1) })
			for c := range done {
				if done[c].Load() != 1 {
					t.Fatalf("%d workers: chunk %d was done %d times", workers, c, done[c].Load())
				}
			}
		}
		team.close()
	}
}

func TestParallel(t *testing.T) {
	b := newBlocks(10_000)
	for _, workers := range []int{1, 3} {
		var rows, calls atomic.Int64
		if err := b.each(context.Background(), workers, func(_, lo, hi int) { rows.Add(int64(hi - lo)); calls.Add(1) }); err != nil || rows.Load() != 10_000 || calls.Load() != int64(b.count) {
			t.Errorf("%d rows in %d calls (%v)", rows.Load(), calls.Load(), err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var ended atomic.Bool
		var late atomic.Int64
		calls.Store(0)
		err := parallel(ctx, workers, 1000, func(int) {
			if ended.Load() {
				late.Add(1)
			}
			if calls.Add(1) == 5 {
				cancel()
				ended.Store(true)
			}
		})
		// A worker may have looked at ctx just before the end: one call each.
		if !errors.Is(err, context.Canceled) || late.Load() > int64(workers) {
			t.Errorf("%d calls began after the end (%v)", late.Load(), err)
		}
	}
}
