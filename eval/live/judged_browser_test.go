package live

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod/lib/input"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/eval/verdict"
	"github.com/mores-lab/mores/internal/browser"
)

var judgedScreens = []string{"foretells", "stability", "choose", "structure"}

// TestJudgedPage watches a study being judged, and reads the first screen as a fresh
// reader does.
func TestJudgedPage(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	m, sh := study.NewMemory(), newShop(600, 8, 4)
	sh.runsOnly(m)
	g := sh.judgement()
	s, base, link := serve(t, "shop", m)
	p := b.MustPage()
	p.MustSetViewport(1280, 900, 1, false)
	w := watch(p, base)
	p.MustNavigate(link)
	events, _ := m.Events(0)
	wait(t, p, "the runs", ready, len(events))
	if got := ask(t, p, `() => [...document.querySelectorAll('#nav a')].filter(a => !a.hidden).length`); got != "5" {
		t.Errorf("%s tabs for a study without a judgement, as before it had 5", got)
	}
	for _, screen := range judgedScreens { // empty, with a reason
		ask(t, p, `s => { mores.go({screen: s}); return 1 }`, screen)
		wait(t, p, screen+" without a judgement", `s => mores.view.screen === s && /judged once the runs are done/.test(document.querySelector('.empty')?.textContent)`, screen)
	}
	ask(t, p, `() => { mores.go({screen: 'overview'}); return 1 }`)

	// While it is judged.
	tell := func(what string) {
		for range 3 {
			s.Progress("shop", study.Progress{Total: len(sh.runs), Phase: "judge", What: what})
			time.Sleep(60 * time.Millisecond)
		}
	}
	tell("which runs cannot be told apart")
	wait(t, p, "the judging", `() => /^Judging: which runs cannot be told apart/.test(document.querySelector('.progress .now')?.textContent) && document.querySelector('.live').textContent.endsWith('judging')`)
	g.ties(m)
	g.structure(m, 0)
	tell("what segments foretell: 30 of 120, kmeans k=2 rfm, cut 2024-10-02")
	wait(t, p, "the steps", `() => document.querySelector('.steps .done')?.textContent.includes('told apart') && document.querySelector('.steps .on').textContent.includes('1 of 3 feature sets')`)
	g.structure(m, 1)
	g.structure(m, 2)
	wait(t, p, "how far it is", `() => document.querySelector('.steps .on')?.textContent.includes('30 of 120')`)
	g.holdout(m)
	g.verdict(m)
	sh.done(m)
	events, _ = m.Events(0)
	wait(t, p, "the verdict", ready, len(events))
	wait(t, p, "the segments' names", `() => document.querySelectorAll('.judged .small tbody .wrap').length === 4 && ![...document.querySelectorAll('.judged .small tbody .wrap')].some(x => /Segment \d/.test(x.textContent))`)

	// The first screen.
	first := ask(t, p, `() => document.querySelector('.judged').innerText`)
	for _, want := range append([]string{"reproducible groups", "p = .31", "hour", "Segment 4", "50 %", "one purchase day", "19 % of revenue", "✗ unstable", "✓ better"}, judgedSentences...) {
		if !strings.Contains(first, want) {
			t.Errorf("the first screen does not say %q:\n%s", want, first)
		}
	}
	if got := ask(t, p, `() => document.querySelector('.judged .answers').getBoundingClientRect().bottom < innerHeight`); got != "true" {
		t.Error("the answers do not stand on the first screen")
	}
	if got := ask(t, p, `() => { mores.go({metric: 'silhouette'}); return document.querySelectorAll('.ranking .star').length + ' ' + document.querySelector('.ranking .star')?.closest('tr').dataset.run }`); got != "1 "+sh.run(g.choice()) {
		t.Errorf("starred rows of the leaderboard: %s, want run %s alone", got, sh.run(g.choice()))
	}
	if got := ask(t, p, `() => [...document.querySelectorAll('.board')].map(x => x.textContent.includes('Stability') && !x.textContent.includes('Resample')).join()`); got != "false,false,true" {
		t.Errorf("boards with a column for stability: %s", got)
	}
	sameRanking(t, p, events)

	// The screens, by keyboard; twins; what is undefined.
	p.Keyboard.MustType(input.KeyG, input.KeyF)
	wait(t, p, "the contests", `() => document.querySelectorAll('.contest figure').length === 3`)
	body := ask(t, p, `() => document.querySelector('#main').textContent`)
	for _, want := range []string{"Spend afterwards", "after 2 October 2024", "undefined: no feast lies in the hold-out", "undefined: a cell has no customers", "chance", "RFM quintiles", "expected value, 4 groups", "★", "~", "undefined: nobody was chosen", "too few customers buy for feasts", ".120"} {
		if !strings.Contains(body, want) {
			t.Errorf("what is foretold lacks %q", want)
		}
	}
	if strings.Contains(body, "RFM k-means, 3 groups") {
		t.Error("a baseline with another number of groups is compared")
	}
	ask(t, p, `() => { const x = document.querySelector('#goal'); x.value = 'when'; x.dispatchEvent(new Event('change')); return 1 }`)
	wait(t, p, "the goal's target first", `() => document.querySelector('.contest figure').id === 'chart-contest-purchase_hour' && location.hash.includes('goal=when')`)
	p.Keyboard.MustType(input.KeyT)
	wait(t, p, "the twins", `() => document.querySelectorAll('.contest figure table').length === 3 && document.querySelector('#chart-blocks table').textContent.includes('– too few customers buy for feasts')`)
	p.Keyboard.MustType(input.KeyT)
	for _, x := range []struct {
		key  input.Key
		want []string
	}{
		{input.KeyB, []string{"★", "0.830", "0.800 to 0.860", "chance 15 %", "✗ unstable", "chance 40 %"}},
		{input.KeyK, []string{"The verdict takes 4", "abstains: the gap statistic was not computed", "a majority", "all abstain", "Score against the number of segments"}},
		{input.KeyT, []string{"No natural groups shown (p = .31)", "Natural groups: no data without groups look like these (p = .01)", "5 of 16", "not looked at: cohort was not beaten", "undefined: a column is constant", "the study has no algorithm"}},
	} {
		p.Keyboard.MustType(input.KeyG, x.key)
		text := settled(t, p)
		for _, want := range x.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", ask(t, p, `() => mores.view.screen`), want)
			}
		}
	}

	// Live and freshly loaded alike, as files, and on a small screen.
	for _, screen := range append([]string{"overview"}, judgedScreens...) {
		ask(t, p, `s => { mores.go({screen: s}); return 1 }`, screen)
		live := settled(t, p)
		p.MustReload()
		wait(t, p, "a reload", ready, len(events))
		if fresh := settled(t, p); fresh != live {
			t.Errorf("%s differs from what was seen live", screen)
		}
		if got := ask(t, p, `() => [...document.querySelectorAll('figure.chart')].every(f => f.hidden || f.chart.spec.table().length > 1 && !new DOMParser().parseFromString(f.chart.exported(), 'image/svg+xml').querySelector('parsererror'))`); got != "true" {
			t.Errorf("%s: a chart is broken as SVG or CSV", screen)
		}
		if got := ask(t, p, `() => [...document.querySelectorAll('main table')].filter(x => !x.caption && !x.closest('.ranking, .board')).length`); got != "0" {
			t.Errorf("%s: %s tables without a caption", screen, got)
		}
		p.MustSetViewport(320, 700, 1, false)
		settled(t, p)
		if got := ask(t, p, `() => document.documentElement.scrollWidth`); got != "320" && got != "305" {
			t.Errorf("%s is %s px wide in a window of 320", screen, got)
		}
		p.MustSetViewport(1280, 900, 1, false)
	}
	w.clean(t)
}

// A judgement with nothing to say gives its reasons.
func TestJudgedWithoutAnswer(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	m, sh := study.NewMemory(), newShop(200, 9, 2)
	sh.runsOnly(m)
	m.Append(study.Event{Event: study.HoldoutEv, Reason: "a table tells nothing of what came afterwards"})
	m.Append(study.Event{Event: study.VerdictEv, Verdict: &verdict.Verdict{Goal: "value", By: "indices", Gates: map[string]int{"fewer than 2 segments": 9}, Sentences: []string{"Use none of these: no segmentation of the 400 customers passes the gates."}, Notes: []string{"9 of 9 settings are not chosen from."}}})
	sh.done(m)
	_, base, link := serve(t, "shop", m)
	p := b.MustPage()
	w := watch(p, base)
	p.MustNavigate(link)
	wait(t, p, "the sentence", `() => document.querySelector('.judged h2')?.textContent.startsWith('Use none of these') && !document.querySelector('.judged .answers, .judged table')`)
	for screen, want := range map[string]string{
		"foretells": "undefined: a table tells nothing of what came afterwards", "stability": "no run was looked at", "choose": "no segmentation was chosen", "structure": "this study was not judged",
	} {
		ask(t, p, `s => { mores.go({screen: s}); return 1 }`, screen)
		if got := settled(t, p); !strings.Contains(got, want) {
			t.Errorf("%s does not say %q", screen, want)
		}
	}
	w.clean(t)
}

// The page speaks of targets and goals as the verdict does.
func TestPageSpeaksAsTheVerdict(t *testing.T) {
	js := string(files["say.js"].data)
	for _, x := range eval.Targets() {
		if !regexp.MustCompile(x.Name + `: \['[^']+', '` + regexp.QuoteMeta(verdict.Spoken(x.Name)) + `'\]`).MatchString(js) {
			t.Errorf("say.js does not call %s %q", x.Name, verdict.Spoken(x.Name))
		}
	}
	for _, goal := range verdict.Goals() {
		if !strings.Contains(js, fmt.Sprintf(" %s: '", goal)) {
			t.Errorf("say.js has no word for the goal %s", goal)
		}
	}
	for _, c := range []verdict.Class{verdict.Natural, verdict.Reproducible, verdict.Constructive} {
		if strings.Count(js, string(c)+":") != 2 {
			t.Errorf("say.js does not say what %s groups are", c)
		}
	}
}
