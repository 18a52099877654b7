// Segment cards: who they are in words, how many, what they are worth.

import { h, s, button, num, pct, plural, whole, copyText, download, slug, csv, toast } from './dom.js';
import { Chart, sheet, text, act, clip } from './chart.js';
import { segment, outline, diverging } from './theme.js';
import { RunView, segmentName } from './runview.js';
import { plot } from './scorek.js';

export class SegmentsView extends RunView {
  constructor(app) {
    super(app);
    this.sizes = new Chart({
      name: 'sizes', title: 'Size and value', command: () => plot('sizes', app.study, this.data.r), file: () => `Sizes of ${app.study.title(this.data.r)} on ${this.data.set.name}`,
      alt: () => this.alt(), note: () => (this.worth() ? 'Share of the clustered customers, and of their revenue in the window.' : 'Share of the clustered customers.'), table: () => this.table(), draw: (t, w) => this.draw(t, w),
    });
    this.cards = h('div', { class: 'cards' });
    this.body.append(this.sizes.el, this.cards);
  }

  worth() { return (this.data.run.values || []).length > 0; }

  show({ run }) {
    this.sizes.render();
    this.cards.replaceChildren(...run.cards.map((c) => this.card(c, run)));
  }

  card(c, run) {
    const { app } = this, picked = app.selection.segment === c.segment, n = run.label.length;
    const el = h('article', { class: 'card panel' + (picked ? ' picked' : ''), 'aria-label': c.name });
    el.style.setProperty('--seg', segment(c.segment));
    el.append(h('header', {}, h('span', { class: 'no', style: { background: segment(c.segment) } }), h('div', {}, h('p', { class: 'hush' }, 'Segment ' + (c.segment + 1)), h('h3', {}, c.name))),
      h('div', { class: 'figures' }, h('div', {}, h('b', {}, pct(c.share)), h('span', { class: 'hush' }, plural(c.size, 'customer'))),
        c.value_share !== undefined && h('div', {}, h('b', {}, pct(c.value_share)), h('span', { class: 'hush' }, 'of revenue · ' + money(c.value / c.size, app) + ' each'))),
      h('ul', { class: 'behaviours' }, c.behaviours.map((b) => h('li', { title: `standardised difference ${num(b.smd)}, 95 % interval ${num(b.smd_lo)} to ${num(b.smd_hi)}` }, h('span', {}, b.text), this.lean(b)))),
      h('div', { class: 'row' }, button(picked ? 'Selected' : 'Select', (e) => this.toggle(c.segment, e.shiftKey), { 'aria-pressed': String(picked) }),
        h('a', { class: 'quiet', href: app.link({ screen: 'map', seg: c.segment }) }, 'on the map'),
        button('Copy', () => { copyText(this.words(c, n)); toast('Card copied'); }, { class: 'quiet' }), button('Save ids', () => this.ids(c.segment), { class: 'quiet' })));
    return el;
  }

  // lean shows the standardised difference with its interval.
  lean(b) {
    const at = (v) => Math.max(0, Math.min(100, 50 + v * 20));
    return h('span', { class: 'lean', 'aria-hidden': 'true' }, h('i', { style: { left: Math.min(50, at(b.smd)) + '%', width: Math.abs(at(b.smd) - 50) + '%', background: diverging(b.smd < 0 ? -0.9 : 0.9) } }),
      Number.isFinite(b.smd_lo) && h('u', { style: { left: at(b.smd_lo) + '%', width: at(b.smd_hi) - at(b.smd_lo) + '%' } }));
  }

  words(c, n) {
    return [`Segment ${c.segment + 1}: ${c.name}`, `${whole(c.size)} of ${whole(n)} customers (${pct(c.share, 1)})` + (c.value_share !== undefined ? `, ${pct(c.value_share, 1)} of revenue` : ''), ...c.behaviours.map((b) => '- ' + b.text)].join('\n');
  }

  async ids(i) {
    const { set, run } = this.data, { arrays } = this.app, [ids, order] = await Promise.all([arrays.ids(set), arrays.order(set)]);
    const at = [...run.label.keys()].filter((p) => run.label[p] === i).sort((a, b) => order[a] - order[b]);
    download(slug(`${this.app.study.title(this.data.r)} segment ${i + 1}`) + '.csv', csv([['id', 'cluster'], ...at.map((p) => [ids[p], String(i)])]), 'text/csv');
  }

  draw(theme, width) {
    const { run } = this.data, n = run.label.length, rows = [...run.sizes.keys()], worth = this.worth(), narrow = width < 560;
    if (run.noise) rows.push(-1);
    const total = worth ? run.values.reduce((a, b) => a + (b || 0), 0) + (run.value_noise || 0) : 1;
    const left = narrow ? 40 : 236, rh = worth ? 44 : 30, H = rows.length * rh + 2, g = sheet(width, H, theme, this.alt()), picked = this.app.selection.segment;
    const share = (i) => (i < 0 ? run.noise : run.sizes[i]) / n, val = (i) => (i < 0 ? run.value_noise : run.values[i]) / total;
    const most = Math.max(...rows.map(share), ...(worth ? rows.map(val) : [0])), w = (width - left - 150) / most;
    rows.forEach((i, row) => {
      const y = row * rh + 4, e = s('g', { ...act(`${segmentName(run, i)}: select`, (ev) => this.toggle(i, ev.shiftKey)), opacity: picked === null || picked === i ? 1 : 0.35 });
      const fill = i < 0 ? { fill: theme.bg, stroke: segment(-1, theme), 'stroke-dasharray': '3 2' } : { fill: segment(i, theme), stroke: outline(i, theme), 'stroke-width': 0.8 };
      e.append(s('rect', { x: 0, y: y - 4, width, height: rh, fill: 'transparent' }), text(0, y + rh / 2, (i < 0 ? '' : i + 1 + '  ') + (narrow ? '' : clip(segmentName(run, i), left - 20)), { 'font-weight': 600 }),
        s('rect', { x: left, y: y, width: Math.max(1, share(i) * w), height: 14, rx: 2, ...fill }), text(left + share(i) * w + 8, y + 11, `${pct(share(i))} of customers`, { 'font-size': 11 }));
      if (worth) e.append(s('rect', { x: left, y: y + 18, width: Math.max(1, val(i) * w), height: 9, rx: 2, ...fill, 'fill-opacity': 0.45 }), text(left + val(i) * w + 8, y + 27, `${pct(val(i))} of revenue`, { 'font-size': 11, fill: theme.soft }));
      g.append(e);
    });
    return g;
  }

  alt() {
    const { run } = this.data, n = run.label.length;
    return run.sizes.map((v, i) => `${segmentName(run, i)} ${pct(v / n)}`).join(', ') + ' of customers.';
  }
  table() {
    const { run } = this.data, n = run.label.length, worth = this.worth(), total = worth ? run.values.reduce((a, b) => a + (b || 0), 0) + (run.value_noise || 0) : 1;
    const out = [['segment', 'name', 'customers', 'share', ...(worth ? ['revenue', 'share of revenue'] : [])]];
    run.sizes.forEach((v, i) => out.push([String(i + 1), segmentName(run, i), whole(v), pct(v / n, 1), ...(worth ? [whole(run.values[i]), pct(run.values[i] / total, 1)] : [])]));
    if (run.noise) out.push(['–', 'Unassigned', whole(run.noise), pct(run.noise / n, 1), ...(worth ? [whole(run.value_noise), pct(run.value_noise / total, 1)] : [])]);
    return out;
  }
}

const money = (v, app) => num(v) + (app.study.data.currency ? ' ' + app.study.data.currency : '');
