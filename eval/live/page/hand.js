// The hand on the map: moving, zooming, lasso and box.

import { h, button } from './dom.js';

const TOOLS = [['pan', 'Move', 'drag to move, scroll to zoom'], ['lasso', 'Lasso', 'draw around customers; shift adds, alt takes away'], ['box', 'Box', 'drag a box; shift adds, alt takes away']];

export class Hand {
  constructor(view) {
    this.view = view;
    this.tool = 'pan';
    this.tabs = TOOLS.map(([id, name, tip]) => button(name, () => this.use(id), { class: 'quiet', title: tip, 'aria-pressed': String(id === 'pan') }));
    this.buttons = h('span', { class: 'seg', role: 'group', 'aria-label': 'Tool' }, this.tabs);
    this.path = null;
    const el = view.stage;
    el.addEventListener('pointerdown', (e) => this.down(e));
    el.addEventListener('pointermove', (e) => this.move(e));
    el.addEventListener('pointerup', (e) => this.up(e));
    el.addEventListener('pointercancel', () => this.cancel());
    el.addEventListener('pointerleave', () => { if (!this.from) view.data && view.hovered(-1); });
    el.addEventListener('wheel', (e) => {
      e.preventDefault();
      view.scatter.zoom(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0016)), ...this.at(e));
      this.moved();
    }, { passive: false });
    el.addEventListener('dblclick', () => { view.scatter.home(); view.paint(); });
  }

  use(id) {
    this.tool = id;
    TOOLS.forEach(([x], i) => this.tabs[i].setAttribute('aria-pressed', String(x === id)));
    this.view.stage.dataset.tool = id;
  }

  at(e) {
    const r = this.view.stage.getBoundingClientRect();
    return [e.clientX - r.left, e.clientY - r.top];
  }

  down(e) {
    if (e.button || !this.view.data?.set.at) return;
    try { this.view.stage.setPointerCapture(e.pointerId); } catch { /* the pointer is gone again */ }
    this.from = this.last = this.at(e);
    const tool = this.tool === 'pan' && e.shiftKey ? 'lasso' : this.tool;
    this.path = tool === 'pan' ? null : [this.from];
    this.boxed = tool === 'box';
    this.view.hovered(-1);
  }

  move(e) {
    const { view } = this, p = this.at(e);
    if (!view.data?.set.at) return;
    if (!this.from) {
      view.hovered(view.scatter.nearest(...p), ...p);
      return;
    }
    if (this.path) {
      if (this.boxed) this.path = [this.from, [p[0], this.from[1]], p, [this.from[0], p[1]]];
      else this.path.push(p);
      view.overlay();
    } else {
      view.scatter.pan(p[0] - this.last[0], p[1] - this.last[1]);
      this.moved();
    }
    this.last = p;
  }

  up(e) {
    if (!this.from) return;
    const { view, path } = this, p = this.at(e), still = Math.hypot(p[0] - this.from[0], p[1] - this.from[1]) < 4;
    this.from = this.path = null;
    if (path && path.length > 2 && !still) { this.select(path, e.shiftKey && this.tool !== 'pan' ? 'add' : e.altKey ? 'remove' : 'set'); return; }
    if (still) {
      const i = view.scatter.nearest(...p), l = i < 0 ? null : view.data.run.label[i];
      if (l === null) { view.app.selection.clear(); view.app.go({ seg: '' }); } else if (l >= 0) view.toggle(l, e.shiftKey);
    }
    view.paint();
  }

  cancel() {
    const was = !!this.from;
    this.from = this.path = null;
    if (was) this.view.paint();
    return was;
  }

  // moved draws soon; on a slow machine a fair part first, all of it at rest.
  moved() {
    const { view } = this;
    if (!this.asked) {
      this.asked = true;
      requestAnimationFrame(() => { this.asked = false; view.paint(true); });
    }
    clearTimeout(this.rest);
    this.rest = setTimeout(() => view.slow && view.paint(), 120);
  }

  select(path, mode) {
    const { view } = this, { at } = view.data.set, p = view.scatter;
    const poly = path.map(([x, y]) => [p.dataX(x), p.dataY(y)]);
    const xs = poly.map((q) => q[0]), ys = poly.map((q) => q[1]), x0 = Math.min(...xs), x1 = Math.max(...xs), y0 = Math.min(...ys), y1 = Math.max(...ys);
    view.app.selection.choose(at.length / 2, (i) => {
      const x = at[2 * i], y = at[2 * i + 1];
      if (x < x0 || x > x1 || y < y0 || y > y1) return false;
      let inside = false;
      for (let a = 0, b = poly.length - 1; a < poly.length; b = a++) {
        const [ax, ay] = poly[a], [bx, by] = poly[b];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      }
      return inside;
    }, mode);
    view.app.go({ seg: '' });
  }

  key(e) {
    const p = this.view.scatter, step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[e.key];
    if (!p.at) return false;
    if (step && document.activeElement === this.view.stage) p.pan(...step);
    else if (e.key === '+' || e.key === '=') p.zoom(1.3);
    else if (e.key === '-') p.zoom(1 / 1.3);
    else if (e.key === '0') p.home();
    else return false;
    this.view.paint();
    return true;
  }

  paint(c, t) {
    if (!this.path) return;
    c.beginPath();
    this.path.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.closePath();
    c.fillStyle = t.ink + '14';
    c.fill();
    c.setLineDash([5, 4]);
    c.lineWidth = 1.5;
    c.strokeStyle = t.ink;
    c.stroke();
    c.setLineDash([]);
  }
}
