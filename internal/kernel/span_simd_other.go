//go:build !amd64 || purego

package kernel

func spanBox(q []float64, blocks int, box []float64, s *SpanQueries, other int32) uint64 {
	return spanBoxPlain(q, blocks, box, s, other)
}

func spanScan(d int, q []float64, mask uint64, s *SpanQueries, leaf []float64, core *[LeafLanes]float64, comp *[LeafLanes]int32, sq *[LeafLanes * LeafLanes]float64, hits *[LeafLanes]uint64) uint64 {
	return spanScanPlain(d, q, mask, s, leaf, core, comp, sq, hits)
}
