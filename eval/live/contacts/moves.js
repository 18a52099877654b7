// Who went where since the page was opened: bands from the segments before to those
// after, and the same as a table.

import { h, s, put, whole, plural } from '/page/dom.js';
import { segment, line } from '/page/theme.js';
import { name } from './bits.js';
import { clock } from './say.js';

const NODE = 9, GAP = 9, ROW = 26, LEAST = 1.5;

export class Moves {
  constructor(model) {
    this.model = model;
    this.plot = h('div', { class: 'bands' });
    this.note = h('p', { class: 'hush fine' });
    this.table = h('table', { class: 'plain' });
    this.twin = h('details', { class: 'twin', ontoggle: () => this.tell() }, h('summary', {}, 'As a table'), h('div', { class: 'scroll' }, this.table));
    this.el = h('section', { class: 'panel', 'aria-labelledby': 'h-moves' },
      h('div', { class: 'head' }, h('h2', { id: 'h-moves' }, 'Moves')), this.plot, this.note, this.twin);
  }

  draw(one) {
    const { model } = this, all = [...model.moves.values()].sort((a, b) => b.n - a.n);
    const since = clock(model.at);
    const holes = model.holes.length ? ' ' + model.holes.at(-1) : '';
    this.twin.hidden = !all.length;
    if (!all.length) {
      put(this.plot, h('p', { class: 'hush empty-small' }, `Nobody has changed segment since this page was opened at ${since}.`));
      this.note.textContent = holes.trim();
      this.note.hidden = !holes;
      return;
    }
    this.note.hidden = false;
    this.note.textContent = `${plural(model.moved, 'change')} since ${since}. ${one ? 'Those of other segments are faint.' : 'From left to right; customers can move more than once.'}${holes}`;
    put(this.plot, this.bands(all, one));
    this.all = all;
    this.tell();
  }

  // tell fills the table, if it is open.
  tell() {
    if (!this.twin.open || !this.all) return;
    put(this.table, h('caption', { class: 'sr' }, 'Changes of segment since the page was opened'),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'From'), h('th', { scope: 'col' }, 'To'), h('th', { scope: 'col', class: 'n' }, 'Changes'))),
      h('tbody', {}, this.all.slice(0, 60).map((m) => h('tr', {}, h('td', {}, this.called(m.from)), h('td', {}, this.called(m.to)), h('td', { class: 'n' }, whole(m.n))))));
  }

  called(segment) {
    return name(segment ? this.model.label(segment) : -1, segment || 'new');
  }

  bands(all, one) {
    const wide = Math.max(280, Math.min(this.plot.clientWidth || 600, 760));
    const order = this.model.data.summary.segments.map((x) => x.segment);
    const rank = (x) => (x === '' ? -1 : order.indexOf(x) < 0 ? 99 : order.indexOf(x));
    const side = (of) => {
      const sums = new Map();
      for (const m of all) sums.set(m[of], (sums.get(m[of]) || 0) + m.n);
      return [...sums].map(([k, n]) => ({ k, n })).sort((a, b) => rank(a.k) - rank(b.k));
    };
    const left = side('from'), right = side('to');
    const most = Math.max(left.length, right.length), total = this.model.moved;
    const room = Math.max(120, most * (ROW + GAP));
    const scale = (room - most * GAP) / total;
    const place = (list) => {
      let y = 4;
      for (const n of list) {
        n.high = Math.max(LEAST, n.n * scale);
        n.y = y + Math.max(0, (ROW - n.high) / 2); // a thin one has the room of its name
        n.used = 0;
        y += Math.max(ROW, n.high) + GAP;
      }
      return y;
    };
    const high = Math.max(place(left), place(right));
    const names = wide < 420 ? wide * 0.37 : Math.min(210, wide * 0.3), x0 = names, x1 = wide - names;
    const find = (list, k) => list.find((n) => n.k === k);
    const paths = all.slice().sort((a, b) => rank(a.from) - rank(b.from) || rank(a.to) - rank(b.to)).map((m) => {
      const a = find(left, m.from), b = find(right, m.to), t = Math.max(LEAST / 2, m.n * scale);
      const ya = a.y + a.used + t / 2, yb = b.y + b.used + t / 2, mid = (x0 + x1) / 2;
      a.used += t;
      b.used += t;
      const dim = one && m.from !== one && m.to !== one;
      return s('path', { d: `M${x0 + NODE},${ya}C${mid},${ya} ${mid},${yb} ${x1 - NODE},${yb}`, fill: 'none', stroke: m.from ? segment(this.model.label(m.from)) : segment(-1), 'stroke-width': t.toFixed(2), 'stroke-opacity': dim ? 0.1 : 0.5 },
        s('title', {}, `${m.from || 'new'} → ${m.to}: ${whole(m.n)}`));
    });
    const node = (n, x, end) => {
      const label = n.k ? this.model.label(n.k) : -1, text = n.k || 'new', room = Math.floor((names - 14) / 6.6);
      const y = n.y + n.high / 2;
      return s('g', {},
        s('rect', { x: end ? x - NODE : x, y: n.y, width: NODE, height: n.high, rx: 1.5, fill: segment(label), stroke: line(label), 'stroke-width': 0.6 }),
        s('text', { x: end ? x + 6 : x - 6, y: y - 3, 'text-anchor': end ? 'start' : 'end', class: 'band-name' }, text.length > room ? [...text].slice(0, room - 1).join('') + '…' : text, s('title', {}, text)),
        s('text', { x: end ? x + 6 : x - 6, y: y + 11, 'text-anchor': end ? 'start' : 'end', class: 'band-n' }, whole(n.n)));
    };
    return s('svg', { width: wide, height: high, viewBox: `0 0 ${wide} ${high}`, role: 'img', 'aria-label': 'Moves between segments since the page was opened; the table below has the numbers' },
      paths, left.map((n) => node(n, x0, false)), right.map((n) => node(n, x1, true)));
  }
}
