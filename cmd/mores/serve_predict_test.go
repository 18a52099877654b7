package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/mores-lab/mores/internal/check"
)

// shopModelFile is a model of the simulated shop: k-means on rfm and timing.
const shopModelFile = "../../eval/study/testdata/model_schema1.json"

// server is mores serve in a process of its own.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	err  bytes.Buffer
	base string
	http *http.Client
}

func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{t: t, cmd: exec.Command(os.Args[0], append([]string{"serve", "--addr", "127.0.0.1:0", "--clock", "events"}, args...)...)}
	s.cmd.Env = append(os.Environ(), "MORES_MAIN=1")
	s.cmd.Stderr = &s.err
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	link, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.cmd.Wait()
		t.Fatalf("it printed no address: %v\n%s", err, s.err.String())
	}
	go io.Copy(io.Discard, out)
	link = strings.TrimSpace(link)
	jar, _ := cookiejar.New(nil)
	s.http = &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	r, err := s.http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	s.base, _, _ = strings.Cut(link, "/?")
	return s
}

// kill ends it like a power cut would end the process, and returns its processor time.
func (s *server) end(sig os.Signal) time.Duration {
	s.cmd.Process.Signal(sig)
	s.cmd.Wait()
	s.http.CloseIdleConnections()
	return s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime()
}

func (s *server) post(body string) (int, string, error) {
	r, err := s.http.Post(s.base+"/api/events", "application/x-ndjson", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, string(b), err
}

func (s *server) get(path string, to any) int {
	s.t.Helper()
	r, err := s.http.Get(s.base + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(to); err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode
}

// pushed is a message of /ws/changes.
type pushed struct {
	T string `json:"t"`
	U struct {
		Customer string  `json:"customer"`
		Segment  string  `json:"segment"`
		Since    *string `json:"since"`
		Changed  bool    `json:"changed"`
		Key      string  `json:"key"`
		Events   int     `json:"events"`
	} `json:"u"`
}

func (s *server) listen(query string) *websocket.Conn {
	s.t.Helper()
	d := websocket.Dialer{Jar: s.http.Jar, Subprotocols: []string{"mores.changes.v1"}, HandshakeTimeout: 5 * time.Second}
	ws, _, err := d.Dial(strings.Replace(s.base, "http", "ws", 1)+"/ws/changes"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	var m pushed
	if err := ws.ReadJSON(&m); err != nil || m.T != "welcome" {
		s.t.Fatalf("%+v, %v", m, err)
	}
	return ws
}

// traffic sends events at a rate, kills the server half way, starts it again, and goes on.
type traffic struct {
	seconds, perSecond, perPost, customers int
	step                                   time.Duration // of the events' own clock
	args                                   []string
	id                                     func(int) string
}

type loadResult struct {
	latency       []time.Duration // from sending to the pushed label
	cpu           time.Duration
	lost, resent  int
	replay, spent time.Duration
	labelled      int
}

func (l traffic) run(t *testing.T) loadResult {
	dir := filepath.Join(t.TempDir(), "state")
	args := append([]string{"--predict", shopModelFile, "--state", dir}, l.args...)
	total := l.seconds * l.perSecond
	line := func(i int) string {
		at := time.Date(2025, 4, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * l.step)
		return fmt.Sprintf(`{"key":"k%d","customer":%q,"time":%q,"kind":"purchase","order":"o%d","item":"i%d","amount":%d.5,"quantity":1}`+"\n",
			i, l.id(i%l.customers), at.Format(time.RFC3339), i, i%97, 5+i%40)
	}
	var res loadResult
	var mu sync.Mutex
	sent := make([]time.Time, total)
	acked, heard := make([]bool, total), make([]bool, total)
	var unacked [][2]int
	events := 0 // those of the history
	s := startServer(t, args...)
	var first struct{ Events int }
	s.get("/api/segments", &first)
	events = first.Events
	phase := func(from, to int) {
		ws := s.listen("?all=1")
		defer ws.Close()
		go func() {
			for {
				var m pushed
				if ws.ReadJSON(&m) != nil {
					return
				}
				now := time.Now()
				var i int
				if _, err := fmt.Sscanf(m.U.Key, "k%d", &i); err != nil {
					continue
				}
				mu.Lock()
				if m.U.Since != nil {
					res.labelled++
				}
				// A group's earlier contacts of the customer are told with its last.
				for ; i >= 0 && i >= from && !heard[i] && !sent[i].IsZero(); i -= l.customers {
					heard[i] = true
					res.latency = append(res.latency, now.Sub(sent[i]))
				}
				mu.Unlock()
			}
		}()
		var wg sync.WaitGroup
		gate := make(chan struct{}, 64)
		began := time.Now()
		for at := from; at < to; at += l.perPost {
			end := min(to, at+l.perPost)
			time.Sleep(time.Until(began.Add(time.Duration(at-from) * time.Second / time.Duration(l.perSecond))))
			gate <- struct{}{}
			wg.Go(func() {
				defer func() { <-gate }()
				var b strings.Builder
				for i := at; i < end; i++ {
					b.WriteString(line(i))
				}
				mu.Lock()
				for i := at; i < end; i++ {
					sent[i] = time.Now()
				}
				mu.Unlock()
				code, answer, err := s.post(b.String())
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					unacked = append(unacked, [2]int{at, end})
					return
				}
				if code != 200 {
					t.Errorf("%d: %s", code, answer)
				}
				for i := at; i < end; i++ {
					acked[i] = true
				}
			})
			if to < total && at == to-20*l.perPost-(to-from)%l.perPost { // in the middle of it
				go func() { time.Sleep(3 * time.Millisecond); s.cmd.Process.Kill() }()
			}
		}
		wg.Wait()
		res.spent += time.Since(began)
		for wait := time.Now().Add(5 * time.Second); time.Now().Before(wait); time.Sleep(10 * time.Millisecond) {
			mu.Lock()
			all := true
			for i := from; i < to && all; i++ {
				all = heard[i] || !acked[i]
			}
			mu.Unlock()
			if all || to < total {
				break
			}
		}
	}
	phase(0, total/2)
	res.cpu += s.end(syscall.SIGKILL)
	again := time.Now()
	s = startServer(t, args...)
	res.replay = time.Since(again)
	known := 0
	var seg struct{ Events, Customers int }
	s.get("/api/segments", &seg)
	for _, a := range acked {
		if a {
			known++
		}
	}
	if seg.Events-events < known {
		res.lost = known - (seg.Events - events)
	}
	for _, u := range unacked {
		var b strings.Builder
		for i := u[0]; i < u[1]; i++ {
			b.WriteString(line(i))
		}
		if code, answer, err := s.post(b.String()); code != 200 {
			t.Fatalf("sent again: %d %s %v", code, answer, err)
		}
		res.resent += u[1] - u[0]
	}
	unacked = nil
	phase(total/2, total)
	s.get("/api/segments", &seg)
	if seg.Events != events+total || len(unacked) > 0 {
		t.Errorf("%d events, %d were sent after %d of the history", seg.Events, total, events)
	}
	res.cpu += s.end(syscall.SIGTERM)
	if t.Failed() {
		t.Log(s.err.String())
	}
	slices.Sort(res.latency)
	return res
}

func (r loadResult) report(t *testing.T, total int) {
	q := func(p float64) time.Duration { return r.latency[int(p*float64(len(r.latency)-1))] }
	t.Logf("%d events in %.1f s; event to pushed label: p50 %v, p95 %v, p99 %v, max %v (%d of them heard, %d with a segment); processor time %.0f µs an event with two starts; lost %d, sent again %d; restart in %v",
		total, r.spent.Seconds(), q(0.5), q(0.95), q(0.99), q(1), len(r.latency), r.labelled, float64(r.cpu.Microseconds())/float64(total), r.lost, r.resent, r.replay)
}

// TestServePredictKilled: what was acknowledged is there after kill -9, what is sent
// again counts once, and every event's label is pushed.
func TestServePredictKilled(t *testing.T) {
	l := traffic{seconds: 2, perSecond: 500, perPost: 5, customers: 40, step: 30 * time.Minute, id: func(i int) string { return fmt.Sprintf("N%03d", i) }, args: []string{"--zone", "Europe/Amsterdam"}}
	r := l.run(t)
	r.report(t, 1000)
	if r.lost > 0 || len(r.latency) < 850 || r.labelled == 0 {
		t.Errorf("lost %d, heard %d, labelled %d", r.lost, len(r.latency), r.labelled)
	}
}

// TestServePredictLoad is the minute of a thousand events a second, on customers with
// two years of history. Nothing may be lost; the latencies are printed, for they are the
// machine's too.
func TestServePredictLoad(t *testing.T) {
	check.Long(t)
	l := traffic{seconds: 60, perSecond: 1000, perPost: 5, customers: 1900, step: 30 * time.Second, id: func(i int) string { return fmt.Sprintf("C%05d", i+1) }, args: []string{"--history", "retail-sim"}}
	r := l.run(t)
	r.report(t, 60_000)
	if r.lost > 0 {
		t.Errorf("%d events lost", r.lost)
	}
}

// TestServePredictAnswers: a user's day, right and wrong.
func TestServePredictAnswers(t *testing.T) {
	s := startServer(t, "--predict", shopModelFile, "--state", filepath.Join(t.TempDir(), "s"), "--updates", "1", "--margin", "0")
	ws := s.listen("")
	defer ws.Close()
	var b strings.Builder
	for d := range 4 {
		fmt.Fprintf(&b, `{"customer":"C 7/ü","time":"2026-01-%02dT10:00:00Z","amount":20}`+"\n", 3+7*d)
	}
	if code, answer, err := s.post(b.String()); code != 200 || strings.TrimSpace(answer) != `{"accepted":4,"duplicates":0}` {
		t.Fatalf("%d %s %v", code, answer, err)
	}
	var m pushed
	ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	if err := ws.ReadJSON(&m); err != nil || m.T != "u" || m.U.Customer != "C 7/ü" || !m.U.Changed || m.U.Since == nil {
		t.Errorf("%+v, %v", m, err)
	}
	var st struct {
		Segment, Since string
		Share          float64
		Events         int
	}
	if code := s.get("/api/customers/C%207%2F%C3%BC", &st); code != 200 || st.Segment != m.U.Segment || st.Events != 4 || st.Share <= 0 || st.Share > 1 {
		t.Errorf("%d %+v", code, st)
	}
	var none map[string]any
	if code := s.get("/api/customers/nobody", &none); code != 404 || none["fix"] == nil {
		t.Errorf("%d %v", code, none)
	}
	future := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for body, want := range map[string]string{
		"":                      "there are no events",
		`{"time":"2026-01-01"}`: `"field":"customer"`,
		"{\"customer\":\"c\",\"time\":\"2026-01-01\"}\n{\"customer\":\"c\",\"time\":\"2026-01-01\",\"kind\":\"bought\"}": `"line":2,"field":"kind"`,
		`{"customer":"c","time":"` + future + `"}`: "in the future",
		strings.Repeat("x", 1<<20+1):               "line 1 is longer than 1 MiB",
		strings.Repeat("{}\n", 400_000):            "the first 349525 fit",
	} {
		if code, answer, err := s.post(body); code/100 != 4 || !strings.Contains(answer, want) {
			t.Errorf("%.60s: %d %.300s %v", body, code, answer, err)
		}
	}
	if code := s.get("/api/customers/c", &none); code != 404 {
		t.Error("a line of a body with a wrong one was taken")
	}
	// Without the cookie, from another origin, with another type, to another address.
	for name, change := range map[string]func(*http.Request){
		"cookie": func(r *http.Request) { r.Header.Del("Cookie") },
		"origin": func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") },
		"site":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"host":   func(r *http.Request) { r.Host = "evil.example" },
		"type":   func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"path":   func(r *http.Request) { r.URL.Path = "/api/segments" },
		"method": func(r *http.Request) { r.Method = "DELETE" },
	} {
		r, _ := http.NewRequest("POST", s.base+"/api/events", strings.NewReader(`{"customer":"evil","time":"2026-01-01"}`))
		r.Header.Set("Content-Type", "application/x-ndjson")
		for _, c := range s.http.Jar.Cookies(r.URL) {
			r.AddCookie(c)
		}
		change(r)
		a, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode/100 != 4 {
			t.Errorf("%s: %s", name, a.Status)
		}
	}
	if code := s.get("/api/customers/evil", &none); code != 404 {
		t.Error("an event came in past the guard")
	}
	var seg struct {
		Customers int
		Segments  []struct {
			Segment   string
			Customers int
		}
		Drift struct{ Reason string }
	}
	s.get("/api/segments", &seg)
	if seg.Customers != 1 || len(seg.Segments) != 8 || !strings.Contains(seg.Drift.Reason, "cannot be said") {
		t.Errorf("%+v", seg)
	}
}

// TestServePredictRefuses what cannot be served, and says why.
func TestServePredictRefuses(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile(shopModelFile)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for _, c := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{}, exitUsage, "mores serve --predict MODEL.json"},
		{[]string{"--state", dir}, exitUsage, "go with --predict"},
		{[]string{"--predict", filepath.Join(dir, "none.json")}, exitIO, "no such file"},
		{[]string{"--predict", write("cut.json", data[:500])}, exitData, "cut off or damaged"},
		{[]string{"--predict", write("csv.json", []byte("id,label\n"))}, exitData, "cut off or damaged"},
		{[]string{"--predict", write("new.json", bytes.Replace(data, []byte(`"schema": 1`), []byte(`"schema": 9`), 1))}, exitData, "newer mores"},
		{[]string{"--predict", write("edit.json", bytes.Replace(data, []byte("Evening"), []byte("Morning"), 1))}, exitData, "does not match its checksum"},
		{[]string{"--predict", shopModelFile, "--state", filepath.Join(dir, "s"), "--margin", "1.5"}, exitData, "margin 1.5"},
		{[]string{"--predict", shopModelFile, "--state", filepath.Join(dir, "s"), "--zone", "Mars"}, exitUsage, "Europe/Amsterdam"},
		{[]string{"--predict", shopModelFile, "--state", filepath.Join(dir, "s"), "--addr", ln.Addr().String()}, exitIO, "--addr 127.0.0.1:0 takes a free port"},
		{[]string{"--predict", shopModelFile, "--state", write("file", nil)}, exitData, "not a directory"},
	} {
		code, _, stderr := run(t, append([]string{"serve"}, c.args...)...)
		if code != c.exit || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit %d, want %d with %q\n%s", c.args, code, c.exit, c.want, stderr)
		}
	}
}
