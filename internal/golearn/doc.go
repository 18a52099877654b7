// Package golearn reads short rules for segments off decision trees that
// github.com/sjwhitworth/golearn grows. It is the only importer of golearn, and no
// type of golearn leaves it: values are binned here first, every call is guarded
// against panics, and what a rule is worth is counted here, on rows that the tree
// has not seen.
package golearn
