// The segments: how large, since when, whither.

import { h, put, button, pct, whole, num } from '/page/dom.js';
import { segment, line } from '/page/theme.js';
import { bar, name, spark } from './bits.js';
import { signed, span } from './say.js';
import { key } from './model.js';

export class Segments {
  // picked(segment) is called with the segment that was clicked.
  constructor(model, picked) {
    this.model = model;
    this.picked = picked;
    this.span = 'hour';
    this.spans = [['hour', 'Last hour'], ['day', 'Last day']].map(([id, text]) => button(text, () => { this.span = id; this.draw(this.one); }, { id: 'span-' + id }));
    this.table = h('table', { class: 'segs' });
    this.foot = h('p', { class: 'hush fine' });
    this.el = h('section', { class: 'panel', 'aria-labelledby': 'h-segs' },
      h('div', { class: 'head' }, h('h2', { id: 'h-segs' }, 'Segments'), h('div', { class: 'seg', role: 'group', 'aria-label': 'Trend over' }, this.spans)),
      h('div', { class: 'scroll' }, this.table), this.foot);
    this.was = new Map();
  }

  draw(one) {
    this.one = one;
    const { model } = this, a = model.data, worth = a.summary.worth;
    for (const b of this.spans) b.setAttribute('aria-pressed', b.id === 'span-' + this.span);
    const focus = this.table.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const all = a.summary.customers || 1;
    let most = 0;
    for (const s of a.summary.segments) most = Math.max(most, s.customers);
    let watched = 0;
    const rows = a.summary.segments.map((s) => {
      const t = model.trend(s, this.span), since = model.since(s), in_ = s.trained > 0 || s.label >= 0;
      if (t) watched = Math.max(watched, t.span);
      const b = h('button', { type: 'button', class: 'pick-seg', 'aria-pressed': String(one === s.segment), 'data-key': key(s), title: 'Show only who enters or leaves (Esc: all)', onclick: () => this.picked(one === s.segment ? '' : s.segment) }, name(in_ ? s.label : -1, s.segment));
      const old = this.was.get(key(s)), fresh = old !== undefined && old !== s.customers;
      this.was.set(key(s), s.customers);
      return h('tr', { class: (in_ ? '' : 'none ') + (one === s.segment ? 'picked' : '') },
        h('th', { scope: 'row' }, b, bar(s.customers / most, segment(in_ ? s.label : -1))),
        h('td', { class: 'n' }, h('span', { class: fresh ? 'fresh' : '' }, whole(s.customers)), h('small', {}, pct(s.customers / all, 1))),
        h('td', { class: 'n' }, since === 0 ? h('span', { class: 'hush' }, '0') : signed(since)),
        h('td', { class: 'trend' }, t && h('span', { class: 'pair' }, spark(t.n, t.at, line(in_ ? s.label : -1), 84), h('span', { class: 'n' + (t.delta ? '' : ' hush') }, signed(t.delta)))),
        worth && h('td', { class: 'n worth' }, num(s.typical)));
    });
    const head = h('tr', {},
      h('th', { scope: 'col' }, 'Segment'), h('th', { scope: 'col', class: 'n' }, 'Customers'),
      h('th', { scope: 'col', class: 'n', title: 'Since this page was opened' }, 'Since opened'),
      h('th', { scope: 'col', class: 'trend' }, this.span === 'hour' ? 'Last hour' : 'Last day'),
      worth && h('th', { scope: 'col', class: 'n worth', title: 'Median: ' + (a.summary.worth_doc || worth) + ' (between tenths of the training customers by interpolation)' }, 'Typical value'));
    put(this.table, h('caption', { class: 'sr' }, 'Customers by segment, now'), h('thead', {}, head), h('tbody', {}, rows));
    if (focus) [...this.table.querySelectorAll('[data-key]')].find((x) => x.dataset.key === focus)?.focus({ preventScroll: true });
    const full = this.span === 'hour' ? 3600 : 86400;
    this.foot.textContent = (watched && watched < full * 0.97 ? `The server has watched for ${span(watched)} so far. ` : '') + (worth ? `Typical value: ${(a.summary.worth_doc || worth).replace(/\.$/, '')}; the median customer's.` : '');
    this.foot.hidden = !this.foot.textContent;
  }
}
