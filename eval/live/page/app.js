// The page: a view of the journal. What is looked at stands in the address, so a
// link or a reload shows the same again.

import { score, toast } from './dom.js';
import { Socket } from './socket.js';
import { Study, learn } from './state.js';
import { shown, headline } from './rank.js';
import { Arrays } from './arrays.js';
import { Selection } from './selection.js';
import { onTheme } from './theme.js';
import { Frame } from './frame.js';
import { keys } from './keys.js';
import { Overview } from './overview.js';
import { ForetellsView } from './foretells.js';
import { StabilityView } from './stability.js';
import { ChooseView } from './choose.js';
import { StructureView } from './structure.js';
import { MapView } from './map.js';
import { SilhouetteView } from './silhouette.js';
import { ProfileView } from './profile.js';
import { SegmentsView } from './segments.js';

export const SCREENS = [
  { id: 'overview', name: 'Overview', key: 'l', make: Overview },
  { id: 'foretells', name: 'Foretells', key: 'f', make: ForetellsView, judged: true },
  { id: 'stability', name: 'Stability', key: 'b', make: StabilityView, judged: true },
  { id: 'choose', name: 'Choose k', key: 'k', make: ChooseView, judged: true },
  { id: 'structure', name: 'Structure', key: 't', make: StructureView, judged: true },
  { id: 'map', name: 'Map', key: 'm', make: MapView },
  { id: 'silhouette', name: 'Silhouette', key: 's', make: SilhouetteView },
  { id: 'profile', name: 'Profile', key: 'p', make: ProfileView },
  { id: 'segments', name: 'Segments', key: 'c', make: SegmentsView },
];

class App {
  constructor() {
    this.main = document.getElementById('main');
    this.study = new Study('');
    this.studies = [];
    this.conn = { text: 'connecting…', kind: 'lost' };
    this.url = this.read();
    this.socket = new Socket({ message: (m) => this.message(m), state: (text, kind) => this.state(text, kind) });
    this.arrays = new Arrays(this.socket);
    this.selection = new Selection(() => this.changed('selection'));
    this.frame = new Frame(this, SCREENS);
    this.view = null;
    this.due = new Set();
    this.said = 0;
    addEventListener('hashchange', () => this.moved());
    addEventListener('resize', () => this.changed('size'));
    onTheme(() => this.changed('theme'));
    document.getElementById('skip').addEventListener('click', () => this.main.focus());
    document.addEventListener('click', (e) => { for (const m of document.querySelectorAll('details.menu[open]')) if (!m.contains(e.target)) m.open = false; });
    keys(this, SCREENS);
    this.socket.open(this.url.study);
  }

  // The view state: #/screen?study=…&run=…&metric=…
  read() {
    const [path, query] = location.hash.slice(1).split('?');
    const q = Object.fromEntries(new URLSearchParams(query || ''));
    const screen = SCREENS.find((x) => '/' + x.id === path)?.id || 'overview';
    return { ...q, screen };
  }
  link(change) {
    const { screen, ...q } = { ...this.url, ...change };
    for (const k in q) if (q[k] === '' || q[k] === null || q[k] === undefined) delete q[k];
    const t = new URLSearchParams(q).toString();
    return '#/' + screen + (t ? '?' + t : '');
  }
  // go changes the view state; a new screen or run is a step of the history.
  go(change) {
    const to = this.link(change);
    if (to === location.hash) return;
    const step = 'screen' in change || 'run' in change || 'study' in change;
    history[step ? 'pushState' : 'replaceState'](null, '', to);
    this.moved();
  }
  moved() {
    const was = this.url;
    this.url = this.read();
    const want = this.url.study || this.studies[0]?.name;
    if (want && want !== this.study.name && this.studies.some((x) => x.name === want)) {
      this.selection.clear();
      this.study = new Study(want);
      this.view = null;
      this.socket.subscribe(want);
    }
    if (was.run !== this.url.run || was.screen !== this.url.screen) this.fetched = null;
    this.changed('url');
  }

  message(m) {
    switch (m.t) {
      case 'welcome':
        this.studies = m.studies || [];
        learn(m);
        this.server = m.server;
        if (m.study !== this.study.name) { this.study = new Study(m.study); this.selection.clear(); this.view = null; }
        if (m.epoch !== this.epoch) { this.epoch = m.epoch; this.arrays.forget(); if (this.view) this.view.want = ''; }
        break;
      case 'studies': this.studies = m.studies || []; break;
      case 'gap': break; // a snapshot follows
      case 'snap':
        if (m.part === 1) { this.next = new Study(m.study); this.next.progress = this.study.progress; }
        this.next.fold(m.events);
        if (m.part < m.of) return;
        this.study = this.next;
        break;
      case 'd':
        this.study.fold([m.e]);
        this.announce(m.e);
        break;
      case 'p': this.study.advance(m.p); this.changed('progress'); return;
      case 'err': toast(m.msg); return;
      case 'bye': return;
    }
    this.changed('state');
  }

  state(text, kind) {
    this.conn = { text, kind };
    if (kind === 'resumed') setTimeout(() => { if (this.conn.kind === 'resumed') this.state('', 'live'); }, 4000);
    this.changed('conn');
  }

  // run is the chosen run, or the one that stands for the study so far.
  run() {
    return this.study.byID.get(this.url.run) || shown(this.study, this.metric())?.run || this.study.runs.find((r) => r.status === 'done') || null;
  }
  metric() {
    return this.study.metrics().includes(this.url.metric) ? this.url.metric : headline(this.study);
  }

  // announce tells who cannot see the page, at most once in five seconds.
  announce(e) {
    const r = this.study.byID.get(e.run);
    if (e.event === 'study_done') this.saying = `All ${this.study.ended} runs are done.`;
    else if (e.event === 'run_failed' && r) this.saying = `${this.study.title(r)} failed: ${e.reason}`;
    else if (e.event === 'score' && r) this.saying = `${this.study.title(r)}: ${e.metric} ${e.value === undefined ? 'undefined, ' + e.reason : score(e.value)}`;
    else return;
    if (this.speaking) return;
    this.speaking = setTimeout(() => {
      this.speaking = null;
      this.said = Date.now();
      document.getElementById('status').textContent = this.saying;
    }, Math.max(0, 5000 - (Date.now() - this.said)));
  }

  // changed collects what is new and draws once a frame.
  changed(what) {
    this.due.add(what);
    if (this.waiting) return;
    this.waiting = true;
    const slow = [...this.due].every((x) => x === 'state' || x === 'progress');
    setTimeout(() => requestAnimationFrame(() => this.draw()), slow ? 60 : 0);
  }

  draw() {
    const due = this.due;
    this.due = new Set();
    this.waiting = false;
    this.frame.update();
    const screen = SCREENS.find((x) => x.id === this.url.screen);
    if (!this.view || this.view.screen !== screen.id) {
      this.view?.leave?.();
      this.view = new screen.make(this);
      this.view.screen = screen.id;
      this.main.replaceChildren(this.view.el);
      if (due.has('url')) scrollTo(0, 0);
      due.add('enter');
    }
    this.view.update(due);
    document.documentElement.dataset.ready = this.study.seq;
  }
}

const app = new App();
globalThis.mores = app; // for the curious, and for tests
