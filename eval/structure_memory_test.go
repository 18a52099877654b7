package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// A test that is stopped after any number of its ratings, and goes on with those that were
// remembered, makes each once and says the same.
func TestStructureMemory(t *testing.T) {
	o := NewStructureOptions()
	o.Workers = 2
	nulls := []StructureNull{normalNull("easy", 3), normalNull("hard", 3)}
	x := echoed(9, 60, 900)
	want := runStructure(t, x, o, nulls...)
	if !want.Natural {
		t.Fatal("the data do not stand out, so that few draws would be made")
	}
	var mu sync.Mutex
	kept, made := map[string]StructureRating{}, 0
	var left int
	stop := func() {}
	o.Memory = func(null string, draw uint64, make func() (StructureRating, error)) (StructureRating, error) {
		mu.Lock()
		defer mu.Unlock()
		key := fmt.Sprint(null, draw)
		if r, ok := kept[key]; ok {
			return r, nil
		}
		r, err := make()
		if err == nil {
			kept[key] = r
			made++
			if left--; left == 0 {
				stop()
			}
		}
		return r, err
	}
	for _, left = range []int{1, 30, 100} {
		ctx, cancel := context.WithCancel(t.Context())
		stop = cancel
		if _, err := TestStructure(ctx, x, echo, nulls, o); !errors.Is(err, context.Canceled) {
			t.Fatalf("%v", err)
		}
		cancel()
	}
	got := runStructure(t, x, o, nulls...)
	a, _ := json.Marshal(want)
	b, _ := json.Marshal(got)
	if string(a) != string(b) {
		t.Errorf("resumed it says\n%s\nat once\n%s", b, a)
	}
	if draws := 1 + 2*(o.Pilot+o.Draws); made != draws || len(kept) != draws {
		t.Errorf("%d ratings were made and %d kept, of %d", made, len(kept), draws)
	}
	// What is remembered of other cells is refused.
	kept["easy0"] = StructureRating{Ratings: []float64{1}}
	bad := runStructure(t, x, o, nulls...)
	if bad.Natural || !strings.Contains(bad.Reason, "1 ratings are remembered of it for 3 cells") {
		t.Errorf("%v, %s", bad.Natural, bad.Reason)
	}
}
