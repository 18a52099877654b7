// One customer: where they stand, why, and what they did last.

import { h, put, button, pct, whole, plural, words, DASH } from '/page/dom.js';
import { segment } from '/page/theme.js';
import { bar, name } from './bits.js';
import { amount, day, full } from './say.js';
import { card } from './feed.js';

const AGAIN = 2000;

export class Finder {
  // went(id) is called with whom the page shows now; '' = nobody.
  constructor(model, went) {
    this.model = model;
    this.went = went;
    this.id = '';
    this.box = h('input', { type: 'search', id: 'find', 'aria-label': 'Customer id', placeholder: 'Customer id', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' });
    this.out = h('div', { class: 'card-out' });
    this.el = h('section', { class: 'panel', 'aria-labelledby': 'h-find' },
      h('form', { class: 'head', role: 'search', onsubmit: (e) => { e.preventDefault(); this.open(this.box.value); } },
        h('h2', { id: 'h-find' }, h('label', { for: 'find' }, 'A customer')), this.box, h('button', {}, 'Find')),
      this.out);
  }

  open(id, focus = true) {
    this.id = id;
    this.box.value = id;
    this.sig = '';
    this.wide = false;
    this.went(id);
    clearTimeout(this.timer);
    if (id) this.look(focus);
    else put(this.out);
  }

  // look asks now and, while the card is open, again and again.
  async look(focus) {
    const { id } = this, k = await card(id);
    if (id !== this.id) return;
    if (k) this.draw(k, focus);
    this.timer = setTimeout(() => (document.hidden ? this.wait() : this.look()), k?.error ? 5 * AGAIN : AGAIN);
  }
  wait() {
    document.addEventListener('visibilitychange', () => this.id && this.look(), { once: true });
  }

  redraw() {
    this.sig = '';
    if (this.k) this.draw(this.k);
  }

  draw(k, focus) {
    const sig = JSON.stringify(k);
    if (sig === this.sig) return;
    this.sig = sig;
    this.k = k;
    if (!this.id) return;
    const title = h('h3', { tabindex: -1 }, h('bdi', {}, this.id));
    const close = button('×', () => { this.open(''); this.box.focus(); }, { class: 'icon', 'aria-label': 'Close the card', title: 'Close (Esc)' });
    const inside = this.out.contains(document.activeElement);
    if (k.error) put(this.out, h('div', { class: 'row apart' }, title, close), h('p', {}, upper(k.error)), h('p', { class: 'hush' }, upper(k.fix)));
    else put(this.out, h('div', { class: 'row apart' }, title, close), this.stands(k), this.shares(k), this.features(k), this.latest(k));
    if (focus) title.focus({ preventScroll: false });
    else if (inside) close.focus({ preventScroll: true });
  }

  stands(k) {
    const label = k.since ? k.label : -1, lines = [], { margin } = this.model.data.hysteresis;
    if (k.since) lines.push(`since ${day(new Date(Math.min(Date.parse(k.since), Date.parse(k.as_of) - 1)))}`);
    lines.push(plural(k.events, 'event') + (k.dropped ? `, ${whole(k.dropped)} older let go` : ''));
    lines.push('as of the end of ' + day(new Date(Date.parse(k.as_of) - 1)));
    const state = k.reason ? `No label: ${k.reason}.`
      : k.rival ? `${k.rival} leads, for ${plural(k.leads, 'update')} so far; they move there after ${k.needed} in a row with a lead of ${num2(margin)}.`
        : k.since && k.predicted !== k.label ? `The model would say ${k.predicted_segment}; its lead is below ${num2(margin)}, so they stay.`
          : !k.since ? '' : k.share !== null && k.share - k.runner_up_share < margin ? `On the border: ${k.runner_up} is within ${num2(margin)}.` : 'Nothing draws them elsewhere.';
    return h('div', {},
      h('p', { class: 'big-seg' }, name(label, k.segment)),
      h('p', { class: 'hush' }, lines.join(' · ')),
      state && h('p', { class: k.rival || (k.since && k.predicted !== k.label) ? 'held' : 'hush' }, state),
      k.outside?.length > 0 && h('p', { class: 'held' }, `Beyond what the training customers showed: ${k.outside.map(words).join(', ')}. The label is an extrapolation.`));
  }

  shares(k) {
    if (!k.shares?.length) return null;
    return h('table', { class: 'shares' },
      h('caption', { title: this.model.data.shares }, 'Shares of the segments'),
      h('tbody', {}, k.shares.slice(0, 6).map((s) => h('tr', {}, h('th', { scope: 'row' }, name(s.label, s.segment)), h('td', { class: 'n' }, pct(s.share, s.share < 0.1 ? 1 : 0)), h('td', { class: 'wide' }, bar(s.share, segment(s.label)))))));
  }

  features(k) {
    if (!k.columns?.length) return k.note && !k.reason ? h('p', { class: 'hush' }, k.note) : null;
    const pulls = k.columns.some((c) => c.pull !== null);
    const by = (c) => (c.outside ? 2 : 0) + (pulls ? Math.abs(c.pull) : c.below === null ? 0 : Math.abs(c.below - 0.5));
    const list = k.columns.length > 10 ? [...k.columns].sort((a, b) => by(b) - by(a)) : k.columns;
    const more = list.length - 10;
    return h('div', { class: 'scroll' }, h('table', { class: 'feats' },
      h('caption', {}, pulls ? ['What speaks for ', name(k.label, k.segment), ' rather than ', name(this.model.label(k.than), k.than)] : 'Features', k.note && h('span', {}, ': ' + k.note)),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Feature'), h('th', { scope: 'col', class: 'n' }, 'Value'), h('th', { scope: 'col', title: 'The share of the training customers with less, by tenths' }, 'Above'), pulls && h('th', { scope: 'col' }, 'Speaks for'))),
      h('tbody', {}, (this.wide ? list : list.slice(0, 10)).map((c) => h('tr', { class: c.outside ? 'out' : '' },
        h('th', { scope: 'row', title: c.doc }, words(c.column)),
        h('td', { class: 'n' }, amount(c.value, c.unit)),
        h('td', { class: 'n', title: c.lo === null ? '' : `training customers: ${amount(c.lo, c.unit)} to ${amount(c.hi, c.unit)}` }, c.outside ? 'beyond' : c.below === null ? DASH : pct(c.below)),
        pulls && h('td', { class: 'pull' }, lean(c.pull))))),
      more > 0 && !this.wide && h('tfoot', {}, h('tr', {}, h('td', { colspan: pulls ? 4 : 3 }, button(`${more} more`, () => { this.wide = true; this.redraw(); }, { class: 'quiet' }))))));
  }

  latest(k) {
    if (!k.latest?.length) return null;
    const what = (e) => [e.kind, e.item, e.category, e.channel].filter(Boolean).join(' · ') + (e.quantity > 1 ? ' × ' + whole(e.quantity) : '');
    const money = k.latest.some((e) => e.amount !== undefined && e.amount !== null);
    return h('table', { class: 'events' }, h('caption', {}, 'Latest events'),
      h('tbody', {}, k.latest.slice(0, 8).map((e) => { const d = new Date(e.time); return h('tr', {}, h('td', { title: full(d) }, day(d)), h('td', {}, h('bdi', {}, what(e))), money && h('td', { class: 'n' }, amount(e.amount, 'money'))); })));
  }
}

const upper = (t) => t.replace(/^./, (c) => c.toUpperCase()) + '.';
const num2 = (v) => String(v).replace(/^0\./, '.');

// lean is a bar to the right for what speaks for the segment, to the left for what speaks
// against.
function lean(v) {
  if (v === null) return DASH;
  const w = Math.abs(v) * 50;
  return h('span', { class: 'lean', role: 'img', 'aria-label': (v < 0 ? 'against, ' : 'for, ') + pct(Math.abs(v)) + ' of all' },
    h('i', { style: { left: (v < 0 ? 50 - w : 50) + '%', width: w + '%', background: v < 0 ? 'var(--amber)' : 'var(--blue)' } }));
}
