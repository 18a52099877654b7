// The frame: which study, how far it is, where one can go.

import { h, button, duration, plural, whole } from './dom.js';
import { toggle, now } from './theme.js';
import { help } from './keys.js';

export class Frame {
  constructor(app, screens) {
    this.app = app;
    this.study = h('select', { class: 'studies', 'aria-label': 'Study', onchange: () => app.go({ study: this.study.value, run: '', metric: '', seg: '', filter: '' }) });
    this.name = h('h1', { class: 'name' });
    this.badge = h('span', { class: 'badge', title: 'Made by a generator: these customers do not exist', hidden: true }, 'simulated');
    this.facts = h('p', { class: 'facts' });
    this.live = h('span', { class: 'live' });
    this.conn = h('span', { class: 'conn' });
    this.theme = button('', toggle, { class: 'icon', id: 'theme' });
    document.getElementById('top').append(
      h('a', { class: 'mark', href: '#/overview', 'aria-label': 'mores: overview' }, 'mores'),
      h('div', { class: 'who' }, this.name, this.study, this.badge),
      h('div', { class: 'state' }, this.conn, this.live),
      h('div', { class: 'knobs' }, this.theme, button('?', help, { class: 'icon', 'aria-label': 'Keyboard shortcuts', title: 'Keyboard shortcuts (?)' })),
      this.facts);
    this.tabs = screens.map((s) => {
      const a = h('a', { href: '#/' + s.id, title: 'g ' + s.key }, s.name);
      a.screen = s.id;
      a.judged = s.judged; // shown where a study is
      return a;
    });
    document.getElementById('nav').append(...this.tabs);
  }

  update() {
    const { app } = this, st = app.study, d = st.data;
    const name = st.start.study || st.name || 'mores';
    document.title = name + ' · mores';
    const many = app.studies.length > 1;
    this.name.textContent = name;
    this.name.hidden = many;
    this.study.hidden = !many;
    if (many) {
      const sig = JSON.stringify(app.studies);
      if (sig !== this.sig) {
        this.sig = sig;
        this.study.replaceChildren(...app.studies.map((x) => h('option', { value: x.name }, x.name + (x.state === 'done' ? '' : ` (${x.done}/${x.total || '?'})`))));
      }
      this.study.value = st.name;
    }
    this.badge.hidden = !d.simulated;
    const facts = [];
    if (d.customers) facts.push(plural(d.customers, d.unit || 'customer'));
    if (d.events) facts.push(plural(d.events, 'event'));
    if (d.from && d.to) facts.push(d.from + ' to ' + d.to);
    if (d.sha256) facts.push('data ' + d.sha256.slice(0, 8));
    this.facts.textContent = facts.join(' · ');

    const { live, conn } = this, p = st.progress;
    live.className = 'live ' + (st.finished ? 'done' : st.seq ? 'on' : '');
    live.textContent = st.finished ? plural(st.ended, 'run') + ', done' : st.judging ? plural(st.ended, 'run') + ', judging' : st.seq ? `live ${whole(st.ended)}/${whole(st.total)}` + (p?.eta > 0 ? ' · ' + duration(p.eta) + ' left' : '') : 'waiting for the first run';
    conn.textContent = app.conn.text;
    conn.className = 'conn c-' + app.conn.kind;
    conn.hidden = !app.conn.text;
    this.theme.textContent = now().name === 'dark' ? '☀' : '☾';
    this.theme.setAttribute('aria-label', now().name === 'dark' ? 'Light colours' : 'Dark colours');
    this.theme.title = this.theme.getAttribute('aria-label') + ' (d)';
    for (const a of this.tabs) {
      a.href = app.link({ screen: a.screen });
      a.hidden = a.judged && !st.judged && a.screen !== app.url.screen;
      if (a.screen !== app.url.screen) a.removeAttribute('aria-current');
      else if (!a.hasAttribute('aria-current')) {
        a.setAttribute('aria-current', 'page');
        a.parentNode.scrollLeft = a.offsetLeft - 40; // where the tabs do not fit
      }
    }
  }
}
