package main

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/npy"
)

// writeTree writes the merge tree where --linkage-out asks for it.
func (c clusterCmd) writeTree(ctx context.Context, a *app, method string, x *features.Matrix, cl *cluster.Clustering) error {
	hclust := strings.HasSuffix(strings.ToLower(c.LinkageOut), ".csv")
	switch {
	case c.LinkageOut == "" && c.LeafOrder == "plain":
		return nil
	case !hclust && c.LeafOrder != "plain":
		return fail(exitUsage, "--leaf-order is of the tree as R has it: --linkage-out FILE.csv")
	case cl.Tree == nil:
		return fail(exitUsage, "%s builds no merge tree: --linkage-out goes with hierarchical, genie and hdbscan", method)
	case !hclust:
		return writeFile(a.path(c.LinkageOut), func(w io.Writer) error { return npy.Write(w, cl.Tree.Z(), len(cl.Tree.A), 4) })
	}
	var order []int32
	if c.LeafOrder == "optimal" {
		s, err := cluster.NewSpace("euclidean", x)
		if err != nil {
			return err
		}
		if order, err = cl.Tree.OptimalOrder(ctx, s); err != nil {
			return err
		}
	}
	return writeFile(a.path(c.LinkageOut), cl.Tree.Hclust(order).Write)
}

// writeDetails writes what the algorithm says of each row besides its label, where
// --details asks for it.
func (c clusterCmd) writeDetails(a *app, method string, x *features.Matrix, cl *cluster.Clustering) error {
	if c.Details == "" {
		return nil
	}
	write := func(w io.Writer) error { return writeStrengths(w, x, cl) }
	switch {
	case cl.Reachability != nil:
		write = func(w io.Writer) error { return cluster.WriteReachability(w, x, cl) }
	case cl.Peaks != nil:
		write = func(w io.Writer) error { return cluster.WriteDecisionGraph(w, x, cl) }
	case cl.Probabilities == nil && cl.Outlier == nil && cl.Core == nil:
		return fail(exitUsage, "%s says nothing of a row besides its label: --details goes with hdbscan, gmm, dbscan, optics and density_peaks", method)
	}
	return writeFile(a.path(c.Details), write)
}

// writeStrengths writes a line a row: id, cluster, and those of core, probability and
// outlier that there are.
func writeStrengths(w io.Writer, x *features.Matrix, cl *cluster.Clustering) error {
	head := []string{"id", "cluster"}
	if cl.Core != nil {
		head = append(head, "core")
	}
	if cl.Probabilities != nil {
		head = append(head, "probability")
	}
	if cl.Outlier != nil {
		head = append(head, "outlier")
	}
	cw := csv.NewWriter(w)
	cw.Write(head) // Flush and Error tell
	for i, l := range cl.Labels {
		row := []string{x.ID(i), strconv.Itoa(int(l))}
		if cl.Core != nil {
			row = append(row, strconv.FormatBool(cl.Core[i]))
		}
		for _, v := range [][]float64{cl.Probabilities, cl.Outlier} {
			if v != nil {
				row = append(row, strconv.FormatFloat(v[i], 'g', -1, 64))
			}
		}
		cw.Write(row)
	}
	cw.Flush()
	return cw.Error()
}
