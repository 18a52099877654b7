// Overview: how far the study is, what is best so far, score against k, and the
// leaderboard.

import { h, s, duration, score, pct, plural, title, whole } from './dom.js';
import { text } from './chart.js';
import { now, line } from './theme.js';
import { ScoreK } from './scorek.js';
import { rank, winner } from './rank.js';
import { VerdictPanel } from './verdict.js';
import { Board } from './board.js';

export class Overview {
  constructor(app) {
    this.app = app;
    this.progress = h('section', { class: 'panel progress', 'aria-label': 'Progress' });
    this.said = new VerdictPanel(app);
    this.best = h('section', { class: 'best', 'aria-label': 'Best so far' });
    this.metric = h('select', { id: 'metric', onchange: () => app.go({ metric: this.metric.value }) });
    this.filter = h('input', { id: 'filter', type: 'search', placeholder: 'Filter: kmeans k=5', 'aria-label': 'Filter runs', oninput: () => app.go({ filter: this.filter.value }) });
    this.curve = new ScoreK(app);
    this.board = new Board(app);
    this.rest = h('section', { class: 'rest' });
    this.el = h('div', { class: 'overview' }, this.progress, this.said.el, this.best, this.curve.chart.el,
      h('section', { class: 'boards' },
        h('div', { class: 'board-head' }, h('h2', {}, 'Leaderboard'),
          h('label', {}, 'ranked by ', this.metric), this.filter),
        this.board.el),
      this.rest);
  }

  chosen() { return this.app.metric(); }

  update(due) {
    const st = this.app.study;
    this.showProgress(st);
    if (due.size === 1 && due.has('progress')) return;
    const all = st.metrics(), m = this.chosen();
    if (this.known !== all.join()) {
      this.known = all.join();
      this.metric.replaceChildren(...all.map((x) => h('option', { value: x }, title(x))));
    }
    this.metric.value = m;
    if (document.activeElement !== this.filter) this.filter.value = this.app.url.filter || '';
    this.said.update(st);
    this.judge(st, m);
    this.showBest(st, m);
    this.curve.update(st, m);
    this.board.update(m, this.app.url.filter || '');
    this.showRest(st);
  }

  showProgress(st) {
    this.progress.hidden = st.finished || !st.seq;
    if (this.progress.hidden) { this.progress.replaceChildren(); return; }
    this.progress.classList.toggle('judging', st.judging);
    if (st.judging) { this.progress.replaceChildren(...this.judgement(st)); return; }
    const p = st.progress, r = p && st.byID.get(p.run), done = st.ended, total = st.total;
    const bar = h('div', { class: 'bar', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': total, 'aria-valuenow': done, 'aria-label': `${done} of ${total} runs` }, h('i', { style: { width: (100 * done) / Math.max(total, 1) + '%' } }));
    const what = r && r.status === 'running' ? h('p', { class: 'now' }, h('b', {}, st.title(r)), h('span', { class: 'hush' }, ' on ' + r.start.set),
      h('span', { class: 'hush' }, p.phase === 'score' ? ' · scoring' : p.it ? ' · step ' + whole(p.it) + (p.of ? ' of at most ' + whole(p.of) : '') : '')) : h('p', { class: 'now hush' }, done ? 'Between two runs' : 'Preparing the behaviour of the customers');
    this.progress.replaceChildren(
      h('div', { class: 'count' }, h('strong', {}, whole(done)), h('span', { class: 'hush' }, ` of ${whole(total)} runs`), p?.eta > 0 && h('span', { class: 'hush' }, ' · ' + duration(p.eta) + ' left')),
      h('div', { class: 'going' }, what, bar), this.falling(st));
  }

  // judgement says what of it is done, after the runs.
  judgement(st) {
    const what = st.progress?.phase === 'judge' ? st.progress.what || '' : '', part = /(\d+) of (\d+)/.exec(what), sets = st.sets.length;
    const steps = [['which runs cannot be told apart', st.ties.length > 0], ['natural groups or not', st.structures.length >= sets, st.structures.length ? `${st.structures.length} of ${plural(sets, 'feature set')}` : ''],
      ['what the segments foretell', !!st.holdout, part && !st.holdout ? `${part[1]} of ${part[2]}` : ''], ['whether the segments come back', !!st.verdict]];
    const at = steps.findIndex(([, done]) => !done), share = (at < 0 ? 4 : at + (at === 1 ? st.structures.length / Math.max(sets, 1) : at === 2 && part ? part[1] / part[2] : 0)) / 4;
    return [h('p', { class: 'now' }, h('b', {}, 'Judging: '), what || (at < 0 ? 'the last words' : steps[at][0]), h('span', { class: 'hush' }, ` · all ${plural(st.ended, 'run')} are done`)),
      h('div', { class: 'bar', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': Math.round(100 * share), 'aria-label': 'Judgement' }, h('i', { style: { width: 100 * share + '%' } })),
      h('ol', { class: 'steps' }, steps.map(([name, done, more], i) => h('li', { class: done ? 'done' : i === at ? 'on' : '', 'aria-current': i === at ? 'step' : null }, (done ? '✓ ' : i === at ? '● ' : '○ ') + name, more && h('span', { class: 'hush' }, ' ' + more))))];
  }

  // falling draws the objective of the running fit.
  falling(st) {
    const v = st.trace, w = 180, ht = 44, t = now();
    const g = s('svg', { class: 'trace', viewBox: `0 0 ${w} ${ht}`, width: w, height: ht, role: 'img', 'aria-label': v.length ? `Objective ${score(v.at(-1))}` : 'No objective yet' });
    if (v.length > 1) {
      const lo = Math.min(...v), hi = Math.max(...v), y = (x) => 5 + (ht - 20) * (hi > lo ? (hi - x) / (hi - lo) : 0.5);
      const pts = v.map((x, i) => `${((w - 6) * i) / (v.length - 1) + 2},${y(x).toFixed(1)}`);
      g.append(s('polyline', { points: pts.join(' '), fill: 'none', stroke: line(0), 'stroke-width': 1.8, 'stroke-linejoin': 'round' }), s('circle', { cx: w - 4, cy: y(v.at(-1)), r: 3, fill: line(0) }));
    }
    g.append(text(2, ht - 1, v.length ? 'objective ' + score(v.at(-1)) : '', { 'font-size': 11, fill: t.soft }));
    return g;
  }

  showBest(st, m) {
    const cards = st.sets.map((set) => {
      const w = winner(rank(st, set, m));
      if (!w) return null;
      const x = w.row, same = w.group.rows.filter((y) => y !== x && !y.lopsided && y.lo <= x.hi && x.lo <= y.hi && x.interval && y.interval).length;
      return h('a', { class: 'panel pick', href: this.app.link({ screen: 'map', run: x.run.id }) },
        h('span', { class: 'hush' }, set.name + (st.sets.some((y) => y !== set && y.name === set.name) ? ' · ' + set.scale : '')),
        h('b', {}, x.name),
        h('span', { class: 'big' }, score(x.value), x.interval && h('small', {}, ` ${score(x.lo)} to ${score(x.hi)}`)),
        h('span', { class: 'hush' }, (x.k[0] === x.k[1] ? plural(x.k[0], 'segment') : `${x.k[0]} to ${x.k[1]} segments`) + ' · ' + pct(x.coverage) + ' of customers' + (same ? ` · ${same} more not distinguishable` : '')));
    }).filter(Boolean);
    const sig = JSON.stringify([m, st.finished, this.verdict]) + cards.map((c) => c.textContent + c.href).join();
    if (sig === this.bestSig) return;
    this.bestSig = sig;
    this.best.replaceChildren(...(cards.length ? [h('h2', {}, (st.finished ? 'Best ' : 'Best so far ') + 'by ' + title(m).toLowerCase()), h('div', { class: 'picks' }, cards),
      st.finished && this.verdict?.length ? h('details', { class: 'verdict', open: this.open, ontoggle: (e) => { this.open = e.target.open; } }, h('summary', {}, 'The verdict in words, and what it does not say'), this.verdict.map((t) => h('p', {}, t))) : ''] : []));
    this.best.hidden = !cards.length;
  }

  // judge fetches the verdict on a finished study; study.Verdict words it.
  judge(st, m) {
    const want = st.finished && !st.verdict ? [st.name, st.seq, m].join('\0') : '';
    if (want === this.judged) return;
    this.judged = want;
    this.verdict = null;
    if (want) this.app.arrays.json('/api/verdict', { study: st.name, metric: m }).then((v) => { if (this.judged === want) { this.verdict = v; this.app.changed('verdict'); } }, () => {});
  }

  showRest(st) {
    const d = st.data, strata = (st.start.sets || [])[0]?.strata || [];
    const notes = [...(d.notes || []), ...st.warnings.flatMap((w) => w.warnings || [])];
    const sig = JSON.stringify([strata, notes]);
    if (sig === this.restSig) return;
    this.restSig = sig;
    this.rest.replaceChildren(
      ...(strata.length ? [h('div', { class: 'panel' }, h('h2', {}, 'Who was clustered'),
        h('ul', { class: 'strata' }, strata.map((x) => h('li', {}, h('b', {}, plural(x.customers, 'customer')), ' ', x.name === 'enough' ? 'with enough evidence: clustered' : x.name + ': a segment of its own, not clustered', x.value_share !== undefined && h('span', { class: 'hush' }, ` · ${pct(x.value_share)} of revenue`))))) ] : []),
      ...(notes.length ? [h('div', { class: 'panel' }, h('h2', {}, 'Worth knowing'), h('ul', {}, notes.map((n) => h('li', {}, n))))] : []));
  }

  key(e) { return this.board.key(e); }
}
