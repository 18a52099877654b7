package live

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/mores-lab/mores/eval/study"
)

// small is a study small enough for many of them.
func small() *shop { return newShop(60, 3, 2) }

func TestSnapshotThenDeltasIsTheFold(t *testing.T) {
	noLeaks(t)
	m, sh := study.NewMemory(), small()
	sh.start(m)
	for i := range len(sh.runs) / 2 {
		sh.begin(m, i)
		sh.end(m, i)
	}
	_, base, link := serve(t, "shop", m)
	x := open(t, login(t, link), base)
	defer x.ws.Close()
	x.hello("")
	x.want("snap")
	x.same(m)
	for i := len(sh.runs) / 2; i < len(sh.runs); i++ {
		sh.begin(m, i)
		sh.end(m, i)
	}
	sh.done(m)
	events, _ := m.Events(0)
	x.until(int64(len(events)))
	x.same(m)
	if !x.state.Finished {
		t.Error("the study is done and the tab does not know")
	}
}

func TestResume(t *testing.T) {
	noLeaks(t)
	m, sh := study.NewMemory(), small()
	sh.start(m)
	_, base, link := serve(t, "shop", m)
	c := login(t, link)
	x := open(t, c, base)
	x.hello("shop")
	x.want("snap")
	x.ws.Close()
	for i := range 5 { // while it is away
		sh.begin(m, i)
		sh.end(m, i)
	}
	events, _ := m.Events(0)
	y := open(t, c, base)
	defer y.ws.Close()
	y.epoch, y.state = x.epoch, x.state
	y.hello("shop")
	if y.want("welcome"); !y.last.Resumed {
		t.Error("a tab that was cut off for five runs is not resumed")
	}
	y.until(int64(len(events)))
	y.same(m)
	if strings.Contains(strings.Join(y.seen, " "), "snap") {
		t.Error("a resumed tab is sent a snapshot")
	}
	// Another server's epoch, or a number from the future, is a snapshot.
	for name, r := range map[string]resume{"epoch": {"0123456789abcdef", 3}, "future": {x.epoch, 1 << 40}} {
		z := open(t, c, base)
		z.send(map[string]any{"t": "hello", "v": 1, "study": "shop", "resume": r})
		if z.want("welcome"); z.last.Resumed {
			t.Errorf("%s: resumed", name)
		}
		z.want("snap")
		z.same(m)
		z.ws.Close()
	}
}

func TestResumeBeyondTheRingIsASnapshot(t *testing.T) {
	m := study.NewMemory()
	for range ringLines + 10 {
		m.Append(study.Event{Event: study.WarningEv, Warnings: []string{"w"}})
	}
	s := New(Options{})
	defer s.Shutdown(context.Background())
	s.Add("w", m)
	f := s.feed("w")
	for f.brief(); ; time.Sleep(time.Millisecond) {
		if _, last, _ := f.join(nil); last == ringLines+10 {
			break
		}
	}
	if _, _, ok := f.join(&resume{f.epoch, 9}); ok {
		t.Error("a tab more than the ring behind is resumed")
	}
	if msgs, _, ok := f.join(&resume{f.epoch, 10}); !ok || len(msgs) != ringLines {
		t.Errorf("a tab just within the ring: resumed %v with %d lines", ok, len(msgs))
	}
}

func TestRandomDisconnects(t *testing.T) {
	noLeaks(t)
	m, sh := study.NewMemory(), small()
	_, base, link := serve(t, "shop", m)
	c := login(t, link)
	cuts := 200
	rng := rand.New(rand.NewPCG(5, 0))
	go func() {
		sh.start(m)
		for i := 0; ; i = (i + 1) % len(sh.runs) {
			if events, _ := m.Events(0); len(events) > 3000 {
				break
			}
			sh.begin(m, i)
			m.Append(study.Event{Event: study.RunDone, Run: sh.run(i), N: 60, NClusters: 2})
			m.Append(study.Event{Event: study.ScoreEvent, Run: sh.run(i), Metric: "silhouette", Value: ptr(float64(i))})
			time.Sleep(time.Millisecond)
		}
		sh.done(m)
	}()
	x := &tab{t: t}
	resumed := 0
	for i := range cuts + 1 {
		y := open(t, c, base)
		y.epoch, y.state = x.epoch, x.state
		y.hello("shop")
		for n := rng.IntN(12); i < cuts && n > 0; n-- {
			if _, err := y.read(); err != nil {
				t.Fatal(err)
			}
			if y.state.Finished {
				break
			}
		}
		if i == cuts {
			for !y.state.Finished {
				if _, err := y.read(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if y.last.Resumed {
			resumed++
		}
		y.ws.Close()
		x = y
	}
	x.same(m)
	if resumed < cuts/2 {
		t.Errorf("%d of %d reconnections were resumed", resumed, cuts)
	}
}

func TestSlowClientIsCaughtUpAndHurtsNobody(t *testing.T) {
	noLeaks(t)
	m := study.NewMemory()
	s, base, link := serve(t, "big", m)
	c := login(t, link)
	slow, quick := open(t, c, base), open(t, c, base)
	defer slow.ws.Close()
	defer quick.ws.Close()
	for _, x := range []*tab{slow, quick} {
		x.hello("")
		x.want("snap")
	}
	// 24 MB: far more than the sockets' buffers hold.
	const lines = 300
	text := strings.Repeat("x", 80<<10)
	// The quick tab is never more than 3.2 MB behind, however busy the machine is.
	window := make(chan bool, 40)
	go func() {
		for i := range lines {
			window <- true
			m.Append(study.Event{Event: study.RunStart, Run: "r", Cell: i + 1, Reason: text}) // only the last counts
		}
	}()
	for i := range lines {
		quick.until(int64(i + 1))
		<-window
	}
	if quick.gaps > 0 {
		t.Error("the quick tab was held up by the slow one")
	}
	s.mu.RLock()
	for c := range s.clients {
		c.mu.Lock()
		if len(c.replies) > 0 || len(c.streams) > 0 {
			t.Error("the server queues for a slow tab")
		}
		c.mu.Unlock()
	}
	s.mu.RUnlock()
	slow.until(lines)
	if slow.gaps == 0 {
		t.Error("a tab 20 MB behind was told of no gap")
	}
	slow.same(m)
}

func TestBadClientsAreClosed(t *testing.T) {
	noLeaks(t)
	m := study.NewMemory()
	small().start(m)
	_, base, link := serve(t, "shop", m)
	c := login(t, link)
	ends := func(name string, code int, f func(x *tab)) {
		t.Helper()
		x := open(t, c, base)
		defer x.ws.Close()
		f(x)
		for {
			if _, err := x.read(); err != nil {
				if !websocket.IsCloseError(err, code) {
					t.Errorf("%s: closed with %v, want %d", name, err, code)
				}
				return
			}
		}
	}
	ends("oversize", websocket.CloseMessageTooBig, func(x *tab) {
		x.hello("")
		x.send(map[string]any{"t": "sub", "study": strings.Repeat("x", maxFrame)})
	})
	ends("flood", websocket.ClosePolicyViolation, func(x *tab) {
		x.hello("")
		for range 10 * maxRate {
			x.send(map[string]any{"t": "sub", "study": "shop"})
		}
	})
	ends("binary", websocket.CloseUnsupportedData, func(x *tab) { x.ws.WriteMessage(websocket.BinaryMessage, []byte{1, 2}) })
	ends("no hello", websocket.ClosePolicyViolation, func(x *tab) { x.send(map[string]any{"t": "sub"}) })

	x := open(t, c, base)
	defer x.ws.Close()
	for _, bad := range []string{`{`, `[]`, `{"t":"launch"}`, `{"t":"hello","v":2}`, `{"t":"hello","v":1,"resume":{"epoch":"","seq":-1}}`, `{"t":"get","id":5,"blob":"../../etc/passwd"}`} {
		x.ws.WriteMessage(websocket.TextMessage, []byte(bad))
		if a := x.want("err"); a.Msg == "" {
			t.Errorf("%s: no reason given", bad)
		}
	}
	x.hello("")
	x.want("snap") // still there
	x.send(map[string]any{"t": "get", "id": 7, "blob": strings.Repeat("0", 64)})
	if a := x.want("err"); a.ID != 7 {
		t.Errorf("the refusal of get 7 carries id %d", a.ID)
	}

	d := dialer(c)
	d.Subprotocols = []string{"mores.v9"}
	if _, r, err := d.Dial(strings.Replace(base, "http", "ws", 1)+"/ws", nil); err == nil || r.StatusCode != 400 {
		t.Error("another sub-protocol is spoken")
	}
}

func TestProgressIsTheLatestAtTenHertz(t *testing.T) {
	noLeaks(t)
	m := study.NewMemory()
	small().start(m)
	s, base, link := serve(t, "shop", m)
	x := open(t, login(t, link), base)
	defer x.ws.Close()
	x.hello("")
	x.want("snap")
	began := time.Now()
	go func() {
		for i := range 500 {
			s.Progress("shop", study.Progress{Run: "r", Iter: i + 1, Objective: math.Inf(1)})
			time.Sleep(time.Millisecond)
		}
	}()
	n := 0
	for {
		a := x.want("p")
		if n++; a.P.Iter == 500 {
			break
		}
	}
	if most := int(time.Since(began)/progressEvery) + 2; n > most {
		t.Errorf("%d tellings of progress in %v, at most %d", n, time.Since(began), most)
	}
}
