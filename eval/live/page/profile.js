// The profile: what every segment is like in every feature, in the feature's own
// unit; and how a feature is distributed in each.

import { s, add, num, whole, words } from './dom.js';
import { Chart, sheet, text, ticks, act, clip, fold } from './chart.js';
import { segment, line, diverging, on } from './theme.js';
import { RunView, segmentName, unit } from './runview.js';
import { plot } from './scorek.js';
import { spread } from './map.js';

export class ProfileView extends RunView {
  constructor(app) {
    super(app);
    const name = (what) => () => `${what} of ${app.study.title(this.data.r)} on ${this.data.set.name}`;
    this.heat = new Chart({
      name: 'profile', title: 'Segments × features', command: () => plot('heatmap', app.study, this.data.r), file: name('Profile'),
      alt: () => this.alt(), note: () => 'Numbers are means in the feature’s own unit. Colour is how many standard deviations a mean lies above (orange) or below (blue) everyone’s. Click a cell to see the distribution.',
      table: () => this.table(), draw: (t, w) => this.draw(t, w),
    });
    this.dist = new Chart({
      name: 'distribution', title: 'Distribution', file: () => name('Distribution of ' + words(this.feature()))(),
      alt: () => this.distAlt(), note: () => this.distNote(), table: () => this.distTable(), draw: (t, w) => this.ridges(t, w),
    });
    this.body.append(this.heat.el, this.dist.el);
  }

  feature() {
    const { set } = this.data;
    return set.columns.find((c) => c.name === this.app.url.feature)?.name || set.columns[0].name;
  }

  show({ set }) {
    this.heat.render();
    const c = set.columns.find((x) => x.name === this.feature());
    this.dist.el.querySelector('h3').textContent = words(c.name).replace(/^./, (x) => x.toUpperCase()) + ' by segment';
    if (c.v) this.dist.render();
    else this.app.arrays.column(c).then((v) => { c.v = v; this.app.changed('data'); });
  }

  // Features stand in rows, so that their names read; segments in columns.
  draw(theme, width) {
    const { set, run } = this.data, k = run.sizes.length, all = [...run.sizes.keys()];
    if (run.unassigned) all.push(-1);
    const left = Math.min(220, Math.max(110, width * 0.24)), cw = Math.max(46, Math.min(130, (width - left - 4) / (all.length + 1))), rh = 30, top = 72;
    const W = Math.max(width, left + cw * (all.length + 1)), blocks = [];
    set.columns.forEach((c, j) => { if (blocks.at(-1)?.name !== c.block) blocks.push({ name: c.block, rows: [] }); blocks.at(-1).rows.push(j); });
    const H = top + set.columns.length * rh + blocks.length * 22 + 40, g = sheet(W, H, theme, this.alt()), picked = this.app.selection.segment, chosen = this.feature();
    const colX = (i) => left + cw * (i + 1);
    g.append(text(left + cw / 2, 47, 'everyone', { 'text-anchor': 'middle', fill: theme.soft }), text(left + cw / 2, 62, whole(run.label.length), { 'text-anchor': 'middle', 'font-size': 11, fill: theme.soft }));
    all.forEach((i, col) => {
      const x = colX(col) + cw / 2, e = s('g', act(`${segmentName(run, i)}: select`, (ev) => this.toggle(i, ev.shiftKey)));
      add(e, s('rect', { x: colX(col), y: 0, width: cw, height: top - 4, fill: 'transparent' }), s('circle', { cx: x, cy: 12, r: 9, fill: i < 0 ? theme.bg : segment(i, theme), stroke: i < 0 ? segment(-1, theme) : picked === i ? theme.ink : 'none', 'stroke-width': 2 }),
        text(x, 16, i < 0 ? '' : i + 1, { 'text-anchor': 'middle', 'font-weight': 600, fill: i < 0 ? theme.ink : on(segment(i, theme)) }),
        fold(segmentName(run, i), cw - 6).map((l, n) => text(x, 34 + 13 * n, l, { 'text-anchor': 'middle', 'font-size': 11 })), text(x, 62, whole(i < 0 ? run.noise : run.sizes[i]), { 'text-anchor': 'middle', 'font-size': 11, fill: theme.soft }), s('title', {}, segmentName(run, i)));
      g.append(e);
    });
    let y = top;
    for (const b of blocks) {
      g.append(text(0, y + 15, words(b.name), { 'font-size': 11, 'font-weight': 600, fill: theme.soft, 'letter-spacing': '.04em' }));
      y += 22;
      for (const j of b.rows) {
        const c = set.columns[j], o = run.overall[j], label = clip(words(c.name), left - 30);
        const name = text(0, y + rh / 2 + 4, label, { 'font-weight': c.name === chosen ? 700 : 400 });
        if (c.unit && c.unit !== 'count' && words(c.name).length * 6.4 < left - 70) name.append(s('tspan', { dx: 6, fill: theme.soft, 'font-size': 11, 'font-weight': 400 }, unit(c.unit, this.app)));
        name.append(s('title', {}, c.doc));
        g.append(name, text(left + cw / 2, y + rh / 2 + 4, num(o.mean), { 'text-anchor': 'middle', fill: theme.soft, class: 'tn' }));
        all.forEach((i, col) => {
          const cell = i < 0 ? run.unassigned[j] : run.segments[i][j], none = cell.z === null || cell.z === undefined, bg = none ? theme.bg : diverging(cell.z / 1.6, theme);
          const e = s('g', act(`${segmentName(run, i)}, ${words(c.name)}: ${none ? cell.reason || 'undefined' : `${num(cell.mean)}, everyone ${num(o.mean)}`}`, () => this.app.go({ feature: c.name })));
          e.append(s('rect', { x: colX(col) + 1, y: y + 1, width: cw - 2, height: rh - 2, rx: 3, fill: bg, stroke: c.name === chosen ? theme.soft : 'none' }),
            text(colX(col) + cw / 2, y + rh / 2 + 4, none && cell.mean === null ? '–' : num(cell.mean), { 'text-anchor': 'middle', fill: on(bg), class: 'tn', opacity: picked !== null && picked !== i ? 0.45 : 1 }),
            s('title', {}, none ? cell.reason || 'undefined' : `${c.doc}: ${num(cell.mean)} on average, half of them between ${num(cell.q25)} and ${num(cell.q75)}; ${num(cell.z)} standard deviations from everyone`));
          g.append(e);
        });
        y += rh;
      }
    }
    const kx = left + cw;
    for (let i = 0; i < 33; i++) g.append(s('rect', { x: kx + i * 5, y: y + 12, width: 5.3, height: 8, fill: diverging(i / 16 - 1, theme) }));
    g.append(text(kx, y + 34, '−1.6 sd', { 'font-size': 11, fill: theme.soft }), text(kx + 82, y + 34, 'as everyone', { 'font-size': 11, fill: theme.soft, 'text-anchor': 'middle' }), text(kx + 165, y + 34, '+1.6 sd', { 'font-size': 11, fill: theme.soft, 'text-anchor': 'end' }));
    if (!k) g.append(text(left, top, 'no segment', { fill: theme.soft }));
    return g;
  }

  // binned counts a feature by segment over common bins, on a log axis where it
  // is skewed and positive.
  binned() {
    const { set, run } = this.data, c = set.columns.find((x) => x.name === this.feature()), [p1, p99] = spread(c.v);
    let least = Infinity;
    for (const v of c.v) if (v < least) least = v;
    const log = least >= 0 && (c.unit === 'money' || c.unit === 'days' || c.unit === 'count') && p99 > 20 * Math.max(p1, 0.5);
    const f = log ? Math.log1p : (v) => v, back = log ? Math.expm1 : (v) => v, lo = f(p1), hi = Math.max(f(p99), lo + 1e-9), B = 48;
    const rows = [...run.sizes.keys()];
    if (run.noise) rows.push(-1);
    const k = run.sizes.length, bins = rows.map(() => new Float64Array(B)), totals = rows.map(() => 0);
    for (let i = 0; i < c.v.length; i++) {
      if (Number.isNaN(c.v[i])) continue;
      const row = run.label[i] < 0 ? k : run.label[i], b = Math.max(0, Math.min(B - 1, Math.floor(((f(c.v[i]) - lo) / (hi - lo)) * B)));
      bins[row][b]++;
      totals[row]++;
    }
    return { c, rows, bins, totals, f, back, lo, hi, B, log, j: set.columns.indexOf(c) };
  }

  ridges(theme, width) {
    const { run } = this.data, { c, rows, bins, totals, f, back, lo, hi, B, log, j } = this.binned(), narrow = width < 560;
    const left = narrow ? 60 : 236, rh = 46, top = 14, H = top + rows.length * rh + 40, g = sheet(width, H, theme, this.distAlt()), w = width - left - 16;
    const X = (v) => left + (w * (Math.max(lo, Math.min(hi, f(v))) - lo)) / (hi - lo), picked = this.app.selection.segment, base = top + rows.length * rh + 4;
    const marks = log ? [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000].filter((v) => f(v) >= lo && f(v) <= hi) : ticks(lo, hi, 6);
    let last = -99;
    for (const v of marks) {
      if (X(v) - last < 44) continue;
      last = X(v);
      g.append(s('line', { x1: X(v), x2: X(v), y1: top, y2: base, stroke: theme.faint }), text(X(v), base + 14, num(v), { 'text-anchor': 'middle', 'font-size': 11, fill: theme.soft }));
    }
    g.append(text(width - 16, base + 29, words(c.name) + (c.unit ? `, ${unit(c.unit, this.app) || c.unit}` : '') + (log ? ' (log scale)' : ''), { 'text-anchor': 'end', 'font-size': 11, fill: theme.soft }));
    rows.forEach((i, row) => {
      const y = top + (row + 1) * rh, peak = Math.max(...bins[row]) || 1, on = picked === null || picked === i;
      const pts = Array.from(bins[row], (v, b) => `L${(left + (w * (b + 0.5)) / B).toFixed(1)} ${(y - ((rh - 10) * smooth(bins[row], b)) / peak).toFixed(1)}`).join('');
      const e = s('g', { ...act(`${segmentName(run, i)}: select`, (ev) => this.toggle(i, ev.shiftKey)), opacity: on ? 1 : 0.3 });
      e.append(s('rect', { x: 0, y: y - rh, width, height: rh, fill: 'transparent' }), s('path', { d: `M${left} ${y}${pts}L${left + w} ${y}Z`, fill: i < 0 ? 'none' : segment(i, theme), 'fill-opacity': 0.75, stroke: line(i, theme), 'stroke-width': 1.2 }));
      const cell = i < 0 ? run.unassigned?.[j] : run.segments[i][j];
      if (cell && cell.median !== null) e.append(s('line', { x1: X(cell.q25), x2: X(cell.q75), y1: y - 3, y2: y - 3, stroke: theme.ink, 'stroke-width': 2 }), s('circle', { cx: X(cell.median), cy: y - 3, r: 3.6, fill: theme.bg, stroke: theme.ink, 'stroke-width': 1.6 }));
      e.append(s('circle', { cx: 12, cy: y - 18, r: 5.5, fill: i < 0 ? theme.bg : segment(i, theme), stroke: line(i, theme) }), text(24, y - 14, narrow ? (i < 0 ? '' : i + 1) : (i < 0 ? '' : i + 1 + '  ') + clip(segmentName(run, i), left - 60), { 'font-weight': 600 }));
      if (!narrow) e.append(text(24, y, cell && cell.median !== null ? 'median ' + num(cell.median) : whole(totals[row]), { 'font-size': 11, fill: theme.soft }));
      g.append(e);
    });
    return g;
  }

  distNote() { const { c } = this.binned(); return `${c.doc.replace(/^./, (x) => x.toUpperCase()).replace(/\.$/, '')}. Each curve has the same height; dot = median, bar = the middle half. The lowest and highest hundredth stand at the edges.`; }
  distAlt() { return `Distribution of ${words(this.feature())} in each segment.`; }
  distTable() {
    const { run } = this.data, { rows, j } = this.binned();
    return [['segment', 'name', 'customers', 'mean', 'sd', '25 %', 'median', '75 %'], ...rows.map((i) => { const x = i < 0 ? run.unassigned[j] : run.segments[i][j]; return [i < 0 ? '–' : String(i + 1), segmentName(run, i), whole(x.n), num(x.mean), num(x.sd), num(x.q25), num(x.median), num(x.q75)]; })];
  }

  alt() {
    const { set, run } = this.data;
    let best = [0, 0, 0];
    run.segments.forEach((row, i) => row.forEach((c, j) => { if (Math.abs(c.z) > Math.abs(best[2])) best = [i, j, c.z]; }));
    const [i, j] = best;
    return `Profile of ${run.sizes.length} segments in ${set.columns.length} features. What stands out most: ${segmentName(run, i)}, ${words(set.columns[j].name)} ${num(run.segments[i]?.[j]?.mean)} against ${num(run.overall[j].mean)}.`;
  }
  table() {
    const { set, run } = this.data, head = ['feature', 'unit', 'everyone', ...run.sizes.map((_, i) => `${i + 1} ${segmentName(run, i)}`)];
    return [head, ...set.columns.map((c, j) => [words(c.name), unit(c.unit, this.app) || c.unit, num(run.overall[j].mean), ...run.segments.map((r) => num(r[j].mean))])];
  }
}

const smooth = (b, i) => ((b[i - 1] ?? b[i]) + 2 * b[i] + (b[i + 1] ?? b[i])) / 4;
