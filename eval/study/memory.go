package study

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Memory is a journal that keeps everything in memory: a study without a folder.
type Memory struct {
	mu     sync.Mutex
	events []Event
	sets   map[string]*Set
	runs   map[string]*RunData
	kept   map[string]json.RawMessage
	ended  map[string]bool
	wake   map[chan struct{}]bool
	now    func() time.Time
}

var (
	_ Journal = (*Memory)(nil)
	_ Reader  = (*Memory)(nil)
	_ Keeper  = (*Memory)(nil)
)

// NewMemory returns an empty one.
func NewMemory() *Memory {
	return &Memory{sets: map[string]*Set{}, runs: map[string]*RunData{}, kept: map[string]json.RawMessage{}, ended: map[string]bool{}, wake: map[chan struct{}]bool{}, now: time.Now}
}

// Append implements Journal.
func (m *Memory) Append(e Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.Seq = int64(len(m.events) + 1)
	if _, err := e.Seal(m.now()); err != nil {
		return err
	}
	m.events = append(m.events, e)
	if e.Event == StudyDone {
		clear(m.kept)
	}
	if e.Event == RunDone || e.Event == RunFailed {
		m.ended[e.Run] = true
	}
	for c := range m.wake {
		select {
		case c <- struct{}{}:
		default:
		}
	}
	return nil
}

// Keep implements Keeper.
func (m *Memory) Keep(key string, value json.RawMessage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[key] = value
}

// Kept implements Keeper.
func (m *Memory) Kept(key string) json.RawMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[key]
}

// SaveSet implements Journal.
func (m *Memory) SaveSet(s *Set) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sets[s.Name+"/"+s.Scale] = s
	return nil
}

// SaveRun implements Journal.
func (m *Memory) SaveRun(run string, d *RunData) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runs[run] = d
	return nil
}

// Finished implements Journal.
func (m *Memory) Finished(run string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended[run]
}

// Events implements Reader.
func (m *Memory) Events(after int64) ([]Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.events[min(int(after), len(m.events)):len(m.events):len(m.events)], nil
}

// Watch implements Reader.
func (m *Memory) Watch(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	m.mu.Lock()
	m.wake[c] = true
	m.mu.Unlock()
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		delete(m.wake, c)
		m.mu.Unlock()
	})
	return c
}

// Set implements Reader.
func (m *Memory) Set(name, scale string) (*Set, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.sets[name+"/"+scale]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("no feature set %s/%s in this study", name, scale)
}

// RunData implements Reader.
func (m *Memory) RunData(run string) (*RunData, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.runs[run]; d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("no finished run %s in this study", run)
}
