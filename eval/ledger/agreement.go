package ledger

import (
	"math"
	"slices"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
)

// amiRuns is the number of runs on one feature set up to which the adjusted mutual
// information is computed for every pair: its expectation costs milliseconds a
// pair, and pairs grow with the square.
const amiRuns = 60

// agreement writes how alike the runs are, pair by pair within a feature set. The
// unassigned count as one more segment on both sides. ARI is Hubert and Arabie's,
// VI Meilă's variation of information in nats.
func (t *tables) agreement() error {
	cols := []column{
		{name: "run_a", texts: []string{}},
		{name: "run_b", texts: []string{}},
		{name: "ari", floats: []float64{}},
		{name: "ami", floats: []float64{}},
		{name: "vi", floats: []float64{}},
	}
	ami, err := eval.Lookup("adjusted_mutual_info")
	if err != nil {
		return err
	}
	labels := map[string][]int32{}
	count := map[string]int{}
	for _, r := range t.done {
		d, err := t.r.RunData(r.ID)
		if err != nil {
			return err
		}
		labels[r.ID] = fillNoise(d.Labels)
		count[r.Start.Set]++
	}
	for i, a := range t.done {
		for _, b := range t.done[i+1:] {
			// Scales of one set leave out the same rows: missing values are the raw matrix's.
			if a.Start.Set != b.Start.Set || len(labels[a.ID]) != len(labels[b.ID]) {
				continue
			}
			if err := t.ctx.Err(); err != nil {
				return err
			}
			ari, vi := agree(labels[a.ID], labels[b.ID])
			m := math.NaN()
			if count[a.Start.Set] <= amiRuns {
				l := labels[b.ID]
				k, _ := counts(l)
				s, err := ami.New().Score(t.ctx, &eval.Input{
					C: &cluster.Clustering{Labels: l, K: k}, Truth: []eval.Labelling{{Name: a.ID, Labels: labels[a.ID]}},
				})
				if err != nil {
					return err
				}
				if s.Defined() {
					m = s.Value
				}
			}
			cols[0].texts = append(cols[0].texts, a.ID)
			cols[1].texts = append(cols[1].texts, b.ID)
			cols[2].floats = append(cols[2].floats, ari)
			cols[3].floats = append(cols[3].floats, m)
			cols[4].floats = append(cols[4].floats, vi)
		}
	}
	return writeTable(t.dir, "agreement", cols)
}

// fillNoise returns labels in which the unassigned are a segment of their own.
func fillNoise(labels []int32) []int32 {
	k, _ := counts(labels)
	out := make([]int32, len(labels))
	for i, l := range labels {
		if out[i] = l; l < 0 {
			out[i] = int32(k)
		}
	}
	return out
}

// counts returns the number of labels ≥ 0 and how many rows carry each.
func counts(labels []int32) (k int, n []int) {
	for _, l := range labels {
		k = max(k, int(l)+1)
	}
	n = make([]int, k)
	for _, l := range labels {
		if l >= 0 {
			n[l]++
		}
	}
	return k, n
}

// agree returns the adjusted Rand index and the variation of information of two
// labellings without noise. O(n + Ka·Kb), or O(n·ln n) where they have very many
// clusters. Two labellings that both put all rows into one cluster, or each row
// into its own, are the same: ARI 1.
func agree(a, b []int32) (ari, vi float64) {
	_, na := counts(a)
	_, nb := counts(b)
	pairs := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	n := float64(len(a))
	var both, pa, pb float64
	cells(a, b, len(na), len(nb), func(i, j, c int) {
		both += pairs(c)
		// H(A|B) + H(B|A), cell by cell.
		vi -= float64(c) / n * (math.Log(float64(c)/float64(na[i])) + math.Log(float64(c)/float64(nb[j])))
	})
	for _, c := range na {
		pa += pairs(c)
	}
	for _, c := range nb {
		pb += pairs(c)
	}
	vi = max(vi, 0)
	expected := pa * pb / pairs(len(a))
	most := (pa + pb) / 2
	if most == expected {
		return 1, vi
	}
	return (both - expected) / (most - expected), vi
}

// cells calls f on every pair of labels that occurs, in order, with its count.
func cells(a, b []int32, ka, kb int, f func(i, j, c int)) {
	if ka*kb <= 16*len(a)+1024 {
		table := make([]int, ka*kb)
		for i := range a {
			table[int(a[i])*kb+int(b[i])]++
		}
		for at, c := range table {
			if c > 0 {
				f(at/kb, at%kb, c)
			}
		}
		return
	}
	codes := make([]int, len(a))
	for i := range a {
		codes[i] = int(a[i])*kb + int(b[i])
	}
	slices.Sort(codes)
	for lo := 0; lo < len(codes); {
		hi := lo
		for hi < len(codes) && codes[hi] == codes[lo] {
			hi++
		}
		f(codes[lo]/kb, codes[lo]%kb, hi-lo)
		lo = hi
	}
}
