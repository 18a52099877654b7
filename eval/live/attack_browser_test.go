package live

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/browser"
)

// Names out of data must stay text.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	m, sh := study.NewMemory(), newShop(300, 6, 4)
	evil := []string{`<img src=x onerror=alert(1)>`, `"><script>alert(2)</script>`, `');alert(3)//`, "\u202Egnp.exe", `<svg/onload=alert(4)>`, `${alert(5)}`, `javascript:alert(6)`}
	for i, set := range sh.sets {
		set.Name = evil[i]
		cols := append(set.Raw.Cols[:0:0], set.Raw.Cols...)
		for j := range cols {
			cols[j].Name, cols[j].Doc, cols[j].Unit, cols[j].Block = evil[j%len(evil)]+fmt.Sprint(j), evil[(j+1)%len(evil)], evil[(j+2)%len(evil)], evil[(j+3)%len(evil)]
		}
		set.Raw.Cols = cols
		for r := range set.Raw.IDs {
			set.Raw.IDs[r] = evil[r%len(evil)]
		}
	}
	for i := range sh.runs {
		sh.runs[i].algorithm = evil[i%len(evil)]
		sh.runs[i].params = `{"<b>x</b>":"<img src=x onerror=alert(7)>","n_clusters":` + fmt.Sprint(i) + `}`
	}
	sh.runsOnly(m)
	g := sh.judgement()
	g.say = func(text string) string { return evil[len(text)%len(evil)] + text }
	g.all(m)
	sh.done(m)
	_, base, link := serve(t, evil[0], m)
	p := b.MustPage()
	w := watch(p, base)
	p.MustEvalOnNewDocument(`window.alerted = 0; window.alert = () => { window.alerted++ }`)
	p.MustNavigate(link)
	wait(t, p, "loading", ready, 1)
	for _, screen := range append([]string{"overview", "map", "silhouette", "profile", "segments"}, judgedScreens...) {
		ask(t, p, `s => { mores.go({screen: s}); return 1 }`, screen)
		settled(t, p)
		if n := ask(t, p, `() => window.alerted + document.querySelectorAll('main script, main img, [onerror], [onload]').length`); n != "0" {
			t.Errorf("%s: markup out of the data came alive", screen)
		}
		if got := ask(t, p, `() => [...document.querySelectorAll('figure.chart')].every(f => f.hidden || !new DOMParser().parseFromString(f.chart.exported(), 'image/svg+xml').querySelector('parsererror, script, foreignObject'))`); got != "true" {
			t.Errorf("%s: an exported chart is broken or holds a script", screen)
		}
	}
	w.clean(t)
}

// TestRebinding is the attack: a foreign name made to resolve to the loopback
// interface. Origin equals Host then, and Sec-Fetch-Site is absent.
func TestRebinding(t *testing.T) {
	t.Parallel()
	b := browser.Open(t, "host-resolver-rules=MAP evil.test 127.0.0.1")
	m := study.NewMemory()
	small().all(m)
	s, base, link := serve(t, "shop", m)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(base, "http://"))
	p := b.MustPage()
	p.MustNavigate("http://evil.test:" + port + "/" + link[strings.Index(link, "?"):])
	if got := ask(t, p, `() => document.body.innerText`); !strings.Contains(got, "does not go by that name") {
		t.Errorf("a foreign name is answered %q", got)
	}
	if got := ask(t, p, `() => new Promise(ok => { let ws; try { ws = new WebSocket('ws://' + location.host + '/ws', 'mores.v1') } catch (e) { return ok('refused') } ws.onopen = () => ok('open'); ws.onerror = () => ok('refused') })`); got != "refused" {
		t.Errorf("the socket under a foreign name: %s", got)
	}
	if got := ask(t, p, `async () => { try { const r = await fetch('/api/set?study=shop&set=rfm&scale=block'); return r.status + (await r.text()) } catch (e) { return 'refused' } }`); !strings.HasPrefix(got, "403") && got != "refused" {
		t.Errorf("data under a foreign name: %.80s", got)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.token == "" {
		t.Error("the attack used the token up")
	}
}

// A restarted server is a stranger: the page says what to do.
func TestRestartedServer(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	m := study.NewMemory()
	small().all(m)
	s := New(Options{})
	s.Add("shop", m)
	link, err := s.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	p := b.MustPage()
	p.MustNavigate(link)
	wait(t, p, "loading", ready, 1)
	addr := s.addr
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	s.Shutdown(ctx)
	again := New(Options{})
	again.Add("shop", m)
	link, err = again.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		again.Shutdown(ctx)
	}()
	wait(t, p, "the hint", `() => document.querySelector('.conn').textContent.includes('open the address it printed')`)
	p.MustNavigate(link)
	wait(t, p, "loading again", ready, 1)
}
