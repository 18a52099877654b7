package features

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/mores-lab/mores/datasets"
)

// relatedRun reads baskets and counts them.
type relatedRun struct {
	o                  RelatedOptions
	fromKinds, toKinds datasets.Kinds
	directed           bool

	from, to    bags // to only where directed; one dictionary, that of from
	group       tally
	left, right []tally // per basket of the customer being read
}

// read adds one customer's baskets.
func (r *relatedRun) read(h datasets.History) {
	rev := h.Reversed()
	r.group.reset()
	baskets := 0
	lastDay, dayBasket := math.MinInt, 0
	for i := range h.Len() {
		k := h.Kind(i)
		isLeft, isRight := r.fromKinds.Has(k), r.toKinds.Has(k)
		if !isLeft && !isRight || k == datasets.Purchase && rev != nil && rev[i] {
			continue
		}
		name := nameAt(h, i, r.o.Unit)
		if name == "" {
			continue
		}
		b := 0
		switch r.o.Basket {
		case "customer":
		case "day":
			if d := h.Day(i); d != lastDay {
				lastDay, dayBasket = d, baskets
			}
			b = dayBasket
		default:
			id := h.Order(i)
			if r.o.Basket == "session" {
				id = h.Session(i)
			}
			if id == "" {
				continue // no basket is known
			}
			b, _ = r.group.number(id)
		}
		for b >= baskets {
			if baskets == len(r.left) {
				r.left = append(r.left, tally{})
				r.right = append(r.right, tally{})
			}
			r.left[baskets].reset()
			r.right[baskets].reset()
			baskets++
		}
		if isLeft {
			r.left[b].number(name)
		}
		if isRight && r.directed {
			r.right[b].number(name)
		}
	}
	for b := range baskets {
		r.from.add(r.left[b].names)
		if r.directed {
			for _, w := range r.right[b].names {
				r.to.flat = append(r.to.flat, r.from.code(w))
			}
			r.to.ends = append(r.to.ends, len(r.to.flat))
		}
	}
}

// table counts the pairs: item by item through the baskets that hold it, so that
// memory is one row of counts per worker.
func (r *relatedRun) table(ctx context.Context, log *datasets.Log) (*RelatedTable, error) {
	r.sort()
	t := &RelatedTable{Options: r.o, N: len(r.from.ends), Directed: r.directed}
	n := len(r.from.words)
	t.Items = make([]RelatedCount, n)
	names := relatedNames(log.Items)
	for i, w := range r.from.words {
		t.Items[i].Item = w
		if r.o.Unit == "item" && names != nil {
			if row, ok := log.Items.Find(w); ok {
				t.Items[i].Name = names.Text[row]
			}
		}
	}
	right := &r.from
	if r.directed {
		right = &r.to
	}
	for _, c := range r.from.flat {
		t.Items[c].From++
	}
	for _, c := range right.flat {
		t.Items[c].To++
	}
	found := make([][]relatedPair, n)
	if err := r.count(ctx, t, right, found); err != nil {
		return nil, err
	}
	t.rows = make([][]int32, n)
	t.pairs = slices.Concat(found...)
	for k, p := range t.pairs {
		t.rows[p.a] = append(t.rows[p.a], int32(k))
		if !t.Directed {
			t.rows[p.b] = append(t.rows[p.b], int32(k))
		}
	}
	t.adjust()
	return t, nil
}

// relatedNameColumns are the headers, less case and punctuation, under which tables of
// items carry what an item is called; the first that is there counts.
var relatedNameColumns = []string{"name", "productname", "itemname", "title", "producttitle", "description", "productdescription", "itemdescription"}

// relatedNames returns the column of the items' names, or nil.
func relatedNames(items *datasets.Table) *datasets.TableColumn {
	if items == nil {
		return nil
	}
	var best *datasets.TableColumn
	at := len(relatedNameColumns)
	for i := range items.Cols {
		c := &items.Cols[i]
		header := strings.Map(func(r rune) rune {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, c.Name)
		if k := slices.Index(relatedNameColumns, header); k >= 0 && k < at && c.Text != nil {
			best, at = c, k
		}
	}
	return best
}

// sort numbers the words in ascending order and sorts every basket.
func (r *relatedRun) sort() {
	words := slices.Clone(r.from.words)
	slices.Sort(words)
	code := make([]int32, len(words))
	for i, w := range words {
		code[r.from.index[w]] = int32(i)
	}
	for _, b := range []*bags{&r.from, &r.to} {
		for i, c := range b.flat {
			b.flat[i] = code[c]
		}
		for i := range b.ends {
			slices.Sort(b.set(i))
		}
	}
	r.from.words, r.from.index = words, nil
}

// relatedChunk is the number of items a worker takes at a time.
const relatedChunk = 16

func (r *relatedRun) count(ctx context.Context, t *RelatedTable, right *bags, found [][]relatedPair) error {
	n := len(t.Items)
	start, at := r.from.postings(n)
	basket := make([]int32, len(r.from.flat)) // of each member
	lo := 0
	for b, end := range r.from.ends {
		for p := lo; p < end; p++ {
			basket[p] = int32(b)
		}
		lo = end
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range r.o.Workers {
		wg.Go(func() {
			counts := make([]int32, n)
			var touched []int32
			for ctx.Err() == nil {
				lo := int(next.Add(relatedChunk)) - relatedChunk
				if lo >= n {
					return
				}
				for i := lo; i < min(lo+relatedChunk, n); i++ {
					if t.Items[i].From < r.o.MinCount {
						continue
					}
					touched = touched[:0]
					for _, p := range at[start[i]:start[i+1]] {
						b := int(basket[p])
						others := r.from.flat[p+1 : r.from.ends[b]] // those after i
						if t.Directed {
							others = right.set(b)
						}
						for _, j := range others {
							if counts[j] == 0 {
								touched = append(touched, j)
							}
							counts[j]++
						}
					}
					slices.Sort(touched)
					for _, j := range touched {
						if c := counts[j]; int(c) >= r.o.MinCount {
							p := FisherGreater(t.N, t.Items[i].From, t.Items[j].To, int(c))
							found[i] = append(found[i], relatedPair{a: int32(i), b: j, n: c, p: p})
						}
						counts[j] = 0
					}
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// adjust fills the q-values among all pairs that could have been kept.
func (t *RelatedTable) adjust() {
	var left, right int
	for _, c := range t.Items {
		if c.From >= t.Options.MinCount {
			left++
		}
		if c.To >= t.Options.MinCount {
			right++
		}
	}
	t.Tests = left * right
	if !t.Directed {
		t.Tests = left * (left - 1) / 2
	}
	order := make([]int, len(t.pairs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch x, y := t.pairs[a].p, t.pairs[b].p; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return a - b
	})
	// Benjamini–Hochberg with the pairs that were not kept at p = 1 behind them all.
	least := 1.0
	for k := len(order) - 1; k >= 0; k-- {
		p := &t.pairs[order[k]]
		least = min(least, p.p*float64(t.Tests)/float64(k+1))
		p.q = least
	}
}

// CoOccurrence works out what the counts of one pair show: n baskets, ni with i, nj
// with j, nij with both. Item, Name and Q stay empty; P is FisherGreater's. It panics
// where the counts contradict each other.
func CoOccurrence(n, ni, nj, nij int) RelatedItem {
	if nij < 0 || nij > min(ni, nj) || max(ni, nj) > n || ni+nj-nij > n {
		panic("features: CoOccurrence: the counts contradict each other")
	}
	N, a, b, ab := float64(n), float64(ni), float64(nj), float64(nij)
	r := RelatedItem{
		Count: nij, ItemCount: nj,
		Support: ab / N, Confidence: ab / a, Lift: ab * N / (a * b), Leverage: ab/N - a/N*(b/N),
		Jaccard: ab / (a + b - ab), Cosine: ab / math.Sqrt(a*b), PMI: math.Log(ab * N / (a * b)),
		P: FisherGreater(n, ni, nj, nij), Q: math.NaN(),
	}
	r.Conviction = (1 - b/N) / (1 - r.Confidence)
	if nij == ni {
		r.Conviction = math.Inf(1)
	}
	for _, cell := range [][2]float64{ // observed, expected·N
		{ab, a * b}, {a - ab, a * (N - b)}, {b - ab, (N - a) * b}, {N - a - b + ab, (N - a) * (N - b)},
	} {
		if cell[0] > 0 {
			r.G2 += 2 * cell[0] * math.Log(cell[0]*N/cell[1])
		}
	}
	r.G2 = max(r.G2, 0)
	return r
}

// FisherGreater returns the probability that two sets of ni and nj of n baskets
// share nij or more if they are drawn independently: Fisher's exact test, one-sided,
// the upper tail of the hypergeometric law. Cost: O(terms that count).
func FisherGreater(n, ni, nj, nij int) float64 {
	lo, hi := max(0, ni+nj-n), min(ni, nj)
	if nij <= lo {
		return 1
	}
	// The shorter tail, summed from its largest term.
	if mean := float64(ni) * float64(nj) / float64(n); float64(nij) > mean {
		term := math.Exp(logHypergeometric(nij, n, ni, nj))
		sum := term
		for x := nij; x < hi && term > 1e-18*sum; x++ {
			term *= float64(ni-x) / float64(x+1) * (float64(nj-x) / float64(n-ni-nj+x+1))
			sum += term
		}
		return min(sum, 1)
	}
	term := math.Exp(logHypergeometric(nij-1, n, ni, nj))
	sum := term
	for x := nij - 1; x > lo && term > 1e-18*sum; x-- {
		term *= float64(x) / float64(ni-x+1) * (float64(n-ni-nj+x) / float64(nj-x+1))
		sum += term
	}
	return max(1-sum, 0)
}

// MarshalJSON writes an infinite conviction as null.
func (r RelatedItem) MarshalJSON() ([]byte, error) {
	type plain RelatedItem
	finite := func(x float64) *float64 {
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return nil
		}
		return &x
	}
	return json.Marshal(struct {
		plain
		Conviction *float64 `json:"conviction"`
		PMI        *float64 `json:"pmi"`
		Q          *float64 `json:"q"`
	}{plain(r), finite(r.Conviction), finite(r.PMI), finite(r.Q)})
}
