package study

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
)

// keptStudy is a shop whose judgement asks for everything that is kept: draws of three
// nulls, a tournament, refits, another date.
func keptStudy(t *testing.T) *Study {
	t.Helper()
	g, err := (&datasets.RetailSim{Customers: 150, Prospects: 0.05}).Generate(3)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Default(g.Log)
	if err != nil {
		t.Fatal(err)
	}
	s.Recipes, s.Seed, s.Workers = s.Recipes[:1], 5, 2
	s.Cells = slices.DeleteFunc(s.Cells, func(c Cell) bool { return c.Method.Name != "kmeans" || numClusters(c.Algorithm) > 3 })
	s.Judge.Structure = eval.StructureOptions{Alpha: 0.05, Draws: 19, Pilot: 5, Stop: 1, Brief: true}
	s.Judge.Origins = 1
	return s
}

// counting is a journal that counts what is kept, and stops the study after so many.
type counting struct {
	*Memory
	mu    sync.Mutex
	keeps map[string]int // how often under each key
	after int            // 0 = never
	stop  context.CancelFunc
}

func (j *counting) Keep(key string, value json.RawMessage) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.keeps[key]++
	j.Memory.Keep(key, value)
	if j.after--; j.after == 0 {
		j.stop()
	}
}

// wholeJudgement is that study done at once.
var wholeJudgement = struct {
	once sync.Once
	j    *counting
}{}

func keptWhole(t *testing.T) *counting {
	t.Helper()
	wholeJudgement.once.Do(func() {
		j := &counting{Memory: NewMemory(), keeps: map[string]int{}}
		if err := keptStudy(t).Run(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		wholeJudgement.j = j
	})
	if wholeJudgement.j == nil {
		t.Fatal("the whole study has failed before")
	}
	return wholeJudgement.j
}

// saidLines are a journal's lines without what may differ, in their order.
func saidLines(t *testing.T, m *Memory) []string {
	t.Helper()
	es, err := m.Events(0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range es {
		if e.Event == WarningEv {
			continue
		}
		e.Seq, e.T, e.CRC, e.Seconds, e.SharedSeconds, e.CPUSeconds, e.PeakBytes = 0, "", "", 0, 0, 0, 0
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}

// A judgement that is stopped after n of its parts computes only the others when it goes
// on, and says the same to the byte.
func TestStoppedJudgementGoesOn(t *testing.T) {
	whole := keptWhole(t)
	want, total := saidLines(t, whole.Memory), len(whole.keeps)
	if len(whole.kept) != 0 {
		t.Errorf("a finished study keeps %d parts of its judgement", len(whole.kept))
	}
	if total < 100 {
		t.Fatalf("only %d parts were kept", total)
	}
	mem := NewMemory()
	seen, cuts := 0, 0
	for _, n := range []int{3, total / 2, total / 4, 0} {
		ctx, stop := context.WithCancel(t.Context())
		j := &counting{Memory: mem, keeps: map[string]int{}, after: n, stop: stop}
		err := keptStudy(t).Run(ctx, j)
		stop()
		if n > 0 && !errors.Is(err, context.Canceled) || n == 0 && err != nil {
			t.Fatalf("after %d parts: %v", n, err)
		}
		for key, times := range j.keeps {
			if times > 1 {
				t.Errorf("%s was made %d times", key, times)
			}
		}
		seen += len(j.keeps)
		cuts++
	}
	if seen != total {
		t.Errorf("stopped and resumed, %d parts were made; at once, %d", seen, total)
	}
	if got := saidLines(t, mem); !slices.Equal(got, want) {
		t.Errorf("stopped %d times it says otherwise:\n%s\n%s", cuts, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A judgement that an older mores began, which kept of segments their coefficients alone, is
// taken up: what it lacks is looked at again, and the verdict is the same.
func TestOlderJudgementGoesOn(t *testing.T) {
	whole := keptWhole(t)
	es, _ := whole.Events(0)
	old := NewMemory()
	old.sets, old.runs = whole.sets, whole.runs
	stripped := 0
	for _, e := range es {
		if e.Event == VerdictEv {
			break
		}
		if len(e.Segments) > 0 {
			e.Segments = nil
			stripped++
		}
		if err := old.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if stripped == 0 {
		t.Fatal("no run's stability was looked at")
	}
	if err := keptStudy(t).Run(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	var a, b State
	a.Fold(es...)
	es, _ = old.Events(0)
	b.Fold(es...)
	want, _ := json.Marshal(a.Verdict)
	if got, err := json.Marshal(b.Verdict); err != nil || string(got) != string(want) {
		t.Errorf("%v; it says\n%s\nand not\n%s", err, got, want)
	}
	if got, want := b.Run(b.Verdict.Run).Scores["stability"].Segments, a.Verdict.Segments; !reflect.DeepEqual(got, want) {
		t.Errorf("its segments are %v, want %v", got, want)
	}
}

// Refits that were kept are not made again, and answer all that is asked of them.
func TestKeptRefits(t *testing.T) {
	s, p, l := shopLab(t)
	pl := p.runs[0]
	mem := NewMemory()
	r := &runner{s: s, j: mem, plan: p}
	l.keep = r.newKeeping()
	set := l.set(pl.Set, pl.Scale)
	rows := refRange(100)
	first := newBench(set, pl.cell, pl.Run)
	c, err := first.refit(t.Context(), rows, 7)
	if err != nil {
		t.Fatal(err)
	}
	other, err := first.classify(t.Context(), c, []int{100, 101, 120})
	if err != nil {
		t.Fatal(err)
	}
	kept := len(mem.kept)

	again := newBench(set, pl.cell, pl.Run)
	d, err := again.refit(t.Context(), rows, 7)
	if err != nil || !slices.Equal(d.Labels, c.Labels) || d.K != c.K {
		t.Fatalf("%v; the kept refit has other labels", err)
	}
	got, err := again.classify(t.Context(), d, []int{100, 101, 120})
	if err != nil || !slices.Equal(got, other) {
		t.Errorf("%v; kept: %v, made: %v", err, got, other)
	}
	if f := again.by[d]; f.fit != nil || len(mem.kept) != kept {
		t.Error("what was kept was made again")
	}
	// Rows that nobody asked for before need the rule, and so the fit.
	want, err := first.classify(t.Context(), c, []int{130, 140})
	if err != nil {
		t.Fatal(err)
	}
	mem.kept = without(mem.kept, again.keep.key("classify", pl.Run, again.by[d].key, rowsHash([]int{130, 140})))
	if got, err = again.classify(t.Context(), d, []int{130, 140}); err != nil || !slices.Equal(got, want) || again.by[d].fit == nil {
		t.Errorf("%v; the rule of a kept refit says %v, want %v", err, got, want)
	}
	// Another seed, other rows, another run: other keys.
	for _, key := range []string{again.keep.key("refit", pl.Run, "x"), again.keep.key("refit", "x", pl.Run)} {
		if mem.kept[key] != nil {
			t.Error("keys of different parts are the same")
		}
	}
	other2 := &runner{s: &Study{Seed: s.Seed + 1}, j: mem, plan: p}
	if other2.newKeeping().key("a") == again.keep.key("a") {
		t.Error("a study of another seed has the same keys")
	}
}

func without(m map[string]json.RawMessage, key string) map[string]json.RawMessage {
	delete(m, key)
	return m
}

// What fails is kept as failed: the reason is the same when the judgement goes on.
func TestKeptFailures(t *testing.T) {
	k := &keeping{k: NewMemory()}
	n := 0
	for range 2 {
		_, err := k.labels(t.Context(), func() string { return "a" }, func() (keptLabels, error) {
			n++
			return keptLabels{}, fmt.Errorf("no rows are left")
		})
		if err == nil || err.Error() != "no rows are left" {
			t.Errorf("%v", err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := k.labels(ctx, func() string { return "b" }, func() (keptLabels, error) { return keptLabels{}, ctx.Err() })
	if !errors.Is(err, context.Canceled) || k.k.Kept("b") != nil {
		t.Errorf("%v; being stopped was kept for a failure", err)
	}
	if n != 1 {
		t.Errorf("made %d times", n)
	}
}

func TestPackedLabels(t *testing.T) {
	for _, want := range []packed{nil, {0}, {-1, 0, 3, eval.Absent, cluster.Noise, 70_000}} {
		b, err := json.Marshal(keptLabels{Labels: want})
		if err != nil {
			t.Fatal(err)
		}
		var got keptLabels
		if err := json.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got.Labels, want) {
			t.Errorf("%v, %v came back as %v", err, want, got.Labels)
		}
	}
	if json.Unmarshal([]byte(`"/w=="`), new(packed)) == nil {
		t.Error("labels that are cut off are read")
	}
}
