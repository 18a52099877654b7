package live

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/input"
	"github.com/go-rod/rod/lib/proto"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/browser"
)

// openContacts serves k and opens its page.
func openContacts(t *testing.T, b *rod.Browser, k *staged) (*Server, *rod.Page, *watched) {
	t.Helper()
	s, base, link := serve(t, "", nil)
	s.Track(k)
	p := b.MustPage()
	p.MustSetViewport(1280, 900, 1, false)
	w := watch(p, base)
	p.MustNavigate(link)
	wait(t, p, "the segments", `n => document.querySelectorAll('.segs tbody tr').length === n && window.contacts?.feed.ws?.readyState === 1`, len(k.names)+1)
	return s, p, w
}

// TestContactsPage watches a model at work, from before the first change.
func TestContactsPage(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	k := newStaged("Lapsed", "Regulars", "Big spenders")
	since := "2026-03-01T12:00:00Z"
	pull, against, below := 0.7, -0.3, 0.8
	seven := 7.0
	k.card = func(id string) (study.Card, bool) {
		st := k.move(id, 0, 2).Standing
		st.Since, st.Outside = &since, []string{"frequency"}
		return study.Card{
			Standing: st, Rival: "Regulars", Leads: 1, Needed: 2, Than: "Lapsed",
			Shares:  []study.SegmentShare{{Label: 2, Segment: "Big spenders", Share: .6}, {Label: 0, Segment: "Lapsed", Share: .3}},
			Columns: []study.CardColumn{{Column: "recency", Unit: "days", Doc: "days since", Value: &seven, Below: &below, Lo: &below, Hi: &seven, Pull: &pull}, {Column: "frequency", Unit: "count", Value: &seven, Outside: true, Pull: &against}},
			Latest:  []study.CardEvent{{Time: since, Kind: "purchase", Item: "tea", Amount: &seven}},
		}, id != "nobody"
	}
	s, p, w := openContacts(t, b, k)
	if got := ask(t, p, `() => location.pathname + location.search`); got != "/contacts" {
		t.Errorf("the page is at %s", got)
	}
	body := func() string { return ask(t, p, `() => document.body.innerText`) }
	for _, want := range []string{"Nobody has changed segment", "No customer has changed segment yet", "The model still fits", "one purchase", "67 customers", "spent in all"} {
		if !strings.Contains(body(), want) {
			t.Errorf("the page does not say %q:\n%s", want, body())
		}
	}
	if got := ask(t, p, `() => [...document.querySelectorAll('.answers b')].map(x => x.textContent).join()`); !strings.HasSuffix(got, ",60,3,4,0") {
		t.Errorf("the figures are %s", got)
	}

	// Changes show up, are counted by pair, and have reasons.
	s.Tell([]study.Update{k.move("c-1", 0, 2), k.move("c-2", 0, 2), k.move("c-3", 1, 0), k.move("new-1", -1, 1)})
	k.with(func() { k.events = 50; k.sum.Segments[2].Customers += 2; k.sum.Segments[0].Customers -= 2 })
	wait(t, p, "four changes", `() => contacts.model.moved === 4 && document.querySelectorAll('.stream li').length === 4 && document.querySelectorAll('.bands path').length === 3`)
	ask(t, p, `() => { document.querySelector('.twin').open = true; return 1 }`)
	wait(t, p, "the table twin", `() => document.querySelectorAll('.twin tbody tr').length === 3`)
	if got := ask(t, p, `() => [...document.querySelectorAll('.twin tbody tr')].map(r => r.textContent.trim()).sort().join('|')`); got != "LapsedBig spenders2|RegularsLapsed1|newRegulars1" {
		t.Errorf("moves are %s", got)
	}
	wait(t, p, "the new counts", `() => [...document.querySelectorAll('.segs tbody tr')].map(r => r.cells[2].textContent).join() === '−2,0,+2,0'`)
	wait(t, p, "a reason", `() => document.querySelector('.stream').textContent.includes('after a contact: recency 7 days')`)
	wait(t, p, "a rate", `() => /\d \/s/.test(document.querySelector('.answers b').textContent)`)

	if got := ask(t, p, `async () => {
		const { why } = await import('/contacts/say.js'), at = Date.UTC(2026, 2, 1, 12) * 1000, u = {since: '2026-03-01T12:00:00Z', as_of: '2026-03-02T00:00:00Z', at, label: 1, predicted: 1, share: 0.5};
		const of = (x, from = 'a', k = null) => why({from, u: {...u, ...x}}, k).replaceAll('\u00a0', ' ');
		return [of({}), of({}, ''), of({at: Date.UTC(2026, 2, 2) * 1000, since: u.as_of}), of({since: u.as_of, predicted: 0}, 'a', {columns: [{column: 'x', pull: 1, value: 1}]}), of({since: null, reason: 'one purchase'}), of({share: null, outside: ['a_b', 'c']})].join('|');
	}`); got != "after a contact · share 50 %|first label · share 50 %|as days passed · share 50 %|as days passed, before this contact · share 50 %|one purchase|after a contact · beyond the training range in a b and c" {
		t.Errorf("reasons: %s", got)
	}

	// One segment only, by the keyboard.
	p.Keyboard.MustType(input.BracketRight, input.BracketRight)
	wait(t, p, "only Regulars", `() => document.querySelector('.pick-seg[aria-pressed=true]')?.textContent === 'Regulars' && document.querySelectorAll('.stream li').length === 2`)
	p.Keyboard.MustType(input.Escape)
	wait(t, p, "all again", `() => document.querySelectorAll('.stream li').length === 4`)

	// Held on request, and nothing is lost.
	p.Keyboard.MustType(input.KeyP)
	s.Tell([]study.Update{k.move("c-4", 0, 1)})
	wait(t, p, "the word on newer ones", `() => document.querySelector('.newer').textContent === '1 newer change' && document.querySelectorAll('.stream li').length === 4`)
	p.Keyboard.MustType(input.KeyP)
	wait(t, p, "five", `() => document.querySelectorAll('.stream li').length === 5`)

	// A customer, found by id; the address holds them.
	p.Keyboard.MustType(input.Slash)
	p.MustInsertText("c 1/ä").Keyboard.MustType(input.Enter)
	wait(t, p, "the card", `() => document.querySelector('.card-out h3')?.textContent === 'c 1/ä' && document.activeElement.tagName === 'H3'`)
	for _, want := range []string{"Regulars leads, for 1 update so far", "lead of .05", "Beyond what the training customers showed: frequency", "recency", "7 days", "80 %", "tea", "What speaks for Big spenders rather than Lapsed"} {
		if got := ask(t, p, `() => document.querySelector('.card-out').innerText`); !strings.Contains(got, want) {
			t.Errorf("the card does not say %q:\n%s", want, got)
		}
	}
	p.MustReload()
	wait(t, p, "the card again", `() => document.querySelector('.card-out h3')?.textContent === 'c 1/ä'`)
	wait(t, p, "changes of before", `() => document.querySelectorAll('.stream li').length === 5 && contacts.model.moved === 0`)
	ask(t, p, `() => { contacts.finder.open('nobody'); return 1 }`)
	wait(t, p, "nobody", `() => document.querySelector('.card-out').innerText.includes('leading zeros')`)
	p.Keyboard.MustType(input.Escape)
	wait(t, p, "no card", `() => !location.hash && !document.querySelector('.card-out h3')`)

	w.pass("id=nobody") // a browser tells of every 404

	// Drift, in words.
	k.with(func() {
		k.drift = study.Drift{Advised: true, Reason: "refit advised: recency has moved much (PSI 0.51, above 0.25; p = 1e-9)", Columns: []study.ColumnDrift{{Column: "recency", PSI: .51, Word: "moved much"}}}
	})
	wait(t, p, "the advice", `() => document.querySelector('.notice.advised')?.innerText.includes('This model has aged. Recency has moved much since the model was made.')`)

	// Everything has a name, and 360 px are enough.
	if got := ask(t, p, `() => [...document.querySelectorAll('button, input, a')].filter(x => !x.hidden && !(x.textContent.trim() || x.getAttribute('aria-label'))).length`); got != "0" {
		t.Errorf("%s controls have no name", got)
	}
	for _, mode := range []string{"light", "dark"} {
		p.MustSetViewport(360, 740, 1, false)
		ask(t, p, `m => { if (document.documentElement.dataset.theme !== m) document.getElementById('theme').click(); return 1 }`, mode)
		wait(t, p, "the colours of "+mode, `m => document.documentElement.dataset.theme === m`, mode)
		if got, _ := strconv.Atoi(ask(t, p, `() => document.documentElement.scrollWidth`)); got > 360 {
			t.Errorf("%s: %d px wide in a window of 360", mode, got)
		}
		low := ask(t, p, `async () => {
			const { contrast, hex } = await import('/page/theme.js'), bad = new Set();
			const c = (x) => hex(x.match(/[\d.]+/g).slice(0, 3).map(Number));
			const bg = (e) => { for (; e; e = e.parentElement) { const b = getComputedStyle(e).backgroundColor; if (b !== 'rgba(0, 0, 0, 0)' && !b.startsWith('color')) return c(b); } return c(getComputedStyle(document.documentElement).backgroundColor); };
			for (const e of document.querySelectorAll('body *')) {
				if (!e.offsetParent || e.closest('svg') || ![...e.childNodes].some(x => x.nodeType === 3 && x.textContent.trim()) || e.getAnimations().length || e.closest('.in, .fresh')) continue;
				const k = contrast(c(getComputedStyle(e).color), bg(e));
				if (k < 4.5) bad.add(e.className + ' ' + e.textContent.slice(0, 20) + ' ' + k.toFixed(2));
			}
			return [...bad].join('; ');
		}`)
		if low != "" {
			t.Errorf("%s: too faint: %s", mode, low)
		}
	}
	w.clean(t)
}

// TestContactsRestart: cut off by a restart, the page comes back by itself, says so, and
// does not count twice.
func TestContactsRestart(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	k := newStaged("a", "b")
	session := secret()
	start := func(addr string) (*Server, string) {
		s := New(Options{Session: session})
		link, err := s.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		s.Track(k)
		return s, link
	}
	stop := func(s *Server) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		s.Shutdown(ctx)
	}
	s, link := start("")
	p := b.MustPage()
	p.MustNavigate(link)
	wait(t, p, "the page", `() => window.contacts?.feed.ws?.readyState === 1`)
	s.Tell([]study.Update{k.move("x", 0, 1), k.move("y", 0, 1)})
	wait(t, p, "two changes", `() => contacts.model.moved === 2`)

	// The network alone: it goes on where it was.
	ask(t, p, `() => { contacts.feed.ws.close(); return 1 }`)
	s.Tell([]study.Update{k.move("z", 1, 0)})
	wait(t, p, "the third", `() => contacts.model.moved === 3`)

	addr := s.addr
	stop(s)
	wait(t, p, "the word that it is gone", `() => /reconnecting|waiting for it/.test(document.querySelector('.conn').textContent) && document.querySelector('.live').textContent.startsWith('as of')`)
	again, _ := start(addr)
	again.Tell([]study.Update{k.move("w", 0, 1)})
	wait(t, p, "the word that it is back", `() => document.querySelector('.conn').textContent.startsWith('mores was started again at') && document.querySelector('.live').textContent === 'live'`)
	wait(t, p, "the fourth", `() => contacts.model.moved === 4 && document.querySelectorAll('.stream li').length === 4 && document.querySelector('.left').innerText.includes('what moved while this page was cut off')`)
	stop(again)

	// With another secret it is a stranger, and says what to do.
	session = secret()
	other, _ := start(addr)
	defer stop(other)
	wait(t, p, "the hint", `() => document.querySelector('.conn').textContent.includes('open the address it printed')`)
}

// TestContactsFlood: a thousand changes a second neither freeze the page nor get lost.
func TestContactsFlood(t *testing.T) {
	b := browser.Open(t)
	k := newStaged("one", "two", "three", "four", "five", "six", "seven", "eight")
	k.card = func(id string) (study.Card, bool) { return study.Card{Standing: k.move(id, 0, 1).Standing}, true }
	s, p, w := openContacts(t, b, k)
	proto.PerformanceEnable{TimeDomain: proto.PerformanceEnableTimeDomainThreadTicks}.Call(p)
	busy := func() float64 {
		r, err := proto.PerformanceGetMetrics{}.Call(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range r.Metrics {
			if m.Name == "TaskDuration" {
				return m.Value
			}
		}
		t.Fatal("no TaskDuration")
		return 0
	}
	ask(t, p, `() => { window.gaps = []; let last = performance.now(); const f = (now) => { gaps.push(now - last); last = now; requestAnimationFrame(f) }; requestAnimationFrame(f); window.long = []; new PerformanceObserver(l => long.push(...l.getEntries().map(e => e.duration))).observe({type: 'longtask'}); return 1 }`)
	const seconds, perSecond = 3, 1000
	began, from := time.Now(), busy()
	n := 0
	for tick := time.NewTicker(20 * time.Millisecond); time.Since(began) < seconds*time.Second; {
		<-tick.C
		var us []study.Update
		for ; n < int(time.Since(began).Seconds()*perSecond); n++ {
			us = append(us, k.move("customer-"+strconv.Itoa(n), n%8, (n*3+1)%8))
		}
		s.Tell(us)
	}
	wall := time.Since(began).Seconds()
	share := (busy() - from) / wall
	wait(t, p, "all changes counted", `n => contacts.model.moved === n && [...contacts.model.moves.values()].reduce((a, m) => a + m.n, 0) === n`, n)
	if got := ask(t, p, `() => [document.querySelectorAll('.stream li').length <= 40, contacts.model.changes.length <= 400, document.querySelectorAll('*').length < 2000].join()`); got != "true,true,true" {
		t.Errorf("the page grows: %s", got)
	}
	gaps := ask(t, p, `() => { const g = gaps.slice().sort((a, b) => a - b); return g.length + ' frames, gaps p50 ' + g[g.length >> 1].toFixed(0) + ' p95 ' + g[Math.floor(g.length * .95)].toFixed(0) + ' most ' + g.at(-1).toFixed(0) + ' ms, ' + long.length + ' tasks above 50 ms, the longest ' + Math.max(0, ...long).toFixed(0) + ' ms, drawing ' + contacts.spent.toFixed(0) + ' ms in all' }`)
	t.Logf("%d changes in %.1f s: the page's thread is busy %.0f %% of the time; %s", n, wall, 100*share, gaps)
	if share > 0.6 { // processor time: a machine that is shared does not count
		t.Errorf("the page's thread is busy %.0f %% of the time", 100*share)
	}
	// It still answers.
	p.Keyboard.MustType(input.KeyP)
	wait(t, p, "the pause", `() => document.querySelector('.latest [aria-pressed=true]')`)
	w.clean(t)
}

// TestContactsHostileNames: ids, segments and features stay text.
func TestContactsHostileNames(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	evil := []string{`<img src=x onerror=alert(1)>`, `"><script>alert(2)</script>`, "\u202Egnp.exe", `<svg/onload=alert(4)>`, strings.Repeat("wide", 60)}
	k := newStaged(evil...)
	k.sum.Worth, k.sum.WorthDoc = evil[0], evil[1]
	k.drift = study.Drift{Advised: true, Reason: "refit advised: " + evil[3], Columns: []study.ColumnDrift{{Column: evil[0], Word: evil[1]}}}
	k.card = func(id string) (study.Card, bool) {
		st := k.move(id, 0, 1).Standing
		st.Outside, st.Reason = []string{evil[0]}, ""
		v := 1.5
		return study.Card{
			Standing: st, Rival: evil[3], Leads: 1, Needed: 2, Than: evil[0], Note: evil[1],
			Shares:  []study.SegmentShare{{Label: 0, Segment: evil[0], Share: 1}},
			Columns: []study.CardColumn{{Column: evil[3], Unit: evil[0], Doc: evil[1], Value: &v, Lo: &v, Hi: &v, Pull: &v}},
			Latest:  []study.CardEvent{{Time: "2026-03-01T12:00:00Z", Kind: evil[0], Item: evil[1], Category: evil[3], Channel: evil[2], Amount: &v}},
		}, true
	}
	s, base, link := serve(t, "", nil)
	s.Track(k)
	p := b.MustPage()
	w := watch(p, base)
	p.MustSetViewport(360, 740, 1, false)
	p.MustEvalOnNewDocument(`window.alerted = 0; window.alert = () => { window.alerted++ }`)
	p.MustNavigate(link)
	wait(t, p, "the page", `() => window.contacts?.feed.ws?.readyState === 1`)
	for i := range evil {
		s.Tell([]study.Update{k.move(evil[i], i, (i+1)%len(evil)), k.move(evil[i]+fmt.Sprint(i), -1, i)})
	}
	wait(t, p, "the changes", `n => document.querySelectorAll('.stream li').length === n && document.querySelectorAll('.bands path').length > 4`, 2*len(evil))
	for _, id := range evil {
		ask(t, p, `id => { contacts.finder.open(id); contacts.pick(id); return 1 }`, id)
		wait(t, p, "the card", `id => document.querySelector('.card-out h3')?.textContent === id && document.querySelector('.feats') && decodeURIComponent(location.hash).endsWith(id)`, id)
		if n := ask(t, p, `() => window.alerted + document.querySelectorAll('main script, main img, [onerror], [onload]').length`); n != "0" {
			t.Errorf("%s: markup out of the data came alive", id)
		}
	}
	if got, _ := strconv.Atoi(ask(t, p, `() => document.documentElement.scrollWidth`)); got > 360 {
		t.Errorf("long names make the page %d px wide in a window of 360: %s", got, ask(t, p, `() => [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 361 && !e.closest('.scroll, .bands')).map(e => e.tagName + '.' + e.className).slice(0, 9).join()`))
	}
	w.clean(t)
}
