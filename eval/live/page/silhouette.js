// Silhouette bands: each segment's customers, the best fitting first.

import { h, s, score, pct, plural, whole } from './dom.js';
import { Chart, sheet, text, ticks, act, clip } from './chart.js';
import { segment, outline } from './theme.js';
import { RunView, segmentName } from './runview.js';
import { plot } from './scorek.js';

export class SilhouetteView extends RunView {
  constructor(app) {
    super(app);
    this.chart = new Chart({
      name: 'silhouette', title: 'Silhouette of every customer, by segment', command: () => plot('silhouette', app.study, this.data.r),
      file: () => `Silhouette of ${app.study.title(this.data.r)} on ${this.data.set.name}`,
      alt: () => this.alt(), note: () => this.note(), table: () => this.table(), draw: (t, w) => this.draw(t, w),
    });
    this.why = h('p', { class: 'hush empty', hidden: true });
    this.body.append(this.why, this.chart.el);
  }

  show({ run, r }) {
    const e = r.scores.silhouette;
    this.why.hidden = !!run.sil;
    this.chart.el.hidden = !run.sil;
    if (run.sil) this.chart.render();
    else this.why.textContent = 'Undefined for this run: ' + (e?.reason || 'the silhouette was not computed');
  }

  // bands: each segment's values, the largest first, with whose they are.
  bands(run) {
    if (run.bands) return run.bands;
    const out = run.sizes.map(() => []);
    for (let i = 0; i < run.label.length; i++) if (run.label[i] >= 0 && !Number.isNaN(run.sil[i])) out[run.label[i]].push(i);
    run.bands = out.map((rows) => {
      rows.sort((a, b) => run.sil[b] - run.sil[a]);
      let sum = 0, below = 0;
      for (const i of rows) { sum += run.sil[i]; below += run.sil[i] < 0; }
      return { rows, mean: sum / rows.length, below };
    });
    return run.bands;
  }

  draw(theme, width) {
    const { run, r } = this.data, bands = this.bands(run), { mask } = this.app.selection;
    const n = bands.reduce((a, b) => a + b.rows.length, 0), k = bands.length, narrow = width < 560;
    const gap = 8, avail = Math.max(300, Math.min(520, 90 * k)), left = narrow ? 92 : 240, right = narrow ? 12 : 130, top = 24;
    const heights = bands.map((b) => Math.max(18, (avail * b.rows.length) / n)), H = top + heights.reduce((a, b) => a + b + gap, 0) + 36;
    let lo = 0;
    for (const b of bands) if (b.rows.length) lo = Math.min(lo, run.sil[b.rows.at(-1)]);
    lo = Math.max(-1, Math.floor(lo * 5) / 5);
    const hi = 1, X = (v) => left + ((width - left - right) * (v - lo)) / (hi - lo);
    const g = sheet(width, H, theme, this.alt()), foot = H - 30;
    for (const v of ticks(lo, hi, narrow ? 4 : 7)) g.append(s('line', { x1: X(v), x2: X(v), y1: top - 4, y2: foot, stroke: v ? theme.faint : theme.axis }), text(X(v), foot + 15, String(v).replace('-', '−'), { 'text-anchor': 'middle', 'font-size': 11, fill: theme.soft }));
    g.append(text(width - right, foot + 28, 'silhouette', { 'text-anchor': 'end', 'font-size': 11, fill: theme.soft }));
    let y = top;
    bands.forEach((b, i) => {
      const ht = heights[i], m = b.rows.length, steps = Math.max(1, Math.min(m, Math.round(ht)));
      const band = s('g', { ...act(`${segmentName(run, i)}: ${whole(m)} customers, mean silhouette ${score(b.mean)}; select`, (e) => this.toggle(i, e.shiftKey)) });
      band.append(s('rect', { x: 0, y: y - gap / 2, width, height: ht + gap, fill: 'transparent' }));
      // Each row of pixels shows the customers that fall on it: their mean.
      const rows = [], lit = [];
      for (let q = 0; q < steps; q++) {
        const a = Math.floor((q * m) / steps), z = Math.max(a + 1, Math.floor(((q + 1) * m) / steps));
        let sum = 0, on = 0;
        for (let j = a; j < z; j++) { sum += run.sil[b.rows[j]]; on += mask ? mask[b.rows[j]] : 0; }
        rows.push(sum / (z - a));
        lit.push(on / (z - a));
      }
      const at = (q) => y + (ht * q) / steps;
      const area = 'M' + X(0) + ' ' + y + rows.map((v, q) => `L${X(v).toFixed(1)} ${at(q).toFixed(1)}L${X(v).toFixed(1)} ${at(q + 1).toFixed(1)}`).join('') + `L${X(0)} ${y + ht}Z`;
      band.append(s('path', { d: area, fill: mask ? theme.mute : segment(i, theme), stroke: mask ? theme.mute : outline(i, theme), 'stroke-width': 0.8 }));
      if (mask) rows.forEach((v, q) => lit[q] && band.append(s('rect', { x: Math.min(X(0), X(v)), y: at(q), width: Math.abs(X(v) - X(0)), height: ht / steps + 0.4, fill: segment(i, theme), 'fill-opacity': 0.15 + 0.85 * lit[q] })));
      const mid = y + ht / 2;
      band.append(s('circle', { cx: 12, cy: mid - (narrow ? 0 : 4), r: 5.5, fill: segment(i, theme), stroke: outline(i, theme) }),
        text(24, mid + (narrow ? 4 : 0), narrow ? `${i + 1} · ${score(b.mean)}` : `${i + 1}  ` + clip(segmentName(run, i), left - 54), { 'font-weight': 600 }));
      if (!narrow) {
        if (ht > 26) band.append(text(24, mid + 15, plural(m, 'customer'), { 'font-size': 11, fill: theme.soft }));
        band.append(text(width - right + 12, mid + 0, 'mean ' + score(b.mean), { 'font-size': 12 }));
        if (b.below && ht > 26) band.append(text(width - right + 12, mid + 15, pct(b.below / m) + ' below 0', { 'font-size': 11, fill: theme.accent }));
      }
      band.append(s('title', {}, `${segmentName(run, i)}: mean ${score(b.mean)}, ${whole(b.below)} of ${whole(m)} below 0`));
      g.append(band);
      y += ht + gap;
    });
    const mean = r.scores.silhouette?.value;
    if (Number.isFinite(mean)) g.append(s('line', { x1: X(mean), x2: X(mean), y1: top - 6, y2: foot, stroke: theme.accent, 'stroke-dasharray': '5 4', 'stroke-width': 1.4, 'pointer-events': 'none' }), text(X(mean), top - 10, 'mean ' + score(mean), { 'text-anchor': 'middle', 'font-size': 11, fill: theme.accent }));
    return g;
  }

  note() {
    const { run, r } = this.data, e = r.scores.silhouette;
    let t = '1 = much nearer to its own segment than to the next, 0 = on the border, below 0 = nearer to another.';
    if (run.noise) t += ` ${whole(run.noise)} unassigned customers are left out of the bands${e?.noise === 'one_cluster' ? '; in the mean they count as one segment' : ''}.`;
    if (e?.sampled) t += ` The mean is of a sample of ${whole(e.sampled)}.`;
    return t;
  }
  alt() {
    const { run, r } = this.data, b = this.bands(run), worst = b.reduce((w, x, i) => (x.mean < b[w].mean ? i : w), 0);
    return `Silhouette of ${this.app.study.title(r)}: mean ${score(r.scores.silhouette?.value)}. ${b.map((x, i) => `Segment ${i + 1} ${score(x.mean)}`).join(', ')}. The weakest is ${segmentName(run, worst)}.`;
  }
  table() {
    const { run } = this.data;
    return [['segment', 'name', 'customers', 'mean', 'below 0'], ...this.bands(run).map((b, i) => [String(i + 1), segmentName(run, i), whole(b.rows.length), score(b.mean), whole(b.below)])];
  }
}
