package study

import (
	"math"
	"runtime"
	"sync"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
)

// measureApart is the number of customers from which a second processor pays.
const measureApart = 64

// measure labels customers as of now. hold = let the label count for the segment they are
// held in; without it they are only measured.
func (t *Tracker) measure(cs []*tracked, hold bool) error {
	parts := max(1, min(runtime.GOMAXPROCS(0), len(cs)/measureApart))
	for len(t.desks) < parts {
		t.desks = append(t.desks, datasets.NewDesk())
	}
	errs := make([]error, parts)
	measured := make([]func(), parts) // what is for one at a time
	var wg sync.WaitGroup
	for k := range parts {
		part := cs[k*len(cs)/parts : (k+1)*len(cs)/parts]
		one := func() { measured[k], errs[k] = t.measureOn(t.desks[k], part, hold) }
		if parts == 1 {
			one()
		} else {
			wg.Go(one)
		}
	}
	wg.Wait()
	for k, count := range measured {
		if errs[k] != nil {
			return errs[k]
		}
		count()
	}
	return nil
}

// measureOn measures customers on a desk. It writes to nothing but them; what follows for
// the counts of drift is done by the function that it returns.
func (t *Tracker) measureOn(d *datasets.Desk, cs []*tracked, hold bool) (count func(), err error) {
	meta := t.meta
	meta.Has &= t.reads
	d.Clear(meta, t.opt.Tables)
	var on []*tracked // who has events in the window, in the order of the histories
	for _, c := range cs {
		if d.Add(c.id, len(c.events), func(i int) *datasets.Event { return &c.events[i].Event }) {
			on = append(on, c)
		}
	}
	ps, raw, err := t.m.labelHistories(d.Histories(make([]datasets.History, 0, len(on))), true)
	if err != nil {
		return nil, err
	}
	was := make([]driftMark, len(cs))
	w := t.meta.Window
	row, next := 0, 0
	for i, c := range cs {
		was[i] = c.mark
		c.mark = driftMark{}
		if next < len(on) && on[next] == c {
			c.p = ps[next]
			next++
		} else {
			c.p = none(cluster.Noise, datasets.Prospect.String(), "no events in the window")
			c.p.ID = c.id
		}
		if row < len(raw.IDs) && raw.IDs[row] == c.id {
			c.mark = t.marked(raw.Row(row), c.p)
			row++
		}
		c.from, c.to, c.kinds = w.From.UnixMicro(), w.To.UnixMicro(), t.meta.Kinds
		if hold {
			c.hold(t.opt.Hysteresis, c.p, c.moment())
		}
	}
	return func() {
		for i, c := range cs {
			t.drift.add(&was[i], -1)
			t.drift.add(&c.mark, 1)
		}
	}, nil
}

// moment is what tells one update of a customer from the next: the latest stamp, and now.
func (c *tracked) moment() moment {
	m := moment{now: c.to, stamp: math.MinInt64}
	if n := len(c.events); n > 0 {
		m.stamp = c.events[n-1].Time
	}
	return m
}

func (t *Tracker) marked(raw []float64, p Prediction) driftMark {
	k := driftMark{bins: make([]uint8, len(raw)), labelled: p.Label >= 0, outside: len(p.Outside) > 0}
	for j, v := range raw {
		k.bins[j] = uint8(t.m.Training[j].bin(v))
	}
	k.beyond = k.labelled && t.m.Far != nil && p.Distance > *t.m.Far
	return k
}
