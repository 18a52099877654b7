package cluster

// kmeansAlgorithms are the ways to the same answer, the default first.
var kmeansAlgorithms = []string{"auto", "lloyd", "hamerly"}

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
