// Structure: whether the data hold natural groups, one test a feature set, against data
// of which it is known that they hold none.

import { h, s, put, plural, whole } from './dom.js';
import { now, line } from './theme.js';
import { share, pvalue, waiting } from './say.js';

const NULLS = { cohort: 'A cohort without groups', shuffle: 'Events dealt out at random', copula: 'A smooth cloud' };

export class StructureView {
  constructor(app) {
    this.app = app;
    this.empty = h('p', { class: 'hush empty', hidden: true });
    this.head = h('div', { class: 'lead' }, h('h2', {}, 'Are there natural groups?'),
      h('p', {}, 'Any algorithm finds segments, in a continuum too. So everything this study tried is done over on data made without groups that resemble these. Groups are called natural only where no such data look as grouped as these; the choice of algorithm and number of segments lies inside the p-value.'));
    this.list = h('div', { class: 'contests' });
    this.el = h('div', { class: 'judgement' }, this.empty, this.head, this.list);
  }

  update(due) {
    if (![...due].some((d) => d !== 'progress' && d !== 'conn')) return;
    const st = this.app.study, none = !st.structures.length;
    this.empty.hidden = !none;
    this.head.hidden = none;
    this.empty.textContent = none ? waiting(st, 'Whether there are natural groups') : '';
    put(this.list, none ? null : st.sets.map((set) => this.set(st, set, st.structures.find((e) => e.set === set.name && e.scale === set.scale)?.structure)));
  }

  set(st, set, x) {
    const v = st.verdict, mine = v?.run && v.set === set.name && v.scale === set.scale;
    return h('section', { class: 'panel structure', 'aria-label': set.name }, h('h3', {}, mine && h('span', { class: 'star', title: "the verdict's feature set" }, '★ '), set.name, h('span', { class: 'hush' }, set.columns?.length ? ' ' + plural(set.columns.length, 'feature') : '')),
      !x ? h('p', { class: 'hush' }, st.finished ? 'Undefined: not tested.' : 'Still to be tested.') : [
        h('p', { class: 'finding' }, h('b', { class: x.natural ? 'better' : null }, x.natural ? `Natural groups: no data without groups look like these (p = ${pvalue(x.p)})` : this.decided(x) ? `No natural groups shown (p = ${pvalue(x.p)})` : 'Undefined'), x.natural ? '.' : x.reason ? `: ${x.reason.replace(/ \([a-z]+, p = [\d.]+\)$/, '')}.` : '.'),
        x.nulls?.length && this.nulls(x),
        x.nulls?.length && h('p', { class: 'hush key' }, `Natural at p ≤ ${share(x.alpha)} against every one of them. Dot: how far these data stand out from them, in standard deviations (grey: one): ${x.statistic || 'no statistic'}. ` + (x.sampled ? `A random sample of ${whole(x.rows)} customers was looked at.` : `${plural(x.rows, 'customer')} looked at.`)),
        x.tendency?.says && h('p', { class: 'hush key' }, x.tendency.says.join(' '))]);
  }

  decided(x) { return (x.nulls || []).some((n) => n.decided); }

  nulls(x) {
    const top = Math.max(...x.nulls.map((n) => Math.max(n.value || 0, 0)), 3);
    return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Data without groups' }, h('table', { class: 'plain' }, h('caption', { class: 'sr' }, 'Data without groups that these data are compared with'),
      h('thead', {}, h('tr', {}, ['data without groups', 'what they keep', 'as grouped', 'p', 'how far these stand out', ''].map((t, i) => h('th', { scope: 'col', class: i === 2 || i === 3 ? 'n' : null }, t)))),
      h('tbody', {}, x.nulls.map((n) => h('tr', {}, h('th', { scope: 'row' }, NULLS[n.name] || n.name), h('td', { class: 'wrap doc' }, n.doc),
        n.decided ? [h('td', { class: 'n' }, `${whole(n.exceeded)} of ${whole(n.draws)}`), h('td', { class: 'n' }, h('b', {}, pvalue(n.p))), h('td', {}, this.far(n, top)), h('td', { class: n.beaten ? 'better' : 'worse' }, n.beaten ? '✓ beaten' : '✗ not beaten')]
          : [h('td', { class: 'n' }, '–'), h('td', { class: 'n' }, '–'), h('td', { colspan: 2, class: 'hush wrap doc' }, /^not looked at/.test(n.reason) ? n.reason : 'undefined: ' + (n.reason || 'not drawn'))])))));
  }

  // far: the statistic, in standard deviations of the data without groups.
  far(n, top) {
    const w = 120, x = (q) => 4 + (w - 8) * Math.min(1, Math.max(0, q / top)), t = now();
    return h('span', { class: 'far', title: `index ${share(n.rating, 3)} where data without groups reach ${share(n.expected, 3)} ± ${share(n.sd, 3)}; ${whole(n.cells)} settings` },
      s('svg', { viewBox: `0 0 ${w} 14`, width: w, height: 14, 'aria-hidden': 'true' }, s('line', { x1: 4, x2: w - 4, y1: 7, y2: 7, stroke: t.faint, 'stroke-width': 2 }), s('rect', { x: 4, y: 3, width: Math.max(0, x(1) - 4), height: 8, fill: t.mute }), s('circle', { cx: x(n.value), cy: 7, r: 4.4, fill: line(0) })), `${n.value.toFixed(1).replace('-', '−')} sd`);
  }
}
