package cluster

// kmeansAlgorithms are the ways to the same answer, the default first.
var kmeansAlgorithms = []string{"auto", "lloyd", "hamerly", "tree"}

// kmeansSettling is the share of rows below which bounds pay: while more of them change
// in a pass, the centres move so far that nearly all rows would be compared anyway, and
// a row costs up to twice as much from its place in the matrix as from the float32 copy.
// 0.02 is best or within 5 % of it for k = 8 … 200 and d = 8 … 32 on Gaussian mixtures.
const kmeansSettling = 0.02

// choose decides how the next passes are made.
func (r *kmeansRun) choose(changed int) {
	if r.bounds != nil || r.frame == nil || r.opt.Algorithm == "lloyd" {
		return
	}
	if r.opt.Algorithm == "hamerly" || float64(changed) < kmeansSettling*float64(r.n) {
		r.bounds = r.newBounds()
	}
}

// kmeansGrows says whether auto goes by a tree. For 300 iterations on Gaussian mixtures
// that takes, of the processor's time without one, 0.73 at n = 10⁶, d = 2, k = 1000, 0.78
// at d = 3; but 0.95–1.2 at n = 10⁵, 1.05–1.25 at k = 200, and more at d ≥ 5, where boxes
// have many near centres.
func kmeansGrows(n, d, k, iterations int) bool {
	return d <= 3 && k >= 800 && n >= 500*k && iterations >= 20
}

// plan decides how the first pass is made.
func (r *kmeansRun) plan(k int) {
	grows := r.opt.Algorithm == "tree"
	if r.opt.Algorithm == "" || r.opt.Algorithm == "auto" {
		grows = kmeansGrows(r.n, r.d, k, r.opt.MaxIter)
	}
	if !grows || r.frame == nil {
		return
	}
	if r.grown == nil {
		r.grown = r.newTree()
	}
	if r.tree = r.grown; r.tree != nil {
		r.tree.adopt(r.labels)
	}
}
