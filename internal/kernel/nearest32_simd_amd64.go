//go:build !purego

package kernel

func top2(x []float32, d int, c *Centers32, list []int32, best, second []float32, label []int32) {
	blocks, stride := len(best)/Lanes32, c.stride*4
	switch level {
	case AVX512:
		if pairs := blocks / 2; pairs > 0 {
			top2PairsAVX512(&x[0], pairs, d, &c.data[0], stride, &list[0], len(list)/centers8, &best[0], &second[0], &label[0])
		}
		if blocks%2 == 1 {
			b := (blocks - 1) * Lanes32
			top2AVX512(&x[b*d], 1, d, &c.data[0], stride, &list[0], len(list)/centers8, &best[b], &second[b], &label[b])
		}
	case AVX2:
		top2AVX2(&x[0], blocks, d, &c.data[0], stride, &list[0], len(list)/centers8, &best[0], &second[0], &label[0])
	default:
		top2Plain(x, d, c, list, best, second, label)
	}
}
