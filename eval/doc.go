// Package eval scores clusterings. `ls eval` is the list of metrics.
//
// A metric is a function from an Input to a Score. What is undefined is a Score
// with a Reason, never 0 or NaN. Every metric states how it treats noise.
package eval
