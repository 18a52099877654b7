package live

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval/study"
)

// staged is a Tracked that says what a test wants said.
type staged struct {
	*study.Tracker
	mu     sync.Mutex
	sum    study.Summary
	drift  study.Drift
	events int
	names  []string
	card   func(id string) (study.Card, bool)
}

// newStaged has as many customers a segment as it has places behind it, tenfold.
func newStaged(names ...string) *staged {
	s := &staged{names: names}
	border := 4
	s.sum = study.Summary{Events: 100, Held: 3, Border: &border, BorderMargin: 0.05, Worth: "monetary_total", WorthDoc: "spent in all", Now: "2026-03-02T00:00:00Z"}
	s.drift.Reason = "the customers look as those that the model learned from"
	for i, n := range names {
		v := 10.5 * float64(i+1)
		s.sum.Segments = append(s.sum.Segments, study.SegmentLook{SegmentCount: study.SegmentCount{Label: int32(i), Segment: n, Customers: 10 * (len(names) - i), Trained: 5}, Typical: &v})
		s.sum.Customers += 10 * (len(names) - i)
	}
	s.sum.Segments = append(s.sum.Segments, study.SegmentLook{SegmentCount: study.SegmentCount{Label: cluster.Noise, Segment: "one purchase", Customers: 7}})
	s.sum.Customers += 7
	return s
}

func (s *staged) with(f func()) { s.mu.Lock(); defer s.mu.Unlock(); f() }

func (s *staged) Post(context.Context, []study.Contact) (study.Ack, error) { return study.Ack{}, nil }

func (s *staged) Customer(string) (study.Standing, bool) { return study.Standing{}, false }
func (s *staged) Segments() []study.SegmentCount         { return nil }
func (s *staged) Zone() *time.Location                   { return time.UTC }
func (s *staged) Threshold() study.Hysteresis            { return study.DefaultHysteresis }

func (s *staged) Drift() study.Drift { s.mu.Lock(); defer s.mu.Unlock(); return s.drift }
func (s *staged) Size() (int, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sum.Customers, s.events
}

func (s *staged) Summary() study.Summary {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.sum
	out.Segments = append([]study.SegmentLook(nil), s.sum.Segments...)
	return out
}

func (s *staged) Model() *study.Model {
	return &study.Model{Name: "kmeans k=" + s.names[0], Study: "shop", Run: "r", Algorithm: "kmeans", Rule: &cluster.Rule{Kind: cluster.NearestCenter}}
}

func (s *staged) Card(_ context.Context, id, _ string) (study.Card, bool, error) {
	if s.card == nil {
		return study.Card{}, false, nil
	}
	k, ok := s.card(id)
	return k, ok, nil
}

// move is an update of a customer who went from one segment of s to another; −1 = new.
func (s *staged) move(id string, from, to int) study.Update {
	share, rest, since := 0.6, 0.3, "2026-03-01T12:00:00Z"
	u := study.Update{Standing: study.Standing{
		Customer: id, Label: int32(to), Segment: s.names[to], Since: &since, Predicted: int32(to), PredictedSegment: s.names[to],
		Share: &share, RunnerUpShare: &rest, Events: 3, AsOf: "2026-03-02T00:00:00Z",
	}, Changed: true, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMicro()}
	if from >= 0 {
		u.Was = s.names[from]
	}
	return u
}

func getJSON(t *testing.T, c *http.Client, at string, to any) int {
	t.Helper()
	r, err := c.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatalf("%s: %v in %.200s", at, err, b)
	}
	return r.StatusCode
}

func TestContactsPageIsSmallAndOurs(t *testing.T) {
	total := 0
	text := ""
	for name, f := range contactsFiles {
		total += len(f.data)
		text += string(f.data)
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "setTimeout('", "srcdoc", "javascript:"} {
			if strings.Contains(string(f.data), bad) {
				t.Errorf("%s uses %s", name, bad)
			}
		}
		if u := regexp.MustCompile(`(https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s'"]*`).Find(f.data); u != nil {
			t.Errorf("%s names another server: %s", name, u)
		}
		if f.typ == "" || strings.Count(string(f.data), "\n") >= 400 {
			t.Errorf("%s: type %q, %d lines", name, f.typ, strings.Count(string(f.data), "\n"))
		}
	}
	if total > 56<<10 {
		t.Errorf("the page has %d bytes, at most 57344 are wanted", total)
	}
	t.Logf("%d files, %d bytes", len(contactsFiles), total)
	for _, m := range regexp.MustCompile(`from '(\./|/page/)([a-z]+\.js)'`).FindAllStringSubmatch(text, -1) {
		of := contactsFiles
		if m[1] == "/page/" {
			of = files
		}
		if _, ok := of[m[2]]; !ok {
			t.Errorf("no module %s%s", m[1], m[2])
		}
	}
}

// TestContactsAddresses: what is there with a model, with studies, with both, with none,
// and for strangers.
func TestContactsAddresses(t *testing.T) {
	noLeaks(t)
	s, base, link := serve(t, "", nil)
	c := login(t, link)
	get := func(path string) (int, string, string) {
		r, err := c.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		return r.StatusCode, r.Request.URL.Path, string(b)
	}
	for _, path := range []string{"/contacts", "/api/contacts", "/api/contacts/past", "/api/contacts/card?id=a"} {
		if code, _, _ := get(path); code != 404 {
			t.Errorf("%s without a model: %d", path, code)
		}
		r, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		if r.Body.Close(); r.StatusCode != 401 {
			t.Errorf("%s for a stranger: %d", path, r.StatusCode)
		}
	}
	if _, at, body := get("/"); at != "/" || strings.Contains(body, "/contacts") {
		t.Errorf("without a model: %s\n%s", at, body)
	}
	k := newStaged("a", "b")
	k.card = func(id string) (study.Card, bool) {
		return study.Card{Standing: study.Standing{Customer: id}}, id == "../x/%2F y"
	}
	s.Track(k)
	if code, at, body := get("/"); at != "/contacts" || code != 200 || !strings.Contains(body, "/contacts/app.js") {
		t.Errorf("with a model only: %d at %s\n%s", code, at, body)
	}
	for name := range contactsFiles {
		if code, _, _ := get("/contacts/" + name); code != 200 {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code, _, _ := get("/contacts/none.js"); code != 404 {
		t.Errorf("a file that is not there: %d", code)
	}
	var card study.Card
	if code := getJSON(t, c, base+"/api/contacts/card?id=..%2Fx%2F%252F+y", &card); code != 200 || card.Customer != "../x/%2F y" {
		t.Errorf("%d %q", code, card.Customer)
	}
	var no map[string]string
	if code := getJSON(t, c, base+"/api/contacts/card?id=z", &no); code != 404 || no["error"] == "" || no["fix"] == "" {
		t.Errorf("nobody: %d %v", code, no)
	}
	k.with(func() { k.events = 12 })
	s.Tell([]study.Update{k.move("x", 0, 1), {Standing: study.Standing{Customer: "y"}}})
	var now contactsNow
	if getJSON(t, c, base+"/api/contacts", &now); now.Seq != 2 || now.Changes != 1 || now.Events != 12 || now.Studies || now.Hysteresis.Updates != 2 || len(now.Summary.Segments) != 3 || len(now.Epoch) != 16 {
		t.Errorf("%+v", now)
	}
	m := study.NewMemory()
	small().all(m)
	s.Add("shop", m)
	if _, at, body := get("/"); at != "/" || strings.Count(body, `href="/contacts"`) != 1 {
		t.Errorf("with both: %s\n%s", at, body)
	}
	if getJSON(t, c, base+"/api/contacts", &now); !now.Studies {
		t.Error("the page does not know of the studies")
	}
}

// TestSession: with the secret of the server before, its browsers stay welcome; others
// do not.
func TestSession(t *testing.T) {
	noLeaks(t)
	var c *http.Client
	addr := ""
	for i, session := range []string{secret(), "", ""} {
		if i == 1 {
			session = c.Jar.Cookies(&url.URL{Scheme: "http", Host: addr, Path: "/"})[0].Value
		}
		s := New(Options{Session: session})
		link, err := s.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		s.Track(newStaged("a"))
		addr = s.addr
		if c == nil {
			c = login(t, link)
		}
		r, err := c.Get("http://" + addr + "/api/contacts")
		if err != nil {
			t.Fatal(err)
		}
		if r.Body.Close(); r.StatusCode != []int{200, 200, 401}[i] {
			t.Errorf("server %d: %s", i, r.Status)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		s.Shutdown(ctx)
		cancel()
	}
}

// TestPast: samples by segment, those that come later too; rings that end.
func TestPast(t *testing.T) {
	w := newWatching()
	at := time.Unix(1e9, 0)
	look := func(n ...int) (out []study.SegmentLook) {
		for i, k := range n {
			out = append(out, study.SegmentLook{SegmentCount: study.SegmentCount{Label: int32(i), Segment: "s", Customers: k}})
		}
		return out
	}
	w.sample(at, look(5))
	w.sample(at, look(6)) // the same look
	w.sample(at.Add(pastFine), look(7, 9))
	p := w.history()
	if len(p.Hour) != 2 || len(p.Day) != 1 || len(p.Segments) != 2 || p.Segments[0].Hour[0] != 5 || p.Segments[0].Hour[1] != 7 || p.Segments[1].Hour[0] != 0 || p.Segments[1].Hour[1] != 9 || p.Segments[1].Day[0] != 0 {
		t.Errorf("%+v", p)
	}
	for i := range 2 * pastKept {
		w.sample(at.Add(time.Duration(i+2)*pastFine), look(i))
	}
	p = w.history()
	if n := len(p.Hour); n != pastKept || p.Segments[0].Hour[n-1] != 2*pastKept-1 || p.Segments[0].Hour[0] != pastKept || len(p.Day) != 1+2*pastKept*int(pastFine)/int(pastCoarse) {
		t.Errorf("%d fine, %d coarse, %d … %d", n, len(p.Day), p.Segments[0].Hour[0], p.Segments[0].Hour[n-1])
	}
}

// TestLooksAreFew: many pages ask for one look; a large house is looked at less often.
func TestLooksAreFew(t *testing.T) {
	w := newWatching()
	k := newStaged("a")
	first := w.look(k)
	k.with(func() { k.sum.Customers = 10_000_000 })
	if w.look(k).at != first.at {
		t.Error("looked again at once")
	}
	w.last.at = w.last.at.Add(-lookAgain)
	if l := w.look(k); l.at == first.at || l.sum.Customers != 10_000_000 {
		t.Error("not looked again after a second")
	}
	w.last.at = w.last.at.Add(-400 * time.Second)
	at := w.last.at
	if w.look(k).at != at {
		t.Error("ten million are looked at more often than every 500 s")
	}
}
