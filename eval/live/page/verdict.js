// The verdict: the first screen of a judged study, as eval/verdict words it, with what
// it rests on beside it.

import { h, s, pct, plural } from './dom.js';
import { now, line } from './theme.js';

const CLASS = { natural: 'natural groups', reproducible: 'reproducible groups', constructive: 'constructive groups' };
const WHAT = { buys: 'buys again', purchases: 'purchases', spend: 'spend', days_to_purchase: 'days to purchase', purchase_weekday: 'weekday', purchase_hour: 'hour', feast_share: 'feasts', next_category: 'category', deal_share: 'deals', price_tier: 'price tier', next_channel: 'channel', responds: 'response', returns: 'returns' };
const short = (v) => (typeof v === 'number' ? (Math.abs(v) < 0.005 ? '0' : v.toFixed(2).replace('0.', '.').replace('-', '−')) : '–');

export class VerdictPanel {
  constructor(app) {
    this.app = app;
    this.el = h('section', { class: 'panel judged', 'aria-label': 'The verdict', hidden: true });
  }

  update(st) {
    const v = st.verdict, sig = v ? JSON.stringify(v) + document.documentElement.dataset.theme : '';
    if (sig === this.sig) return;
    this.sig = sig;
    this.el.hidden = !v;
    if (!v) { this.el.replaceChildren(); return; }
    const [use, ...rest] = v.sentences;
    this.el.replaceChildren(...[
      h('div', { class: 'use' }, h('h2', {}, use), v.run && h('span', { class: 'badge ' + v.class }, CLASS[v.class]),
        v.run && h('a', { href: this.app.link({ screen: 'segments', run: v.run }) }, 'see the segments')),
      h('div', { class: 'says' }, rest.map((t) => h('p', {}, t))),
      h('div', { class: 'grounds' }, this.foretells(v), this.comesBack(v)),
      v.notes?.length && h('details', { class: 'notes' }, h('summary', {}, 'How it was decided'), v.notes.map((t) => h('p', {}, t)))].filter(Boolean));
  }

  // foretells: what the segments say of what came next, beside RFM with as many segments.
  foretells(v) {
    const list = v.foretells || [];
    if (!list.length) return null;
    const all = list.flatMap((f) => [f.outside, f.hi, f.rfm, f.ceiling]).filter(Number.isFinite), top = Math.max(0.05, ...all);
    return h('table', { class: 'grounds-table' }, h('caption', {}, 'What they foretell of customers not learned from'),
      h('thead', {}, h('tr', {}, ['after ' + list[0].origin, '', 'these', 'RFM', 'most possible'].map((t) => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, list.map((f) => h('tr', { class: f.against || '' },
        h('th', { scope: 'row', title: f.measure }, WHAT[f.target] || f.target.replaceAll('_', ' ')),
        h('td', { class: 'drawn' }, this.bar(f.outside, f.lo, f.hi, top, [[f.rfm, 'RFM'], [f.ceiling, 'most possible']])),
        h('td', { class: 'n' }, short(f.outside)), h('td', { class: 'n' }, short(f.rfm)), h('td', { class: 'n' }, short(f.ceiling))))));
  }

  // comesBack: each segment's stability, beside random groups of its size.
  comesBack(v) {
    if (!v.segments?.length) return null;
    return h('table', { class: 'grounds-table' }, h('caption', {}, 'Which segments come back in other samples'),
      h('thead', {}, h('tr', {}, ['', '', 'found again', 'by chance', ''].map((t) => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, v.segments.map((x, i) => h('tr', {},
        h('th', { scope: 'row' }, 'Segment ' + (i + 1)),
        h('td', { class: 'drawn' }, this.bar(x.jaccard, null, null, 1, [[x.null, 'random groups of its size']])),
        h('td', { class: 'n' }, pct(x.jaccard)), h('td', { class: 'n' }, pct(x.null)), h('td', {}, x.reading)))));
  }

  // bar draws a value with its interval, and marks beside it.
  bar(value, lo, hi, top, marks) {
    const w = 150, ht = 16, x = (q) => 1 + (w - 2) * Math.min(1, Math.max(0, q / top)), t = now();
    const g = s('svg', { viewBox: `0 0 ${w} ${ht}`, width: w, height: ht, 'aria-hidden': 'true' },
      s('rect', { x: 1, y: 4, width: Math.max(0, x(value) - 1), height: 8, rx: 2, fill: line(0) }));
    if (Number.isFinite(lo) && Number.isFinite(hi)) g.append(s('line', { x1: x(lo), x2: x(hi), y1: 8, y2: 8, stroke: t.ink, 'stroke-width': 1.2 }));
    for (const [q, name] of marks) if (Number.isFinite(q)) g.append(s('line', { x1: x(q), x2: x(q), y1: 1, y2: 15, stroke: t.soft, 'stroke-width': 2 }, s('title', {}, name)));
    return g;
  }
}
