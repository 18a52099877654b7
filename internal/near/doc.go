// Package near finds neighbours exactly: a kd-tree whose leaves lie in lanes and whose
// points search a leaf at a time, brute force behind a float32 screen where nothing can be
// pruned, k nearest neighbours, range counts, spanning trees, and a union-find that many
// goroutines may use. Squared distances have the bits of kernel.Sq64 on every path.
package near
