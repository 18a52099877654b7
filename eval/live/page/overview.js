// Overview: how far the study is, what is best so far, score against k, and the
// leaderboard.

import { h, s, duration, score, pct, plural, title, whole, words } from './dom.js';
import { Chart, sheet, text, ticks, wide } from './chart.js';
import { now, line } from './theme.js';
import { value, about, better } from './state.js';
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
    this.curve = new Chart({
      name: 'score-k', title: 'Score against the number of segments', command: () => plot('score-k', app.study),
      alt: () => this.alt(), draw: (t, w) => this.draw(t, w), table: () => this.table(), note: () => this.note(),
    });
    this.board = new Board(app);
    this.rest = h('section', { class: 'rest' });
    this.el = h('div', { class: 'overview' }, this.progress, this.said.el, this.best, this.curve.el,
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
    const has = st.runs.some((r) => r.status === 'done' && Number.isFinite(value(r, m)));
    this.curve.el.hidden = !has;
    if (has) this.curve.render();
    this.board.update(m, this.app.url.filter || '');
    this.showRest(st);
  }

  showProgress(st) {
    this.progress.hidden = st.finished || !st.seq;
    if (this.progress.hidden) { this.progress.replaceChildren(); return; }
    const p = st.progress, r = p && st.byID.get(p.run), done = st.ended, total = st.total;
    const bar = h('div', { class: 'bar', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': total, 'aria-valuenow': done, 'aria-label': `${done} of ${total} runs` }, h('i', { style: { width: (100 * done) / Math.max(total, 1) + '%' } }));
    const what = r && r.status === 'running' ? h('p', { class: 'now' }, h('b', {}, st.title(r)), h('span', { class: 'hush' }, ' on ' + r.start.set),
      h('span', { class: 'hush' }, p.phase === 'score' ? ' · scoring' : p.it ? ' · step ' + whole(p.it) + (p.of ? ' of at most ' + whole(p.of) : '') : '')) : h('p', { class: 'now hush' }, p?.phase === 'judge' ? 'Judging: ' + (p.what || '') : done ? 'Between two runs' : 'Preparing the behaviour of the customers');
    this.progress.replaceChildren(
      h('div', { class: 'count' }, h('strong', {}, whole(done)), h('span', { class: 'hush' }, ` of ${whole(total)} runs`), p?.eta > 0 && h('span', { class: 'hush' }, ' · ' + duration(p.eta) + ' left')),
      h('div', { class: 'going' }, what, bar), this.falling(st));
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

  // One panel a feature set: runs are compared within one only.
  points(set, m) {
    const by = new Map(), seen = new Set(), { groups } = rank(this.app.study, set, m), dense = groups.reduce((n, g) => n + g.rows.length, 0) > DENSE;
    groups.forEach((g, i) => {
      for (const x of g.rows) {
        const a = x.run.start.algorithm;
        if (!by.has(a)) by.set(a, []);
        if (dense && seen.has(a + x.run.done.n_clusters)) continue; // the best at each k
        seen.add(a + x.run.done.n_clusters);
        by.get(a).push({ k: x.run.done.n_clusters, v: x.value, r: x.run, name: x.name, apart: i > 0, coverage: x.coverage });
      }
    });
    return by;
  }
  algorithms() {
    return [...new Set(this.app.study.runs.map((r) => r.start.algorithm))];
  }

  draw(theme, width) {
    const st = this.app.study, m = this.chosen(), sets = st.sets, algos = this.algorithms();
    const cols = width < 560 ? 1 : Math.min(sets.length, 3), pw = (width - (cols - 1) * 22) / cols, ph = 190;
    const rows = Math.ceil(sets.length / cols);
    const g = sheet(width, rows * (ph + 42) + 26, theme, this.alt());
    let lx = 0;
    algos.forEach((a, i) => {
      if (!sets.some((set) => this.points(set, m).has(a))) return;
      g.append(this.mark(lx + 6, 9, i, theme), text(lx + 16, 13, words(a), { fill: theme.soft }));
      lx += 32 + wide(words(a));
    });
    const every = sets.flatMap((set) => [...this.points(set, m).values()].flat());
    const ks = every.map((p) => p.k), k0 = Math.min(...ks), k1 = Math.max(...ks, k0 + 1);
    sets.forEach((set, j) => {
      const x0 = (j % cols) * (pw + 22) + 44, y0 = Math.floor(j / cols) * (ph + 42) + 46, w = pw - 52, ht = ph - 34;
      const by = this.points(set, m), vs = [...by.values()].flat().map((p) => p.v);
      g.append(text(x0, y0 - 10, set.name, { 'font-weight': 600 }));
      if (!vs.length) { g.append(text(x0, y0 + 20, 'no finished run with this score', { fill: theme.soft })); return; }
      const lo = Math.min(...vs), hi = Math.max(...vs), pad = (hi - lo || Math.abs(hi) || 1) * 0.08;
      const X = (k) => x0 + (w * (k - k0)) / (k1 - k0), Y = (v) => y0 + ht * (1 - (v - lo + pad) / (hi - lo + 2 * pad));
      for (const v of ticks(lo - pad, hi + pad, 4)) g.append(s('line', { x1: x0, x2: x0 + w, y1: Y(v), y2: Y(v), stroke: theme.faint }), text(x0 - 6, Y(v) + 4, shortNum(v), { 'text-anchor': 'end', fill: theme.soft, 'font-size': 11 }));
      for (const k of ticks(k0, k1, 6).filter(Number.isInteger)) g.append(text(X(k), y0 + ht + 16, k, { 'text-anchor': 'middle', fill: theme.soft, 'font-size': 11 }));
      if (Math.floor(j / cols) === rows - 1) g.append(text(x0 + w, y0 + ht + 31, 'segments', { 'text-anchor': 'end', fill: theme.soft, 'font-size': 11 }));
      for (const [a, ps] of by) {
        const i = algos.indexOf(a);
        ps.sort((p, q) => p.k - q.k || (better(m) || 1) * (q.v - p.v)); // the line follows the best at each k
        const seen = new Set(), path = ps.filter((p) => !p.apart && !seen.has(p.k) && seen.add(p.k)).map((p) => `${X(p.k).toFixed(1)},${Y(p.v).toFixed(1)}`);
        g.append(s('polyline', { points: path.join(' '), fill: 'none', stroke: line(i, theme), 'stroke-width': 1.6, opacity: 0.75 }));
        for (const p of ps) {
          const c = this.mark(X(p.k), Y(p.v), i, theme, p.apart);
          c.append(s('title', {}, `${p.name}: ${score(p.v)}${p.apart ? `, covers ${pct(p.coverage)} only` : ''}`));
          c.setAttribute('class', 'dot');
          c.addEventListener('click', () => this.app.go({ screen: 'map', run: p.r.id }));
          g.append(c);
        }
      }
    });
    return g;
  }

  // mark is an algorithm's symbol: colour and shape.
  mark(x, y, i, theme, apart) {
    const c = line(i, theme), p = apart ? { fill: theme.bg, stroke: c, 'stroke-width': 1.4 } : { fill: c, stroke: theme.bg, 'stroke-width': 1 };
    switch (i % 4) {
      case 1: return s('rect', { x: x - 3.6, y: y - 3.6, width: 7.2, height: 7.2, ...p });
      case 2: return s('path', { d: `M${x} ${y - 4.8}L${x + 4.6} ${y + 3.4}H${x - 4.6}Z`, ...p });
      case 3: return s('path', { d: `M${x} ${y - 5}L${x + 5} ${y}L${x} ${y + 5}L${x - 5} ${y}Z`, ...p });
    }
    return s('circle', { cx: x, cy: y, r: 4.2, ...p });
  }

  alt() {
    const m = this.chosen(), st = this.app.study;
    return `${title(m)} against the number of segments. ` + st.sets.map((set) => {
      const x = winner(rank(st, set, m))?.row;
      return x ? `${set.name}: best ${x.name}, ${score(x.value)}.` : '';
    }).join(' ');
  }
  note() {
    const m = this.chosen();
    const apart = this.app.study.sets.some((set) => [...this.points(set, m).values()].flat().some((p) => p.apart));
    return (about(m) ? about(m) + ' ' : '') + 'Scores are compared within one feature set only.' + (apart ? ' Hollow: leaves out more than 5 points more of the customers than the fullest, so it is not comparable with the rest.' : '');
  }
  table() {
    const m = this.chosen(), out = [['feature set', 'run', 'segments', m, 'coverage']];
    for (const set of this.app.study.sets) for (const ps of this.points(set, m).values()) for (const p of ps) out.push([set.name, p.name, String(p.k), score(p.v), pct(p.coverage)]);
    return out;
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

const shortNum = (v) => (Math.abs(v) >= 10000 ? (v / 1000).toFixed(0) + 'k' : String(+v.toPrecision(3)).replace('-', '−'));
const DENSE = 300; // more points than this in a panel hide each other

// plot is the command that draws the same figure for a paper or a slide.
export function plot(kind, study, run) {
  const dir = 'studies/' + study.name;
  return `mores plot ${kind} ${/^[\w./+-]+$/.test(dir) ? dir : "'" + dir.replaceAll("'", "'\\''") + "'"}${run ? ' --run ' + run.id : ''} -o ${kind}.svg`;
}
