package report

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/input"
	"github.com/go-rod/rod/lib/proto"

	"github.com/mores-lab/mores/internal/browser"
)

// open shows a page from a file and collects what it must not do: requests to
// elsewhere, violations of its own policy, errors, dialogs.
func open(t *testing.T, b *rod.Browser, page []byte) (*rod.Page, func() []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, page, 0o644); err != nil {
		t.Fatal(err)
	}
	p := b.MustPage("about:blank")
	var mu sync.Mutex
	var bad []string
	add := func(s string) {
		mu.Lock()
		bad = append(bad, s)
		mu.Unlock()
	}
	go p.EachEvent(func(e *proto.LogEntryAdded) {
		add(e.Entry.Text)
	}, func(e *proto.RuntimeExceptionThrown) {
		add(e.ExceptionDetails.Text)
	}, func(e *proto.PageJavascriptDialogOpening) {
		add("a dialog: " + e.Message)
		_ = proto.PageHandleJavaScriptDialog{Accept: true}.Call(p)
	}, func(e *proto.NetworkRequestWillBeSent) {
		if u := e.Request.URL; u != "file://"+path && !strings.HasPrefix(u, "data:image/png;") {
			add("a request to " + u)
		}
	})()
	if err := (proto.LogEnable{}).Call(p); err != nil {
		t.Fatal(err)
	}
	p.MustNavigate("file://" + path).MustWaitLoad()
	return p, func() []string {
		p.MustEval(`() => new Promise(r => setTimeout(r, 50))`)
		mu.Lock()
		defer mu.Unlock()
		return bad
	}
}

func TestPageInBrowser(t *testing.T) {
	b := browser.Open(t)
	p, bad := open(t, b, render(t, "report.html", made{n: 400, noise: true}.report(t, Options{Dir: "x"})))
	opacity := func(selector string) string {
		return p.MustEval(`s => getComputedStyle(document.querySelector(s)).opacity`, selector).Str()
	}
	on := func() string { return p.MustEval(`() => document.body.dataset.on || ""`).Str() }
	if err := (proto.EmulationSetEmulatedMedia{Features: []*proto.EmulationMediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}).Call(p); err != nil {
		t.Fatal(err)
	}
	p.MustElement(`.legend button[data-s="2"]`).MustHover()
	if on() != "2" || opacity(`.card[data-s="2"]`) != "1" || opacity(`.card[data-s="1"]`) == "1" || opacity(`figure path[data-s="1"]`) == "1" {
		t.Errorf("pointing at segment 2 shows %q; card 1 has opacity %s, its marks %s", on(), opacity(`.card[data-s="1"]`), opacity(`figure path[data-s="1"]`))
	}
	p.MustElement(`.legend button[data-s="3"]`).MustClick()
	p.MustElement("h1").MustHover()
	if on() != "3" {
		t.Errorf("a click keeps %q, want segment 3", on())
	}
	p.Keyboard.MustType(input.Escape)
	if on() != "" || opacity(`.card[data-s="1"]`) != "1" {
		t.Errorf("Escape leaves %q", on())
	}
	// At 320 px nothing but tables is wider than the screen.
	p.MustSetViewport(320, 800, 1, false)
	if w := p.MustEval(`() => document.documentElement.scrollWidth`).Int(); w > 320 {
		t.Errorf("the page is %d px wide on a screen of 320", w)
	}
	if xs := bad(); len(xs) > 0 {
		t.Errorf("the page did what it must not: %q", xs)
	}
}

func TestHostilePageInBrowser(t *testing.T) {
	b := browser.Open(t)
	// A page that acts is noticed.
	_, worst := open(t, b, []byte(`<!DOCTYPE html><title>x</title><img src="http://127.0.0.1:9/x.png"><script>alert(1)</script>`))
	if xs := worst(); len(xs) < 2 {
		t.Fatalf("of a request and a dialog only %q were noticed", xs)
	}
	name := strings.Join(hostile, " ")
	p, bad := open(t, b, render(t, "report.html", made{n: 60, noise: true, name: name}.report(t, Options{Dir: name})))
	if n := p.MustEval(`() => document.querySelectorAll("script,iframe,object,embed,img[src^=x],a[href^=http]").length`).Int(); n != 1 {
		t.Errorf("%d elements that could act, want our script alone", n)
	}
	if xs := bad(); len(xs) > 0 {
		t.Errorf("hostile names acted: %q", xs)
	}
}
