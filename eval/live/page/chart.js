// A chart: an SVG drawn for a theme, its table twin, and ways to take it along.

import { h, s, button, download, copyText, csv, slug, toast } from './dom.js';
import { LIGHT, now } from './theme.js';

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

// canvas is an empty SVG of that size with a sentence for who cannot see it.
export function sheet(w, ht, theme, alt) {
  return s('svg', { viewBox: `0 0 ${w} ${ht}`, width: w, height: ht, role: 'img', 'aria-label': alt, 'font-family': FONT, 'font-size': 12, fill: theme.ink });
}

export const text = (x, y, t, props) => s('text', { x, y, ...props }, t);

// ticks are 3 to 6 round numbers over lo..hi.
export function ticks(lo, hi, want = 5) {
  if (!(hi > lo)) return [lo];
  const raw = (hi - lo) / want, p = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * p).find((v) => v >= raw);
  const out = [];
  for (let v = Math.ceil(lo / step - 1e-9) * step; v <= hi + step * 1e-9; v += step) out.push(Math.abs(v) < step * 1e-9 ? 0 : +v.toPrecision(12));
  return out;
}

// Chart frames a drawing. spec: {name, title, kind, alt(), draw(theme, width),
// table(), note(), command, body} – body stands in for the drawing on the page.
export class Chart {
  constructor(spec) {
    this.spec = spec;
    this.asTable = false;
    this.holder = h('div', { class: 'plot' });
    this.note = h('figcaption', { class: 'hush' });
    this.twin = button('Table', () => this.flip(), { class: 'quiet twin', 'aria-pressed': 'false', title: 'The same as a table (t)' });
    const menu = h('details', { class: 'menu' }, h('summary', { 'aria-label': 'Save or copy ' + spec.title }, 'Save'),
      h('div', { class: 'items', onclick: () => { menu.open = false; } },
        button('Save as SVG', () => this.saveSVG()),
        button('Save as PNG', () => this.savePNG()),
        button('Save as CSV', () => download(this.file('csv'), csv(this.spec.table()), 'text/csv')),
        button('Copy as PNG', () => this.copyPNG()),
        button('Copy as CSV', () => { copyText(csv(this.spec.table())); toast('Copied as CSV'); }),
        spec.command && button('Copy the command', () => { copyText(this.command()); toast(this.command()); })));
    this.el = h('figure', { class: 'chart ' + (spec.cls || ''), id: 'chart-' + spec.name },
      h('div', { class: 'chart-head' }, spec.title && h('h3', {}, spec.title), h('div', { class: 'tools' }, spec.tools, this.twin, menu)),
      this.holder, this.note);
    this.el.chart = this;
  }

  command() { const c = this.spec.command; return typeof c === 'function' ? c() : c; }
  file(ext) { return slug(document.title + ' ' + (this.spec.file?.() || this.spec.name)) + '.' + ext; }

  flip() {
    this.asTable = !this.asTable;
    this.twin.setAttribute('aria-pressed', String(this.asTable));
    this.render();
  }

  // render draws anew at the holder's width.
  render() {
    this.note.textContent = this.spec.note?.() || '';
    this.note.hidden = !this.note.textContent;
    if (this.asTable) {
      this.holder.replaceChildren(h('div', { class: 'scroll' }, table(this.spec.table(), this.spec.alt())));
      return;
    }
    if (this.spec.body) {
      if (this.holder.firstChild !== this.spec.body) this.holder.replaceChildren(this.spec.body);
      return;
    }
    const w = Math.max(260, Math.round(this.holder.clientWidth || 640));
    this.holder.replaceChildren(this.spec.draw(now(), w));
  }

  // exported is the drawing on white with its title and note, as text.
  exported(w = 900) {
    const g = this.spec.draw(LIGHT, w);
    const [, , gw, gh] = g.getAttribute('viewBox').split(' ').map(Number);
    const notes = lines(this.spec.note?.() || '', gw / 5.9);
    const out = sheet(gw + 32, gh + 62 + 15 * notes.length, LIGHT, this.spec.alt());
    g.setAttribute('x', 16);
    g.setAttribute('y', 44);
    out.append(s('rect', { width: '100%', height: '100%', fill: '#ffffff' }), text(16, 28, this.spec.file?.() || this.spec.title, { 'font-size': 16, 'font-weight': 600 }), g,
      ...notes.map((t, i) => text(16, gh + 64 + 15 * i, t, { 'font-size': 11, fill: LIGHT.soft })));
    out.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    return new XMLSerializer().serializeToString(out);
  }

  saveSVG() { download(this.file('svg'), this.exported(), 'image/svg+xml'); }

  async png(scale = 2) {
    const text = this.exported();
    const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
    try {
      const img = new Image();
      img.src = url;
      await img.decode();
      const c = h('canvas', { width: img.naturalWidth * scale, height: img.naturalHeight * scale });
      c.getContext('2d').drawImage(img, 0, 0, c.width, c.height);
      return await new Promise((ok) => c.toBlob(ok, 'image/png'));
    } finally {
      URL.revokeObjectURL(url);
    }
  }
  async savePNG() { download(this.file('png'), await this.png(), 'image/png'); }
  async copyPNG() {
    try {
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': this.png() })]);
      toast('Copied as PNG');
    } catch {
      toast('This browser does not let a page copy pictures: save it instead');
    }
  }
}

// table shows rows of text, the header first.
export function table(rows, caption) {
  const [head, ...body] = rows;
  return h('table', { class: 'plain' }, caption && h('caption', { class: 'sr' }, caption),
    h('thead', {}, h('tr', {}, head.map((c) => h('th', { scope: 'col' }, c)))),
    h('tbody', {}, body.map((r) => h('tr', {}, r.map((c, i) => (i ? h('td', { class: /^[−-]?[\d.,]+( %)?$|^–$/.test(c) ? 'n' : null }, c) : h('th', { scope: 'row' }, c)))))));
}

// wide is a text's width in pixels at 12 px.
const pen = document.createElement('canvas').getContext('2d');
export const wide = (t) => {
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(t).width;
};

// clip shortens a text to about that many pixels at 12 px.
export const clip = (t, px) => (t.length * 6.4 <= px ? t : t.slice(0, Math.max(1, Math.floor(px / 6.4) - 1)) + '…');

// lines breaks a text at spaces.
function lines(t, max) {
  const out = [];
  for (const w of t.split(' ').filter(Boolean)) {
    if (out.length && out.at(-1).length + w.length < max) out[out.length - 1] += ' ' + w;
    else out.push(w);
  }
  return out;
}

// fold breaks a text into two lines of about that many pixels at 11 px.
export function fold(t, px) {
  const max = Math.max(4, Math.floor(px / 5.9));
  if (t.length <= max) return [t];
  const at = t.lastIndexOf(' ', max);
  return at < 3 ? [clip(t, px)] : [t.slice(0, at), clip(t.slice(at + 1), px)];
}

// act makes an SVG element work like a button.
export const act = (label, f) => ({
  tabindex: 0, role: 'button', 'aria-label': label, class: 'act', onclick: f,
  onkeydown: (e) => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); f(e); } },
});
