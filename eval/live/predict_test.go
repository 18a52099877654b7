package live

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/mores-lab/mores/eval/study"
)

// counted is a Tracked that counts.
type counted struct {
	*study.Tracker
	block chan struct{} // posts wait for it; nil = they do not
	err   error
}

func (c *counted) Post(ctx context.Context, batch []study.Contact) (study.Ack, error) {
	if c.block != nil {
		<-c.block
	}
	return study.Ack{Accepted: len(batch)}, c.err
}

func (c *counted) Customer(string) (study.Standing, bool) { return study.Standing{}, false }
func (c *counted) Segments() []study.SegmentCount         { return nil }
func (c *counted) Drift() study.Drift                     { return study.Drift{} }
func (c *counted) Size() (int, int)                       { return 0, 0 }
func (c *counted) Summary() study.Summary                 { return study.Summary{} }
func (c *counted) Zone() *time.Location                   { return time.UTC }

func changesOf(t *testing.T, c *http.Client, base, query string) *websocket.Conn {
	t.Helper()
	d := &websocket.Dialer{Jar: c.Jar, Subprotocols: []string{ChangesProtocol}, HandshakeTimeout: 5 * time.Second}
	ws, _, err := d.Dial(strings.Replace(base, "http", "ws", 1)+"/ws/changes"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	return ws
}

// changeAnswer is any message of the socket.
type changeAnswer struct {
	T        string
	Seq      int64
	From, To int64
	U        study.Update
}

func next(t *testing.T, ws *websocket.Conn) changeAnswer {
	t.Helper()
	var a changeAnswer
	ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	if err := ws.ReadJSON(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestChanges: changes only or all, in order, from where one left off, with a word on
// what was missed, and a bye.
func TestChanges(t *testing.T) {
	noLeaks(t)
	s, base, link := serve(t, "", nil)
	c := login(t, link)
	for _, path := range []string{"/api/segments", "/api/customers/a", "/ws/changes"} {
		r, err := c.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 404 {
			t.Errorf("%s without a model: %s", path, r.Status)
		}
	}
	r, err := c.Post(base+"/api/events", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Body.Close(); r.StatusCode != 405 {
		t.Errorf("a post without a model: %s", r.Status)
	}
	s.Track(&counted{})
	some, every := changesOf(t, c, base, ""), changesOf(t, c, base, "?all=1")
	for _, ws := range []*websocket.Conn{some, every} {
		if a := next(t, ws); a.T != "welcome" || a.Seq != 0 {
			t.Fatalf("%+v", a)
		}
	}
	update := func(id string, changed bool) study.Update {
		return study.Update{Standing: study.Standing{Customer: id}, Changed: changed}
	}
	for i := range 10 {
		s.Tell([]study.Update{update(fmt.Sprint(i), i%5 == 0)})
	}
	for i := range 10 {
		if a := next(t, every); a.T != "u" || a.Seq != int64(i+1) || a.U.Customer != fmt.Sprint(i) {
			t.Errorf("%+v", a)
		}
	}
	for _, want := range []int64{1, 6} {
		if a := next(t, some); a.Seq != want || !a.U.Changed {
			t.Errorf("%+v", a)
		}
	}
	again := changesOf(t, c, base, "?all=1&after=7")
	next(t, again)
	if a := next(t, again); a.Seq != 8 {
		t.Errorf("after 7 comes %+v", a)
	}
	many := make([]study.Update, 2*keepChanges)
	s.Tell(many)
	late := changesOf(t, c, base, "?all=1&after=3")
	next(t, late)
	if a := next(t, late); a.T != "gap" || a.From != 4 || a.To != 10+keepChanges {
		t.Errorf("%+v", a)
	}
	if a := next(t, late); a.Seq != 11+keepChanges {
		t.Errorf("after the gap %+v", a)
	}
	for _, q := range []string{"?after=-1", "?after=x", "?after=99999999"} {
		d := &websocket.Dialer{Jar: c.Jar, Subprotocols: []string{ChangesProtocol}}
		if _, r, err := d.Dial(strings.Replace(base, "http", "ws", 1)+"/ws/changes"+q, nil); err == nil || r.StatusCode != 400 {
			t.Errorf("%s: %v", q, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if a := next(t, some); a.T != "gap" || a.From != 11 { // it did not read meanwhile
		t.Errorf("%+v", a)
	}
	if a := next(t, some); a.T != "bye" {
		t.Errorf("%+v", a)
	}
}

// TestPosts: too many at once, and a disk that failed.
func TestPosts(t *testing.T) {
	noLeaks(t)
	s, base, link := serve(t, "", nil)
	c := login(t, link)
	k := &counted{block: make(chan struct{})}
	s.Track(k)
	line := `{"customer":"a","time":"2026-01-01"}`
	p := s.track.get()
	for range cap(p.slots) - 1 {
		p.slots <- struct{}{}
	}
	first := make(chan int, 1)
	post := func() (int, string) {
		r, err := c.Post(base+"/api/events", "application/x-ndjson; charset=utf-8", strings.NewReader(line))
		if err != nil {
			return 0, err.Error()
		}
		defer r.Body.Close()
		return r.StatusCode, r.Header.Get("Retry-After")
	}
	go func() { code, _ := post(); first <- code }()
	for len(p.slots) < cap(p.slots) {
		time.Sleep(time.Millisecond)
	}
	if code, retry := post(); code != 503 || retry != "1" {
		t.Errorf("one too many: %d %s", code, retry)
	}
	close(k.block)
	if code := <-first; code != 200 {
		t.Errorf("the first: %d", code)
	}
	k.err = fmt.Errorf("disk: %w", study.ErrClosed)
	for range cap(p.slots) - 1 {
		<-p.slots
	}
	if code, retry := post(); code != 503 || retry != "10" {
		t.Errorf("a failed disk: %d %s", code, retry)
	}
}
