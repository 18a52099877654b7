// Stability: whether the segments of the runs that were looked at come back when the
// customers are drawn again and everything is learned anew.

import { h, s, pct, score, plural, put } from './dom.js';
import { Chart, sheet, text, clip } from './chart.js';
import { segment, outline } from './theme.js';
import { waiting } from './say.js';

const MEASURES = [['stability', 'Segments found again', 'mean Jaccard of the segments over halves of the customers; 1 = all of it'],
  ['value_stability', 'Weighted by revenue', 'the same, customers counted by what they spend'],
  ['resample_ari', 'Other customers', 'adjusted Rand index of two resamples, on the customers they share; 0 = chance, 1 = the same partition'],
  ['seed_ari', 'Other seeds', 'adjusted Rand index of two seeds; 1 = the start plays no part'],
  ['prediction_strength', 'Prediction strength', 'share of pairs that stay together when another half says who belongs together, in the weakest segment; .8 and more: as many segments'],
  ['temporal_stability', 'A while earlier', 'mean Jaccard with the segments that the same customers had before']];
const STABLE = 0.75;
const SHADE = { stable: '✓ stable', doubtful: '~ doubtful', unstable: '✗ unstable' };

export class StabilityView {
  constructor(app) {
    this.app = app;
    this.charts = new Map();
    this.names = new Map();
    this.empty = h('p', { class: 'hush empty', hidden: true });
    this.head = h('div', { class: 'lead' }, h('h2', {}, 'Do the segments come back?'), h('p', {}, 'Halves of the customers are drawn again and again, and features, scales and segments learned anew on each. A segment is stable where three quarters of what chance does not explain are found again; random groups of the same size say what chance explains.'));
    this.all = h('div', { class: 'panel scroll', tabindex: 0, role: 'region', 'aria-label': 'Runs that were looked at' });
    this.key = h('p', { class: 'hush key' }, MEASURES.map(([, t, doc]) => `${t}: ${doc}`).join('. ') + '.');
    this.list = h('div', { class: 'contests' });
    this.el = h('div', { class: 'judgement' }, this.empty, this.head, this.all, this.key, this.list);
  }

  // looked lists the runs with a figure, the verdict's first.
  looked() {
    const st = this.app.study, v = st.verdict;
    return st.runs.filter((r) => r.status === 'done' && (r.id === v?.run && v.segments?.length || ['stability', 'resample_ari', 'prediction_strength'].some((m) => r.scores[m]))).sort((a, b) => (b.id === v?.run) - (a.id === v?.run));
  }

  update(due) {
    if (![...due].some((d) => d !== 'progress' && d !== 'conn')) return;
    const st = this.app.study, runs = this.looked();
    this.empty.hidden = !!runs.length;
    this.head.hidden = this.all.hidden = this.list.hidden = !runs.length;
    this.empty.textContent = runs.length ? '' : st.verdict ? 'Stability is undefined: no run was looked at.' : waiting(st, 'Whether the segments come back');
    put(this.all, this.measures(runs));
    this.key.hidden = !runs.length;
    for (const r of runs) {
      this.ask(r);
      if (!this.charts.has(r.id)) this.charts.set(r.id, new Chart({
        name: 'stability-' + r.id, title: `${r.id === st.verdict?.run ? '★ ' : ''}${st.title(r)} on ${r.start.set}`, file: () => 'Stability of ' + st.title(r), alt: () => this.alt(r.id), draw: (t, w) => this.draw(r.id, t, w), table: () => this.table(r.id), note: () => this.note(r.id),
      }));
    }
    this.list.replaceChildren(...runs.map((r) => this.charts.get(r.id).el));
    for (const r of runs) this.charts.get(r.id).render();
  }

  ask(r) {
    const key = this.app.study.name + '\0' + r.id;
    if (this.names.has(key)) return;
    this.names.set(key, null);
    this.app.arrays.cards(this.app.study.name, r.id).then((names) => { this.names.set(key, names); this.app.changed('names'); }, () => {});
  }
  name(id, i) { return this.names.get(this.app.study.name + '\0' + id)?.[i] || 'Segment ' + (i + 1); }

  measures(runs) {
    const st = this.app.study, figure = (e) => (typeof e?.value === 'number' ? [h('b', {}, score(e.value)), h('span', { class: 'hush' }, typeof e.lo === 'number' ? ` ${score(e.lo)} to ${score(e.hi)}` : '')]
      : h('span', { class: 'undef', tabindex: 0, 'data-tip': e?.reason || 'not computed', 'aria-label': 'undefined: ' + (e?.reason || 'not computed') }, '–'));
    return h('table', { class: 'plain' }, h('caption', {}, h('b', {}, 'The runs that were looked at'), ', with 95 % intervals. Others were not: to cluster again is the dearest part of a study.'),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'run'), MEASURES.map(([, t, doc]) => h('th', { scope: 'col', class: 'n', title: doc }, t)))),
      h('tbody', {}, runs.map((r) => h('tr', {},
        h('th', { scope: 'row' }, r.id === st.verdict?.run && h('span', { class: 'star', title: "the verdict's choice" }, '★ '), h('a', { href: this.app.link({ screen: 'segments', run: r.id, seg: '' }) }, st.title(r)), h('span', { class: 'hush' }, ' ' + r.start.set)),
        MEASURES.map(([m]) => h('td', { class: 'n' }, figure(r.scores[m])))))));
  }

  // segments: {jaccard, null, reading}; an older journal keeps the coefficient alone of
  // runs other than the choice.
  segments(id) {
    const { verdict: v, byID } = this.app.study, e = byID.get(id).scores.stability || {};
    return e.segments || id === v?.run && v.segments || (e.per_segment || []).map((j) => ({ jaccard: j }));
  }

  draw(id, theme, width) {
    const rows = this.segments(id), narrow = width < 560, left = narrow ? 106 : 270, right = narrow ? 62 : 214, rh = 30, top = 8, H = top + Math.max(1, rows.length) * rh + 34, g = sheet(width, H, theme, this.alt(id)), w = width - left - right, X = (q) => left + w * q;
    if (!rows.length) { g.append(text(0, top + 20, 'undefined: ' + this.why(id), { fill: theme.soft })); return g; }
    const foot = top + rows.length * rh;
    for (const q of [0, 0.25, 0.5, 0.75, 1]) g.append(s('line', { x1: X(q), x2: X(q), y1: top, y2: foot, stroke: theme.faint }), text(X(q), foot + 15, pct(q), { 'text-anchor': 'middle', 'font-size': 11, fill: theme.soft }));
    g.append(text(X(1), foot + 30, 'of the segment found again', { 'text-anchor': 'end', 'font-size': 11, fill: theme.soft }));
    rows.forEach((x, i) => {
      const y = top + i * rh + rh / 2, known = Number.isFinite(x.jaccard), e = s('g', {}, s('title', {}, this.says(id, x, i)));
      e.append(s('circle', { cx: 8, cy: y, r: 5.5, fill: segment(i, theme), stroke: outline(i, theme) }), text(20, y + 4, narrow ? 'Segment ' + (i + 1) : `${i + 1}  ` + clip(this.name(id, i), left - 74), { 'font-weight': 600 }));
      if (!known) e.append(text(X(0) + 6, y + 4, '– never drawn', { fill: theme.soft }));
      else {
        e.append(s('rect', { x: X(0), y: y - 7, width: Math.max(1, w * x.jaccard), height: 14, rx: 2, fill: segment(i, theme), stroke: outline(i, theme), 'stroke-width': 0.8 }));
        if (Number.isFinite(x.null)) {
          const need = x.null + STABLE * (1 - x.null);
          e.append(s('line', { x1: X(x.null), x2: X(x.null), y1: y - 11, y2: y + 11, stroke: theme.ink, 'stroke-width': 2 }), s('line', { x1: X(need), x2: X(need), y1: y - 11, y2: y + 11, stroke: theme.ink, 'stroke-width': 1.4, 'stroke-dasharray': '3 2' }));
        }
        e.append(text(width - right + 12, y + 4, pct(x.jaccard), { 'font-weight': 600, class: 'tn' }));
        if (!narrow) e.append(text(width - right + 56, y + 4, Number.isFinite(x.null) ? `chance ${pct(x.null)}` : '', { fill: theme.soft, 'font-size': 11 }), text(width, y + 4, SHADE[x.reading] || '', { 'text-anchor': 'end', fill: x.reading === 'stable' ? theme.ink : theme.accent }));
      }
      g.append(e);
    });
    return g;
  }

  why(id) { return this.app.study.byID.get(id).scores.stability?.reason || 'not computed'; }
  says(id, x, i) { return `${this.name(id, i)}: ` + (Number.isFinite(x.jaccard) ? `${pct(x.jaccard)} found again` + (Number.isFinite(x.null) ? `, random groups of its size ${pct(x.null)}: ${x.reading}` : '') : 'undefined, none of its customers was drawn'); }
  alt(id) { const rows = this.segments(id); return rows.length ? `${plural(rows.length, 'segment')}. ` + rows.map((x, i) => this.says(id, x, i)).join('. ') + '.' : 'Undefined: ' + this.why(id); }
  note(id) {
    return this.segments(id).some((x) => Number.isFinite(x.null)) ? 'Solid line: what random groups of that size reach. Dashed line: stable from here on.' : '';
  }
  table(id) {
    return [['segment', 'name', 'found again', 'by chance', 'reading'], ...this.segments(id).map((x, i) => [String(i + 1), this.name(id, i), pct(x.jaccard), Number.isFinite(x.null) ? pct(x.null) : '–', x.reading || '–'])];
  }
}
