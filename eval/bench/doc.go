// Package bench compares algorithms over many labelled data sets: contenders × sets ×
// seeds, one row each, and from the rows ranks with the test of their differences, what
// each costs, how that grows with the number of rows, and our scores beside published
// ones. It reads no files itself: sets of a battery come through Options.Load.
package bench
