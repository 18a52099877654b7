package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/check"
)

func TestStudiesComeAndAreReplaced(t *testing.T) {
	noLeaks(t)
	s, base, link := serve(t, "", nil)
	x := open(t, login(t, link), base)
	defer x.ws.Close()
	x.hello("")
	x.want("welcome")
	m := study.NewMemory()
	small().start(m)
	s.Add("first", m)
	x.want("snap")
	x.same(m)
	other := study.NewMemory()
	small().all(other)
	s.Add("second", other)
	for len(x.want("studies").Studies) != 2 {
	}
	x.send(map[string]any{"t": "sub", "study": "second"})
	x.want("snap")
	x.same(other)
	again := study.NewMemory()
	newShop(40, 9, 1).start(again)
	s.Add("second", again)
	x.want("snap")
	x.same(again)
}

func TestShutdownSaysBye(t *testing.T) {
	noLeaks(t)
	m := study.NewMemory()
	s, base, link := serve(t, "shop", m)
	c := login(t, link)
	var tabs []*tab
	for range 50 {
		x := open(t, c, base)
		x.hello("")
		x.want("welcome")
		tabs = append(tabs, x)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	for _, x := range tabs {
		x.want("bye")
		x.ws.Close()
	}
}

func TestTooManyTabs(t *testing.T) {
	m := study.NewMemory()
	s := New(Options{MaxClients: 2})
	s.Add("shop", m)
	link, err := s.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Shutdown(context.Background())
	base, _, _ := strings.Cut(link, "/?")
	c := login(t, link)
	a, b := open(t, c, base), open(t, c, base)
	defer a.ws.Close()
	_, r, err := dialer(c).Dial(strings.Replace(base, "http", "ws", 1)+"/ws", nil)
	if err == nil || r.StatusCode != 503 {
		t.Error("a third tab of two is let in")
	}
	b.ws.Close()
	for range 100 { // its place is free again
		if x, _, err := dialer(c).Dial(strings.Replace(base, "http", "ws", 1)+"/ws", nil); err == nil {
			x.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("a closed tab keeps its place")
}

// compact must fold to the same state as the whole journal, whatever happened.
func TestCompactFoldsTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 0))
	for range 300 {
		var lines []line
		kinds := []study.EventType{study.StudyStart, study.RunStart, study.RunStart, study.RunDone, study.RunFailed, study.ScoreEvent, study.ScoreEvent, study.ScoreEvent, study.WarningEv, study.StudyDone}
		for i := range rng.IntN(60) {
			e := study.Event{Seq: int64(i + 1), Event: kinds[rng.IntN(len(kinds))], Run: fmt.Sprint(rng.IntN(4)), Metric: fmt.Sprint(rng.IntN(2)), Total: i}
			lines = append(lines, line{seq: e.Seq, e: e})
		}
		var whole, short study.State
		for _, l := range lines {
			whole.Fold(l.e)
		}
		kept := compact(lines)
		short.Fold(kept...)
		short.Seq = whole.Seq
		if asJSON(&short) != asJSON(&whole) {
			t.Fatalf("%d of %d lines fold differently", len(kept), len(lines))
		}
	}
}

// D1-lite: 200 tabs, 20 deltas of 4 KiB a second for 3 s.
func TestLoad(t *testing.T) {
	check.Long(t)
	noLeaks(t)
	m := study.NewMemory()
	_, base, link := serve(t, "load", m)
	c := login(t, link)
	const tabs, lines = 200, 60
	var wg sync.WaitGroup
	var mu sync.Mutex
	var late []time.Duration
	for range tabs {
		x := open(t, c, base)
		x.hello("")
		x.want("welcome")
		wg.Go(func() {
			defer x.ws.Close()
			for x.state.Seq < lines {
				a, err := x.read()
				if err != nil {
					t.Error(err)
					return
				}
				if a.T == "d" {
					sent, _ := time.Parse(time.RFC3339Nano, a.E.Reason[:30])
					mu.Lock()
					late = append(late, time.Since(sent))
					mu.Unlock()
				}
			}
		})
	}
	var blocked time.Duration
	for range lines {
		now := time.Now()
		m.Append(study.Event{Event: study.WarningEv, Reason: now.UTC().Format("2006-01-02T15:04:05.000000000Z") + strings.Repeat(" ", 4096)})
		blocked = max(blocked, time.Since(now))
		time.Sleep(50 * time.Millisecond)
	}
	wg.Wait()
	if len(late) < tabs*lines*9/10 { // some may have come in the snapshot
		t.Errorf("%d of %d deltas arrived", len(late), tabs*lines)
	}
	p50, p99 := quantile(late, .5), quantile(late, .99)
	t.Logf("%d tabs: p50 %v, p99 %v, the publisher blocked at most %v", tabs, p50, p99, blocked)
	if p50 > 100*time.Millisecond || p99 > 800*time.Millisecond || blocked > 25*time.Millisecond {
		t.Error("too slow")
	}
}

func TestUnreadableJournalIsSaid(t *testing.T) {
	noLeaks(t)
	_, base, link := serve(t, "torn", broken{})
	x := open(t, login(t, link), base)
	defer x.ws.Close()
	x.hello("")
	if a := x.want("err"); !strings.Contains(a.Msg, "disk gone") {
		t.Errorf("told %q", a.Msg)
	}
}

type broken struct{ study.Reader }

func (broken) Events(int64) ([]study.Event, error)    { return nil, fmt.Errorf("disk gone") }
func (broken) Watch(context.Context) <-chan struct{}  { return nil }
func (broken) Set(string, string) (*study.Set, error) { return nil, fmt.Errorf("disk gone") }
func (broken) RunData(string) (*study.RunData, error) { return nil, fmt.Errorf("disk gone") }
