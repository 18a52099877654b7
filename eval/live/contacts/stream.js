// The latest changes, as they come. Many a second are drawn a few times a second: nobody
// reads more.

import { h, put, button, plural } from '/page/dom.js';
import { name } from './bits.js';
import { when, full, why } from './say.js';
import { card } from './feed.js';

const SHOWN = 40; // rows
const ASK = 400; // ms between two looks for a reason; above 2.5 changes a second some have none

export class Stream {
  // opened(id) is called with a customer who was clicked.
  constructor(model, opened, cleared) {
    this.model = model;
    this.opened = opened;
    this.held = false; // by hand
    this.over = false; // pointer or focus inside: rows must not slip away
    this.top = -1; // id of the newest row drawn
    this.rows = new Map(); // id -> li
    this.list = h('ol', { class: 'stream', 'aria-label': 'Latest changes of segment', tabindex: 0 });
    this.more = button('', () => { this.over = false; this.flush = true; this.draw(this.one); }, { class: 'newer', hidden: true });
    this.pause = button('Pause', () => this.hold(!this.held), { 'aria-pressed': 'false', title: 'Hold the list (p)' });
    this.only = h('p', { class: 'only', hidden: true });
    this.empty = h('p', { class: 'hush empty-small' });
    this.clear = button('Show all', cleared, { class: 'quiet' });
    this.el = h('section', { class: 'panel latest', 'aria-labelledby': 'h-stream' },
      h('div', { class: 'head' }, h('h2', { id: 'h-stream' }, 'Latest changes'), this.pause), this.only, this.more, this.list, this.empty);
    const over = (on) => () => { this.over = on; if (!on) this.draw(this.one); };
    this.list.addEventListener('pointerenter', over(true));
    this.list.addEventListener('pointerleave', over(false));
    this.list.addEventListener('focusin', over(true));
    this.list.addEventListener('focusout', over(false));
    this.asked = 0;
    this.deaf = false; // nobody there to ask
  }

  hold(on) {
    this.held = on;
    this.pause.setAttribute('aria-pressed', String(on));
    this.pause.textContent = on ? 'Go on' : 'Pause';
    this.draw(this.one);
  }

  draw(one) {
    const other = one !== this.one;
    this.one = one;
    const { model } = this;
    put(this.only, one && ['Only who enters or leaves ', name(model.label(one), one), this.clear]);
    this.only.hidden = !one;
    const fits = one ? model.changes.filter((c) => c.from === one || c.to === one) : model.changes;
    this.empty.hidden = fits.length > 0;
    this.empty.textContent = one ? 'Nobody among the latest changes.' : 'No customer has changed segment yet. Post events to /api/events, and changes show up here.';
    if (!other && !this.flush && (this.held || this.over)) {
      let n = 0;
      while (n < fits.length && fits[n].id > this.top) n++;
      this.more.hidden = n === 0;
      this.more.textContent = n >= 400 ? 'Hundreds of newer changes' : plural(n, 'newer change');
      return;
    }
    this.flush = false;
    this.more.hidden = true;
    const show = fits.slice(0, SHOWN), keep = new Set(show.map((c) => c.id));
    if (other) this.rows.clear(), this.list.replaceChildren();
    for (const [id, li] of this.rows) if (!keep.has(id)) { li.remove(); this.rows.delete(id); }
    const fresh = show.filter((c) => !this.rows.has(c.id));
    const lis = fresh.map((c) => {
      const li = this.row(c);
      this.rows.set(c.id, li);
      return li;
    });
    this.list.prepend(...lis);
    this.top = model.changes[0]?.id ?? -1;
    if (fresh.length && !other && this.drawn) for (const li of lis) li.classList.add('in');
    this.drawn = true;
    this.ask();
  }

  row(c) {
    const at = new Date(c.u.at / 1000), { model } = this;
    c.why = h('span', { class: 'why-not hush' }, why(c, null));
    return h('li', {},
      h('time', { datetime: at.toISOString(), title: full(at) + (c.old ? ', before this page was opened' : '; heard at ' + full(c.seen)) }, when(at)),
      h('button', { type: 'button', class: 'who-id', title: 'Open the card', onclick: () => this.opened(c.u.customer) }, h('bdi', {}, c.u.customer)),
      h('span', { class: 'from-to' }, c.from ? name(model.label(c.from), c.from) : h('span', { class: 'hush' }, 'new'), h('span', { class: 'arrow', 'aria-label': 'to' }, '→'), name(c.u.since ? c.u.label : -1, c.to)),
      c.why);
  }

  // ask finds out what moved the newest who are shown, a few a second at most.
  ask() {
    if (this.asking || this.deaf) return;
    const wait = this.asked + ASK - performance.now();
    this.asking = setTimeout(async () => {
      const c = this.model.changes.find((x) => this.rows.has(x.id) && !x.known && x.u.since && !document.hidden && !this.deaf);
      if (c) {
        c.known = true;
        this.asked = performance.now();
        const k = await card(c.u.customer, c.from);
        if (!k) c.known = false; // nobody answers now
        // Of a later state it would be no reason.
        if (k?.events === c.u.events && k.label === c.u.label) c.why.textContent = why(c, k);
      }
      this.asking = 0;
      if (c) this.ask();
    }, Math.max(0, wait));
  }
}
