// Colours: those of the segments, which are the same in every figure of mores, and
// those of light and dark.

// Okabe–Ito, then Tol's muted ones; a colour is never used twice.
export const PALETTE = ['#0072B2', '#E69F00', '#009E73', '#D55E00', '#CC79A7', '#56B4E9', '#F0E442', '#000000',
  '#332288', '#DDCC77', '#117733', '#882255', '#44AA99', '#999933', '#AA4499', '#CC6677', '#88CCEE'];
const NOISE = '#8C8C8C', OTHER = '#A8A8A8';

export const LIGHT = { name: 'light', bg: '#ffffff', ink: '#1a1a1a', soft: '#595959', axis: '#8a8a8a', faint: '#e6e6e3', mute: '#cfcfcb', accent: '#B2182B', mid: '#ffffff' };
export const DARK = { name: 'dark', bg: '#1a1d21', ink: '#ececea', soft: '#a9adb3', axis: '#7d828a', faint: '#2f343a', mute: '#454b53', accent: '#ff8a80', mid: '#23272c' };

export const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
export const hex = (c) => '#' + c.map((v) => Math.round(v).toString(16).padStart(2, '0')).join('');
export const mix = (a, b, t) => hex(rgb(a).map((v, i) => v * (1 - t) + rgb(b)[i] * t));

const lin = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const luminance = (c) => { const [r, g, b] = rgb(c); return 0.2126 * lin(r) + 0.7152 * lin(g) + 0.0722 * lin(b); };
export const contrast = (a, b) => { const x = luminance(a), y = luminance(b); return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };

// segment is the fill colour of a segment; on dark, those too dark are lightened.
const memo = new Map();
export function segment(i, theme = now()) {
  const key = theme.name + i;
  if (!memo.has(key)) {
    let c = i < 0 ? NOISE : PALETTE[i] || OTHER;
    if (theme.name === 'dark') for (let n = 0; contrast(c, theme.bg) < 3 && n < 20; n++) c = mix(c, '#ffffff', c === '#000000' ? 0.9 : 0.12);
    memo.set(key, c);
  }
  return memo.get(key);
}
// line is a colour for lines and outlines: 3:1 against the background.
export function line(i, theme = now()) {
  let c = segment(i, theme);
  const away = theme.name === 'dark' ? '#ffffff' : '#000000';
  for (let n = 0; contrast(c, theme.bg) < 3 && n < 20; n++) c = mix(c, away, 0.08);
  return c;
}
export const outline = (i, theme = now()) => (theme.name === 'dark' ? mix(segment(i, theme), '#000000', 0.35) : line(i, theme) === segment(i, theme) ? mix(segment(i, theme), '#000000', 0.28) : line(i, theme));
export const on = (c) => (contrast('#1a1a1a', c) >= contrast('#ffffff', c) ? '#1a1a1a' : '#ffffff');

// diverging maps −1..1 to blue, the middle, orange; sequential maps 0..1 to cividis.
export const diverging = (t, theme = now()) => {
  t = Math.max(-1, Math.min(1, t));
  const k = theme.name === 'dark' ? 0.85 : 1;
  return t < 0 ? mix(theme.mid, '#1F6FB2', -t * k) : mix(theme.mid, '#E07B00', t * k);
};
const CIVIDIS = ['#00204D', '#31446B', '#666970', '#958F78', '#CBBA69', '#FFEA46'];
const ON_DARK = ['#3A5C9C', '#5A6C93', '#7F8187', '#A69C77', '#CFBD62', '#FFEA46']; // its dark end would drown
export const sequential = (t, theme = now()) => {
  const ramp = theme.name === 'dark' ? ON_DARK : CIVIDIS, x = Math.max(0, Math.min(1, t)) * (ramp.length - 1), i = Math.min(ramp.length - 2, Math.floor(x));
  return mix(ramp[i], ramp[i + 1], x - i);
};

// The theme of the page: the system's, until the reader chooses.
const dark = matchMedia('(prefers-color-scheme: dark)');
let chosen = localStorage.getItem('mores.theme');
let current = LIGHT;
const heard = new Set();
export const now = () => current;
export const onTheme = (f) => heard.add(f);
function apply() {
  current = (chosen || (dark.matches ? 'dark' : 'light')) === 'dark' ? DARK : LIGHT;
  document.documentElement.dataset.theme = current.name;
  for (const f of heard) f();
}
export function toggle() {
  chosen = current === DARK ? 'light' : 'dark';
  localStorage.setItem('mores.theme', chosen);
  apply();
}
dark.addEventListener('change', apply);
apply();
export const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

// fit stretches silhouettes: most lie between −0.6 and 0.6.
export const fit = (v) => Math.max(-1, Math.min(1, v / 0.6));
