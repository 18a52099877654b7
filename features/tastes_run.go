package features

import "sync"

// lazyIndex numbers a model's names when they are first looked up.
type lazyIndex struct {
	once sync.Once
	at   map[string]int
}

func (l *lazyIndex) of(names []string) map[string]int {
	l.once.Do(func() {
		l.at = make(map[string]int, len(names))
		for i, n := range names {
			l.at[n] = i
		}
	})
	return l.at
}

// tastesRun is scratch space for one customer's items.
type tastesRun struct {
	names  tally
	weight []float64
}

var tastesScratch = sync.Pool{New: func() any { return &tastesRun{} }}
