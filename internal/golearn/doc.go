// Package golearn asks how well decision trees that github.com/sjwhitworth/golearn grows
// give customers the segment they have: ID3, CART and a forest. It is the only importer
// of golearn, and no type of golearn leaves it: values are binned here first, every call
// is guarded against panics, sizes are limited, and what a tree is worth is counted here,
// on rows that it has not seen.
package golearn
