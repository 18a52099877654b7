// Score against the number of segments, a panel a feature set.

import { s, score, pct, title, words } from './dom.js';
import { Chart, sheet, text, ticks, clip, wide } from './chart.js';
import { line } from './theme.js';
import { value, about, better } from './state.js';
import { rank, winner } from './rank.js';

export class ScoreK {
  constructor(app) {
    this.app = app;
    this.chart = new Chart({
      name: 'score-k', title: 'Score against the number of segments', command: () => plot('score-k', app.study),
      alt: () => this.alt(), draw: (t, w) => this.draw(t, w), table: () => this.table(), note: () => this.note(),
    });
  }

  metric() { return this.app.metric(); }

  update(st, m) {
    const has = st.runs.some((r) => r.status === 'done' && Number.isFinite(value(r, m)));
    this.chart.el.hidden = !has;
    if (has) this.chart.render();
    return has;
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
    const st = this.app.study, m = this.metric(), sets = st.sets, algos = this.algorithms();
    const cols = Math.max(1, Math.min(sets.length, 3, Math.floor(width / 270))), pw = (width - (cols - 1) * 22) / cols, ph = 190;
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
      g.append(text(x0, y0 - 10, clip(set.name, pw - 48), { 'font-weight': 600 }));
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
    const m = this.metric(), st = this.app.study;
    return `${title(m)} against the number of segments. ` + st.sets.map((set) => {
      const x = winner(rank(st, set, m))?.row;
      return x ? `${set.name}: best ${x.name}, ${score(x.value)}.` : '';
    }).join(' ');
  }
  note() {
    const m = this.metric();
    const apart = this.app.study.sets.some((set) => [...this.points(set, m).values()].flat().some((p) => p.apart));
    return (about(m) ? about(m) + ' ' : '') + 'Scores are compared within one feature set only.' + (apart ? ' Hollow: leaves out more than 5 points more of the customers than the fullest, so it is not comparable with the rest.' : '');
  }
  table() {
    const m = this.metric(), out = [['feature set', 'run', 'segments', m, 'coverage']];
    for (const set of this.app.study.sets) for (const ps of this.points(set, m).values()) for (const p of ps) out.push([set.name, p.name, String(p.k), score(p.v), pct(p.coverage)]);
    return out;
  }
}

const shortNum = (v) => (Math.abs(v) >= 10000 ? (v / 1000).toFixed(0) + 'k' : String(+v.toPrecision(3)).replace('-', '−'));
const DENSE = 300; // more points than this in a panel hide each other

// plot is the command that draws the same figure for a paper or a slide.
export function plot(kind, study, run) {
  const dir = 'studies/' + study.name;
  return `mores plot ${kind} ${/^[\w./+-]+$/.test(dir) ? dir : "'" + dir.replaceAll("'", "'\\''") + "'"}${run ? ' --run ' + run.id : ''} -o ${kind}.svg`;
}
