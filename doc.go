// Package mores is the root of a workbench for behavioural customer segmentation:
// an event log goes in; behavioural vectors, many clusterings, scores, figures and
// a verdict come out.
//
//	datasets -> features -> cluster -> eval -> eval/study -> eval/{ledger,figure,report,live} -> cmd, notebooks
//	event logs  a matrix    labels     scores  experiments   keep it, look at it                wiring
//
// Data flows to the right; imports point to the left. The command is cmd/mores.
package mores
