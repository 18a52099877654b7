//go:build !purego

package kernel

func spanBox(q []float64, blocks int, box []float64, s *SpanQueries, other int32) uint64 {
	switch level {
	case AVX512:
		return spanBoxAVX512(&q[0], len(box)/2, blocks, &box[0], &s.Far[0], &s.Own[0], other)
	case AVX2:
		return spanBoxAVX2(&q[0], len(box)/2, blocks, &box[0], &s.Far[0], &s.Own[0], other)
	}
	return spanBoxPlain(q, blocks, box, s, other)
}

func spanScan(d int, q []float64, mask uint64, s *SpanQueries, leaf []float64, core *[LeafLanes]float64, comp *[LeafLanes]int32, sq *[LeafLanes * LeafLanes]float64, hits *[LeafLanes]uint64) uint64 {
	switch level {
	case AVX512:
		return spanScanAVX512(&q[0], d, mask, &s.Far[0], &s.Deep[0], &s.Own[0], &leaf[0], &core[0], &comp[0], &sq[0], &hits[0])
	case AVX2:
		return spanScanAVX2(&q[0], d, mask, &s.Far[0], &s.Deep[0], &s.Own[0], &leaf[0], &core[0], &comp[0], &sq[0], &hits[0])
	}
	return spanScanPlain(d, q, mask, s, leaf, core, comp, sq, hits)
}
