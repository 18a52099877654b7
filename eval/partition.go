package eval

import (
	"maps"
	"math"
	"slices"
)

// partition is a labelling as internal indices see it: the noise policy applied,
// rows grouped by cluster.
type partition struct {
	k        int     // groups, noise groups included
	segments int     // groups that are no noise: the first ones
	label    []int32 // n: the row's group, −1 = left out
	rows     []int   // kept rows, group by group, ascending inside a group: order fills it
	start    []int   // k+1: group g owns rows[start[g]:start[g+1]]
	noise    int     // rows labelled as noise
	policy   NoisePolicy
	reason   string // why nothing can be said; "" = go on
}

// newPartition groups the rows of in. An internal index needs at least two
// segments, of which noise is none whatever the policy: one segment and its
// leftovers is no segmentation. It also needs fewer groups than rows, and every value:
// who calls says so by missing, once sums are not finite or before anything else.
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
	var counts []int
	if counts = canonical(in); counts != nil {
		p.label = in.C.Labels // nobody writes to labels without noise
	} else {
		p.label, counts = dense(in.C.Labels)
	}
	p.segments = len(counts)
	p.k = p.segments
	p.noise = n
	for _, c := range counts {
		p.noise -= c
	}
	if p.segments < 2 {
		p.reason = Undefined("%s needs at least 2 segments; this run has %d%s", index, p.segments, noiseNote(p.noise, n)).Reason
		p.missing(index, in)
		return p
	}
	if p.noise > 0 {
		counts = p.apply(in.Noise, counts)
	}
	p.start = make([]int, p.k+1)
	for g, c := range counts {
		p.start[g+1] = p.start[g] + c
	}
	if kept := p.kept(); p.k >= kept {
		p.reason = Undefined("%s needs fewer segments than rows; this run has %d for %d", index, p.k, kept).Reason
		p.missing(index, in)
	}
	return p
}

// missing reports whether a value is missing; that is the reason then.
func (p *partition) missing(index string, in *Input) bool {
	r, c, bad := in.X.Missing()
	if bad {
		p.reason = Undefined("%s needs every value; row %s has none in column %s", index, in.X.ID(r), in.X.Cols[c].Name).Reason
	}
	return bad
}

// kept counts the rows that belong to a group.
func (p *partition) kept() int { return p.start[p.k] }

// order fills rows.
func (p *partition) order() {
	at := append([]int(nil), p.start[:p.k]...)
	p.rows = make([]int, p.kept())
	for i, g := range p.label {
		if g >= 0 {
			p.rows[at[g]] = i
			at[g]++
		}
	}
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

// canonical counts the rows of labels that are already 0, 1, …, K−1 without gaps or
// noise, as a fit's are; nil where they are not.
func canonical(in *Input) []int {
	labels, k := in.C.Labels, in.C.K
	const pieces = 16
	if k < 1 || k > 1<<12 || k > len(labels) {
		return nil
	}
	size := (len(labels) + pieces - 1) / pieces
	parts := make([][]int, pieces)
	parallel(workersOf(in), pieces, func(b int) {
		// Neighbours often have one label: two tables, so that an addition need not wait
		// for the one before.
		even, odd := make([]int, k), make([]int, k)
		part := labels[min(len(labels), b*size):min(len(labels), (b+1)*size)]
		for i, l := range part {
			if uint32(l) >= uint32(k) {
				return
			}
			if i%2 == 0 {
				even[l]++
			} else {
				odd[l]++
			}
		}
		for g, c := range odd {
			even[g] += c
		}
		parts[b] = even
	})
	counts := make([]int, k)
	for _, part := range parts {
		if part == nil {
			return nil
		}
		for g, c := range part {
			counts[g] += c
		}
	}
	if slices.Contains(counts, 0) {
		return nil
	}
	return counts
}

// dense renumbers labels 0, 1, ... in ascending order of the old ones, without
// gaps, and counts the rows of each. Negative labels become −1.
func dense(labels []int32) (out []int32, counts []int) {
	var seen []int
	for _, l := range labels {
		if int(l) >= len(seen) {
			if int(l) > 4*len(labels) {
				return denseByMap(labels)
			}
			seen = append(seen, make([]int, max(int(l)+1, 2*len(seen))-len(seen))...)
		}
		if l >= 0 {
			seen[l]++
		}
	}
	to := make([]int32, len(seen))
	for l, c := range seen {
		to[l] = int32(len(counts))
		if c > 0 {
			counts = append(counts, c)
		}
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

// denseByMap is dense for labels that are too large for a table.
func denseByMap(labels []int32) (out []int32, counts []int) {
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
