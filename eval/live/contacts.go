package live

import (
	"bytes"
	"embed"
	"net/http"
	"time"

	"github.com/mores-lab/mores/eval/study"
)

//go:embed contacts
var contactsPage embed.FS

// contactsFiles are those of the page at /contacts, which shows a served model at work. It
// shares dom.js, theme.js and style.css with the page of a study.
var contactsFiles = readFiles(contactsPage, "contacts")

// indexTracked is the study page's index with a way to /contacts.
var indexTracked = func() file {
	const end = `</nav>`
	b := files["index.html"].data
	if bytes.Count(b, []byte(end)) != 1 {
		panic("live: index.html has no menu to put a link into")
	}
	return newFile("index.html", bytes.Replace(b, []byte(end), []byte(`<a class="last" href="/contacts">Contacts</a>`+end), 1))
}()

// contactsRoutes adds to mux:
//
//	GET /contacts                        the page
//	GET /api/contacts                    contactsNow: counts, drift, the model; of few customers a second old at most
//	GET /api/contacts/past               contactsPast: counts by segment over an hour and a day
//	GET /api/contacts/card?id=…&than=…   study.Card
//
// Ids are in the query and not in the path: a path cleans away dots and slashes.
func (s *Server) contactsRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /contacts", func(w http.ResponseWriter, r *http.Request) {
		if s.tracked(w) != nil {
			writeFile(w, r, contactsFiles, "index.html")
		}
	})
	mux.HandleFunc("GET /contacts/{name}", func(w http.ResponseWriter, r *http.Request) {
		writeFile(w, r, contactsFiles, r.PathValue("name"))
	})
	mux.HandleFunc("GET /api/contacts", s.serveContacts)
	mux.HandleFunc("GET /api/contacts/past", s.servePast)
	mux.HandleFunc("GET /api/contacts/card", s.serveCard)
}

// serveStart answers the printed address: with the page of studies, or of contacts where
// there is no study.
func (s *Server) serveStart(w http.ResponseWriter, r *http.Request) {
	tracks := s.track.get() != nil
	switch {
	case tracks && s.feed("") == nil:
		http.Redirect(w, r, "/contacts", http.StatusSeeOther)
	case tracks:
		writeOne(w, r, indexTracked)
	default:
		s.serveFile(w, r, "index.html")
	}
}

// contactsNow is what /api/contacts says.
type contactsNow struct {
	// Epoch differs from server to server: numbers of changes begin anew with it.
	Epoch   string `json:"epoch"`
	Started string `json:"started"`
	Now     string `json:"now"`
	Taken   string `json:"taken"`  // when the customers were counted
	Events  int    `json:"events"` // now
	Seq     int64  `json:"seq"`    // of the last update
	// Changes counts those of the updates since the start that changed a segment.
	Changes    int64         `json:"changes"`
	Zone       string        `json:"zone"`
	Studies    bool          `json:"studies"` // there is a page of studies, too
	Model      contactsModel `json:"model"`
	Shares     string        `json:"shares"`
	Hysteresis contactsCalm  `json:"hysteresis"`
	Summary    study.Summary `json:"summary"`
	Drift      study.Drift   `json:"drift"`
}

type contactsCalm struct {
	Margin  float64 `json:"margin"`
	Updates int     `json:"updates"`
}

type contactsModel struct {
	Name      string `json:"name"`
	Study     string `json:"study"`
	Run       string `json:"run"`
	Algorithm string `json:"algorithm"`
}

func (s *Server) serveContacts(w http.ResponseWriter, _ *http.Request) {
	p := s.tracked(w)
	if p == nil {
		return
	}
	m, y := p.t.Model(), p.t.Threshold()
	a := contactsNow{
		Epoch: p.watch.epoch, Started: p.watch.started.UTC().Format(time.RFC3339), Zone: p.t.Zone().String(), Studies: s.feed("") != nil,
		Model: contactsModel{m.Name, m.Study, m.Run, m.Algorithm}, Shares: m.ShareWords(), Hysteresis: contactsCalm{y.Margin, y.Updates},
	}
	look := p.watch.look(p.t)
	a.Summary, a.Drift, a.Taken = look.sum, look.drift, look.at.UTC().Format(time.RFC3339Nano)
	_, a.Events = p.t.Size()
	a.Now = time.Now().UTC().Format(time.RFC3339Nano)
	p.news.mu.Lock()
	a.Seq = p.news.last
	p.news.mu.Unlock()
	a.Changes = p.watch.changes.Load()
	answerJSON(w, http.StatusOK, a)
}

func (s *Server) servePast(w http.ResponseWriter, _ *http.Request) {
	if p := s.tracked(w); p != nil {
		answerJSON(w, http.StatusOK, p.watch.history())
	}
}

func (s *Server) serveCard(w http.ResponseWriter, r *http.Request) {
	p := s.tracked(w)
	if p == nil {
		return
	}
	q := r.URL.Query()
	card, ok, err := p.t.Card(r.Context(), q.Get("id"), q.Get("than"))
	switch {
	case err != nil && r.Context().Err() != nil: // nobody waits for an answer
	case err != nil:
		answerJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error(), "fix": "the customer's label stands; this is a fault in mores"})
	case !ok:
		answerJSON(w, http.StatusNotFound, map[string]string{"error": "no event of this customer has come", "fix": "ids are compared as text: mind case, spaces and leading zeros"})
	default:
		answerJSON(w, http.StatusOK, card)
	}
}
