package rule

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Segments says who belongs to which rule, at an instant.
type Segments struct {
	Rules []*Rule
	Now   time.Time
	IDs   []string // everybody with an event before Now, in customer order
	// Value is Σ amount of each one's purchases before Now; nil without amounts.
	Value []float64
	In    [][]bool // by rule and customer
}

// Evaluate asks every rule of everybody with an event before now. x holds the features,
// one row a customer by its id, and may be nil if no rule asks for one; who has no row has
// no feature. A zero now is the end of the log's window.
//
// The result does not depend on workers (0 = all processors). Cost: one pass over the
// log, O(events × what the rules count).
func Evaluate(ctx context.Context, log *datasets.Log, now time.Time, x *features.Matrix, workers int, rules ...*Rule) (*Segments, error) {
	if len(rules) == 0 {
		return nil, errors.New("rule: no rule to evaluate")
	}
	if now.IsZero() {
		now = log.Meta.Window.To
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	out := &Segments{Rules: rules, Now: now, In: make([][]bool, len(rules))}
	wall := wallOf(&log.Meta, now.UnixMicro())
	rows, cols := map[string]int{}, map[string]int{}
	if x != nil {
		n, _ := x.Dims()
		for i := range n {
			rows[x.ID(i)] = i
		}
		for j, c := range x.Cols {
			cols[c.Name] = j
		}
	}
	for e, err := range log.Shards(ctx) {
		if err != nil {
			return nil, err
		}
		n := len(e.IDs)
		known, value, in := make([]bool, n), make([]float64, n), make([]bool, n*len(rules))
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := w * n / workers; i < (w+1)*n/workers; i++ {
					if i%256 == 0 && ctx.Err() != nil {
						return
					}
					c, ok := newCustomer(e.History(i), wall, x, rows, cols)
					if !ok {
						continue
					}
					known[i], value[i] = true, c.gross()
					for r := range rules {
						in[i*len(rules)+r] = c.holds(rules[r].root, -1)
					}
				}
			})
		}
		wg.Wait()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, id := range e.IDs {
			if !known[i] {
				continue
			}
			out.IDs, out.Value = append(out.IDs, id), append(out.Value, value[i])
			for r := range rules {
				out.In[r] = append(out.In[r], in[i*len(rules)+r])
			}
		}
	}
	if log.Meta.Has&datasets.FieldAmount == 0 {
		out.Value = nil
	}
	if len(out.IDs) == 0 {
		return nil, fmt.Errorf("nobody in %s has an event before %s: the log begins on %s", log.Meta.Name, now.Format(time.DateOnly), log.Meta.Window.From.Format(time.DateOnly))
	}
	return out, nil
}

// gross is Σ amount of the purchases before now.
func (c *customer) gross() float64 {
	sum := 0.0
	for i := range c.n {
		if a := c.h.Amount(i); c.h.Kind(i) == datasets.Purchase && c.walls[i] < c.now && !math.IsNaN(a) {
			sum += a
		}
	}
	return sum
}

// Size counts the members of rule r.
func (s *Segments) Size(r int) int {
	n := 0
	for _, in := range s.In[r] {
		if in {
			n++
		}
	}
	return n
}

// ValueShare is the members' part of everybody's value, as a share; ok is false without
// amounts, or if nobody spent anything.
func (s *Segments) ValueShare(r int) (share float64, ok bool) {
	if s.Value == nil {
		return 0, false
	}
	all, own := 0.0, 0.0
	for i, v := range s.Value {
		all += v
		if s.In[r][i] {
			own += v
		}
	}
	return own / all, all > 0
}

// Members lists the ids of rule r, in customer order.
func (s *Segments) Members(r int) []string {
	var out []string
	for i, in := range s.In[r] {
		if in {
			out = append(out, s.IDs[i])
		}
	}
	return out
}

// Overlap holds the Jaccard coefficients |A∩B| / |A∪B| of every two rules; NaN where both
// are empty, which no coefficient describes. Jaccard 1901, Bulletin de la Société vaudoise
// des sciences naturelles 37:547–579.
func (s *Segments) Overlap() [][]float64 {
	out := make([][]float64, len(s.In))
	for a := range s.In {
		out[a] = make([]float64, len(s.In))
		for b := range s.In {
			both, either := 0, 0
			for i := range s.IDs {
				if s.In[a][i] && s.In[b][i] {
					both++
				}
				if s.In[a][i] || s.In[b][i] {
					either++
				}
			}
			out[a][b] = float64(both) / float64(either)
		}
	}
	return out
}

// Labels makes a clustering of the rules: each customer goes to the first rule that holds,
// −1 to none.
func (s *Segments) Labels() []int32 {
	out := make([]int32, len(s.IDs))
	for i := range out {
		out[i] = -1
		for r := range s.In {
			if s.In[r][i] {
				out[i] = int32(r)
				break
			}
		}
	}
	return out
}

// Names are the rules' names; a rule without one is called by its number.
func (s *Segments) Names() []string {
	var out []string
	for i, r := range s.Rules {
		n := strings.TrimSpace(r.Name)
		if n == "" {
			n = fmt.Sprintf("rule %d", i+1)
		}
		out = append(out, n)
	}
	return out
}
