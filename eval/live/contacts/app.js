// The page of a served model: who is where now, who moves, and why. It shows what
// /api/contacts and /ws/changes say and keeps nothing.

import { h, put, button, plural, whole, pct, DASH } from '/page/dom.js';
import { now as theme, onTheme, toggle } from '/page/theme.js';
import { Feed } from './feed.js';
import { Contacts } from './model.js';
import { Segments } from './segments.js';
import { Moves } from './moves.js';
import { Stream } from './stream.js';
import { Finder } from './card.js';
import { spark } from './bits.js';
import { clock, day, inZone, perSecond, span } from './say.js';

const SPACING = 100; // ms between two drawings
const BUSY = 20; // changes between two drawings, above which the next one
const CALM = 400; // waits so many ms

class App {
  constructor() {
    this.model = new Contacts();
    this.one = '';
    this.conn = { text: 'connecting…', kind: 'lost' };
    this.due = new Set();
    this.news = [];
    this.drawn = 0;
    this.heard = 0;
    this.top();
    this.segments = new Segments(this.model, (s) => this.pick(s));
    this.moves = new Moves(this.model);
    this.stream = new Stream(this.model, (id) => this.finder.open(id), () => this.pick(''));
    this.finder = new Finder(this.model, (id) => this.went(id));
    this.figures = h('dl', { class: 'answers figures-now' });
    this.notice = h('section', { class: 'notice', 'aria-label': 'Drift' });
    this.feed = new Feed({
      now: (a) => this.now(a),
      past: (p) => { this.model.past = p; this.changed('now'); },
      change: (u, old) => { this.model.change(u, old); if (!old) this.news.push(u.was + '\0' + u.segment); if (this.news.length > 5000) this.news.length = 1; this.heard++; this.changed('change'); },
      gap: () => { this.hole('Some changes came too fast to be counted here.'); this.changed('change'); },
      state: (text, kind) => this.state(text, kind),
      restart: (started) => {
        this.state(`mores was started again at ${clock(new Date(started))}`, 'resumed', 10000);
        this.hole(`mores was started again at ${clock(new Date(started))}: what moved while this page was cut off is in the counts and not here.`);
        this.model.past = null;
      },
    });
    document.getElementById('skip').addEventListener('click', () => document.getElementById('main').focus());
    document.addEventListener('keydown', (e) => this.key(e));
    addEventListener('resize', () => this.changed('all'));
    addEventListener('hashchange', () => this.read());
    onTheme(() => { this.changed('all'); this.finder.redraw(); });
    setInterval(() => this.announce(), 10000);
  }

  top() {
    this.name = h('h1', { class: 'name' });
    this.conn_ = h('span', { class: 'conn' });
    this.live = h('span', { class: 'live' });
    this.facts = h('p', { class: 'facts' });
    this.theme = button('', toggle, { class: 'icon', id: 'theme' });
    this.home = h('a', { class: 'mark', href: '/' }, 'mores');
    document.getElementById('top').append(this.home, h('div', { class: 'who' }, this.name),
      h('div', { class: 'state' }, this.conn_, this.live),
      h('div', { class: 'knobs' }, this.theme, button('?', help, { class: 'icon', 'aria-label': 'Keyboard shortcuts', title: 'Keyboard shortcuts (?)' })), this.facts);
  }

  now(a) {
    const first = !this.model.data;
    inZone(a.zone);
    this.model.now(a);
    if (this.conn.kind === 'lost' || this.conn.kind === 'stranger') this.state('', 'live');
    if (first) {
      put(document.getElementById('main'), this.figures, this.notice,
        h('div', { class: 'left' }, this.segments.el, this.moves.el), h('div', { class: 'right' }, this.finder.el, this.stream.el));
      this.read();
    }
    this.changed(first ? 'all' : 'now');
  }

  state(text, kind, ms = 4000) {
    this.conn = { text, kind };
    this.stream.deaf = kind === 'lost' || kind === 'stranger';
    if (kind === 'resumed') setTimeout(() => { if (this.conn.text === text) this.state('', 'live'); }, ms);
    this.changed('now');
    if (text) document.getElementById('status').textContent = text;
  }
  hole(why) {
    this.model.holes = [why]; // the latest says enough
  }

  // changed collects what is new and draws at a frame, with room between two.
  changed(what) {
    this.due.add(what);
    if (this.waiting) return;
    this.waiting = true;
    const gap = this.busy ? CALM : SPACING;
    setTimeout(() => requestAnimationFrame(() => this.draw()), Math.max(0, this.drawn + gap - performance.now()));
  }

  draw() {
    const { due } = this, began = performance.now();
    this.due = new Set();
    this.waiting = false;
    this.busy = this.heard > BUSY;
    this.heard = 0;
    if (this.model.data) {
      const all = due.has('all'), counts = all || due.has('now');
      this.frame();
      if (counts) { this.numbers(); this.drift(); this.segments.draw(this.one); }
      if (all || due.has('change')) { this.moves.draw(this.one); this.stream.draw(this.one); }
      document.documentElement.dataset.ready = this.model.moved;
    } else this.frame();
    this.drawn = performance.now();
    this.spent = (this.spent || 0) + this.drawn - began; // ms of drawing, for tests
  }

  frame() {
    const a = this.model.data, { live, conn_: conn } = this;
    conn.textContent = this.conn.text;
    conn.className = 'conn c-' + this.conn.kind;
    conn.hidden = !this.conn.text;
    const ok = this.conn.kind === 'live' || this.conn.kind === 'resumed';
    live.textContent = ok ? 'live' : a ? 'as of ' + clock(new Date(a.taken)) : '';
    live.className = 'live' + (ok ? ' on' : '');
    const dark = theme().name === 'dark';
    this.theme.textContent = dark ? '☀' : '☾';
    this.theme.setAttribute('aria-label', dark ? 'Light colours' : 'Dark colours');
    this.theme.title = this.theme.getAttribute('aria-label') + ' (d)';
    if (!a) return;
    this.name.textContent = a.model.name;
    document.title = `${a.model.name} · contacts · mores`;
    this.home.href = a.studies ? '/' : '/contacts';
    this.home.setAttribute('aria-label', a.studies ? 'mores: the studies' : 'mores');
    this.home.title = a.studies ? 'The studies' : '';
    const facts = [plural(a.summary.customers, 'customer'), plural(a.events, 'event')];
    if (a.model.study) facts.push('a model of ' + a.model.study);
    if (a.summary.now) facts.push('the customers as of ' + day(new Date(Date.parse(a.summary.now) - 1)));
    if (Date.parse(a.now) - Date.parse(a.taken) > 3000) facts.push('counted at ' + clock(new Date(a.taken)));
    if (a.zone !== 'UTC') facts.push('times of ' + a.zone);
    this.facts.textContent = facts.join(' · ');
  }

  numbers() {
    const { model } = this, { summary: u, hysteresis: y, ...a } = model.data, labelled = u.segments.filter((s) => s.trained > 0 || s.label >= 0).reduce((n, s) => n + s.customers, 0);
    const fig = (term, value, note, tip, extra) => h('div', { title: tip }, h('dt', {}, term), h('dd', {}, h('b', {}, value), extra, note && h('span', { class: 'hush' }, note)));
    const line = (what) => { const r = model.rates(what); return r.length > 2 ? spark(r, null, theme().soft, 84, 20) : null; };
    const up = (Date.parse(a.now) - Date.parse(a.started)) / 1000;
    put(this.figures,
      fig('Events', perSecond(model.rate('events')), whole(a.events) + ' in all', 'Over the last ten seconds', line('events')),
      fig('Changes of segment', perSecond(model.rate('changes')), `${whole(a.changes)} in ${span(up)}`, 'Over the last ten seconds; since mores was started', line('changes')),
      fig('In a segment', whole(labelled), labelled < u.customers ? `of ${plural(u.customers, 'customer')}` : 'all customers', 'The others have not bought often enough to be measured'),
      fig('Held back', whole(u.held), 'another segment leads, not for long enough yet', `They change when another leads by ${y.margin || 0} for ${plural(y.updates, 'update')} in a row`),
      fig('On the border', u.border === null ? DASH : whole(u.border), u.border === null ? 'the rule knows no shares' : `${labelled ? pct(u.border / labelled, 1) : DASH} are within ${u.border_margin} of another segment`, 'The two largest shares differ by less'),
      fig('Out of range', whole(u.outside), u.outside ? pct(u.outside / u.customers, 1) + ' show what nobody in training did' : 'all within what training showed', 'Counted if some feature is beyond those of the training customers: their label is an extrapolation'));
  }

  drift() {
    const d = this.model.data.drift, sig = JSON.stringify([d.refit_advised, d.reason, d.columns]);
    if (sig === this.drifted) return;
    this.drifted = sig;
    const open = this.notice.querySelector('details')?.open;
    const cols = [...(d.columns || [])].sort((a, b) => b.psi - a.psi), moved = cols.filter((c) => c.word !== 'as before');
    const psi = (v) => (v < 0.005 ? '0' : v.toFixed(2).replace(/^0/, ''));
    this.notice.className = 'notice' + (d.refit_advised ? ' advised' : '');
    put(this.notice,
      h('p', {}, d.refit_advised ? h('strong', {}, 'This model has aged. ') : null,
        d.refit_advised ? `${sentence(d.reason)} Fit the segments anew on the log so far (mores run), and serve the new model.`
          : /^cannot/.test(d.reason) ? `Whether the model still fits ${d.reason}.` : `The model still fits: ${d.reason}${moved.length ? `, though ${plural(moved.length, 'feature has', 'features have')} moved` : ''}.`),
      cols.length > 0 && h('details', { open }, h('summary', {}, 'Feature by feature'),
        h('div', { class: 'scroll' }, h('table', { class: 'plain' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Feature'), h('th', { scope: 'col', class: 'n', title: 'Population stability index: below .1 nothing much moved, above .25 much did' }, 'PSI'), h('th', { scope: 'col' }, 'Compared with the training customers'))),
          h('tbody', {}, cols.slice(0, 30).map((c) => h('tr', {}, h('th', { scope: 'row' }, c.column.replaceAll('_', ' ')), h('td', { class: 'n' }, psi(c.psi)), h('td', {}, c.word))))))));
  }

  pick(segment) {
    this.one = segment;
    this.changed('all');
  }

  // Who is shown stands in the address: a link or a reload shows them again.
  went(id) {
    const to = id ? '#customer=' + encodeURIComponent(id) : location.pathname;
    if (location.hash !== (id ? to : '')) history.replaceState(null, '', to);
  }
  read() {
    let id = '';
    try { id = decodeURIComponent(/^#customer=(.*)$/s.exec(location.hash)?.[1] || ''); } catch { /* not ours */ }
    if (id !== this.finder.id) this.finder.open(id, false);
  }

  // announce tells who cannot see the page what the last seconds brought.
  announce() {
    if (!this.news.length) return;
    const n = new Map();
    for (const k of this.news) n.set(k, (n.get(k) || 0) + 1);
    const [k, most] = [...n].sort((a, b) => b[1] - a[1])[0], [from, to] = k.split('\0');
    document.getElementById('status').textContent = `${plural(this.news.length, 'change')} in ten seconds; most, ${most}, ${from && from !== 'undefined' ? 'from ' + from + ' ' : 'new '}to ${to}`;
    this.news = [];
  }

  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === 'Escape' && !document.querySelector('dialog[open]')) {
      if (this.finder.id) { this.finder.open(''); this.finder.box.focus(); } else if (this.one) this.pick('');
      else if (e.target.matches('input')) e.target.blur();
      return;
    }
    if (e.target.matches('input, select, textarea') || document.querySelector('dialog[open]') || localStorage.getItem('mores.keys') === 'off' && e.key !== '?') return;
    const list = this.model.data?.summary.segments.map((s) => s.segment) || [];
    const step = (by) => { const i = list.indexOf(this.one); this.pick(list[i < 0 ? (by > 0 ? 0 : list.length - 1) : (i + by + list.length) % list.length] || ''); };
    switch (e.key) {
      case '/': this.finder.box.focus(); this.finder.box.select(); break;
      case 'p': this.stream.hold(!this.stream.held); break;
      case '[': step(-1); break;
      case ']': step(1); break;
      case 'd': toggle(); break;
      case '?': help(); break;
      default: return;
    }
    e.preventDefault();
  }
}

const sentence = (t) => t.replace(/^refit advised: /, '').replace(/ \(PSI .*\)$/, ' since the model was made').replace(/^./, (c) => c.toUpperCase()).replace(/\.?$/, '.');

function help() {
  const off = localStorage.getItem('mores.keys') === 'off';
  const box = h('input', { type: 'checkbox', id: 'single', checked: !off, onchange: () => localStorage.setItem('mores.keys', box.checked ? 'on' : 'off') });
  const d = h('dialog', { class: 'help', 'aria-label': 'Keyboard shortcuts', onclose: () => d.remove() }, h('h2', {}, 'Keyboard'),
    h('dl', {}, [['/', 'find a customer'], ['[ ]', 'previous, next segment'], ['p', 'hold the latest changes'], ['d', 'dark or light'], ['Esc', 'close the card, show all segments'], ['?', 'this list']].map(([k, t]) => [h('dt', {}, k.split(' ').map((x) => h('kbd', {}, x))), h('dd', {}, t)])),
    h('label', { for: 'single' }, box, ' single-key shortcuts'), button('Close', () => d.close(), { class: 'main' }));
  document.body.append(d);
  d.showModal();
}

globalThis.contacts = new App(); // for the curious, and for tests
