package cluster

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/near"
)

// hdbscanBase is what all settings of one min_samples share: the spanning tree under
// mutual reachability and its dendrogram.
type hdbscanBase struct {
	x        *features.Matrix
	span     *near.Spanning
	tree     *Tree
	workers  int
	shared   *Shared // nil = nothing is shared
	key      string
	warnings []string
}

func newHDBSCANBase(ctx context.Context, method string, x *features.Matrix, run Run, metric string, minSamples int, alpha float64) (*hdbscanBase, error) {
	n, _ := x.Dims()
	if run.Space != nil && run.Space.Len() != n {
		return nil, &DataError{method, fmt.Sprintf("distances between %d points for %d rows", run.Space.Len(), n)}
	}
	given := run.Space != nil
	run, warnings, err := run.onMetric(method, metric, x)
	if err != nil {
		return nil, err
	}
	b := &hdbscanBase{x: x, workers: run.workers(), warnings: warnings}
	if minSamples, err = b.enough(method, minSamples); err != nil {
		return nil, err
	}
	own := run.Space != nil || x.Weights != nil || alpha != 1
	if run.Shared != nil && !given && metric != "gower" { // its distances depend on the kinds of columns, which are not in the hash
		b.shared, b.key = run.Shared, run.Shared.hash(x)
	}
	spanning := func() (*near.Spanning, error) { return keyedSpanning(ctx, x, run, minSamples, b.key) }
	tag := strconv.Itoa(minSamples)
	if own {
		tag += "|" + metric + "|" + strconv.FormatFloat(alpha, 'g', -1, 64)
		spanning = func() (*near.Spanning, error) { return hdbscanSpan(ctx, x, run, minSamples, alpha) }
	}
	b.key = tag + "|" + b.key
	type both struct {
		span *near.Spanning
		tree *Tree
	}
	v, err := b.shared.Get("density|"+b.key, func() (any, int64, error) {
		s, err := spanning()
		if err != nil {
			return nil, 0, err
		}
		if last := s.Length[len(s.Length)-1]; !(last <= math.MaxFloat64) {
			return nil, 0, &DataError{method, "distances overflow: values are above 1e150, scale the columns first"}
		}
		bytes := int64(20 * n)
		if own { // else the spanning tree is in Shared by itself
			bytes += int64(24 * n)
		}
		return both{s, spanningTree(s)}, bytes, nil
	})
	if err != nil {
		return nil, err
	}
	b.span, b.tree = v.(both).span, v.(both).tree
	if how := b.span.How; how != "" && !strings.HasPrefix(how, "kd-tree") {
		b.warnings = append(b.warnings, method+": spanning tree: "+how)
	}
	return b, nil
}

// enough reduces min_samples to the rows that there are.
func (b *hdbscanBase) enough(method string, minSamples int) (int, error) {
	n, _ := b.x.Dims()
	have := float64(n)
	if b.x.Weights != nil {
		have = sum(b.x.Weights)
	}
	if float64(minSamples) <= have {
		return minSamples, nil
	}
	if have < 1 {
		return 0, &DataError{method, fmt.Sprintf("the weights sum to %.3g: a row of weight 1 counts as one row, scale the weights", have)}
	}
	b.warnings = append(b.warnings, fmt.Sprintf("%s: min_samples = %d of only %.4g rows: %d is used", method, minSamples, have, int(have)))
	return int(have), nil
}

// condensed returns the tree pruned to clusters of at least size rows.
func (b *hdbscanBase) condensed(size int) (*hdbscanTree, error) {
	v, err := b.shared.Get(fmt.Sprintf("condensed|%d|%s", size, b.key), func() (any, int64, error) {
		h := hdbscanCondense(b.tree, float64(size), b.x.Weights, b.span.Core, b.workers)
		return h, int64(20*b.span.N + 40*len(h.parent)), nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*hdbscanTree), nil
}
