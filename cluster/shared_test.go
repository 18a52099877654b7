package cluster

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

func TestShared(t *testing.T) {
	s := NewShared(100)
	built := map[string]int{}
	get := func(key string, bytes int64) {
		v, err := s.Get(key, func() (any, int64, error) { built[key]++; return key, bytes, nil })
		if err != nil || v != key {
			t.Fatalf("%s: %v %v", key, v, err)
		}
	}
	get("a", 40)
	get("b", 40)
	get("a", 40)
	get("c", 40) // b was used least recently
	get("a", 40)
	get("b", 40)
	if fmt.Sprint(built) != "map[a:1 b:2 c:1]" {
		t.Errorf("built %v", built)
	}
	get("huge", 1000)
	get("huge", 1000)
	if built["huge"] != 2 {
		t.Errorf("a thing larger than the cache was kept")
	}
	no := errors.New("no")
	for range 2 {
		if _, err := s.Get("bad", func() (any, int64, error) { built["bad"]++; return nil, 0, no }); !errors.Is(err, no) {
			t.Errorf("%v", err)
		}
	}
	if built["bad"] != 2 {
		t.Errorf("an error was kept")
	}
	var none *Shared
	for range 2 {
		if v, err := none.Get("x", func() (any, int64, error) { built["x"]++; return 1, 1, nil }); v != 1 || err != nil {
			t.Errorf("%v %v", v, err)
		}
	}
	if built["x"] != 2 {
		t.Errorf("a nil cache built %d times", built["x"])
	}
}

func TestSharedBuildsOnce(t *testing.T) {
	s := NewShared(1 << 20)
	var built atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if v, err := s.Get("k", func() (any, int64, error) { built.Add(1); return 7, 8, nil }); v != 7 || err != nil {
				t.Errorf("%v %v", v, err)
			}
		})
	}
	wg.Wait()
	if built.Load() != 1 {
		t.Errorf("built %d times", built.Load())
	}
}
