package cluster

// Tree is a merge tree in SciPy's layout: leaves are 0..N−1, merge i makes node
// N+i from nodes A[i] < B[i] at Height[i] with Size[i] leaves. Heights ascend,
// but for those of centroid and median linkage and of trees on a graph, where a union
// may be nearer to a third cluster than its parts were (an inversion).
type Tree struct {
	N      int
	A, B   []int32
	Height []float64
	Size   []int32

	notes []string // what a user must know about how it was built
}

// CutK returns the labels (not yet canonical) of the partition into k clusters: the last
// k−1 merges are undone. It panics if k is not in 1..N.
func (t *Tree) CutK(k int) []int32 {
	if k < 1 || k > t.N {
		panic("cluster: CutK needs 1 ≤ k ≤ N")
	}
	return t.label(t.N - k)
}

// CutHeight returns the labels (not yet canonical) of the partition whose merges
// are those at height ≤ h that have no merge above h below them: SciPy's fcluster with
// criterion distance.
func (t *Tree) CutHeight(h float64) []int32 {
	m := 0
	for m < len(t.Height) && t.Height[m] <= h {
		m++
	}
	return t.label(m)
}

// label applies the first m merges; a cluster's label is its root node.
func (t *Tree) label(m int) []int32 {
	return t.labelIf(m, func(int) bool { return true })
}

// labelIf applies those of the first m merges that may be made; what stands on a merge
// that may not must not be made either.
func (t *Tree) labelIf(m int, may func(i int) bool) []int32 {
	parent := make([]int32, t.N+m)
	for i := range parent {
		parent[i] = int32(i)
	}
	for i := range m {
		if may(i) {
			parent[t.A[i]] = int32(t.N + i)
			parent[t.B[i]] = int32(t.N + i)
		}
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
