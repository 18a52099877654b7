package near

import "sync/atomic"

// Union is a union-find over 0..n−1 for any number of goroutines at once. The root of
// a set is its smallest member, so the sets and their roots do not depend on the order
// of the unions. A larger root is hung below a smaller one by compare-and-swap (Wang,
// Gu, Shun, SIGMOD 2020); paths are halved on the way.
type Union struct{ parent []int32 }

// NewUnion returns n sets of one.
func NewUnion(n int) *Union {
	u := &Union{make([]int32, n)}
	for i := range u.parent {
		u.parent[i] = int32(i)
	}
	return u
}

// Find returns the root of i's set; while others unite, a member that was the root.
func (u *Union) Find(i int32) int32 {
	for {
		p := atomic.LoadInt32(&u.parent[i])
		if p == i {
			return i
		}
		g := atomic.LoadInt32(&u.parent[p])
		if g == p {
			return p
		}
		atomic.CompareAndSwapInt32(&u.parent[i], p, g)
		i = g
	}
}

// Same says that i and j are known to be in one set; once true it stays true.
func (u *Union) Same(i, j int32) bool { return u.Find(i) == u.Find(j) }

// Unite joins the sets of i and j.
func (u *Union) Unite(i, j int32) {
	for {
		i, j = u.Find(i), u.Find(j)
		if i == j {
			return
		}
		if i > j {
			i, j = j, i
		}
		if atomic.CompareAndSwapInt32(&u.parent[j], j, i) {
			return
		}
	}
}
