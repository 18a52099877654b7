package cluster

// Tree is a merge tree in SciPy's layout: leaves are 0..N−1, merge i makes node
// N+i from nodes A[i] < B[i] at Height[i] with Size[i] leaves. Heights ascend,
// but for those of centroid and median linkage.
type Tree struct {
	N      int
	A, B   []int32
	Height []float64
	Size   []int32
}

// CutK returns the labels (not yet canonical) of the partition into k clusters.
// It panics if k is not in 1..N.
func (t *Tree) CutK(k int) []int32 {
	if k < 1 || k > t.N {
		panic("cluster: CutK needs 1 ≤ k ≤ N")
	}
	return t.label(t.N - k)
}

// CutHeight returns the labels (not yet canonical) of the partition whose merges
// are those at height ≤ h.
func (t *Tree) CutHeight(h float64) []int32 {
	m := 0
	for m < len(t.Height) && t.Height[m] <= h {
		m++
	}
	return t.label(m)
}

// label applies the first m merges; a cluster's label is its root node.
func (t *Tree) label(m int) []int32 {
	parent := make([]int32, t.N+m)
	for i := range parent {
		parent[i] = int32(i)
	}
	for i := range m {
		parent[t.A[i]] = int32(t.N + i)
		parent[t.B[i]] = int32(t.N + i)
	}
	// Parents have larger numbers: one pass from the top finds every root.
	for i := len(parent) - 1; i >= 0; i-- {
		parent[i] = parent[parent[i]]
	}
	return parent[:t.N:t.N]
}

// Z returns the tree as SciPy's linkage matrix: n−1 rows of a, b, height, size.
func (t *Tree) Z() []float64 {
	z := make([]float64, 0, 4*len(t.A))
	for i := range t.A {
		z = append(z, float64(t.A[i]), float64(t.B[i]), t.Height[i], float64(t.Size[i]))
	}
	return z
}
