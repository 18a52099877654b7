package cluster

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// team is a few goroutines that wait for small jobs, for algorithms that make tens of
// thousands of scans one after another. The caller works too and never waits for a
// goroutine that has not begun.
type team struct {
	wake []chan *teamJob
	wg   sync.WaitGroup
}

type teamJob struct {
	do    func(chunk int)
	count int64
	next  atomic.Int64
	done  atomic.Int64
}

func newTeam(workers int) *team {
	t := &team{}
	for range min(workers, runtime.GOMAXPROCS(0)) - 1 {
		c := make(chan *teamJob, 1)
		t.wake = append(t.wake, c)
		t.wg.Go(func() {
			for j := range c {
				j.work()
			}
		})
	}
	return t
}

func (j *teamJob) work() {
	for {
		i := j.next.Add(1) - 1
		if i >= j.count {
			return
		}
		j.do(int(i))
		j.done.Add(1)
	}
}

// run calls do for each chunk. With one chunk, or nobody to help, it is a loop.
func (t *team) run(chunks int, do func(chunk int)) {
	if chunks == 1 || len(t.wake) == 0 {
		for i := range chunks {
			do(i)
		}
		return
	}
	j := &teamJob{do: do, count: int64(chunks)}
	for _, c := range t.wake {
		select {
		case c <- j:
		default: // still asleep over the last job
		}
	}
	j.work()
	for j.done.Load() < j.count {
		runtime.Gosched()
	}
}

// close sends the goroutines home and waits for them.
func (t *team) close() {
	for _, c := range t.wake {
		close(c)
	}
	t.wg.Wait()
}
