package cluster

// kmeansSettling is the share of rows below which bounds pay: while more change in a
// pass, the centres move so far that nearly all rows would be compared anyway.
const kmeansSettling = 0.02

// choose decides how the next passes are made.
func (r *kmeansRun) choose(changed int) {
	if r.bounds == nil && r.frame != nil && float64(changed) < kmeansSettling*float64(r.n) {
		r.bounds = r.newBounds()
	}
}
