// Package near finds neighbours: a kd-tree, k nearest neighbours, range counts, and
// a union-find that many goroutines may use.
package near
