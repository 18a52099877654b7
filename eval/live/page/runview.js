// What the screens about one run share: the bar that names it, its arrays, and the
// words for having none.

import { h, button, score, pct, plural, title } from './dom.js';
import { value, coverage } from './state.js';
import { rank } from './rank.js';
import { segment } from './theme.js';

export const segmentName = (run, i) => (i < 0 ? 'Unassigned' : run.cards?.find((c) => c.segment === i)?.name || 'Segment ' + (i + 1));
export const chip = (i) => h('span', { class: 'chip' + (i < 0 ? ' hollow' : ''), style: { background: segment(i), 'border-color': segment(i) }, 'aria-hidden': 'true' });

export class RunView {
  constructor(app) {
    this.app = app;
    this.pick = h('select', { 'aria-label': 'Run', onchange: () => app.go({ run: this.pick.value }) });
    this.says = h('p', { class: 'says' });
    this.body = h('div', { class: 'body' });
    this.empty = h('p', { class: 'hush empty', hidden: true });
    this.el = h('div', { class: 'run' },
      h('div', { class: 'runbar' }, button('‹', () => this.step(-1), { class: 'icon', 'aria-label': 'Previous run', title: 'Previous run (N)' }), this.pick,
        button('›', () => this.step(1), { class: 'icon', 'aria-label': 'Next run', title: 'Next run (n)' }), this.says),
      this.empty, this.body);
    this.data = null;
    this.want = '';
  }

  metric() { return this.app.metric(); }

  // ranked lists the finished runs, a set at a time, best first.
  ranked() {
    const st = this.app.study;
    return st.sets.map((set) => {
      const order = rank(st, set, this.metric()).groups.flatMap((g) => g.rows.flatMap((x) => x.runs));
      return [set, [...order, ...st.of(set).filter((r) => r.status === 'done' && !order.includes(r))]];
    });
  }

  step(by) {
    const all = this.ranked().flatMap(([, rs]) => rs), i = all.indexOf(this.app.run());
    const to = all[(i + by + all.length) % all.length];
    if (to) this.app.go({ run: to.id });
  }

  update(due) {
    const st = this.app.study, r = this.app.run();
    this.list(r);
    if (!r || r.status !== 'done') {
      this.blank(!r ? 'No run is finished yet. This screen fills as soon as one is.' : r.status === 'failed' ? `This run failed: ${r.done.reason}` : 'This run is not finished yet.');
      return;
    }
    const want = st.name + '\0' + r.id;
    if (this.want !== want) {
      this.want = want;
      Promise.all([this.app.arrays.set(st.name, r.start.set, r.start.scale), this.app.arrays.run(st.name, r.id)]).then(([set, run]) => {
        if (this.want !== want) return;
        this.data = { set, run, r };
        this.app.selection.of(st.name + '\0' + set.name + '\0' + set.scale);
        this.fromURL();
        this.app.changed('data');
      }, (e) => { if (this.want === want) { this.want = ''; this.blank(e.message); } });
    }
    if (this.data && this.data.r.id === r.id) {
      this.empty.hidden = true;
      this.empty.textContent = '';
      this.body.hidden = false;
      this.facts(r);
      // A delta of another run changes nothing here.
      if ([...due].some((d) => d !== 'state' && d !== 'progress' && d !== 'conn')) this.show(this.data, due);
    }
  }

  // fromURL selects the segment that the address names.
  fromURL() {
    const seg = this.app.url.seg, { run } = this.data, sel = this.app.selection;
    if (seg === undefined || sel.segment === +seg) return;
    if (+seg < run.sizes.length && !sel.mask) sel.choose(run.label.length, (i) => run.label[i] === +seg, 'set', +seg);
  }

  toggle(seg, more) {
    this.app.selection.pick(this.data.run.label, seg, more);
    this.app.go({ seg: this.app.selection.segment });
  }

  list(r) {
    const st = this.app.study, groups = this.ranked();
    const sig = JSON.stringify(groups.map(([s, rs]) => [s.name, s.scale, rs.map((x) => x.id)])) + this.metric();
    if (sig !== this.listSig) {
      this.listSig = sig;
      this.pick.replaceChildren(...groups.filter(([, rs]) => rs.length).map(([set, rs]) => h('optgroup', { label: set.name + (set.scale !== 'block' ? ' · ' + set.scale : '') }, rs.map((x) => h('option', { value: x.id }, st.title(x) + (Number.isFinite(value(x, this.metric())) ? ' · ' + score(value(x, this.metric())) : ''))))));
    }
    if (r) this.pick.value = r.id;
  }

  facts(r) {
    const m = this.metric(), v = value(r, m);
    this.says.textContent = [plural(r.done.n_clusters || 0, 'segment'), r.start.set, `${title(m).toLowerCase()} ${score(v)}`, r.done.n_noise ? `${pct(coverage(r), 1)} of customers, the rest unassigned` : 'every customer assigned'].join(' · ');
  }

  blank(why) {
    this.empty.textContent = why;
    this.empty.hidden = false;
    this.body.hidden = true;
    this.says.textContent = '';
  }

  key(e) {
    if (e.key === 'n' || e.key === 'N') { this.step(e.key === 'n' ? 1 : -1); return true; }
    if ((e.key === '[' || e.key === ']') && this.data) {
      const k = this.data.run.sizes.length, was = this.app.selection.segment;
      const to = was === null ? (e.key === ']' ? 0 : k - 1) : (was + (e.key === ']' ? 1 : -1) + k) % k;
      if (to !== was) this.toggle(to);
      return true;
    }
    return false;
  }
}

// pattern gives an SVG rectangle the look of the unassigned: hollow.
export const hollow = (theme) => ({ fill: theme.bg, stroke: segment(-1, theme), 'stroke-width': 1.5, 'stroke-dasharray': '3 2' });

// unit is how a column's unit is shown beside a number.
export const unit = (u, app) => (u === 'money' ? app.study.data.currency || '' : u === 'count' ? '' : u);
