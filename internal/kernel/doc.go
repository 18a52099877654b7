// Package kernel holds the innermost loops: distances from rows to a handful of
// points. Everything here has a plain Go form; sums run over the columns in
// order, one accumulator a point, so that every caller gets the same bits.
package kernel
