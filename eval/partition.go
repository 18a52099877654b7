package eval

import (
	"maps"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// partition is a labelling as internal indices see it: the noise policy applied,
// rows grouped by cluster.
type partition struct {
	k        int     // groups, noise groups included
	segments int     // groups that are no noise: the first ones
	label    []int32 // n: the row's group, −1 = left out
	rows     []int   // kept rows, group by group, ascending inside a group
	start    []int   // k+1: group g owns rows[start[g]:start[g+1]]
	noise    int     // rows labelled as noise
	policy   NoisePolicy
	reason   string // why nothing can be said; "" = go on
}

// newPartition groups the rows of in. An internal index needs at least two
// segments, of which noise is none whatever the policy: one segment and its
// leftovers is no segmentation. It also needs fewer groups than rows.
func newPartition(index string, in *Input) *partition {
	p := &partition{}
	switch {
	case in.C == nil || len(in.C.Labels) == 0:
		p.reason = index + " needs at least 2 segments; there are no rows"
		return p
	case in.X == nil:
		p.reason = index + " needs the matrix that was clustered; there is none"
		return p
	}
	n, _ := in.X.Dims()
	if n != len(in.C.Labels) {
		panic("eval: labels and rows differ in number")
	}
	if r, c, bad := in.X.Missing(); bad {
		p.reason = Undefined("%s needs every value; row %s has none in column %s", index, in.X.ID(r), in.X.Cols[c].Name).Reason
		return p
	}
	var counts []int
	p.label, counts = dense(in.C.Labels)
	p.segments = len(counts)
	p.k = p.segments
	p.noise = n
	for _, c := range counts {
		p.noise -= c
	}
	if p.segments < 2 {
		p.reason = Undefined("%s needs at least 2 segments; this run has %d%s", index, p.segments, noiseNote(p.noise, n)).Reason
		return p
	}
	if p.noise > 0 {
		counts = p.apply(in.Noise, counts)
	}
	kept := 0
	for _, c := range counts {
		kept += c
	}
	if p.k >= kept {
		p.reason = Undefined("%s needs fewer segments than rows; this run has %d for %d", index, p.k, kept).Reason
		return p
	}
	p.start = make([]int, p.k+1)
	for g, c := range counts {
		p.start[g+1] = p.start[g] + c
	}
	at := append([]int(nil), p.start[:p.k]...)
	p.rows = make([]int, kept)
	for i, g := range p.label {
		if g >= 0 {
			p.rows[at[g]] = i
			at[g]++
		}
	}
	return p
}

// apply turns noise into groups; what stays −1 is left out.
func (p *partition) apply(policy NoisePolicy, counts []int) []int {
	switch policy {
	case "", OneCluster:
		p.policy = OneCluster
		counts = append(counts, p.noise)
		for i, l := range p.label {
			if l < 0 {
				p.label[i] = int32(p.k)
			}
		}
		p.k++
	case Singletons:
		p.policy = Singletons
		for i, l := range p.label {
			if l < 0 {
				p.label[i] = int32(p.k)
				counts = append(counts, 1)
				p.k++
			}
		}
	case Exclude:
		p.policy = Exclude
	default:
		panic("eval: no such noise policy")
	}
	return counts
}

// dense renumbers labels 0, 1, ... in ascending order of the old ones, without
// gaps, and counts the rows of each. Negative labels become −1.
func dense(labels []int32) (out []int32, counts []int) {
	seen := map[int32]int{}
	for _, l := range labels {
		if l >= 0 {
			seen[l]++
		}
	}
	to := make(map[int32]int32, len(seen))
	for i, l := range slices.Sorted(maps.Keys(seen)) {
		to[l] = int32(i)
		counts = append(counts, seen[l])
	}
	out = make([]int32, len(labels))
	for i, l := range labels {
		out[i] = -1
		if l >= 0 {
			out[i] = to[l]
		}
	}
	return out, counts
}

func noiseNote(noise, n int) string {
	if noise == 0 {
		return ""
	}
	return Undefined(" (noise %.3g %%)", math.Round(1000*float64(noise)/float64(n))/10).Reason
}

// size counts the rows of group g.
func (p *partition) size(g int) int { return p.start[g+1] - p.start[g] }

// centres returns each group's mean, summed in row order, and the mean of all
// kept rows.
func (p *partition) centres(x *features.Matrix) (mean [][]float64, all []float64) {
	_, d := x.Dims()
	all = make([]float64, d)
	for g := range p.k {
		m := make([]float64, d)
		for _, r := range p.rows[p.start[g]:p.start[g+1]] {
			for j, v := range x.Row(r) {
				m[j] += v
			}
		}
		for j := range m {
			all[j] += m[j]
			m[j] /= float64(p.size(g))
		}
		mean = append(mean, m)
	}
	for j := range all {
		all[j] /= float64(len(p.rows))
	}
	return mean, all
}
