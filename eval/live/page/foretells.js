// Foretells: what the segmentations say of what customers did afterwards, at each date,
// beside plain rules with as many groups, chance, and a model without groups.

import { h, s, put, plural, whole } from './dom.js';
import { Chart, sheet, text, ticks, clip, wide } from './chart.js';
import { line, on, mix } from './theme.js';
import { brief, spoken, share, between, date, waiting, GOALS } from './say.js';

const TOP = 7; // segmentations shown of each contest, beside the verdict's
const ROLE = { segments: 'segmentation', equal_k: 'plain rule', quintiles: 'RFM scores', chance: 'chance', ceiling: 'no groups', block: 'one block' };
const fine = (v) => share(v, 3);

export class ForetellsView {
  constructor(app) {
    this.app = app;
    this.charts = new Map(); // by target
    this.empty = h('p', { class: 'hush empty', hidden: true });
    this.goal = h('select', { id: 'goal', onchange: () => app.go({ goal: this.goal.value }) });
    this.head = h('div', { class: 'lead' });
    this.list = h('div', { class: 'contests' });
    this.matrix = new Chart({ name: 'blocks', title: 'Each block of behaviour alone', alt: () => this.blocksAlt(), draw: (t, w) => this.blocks(t, w), table: () => this.blocksTable(), note: () => this.blocksNote() });
    this.el = h('div', { class: 'judgement' }, this.empty, this.head, this.list, this.matrix.el);
  }

  update(due) {
    if (![...due].some((d) => d !== 'progress' && d !== 'conn')) return;
    const st = this.app.study, e = st.holdout, all = e?.contests || [], none = !e || e.reason || !all.length;
    this.empty.hidden = !none;
    this.head.hidden = this.list.hidden = !!none;
    this.matrix.el.hidden = !e?.blocks?.targets?.length;
    this.empty.textContent = !none ? '' : e ? `What the segments foretell is undefined: ${e.reason || 'nothing could be held out'}.` : waiting(st, 'What the segments foretell');
    if (none) { this.list.replaceChildren(); return; }
    this.lead(all);
    const order = this.order(all);
    this.list.replaceChildren(...order.map((t) => this.contest(t, all.filter((c) => c.target === t))));
    for (const t of order) this.charts.get(t).render();
    if (!this.matrix.el.hidden) this.matrix.render();
  }

  // order lists the targets, the goal's first.
  order(all) {
    const goal = this.chosen(), names = [...new Set(all.map((c) => c.target))], of = (t) => all.find((c) => c.target === t).method;
    const first = this.app.study.verdict?.target;
    return names.sort((a, b) => (of(b) === goal) - (of(a) === goal) || (b === first) - (a === first));
  }
  chosen() { return this.app.url.goal || this.app.study.verdict?.goal || this.app.study.holdout.contests[0].method; }

  lead(all) {
    const goals = [...new Set(all.map((c) => c.method))], sig = goals.join();
    if (sig !== this.goals) {
      this.goals = sig;
      this.goal.replaceChildren(...goals.map((g) => h('option', { value: g }, GOALS[g] || g)));
    }
    if (!this.head.firstChild) put(this.head, h('h2', {}, 'What the segments foretell'), h('label', {}, 'shown first: ', this.goal),
      h('p', {}, 'Each segmentation is learned on one half of the customers from what was known at a date, and says of the other half what they did after it. 0 is as good as no segments at all, 1 is perfect. No segmentation is best at everything: the goal decides which target counts.'),
      h('ul', { class: 'key' }, [['star', "the verdict's"], ['segments', 'segmentation; ~ cannot be told from the best'], ['equal_k', 'RFM or expected value, as many groups'], ['quintiles', 'RFM scores'], ['chance', 'chance'], ['ceiling', 'a continuous model, no groups'], ['inside', 'hollow: on the customers learned from']].map(([k, t]) => h('li', {}, s('svg', { width: 16, height: 12, viewBox: '0 0 16 12', 'aria-hidden': 'true', class: 'k-' + k }, symbol(k, 8, 6, { ink: 'var(--ink)', soft: 'var(--soft)', bg: 'var(--panel)' }, 'var(--blue)', 'var(--amber)')), t))));
    this.goal.value = this.chosen();
  }

  contest(target, cs) {
    if (!this.charts.has(target)) this.charts.set(target, new Chart({
      name: 'contest-' + target, title: spoken(target), file: () => spoken(target), alt: () => this.alt(target), draw: (t, w) => this.draw(target, t, w), table: () => this.table(target), note: () => this.note(target),
    }));
    return h('section', { class: 'contest', 'aria-label': spoken(target) }, this.charts.get(target).el, this.nested(cs));
  }

  of(target) { return (this.app.study.holdout?.contests || []).filter((c) => c.target === target); }

  // rows are the standings that are shown: the best segmentations and the verdict's, and
  // the plain ones with as many groups as it; best first, the undefined last.
  rows(c) {
    const v = this.app.study.verdict, segs = c.standings.filter((x) => x.role === 'segments'), star = v?.run && segs.find((x) => x.run === v.run);
    const top = segs.filter((x) => Number.isFinite(x.outside)).slice(0, TOP), k = star?.k || v?.k || top[0]?.k;
    if (star && !top.includes(star)) top.push(star);
    const rest = c.standings.filter((x) => x.role === 'quintiles' || x.role === 'chance' || x.role === 'ceiling' || x.role === 'equal_k' && x.k === k);
    return [...top, ...rest].map((x) => ({ ...x, star: x === star, mark: x === star ? '★' : x.role === 'segments' && x.in ? '~' : '' }))
      .sort((a, b) => Number.isFinite(b.outside) - Number.isFinite(a.outside) || b.outside - a.outside);
  }

  draw(target, theme, width) {
    const cs = this.of(target), cols = width < 820 || cs.length < 2 ? 1 : 2, pw = (width - (cols - 1) * 28) / cols, narrow = pw < 460, rh = 21, top = 38;
    const rows = cs.map((c) => (c.reason ? [] : this.rows(c))), tall = Math.max(3, ...rows.map((r) => r.length)), ph = top + tall * rh + (cs.length > cols ? 36 : 22);
    const g = sheet(width, Math.ceil(cs.length / cols) * ph, theme, this.alt(target));
    const every = rows.flat().flatMap((x) => [x.inside, x.outside, x.lo, x.hi]).filter(Number.isFinite), lo = Math.min(0, ...every), hi = Math.max(0.01, ...every);
    const left = narrow ? 132 : Math.min(236, pw * 0.36), right = narrow ? 50 : 104, w = pw - left - right - 10;
    cs.forEach((c, i) => {
      const x0 = (i % cols) * (pw + 28), y0 = Math.floor(i / cols) * ph, X = (q) => x0 + left + (w * (q - lo)) / (hi - lo), foot = y0 + top + tall * rh;
      g.append(text(x0, y0 + 13, 'after ' + date(c.origin), { 'font-weight': 600 }), text(x0 + 12 + wide('after ' + date(c.origin)) * 1.08, y0 + 13, narrow ? plural(c.customers, 'customer') : `to ${date(c.until)}, ${plural(c.customers, 'customer')}`, { fill: theme.soft, 'font-size': 11 }));
      if (c.reason) { g.append(text(x0, y0 + top + 14, clip('undefined: ' + c.reason, pw), { fill: theme.soft })); return; }
      for (const q of ticks(lo, hi, narrow ? 3 : 5)) g.append(s('line', { x1: X(q), x2: X(q), y1: y0 + top - 4, y2: foot, stroke: q ? theme.faint : theme.axis }), text(X(q), foot + 14, share(q, hi - lo < 0.05 ? 3 : 2), { 'text-anchor': 'middle', 'font-size': 11, fill: theme.soft }));
      g.append(text(x0 + pw, y0 + top - 8, 'outside', { 'text-anchor': 'end', 'font-size': 11, fill: theme.soft }));
      if (!narrow) g.append(text(x0 + pw - 54, y0 + top - 8, 'inside', { 'text-anchor': 'end', 'font-size': 11, fill: theme.soft }));
      rows[i].forEach((x, j) => {
        const y = y0 + top + j * rh + rh / 2, own = x.role === 'segments', kind = x.star ? 'star' : x.role, c1 = line(0, theme), c2 = line(1, theme), colour = x.star ? c2 : own ? c1 : theme.soft;
        if (x.star) g.append(s('rect', { x: x0, y: y - rh / 2, width: pw, height: rh, rx: 4, fill: mix(theme.bg, c2, 0.13) }));
        const row = s('g', {}, s('title', {}, `${x.name}: ${this.said(x)}`), s('rect', { x: x0, y: y - rh / 2, width: pw, height: rh, fill: 'transparent' }));
        row.append(text(x0 + 4, y + 4, x.mark, { fill: x.star ? c2 : theme.soft, 'font-weight': 700 }), text(x0 + 20, y + 4, clip(x.role === 'chance' ? 'chance' : x.name, left - 34), { 'font-weight': x.star ? 700 : 400, fill: own ? theme.ink : theme.soft }));
        if (!Number.isFinite(x.outside)) row.append(text(X(Math.max(lo, 0)) + 8, y + 4, clip('undefined: ' + (x.reason || 'no figure'), w), { fill: theme.soft, 'font-size': 11 }));
        else {
          if (Number.isFinite(x.lo)) row.append(s('line', { x1: X(x.lo), x2: X(x.hi), y1: y, y2: y, stroke: colour, 'stroke-width': 1.6 }));
          if (Number.isFinite(x.inside)) row.append(symbol('inside', X(x.inside), y, theme, c1, c2, colour));
          row.append(symbol(kind, X(x.outside), y, theme, c1, c2));
          if (!narrow) row.append(text(x0 + pw - 54, y + 4, fine(x.inside), { 'text-anchor': 'end', 'font-size': 11, fill: theme.soft, class: 'tn' }));
          row.append(text(x0 + pw, y + 4, fine(x.outside), { 'text-anchor': 'end', class: 'tn', 'font-weight': x.star ? 700 : 400 }));
        }
        g.append(row);
      });
    });
    return g;
  }

  said(x) { return Number.isFinite(x.outside) ? `${fine(x.outside)} on customers not learned from (${between(x.lo, x.hi, 3) || 'no interval'}), ${fine(x.inside)} on those learned from` : 'undefined, ' + (x.reason || 'no figure'); }
  alt(target) { return `${spoken(target)}. ` + this.of(target).map((c) => `After ${date(c.origin)}: ` + (c.reason ? 'undefined, ' + c.reason : this.rows(c).slice(0, 4).map((x) => `${x.name} ${fine(x.outside)}`).join(', '))).join('. ') + '.'; }
  note(target) {
    const cs = this.of(target), c = cs.find((x) => !x.reason) || cs[0], segs = (c.standings || []).filter((x) => x.role === 'segments'), tied = segs.filter((x) => x.in).length, hid = segs.length - this.rows(c).filter((x) => x.role === 'segments').length;
    if (c.reason) return 'Undefined: ' + c.reason + '.';
    return `${c.measure}; line = 95 % interval; the distance from hollow to filled is optimism. ${tied} of ${plural(segs.length, 'segmentation')} cannot be told from the best after ${date(c.origin)}${hid > 0 ? `; ${whole(hid)} further down are not drawn` : ''}. ${[...new Set(cs.flatMap((x) => x.warnings || []))].join(' ')}`.trim();
  }
  table(target) {
    return [['after', 'name', '', 'what', 'groups', 'inside', 'outside', '95 % interval', 'less RFM'], ...this.of(target).flatMap((c) => (c.reason ? [[c.origin, 'undefined: ' + c.reason, '', '', '–', '–', '–', '–', '–']] : this.rows(c).map((x) => {
      const d = (x.versus || []).find((q) => q.role === 'equal_k' && /^RFM/.test(q.baseline));
      return [c.origin, x.name, x.mark, ROLE[x.role] || x.role, x.k ? String(x.k) : '–', fine(x.inside), Number.isFinite(x.outside) ? fine(x.outside) : '– ' + (x.reason || ''), between(x.lo, x.hi, 3) || '–', d && Number.isFinite(d.difference) ? `${fine(d.difference)} (${between(d.lo, d.hi, 3)})` : '–'];
    })))];
  }

  // nested: the figure of the whole procedure, which no hindsight flatters.
  nested(cs) {
    const picked = (p) => (!p ? '–' : p.reason ? h('span', { class: 'hush' }, 'undefined: ' + p.reason) : [h('b', {}, p.name), h('span', { class: 'hush' }, ` ${fine(p.inside)} inside, ${fine(p.outside)} outside; the best there ${fine(p.best)}`)]);
    return h('div', { class: 'panel nested scroll', tabindex: 0, role: 'region', 'aria-label': 'Choosing on one half' }, h('table', { class: 'plain' }, h('caption', {}, h('b', {}, 'Choosing on one half of the customers, reporting on the other'), ': what “take the best” is worth without hindsight'),
      h('thead', {}, h('tr', {}, ['after', 'worth', 'less RFM', 'chosen on half A', 'chosen on half B'].map((t) => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, cs.map((c) => {
        const n = c.nested, d = n?.versus?.find((q) => /^RFM/.test(q.baseline) && q.role === 'equal_k'), why = c.reason || (!n ? 'nothing was chosen' : n.reason);
        if (why) return h('tr', {}, h('th', { scope: 'row' }, date(c.origin)), h('td', { colspan: 4, class: 'hush wrap' }, 'undefined: ' + why));
        return h('tr', {}, h('th', { scope: 'row' }, date(c.origin)), h('td', {}, h('b', {}, fine(n.value)), h('span', { class: 'hush' }, ' ' + between(n.lo, n.hi, 3))),
          h('td', { class: d?.lo > 0 ? 'better' : d?.hi < 0 ? 'worse' : null }, d ? fine(d.difference) : '–', h('span', { class: 'hush' }, d ? ' ' + between(d.lo, d.hi, 3) : '')),
          [0, 1].map((i) => h('td', { class: 'wrap' }, picked(c.picked?.[i]))));
      }))));
  }

  // The matrix: blocks × targets, shades within a column.
  cells() {
    const m = this.app.study.holdout.blocks, most = m.targets.map((_, t) => Math.max(0.03, ...m.values.map((r) => (Number.isFinite(r[t]) ? r[t] : 0))));
    return { m, most };
  }
  blocks(theme, width) {
    const { m, most } = this.cells(), left = width < 560 ? 96 : 210, cw = Math.max(62, Math.min(170, (width - left) / m.targets.length)), rh = 27, top = 34, w = left + cw * m.targets.length;
    const g = sheet(w, top + m.blocks.length * rh + 4, theme, this.blocksAlt()), goal = this.chosen(), method = (t) => this.of(t)[0]?.method;
    m.targets.forEach((t, j) => g.append(text(left + cw * j + cw / 2, 20, clip(brief(t), cw - 4), { 'text-anchor': 'middle', 'font-size': 11, 'font-weight': method(t) === goal ? 700 : 400 })));
    m.blocks.forEach((b, i) => {
      const y = top + i * rh, plain = m.roles[i] !== 'block';
      if (plain && m.roles[i - 1] === 'block') g.append(s('line', { x1: 0, x2: w, y1: y - 0.5, y2: y - 0.5, stroke: theme.axis }));
      g.append(text(0, y + rh / 2 + 4, clip(b, left - 10), { fill: plain ? theme.soft : theme.ink }));
      m.targets.forEach((t, j) => {
        const v = m.values[i][j], has = Number.isFinite(v), bg = has && v > 0 ? mix(theme.bg, theme.name === 'dark' ? '#3f9bd8' : '#0072B2', 0.06 + (0.86 * v) / most[j]) : theme.bg, beats = m.beats[i][j];
        g.append(s('g', {}, s('title', {}, `${b}, ${brief(t)}: ${has ? m.by[i][j].values.map((q, o) => `${fine(q)} after ${date(m.origins[o])}`).join(', ') + (beats ? '; better than as many RFM groups at every date' : '') : 'undefined: ' + (m.by[i][j].reason || 'no figure')}`),
          s('rect', { x: left + cw * j + 1, y: y + 1, width: cw - 2, height: rh - 2, rx: 3, fill: bg, stroke: has && v > 0 ? 'none' : theme.faint }),
          text(left + cw * j + cw / 2, y + rh / 2 + 4, (has ? fine(v) : '–') + (beats ? ' ✓' : ''), { 'text-anchor': 'middle', fill: has && v > 0 ? on(bg) : theme.soft, 'font-weight': beats ? 700 : 400, class: 'tn' })));
      });
    });
    return g;
  }
  blocksAlt() {
    const { m } = this.cells();
    return 'What each block of behaviour alone foretells. ' + m.targets.map((t, j) => { const i = m.values.reduce((best, r, i) => (m.roles[i] === 'block' && Number.isFinite(r[j]) && !(m.values[best]?.[j] >= r[j]) ? i : best), -1); return i < 0 ? '' : `${brief(t)}: ${m.blocks[i]} ${share(m.values[i][j])}`; }).filter(Boolean).join('; ') + '.';
  }
  blocksNote() {
    const { m } = this.cells(), why = [...new Set(m.values.flatMap((r, i) => r.map((v, j) => (Number.isFinite(v) ? '' : `${m.blocks[i]}, ${brief(m.targets[j])}: ${m.by[i][j].reason || 'no figure'}`))))].filter(Boolean);
    return `Customers in ${m.k} groups by one block of behaviour alone, outside, mean of ${plural(m.origins.length, 'date')}. Shades compare within a column: columns have different measures, and no row is best at all of them. ✓ better than as many RFM groups at every date.` + (why.length ? ` – is undefined: ${why.slice(0, 6).join('; ')}${why.length > 6 ? `; ${why.length - 6} more in the table` : ''}.` : '');
  }
  blocksTable() {
    const { m } = this.cells();
    return [['block', ...m.targets.map((t, j) => `${brief(t)} (${m.measure[j]})`)], ...m.blocks.map((b, i) => [b, ...m.targets.map((_, j) => (Number.isFinite(m.values[i][j]) ? fine(m.values[i][j]) + (m.beats[i][j] ? ' ✓' : '') : '– ' + (m.by[i][j].reason || '')))])];
  }
}

// symbol is the mark of a role.
function symbol(kind, x, y, t, blue, amber, colour) {
  const path = (d, p) => s('path', { d, ...p });
  switch (kind) {
    case 'inside': return s('circle', { cx: x, cy: y, r: 3, fill: t.bg, stroke: colour || t.soft, 'stroke-width': 1.3 });
    case 'star': return path(Array.from({ length: 10 }, (_, i) => { const r = i % 2 ? 2.7 : 6.4, a = (Math.PI * i) / 5; return `${i ? 'L' : 'M'}${(x + r * Math.sin(a)).toFixed(1)} ${(y - r * Math.cos(a)).toFixed(1)}`; }).join('') + 'Z', { fill: amber, stroke: t.bg, 'stroke-width': 0.6 });
    case 'equal_k': return s('rect', { x: x - 4, y: y - 4, width: 8, height: 8, fill: t.ink });
    case 'quintiles': return path(`M${x} ${y - 5.4}L${x + 5.4} ${y}L${x} ${y + 5.4}L${x - 5.4} ${y}Z`, { fill: t.soft });
    case 'chance': return path(`M${x - 4} ${y - 4}L${x + 4} ${y + 4}M${x + 4} ${y - 4}L${x - 4} ${y + 4}`, { stroke: t.soft, 'stroke-width': 1.6 });
    case 'ceiling': return path(`M${x} ${y - 5}L${x + 5} ${y + 4}H${x - 5}Z`, { fill: t.ink });
  }
  return s('circle', { cx: x, cy: y, r: 4.4, fill: blue });
}
