package live

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/input"
	"github.com/go-rod/rod/lib/proto"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/browser"
)

const ready = `n => document.documentElement?.dataset.ready >= n`

// wait evaluates js until it is true, and says what it waited for if it is not.
func wait(t *testing.T, p *rod.Page, what, js string, args ...any) {
	t.Helper()
	if err := p.Timeout(30 * time.Second).Wait(rod.Eval("(...a) => !!(("+js+")(...a))", args...)); err != nil {
		body, _ := p.Eval(`() => location.hash + " " + document.body.innerText.slice(0, 900)`)
		t.Fatalf("%s: %v\nthe page says: %v", what, err, body.Value)
	}
}

func ask(t *testing.T, p *rod.Page, js string, args ...any) string {
	t.Helper()
	r, err := p.Eval(js, args...)
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return r.Value.String()
}

// dom is the page as it stands, without what may differ between two looks.
const dom = `() => {
	const c = document.body.cloneNode(true);
	for (const x of c.querySelectorAll('#status, .toast, script')) x.remove();
	return c.innerHTML + [...document.querySelectorAll('canvas')].map(x => x.toDataURL()).join() + [...document.querySelectorAll('select')].map(x => x.value).join();
}`

// TestPage watches a study live in a real browser, from before its first run.
func TestPage(t *testing.T) {
	b := browser.Open(t)
	m, sh := study.NewMemory(), newShop(2000, 4, 4)
	s, base, link := serve(t, "shop", m)
	p := b.MustPage()
	p.MustSetViewport(1280, 900, 1, false)
	w := watch(p, base)
	p.MustNavigate(link)
	wait(t, p, "waiting for the first run", `() => document.querySelector('.live')?.textContent.includes('waiting')`)
	if got := ask(t, p, `() => location.href`); strings.Contains(got, "token") {
		t.Errorf("the token stays in the address: %s", got)
	}

	// Rows appear as they come; the objective falls.
	sh.start(m)
	sh.begin(m, 0)
	for i := range 6 {
		s.Progress("shop", study.Progress{Run: sh.run(0), Cell: 1, Total: len(sh.runs), Phase: "fit", Iter: i + 1, Of: 300, Objective: 100 / float64(i+1), ETA: 65})
		time.Sleep(120 * time.Millisecond)
	}
	wait(t, p, "the falling objective", `() => document.querySelector('.trace polyline') && document.querySelector('.live').textContent.includes('1 min 5 s left')`)
	wait(t, p, "a running row", `() => document.querySelectorAll('.ranking tr.running').length === 1`)
	if ask(t, p, `() => document.querySelector('.badge').hidden`) != "false" {
		t.Error("simulated data carry no badge")
	}
	half := len(sh.runs) / 2
	for i := range half {
		if i > 0 {
			sh.begin(m, i)
		}
		sh.end(m, i)
	}
	events, _ := m.Events(0)
	wait(t, p, "the first runs", ready, len(events))
	if got := ask(t, p, `() => document.querySelectorAll('.ranking tr.done').length`); got == "0" {
		t.Error("no row for a finished run")
	}

	// Cut off, and back with nothing lost.
	ask(t, p, `() => { const on = mores.socket.on, f = on.state; window.told = []; on.state = (text, kind) => { told.push(text); f(text, kind) }; mores.socket.ws.close(); return 1 }`)
	wait(t, p, "the cut and the resumption", `() => told[0] === 'reconnecting…' && /^resumed at #\d+$/.test(told.at(-1)) && document.querySelector('.conn').textContent === told.at(-1)`)
	for i := half; i < len(sh.runs)-1; i++ {
		sh.begin(m, i)
		sh.end(m, i)
	}
	events, _ = m.Events(0)
	wait(t, p, "more runs after the cut", ready, len(events))

	// The map of a run, by the keyboard.
	p.KeyActions().Press(input.KeyJ).Type(input.KeyJ, input.Enter).MustDo()
	wait(t, p, "the map", `() => location.hash.startsWith('#/map') && document.querySelectorAll('.legend li').length > 0 && document.querySelector('.stage canvas').width > 300`)
	const painted = `() => { const c = document.querySelector('.stage canvas'), d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer); let n = 0; for (const x of d) n += x !== d[0]; return n }`
	wait(t, p, "points on the map", `() => (`+painted+`)() > 5000`)
	// Every painted pixel lies where a point is: the canvas shows the data, at any
	// pixel ratio.
	hovered := ask(t, p, `() => { const v = mores.view, at = v.data.set.at; let ok = 0; for (let i = 0; i < 200; i++) { const k = v.scatter.nearest(v.scatter.X(at[2*i]), v.scatter.Y(at[2*i+1]), 3); ok += k >= 0 && Math.hypot(at[2*k] - at[2*i], at[2*k+1] - at[2*i+1]) * v.scatter.scale < 3 } return ok }`)
	if hovered != "200" {
		t.Errorf("%s of 200 points are found where they are drawn", hovered)
	}

	// One selection in all views.
	p.Keyboard.MustType(input.BracketRight)
	wait(t, p, "a selected segment", `() => document.querySelector('.legend [aria-pressed=true]') && document.querySelector('.selection').textContent.includes('of 2,000') && location.hash.includes('seg=0')`)
	p.Keyboard.MustType(input.KeyG, input.KeyC)
	wait(t, p, "the cards, one picked", `() => document.querySelectorAll('.card').length > 1 && document.querySelectorAll('.card.picked').length === 1 && document.querySelector('.behaviours li')`)
	p.Keyboard.MustType(input.KeyG, input.KeyS)
	wait(t, p, "silhouette bands", `() => document.querySelectorAll('#chart-silhouette g.act').length > 1`)
	p.Keyboard.MustType(input.KeyG, input.KeyP)
	wait(t, p, "the profile and a distribution", `() => document.querySelectorAll('#chart-profile g.act').length > 8 && document.querySelector('#chart-distribution path')`)
	p.Keyboard.MustType(input.KeyT)
	wait(t, p, "the table twin", `() => document.querySelectorAll('#chart-profile table tbody tr').length === mores.view.data.set.columns.length`)
	p.Keyboard.MustType(input.KeyT, input.Escape)
	wait(t, p, "letting go", `() => !mores.selection.mask`)

	// A lasso, drawn by hand.
	p.Keyboard.MustType(input.KeyG, input.KeyM)
	wait(t, p, "the map again", `() => document.querySelector('.stage canvas')?.width > 300 && mores.view.scatter.at`)
	p.MustElementR(".seg button", "Lasso").MustClick()
	p.MustEval(`() => document.querySelector('.stage').scrollIntoView()`)
	box := p.MustElement(".stage").MustShape().Box()
	for i, q := range [][2]float64{{.2, .2}, {.8, .2}, {.8, .8}, {.2, .8}, {.2, .25}} {
		p.Mouse.MustMoveTo(box.X+q[0]*box.Width, box.Y+q[1]*box.Height)
		if i == 0 {
			p.Mouse.MustDown(proto.InputMouseButtonLeft)
		}
	}
	p.Mouse.MustUp(proto.InputMouseButtonLeft)
	wait(t, p, "a lasso selection", `() => mores.selection.count > 100 && mores.selection.count < 2000`)
	inside := ask(t, p, `() => { const v = mores.view, s = v.scatter, at = v.data.set.at; let bad = 0; for (let i = 0; i < at.length / 2; i++) { const x = s.X(at[2*i]) / s.w, y = s.Y(at[2*i+1]) / s.h, deep = x > .22 && x < .78 && y > .27 && y < .78, out = x < .18 || x > .82 || y < .18 || y > .82; bad += deep && !mores.selection.mask[i] || out && mores.selection.mask[i] } return bad }`)
	if inside != "0" {
		t.Errorf("the lasso got %s customers wrong", inside)
	}
	p.Keyboard.MustType(input.Escape)

	// Dark, and every chart as a file.
	was := ask(t, p, `() => getComputedStyle(document.documentElement).backgroundColor`)
	p.Keyboard.MustType(input.KeyD)
	wait(t, p, "dark", `was => getComputedStyle(document.documentElement).backgroundColor !== was`, was)
	p.Keyboard.MustType(input.KeyD)
	for _, screen := range []string{"overview", "map", "silhouette", "profile", "segments"} {
		ask(t, p, `s => { mores.go({screen: s}); return 1 }`, screen)
		wait(t, p, "a chart on "+screen, `s => mores.view.screen === s && [...document.querySelectorAll('figure.chart')].some(x => x.offsetHeight > 100)`, screen)
		got := ask(t, p, `async () => { const out = []; for (const f of document.querySelectorAll('figure.chart')) { if (f.hidden) continue; const x = new DOMParser().parseFromString(f.chart.exported(), 'image/svg+xml'); out.push(x.querySelector('parsererror') ? 'broken' : (await f.chart.png(1)).size > 3000 && f.chart.spec.table().length > 1 ? 'ok' : 'empty') } return out.join() }`)
		if strings.Trim(got, "ok,") != "" || got == "" {
			t.Errorf("charts of %s as SVG, PNG and CSV: %s", screen, got)
		}
	}

	// The ranking is eval/study's, run by run.
	sh.begin(m, len(sh.runs)-1)
	sh.end(m, len(sh.runs)-1)
	sh.done(m)
	events, _ = m.Events(0)
	wait(t, p, "the end", ready, len(events))
	sameRanking(t, p, events)

	// A finished study looks as it looked live: every screen, watched to the end
	// and freshly loaded.
	for _, screen := range []string{"overview", "map", "silhouette", "profile", "segments"} {
		ask(t, p, `s => { mores.go({screen: s}); return 1 }`, screen)
		live := settled(t, p)
		p.MustReload()
		wait(t, p, "a reload", ready, len(events))
		if fresh := settled(t, p); fresh != live {
			i := 0
			for i < min(len(live), len(fresh)) && live[i] == fresh[i] {
				i++
			}
			t.Errorf("%s differs from what was seen live, at %d of %d:\n live %.300s\nfresh %.300s", screen, i, len(live), live[max(0, i-60):], fresh[max(0, i-60):])
		}
	}
	// Another study, by the switcher, and back by the history.
	other := study.NewMemory()
	newShop(300, 5, 1).all(other)
	s.Add("other", other)
	wait(t, p, "the switcher", `() => !document.querySelector('.studies').hidden && document.querySelector('.studies').options.length === 2`)
	ask(t, p, `() => { mores.go({screen: 'overview'}); const x = document.querySelector('.studies'); x.value = 'other'; x.dispatchEvent(new Event('change')); return 1 }`)
	wait(t, p, "the other study", `() => document.querySelector('.facts').textContent.includes('600 customers') && document.querySelectorAll('.ranking tr.done').length > 3 && location.hash.includes('study=other')`)
	p.MustNavigateBack()
	wait(t, p, "the first study", `() => mores.study.name === 'shop' && mores.study.finished`)

	// Nothing moves for those who asked for stillness; nothing is cut off at 320 px.
	p.MustEvaluate(rod.Eval(`() => 1`))
	proto.EmulationSetEmulatedMedia{Features: []*proto.EmulationMediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}.Call(p)
	if n := ask(t, p, `() => document.getAnimations().filter(a => a.playState === 'running').length`); n != "0" {
		t.Errorf("%s animations run under reduced motion", n)
	}
	p.MustSetViewport(320, 700, 1, false)
	for _, screen := range []string{"overview", "map", "silhouette", "profile", "segments"} {
		ask(t, p, `s => { mores.go({screen: s}); return 1 }`, screen)
		settled(t, p)
		if got := ask(t, p, `() => document.documentElement.scrollWidth`); got != "320" && got != "305" {
			t.Errorf("%s is %s px wide in a window of 320", screen, got)
		}
	}
	w.clean(t)
}

// settled waits until the page stops changing and returns it.
func settled(t *testing.T, p *rod.Page) string {
	t.Helper()
	last := ""
	for range 60 {
		time.Sleep(150 * time.Millisecond)
		now := ask(t, p, dom)
		if now == last && !strings.Contains(now, "Opening the study") && !strings.Contains(now, "resumed at") {
			return now
		}
		last = now
	}
	t.Fatal("the page does not come to rest")
	return ""
}

// sameRanking compares the page's boards with study.Rank's.
func sameRanking(t *testing.T, p *rod.Page, events []study.Event) {
	t.Helper()
	var st study.State
	st.Fold(events...)
	for _, metric := range []string{"silhouette", "davies_bouldin"} {
		var got [][]string
		js := ask(t, p, `async m => { const { rank } = await import('/page/rank.js'); return JSON.stringify(mores.study.sets.map(s => rank(mores.study, s, m).groups.flatMap((g, i) => g.rows.map(x => [i, x.rank, x.same ? '~' : '', x.front ? '•' : '', x.lopsided, x.run.id, x.name].join(' '))))) }`, metric)
		if err := json.Unmarshal([]byte(js), &got); err != nil {
			t.Fatal(err)
		}
		boards, err := study.Leaderboards(&st, metric)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range boards {
			var want []string
			for j, g := range b.Groups {
				for _, e := range g.Entries {
					want = append(want, fmt.Sprint(j, " ", e.Rank, " ", map[bool]string{true: "~"}[e.Tie], " ", map[bool]string{true: "•"}[e.Front.Front], " ", e.Lopsided, " ", e.Run.ID, " ", e.Name))
				}
			}
			if strings.Join(got[i], "\n") != strings.Join(want, "\n") || len(want) == 0 {
				t.Errorf("%s by %s is ranked\n%s\nnot as study.Rank does:\n%s", b.Set, metric, strings.Join(got[i], "\n"), strings.Join(want, "\n"))
			}
		}
	}
	boards, _ := study.Leaderboards(&st, "silhouette")
	if got := ask(t, p, `async () => (await import('/page/rank.js')).shown(mores.study, 'silhouette').run.id`); got != study.Shown(&st, boards).Run.ID {
		t.Errorf("the page shows run %s first, study.Shown %s", got, study.Shown(&st, boards).Run.ID)
	}
}
