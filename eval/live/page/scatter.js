// Points painted by the processor into one image: no graphics card needed, the same
// pixels everywhere, a million points in a few hundredths of a second.

import { rgb } from './theme.js';

export class Scatter {
  constructor(canvas) {
    this.canvas = canvas;
    this.ctx = canvas.getContext('2d');
    this.at = null;
    this.cam = { x: 0, y: 0, zoom: 1 }; // centre in data units; 1 = everything fits
  }

  setPoints(at) {
    if (this.at === at) return;
    this.at = at;
    const n = at.length / 2, lo = [Infinity, Infinity], hi = [-Infinity, -Infinity];
    for (let i = 0; i < n; i++) for (let c = 0; c < 2; c++) {
      const v = at[2 * i + c];
      if (v < lo[c]) lo[c] = v;
      if (v > hi[c]) hi[c] = v;
    }
    if (!n) { lo.fill(0); hi.fill(1); }
    this.box = { lo, hi };
    this.home();
    this.grid = null;
  }

  home() { this.cam = { x: (this.box.lo[0] + this.box.hi[0]) / 2, y: (this.box.lo[1] + this.box.hi[1]) / 2, zoom: 1 }; }

  resize(w, h) {
    this.dpr = Math.min(devicePixelRatio || 1, 2);
    this.w = w;
    this.h = h;
    const W = Math.round(w * this.dpr), H = Math.round(h * this.dpr);
    if (this.canvas.width !== W || this.canvas.height !== H) {
      this.canvas.width = W;
      this.canvas.height = H;
      this.image = null;
    }
  }

  // scale is pixels (CSS) a data unit: one for both axes, distances are Euclidean.
  get scale() {
    const { lo, hi } = this.box, pad = 28;
    return this.cam.zoom * Math.min((this.w - 2 * pad) / (hi[0] - lo[0] || 1), (this.h - 2 * pad) / (hi[1] - lo[1] || 1));
  }
  X(x) { return this.w / 2 + (x - this.cam.x) * this.scale; }
  Y(y) { return this.h / 2 - (y - this.cam.y) * this.scale; }
  dataX(px) { return this.cam.x + (px - this.w / 2) / this.scale; }
  dataY(py) { return this.cam.y - (py - this.h / 2) / this.scale; }

  zoom(by, px = this.w / 2, py = this.h / 2) {
    const x = this.dataX(px), y = this.dataY(py);
    this.cam.zoom = Math.max(0.5, Math.min(400, this.cam.zoom * by));
    this.cam.x = x - (px - this.w / 2) / this.scale;
    this.cam.y = y + (py - this.h / 2) / this.scale;
  }
  pan(dx, dy) {
    this.cam.x -= dx / this.scale;
    this.cam.y += dy / this.scale;
  }

  radius() {
    const n = this.at.length / 2;
    const r = n < 1500 ? 4 : n < 6000 ? 3.2 : n < 20000 ? 2.5 : n < 80000 ? 1.8 : 1.2;
    return r * Math.min(2.2, Math.max(1, this.cam.zoom ** 0.3)) * this.dpr;
  }

  // draw paints the points. colours: [{fill, edge, hollow}]; group(i) is a point's
  // place in it; mask dims what is not selected; limit draws a fair first part.
  draw({ colours, group, mask, background, mute, limit = Infinity }) {
    const { canvas: { width: W, height: H }, ctx, at, dpr } = this;
    this.image ||= ctx.createImageData(W, H);
    const px = new Uint32Array(this.image.data.buffer);
    px.fill(word(rgb(background)));
    const r = this.radius(), stamp = stampOf(r), ring = stampOf(r, true), cols = colours.map((c) => ({ ...c, f: rgb(c.fill), e: rgb(c.edge) }));
    const grey = { f: rgb(mute), e: rgb(mute) };
    const sc = this.scale * dpr, ox = W / 2 - this.cam.x * sc, oy = H / 2 + this.cam.y * sc, n = Math.min(at.length / 2, limit);
    const pass = (chosen) => {
      for (let i = 0; i < n; i++) {
        if (mask && !!mask[i] !== chosen) continue;
        const x = ox + at[2 * i] * sc, y = oy - at[2 * i + 1] * sc;
        if (x < -r || y < -r || x > W + r || y > H + r) continue;
        const c = cols[group(i)];
        if (!c) continue;
        blit(px, W, H, x, y, c.hollow ? ring : stamp, chosen || !mask ? c : grey);
      }
    };
    if (mask) pass(false);
    pass(true);
    ctx.putImageData(this.image, 0, 0);
  }

  // nearest is the point within reach of a pixel, or −1.
  nearest(px, py, reach = 10) {
    this.grid ||= this.index();
    const { cell, first, list, side, lo } = this.grid, d = reach / this.scale, x = this.dataX(px), y = this.dataY(py);
    const c0 = clamp((x - d - lo[0]) / cell[0], side), c1 = clamp((x + d - lo[0]) / cell[0], side), r0 = clamp((y - d - lo[1]) / cell[1], side), r1 = clamp((y + d - lo[1]) / cell[1], side);
    let best = -1, bd = d * d;
    for (let r = r0; r <= r1; r++) for (let c = c0; c <= c1; c++) for (let k = first[r * side + c]; k < first[r * side + c + 1]; k++) {
      const i = list[k], q = (this.at[2 * i] - x) ** 2 + (this.at[2 * i + 1] - y) ** 2;
      if (q <= bd) { bd = q; best = i; }
    }
    return best;
  }

  index() {
    const n = this.at.length / 2, side = Math.max(1, Math.min(512, Math.round(Math.sqrt(n / 4)))), { lo, hi } = this.box;
    const cell = [(hi[0] - lo[0]) / side || 1, (hi[1] - lo[1]) / side || 1], first = new Uint32Array(side * side + 1), where = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      where[i] = clamp((this.at[2 * i + 1] - lo[1]) / cell[1], side) * side + clamp((this.at[2 * i] - lo[0]) / cell[0], side);
      first[where[i] + 1]++;
    }
    for (let i = 0; i < side * side; i++) first[i + 1] += first[i];
    const next = first.slice(), list = new Uint32Array(n);
    for (let i = 0; i < n; i++) list[next[where[i]]++] = i;
    return { cell, first, list, side, lo };
  }
}

const clamp = (v, side) => Math.max(0, Math.min(side - 1, Math.floor(v)));
const word = ([r, g, b]) => (255 << 24 | b << 16 | g << 8 | r) >>> 0;

// stampOf is a disc: coverage of the body and of the edge of each pixel, 0..256.
const stamps = new Map();
function stampOf(r, hollow) {
  const key = r.toFixed(2) + hollow;
  if (stamps.has(key)) return stamps.get(key);
  const R = Math.ceil(r + 0.5), side = 2 * R + 1, body = new Uint16Array(side * side), edge = new Uint16Array(side * side), thin = r < 2 ? 0 : 1;
  const cover = (d, rr) => Math.max(0, Math.min(1, rr - d + 0.5));
  for (let y = -R; y <= R; y++) for (let x = -R; x <= R; x++) {
    const d = Math.hypot(x, y), all = cover(d, r), inside = cover(d, r - thin), i = (y + R) * side + x + R;
    body[i] = hollow && r >= 1.5 ? 0 : Math.round(256 * (thin ? inside : all) * 0.92);
    edge[i] = hollow && r >= 1.5 ? Math.round(256 * (all - cover(d, r - 1.1))) : Math.round(256 * (all - inside) * 0.8);
  }
  const out = { R, side, body, edge };
  stamps.set(key, out);
  return out;
}

function blit(px, W, H, x, y, { R, side, body, edge }, { f, e }) {
  const cx = Math.round(x), cy = Math.round(y);
  for (let dy = -R; dy <= R; dy++) {
    const Y = cy + dy;
    if (Y < 0 || Y >= H) continue;
    for (let dx = -R; dx <= R; dx++) {
      const X = cx + dx, k = (dy + R) * side + dx + R, b = body[k], g = edge[k];
      if (X < 0 || X >= W || !(b | g)) continue;
      const at = Y * W + X, old = px[at], keep = 256 - Math.min(256, b + g);
      const red = ((old & 255) * keep + f[0] * b + e[0] * g) >> 8, green = ((old >> 8 & 255) * keep + f[1] * b + e[1] * g) >> 8, blue = ((old >> 16 & 255) * keep + f[2] * b + e[2] * g) >> 8;
      px[at] = (255 << 24 | Math.min(255, blue) << 16 | Math.min(255, green) << 8 | Math.min(255, red)) >>> 0;
    }
  }
}
