package live

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/proto"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/browser"
)

// watched collects what a page must not do: errors on the console, requests to
// elsewhere.
type watched struct {
	mu      sync.Mutex
	errors  []string
	foreign []string
}

func watch(p *rod.Page, base string) *watched {
	w := &watched{}
	go p.EachEvent(func(e *proto.RuntimeConsoleAPICalled) {
		if e.Type == proto.RuntimeConsoleAPICalledTypeError || e.Type == proto.RuntimeConsoleAPICalledTypeWarning {
			w.mu.Lock()
			for _, a := range e.Args {
				w.errors = append(w.errors, a.Description+a.Value.String())
			}
			w.mu.Unlock()
		}
	}, func(e *proto.RuntimeExceptionThrown) {
		w.mu.Lock()
		w.errors = append(w.errors, e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
		w.mu.Unlock()
	}, func(e *proto.LogEntryAdded) {
		if e.Entry.Level == proto.LogLogEntryLevelError {
			w.mu.Lock()
			w.errors = append(w.errors, e.Entry.Text+" "+e.Entry.URL)
			w.mu.Unlock()
		}
	}, func(e *proto.NetworkRequestWillBeSent) {
		u := e.Request.URL
		if !strings.HasPrefix(u, base) && !strings.HasPrefix(u, strings.Replace(base, "http", "ws", 1)) && !strings.HasPrefix(u, "blob:") && !strings.HasPrefix(u, "data:") {
			w.mu.Lock()
			w.foreign = append(w.foreign, u)
			w.mu.Unlock()
		}
	})()
	proto.LogEnable{}.Call(p)
	return w
}

func (w *watched) clean(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.errors {
		t.Errorf("the page says on its console: %s", e)
	}
	for _, u := range w.foreign {
		t.Errorf("the page asked another server: %s", u)
	}
}

// pass forgives the errors so far that hold a text.
func (w *watched) pass(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.errors = slices.DeleteFunc(w.errors, func(e string) bool { return strings.Contains(e, text) })
}

// serve starts a server with that study and returns its address and token link.
func serve(t *testing.T, name string, r study.Reader) (s *Server, base, link string) {
	t.Helper()
	s = New(Options{Version: "test"})
	if r != nil {
		s.Add(name, r)
	}
	link, err := s.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.Shutdown(ctx)
	})
	base, _, _ = strings.Cut(link, "/?")
	return s, base, link
}

// TestScreens takes a picture of every screen, for looking at:
// MORES_SCREENS=/tmp/screens go test -run TestScreens ./eval/live
func TestScreens(t *testing.T) {
	dir := os.Getenv("MORES_SCREENS")
	if dir == "" {
		t.Skip("set MORES_SCREENS to a folder for pictures of every screen")
	}
	b := browser.Open(t)
	m := study.NewMemory()
	sh := newShop(6000, 1, 9)
	sh.runsOnly(m)
	sh.judgement().all(m)
	sh.done(m)
	judging := study.NewMemory()
	late := newShop(800, 2, 3)
	late.runsOnly(judging)
	late.judgement().ties(judging)
	late.judgement().structure(judging, 1)
	live := study.NewMemory()
	sh.start(live)
	for i := range 17 {
		sh.begin(live, i)
		sh.end(live, i)
	}
	sh.begin(live, 17)
	s, base, link := serve(t, "retail-sim", m)
	s.Add("autumn", live)
	s.Add("winter", judging)
	s.Progress("winter", study.Progress{Total: len(late.runs), Phase: "judge", What: "whether all behaviour holds natural groups"})
	for i := range 40 {
		s.Progress("autumn", study.Progress{Run: sh.run(17), Cell: 18, Total: len(sh.runs), Phase: "fit", Iter: i + 1, Of: 300, Objective: 1800 + 2400/float64(i+2), ETA: 83})
		time.Sleep(5 * time.Millisecond)
	}
	p := b.MustPage()
	w := watch(p, base)
	shot := func(name, hash string, width, height int) {
		p.MustSetViewport(width, height, 1, false)
		p.MustNavigate(base + "/" + hash)
		p.MustReload()
		p.MustWait(`() => document.documentElement?.dataset.ready > 0`)
		time.Sleep(700 * time.Millisecond)
		if strings.Contains(name, "live") {
			for i := range 60 {
				s.Progress("autumn", study.Progress{Run: sh.run(17), Cell: 18, Total: len(sh.runs), Phase: "fit", Iter: i + 1, Of: 300, Objective: 1800 + 2400/float64(i+2), ETA: 83})
				time.Sleep(30 * time.Millisecond)
			}
			time.Sleep(200 * time.Millisecond)
		}
		img, err := p.Screenshot(width > 600 && !strings.Contains(name, "map"), nil)
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile(filepath.Join(dir, name+".png"), img, 0o644)
	}
	p.MustNavigate(link)
	p.MustWait(`() => document.documentElement?.dataset.ready > 0`)
	for _, mode := range []string{"light", "dark"} {
		p.MustEval(`m => localStorage.setItem('mores.theme', m)`, mode)
		shot("overview-"+mode, "#/overview?study=retail-sim", 1280, 900)
		shot("live-"+mode, "#/overview?study=autumn", 1280, 900)
		shot("judging-"+mode, "#/overview?study=winter", 1280, 900)
		for _, screen := range judgedScreens {
			shot(screen+"-"+mode, "#/"+screen+"?study=retail-sim", 1280, 900)
			shot("small-"+screen+"-"+mode, "#/"+screen+"?study=retail-sim", 320, 720)
		}
		shot("map-"+mode, "#/map?study=retail-sim", 1280, 900)
		shot("map-sel-"+mode, "#/map?study=retail-sim&seg=2", 1280, 900)
		shot("map-feature-"+mode, "#/map?study=retail-sim&color=frequency", 1280, 900)
		shot("silhouette-"+mode, "#/silhouette?study=retail-sim", 1280, 900)
		shot("profile-"+mode, "#/profile?study=retail-sim", 1280, 900)
		shot("segments-"+mode, "#/segments?study=retail-sim", 1280, 900)
		r := sh.run(2*24 + 8) // k-means, k = 6, all behaviour
		shot("map6-"+mode, "#/map?study=retail-sim&run="+r, 1280, 900)
		shot("map6-sil-"+mode, "#/map?study=retail-sim&color=silhouette&run="+r, 1280, 900)
		shot("silhouette6-"+mode, "#/silhouette?study=retail-sim&run="+r, 1280, 900)
		shot("profile6-"+mode, "#/profile?study=retail-sim&feature=weekend_share&run="+r, 1280, 900)
		shot("segments6-"+mode, "#/segments?study=retail-sim&seg=1&run="+r, 1280, 900)
		shot("small-profile-"+mode, "#/profile?study=retail-sim&run="+r, 320, 720)
		shot("small-silhouette-"+mode, "#/silhouette?study=retail-sim&run="+r, 320, 720)
		shot("small-overview-"+mode, "#/overview?study=retail-sim", 320, 720)
		shot("small-map-"+mode, "#/map?study=retail-sim", 320, 720)
		shot("small-segments-"+mode, "#/segments?study=retail-sim", 320, 720)
	}
	// What shows by hand only: a hover card, a lasso, the help, an exported chart.
	p.MustSetViewport(1280, 900, 1, false)
	p.MustNavigate(base + "/#/map?study=retail-sim&run=" + sh.run(2*24+8))
	p.MustReload()
	time.Sleep(time.Second)
	box := p.MustElement(".stage").MustShape().Box()
	save := func(name string) {
		img, err := p.Screenshot(false, nil)
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile(filepath.Join(dir, name+".png"), img, 0o644)
	}
	p.MustEval(`() => { const v = mores.view, at = v.data.set.at, s = v.scatter; v.hovered(77, s.X(at[154]), s.Y(at[155])) }`)
	save("hand-hover")
	p.MustElementR(".seg button", "Lasso").MustClick()
	for i, q := range [][2]float64{{.4, .1}, {.6, .05}, {.7, .3}, {.6, .5}, {.4, .3}} {
		p.Mouse.MustMoveTo(box.X+q[0]*box.Width, box.Y+q[1]*box.Height)
		if i == 0 {
			p.Mouse.MustDown(proto.InputMouseButtonLeft)
		}
	}
	save("hand-lasso")
	p.Mouse.MustUp(proto.InputMouseButtonLeft)
	time.Sleep(300 * time.Millisecond)
	save("hand-selected")
	p.MustEval(`() => mores.go({screen: 'silhouette'})`)
	time.Sleep(500 * time.Millisecond)
	save("hand-bands")
	p.MustElement("[aria-label='Keyboard shortcuts']").MustClick()
	time.Sleep(300 * time.Millisecond)
	save("hand-help")
	for _, screen := range []string{"overview", "map", "profile"} {
		p.MustNavigate(base + "/#/" + screen + "?study=retail-sim&run=" + sh.run(2*24+8))
		time.Sleep(time.Second)
		svg := p.MustEval(`() => document.querySelector('figure.chart').chart.exported()`).String()
		os.WriteFile(filepath.Join(dir, "file-"+screen+".svg"), []byte(svg), 0o644)
	}
	w.clean(t)
}
