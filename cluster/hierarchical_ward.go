package cluster

import (
	"math"
	"math/bits"

	"github.com/mores-lab/mores/internal/kernel"
)

// wardKind is a linkage that needs no distances but those between means: a cluster is
// a point and a number or two, so that the tree is built in memory O(n·d).
type wardKind int

const (
	wardVariance   wardKind = iota // 2ab/(a+b)·‖μ−ν‖²: Ward
	wardMeanSquare                 // ‖μ−ν‖² + var(A) + var(B): the mean squared distance between rows of A and B
	wardCentroid                   // ‖μ−ν‖²
	wardMedian                     // ‖μ−ν‖², μ halfway between the points of the two parts
)

// wardRun is the state of one tree. Clusters live in places 0..m−1, ordered along a
// kd-tree over the rows so that neighbours stand close; a union takes the place of its
// heavier part, and dead places are squeezed out when a quarter are dead.
//
// A search compares float32 distances with a limit, 64 places by eight queries at a
// time (kernel.ScanTiles), and computes what passes in float64. A tile of 64 places and
// a group of 16 tiles have boxes, and one that is too far is passed over. With s = ‖μ−ν‖²,
//
//	2ab/(a+b)·s ≤ v  ⟺  s ≤ v/(2a) + v/(2b),
//
// so the limit is one number for the query and, with r = 1/(2b), one for the place; for
// a box the largest r in it makes the right side only larger, and the nearest point of
// the box the left side only smaller: nothing that could be nearest is passed over. The
// other linkages have the same form: s ≤ (v − var A) − var B, and s ≤ v.
//
// Rounding: with u = 2⁻²⁴, the float32 of a query's coordinate q is off by u·|q| and that
// of a place's p by u·|p| ≤ u·(|q| + |p−q|), so that differences are off by 2u·|q| beside
// a share of themselves. s ≤ T then means that the float32 sum is at most
//
//	(√T + 2u·‖q‖)²·(1 + (d+6)·u) ≤ ((1+κ)·T + (1+1/κ)·4u²·‖q‖²)·(1 + (d+6)·u),
//
// by (x+e)² ≤ (1+κ)x² + (1+1/κ)e²; factor and floor bound this from above. Coordinates
// count from a middle row's, so that a few rows far away cost the others nothing.
type wardRun struct {
	r             *hierarchicalRun
	kind          wardKind
	d, m, live    int
	mean          []float64 // m×d, scaled
	weight        []float64
	spread        []float64 // wardMeanSquare: mean squared distance to the mean
	top           []float64 // of linkages whose heights ascend: height of the cluster's own merge
	id            []int32   // the largest row of the cluster that nothing else is named by; −1 = dead
	near          []int32   // place of the nearest other cluster, −1 = not known
	dist          []float64 // to it
	head, next    []int32   // lists of the places that have a place as their nearest
	tiles         []float32
	boxes, supers []float32
	alive         []uint8   // places of a tile
	center        []float64 // of the scaled rows: what is subtracted before rounding to float32
	unit, mass    int       // scaled values are 2^−unit, scaled weights 2^−mass of the given
	factor        float64
	searchers     chan *wardSearch
	last          int               // how many clusters may be left; 0 = 1
	rows          *hierarchicalRows // distances are those between rows; nil = between means
}

// ward merges what raises the sum of squares least.
func (r *hierarchicalRun) ward() error { return r.wardOf(nil) }

// wardOf is ward for rows that stand for that many equal ones each; nil = 1.
func (r *hierarchicalRun) wardOf(sizes []float64) error {
	return newWardRun(r, wardVariance, sizes).rounds()
}

// meanSquare is average linkage on squared distances.
func (r *hierarchicalRun) meanSquare() error { return newWardRun(r, wardMeanSquare, nil).rounds() }

// value is the squared height at which the clusters at two places would merge: the same
// bits in both orders.
func (w *wardRun) value(i, j int32) float64 {
	if w.rows != nil {
		return w.rows.value(i, j)
	}
	d := int32(w.d)
	s := kernel.Sq64(w.mean[i*d:i*d+d:i*d+d], w.mean[j*d:j*d+d:j*d+d])
	switch w.kind {
	case wardVariance:
		a, b := w.weight[i], w.weight[j]
		return 2 * (a * b) / (a + b) * s
	case wardMeanSquare:
		return s + (w.spread[i] + w.spread[j])
	}
	return s
}

// height gives a value back in the units of the data.
func (w *wardRun) height(v float64) float64 {
	if w.kind == wardVariance {
		v = math.Ldexp(v, w.mass)
	}
	return math.Ldexp(math.Sqrt(v), w.unit)
}

// rounds builds the tree of a linkage for which a union is never nearer to a third
// cluster than both its parts were. Then two clusters that are each other's nearest will
// be merged whatever happens elsewhere, and so are all such pairs of a round, and the
// nearest of a cluster stays its nearest until it is merged itself: only the unions and
// those who lost their nearest search again. Of clusters equally near, that of the
// smaller id is the nearest, and a union has the larger id of its parts, so that this
// order holds for a union where it held for its parts. The pair that is least of all is
// in every round, so that there is one; only where rounding has made a union nearer
// than its parts by the last bit can a round have none, and then all search again.
func (w *wardRun) rounds() error {
	todo, again := seq32(w.m), []int32(nil)
	for w.live > max(1, w.last) {
		if err := w.search(todo); err != nil {
			return err
		}
		for _, p := range todo {
			q := w.near[p]
			if q < 0 {
				return wardOverflow()
			}
			w.next[p], w.head[q] = w.head[q], p
		}
		if (w.m-w.live)*4 > w.m && w.m > 4*kernel.ScanTile {
			w.compact(todo)
		}
		again = again[:0]
		for _, p := range todo {
			if q := w.near[p]; q >= 0 && w.near[q] == p {
				keep, err := w.join(p, q)
				if err != nil {
					return err
				}
				again = append(again, keep)
				for _, from := range [2]int32{p, q} {
					for o := w.head[from]; o >= 0; o = w.next[o] {
						if o != p && o != q {
							w.near[o], w.dist[o] = keep, w.value(o, keep)
							again = append(again, o)
						}
					}
					w.head[from] = -1
				}
			}
		}
		if len(again) == 0 {
			if len(todo) == w.live {
				return wardOverflow()
			}
			for p, id := range w.id[:w.m] {
				w.head[p], w.near[p] = -1, -1
				if id >= 0 {
					again = append(again, int32(p))
				}
			}
		}
		todo, again = again, todo
		wardSort(todo, w.m)
	}
	return w.r.ctx.Err()
}

func wardOverflow() error {
	return &DataError{"hierarchical", "distances overflow: values are above 1e150, scale the columns first"}
}

// join records the merge of two places and returns the union's.
func (w *wardRun) join(p, q int32) (int32, error) {
	v := w.value(p, q)
	if w.id[p] > w.id[q] {
		p, q = q, p
	}
	h := w.height(v)
	if math.IsInf(h, 1) || math.IsNaN(h) {
		return -1, wardOverflow()
	}
	if w.top != nil { // rounding must not sort a merge below one that it stands on
		h = max(h, w.top[p], w.top[q])
		w.top[p], w.top[q] = h, h
	}
	w.r.join(w.id[p], w.id[q], h)
	a, b := w.weight[p], w.weight[q]
	from, to := w.mean[int(p)*w.d:][:w.d], w.mean[int(q)*w.d:][:w.d]
	share := a / (a + b)
	if w.kind == wardMedian {
		share = 0.5
	}
	keep, dead := q, p
	if a > b {
		keep, dead = p, q
	}
	if w.kind == wardMeanSquare {
		w.spread[keep] = w.spread[q] + share*(w.spread[p]-w.spread[q]+(1-share)*kernel.Sq64(from, to))
	}
	if w.rows != nil {
		w.rows.join(p, q, keep)
	}
	for j, u := range from { // equal means stay as they are
		t := to[j] + share*(u-to[j])
		from[j], to[j] = t, t
	}
	w.id[keep], w.weight[keep] = w.id[q], a+b
	w.id[dead] = -1
	w.near[p], w.near[q] = -1, -1
	w.live--
	w.bury(int(dead))
	w.pack(int(keep))
	return keep, nil
}

// wardShare is how many places a goroutine takes at a time, in batches.
const wardShare = 8 * kernel.ScanBatch

// search finds the nearest of every place listed, in ascending order; near and dist hold
// what is known already.
func (w *wardRun) search(places []int32) error {
	shares := (len(places) + wardShare - 1) / wardShare
	w.r.team.run(shares, func(c int) {
		s := <-w.searchers
		defer func() { w.searchers <- s }()
		part := places[c*wardShare : min(len(places), (c+1)*wardShare)]
		for len(part) > 0 && w.r.ctx.Err() == nil {
			n := min(len(part), kernel.ScanBatch)
			s.find(part[:n])
			part = part[n:]
		}
	})
	return w.r.ctx.Err()
}

// wardRunTiles is how many tiles are scanned before limits are lowered.
const wardRunTiles = 16

// wardSearch looks for the nearest of eight places at once.
type wardSearch struct {
	w     *wardRun
	batch []float32
	masks [wardRunTiles * kernel.ScanBatch]uint64
	near  []uint16 // of the supers
	one   [1]uint16
	count int
	place [kernel.ScanBatch]int32
	best  [kernel.ScanBatch]float64
	at    [kernel.ScanBatch]int32
	floor [kernel.ScanBatch]float64
	own   [kernel.ScanBatch]int // their tiles
	owns  int
	// heard, if any, is told of every place that passes with its value; slope then is
	// the factor of the places' own numbers.
	heard func(j int32, v float64)
	slope float32
}

func newWardSearch(w *wardRun) *wardSearch {
	return &wardSearch{w: w, batch: make([]float32, kernel.BatchLen(w.d)), near: make([]uint16, len(w.supers)/kernel.BoxesLen(w.d))}
}

// find looks around each place, in its tile, in the groups of tiles nearby, then in all.
func (s *wardSearch) find(places []int32) {
	w := s.w
	s.count, s.owns = len(places), 0
	clear(s.batch)
	for i := s.count; i < kernel.ScanBatch; i++ {
		s.batch[i] = -1
	}
	for i, p := range places {
		s.place[i], s.best[i], s.at[i] = p, math.Inf(1), w.near[p]
		if s.at[i] >= 0 {
			s.best[i] = w.dist[p]
		}
		tile := w.tiles[int(p)/kernel.ScanTile*kernel.TileLen(w.d):][int(p)%kernel.ScanTile:]
		norm := 0.0
		for j := range w.d {
			q := tile[(1+j)*kernel.ScanTile]
			s.batch[(2+j)*kernel.ScanBatch+i] = q
			norm += float64(q) * float64(q)
		}
		s.floor[i] = 4 * (1 + 1/wardBlur) * 0x1p-48 * w.factor * norm * (1 + 0x1p-20)
		s.beside(i)
		s.aim(i)
		if t := int(p) / kernel.ScanTile; s.owns == 0 || s.own[s.owns-1] != t {
			s.own[s.owns] = t
			s.owns++
		}
	}
	for _, t := range s.own[:s.owns] {
		s.scan(t, t+1)
	}
	if groups := len(w.boxes) / kernel.BoxesLen(w.d); groups == 1 {
		s.group(0)
	} else {
		first := s.own[0] / kernel.ScanBoxes
		s.group(first)
		near := s.near[:(groups+kernel.ScanBoxes-1)/kernel.ScanBoxes]
		kernel.ScanBounds(s.batch, w.d, w.supers[:len(near)*kernel.BoxesLen(w.d)], near)
		for b, mask := range near {
			for ; mask != 0; mask &= mask - 1 {
				if g := b*kernel.ScanBoxes + bits.TrailingZeros16(mask); g != first {
					s.group(g)
				}
			}
			if b%16 == 15 && w.r.ctx.Err() != nil {
				return
			}
		}
	}
	for i, p := range places {
		w.near[p], w.dist[p] = s.at[i], s.best[i]
	}
}

// beside considers the nearest living places on both sides of a query's own: the limit
// that they give spares more than it costs.
func (s *wardSearch) beside(i int) {
	w, p := s.w, int(s.place[i])
	for o, found := p-1, 0; o >= 0 && found < 3; o-- {
		if w.id[o] >= 0 {
			s.consider(i, int32(o))
			found++
		} else if t := o / kernel.ScanTile; w.alive[t] == 0 {
			o = t * kernel.ScanTile
		}
	}
	for o, found := p+1, 0; o < w.m && found < 3; o++ {
		if w.id[o] >= 0 {
			s.consider(i, int32(o))
			found++
		} else if t := o / kernel.ScanTile; w.alive[t] == 0 {
			o = t*kernel.ScanTile + kernel.ScanTile - 1
		}
	}
}

// group scans those of 16 tiles that may hold something nearer.
func (s *wardSearch) group(g int) {
	size := kernel.BoxesLen(s.w.d)
	kernel.ScanBounds(s.batch, s.w.d, s.w.boxes[g*size:(g+1)*size], s.one[:])
	mask := uint(s.one[0])
	for _, t := range s.own[:s.owns] {
		if t/kernel.ScanBoxes == g {
			mask &^= 1 << (t % kernel.ScanBoxes)
		}
	}
	for mask != 0 {
		lo := bits.TrailingZeros(mask)
		hi := lo + bits.TrailingZeros(^(mask >> lo))
		s.scan(g*kernel.ScanBoxes+lo, g*kernel.ScanBoxes+hi)
		mask &^= 1<<hi - 1
	}
}

// scan compares tiles lo to hi−1 with the queries.
func (s *wardSearch) scan(lo, hi int) {
	w := s.w
	size := kernel.TileLen(w.d)
	kernel.ScanTiles(s.batch, s.count, w.d, w.tiles[lo*size:hi*size], s.masks[:])
	for t := lo; t < hi; t++ {
		m := (*[kernel.ScanBatch]uint64)(s.masks[(t-lo)*kernel.ScanBatch:])
		if s.count > 1 && m[0]|m[1]|m[2]|m[3]|m[4]|m[5]|m[6]|m[7] == 0 {
			continue
		}
		for i, mask := range m[:s.count] {
			better := false
			for ; mask != 0; mask &= mask - 1 {
				j := int32(t*kernel.ScanTile + bits.TrailingZeros64(mask))
				if j == s.place[i] || w.id[j] < 0 {
					continue
				}
				v, b := s.consider(i, j)
				better = better || b
				if s.heard != nil {
					s.heard(j, v)
				}
			}
			if better {
				s.aim(i)
			}
		}
	}
}

// consider compares a place with the nearest so far.
func (s *wardSearch) consider(i int, j int32) (v float64, better bool) {
	if s.w.rows != nil && s.w.rows.beyond(s.place[i], j, s.best[i]) {
		return s.best[i], false
	}
	v = s.w.value(s.place[i], j)
	if v < s.best[i] || v == s.best[i] && (s.at[i] < 0 || s.w.id[j] < s.w.id[s.at[i]]) {
		s.best[i], s.at[i] = v, j
		return v, true
	}
	return v, false
}

// aim puts a query's limit and slope for its best into the batch.
func (s *wardSearch) aim(i int) {
	w, v, p := s.w, s.best[i], s.place[i]
	limit, slope := float32(math.MaxFloat32), s.slope
	if !math.IsInf(v, 1) {
		t := v * w.factor
		switch w.kind {
		case wardVariance:
			limit, slope = kernel.RoundUp32(t/(2*w.weight[p])+s.floor[i]), kernel.RoundUp32(t)
		case wardMeanSquare: // the sums that make v are off by a few units of its last place
			limit, slope = kernel.RoundUp32((v-w.spread[p])*w.factor+v*0x1p-49+s.floor[i]), -(1 + wardBlur)
		default:
			limit = kernel.RoundUp32(t + s.floor[i])
		}
	}
	s.batch[i], s.batch[kernel.ScanBatch+i] = min(limit, math.MaxFloat32), slope
}

// wardSearchers makes one searcher for each goroutine that may search.
func (w *wardRun) wardSearchers() {
	n := len(w.r.team.wake) + 1
	w.searchers = make(chan *wardSearch, n)
	for range n {
		w.searchers <- newWardSearch(w)
	}
}

// each calls do for shares of n things on the run's goroutines.
func (w *wardRun) each(n, share int, do func(lo, hi int)) {
	w.r.team.run(max(1, (n+share-1)/share), func(c int) { do(c*share, min(n, (c+1)*share)) })
}

// wardEstimate counts the rows in float64 and float32, the clusters' numbers, the order,
// merges and tree. The time is that of searches that see some √n rows.
func wardEstimate(linkage string, n, d int) Estimate {
	each, m := 12*d+158, float64(n)
	seconds := m * (2e-6 + math.Sqrt(m)*float64(d)*3e-9)
	switch linkage {
	case "average_squared":
		each += 8
	case "centroid", "median": // one search at a time
		each += 19
		seconds *= 2
	}
	return Estimate{Bytes: int64(n) * int64(each), Seconds: seconds}
}
