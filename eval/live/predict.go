package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/mores-lab/mores/eval/study"
)

// maxPost bounds the body of a post of events: some 5,000 of them.
const maxPost = 1 << 20

// maxBad is how many wrong lines an answer lists.
const maxBad = 20

// maxPosts bounds the posts under way; more are answered 503.
const maxPosts = 512

// Tracked is what a Server answers about customers from: a study.Tracking.
type Tracked interface {
	Post(ctx context.Context, batch []study.Contact) (study.Ack, error)
	Customer(id string) (study.Standing, bool)
	Segments() []study.SegmentCount
	Drift() study.Drift
	Size() (customers, events int)
	Zone() *time.Location
	Model() *study.Model
	Threshold() study.Hysteresis
	Summary() study.Summary
	Card(ctx context.Context, id, than string) (study.Card, bool, error)
}

// predictor is the part of a Server that labels customers.
type predictor struct {
	s     *Server
	t     Tracked
	slots chan struct{}
	news  changes
	watch *watching
}

// tracking holds the predictor: the routes are made before Track is called.
type tracking struct {
	mu sync.RWMutex
	p  *predictor
}

func (t *tracking) get() *predictor {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.p
}

// Track answers about the customers of t:
//
//	POST /api/events          JSON lines, study.ParseContacts; all or none of a body is taken
//	GET  /api/customers/{id}  study.Standing
//	GET  /api/segments        customers by segment, drift, the rule
//	GET  /ws/changes          a websocket of study.Update, see predict_changes.go
//	GET  /contacts            a page that shows all this, see contacts.go
//
// A post is answered once its events are on disk and its customers labelled. Tell must
// hear of the updates.
func (s *Server) Track(t Tracked) {
	p := &predictor{s: s, t: t, slots: make(chan struct{}, maxPosts), watch: newWatching()}
	p.news.wake = make(chan struct{})
	s.track.mu.Lock()
	s.track.p = p
	s.track.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.wg.Go(func() { p.watch.follow(s.ctx, t) })
	}
}

// Tell hands updates on to the open sockets. It does not wait for them.
func (s *Server) Tell(us []study.Update) {
	if p := s.track.get(); p != nil {
		p.watch.heard(us)
		p.news.add(us)
	}
}

// posts reports whether the server takes posts to that address.
func (s *Server) posts(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == "/api/events" && s.track.get() != nil
}

// tracked finds the predictor, or answers that there is none.
func (s *Server) tracked(w http.ResponseWriter) *predictor {
	p := s.track.get()
	if p == nil {
		refuse(w, http.StatusNotFound, "This server labels no customers: start it with --predict MODEL.json.")
	}
	return p
}

// wrongEvents answers a post that was not taken.
type wrongEvents struct {
	Accepted int                `json:"accepted"`
	Error    string             `json:"error"`
	Fix      string             `json:"fix"`
	Lines    []*study.LineError `json:"lines,omitempty"`
	More     int                `json:"more,omitempty"` // wrong lines not listed
}

func answerJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	w.Write(append(encode(v), '\n'))
}

func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	p := s.tracked(w)
	if p == nil {
		return
	}
	// A form of another site can send text/plain and forms without asking; not these.
	switch typ, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); typ {
	case "application/json", "application/x-ndjson", "application/jsonl":
	default:
		answerJSON(w, http.StatusUnsupportedMediaType, wrongEvents{Error: "events are JSON lines, not " + typ, Fix: "send the header Content-Type: application/x-ndjson"})
		return
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	default:
		w.Header().Set("Retry-After", "1")
		answerJSON(w, http.StatusServiceUnavailable, wrongEvents{Error: "too many posts at once", Fix: "send more events a post, and this one again in a second"})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPost))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			wrong := wrongEvents{Error: "the body is larger than 1 MiB; none of it was taken", Fix: "send fewer lines a post"}
			if n := bytes.Count(body, []byte("\n")); n == 0 {
				wrong.Error, wrong.Fix = "line 1 is longer than 1 MiB; nothing was taken", "write one event a line, each with a line end: they have some 200 bytes"
			} else {
				wrong.Fix = fmt.Sprintf("send fewer lines a post: the first %d fit", n)
			}
			answerJSON(w, http.StatusRequestEntityTooLarge, wrong)
		}
		return // else it broke off
	}
	batch, bad := study.ParseContacts(body, p.t.Zone(), time.Now())
	if len(bad) > 0 {
		more := max(0, len(bad)-maxBad)
		answerJSON(w, http.StatusBadRequest, wrongEvents{
			Error: "some lines are wrong; none of the body was taken", Fix: "correct the lines, or leave them out, and send it again",
			Lines: bad[:len(bad)-more], More: more,
		})
		return
	}
	if len(batch) == 0 {
		answerJSON(w, http.StatusBadRequest, wrongEvents{Error: "there are no events in the body", Fix: "send a line for each event"})
		return
	}
	ack, err := p.t.Post(r.Context(), batch)
	switch {
	case err == nil:
		answerJSON(w, http.StatusOK, ack)
	case r.Context().Err() != nil: // nobody waits for an answer
	case errors.Is(err, study.ErrClosed):
		w.Header().Set("Retry-After", "10")
		answerJSON(w, http.StatusServiceUnavailable, wrongEvents{Error: err.Error(), Fix: "send it again once the server is back; with keys nothing is counted twice"})
	default:
		answerJSON(w, http.StatusInternalServerError, wrongEvents{Error: err.Error(), Fix: "the events are on disk; this is a fault in mores"})
	}
}

func (s *Server) serveCustomer(w http.ResponseWriter, r *http.Request) {
	p := s.tracked(w)
	if p == nil {
		return
	}
	st, ok := p.t.Customer(r.PathValue("id"))
	if !ok {
		answerJSON(w, http.StatusNotFound, map[string]string{"error": "no event of this customer has come", "fix": "ids are compared as text: mind case, spaces and leading zeros"})
		return
	}
	answerJSON(w, http.StatusOK, st)
}

// segmentsAnswer is what /api/segments says.
type segmentsAnswer struct {
	Model      string               `json:"model"`
	Run        string               `json:"run"`
	Customers  int                  `json:"customers"`
	Events     int                  `json:"events"`
	Segments   []study.SegmentCount `json:"segments"`
	Shares     string               `json:"shares"` // what a customer's share means
	Hysteresis study.Hysteresis     `json:"hysteresis"`
	Drift      study.Drift          `json:"drift"`
}

func (s *Server) serveSegments(w http.ResponseWriter, _ *http.Request) {
	p := s.tracked(w)
	if p == nil {
		return
	}
	m := p.t.Model()
	a := segmentsAnswer{Model: m.Name, Run: m.Run, Segments: p.t.Segments(), Shares: m.ShareWords(), Hysteresis: p.t.Threshold(), Drift: p.t.Drift()}
	a.Customers, a.Events = p.t.Size()
	answerJSON(w, http.StatusOK, a)
}
