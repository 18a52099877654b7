package datasets

import (
	"context"
	"fmt"
	"slices"
)

// Pick returns the log of those customers alone, in memory: what everything learned from
// it knows of. ids come in any order; one that the log does not hold, or that stands
// twice, is an error. Side tables are shared and keep their rows. Cost: a pass over the
// log, and the memory of the picked customers' events.
func (l *Log) Pick(ctx context.Context, ids []string) (*Log, error) {
	want := make(map[string]bool, len(ids)) // true = not met yet
	for _, id := range ids {
		if _, twice := want[id]; twice {
			return nil, fmt.Errorf("customer %q is picked twice", id)
		}
		want[id] = true
	}
	out := *l
	out.shards, out.stored = nil, nil
	left := len(want)
	for e, err := range l.Shards(ctx) {
		if err != nil {
			return nil, err
		}
		p := &Events{Words: e.Words, log: &out, Starts: []int{0}}
		var rows []int32
		for i, id := range e.IDs {
			if !want[id] {
				continue
			}
			want[id] = false
			left--
			for r := e.Starts[i]; r < e.Starts[i+1]; r++ {
				rows = append(rows, int32(r))
			}
			p.IDs = append(p.IDs, id)
			p.Starts = append(p.Starts, len(rows))
		}
		if len(p.IDs) > 0 {
			p.gather(e, rows)
			if l.stored != nil {
				p.ownWords()
			}
			out.shards = append(out.shards, p)
		}
	}
	if left > 0 {
		var lost []string
		for id, missing := range want {
			if missing {
				lost = append(lost, id)
			}
		}
		slices.Sort(lost)
		return nil, fmt.Errorf("%d of %d customers picked are not in %s, among them %q", left, len(ids), l.Meta.Name, lost[0])
	}
	out.survey()
	return &out, nil
}

// ownWords gives a part of a shard a dictionary of its own: the shard's, which may hold
// millions of orders, would stay in memory for the sake of a few customers.
func (e *Events) ownWords() {
	code := make(map[int32]int32)
	words := []string{""}
	for _, c := range e.texts() {
		for i, k := range *c {
			if k == 0 {
				continue
			}
			n, ok := code[k]
			if !ok {
				n = int32(len(words))
				code[k] = n
				words = append(words, e.Words[k])
			}
			(*c)[i] = n
		}
	}
	e.Words = words
}
