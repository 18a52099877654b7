// Building blocks: elements, text, numbers as people read them. Strings reach the
// page as text nodes and attributes only, never as markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(el, props, children) {
  for (const [k, v] of Object.entries(props || {})) {
    if (v === undefined || v === null || v === false) continue;
    if (k.startsWith('on')) el.addEventListener(k.slice(2), v);
    else if (k === 'style') for (const [p, x] of Object.entries(v)) el.style.setProperty(p, x);
    else if (k === 'text') el.textContent = v;
    else if (k === 'value' || k === 'checked' || k === 'selected') el[k] = v;
    else el.setAttribute(k, v === true ? '' : v);
  }
  addAll(el, children);
  return el;
}

function addAll(el, children) {
  for (const c of children) {
    if (c === null || c === undefined || c === false) continue;
    if (Array.isArray(c)) addAll(el, c);
    else el.append(c.nodeType ? c : document.createTextNode(c));
  }
}

// add appends what is there; lists are appended one by one.
export const add = (el, ...children) => addAll(el, children);

// h makes an HTML element, s one of SVG.
export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);
export const s = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);

// put replaces what is in el, leaving out what is not there.
export function put(el, ...children) {
  el.replaceChildren();
  addAll(el, children);
}

export const button = (text, onclick, props) => h('button', { type: 'button', onclick, ...props }, text);

// Numbers. Undefined is a dash, never a zero.
export const DASH = '–';
const known = (v) => typeof v === 'number' && Number.isFinite(v);

export function num(v, digits = 3) {
  if (!known(v)) return DASH;
  const a = Math.abs(v);
  if (a !== 0 && a < 0.001) return minus(v.toExponential(1));
  if (a >= 1000) return minus(Math.round(v).toLocaleString('en'));
  if (a >= 100) return minus(v.toFixed(0));
  const d = a >= 10 ? digits - 2 : a >= 1 ? digits - 1 : digits - 1;
  return minus(v.toFixed(Math.max(0, d)).replace(/^(-?\d+)\.0+$/, '$1'));
}
export const score = (v) => {
  if (!known(v)) return DASH;
  const a = Math.abs(v);
  return minus(a >= 1000 ? Math.round(v).toLocaleString('en') : v.toFixed(a >= 100 ? 0 : a >= 10 ? 1 : 3));
};
export const whole = (v) => (known(v) ? Math.round(v).toLocaleString('en') : DASH);
export const pct = (v, d = 0) => (v > 0 && v < 0.0005 ? '< 0.1 %' : known(v) ? minus((100 * v).toFixed(v > 0 && v < 0.005 && d === 0 ? 1 : d)) + ' %' : DASH);
const minus = (t) => t.replace('-', '−');

export function duration(sec) {
  if (!known(sec)) return DASH;
  if (sec < 0.001) return '< 1 ms';
  if (sec < 1) return Math.round(sec * 1000) + ' ms';
  if (sec < 60) return sec.toFixed(sec < 10 ? 1 : 0) + ' s';
  const m = Math.floor(sec / 60);
  return m < 60 ? m + ' min ' + Math.round(sec % 60) + ' s' : Math.floor(m / 60) + ' h ' + (m % 60) + ' min';
}

export const plural = (n, one, many = one + 's') => whole(n) + ' ' + (n === 1 ? one : many);

// words turns snake_case into words.
export const words = (name) => name.replaceAll('_', ' ');
const TITLES = { silhouette: 'Silhouette', calinski_harabasz: 'Calinski–Harabasz', davies_bouldin: 'Davies–Bouldin', adjusted_rand: 'Adjusted Rand', adjusted_mutual_info: 'Adjusted mutual info', xie_beni: 'Xie–Beni', dbcv: 'DBCV', pbm: 'PBM', wcnn: 'WCNN', dunnowa: 'DuNN', bic: 'BIC', icl: 'ICL' };
export const title = (metric) => TITLES[metric] || words(metric).replace(/^./, (c) => c.toUpperCase());

// A file's name from anything.
export const slug = (t) => t.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 80) || 'mores';

export function download(name, data, type) {
  const url = URL.createObjectURL(data instanceof Blob ? data : new Blob([data], { type }));
  const a = h('a', { href: url, download: name });
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission: the old way
    const t = h('textarea', { value: text, class: 'sr' });
    document.body.append(t);
    t.select();
    document.execCommand('copy');
    t.remove();
  }
}

export const csv = (rows) => rows.map((r) => r.map((c) => (/[",\n\r]/.test(c) ? '"' + String(c).replaceAll('"', '""') + '"' : String(c))).join(',')).join('\n') + '\n';

// toast says for a moment that something was done.
let timer;
export function toast(text) {
  document.querySelector('.toast')?.remove();
  const t = h('div', { class: 'toast', role: 'status' }, text);
  document.body.append(t);
  clearTimeout(timer);
  timer = setTimeout(() => t.remove(), 2200);
}
