package live

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/check"
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
	go func() {
		for i := range lines {
			m.Append(study.Event{Event: study.RunStart, Run: "r", Cell: i + 1, Reason: text}) // only the last counts
			time.Sleep(6 * time.Millisecond)
		}
	}()
	quick.until(lines)
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
		for range 3 * maxRate {
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

func TestArraysOverSocketAndHTTP(t *testing.T) {
	noLeaks(t)
	m, sh := study.NewMemory(), newShop(70000, 1, 1) // more than a frame
	sh.runs = sh.runs[1:3]
	sh.runs[1] = shopRun{set: 0, algorithm: "dbscan", params: `{"eps":1}`, k: 3, noise: .2}
	sh.all(m)
	_, base, link := serve(t, "shop", m)
	c := login(t, link)
	x := open(t, c, base)
	defer x.ws.Close()
	x.hello("")
	x.want("snap")
	var set setAnswer
	get(t, c, base+"/api/set?"+url.Values{"study": {"shop"}, "set": {"rfm"}, "scale": {"block"}}.Encode(), &set)
	var run runAnswer
	get(t, c, base+"/api/run?study=shop&run="+sh.run(1), &run)
	if set.N != 70000 || len(set.Columns) != 4 || len(run.Cards) != 3 || run.Profile.NumNoise == 0 {
		t.Fatalf("set of %d × %d, %d cards, %d unassigned", set.N, len(set.Columns), len(run.Cards), run.Profile.NumNoise)
	}
	order := fetchBlob(t, c, base, set.Order)
	row := func(p int) int { return int(binary.LittleEndian.Uint32(order[4*p:])) }
	data, _ := m.RunData(sh.run(1))
	src := sh.sets[0]
	for name, a := range map[string]string{"xy": set.XY, "labels": run.Labels, "silhouette": run.Silhouette, "recency": set.Columns[0].Blob, "order": set.Order} {
		over, kind := x.get(9, a)
		if web := fetchBlob(t, c, base, a); string(web) != string(over) {
			t.Errorf("%s: %d bytes over the socket differ from %d over HTTP", name, len(over), len(web))
		}
		for _, p := range []int{0, 1, 65535, 65536, 69999} {
			i := row(p)
			switch kind {
			case kindXY:
				for d := range 2 {
					if v := math.Float32frombits(binary.LittleEndian.Uint32(over[8*p+4*d:])); v != float32(src.XY[2*i+d]) {
						t.Errorf("xy of row %d: %v", i, v)
					}
				}
			case kindLabels:
				if v := int16(binary.LittleEndian.Uint16(over[2*p:])); int32(v) != data.Labels[i] {
					t.Errorf("label of row %d: %d, want %d", i, v, data.Labels[i])
				}
			case kindSilhouette:
				v, want := int16(binary.LittleEndian.Uint16(over[2*p:])), float64(data.Silhouette[i])
				if math.IsNaN(want) != (v == noSilhouette) || v != noSilhouette && math.Abs(float64(v)/32767-want) > 1./32767 {
					t.Errorf("silhouette of row %d: %d, want %v", i, v, want)
				}
			case kindValues:
				if v := math.Float32frombits(binary.LittleEndian.Uint32(over[4*p:])); v != float32(src.Raw.Row(i)[0]) {
					t.Errorf("recency of row %d: %v", i, v)
				}
			}
		}
	}
	var ids []string
	if err := json.Unmarshal(fetchBlob(t, c, base, set.IDs), &ids); err != nil || ids[3] != src.Raw.IDs[row(3)] {
		t.Errorf("ids: %v", err)
	}
	// A middle part, and an unknown one.
	rq, _ := http.NewRequest("GET", base+"/blob/"+set.XY, nil)
	rq.Header.Set("Range", "bytes=8-15")
	r, err := c.Do(rq)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if r.StatusCode != 206 || len(b) != 8 || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("a range of an array: %s, %d bytes, %s", r.Status, len(b), r.Header.Get("Cache-Control"))
	}
	for _, bad := range []string{"/blob/..%2f..%2fetc%2fpasswd", "/blob/" + strings.Repeat("0", 64), "/api/run?study=shop&run=../x", "/api/set?study=shop&set=..&scale=..", "/api/run?study=none&run=1", "/page/..%2fserver.go", "/page/none.js"} {
		r, err := c.Get(base + bad)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 404 {
			t.Errorf("%s: %s", bad, r.Status)
		}
	}
}

// get reads JSON from an address.
func get(t *testing.T, c *http.Client, addr string, v any) {
	t.Helper()
	r, err := c.Get(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	if r.StatusCode != 200 {
		t.Fatalf("%s: %s %s", addr, r.Status, b)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func fetchBlob(t *testing.T, c *http.Client, base, hash string) []byte {
	t.Helper()
	r, err := c.Get(base + "/blob/" + hash)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != 200 {
		t.Fatalf("%s %v", r.Status, err)
	}
	return b
}

// get fetches an array over the socket, checking every header.
func (x *tab) get(id uint32, hash string) (data []byte, kind uint8) {
	x.t.Helper()
	x.send(map[string]any{"t": "get", "id": id, "blob": hash})
	for at := uint32(0); ; {
		x.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		typ, b, err := x.ws.ReadMessage()
		if err != nil {
			x.t.Fatal(err)
		}
		if typ != websocket.BinaryMessage {
			continue
		}
		kind = b[1]
		count := binary.LittleEndian.Uint32(b[12:])
		if b[0] != frameVersion || binary.LittleEndian.Uint32(b[4:]) != id || binary.LittleEndian.Uint32(b[8:]) != at || len(b) != frameHeader+int(count)*width(kind) || count > frameCount {
			x.t.Fatalf("frame header % x with %d bytes at element %d", b[:frameHeader], len(b), at)
		}
		data = append(data, b[frameHeader:]...)
		at += count
		if binary.LittleEndian.Uint16(b[2:])&flagLast != 0 {
			return data, kind
		}
	}
}

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

func TestDisplayOrderIsFair(t *testing.T) {
	const n = 10000
	rng := rand.New(rand.NewPCG(2, 0))
	xy := make([]float64, 2*n)
	for i := range n { // 1 % of the points far away
		at := 0.0
		if i >= n-n/100 {
			at = 50
		}
		xy[2*i], xy[2*i+1] = at+rng.NormFloat64(), at+rng.NormFloat64()
	}
	for name, pos := range map[string][]float64{"projected": xy, "without a projection": nil} {
		order := displayOrder(pos, n)
		seen := make([]bool, n)
		for _, i := range order {
			seen[i] = true
		}
		for i, ok := range seen {
			if !ok || len(order) != n {
				t.Fatalf("%s: row %d is missing, or one is there twice", name, i)
			}
		}
	}
	order := displayOrder(xy, n)
	for _, first := range []int{500, 1000, 3000} {
		far := 0
		for _, i := range order[:first] {
			if i >= n-n/100 {
				far++
			}
		}
		if want := first / 100; far < want-2 || far > want+2 {
			t.Errorf("of the first %d points %d are of the small group, want about %d", first, far, want)
		}
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
