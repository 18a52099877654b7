package live

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/mores-lab/mores/eval/study"
)

// noLeaks fails the test if it leaves goroutines behind. Call it first.
func noLeaks(t *testing.T) {
	t.Helper()
	opt := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		goleak.VerifyNone(t, opt, goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
	})
}

// login opens the printed address like a browser and returns its client.
func login(t *testing.T, link string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := c.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 200 || strings.Contains(r.Request.URL.String(), "token") {
		t.Fatalf("the printed address answers %s at %s", r.Status, r.Request.URL)
	}
	return c
}

// tab is a browser tab in a test.
type tab struct {
	t     *testing.T
	ws    *websocket.Conn
	state study.State
	epoch string
	last  welcome
	seen  []string // types of the text messages
	gaps  int
}

// answer is any text message of the server.
type answer struct {
	T       string         `json:"t"`
	Study   string         `json:"study"`
	Epoch   string         `json:"epoch"`
	Seq     int64          `json:"seq"`
	Resumed bool           `json:"resumed"`
	Part    int            `json:"part"`
	Of      int            `json:"of"`
	Events  []study.Event  `json:"events"`
	E       study.Event    `json:"e"`
	P       study.Progress `json:"p"`
	From    int64          `json:"from"`
	To      int64          `json:"to"`
	Msg     string         `json:"msg"`
	ID      uint32         `json:"id"`
	Studies []brief        `json:"studies"`
}

func dialer(c *http.Client) *websocket.Dialer {
	return &websocket.Dialer{Jar: c.Jar, Subprotocols: []string{Protocol}, HandshakeTimeout: 5 * time.Second}
}

func open(t *testing.T, c *http.Client, base string) *tab {
	t.Helper()
	ws, _, err := dialer(c).Dial(strings.Replace(base, "http", "ws", 1)+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	return &tab{t: t, ws: ws}
}

func (x *tab) send(v any) {
	x.ws.SetWriteDeadline(time.Now().Add(5 * time.Second))
	x.ws.WriteMessage(websocket.TextMessage, encode(v))
}

func (x *tab) hello(name string) {
	m := map[string]any{"t": "hello", "v": 1, "study": name}
	if x.epoch != "" {
		m["resume"] = resume{x.epoch, x.state.Seq}
	}
	x.send(m)
}

// read takes one text message in, folding what it says.
func (x *tab) read() (answer, error) {
	x.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	kind, b, err := x.ws.ReadMessage()
	if err != nil {
		return answer{}, err
	}
	if kind != websocket.TextMessage {
		x.t.Error("a binary frame where none was asked for")
		return answer{}, nil
	}
	var a answer
	if err := json.Unmarshal(b, &a); err != nil {
		x.t.Errorf("%v in %.200s", err, b)
	}
	x.seen = append(x.seen, a.T)
	switch a.T {
	case "welcome":
		x.epoch = a.Epoch
		x.last = welcome{Study: a.Study, Epoch: a.Epoch, Seq: a.Seq, Resumed: a.Resumed, Studies: a.Studies}
	case "gap":
		x.gaps++
	case "snap":
		if a.Part == 1 {
			x.state = study.State{}
		}
		x.state.Fold(a.Events...)
		if a.Part == a.Of {
			x.state.Seq = a.Seq
		}
	case "d":
		if a.Seq != x.state.Seq+1 {
			x.t.Errorf("delta %d follows %d and nothing was said", a.Seq, x.state.Seq)
		}
		x.state.Fold(a.E)
	}
	return a, nil
}

// until reads up to that event.
func (x *tab) until(seq int64) {
	x.t.Helper()
	for x.state.Seq < seq {
		if _, err := x.read(); err != nil {
			x.t.Fatalf("at #%d of %d: %v", x.state.Seq, seq, err)
		}
	}
}

// want reads up to a message of that type.
func (x *tab) want(typ string) answer {
	x.t.Helper()
	for {
		a, err := x.read()
		if err != nil {
			x.t.Fatalf("waiting for %s after %v: %v", typ, x.seen, err)
		}
		if a.T == typ {
			return a
		}
	}
}

// same fails unless the tab's state becomes that of the journal. The server
// reads a journal on its own time, so a snapshot may be older than the call.
func (x *tab) same(r study.Reader) {
	x.t.Helper()
	events, err := r.Events(0)
	if err != nil {
		x.t.Fatal(err)
	}
	var want study.State
	want.Fold(events...)
	x.until(want.Seq)
	got, exp := asJSON(&x.state), asJSON(&want)
	if got != exp {
		x.t.Errorf("the tab's state is not the journal's:\n%.600s\n%.600s", got, exp)
	}
}

func asJSON(s *study.State) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func quantile(d []time.Duration, p float64) time.Duration {
	slices.Sort(d)
	return d[int(p*float64(len(d)-1))]
}
