package study

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/rule"
	"github.com/mores-lab/mores/features"
)

// ruledRows remembers what rules say of the rows of a set: there are few rules, and each
// is asked by every refit.
type ruledRows struct {
	mu sync.Mutex
	of map[string]*ruledOnce
}

type ruledOnce struct {
	mu      sync.Mutex
	numbers []int32
}

func (c *ruledRows) get(key string, make func() ([]int32, error)) ([]int32, error) {
	c.mu.Lock()
	if c.of == nil {
		c.of = map[string]*ruledOnce{}
	}
	o := c.of[key]
	if o == nil {
		o = &ruledOnce{}
		c.of[key] = o
	}
	c.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.numbers == nil {
		numbers, err := make()
		if err != nil {
			return nil, err
		}
		o.numbers = numbers
	}
	return o.numbers, nil
}

// ruled is what rules say of every row of the part's set: events are the same for all
// parts, features are as this part's models measure them.
func (p *labPart) ruled(ctx context.Context, a *Rules) ([]int32, error) {
	rules, err := a.parse()
	if err != nil {
		return nil, err
	}
	var log *datasets.Log
	if p.set.of.recipe != nil {
		log = p.set.lab.log
	}
	key := strings.Join(a.Rules, "\n")
	if len(rule.Features(rules...)) == 0 {
		return p.set.ruled.get(key, func() ([]int32, error) { return a.ask(ctx, log, p.set.of.set.Raw, 1) })
	}
	return p.rules.get(key, func() ([]int32, error) {
		raw, err := p.wholeRaw(ctx)
		if err != nil {
			return nil, err
		}
		return a.ask(ctx, log, raw, 1)
	})
}

// wholeRaw is every row of the set as this part's models measure it.
func (p *labPart) wholeRaw(ctx context.Context) (*features.Matrix, error) {
	if p.set.of.recipe == nil {
		return p.set.of.set.Raw, nil
	}
	raw := features.NewMatrix(len(p.set.ids), p.pipe.Columns, nil)
	raw.IDs = p.set.ids
	at := make(map[string]int, len(p.set.ids))
	for i, id := range p.set.ids {
		at[id] = i
	}
	for h, err := range p.set.lab.log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		i, ok := at[h.ID]
		if !ok {
			continue
		}
		row, err := p.pipe.Measure(h)
		if err != nil {
			return nil, err
		}
		copy(raw.Row(i), row)
	}
	return raw, nil
}

// given answers for algorithms that learn nothing from the matrix: rules, which are asked
// of the log at hand, and labels, which can be asked nothing. ok is false for the others.
func (p *labPart) given(ctx context.Context, a cluster.Algorithm) (c *cluster.Clustering, ok bool, err error) {
	switch a := a.(type) {
	case *Rules:
		numbers, err := p.ruled(ctx, a)
		if err != nil {
			return nil, true, err
		}
		own := make([]int32, len(p.kept))
		for i, at := range p.kept {
			own[i] = numbers[p.rows[at]]
		}
		c, err := a.divided(own)
		return c, true, err
	case *cluster.Labels:
		return nil, true, fmt.Errorf("the labels of %s were made elsewhere, for these customers and this date: nobody can make them again from some of the customers, or as of an earlier day", a.File)
	}
	return nil, false, nil
}

// ruledLabels are the fit's labels of rows of the set: by the rules, whose segments have
// other numbers in another part. Rules that nobody of the part meets are no segment of it.
func (f *labFit) ruledLabels(ctx context.Context, a *Rules, rows []int) ([]int32, error) {
	numbers, err := f.part.ruled(ctx, a)
	if err != nil {
		return nil, err
	}
	rules, err := a.parse()
	if err != nil {
		return nil, err
	}
	label := make([]int32, len(rules))
	for i, r := range rules {
		label[i] = int32(slices.Index(f.c.Names, r.Name)) // −1 = no segment
	}
	out := make([]int32, len(rows))
	for i, r := range rows {
		if out[i] = cluster.Noise; numbers[r] >= 0 {
			out[i] = label[numbers[r]]
		}
	}
	return out, nil
}
