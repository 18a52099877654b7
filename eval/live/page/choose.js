// Choose k: how many segments each rule would take, side by side, and the votes of the
// indices by family.

import { h, s, put, plural, score, title, words } from './dom.js';
import { Chart, sheet, text, clip } from './chart.js';
import { line } from './theme.js';
import { waiting } from './say.js';
import { ScoreK } from './scorek.js';

export class ChooseView {
  constructor(app) {
    this.app = app;
    this.curve = new ScoreK(app);
    this.empty = h('p', { class: 'hush empty', hidden: true });
    this.head = h('div', { class: 'lead' });
    this.rules = new Chart({ name: 'rules', title: 'What each rule would take', alt: () => this.alt(), draw: (t, w) => this.draw(t, w), table: () => this.table(), note: () => this.note() });
    this.votes = h('div', { class: 'panel scroll', tabindex: 0, role: 'region', 'aria-label': 'Votes by family' });
    this.el = h('div', { class: 'judgement' }, this.head, this.empty, h('div', { class: 'beside' }, this.rules.el, this.curve.chart.el), this.votes);
  }

  update(due) {
    if (![...due].some((d) => d !== 'progress' && d !== 'conn')) return;
    const st = this.app.study, v = st.verdict, k = v?.indices?.k || [];
    this.empty.hidden = !!k.length;
    this.empty.textContent = k.length ? '' : v ? 'What the rules would take is undefined: ' + (v.run ? 'none was asked.' : 'no segmentation was chosen.') : waiting(st, 'What the rules would take');
    put(this.head, h('h2', {}, 'How many segments?'), v?.run && h('p', {}, `The verdict takes ${v.k}. `, v.by === 'hold-out' ? 'What segments foretell decides it; the rules below inform and have no vote.' : 'Nothing was held out, so indices decided.', ` They look at ${v.algorithm} on ${v.set}.`));
    this.rules.el.hidden = !k.length;
    if (k.length) this.rules.render();
    this.curve.update(st, this.app.metric());
    this.votes.hidden = !v?.indices?.votes?.length;
    if (!this.votes.hidden) put(this.votes, this.ballots(st, v));
  }

  list() { return this.app.study.verdict.indices.k; }

  draw(theme, width) {
    const rows = this.list().toSorted((a, b) => !a.k - !b.k), v = this.app.study.verdict, ks = rows.map((r) => r.k).filter(Boolean), k0 = Math.min(2, v.k, ...ks), k1 = Math.max(v.k + 1, ...ks, 6), narrow = width < 560;
    const left = narrow ? 124 : 190, rh = 24, top = 30, foot = top + rows.length * rh, w = width - left - 20, X = (k) => left + 14 + ((w - 28) * (k - k0)) / (k1 - k0), g = sheet(width, foot + 30, theme, this.alt());
    g.append(s('rect', { x: X(v.k) - 11, y: top - 6, width: 22, height: foot - top + 6, rx: 5, fill: line(1, theme), opacity: 0.16 }), text(X(v.k), top - 12, '★ ' + v.k, { 'text-anchor': 'middle', 'font-weight': 700, fill: line(1, theme) }));
    const step = Math.max(1, Math.ceil((k1 - k0) / (w / 34)));
    for (let k = k0; k <= k1; k += step) g.append(s('line', { x1: X(k), x2: X(k), y1: top, y2: foot, stroke: theme.faint }), text(X(k), foot + 15, k, { 'text-anchor': 'middle', 'font-size': 11, fill: theme.soft }));
    g.append(text(width - 20, foot + 28, 'segments', { 'text-anchor': 'end', 'font-size': 11, fill: theme.soft }));
    rows.forEach((r, i) => {
      const y = top + i * rh + rh / 2;
      g.append(s('g', {}, s('title', {}, this.says(r)), s('rect', { x: 0, y: y - rh / 2, width, height: rh, fill: 'transparent' }), text(0, y + 4, clip(title(r.rule), left - 8), { fill: r.k ? theme.ink : theme.soft }),
        r.k ? s('circle', { cx: X(r.k), cy: y, r: 6, fill: line(0, theme) }) : text(left + 4, y + 4, clip('abstains: ' + (r.reason || '').replace(/^rates \d+ of the numbers of segments: /, ''), w - 4), { 'font-size': 11, fill: theme.soft, stroke: theme.bg, 'stroke-width': 3, 'paint-order': 'stroke' })));
    });
    return g;
  }
  says(r) { return `${title(r.rule)} (${r.family}; ${r.how}): ` + (r.k ? `${plural(r.k, 'segment')}, ${score(r.value)}` : 'abstains: ' + r.reason); }
  alt() { return 'How many segments each rule would take. ' + this.list().map((r) => `${title(r.rule)} ${r.k || 'abstains'}`).join(', ') + '.'; }
  note() { return 'A rule whose best is the largest or smallest number tried abstains: the best may lie beyond. Rules of one family err together, so they are not counted.'; }
  table() { return [['rule', 'family', 'takes', 'segments', 'value', 'abstains because'], ...this.list().map((r) => [title(r.rule), r.family, r.how, r.k ? String(r.k) : '–', r.k ? score(r.value) : '–', r.reason || ''])]; }

  ballots(st, v) {
    const name = (i) => { const r = st.byID.get(v.compared?.[i]); return r ? st.title(r, true) : 'candidate ' + (i + 1); };
    return h('table', { class: 'plain' }, h('caption', {}, h('b', {}, 'What the indices would choose'), ', a family at a time: families reward different shapes, so their votes are never added up'),
      h('thead', {}, h('tr', {}, ['family', 'would choose', 'by', 'abstain, because'].map((t) => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, v.indices.votes.map((t) => {
        const won = t.winners || [], by = [...new Set(won.flatMap((i) => t.counts?.[i]?.voters || []))];
        return h('tr', {}, h('th', { scope: 'row' }, t.family), h('td', { class: 'wrap' }, won.length ? [h('b', {}, won.slice(0, 4).map(name).join(', ')), won.length > 4 && ` and ${won.length - 4} more`, h('span', { class: 'hush' }, t.majority ? ' a majority' : ' no majority')] : h('span', { class: 'hush' }, t.reason || 'no vote')),
          h('td', { class: 'wrap' }, by.length ? by.map(words).join(', ') + ` (${by.length} of ${t.cast})` : '–'), h('td', { class: 'wrap hush doc' }, this.abstained(t.abstained || [])));
      })));
  }

  // abstained folds equal reasons.
  abstained(list) {
    const by = new Map();
    for (const a of list) { const why = a.reason.replaceAll(a.voter, 'it'); by.set(why, [...(by.get(why) || []), words(a.voter)]); }
    return [...by].map(([why, who]) => `${who.join(', ')}: ${why}`).join('; ') || '–';
  }
}
