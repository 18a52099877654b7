package live

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/launcher/flags"
	"github.com/go-rod/rod/lib/proto"

	"github.com/mores-lab/mores/eval/study"
)

const chromium = "/usr/bin/chromium"

// browser starts a Chromium of its own, or skips the test.
func browser(t *testing.T, extra ...string) *rod.Browser {
	t.Helper()
	if _, err := os.Stat(chromium); err != nil {
		if os.Getenv("MORES_REQUIRE_DATA") == "1" {
			t.Fatal(err)
		}
		t.Skipf("no browser: %v", err)
	}
	l := launcher.New().Bin(chromium).NoSandbox(true).Leakless(false).UserDataDir(t.TempDir()).
		Set("disable-gpu").Set("disable-quic").Set("no-first-run").Set("disable-background-networking").Set("disable-component-update").Set("disable-sync")
	for _, f := range extra {
		k, v, _ := strings.Cut(f, "=")
		l.Set(flags.Flag(k), v)
	}
	u, err := l.Launch()
	if err != nil {
		t.Fatal(err)
	}
	b := rod.New().ControlURL(u)
	if err := b.Connect(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close(); l.Kill(); l.Cleanup() })
	return b
}

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
	b := browser(t)
	m := study.NewMemory()
	sh := newShop(6000, 1, 9)
	sh.all(m)
	live := study.NewMemory()
	sh.start(live)
	for i := range 17 {
		sh.begin(live, i)
		sh.end(live, i)
	}
	sh.begin(live, 17)
	s, base, link := serve(t, "retail-sim", m)
	s.Add("autumn", live)
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
		p.MustWait(`() => document.documentElement.dataset.ready > 0`)
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
	p.MustWait(`() => document.documentElement.dataset.ready > 0`)
	for _, mode := range []string{"light", "dark"} {
		p.MustEval(`m => localStorage.setItem('mores.theme', m)`, mode)
		shot("overview-"+mode, "#/overview?study=retail-sim", 1280, 900)
		shot("live-"+mode, "#/overview?study=autumn", 1280, 900)
		shot("map-"+mode, "#/map?study=retail-sim", 1280, 900)
		shot("map-sel-"+mode, "#/map?study=retail-sim&seg=2", 1280, 900)
		shot("map-feature-"+mode, "#/map?study=retail-sim&color=frequency", 1280, 900)
		shot("silhouette-"+mode, "#/silhouette?study=retail-sim", 1280, 900)
		shot("profile-"+mode, "#/profile?study=retail-sim", 1280, 900)
		shot("segments-"+mode, "#/segments?study=retail-sim", 1280, 900)
		shot("small-overview-"+mode, "#/overview?study=retail-sim", 320, 720)
		shot("small-map-"+mode, "#/map?study=retail-sim", 320, 720)
		shot("small-segments-"+mode, "#/segments?study=retail-sim", 320, 720)
	}
	w.clean(t)
}
