package cluster

import (
	"errors"
	"sync"
	"time"
)

// Shared is a byte-bounded cache of what several fits on one matrix can use: kd-
// trees, merge trees, float32 blocks. Keys name the matrix (its hash), the thing
// and the options it depends on. It is safe for concurrent use.
type Shared struct {
	mu    sync.Mutex
	limit int64
	used  int64
	tick  int64
	items map[string]*sharedItem
	last  sharedSum

	building int       // builds going on, nested ones included
	since    time.Time // when the first of them began
	built    time.Duration
}

type sharedItem struct {
	once  sync.Once
	value any
	bytes int64
	err   error
	tick  int64
}

// NewShared returns a cache that holds up to limit bytes and forgets the least
// recently used first.
func NewShared(limit int64) *Shared {
	return &Shared{limit: limit, items: map[string]*sharedItem{}}
}

// Get returns the value under key, building it if it is not there. build also
// returns the value's size in bytes. A nil cache builds every time. An error is
// returned and not kept.
func (s *Shared) Get(key string, build func() (any, int64, error)) (any, error) {
	if s == nil {
		v, _, err := build()
		return v, err
	}
	s.mu.Lock()
	it, ok := s.items[key]
	if !ok {
		it = &sharedItem{}
		s.items[key] = it
	}
	s.tick++
	it.tick = s.tick
	s.mu.Unlock()

	it.once.Do(func() {
		it.err = errors.New("cluster: a shared thing's build panicked")
		s.begin()
		value, bytes, err := func() (any, int64, error) {
			defer s.end()
			defer func() {
				if p := recover(); p != nil {
					s.drop(key)
					panic(p)
				}
			}()
			return build()
		}()
		s.mu.Lock()
		defer s.mu.Unlock()
		it.value, it.bytes, it.err = value, bytes, err
		if it.err != nil {
			delete(s.items, key)
			return
		}
		s.used += it.bytes
		for s.used > s.limit && len(s.items) > 1 {
			s.evict(key)
		}
		if s.used > s.limit { // alone and still too large: hand it out, do not keep it
			delete(s.items, key)
			s.used -= it.bytes
		}
	})
	return it.value, it.err
}

// has says that the value under key is there, built.
func (s *Shared) has(key string) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	it, ok := s.items[key]
	return ok && it.value != nil
}

func (s *Shared) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.building == 0 {
		s.since = time.Now()
	}
	s.building++
}

func (s *Shared) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.building--; s.building == 0 {
		s.built += time.Since(s.since)
	}
}

func (s *Shared) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.items, key)
}

// Built returns the time during which something was being built.
func (s *Shared) Built() time.Duration {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.built
}

// evict forgets the least recently used finished item other than keep.
func (s *Shared) evict(keep string) {
	oldest := ""
	for k, it := range s.items {
		if k != keep && it.bytes > 0 && (oldest == "" || it.tick < s.items[oldest].tick) {
			oldest = k
		}
	}
	if oldest == "" {
		s.limit = max(s.limit, s.used) // everything else is still being built
		return
	}
	s.used -= s.items[oldest].bytes
	delete(s.items, oldest)
}
