package cluster

import (
	"slices"
	"testing"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ labels, want, old []int32 }{
		{[]int32{5, 5, 2, -7, 2, 2}, []int32{1, 1, 0, -1, 0, 0}, []int32{2, 5}},
		{[]int32{9, 3, 3, 9}, []int32{0, 1, 1, 0}, []int32{9, 3}}, // a tie: the smallest row first
		{[]int32{-1, -1}, []int32{-1, -1}, nil},
		{[]int32{1 << 30, 0, 1 << 30}, []int32{0, 1, 0}, []int32{1 << 30, 0}},
		{nil, nil, nil},
	} {
		got := slices.Clone(c.labels)
		k, old := Canonical(got)
		if k != len(c.old) || !slices.Equal(got, c.want) || !slices.Equal(old, c.old) {
			t.Errorf("%v: %v, %d from %v; want %v from %v", c.labels, got, k, old, c.want, c.old)
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	labels := make([]int32, 1_000_000)
	for i := range labels {
		labels[i] = int32(i * 7919 % 20)
	}
	for b.Loop() {
		Canonical(labels)
	}
}
