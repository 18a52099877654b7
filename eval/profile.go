package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/mores-lab/mores/features"
)

// Cell is what a segment looks like in one feature: a row of the profile table.
// Numbers that are undefined are NaN, with a Reason; JSON has null for them.
type Cell struct {
	N                int // customers with a value
	Mean, SD, Median float64
	Q25, Q75         float64 // type 7, R's and NumPy's default
	// Z is (segment mean − population mean)/population sd. SMD is the standardised
	// mean difference against everyone else, (x̄ₛ − x̄ᵣ)/√((s²ₛ + s²ᵣ)/2), with its
	// 95 % interval (normal approximation, variance (nₛ + nᵣ)/(nₛnᵣ) + SMD²/(2(nₛ + nᵣ))).
	Z, SMD, Lo, Hi float64
	// Reason says why numbers are undefined; "" = all are defined.
	Reason string
}

// Profile describes every segment in every feature, in the feature's own unit.
// Everyone is compared with everyone else, the unassigned included.
type Profile struct {
	Cols     []features.Column `json:"cols"`
	Segments [][]Cell          `json:"segments"`        // K × d, segment by segment
	Overall  []Cell            `json:"overall"`         // d: all rows
	Noise    []Cell            `json:"noise,omitempty"` // d: the unassigned; nil if there are none
	Sizes    []int             `json:"sizes"`
	NumNoise int               `json:"num_noise"`
	// Values is each segment's revenue, where revenue is known; ValueNoise the
	// unassigned customers'.
	Values     []float64 `json:"values,omitempty"`
	ValueNoise float64   `json:"value_noise,omitempty"`
	// Names are the segments' own; nil = they have none, and Cards makes some.
	Names []string `json:"names,omitempty"`
}

// Named gives the segments names of their own, one each; nil = none. It returns p.
func (p *Profile) Named(names []string) *Profile {
	if p.Names = nil; len(names) == len(p.Sizes) {
		p.Names = names
	}
	return p
}

// NewProfile describes the segments 0..K−1 of labels (−1 = unassigned) in every
// column of raw, which may have missing values. value is the rows' revenue, or
// nil. A category's code is no quantity and gets no numbers. Seed and workers
// affect nothing. Cost O(d·n·ln n).
func NewProfile(raw *features.Matrix, labels []int32, value []float64) *Profile {
	n, d := raw.Dims()
	if len(labels) != n || value != nil && len(value) != n {
		panic("eval: profile of a matrix, labels and values of different lengths")
	}
	k := 0
	for _, l := range labels {
		k = max(k, int(l)+1)
	}
	p := &Profile{Cols: raw.Cols, Segments: make([][]Cell, k), Overall: make([]Cell, d), Sizes: make([]int, k)}
	for g := range p.Segments {
		p.Segments[g] = make([]Cell, d)
	}
	group := make([]int, n) // noise is group k
	for i, l := range labels {
		if group[i] = int(l); l < 0 {
			group[i] = k
			p.NumNoise++
		} else {
			p.Sizes[l]++
		}
	}
	if p.NumNoise > 0 {
		p.Noise = make([]Cell, d)
	}
	p.value(group, value)
	var wg sync.WaitGroup
	for w := range min(d, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for j := w; j < d; j += runtime.GOMAXPROCS(0) {
				p.column(raw, group, j)
			}
		})
	}
	wg.Wait()
	return p
}

func (p *Profile) value(group []int, value []float64) {
	if value == nil {
		return
	}
	p.Values = make([]float64, len(p.Sizes))
	for i, v := range value {
		switch {
		case math.IsNaN(v):
		case group[i] < len(p.Values):
			p.Values[group[i]] += v
		default:
			p.ValueNoise += v
		}
	}
}

// column fills column j of every segment.
func (p *Profile) column(raw *features.Matrix, group []int, j int) {
	k, col := len(p.Sizes), p.Cols[j]
	cellOf := func(g int) *Cell {
		if g < k {
			return &p.Segments[g][j]
		}
		return &p.Noise[j]
	}
	if col.Kind == features.Category {
		p.Overall[j] = undefinedCell(0, fmt.Sprintf("%s is a category: its codes have no mean", col.Name))
		for g := range k {
			p.Segments[g][j] = p.Overall[j]
		}
		if p.Noise != nil {
			p.Noise[j] = p.Overall[j]
		}
		return
	}
	parts := make([][]float64, k+1)
	var all []float64
	for i, g := range group {
		if v := raw.Row(i)[j]; !math.IsNaN(v) {
			parts[g] = append(parts[g], v)
			all = append(all, v)
		}
	}
	p.Overall[j] = describe(all)
	o := &p.Overall[j]
	o.Z, o.SMD, o.Lo, o.Hi = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	if o.Reason == "" {
		o.Reason = "everyone is not compared with anyone"
	}
	for g := range parts {
		if g == k && p.Noise == nil {
			continue
		}
		c := cellOf(g)
		*c = describe(parts[g])
		c.Z = (c.Mean - o.Mean) / o.SD
		if o.SD == 0 || math.IsNaN(c.Z) || math.IsInf(c.Z, 0) {
			c.Z = math.NaN()
		}
		rest := make([]float64, 0, len(all)-len(parts[g]))
		for h := range parts {
			if h != g {
				rest = append(rest, parts[h]...)
			}
		}
		c.compare(rest)
	}
}

// describe returns the cell of values, which it sorts.
func describe(x []float64) Cell {
	c := undefinedCell(len(x), "")
	if len(x) == 0 {
		c.Reason = "no customer has a value"
		return c
	}
	c.Mean, c.SD = moments(x)
	slices.Sort(x)
	c.Q25, c.Median, c.Q75 = quantile7(x, 0.25), quantile7(x, 0.5), quantile7(x, 0.75)
	if len(x) == 1 {
		c.Reason = "one customer has no spread"
	}
	return c
}

func undefinedCell(n int, reason string) Cell {
	u := math.NaN()
	return Cell{N: n, Mean: u, SD: u, Median: u, Q25: u, Q75: u, Z: u, SMD: u, Lo: u, Hi: u, Reason: reason}
}

// compare fills the standardised mean difference against the rest.
func (c *Cell) compare(rest []float64) {
	if c.Reason != "" {
		return
	}
	mean, sd := moments(rest)
	n, m := float64(c.N), float64(len(rest))
	spread := math.Sqrt((c.SD*c.SD + sd*sd) / 2)
	switch {
	case len(rest) < 2:
		c.Reason = "fewer than two other customers have a value"
	case spread == 0 && c.Mean == mean:
		c.Reason = "everyone has the same value"
	case spread == 0:
		c.Reason = "neither side has any spread"
	default:
		c.SMD = (c.Mean - mean) / spread
		half := 1.959963984540054 * math.Sqrt((n+m)/(n*m)+c.SMD*c.SMD/(2*(n+m)))
		c.Lo, c.Hi = c.SMD-half, c.SMD+half
	}
}

// moments returns mean and sample standard deviation (n−1), in two passes.
func moments(x []float64) (mean, sd float64) {
	if len(x) == 0 {
		return math.NaN(), math.NaN()
	}
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	if len(x) == 1 {
		return mean, math.NaN()
	}
	ss := 0.0
	for _, v := range x {
		ss += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(ss / float64(len(x)-1))
}

// quantile7 is the type-7 quantile of sorted values (Hyndman and Fan 1996).
func quantile7(x []float64, p float64) float64 {
	h := p * float64(len(x)-1)
	lo := int(h)
	if lo+1 >= len(x) {
		return x[lo]
	}
	return x[lo] + (h-float64(lo))*(x[lo+1]-x[lo])
}

// cellJSON is a Cell with null for what is undefined.
type cellJSON struct {
	N      int      `json:"n"`
	Mean   *float64 `json:"mean"`
	SD     *float64 `json:"sd"`
	Median *float64 `json:"median"`
	Q25    *float64 `json:"q25"`
	Q75    *float64 `json:"q75"`
	Z      *float64 `json:"z"`
	SMD    *float64 `json:"smd"`
	Lo     *float64 `json:"smd_lo"`
	Hi     *float64 `json:"smd_hi"`
	Reason string   `json:"reason,omitempty"`
}

func (c *Cell) numbers() []*float64 {
	return []*float64{&c.Mean, &c.SD, &c.Median, &c.Q25, &c.Q75, &c.Z, &c.SMD, &c.Lo, &c.Hi}
}

func (j *cellJSON) numbers() []**float64 {
	return []**float64{&j.Mean, &j.SD, &j.Median, &j.Q25, &j.Q75, &j.Z, &j.SMD, &j.Lo, &j.Hi}
}

// MarshalJSON writes null for what is undefined.
func (c Cell) MarshalJSON() ([]byte, error) {
	j := cellJSON{N: c.N, Reason: c.Reason}
	for i, x := range c.numbers() {
		if !math.IsNaN(*x) && !math.IsInf(*x, 0) {
			*j.numbers()[i] = x
		}
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads null as undefined.
func (c *Cell) UnmarshalJSON(b []byte) error {
	var j cellJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*c = undefinedCell(j.N, j.Reason)
	for i, x := range j.numbers() {
		if *x != nil {
			*c.numbers()[i] = **x
		}
	}
	return nil
}
