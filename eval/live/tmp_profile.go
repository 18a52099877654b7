package live

import (
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

type tmpBehaviour struct {
	Column                     features.Column
	Text                       string
	SMD, Lo, Hi, Mean, Overall float64
}
type tmpCard struct {
	Segment           int
	Name              string
	Size              int
	Share             float64
	Value, ValueShare *float64
	Behaviours        []tmpBehaviour
}

func tmpProfile(raw *features.Matrix, labels []int32, value []float64) *eval.Profile {
	n, d := raw.Dims()
	k := 0
	for _, l := range labels {
		k = max(k, int(l)+1)
	}
	p := &eval.Profile{Cols: raw.Cols, Sizes: make([]int, k), Values: make([]float64, k)}
	for i, l := range labels {
		if l < 0 {
			p.NumNoise++
			continue
		}
		p.Sizes[l]++
		if value != nil {
			p.Values[l] += value[i]
		}
	}
	cell := func(j int, in func(l int32) bool) eval.Cell {
		var xs []float64
		s, q := 0., 0.
		for i := range n {
			if in(labels[i]) {
				v := raw.Row(i)[j]
				xs = append(xs, v)
				s += v
				q += v * v
			}
		}
		m := s / float64(len(xs))
		slices.Sort(xs)
		at := func(p float64) float64 { return xs[int(p*float64(len(xs)-1))] }
		return eval.Cell{N: len(xs), Mean: m, SD: math.Sqrt(q/float64(len(xs)) - m*m), Median: at(.5), Q25: at(.25), Q75: at(.75)}
	}
	for j := range d {
		p.Overall = append(p.Overall, cell(j, func(int32) bool { return true }))
	}
	for s := range k {
		var row []eval.Cell
		for j := range d {
			c := cell(j, func(l int32) bool { return l == int32(s) })
			o := p.Overall[j]
			c.Z = (c.Mean - o.Mean) / o.SD
			c.SMD, c.Lo, c.Hi = c.Z*1.2, c.Z*1.2-.1, c.Z*1.2+.1
			row = append(row, c)
		}
		p.Segments = append(p.Segments, row)
	}
	if p.NumNoise > 0 {
		for j := range d {
			c := cell(j, func(l int32) bool { return l < 0 })
			c.Z = (c.Mean - p.Overall[j].Mean) / p.Overall[j].SD
			p.Noise = append(p.Noise, c)
		}
	}
	return p
}

func tmpCards(p *eval.Profile) (out []tmpCard) {
	tot, totv := 0, 0.
	for s := range p.Sizes {
		tot += p.Sizes[s]
		totv += p.Values[s]
	}
	for s, row := range p.Segments {
		idx := make([]int, len(row))
		for j := range idx {
			idx[j] = j
		}
		slices.SortFunc(idx, func(a, b int) int { return int(1e6 * (math.Abs(row[b].SMD) - math.Abs(row[a].SMD))) })
		vs := p.Values[s] / totv
		c := tmpCard{Segment: s, Size: p.Sizes[s], Share: float64(p.Sizes[s]) / float64(tot+p.NumNoise), Value: &p.Values[s], ValueShare: &vs}
		c.Name = fmt.Sprintf("%s %s", map[bool]string{true: "high", false: "low"}[row[idx[0]].SMD > 0], p.Cols[idx[0]].Name)
		for _, j := range idx[:min(5, len(idx))] {
			x := row[j]
			c.Behaviours = append(c.Behaviours, tmpBehaviour{p.Cols[j], fmt.Sprintf("%s %.3g %s (others %.3g)", p.Cols[j].Doc, x.Mean, p.Cols[j].Unit, p.Overall[j].Mean), x.SMD, x.Lo, x.Hi, x.Mean, p.Overall[j].Mean})
		}
		out = append(out, c)
	}
	return out
}
