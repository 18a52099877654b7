// Package figure draws a study's figures with gonum/plot: one file a figure,
// `ls eval/figure` is their list. A figure works from labels, distances and
// tables, never from an algorithm's type. The same segment has the same colour in
// every figure, on the page and in the report.
package figure
