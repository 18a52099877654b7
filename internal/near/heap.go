package near

import "math"

// maxHeap keeps the k smallest values offered; its top is the k-th smallest, +Inf
// until there are k.
type maxHeap []float64

func newMaxHeap(k int) maxHeap {
	h := make(maxHeap, max(k, 1))
	for i := range h {
		h[i] = math.Inf(1)
	}
	return h
}

func (h maxHeap) top() float64 { return h[0] }

func (h maxHeap) offer(v float64) {
	if v >= h[0] {
		return
	}
	i := 0
	for {
		c := 2*i + 1
		if c >= len(h) {
			break
		}
		if c+1 < len(h) && h[c+1] > h[c] {
			c++
		}
		if h[c] <= v {
			break
		}
		h[i] = h[c]
		i = c
	}
	h[i] = v
}
