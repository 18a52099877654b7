package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// contingency is the table of two labellings: how many rows carry each pair of
// labels. Only pairs that occur are stored.
type contingency struct {
	n     int
	a, b  []int // rows of each reference class, of each cluster
	cells []contingencyCell
}

type contingencyCell struct{ i, j, n int } // class, cluster, rows

// newContingency builds the table. Rows whose reference is noise are dropped;
// predicted noise is one cluster (noise reports whether there was any).
func newContingency(truth, labels []int32) (t *contingency, noise bool) {
	t = &contingency{}
	u := make([]int32, 0, len(truth))
	v := make([]int32, 0, len(truth))
	for i, c := range truth {
		if c >= 0 {
			u = append(u, c)
			v = append(v, max(labels[i], -1))
		}
	}
	t.n = len(u)
	shifted := make([]int32, len(v))
	top := int32(-1)
	for _, l := range v {
		top = max(top, l)
	}
	for i, l := range v {
		if shifted[i] = l; l < 0 {
			shifted[i], noise = top+1, true
		}
	}
	u, t.a = dense(u)
	v, t.b = dense(shifted)
	t.count(u, v)
	return t, noise
}

// count fills the cells, class by class: through a table where it is not much
// larger than the labellings, else through a map.
func (t *contingency) count(u, v []int32) {
	ka, kb := len(t.a), len(t.b)
	if ka*kb <= 4*len(u)+64 {
		table := make([]int, ka*kb)
		for i := range u {
			table[int(u[i])*kb+int(v[i])]++
		}
		for at, n := range table {
			if n > 0 {
				t.cells = append(t.cells, contingencyCell{at / kb, at % kb, n})
			}
		}
		return
	}
	pair := make(map[[2]int32]int, ka+kb)
	for i := range u {
		pair[[2]int32{u[i], v[i]}]++
	}
	for k, n := range pair {
		t.cells = append(t.cells, contingencyCell{int(k[0]), int(k[1]), n})
	}
	slices.SortFunc(t.cells, func(x, y contingencyCell) int {
		if c := cmp.Compare(x.i, y.i); c != 0 {
			return c
		}
		return cmp.Compare(x.j, y.j)
	})
}

// same reports whether the labellings are equal up to names.
func (t *contingency) same() bool { return len(t.cells) == len(t.a) && len(t.cells) == len(t.b) }

// pairs counts the pairs of rows that are together in both labellings, in the
// reference, in the clustering, and all pairs. Exact below n = 9·10^7.
func (t *contingency) pairs() (both, inA, inB, all float64) {
	choose := func(n int) int64 { return int64(n) * int64(n-1) / 2 }
	var x, y, z int64
	for _, c := range t.cells {
		x += choose(c.n)
	}
	for _, n := range t.a {
		y += choose(n)
	}
	for _, n := range t.b {
		z += choose(n)
	}
	return float64(x), float64(y), float64(z), float64(choose(t.n))
}

// entropy returns −Σ (n/N) ln(n/N), in nats.
func entropy(counts []int, n int) float64 {
	if len(counts) < 2 {
		return 0
	}
	h := 0.0
	for _, c := range counts {
		p := float64(c) / float64(n)
		h -= p * math.Log(p)
	}
	return h
}

// mutual returns the mutual information of the two labellings, in nats, never
// below 0.
func (t *contingency) mutual() float64 {
	n, s := float64(t.n), 0.0
	for _, c := range t.cells {
		x := float64(c.n)
		s += x / n * math.Log(x/float64(t.a[c.i])*(n/float64(t.b[c.j])))
	}
	return max(s, 0)
}

// external scores in.C against every reference and keeps the largest value; all
// references are equally valid. score returns a value or a reason.
func external(ctx context.Context, name string, in *Input, score func(*contingency) (float64, string)) (Score, error) {
	switch {
	case in.C == nil || len(in.C.Labels) == 0:
		return Undefined("%s needs at least 2 rows; there are none", name), ctx.Err()
	case len(in.Truth) == 0:
		return Undefined("%s needs a reference labelling; there is none", name), ctx.Err()
	}
	best, found := Score{}, false
	for _, ref := range in.Truth {
		if err := ctx.Err(); err != nil {
			return Score{}, err
		}
		if len(ref.Labels) != len(in.C.Labels) {
			best.Warnings = append(best.Warnings, fmt.Sprintf("reference %s has %d labels for %d rows and was left out",
				ref.Name, len(ref.Labels), len(in.C.Labels)))
			continue
		}
		t, noise := newContingency(ref.Labels, in.C.Labels)
		v, reason := 0.0, ""
		if t.n < 2 {
			reason = fmt.Sprintf("%s needs at least 2 rows that the reference labels; there are %d", name, t.n)
		} else {
			v, reason = score(t)
		}
		switch {
		case reason != "" && !found && best.Reason == "":
			best.Reason = reason
		case reason == "" && (!found || v > best.Value):
			best.Value, best.Reason, best.Noise, found = v, "", "", true
			if noise {
				best.Noise = OneCluster
			}
		}
	}
	if !found && best.Reason == "" {
		best.Reason = best.Warnings[0]
	}
	return best, nil
}

const externalNoise = `Rows that the reference calls noise are dropped; predicted noise is one cluster; of several
references the largest value counts.`
