// The map: customers on their first two principal components.

import { h, s, put, num, score, pct, plural, whole, words } from './dom.js';
import { Chart, sheet, text, clip } from './chart.js';
import { now, segment, outline, sequential, diverging, fit, mix, on, LIGHT } from './theme.js';
import { RunView, segmentName, chip, unit } from './runview.js';
import { Scatter } from './scatter.js';
import { Hand } from './hand.js';
import { Side } from './side.js';
import { plot } from './scorek.js';

const SHADES = 24; // of a feature or the silhouette

export class MapView extends RunView {
  constructor(app) {
    super(app);
    this.canvas = h('canvas', { role: 'img', 'aria-label': 'Map' });
    this.over = h('canvas', { class: 'over', 'aria-hidden': 'true' });
    this.card = h('div', { class: 'hover', hidden: true });
    this.stage = h('div', { class: 'stage', tabindex: 0 }, this.canvas, this.over, this.card);
    this.scatter = new Scatter(this.canvas);
    this.colour = h('select', { 'aria-label': 'Colour by', onchange: () => app.go({ color: this.colour.value }) });
    this.hand = new Hand(this);
    this.chart = new Chart({
      name: 'map', title: 'Map', cls: 'map', body: this.stage, command: () => plot('map', app.study, this.data.r),
      file: () => `Map of ${app.study.title(this.data.r)} on ${this.data.set.name}`, alt: () => this.alt(), note: () => this.note(), table: () => this.table(), draw: (t, w) => this.picture(t, w),
      tools: [h('label', { class: 'by' }, 'colour ', this.colour), this.hand.buttons],
    });
    this.side = new Side(this);
    this.body.append(h('div', { class: 'split' }, this.chart.el, this.side.el));
  }

  show(d, due) {
    const { set, run } = d;
    this.options(set, run);
    this.side.update(d);
    if (!set.at) { this.chart.holder.replaceChildren(h('p', { class: 'hush' }, 'This feature set has no projection.')); return; }
    this.scatter.setPoints(set.at);
    if (due.size > 1 || !due.has('selection')) this.chart.render();
    this.canvas.setAttribute('aria-label', this.alt());
    const by = this.colour.value;
    const feature = set.columns.find((c) => c.name === by);
    if (feature && this.values?.name !== by) {
      this.app.arrays.column(feature).then((v) => { this.values = { name: by, v, range: spread(v) }; this.app.changed('data'); });
    }
    // Hover cards need all columns; they come once, and stay in the browser's cache.
    if (!set.loaded && set.n * set.columns.length < 4e6) {
      set.loaded = true;
      Promise.all(set.columns.map((c) => this.app.arrays.column(c).then((v) => { c.v = v; }))).then(() => this.app.changed('data'));
      this.app.arrays.ids(set).then((ids) => { set.idList = ids; });
    }
    this.paint();
  }

  options(set, run) {
    const sig = set.columns.map((c) => c.name).join() + !!run.sil;
    if (sig !== this.optSig) {
      this.optSig = sig;
      this.colour.replaceChildren(h('option', { value: '' }, 'segment'), ...(run.sil ? [h('option', { value: 'silhouette' }, 'silhouette')] : []),
        h('optgroup', { label: 'feature' }, set.columns.map((c) => h('option', { value: c.name }, words(c.name)))));
    }
    const by = this.app.url.color || '';
    this.colour.value = [...this.colour.options].some((o) => o.value === by) ? by : '';
  }

  // shading says how points are coloured: {colours, group}.
  shading(theme) {
    const { run } = this.data, by = this.colour.value, k = run.sizes.length;
    if (by === 'silhouette' && run.sil) {
      const colours = Array.from({ length: SHADES }, (_, i) => { const c = mix(diverging(fit((2 * i) / (SHADES - 1) - 1), theme), theme.ink, 0.1); return { fill: c, edge: mix(c, theme.name === 'dark' ? '#000000' : theme.ink, 0.3) }; });
      return { colours: [...colours, { fill: theme.bg, edge: segment(-1, theme), hollow: true }], group: (i) => (Number.isNaN(run.sil[i]) ? SHADES : Math.round(((run.sil[i] + 1) / 2) * (SHADES - 1))) };
    }
    if (by && this.values?.name === by) {
      const { v, range: [lo, hi] } = this.values, colours = Array.from({ length: SHADES }, (_, i) => { const c = sequential(i / (SHADES - 1), theme); return { fill: c, edge: mix(c, '#000000', 0.25) }; });
      return { colours: [...colours, { fill: theme.bg, edge: segment(-1, theme), hollow: true }], group: (i) => (Number.isNaN(v[i]) ? SHADES : Math.max(0, Math.min(SHADES - 1, Math.round(((v[i] - lo) / (hi - lo || 1)) * (SHADES - 1))))) };
    }
    const colours = Array.from({ length: k }, (_, i) => ({ fill: segment(i, theme), edge: outline(i, theme) }));
    colours.push({ fill: theme.bg, edge: segment(-1, theme), hollow: true });
    return { colours, group: (i) => (run.label[i] < 0 ? k : run.label[i]) };
  }

  paint(moving) {
    if (!this.data?.set.at || this.chart.asTable) return;
    const w = this.stage.clientWidth, t = now();
    if (!w) return;
    this.scatter.resize(w, this.stage.clientHeight);
    const began = performance.now();
    this.scatter.draw({ ...this.shading(t), mask: this.app.selection.mask, background: t.bg, mute: t.mute, limit: moving && this.slow ? 60000 : Infinity });
    if (!moving) this.slow = performance.now() - began > 24;
    this.overlay();
  }

  // overlay draws what lies above the points: numbers, axes, the lasso, the hover.
  overlay() {
    const { over, scatter: p, data: { set, run } } = this, t = now(), dpr = p.dpr;
    over.width = p.canvas.width;
    over.height = p.canvas.height;
    const c = over.getContext('2d');
    c.scale(dpr, dpr);
    c.font = '11px system-ui, sans-serif';
    c.fillStyle = t.soft;
    c.textAlign = 'right';
    c.fillText(`component 1 · ${pct(set.explained[0])} of variance →`, p.w - 10, p.h - 8);
    c.save();
    c.translate(14, 10);
    c.rotate(-Math.PI / 2);
    c.fillText(`component 2 · ${pct(set.explained[1])} →`, 0, 0);
    c.restore();
    if (!this.colour.value && run.sizes.length > 1) this.numbers(c, run, t);
    this.hand.paint(c, t);
    const i = this.app.selection.hover;
    if (i >= 0) {
      c.beginPath();
      c.arc(p.X(set.at[2 * i]), p.Y(set.at[2 * i + 1]), 7, 0, 7);
      c.lineWidth = 2;
      c.strokeStyle = t.ink;
      c.stroke();
    }
  }

  // numbers puts each segment's number at its middle.
  numbers(c, run, t) {
    const mid = this.middles(), p = this.scatter;
    c.font = '600 12px system-ui, sans-serif';
    c.textAlign = 'center';
    c.textBaseline = 'middle';
    mid.forEach(([x, y], i) => {
      if (i > 29 || Number.isNaN(x)) return;
      const X = p.X(x), Y = p.Y(y);
      c.beginPath();
      c.arc(X, Y, 11, 0, 7);
      c.fillStyle = t.bg;
      c.fill();
      c.beginPath();
      c.arc(X, Y, 9.5, 0, 7);
      c.fillStyle = segment(i, t);
      c.fill();
      c.fillStyle = on(segment(i, t));
      c.fillText(i + 1, X, Y + 0.5);
    });
  }

  middles() {
    const { set, run } = this.data;
    if (run.middles) return run.middles;
    const k = run.sizes.length, sum = Array.from({ length: k }, () => [0, 0, 0]);
    for (let i = 0; i < run.label.length; i++) {
      const m = sum[run.label[i]];
      if (m) { m[0] += set.at[2 * i]; m[1] += set.at[2 * i + 1]; m[2]++; }
    }
    return (run.middles = sum.map(([x, y, n]) => [x / n, y / n]));
  }

  hovered(i, px, py) {
    const sel = this.app.selection;
    if (sel.hover === i) return;
    sel.hover = i;
    this.overlay();
    this.card.hidden = i < 0;
    if (i < 0) return;
    const { set, run } = this.data, l = run.label[i];
    put(this.card, h('b', {}, set.idList?.[i] || 'customer'), h('p', {}, chip(l), l < 0 ? 'Unassigned' : `${l + 1} ${segmentName(run, l)}`),
      run.sil && h('p', { class: 'hush' }, 'silhouette ' + score(run.sil[i])),
      h('dl', {}, set.columns.slice(0, 14).map((c) => c.v && [h('dt', {}, words(c.name)), h('dd', {}, num(c.v[i]), c.unit && h('span', { class: 'hush' }, ' ' + unit(c.unit, this.app)))])));
    const w = this.stage.clientWidth, cw = 230;
    this.card.style.left = (px + cw + 24 > w ? Math.max(0, px - cw - 14) : px + 14) + 'px';
    this.card.style.top = Math.max(0, Math.min(py - 20, this.stage.clientHeight - this.card.offsetHeight - 8)) + 'px';
  }

  key(e) { return this.hand.key(e) || super.key(e); }
  escape() { return this.hand.cancel(); }

  note() {
    const { set } = this.data, sum = set.explained[0] + set.explained[1];
    return `All ${whole(set.n)} customers. The two principal components show ${pct(sum)} of the variance (${pct(set.explained[0])} + ${pct(set.explained[1])})${sum < 0.6 ? ': what overlaps here may be apart in the rest' : ''}.`;
  }
  alt() {
    const { run, r } = this.data, n = run.label.length, big = run.sizes.indexOf(Math.max(...run.sizes));
    return `Map of ${this.app.study.title(r)}: ${plural(run.sizes.length, 'segment')} of ${whole(n)} customers; the largest, ${segmentName(run, big)}, has ${whole(run.sizes[big])}${run.noise ? `; ${whole(run.noise)} are unassigned` : ''}.`;
  }
  table() {
    const { run } = this.data, n = run.label.length, mid = this.middles();
    const out = [['segment', 'name', 'customers', 'share', 'component 1', 'component 2']];
    run.sizes.forEach((v, i) => out.push([String(i + 1), segmentName(run, i), whole(v), pct(v / n, 1), num(mid[i][0]), num(mid[i][1])]));
    if (run.noise) out.push([DASHED, 'Unassigned', whole(run.noise), pct(run.noise / n, 1), '', '']);
    return out;
  }

  // picture is the map for a file: the points as an image, everything else as text.
  picture(theme, width) {
    const { set, run } = this.data, ht = Math.round(width * 0.62), k = run.sizes.length;
    const canvas = h('canvas', {}), p = new Scatter(canvas);
    p.setPoints(set.at);
    p.cam = { ...this.scatter.cam };
    p.resize(width - 290, ht);
    p.dpr = 2;
    canvas.width = 2 * p.w;
    canvas.height = 2 * p.h;
    p.draw({ ...this.shading(theme), mask: this.app.selection.mask, background: theme.bg, mute: theme.mute });
    const g = sheet(width, ht, theme, this.alt());
    g.append(s('image', { href: canvas.toDataURL('image/png'), width: p.w, height: ht }), s('rect', { width: p.w, height: ht, fill: 'none', stroke: theme.faint }),
      text(p.w - 8, ht - 8, `component 1 (${pct(set.explained[0])})`, { 'text-anchor': 'end', 'font-size': 11, fill: theme.soft }),
      text(0, 0, `component 2 (${pct(set.explained[1])})`, { 'font-size': 11, fill: theme.soft, 'text-anchor': 'end', transform: 'translate(15 8) rotate(-90)' }));
    if (this.colour.value) g.append(text(p.w + 14, 16, 'coloured by ' + words(this.colour.value), { 'font-size': 11 }));
    else [...run.sizes.keys(), ...(run.noise ? [-1] : [])].forEach((i, row) => {
      const y = 12 + 20 * row;
      g.append(s('circle', { cx: p.w + 18, cy: y, r: 5, ...(i < 0 ? { fill: 'none', stroke: segment(-1, LIGHT) } : { fill: segment(i, theme), stroke: outline(i, theme) }) }),
        text(p.w + 30, y + 4, `${i < 0 ? '' : i + 1 + ' '}${clip(segmentName(run, i), 210)} · ${whole(i < 0 ? run.noise : run.sizes[i])}`, { 'font-size': 11 }));
    });
    if (!this.colour.value && k > 1) this.middles().forEach(([x, y], i) => g.append(s('circle', { cx: p.X(x), cy: p.Y(y), r: 9, fill: segment(i, theme), stroke: theme.bg, 'stroke-width': 1.5 }), text(p.X(x), p.Y(y) + 4, i + 1, { 'text-anchor': 'middle', 'font-weight': 600, fill: on(segment(i, theme)) })));
    return g;
  }
}

const DASHED = '–';

// spread is the 1st and 99th percentile: one customer must not eat the scale.
export function spread(v) {
  const x = Float32Array.from(v).filter((y) => !Number.isNaN(y)).sort();
  return x.length ? [x[Math.floor(x.length * 0.01)], x[Math.min(x.length - 1, Math.floor(x.length * 0.99))]] : [0, 1];
}
