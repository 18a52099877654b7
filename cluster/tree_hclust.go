package cluster

import (
	"bufio"
	"io"
	"strconv"
)

// Hclust is a tree as R's hclust holds it: in Merge, −i is row i and j the cluster of step
// j, both counted from 1; single rows stand first, then smaller numbers. Order lists the
// rows, counted from 1, from left to right so that no branches cross.
type Hclust struct {
	Merge  [][2]int
	Height []float64
	Order  []int
}

// Hclust returns the tree in R's form with its leaves in that order, as OptimalOrder's; nil
// = as Order has them. R's cutree needs heights that ascend.
func (t *Tree) Hclust(order []int32) *Hclust {
	if order == nil {
		order = t.Order()
	}
	h := &Hclust{Merge: make([][2]int, len(t.A)), Height: t.Height, Order: make([]int, 0, t.N)}
	name := func(v int32) int {
		if int(v) < t.N {
			return -int(v) - 1
		}
		return int(v) - t.N + 1
	}
	for i := range t.A {
		h.Merge[i] = [2]int{name(t.A[i]), name(t.B[i])} // A < B: rows first, earlier steps first
	}
	for _, leaf := range order {
		h.Order = append(h.Order, int(leaf)+1)
	}
	return h
}

// Write writes R's form as CSV, columns merge1, merge2, height and order; the last
// of the n lines has an order only. In R:
//
//	z <- read.csv("tree.csv"); n <- nrow(z)
//	h <- structure(list(merge = as.matrix(z[-n, 1:2]), height = z$height[-n], order = z$order,
//	               labels = NULL, method = "average", dist.method = "euclidean"), class = "hclust")
func (h *Hclust) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	_, _ = b.WriteString("merge1,merge2,height,order\n") // Flush tells of errors
	for i, row := range h.Order {
		var line []byte
		if i < len(h.Merge) {
			line = strconv.AppendInt(line, int64(h.Merge[i][0]), 10)
			line = strconv.AppendInt(append(line, ','), int64(h.Merge[i][1]), 10)
			line = strconv.AppendFloat(append(line, ','), h.Height[i], 'g', -1, 64)
		} else {
			line = append(line, ",,"...)
		}
		line = strconv.AppendInt(append(line, ','), int64(row), 10)
		_, _ = b.Write(append(line, '\n'))
	}
	return b.Flush()
}
