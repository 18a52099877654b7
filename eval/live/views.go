package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// views are what the page asks of a study beside its journal: the feature sets and
// the finished runs, each with the addresses of its arrays.
type views struct {
	f    *feed
	mu   sync.Mutex // one is made at a time
	sets map[string]*setView
	runs map[string][]byte
	lru  []string // of runs
}

const keepRuns = 256 // answers for runs: a few KB each

// setView is a feature set with the order in which its points travel.
type setView struct {
	set   *study.Set
	order []uint32
	json  []byte
}

// setAnswer is what /api/set says.
type setAnswer struct {
	Name      string               `json:"name"`
	Scale     string               `json:"scale"`
	N         int                  `json:"n"`
	Columns   []columnAnswer       `json:"columns"`
	Explained [2]number            `json:"explained"`
	Shares    []shareAnswer        `json:"shares,omitempty"`
	Strata    []study.StratumCount `json:"strata,omitempty"`
	Warnings  []string             `json:"warnings,omitempty"`
	XY        string               `json:"xy,omitempty"` // addresses
	IDs       string               `json:"ids"`
	Order     string               `json:"order"`
	Value     string               `json:"value,omitempty"`
}

type columnAnswer struct {
	features.Column
	Blob string `json:"blob"`
}

type shareAnswer struct {
	Block string `json:"block"`
	Share number `json:"share"`
}

// set returns the view of a feature set.
func (v *views) set(name, scale string) (*setView, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.setLocked(name, scale)
}

func (v *views) setLocked(name, scale string) (*setView, error) {
	key := name + "/" + scale
	if sv := v.sets[key]; sv != nil {
		return sv, nil
	}
	set, err := v.f.r.Set(name, scale)
	if err != nil {
		return nil, err
	}
	raw := set.Raw
	if raw == nil {
		raw = set.X
	}
	if raw == nil {
		return nil, fmt.Errorf("feature set %s has no matrix", key)
	}
	n, d := raw.Dims()
	sv := &setView{set: set, order: displayOrder(set.XY, n)}
	a := setAnswer{Name: name, Scale: scale, N: n, Explained: [2]number{number(set.Explained[0]), number(set.Explained[1])}, Strata: set.Strata, Warnings: set.Warnings}
	for _, s := range set.Shares {
		a.Shares = append(a.Shares, shareAnswer{s.Block, number(s.Share)})
	}
	add := func(kind uint8, pack func() []byte) string {
		return v.f.s.blobs.add(kind, pack(), func() ([]byte, error) { return pack(), nil })
	}
	for j, c := range raw.Cols {
		a.Columns = append(a.Columns, columnAnswer{c, add(kindValues, func() []byte { return packColumn(raw.Data(), d, j, sv.order) })})
	}
	if len(set.XY) == 2*n {
		a.XY = add(kindXY, func() []byte { return packXY(set.XY, sv.order) })
	}
	if len(set.Value) == n {
		a.Value = add(kindValues, func() []byte { return packColumn(set.Value, 1, 0, sv.order) })
	}
	a.Order = add(kindOrder, func() []byte { return packOrder(sv.order) })
	a.IDs = add(kindText, func() []byte {
		ids := make([]string, n)
		for p, i := range sv.order {
			ids[p] = raw.ID(int(i))
		}
		return encode(ids)
	})
	sv.json = encode(a)
	if v.sets == nil {
		v.sets = map[string]*setView{}
	}
	v.sets[key] = sv
	return sv, nil
}

// run returns what /api/run says of a finished run.
func (v *views) run(id string) ([]byte, error) {
	st, ok := v.f.run(id)
	switch {
	case !ok:
		return nil, fmt.Errorf("no run %s in this study", id)
	case st.Status == "failed":
		return nil, fmt.Errorf("this run failed: %s", st.Done.Reason)
	case st.Status != "done":
		return nil, fmt.Errorf("this run is not finished")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if b := v.runs[id]; b != nil {
		return b, nil
	}
	sv, err := v.setLocked(st.Start.Set, st.Start.Scale)
	if err != nil {
		return nil, err
	}
	data, err := v.f.r.RunData(id)
	if err != nil {
		return nil, err
	}
	if len(data.Labels) != len(sv.order) {
		return nil, fmt.Errorf("run %s labels %d customers, its feature set has %d", id, len(data.Labels), len(sv.order))
	}
	a := newRunAnswer(id, sv.set, data)
	a.Labels = v.f.s.blobs.add(kindLabels, packLabels(data.Labels, sv.order), func() ([]byte, error) {
		d, err := v.f.r.RunData(id)
		if err != nil {
			return nil, err
		}
		return packLabels(d.Labels, sv.order), nil
	})
	if len(data.Silhouette) == len(sv.order) {
		a.Silhouette = v.f.s.blobs.add(kindSilhouette, packSilhouette(data.Silhouette, sv.order), func() ([]byte, error) {
			d, err := v.f.r.RunData(id)
			if err != nil {
				return nil, err
			}
			return packSilhouette(d.Silhouette, sv.order), nil
		})
	}
	if v.runs == nil {
		v.runs = map[string][]byte{}
	}
	b, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	v.runs[id] = b
	if v.lru = append(v.lru, id); len(v.lru) > keepRuns {
		delete(v.runs, v.lru[0])
		v.lru = v.lru[1:]
	}
	return b, nil
}

func (s *Server) serveSet(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func(f *feed) ([]byte, error) {
		sv, err := f.views.set(r.FormValue("set"), r.FormValue("scale"))
		if err != nil {
			return nil, err
		}
		return sv.json, nil
	})
}

func (s *Server) serveRun(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func(f *feed) ([]byte, error) { return f.views.run(r.FormValue("run")) })
}

// serveVerdict says in sentences what came out of a study, by a metric.
func (s *Server) serveVerdict(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func(f *feed) ([]byte, error) { return json.Marshal(f.verdict(r.FormValue("metric"))) })
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, f func(*feed) ([]byte, error)) {
	feed := s.feed(r.FormValue("study"))
	if feed == nil {
		refuse(w, http.StatusNotFound, "no such study")
		return
	}
	b, err := f(feed)
	if err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(b)
}
