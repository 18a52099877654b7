package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "path",
	Doc: `Path: how a customer moves from page to page, and whether it leads to a purchase
A path is what a session passed through (visit, search, view, wish list, cart, checkout)
up to a purchase, or to the session's end: a first-order Markov chain with the ends
purchase and exit. With n_ij a customer's moves, everything thin drawn towards the
population with the weight of m observations (shrink, default 4):
  path_llr         log-likelihood ratio a move, between the chain of the paths that ended
                   in a purchase and that of the others, both (n_ij + a)/(n_i + aK) with
                   a = ½ (smoothing): above 0 = moves as buyers do. The moves into the ends
                   are left out: the verdict must not be read off the outcome
  path_conversion  chance of a purchase from the start, B = (I − Q)⁻¹R, of the customer's
                   own chain (n_ij + m·p_ij)/(n_i + m)
  path_steps       expected moves to the purchase by that chain, of the paths that get there
  path_abandoned   share of carts without a purchase within horizon (7) days, not within
                   the session: carts survive sessions
  path_moves_*     π_i·p_ij of the (24, option moves) most frequent moves and of all others
                   together, with the customer's p_ij and the population's share π_i of
                   moves from i: a composition that says how the customer moves, not how much.
                   Of paths that ended without a purchase: the others all lead through cart
                   and checkout, and how often they do is path_conversion's to tell
and on request
  path_loops       share of moves from a step to itself
  path_depth       mean deepest step of a path: 1 visit, 2 search or view, 3 wish list,
                   4 cart, 5 checkout, 6 purchase
  path_depth_last  deepest step of the last path, drawn to the mean as a single one
  path_depth_max   deepest step of all paths; grows with their number
  path_length      steps a path; of one visit it is the number of events
Customers without a path get the population's values; sessions of purchases alone are no
path. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Anderl, Becker, von Wangenheim & Schumann", Title: "Mapping the customer journey: Lessons learned from graph-based online attribution modeling", Venue: "International Journal of Research in Marketing 33", Year: 2016, DOI: "10.1016/j.ijresmar.2016.03.001"},
		{Authors: "Montgomery, Li, Srinivasan & Liechty", Title: "Modeling Online Browsing and Path Analysis Using Clickstream Data", Venue: "Marketing Science 23", Year: 2004, DOI: "10.1287/mksc.1040.0073"},
		{Authors: "Kemeny & Snell", Title: "Finite Markov Chains", Venue: "Van Nostrand", Year: 1960, DOI: "pp. 43–53"},
	},
	Version: 1,
	AnyKind: datasets.KindSet(datasets.Visit, datasets.Search, datasets.View, datasets.Wishlist, datasets.CartAdd, datasets.CartRemove, datasets.Checkout),
	Minimum: 0,
	Null:    ShuffleKinds + "+" + ShuffleStamps, // whole days move together: stamps alone keep the paths
	New: func() Block {
		return &Path{
			Columns:   []string{"path_llr", "path_conversion", "path_steps", "path_abandoned", "path_moves"},
			Smoothing: 0.5, Shrink: 4, Moves: 24, Horizon: 7,
		}
	},
})

// Path is the options of path.
type Path struct {
	Columns   []string `json:"columns"`
	Smoothing float64  `json:"smoothing"` // added to every count of a population's chain
	Shrink    float64  `json:"shrink"`    // weight of the population, in moves, paths or carts; 0 = none
	Moves     int      `json:"moves"`     // moves with a column of their own
	Horizon   int      `json:"horizon"`   // days that a cart waits for its purchase
}

var pathColumns = []Column{
	{Name: "path_llr", Unit: "nats", Doc: "whether the customer moves as those do who buy (above 0) or as those who leave"},
	{Name: "path_conversion", Doc: "chance that a visit ends in a purchase, by the customer's own moves", Kind: Probability},
	{Name: "path_steps", Unit: "count", Doc: "expected steps to a purchase, by the customer's own moves"},
	{Name: "path_loops", Doc: "share of moves from a step to itself", Kind: Probability},
	{Name: "path_length", Unit: "count", Doc: "steps of a visit"},
	{Name: "path_depth", Doc: "how deep visits lead: 1 visit, 2 search or view, 3 wish list, 4 cart, 5 checkout, 6 purchase"},
	{Name: "path_moves", Doc: "share of moves from ", Kind: Share},
	{Name: "path_abandoned", Doc: "share of carts that no purchase followed in time", Kind: Probability},
	{Name: "path_depth_last", Doc: "how deep the last visit led"},
	{Name: "path_depth_max", Doc: "how deep any visit led; grows with their number"},
}

// pathOf is what one customer's paths tell, in counts.
type pathOf struct {
	bought, left    pathCounts // moves of paths that ended in a purchase, and of the others
	paths, steps    int64
	depth           int64 // Σ deepest steps
	last, deepest   float64
	carts, deserted int64 // carts whose end is known, and those without a purchase
}

// pathFunnel is the step of each kind in the two-step funnel of carts.
var pathFunnel = funnelIndex([]datasets.Kind{datasets.CartAdd, datasets.Purchase})

func (p *pathOf) read(h datasets.History, horizon int) {
	pathWalk(h, func(states []uint8, bought bool) {
		c, end := &p.left, uint8(pathExit)
		if bought {
			c, end = &p.bought, pathPurchase
		}
		c.add(states, end)
		p.paths++
		p.steps += int64(len(states))
		p.last = 0
		for _, s := range states {
			p.last = max(p.last, pathDepth[s])
		}
		if bought {
			p.last = pathDepth[pathPurchase]
		}
		p.depth += int64(p.last)
		p.deepest = max(p.deepest, p.last)
	})
	funnelAttempts(h, pathFunnel, 2, time.Duration(horizon)*24*time.Hour, func(_, _ int, end funnelEnd) {
		switch end {
		case funnelDropped:
			p.carts++
			p.deserted++
		case funnelWent:
			p.carts++
		}
	})
}

type pathSummary struct {
	pathOf
	kinds datasets.Kinds
}

// Merge adds other; last and deepest are one customer's and stay behind.
func (s *pathSummary) Merge(other Summary) {
	o := other.(*pathSummary)
	s.kinds |= o.kinds
	if o.paths > 0 {
		s.bought.merge(&o.bought)
		s.left.merge(&o.left)
	}
	s.paths += o.paths
	s.steps += o.steps
	s.depth += o.depth
	s.carts += o.carts
	s.deserted += o.deserted
}

// Empty returns the summary of no customers.
func (o *Path) Empty() Summary { return &pathSummary{} }

// Gather counts the customer's moves.
func (o *Path) Gather(h datasets.History) Summary {
	s := &pathSummary{kinds: h.Meta.Kinds}
	s.read(h, o.Horizon)
	return s
}

// Learn fits the population's chains.
func (o *Path) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*pathSummary)
	switch {
	case !(o.Smoothing > 0) || !(o.Shrink >= 0):
		return nil, fmt.Errorf("smoothing = %g, shrink = %g: above 0, and at least 0", o.Smoothing, o.Shrink)
	case o.Moves < 1:
		return nil, fmt.Errorf("moves = %d: at least 1", o.Moves)
	case o.Horizon < 1:
		return nil, fmt.Errorf("horizon = %d: at least 1 day", o.Horizon)
	case s.paths == 0:
		return nil, fmt.Errorf("no session has a visit, a search, a view, a wish list, a cart or a checkout: there are no paths")
	}
	m := &pathModel{Shrink: o.Shrink, Horizon: o.Horizon}
	m.Moves, m.Occupancy = s.left.top(o.Moves)
	for _, n := range o.Columns {
		switch {
		case !slices.ContainsFunc(pathColumns, func(c Column) bool { return c.Name == n }):
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(pathColumns), ", "))
		case n == "path_abandoned" && s.carts == 0:
			m.NoCarts = true
		case n == "path_moves" && len(m.Moves) == 0:
			m.AllBought = true
		case (n == "path_llr" || n == "path_conversion" || n == "path_steps") && !s.kinds.Has(datasets.Purchase):
			m.NoPurchases = true
		default:
			m.Names = append(m.Names, n)
		}
	}
	all := s.bought
	all.merge(&s.left)
	chain, err := all.chain(o.Smoothing)
	if err != nil {
		return nil, err
	}
	m.P = chain.P
	m.Ratio = s.ratios(o.Smoothing)
	var moves, loops int64
	var llr float64
	for i := range all {
		for j := 1; j < pathTransient; j++ {
			moves += all[i][j]
			llr += float64(all[i][j]) * m.Ratio[i][j]
		}
		loops += all[i][i]
	}
	// Every path has at least the move out of start.
	m.LLR = llr / float64(moves)
	m.Loops = (float64(loops) + o.Smoothing) / (float64(moves) + 2*o.Smoothing)
	m.Length = float64(s.steps) / float64(s.paths)
	m.Depth = float64(s.depth) / float64(s.paths)
	m.Abandoned = (float64(s.deserted) + o.Smoothing) / (float64(s.carts) + 2*o.Smoothing)
	return m, nil
}

// ratios returns ln(p¹_ij/p⁰_ij) of the moves between transient states.
func (p *pathOf) ratios(a float64) [][]float64 {
	out := make([][]float64, pathTransient)
	const k = pathTransient - 1 // nothing leads back to start
	for i := range out {
		out[i] = make([]float64, pathTransient)
		var n1, n0 float64
		for j := 1; j < pathTransient; j++ {
			n1 += float64(p.bought[i][j])
			n0 += float64(p.left[i][j])
		}
		for j := 1; j < pathTransient; j++ {
			p1 := (float64(p.bought[i][j]) + a) / (n1 + k*a)
			p0 := (float64(p.left[i][j]) + a) / (n0 + k*a)
			out[i][j] = math.Log(p1 / p0)
		}
	}
	return out
}

// Model returns an empty model.
func (o *Path) Model() Model { return &pathModel{} }

// pathModel holds the population's chains. States are in the order of pathNames.
type pathModel struct {
	Names     []string    `json:"names"`
	Shrink    float64     `json:"shrink"`
	Horizon   int         `json:"horizon"`
	P         [][]float64 `json:"p"`     // the chain of all paths
	Ratio     [][]float64 `json:"ratio"` // of the chain of paths that bought to that of the others
	LLR       float64     `json:"llr"`   // mean of Ratio over all moves
	Loops     float64     `json:"loops"`
	Length    float64     `json:"length"`
	Depth     float64     `json:"depth"`
	Abandoned float64     `json:"abandoned"`
	// Of the paths that ended without a purchase: the most frequent moves and the others
	// together, and each state's share of all moves.
	Moves       []pathMove `json:"moves"`
	Occupancy   []float64  `json:"occupancy"`
	NoCarts     bool       `json:"no_carts"`
	AllBought   bool       `json:"all_bought"`
	NoPurchases bool       `json:"no_purchases"`
}

// Warnings says what was left out.
func (m *pathModel) Warnings() (out []string) {
	if m.NoCarts {
		out = append(out, "no cart's end is known: path_abandoned is left out")
	}
	if m.AllBought {
		out = append(out, "every path ended in a purchase: path_moves is left out")
	}
	if m.NoPurchases {
		out = append(out, "the log has no purchases: path_llr, path_conversion and path_steps are left out")
	}
	return out
}

// Columns describes the columns.
func (m *pathModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := pathColumns[slices.IndexFunc(pathColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "path"
		if n != "path_moves" {
			out = append(out, c)
			continue
		}
		for _, v := range m.Moves {
			step := c
			step.Name += "_others"
			step.Doc = "share of all other moves"
			if v.To != "" {
				step.Name = c.Name + "_" + v.From + "_" + v.To
				step.Doc = c.Doc + v.From + " to " + v.To
			}
			out = append(out, step)
		}
	}
	return out
}

// Evidence counts the customer's paths.
func (m *pathModel) Evidence(h datasets.History) int {
	n := 0
	pathWalk(h, func([]uint8, bool) { n++ })
	return n
}

// Measure fills the row; without paths it is the population's.
func (m *pathModel) Measure(h datasets.History, row []float64) {
	var p pathOf
	p.read(h, m.Horizon)
	counts := p.bought
	counts.merge(&p.left)
	var moves, loops, llr float64
	for i := range counts {
		for j := 1; j < pathTransient; j++ {
			moves += float64(counts[i][j])
			llr += float64(counts[i][j]) * m.Ratio[i][j]
		}
		loops += float64(counts[i][i])
	}
	conversion, steps := m.ends(&counts)
	j := 0
	for _, n := range m.Names {
		switch n {
		case "path_llr":
			row[j] = m.drawn(llr, moves, m.LLR)
		case "path_conversion":
			row[j] = conversion
		case "path_steps":
			row[j] = steps
		case "path_loops":
			row[j] = m.drawn(loops, moves, m.Loops)
		case "path_length":
			row[j] = m.drawn(float64(p.steps), float64(p.paths), m.Length)
		case "path_depth":
			row[j] = m.drawn(float64(p.depth), float64(p.paths), m.Depth)
		case "path_abandoned":
			row[j] = m.drawn(float64(p.deserted), float64(p.carts), m.Abandoned)
		case "path_depth_last":
			row[j] = m.drawn(p.last, float64(min(p.paths, 1)), m.Depth)
		case "path_depth_max":
			row[j] = p.deepest
		case "path_moves":
			m.moves(&p.left, row[j:j+len(m.Moves)])
			j += len(m.Moves) - 1
		}
		j++
	}
}

// pathMove is a move between two states with its share of all moves; without a name it
// is all the others.
type pathMove struct {
	From  string  `json:"from"`
	To    string  `json:"to"`
	Share float64 `json:"share"`
}

// top returns the shares of the n most frequent moves, ties in the order of the states,
// and of the others together, if there are any; and of the states that moves begin in.
func (c *pathCounts) top(n int) (out []pathMove, states []float64) {
	var total float64
	states = make([]float64, pathTransient)
	for i := range c {
		for j, k := range c[i] {
			if k > 0 {
				out = append(out, pathMove{From: pathNames[i], To: pathNames[j], Share: float64(k)})
				total += float64(k)
				states[i] += float64(k)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b pathMove) int { return cmp.Compare(b.Share, a.Share) })
	if len(out) > n {
		for _, m := range out[n+1:] {
			out[n].Share += m.Share
		}
		out[n].From, out[n].To = "", ""
		out = out[:n+1]
	}
	for i := range out {
		out[i].Share /= total
	}
	if total > 0 {
		for i := range states {
			states[i] /= total
		}
	}
	return out, states
}

// moves fills row with the moves of the customer's own chain: the share of each state
// among the population's moves, times the chance of the move from there, drawn towards
// the population's. What is left of 1 are the others.
func (m *pathModel) moves(c *pathCounts, row []float64) {
	rest := 1.0
	for i, v := range m.Moves {
		if v.To == "" {
			row[i] = max(rest, 0)
			continue
		}
		from := pathIndex(v.From)
		var n float64
		for _, k := range c[from] {
			n += float64(k)
		}
		w := m.Occupancy[from]
		row[i] = w * m.drawn(float64(c[from][pathIndex(v.To)]), n, v.Share/w)
		rest -= row[i]
	}
}

// pathIndex returns the state of that name.
func pathIndex(name string) int { return slices.Index(pathNames[:], name) }

// drawn returns (sum + m·population)/(n + m); the population's value of nothing.
func (m *pathModel) drawn(sum, n, population float64) float64 {
	if n == 0 {
		return population
	}
	return (sum + m.Shrink*population) / (n + m.Shrink)
}

// ends solves (I − Q)b = r and (I − Q)s = b for the customer's own chain: the chance of
// a purchase from the start, and the moves to it, s/b. The matrix is diagonally
// dominant, so elimination needs no pivots. Where the weight of the population is 0, a
// state never left keeps the population's row.
func (m *pathModel) ends(c *pathCounts) (conversion, steps float64) {
	const n = pathTransient
	var lu [n][n]float64
	var r [n]float64
	for i := range n {
		var left float64
		for _, x := range c[i] {
			left += float64(x)
		}
		w := m.Shrink
		if left+w == 0 {
			w = 1
		}
		for j := range n {
			lu[i][j] = -(float64(c[i][j]) + w*m.P[i][j]) / (left + w)
		}
		lu[i][i]++
		r[i] = (float64(c[i][pathPurchase]) + w*m.P[i][pathPurchase]) / (left + w)
	}
	for k := range n {
		for i := k + 1; i < n; i++ {
			f := lu[i][k] / lu[k][k]
			lu[i][k] = f
			for j := k + 1; j < n; j++ {
				lu[i][j] -= f * lu[k][j]
			}
		}
	}
	solve := func(b [n]float64) [n]float64 {
		for i := range n {
			for k := range i {
				b[i] -= lu[i][k] * b[k]
			}
		}
		for i := n - 1; i >= 0; i-- {
			for k := i + 1; k < n; k++ {
				b[i] -= lu[i][k] * b[k]
			}
			b[i] /= lu[i][i]
		}
		return b
	}
	b := solve(r)
	s := solve(b)
	return b[pathStart], s[pathStart] / b[pathStart]
}
