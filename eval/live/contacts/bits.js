// Small drawings.

import { h, s } from '/page/dom.js';
import { segment, line } from '/page/theme.js';

// dot is a segment's colour; hollow for those in none.
export const dot = (label) => s('svg', { class: 'dot-of', width: 11, height: 11, viewBox: '0 0 11 11', 'aria-hidden': 'true' },
  s('circle', { cx: 5.5, cy: 5.5, r: 4.2, fill: label < 0 ? 'none' : segment(label), stroke: line(label), 'stroke-width': 1.3 }));

// spark is a line through values, of equal or of given places.
export function spark(n, at, colour, wide = 96, high = 24) {
  let lo = Math.min(...n), hi = Math.max(...n);
  if (hi - lo < 1e-9) { lo -= 1; hi += 1; }
  const t0 = at ? at[0] : 0, t1 = at ? at.at(-1) : n.length - 1;
  const x = (i) => (t1 > t0 ? 2 + ((at ? at[i] : i) - t0) / (t1 - t0) * (wide - 5) : wide - 3), y = (v) => high - 3 - (v - lo) / (hi - lo) * (high - 6);
  return s('svg', { class: 'spark', width: wide, height: high, viewBox: `0 0 ${wide} ${high}`, 'aria-hidden': 'true' },
    s('polyline', { points: n.map((v, i) => x(i).toFixed(1) + ',' + y(v).toFixed(1)).join(' '), fill: 'none', stroke: colour, 'stroke-width': 1.5, 'stroke-linejoin': 'round' }),
    s('circle', { cx: x(n.length - 1), cy: y(n.at(-1)), r: 2.2, fill: colour }));
}

// bar is a share of a whole.
export const bar = (share, colour) => h('span', { class: 'share-bar', 'aria-hidden': 'true' }, h('i', { style: { width: Math.max(0, Math.min(1, share)) * 100 + '%', background: colour } }));

// name is a segment as it is written everywhere.
export const name = (label, text) => h('span', { class: 'seg-name' }, dot(label), h('bdi', {}, text));
