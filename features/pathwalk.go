package features

import (
	"context"
	"fmt"

	"github.com/mores-lab/mores/datasets"
)

// The states of a path. A path begins in start and ends in purchase or exit.
const (
	pathStart = iota
	pathVisit
	pathSearch
	pathView
	pathWishlist
	pathCartAdd
	pathCartRemove
	pathCheckout
	pathTransient // number of states that a path passes through
	pathPurchase  = pathTransient
	pathExit      = pathTransient + 1
	pathStates    = pathTransient + 2
)

// pathNames names the states, in the order of the constants.
var pathNames = [pathStates]string{"start", "visit", "search", "view", "wishlist", "cart_add", "cart_remove", "checkout", "purchase", "exit"}

// pathState is each kind's state; 0 for kinds that are no step of a path.
var pathState = func() (out [32]uint8) {
	for k, s := range map[datasets.Kind]uint8{
		datasets.Visit: pathVisit, datasets.Search: pathSearch, datasets.View: pathView, datasets.Wishlist: pathWishlist,
		datasets.CartAdd: pathCartAdd, datasets.CartRemove: pathCartRemove, datasets.Checkout: pathCheckout, datasets.Purchase: pathPurchase,
	} {
		out[k] = s
	}
	return out
}()

// pathDepth is how deep a state leads into the shop, of 6: a removed article was in
// the cart.
var pathDepth = [pathStates]float64{pathVisit: 1, pathSearch: 2, pathView: 2, pathWishlist: 3, pathCartAdd: 4, pathCartRemove: 4, pathCheckout: 5, pathPurchase: 6}

// pathWalk calls done for each path of a history: the states that a session passed
// through until a purchase or its end; what follows a purchase in the session is a
// path of its own. Sessions of purchases alone tell no path. Events of one stamp come
// in the order of the states, as a funnel's steps do: a log's own order among them is
// by kind. states is reused.
func pathWalk(h datasets.History, done func(states []uint8, bought bool)) {
	var states []uint8
	for _, s := range Sessions(h, 0) {
		states = states[:0]
		for lo := s.From; lo < s.To; {
			at, from, bought := h.Stamp(lo), len(states), false
			hi := lo
			for ; hi < s.To && h.Stamp(hi) == at; hi++ {
				switch k := pathState[h.Kind(hi)]; k {
				case 0:
				case pathPurchase:
					bought = true
				default:
					states = append(states, k)
				}
			}
			pathSort(states[from:])
			if bought && len(states) > 0 {
				done(states, true)
				states = states[:0]
			}
			lo = hi
		}
		if len(states) > 0 {
			done(states, false)
		}
	}
}

// pathSort sorts the few states of one stamp, by counting.
func pathSort(s []uint8) {
	if len(s) < 2 {
		return
	}
	var n [pathStates]int
	for _, k := range s {
		n[k]++
	}
	s = s[:0]
	for k, c := range n {
		for range c {
			s = append(s, uint8(k))
		}
	}
}

// pathCounts counts moves, from transient states to all.
type pathCounts [pathTransient][pathStates]int64

func (c *pathCounts) add(states []uint8, end uint8) {
	at := uint8(pathStart)
	for _, s := range states {
		c[at][s]++
		at = s
	}
	c[at][end]++
}

func (c *pathCounts) merge(o *pathCounts) {
	for i := range c {
		for j := range c[i] {
			c[i][j] += o[i][j]
		}
	}
}

// chain fits a Markov chain to the counts.
func (c *pathCounts) chain(smoothing float64) (*MarkovChain, error) {
	rows := make([][]float64, pathTransient)
	for i := range rows {
		rows[i] = make([]float64, pathStates)
		for j, n := range c[i] {
			rows[i][j] = float64(n)
		}
	}
	return FitMarkov(pathNames[:pathTransient], pathNames[pathTransient:], rows, smoothing, pathNames[pathStart])
}

// JourneyChain is how the customers of a log move through the shop.
type JourneyChain struct {
	Paths     int `json:"paths"`
	Converted int `json:"converted"` // that ended in a purchase
	// Counts[i][j] are the moves from state i to state j, in the order of Chain's
	// transient states and then its absorbing ones.
	Counts [][]float64 `json:"counts"`
	// Chain ends in "purchase" or "exit" and begins in "start": its Absorption is the
	// chance of a purchase from each state, its RemovalEffect what a step is worth.
	Chain *MarkovChain `json:"chain"`
}

// PopulationJourney fits the chain of a log's paths, (n_ij + a)/(n_i + aK) with the
// smoothing a (½ in path), of all customers or of those that keep allows. A path is a
// session's visits, searches, views, wish lists, carts and checkouts up to a purchase,
// or to the session's end. It is an error if there is none. Cost: O(events).
func PopulationJourney(ctx context.Context, log *datasets.Log, smoothing float64, keep func(datasets.History) bool) (JourneyChain, error) {
	var out JourneyChain
	var c pathCounts
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return out, err
		}
		if keep != nil && !keep(h) {
			continue
		}
		pathWalk(h, func(states []uint8, bought bool) {
			out.Paths++
			end := uint8(pathExit)
			if bought {
				end = pathPurchase
				out.Converted++
			}
			c.add(states, end)
		})
	}
	if out.Paths == 0 {
		return out, fmt.Errorf("%s shows no path to a purchase: it has no visits, searches, views, wish lists, carts or checkouts of these customers", log.Meta.Name)
	}
	m, err := c.chain(smoothing)
	if err != nil {
		return out, err
	}
	out.Chain = m
	for i := range c {
		row := make([]float64, pathStates)
		for j, n := range c[i] {
			row[j] = float64(n)
		}
		out.Counts = append(out.Counts, row)
	}
	return out, nil
}
