// Package study runs experiments: data × features × transforms × algorithms ×
// options × seeds. Cells go in, a journal comes out.
//
// Everything anyone sees of a study (terminal, report, page) is made of its
// Events, folded into a State, and of the arrays that a finished run leaves
// behind (RunData) beside those of its feature set (Set).
package study
