// The keyboard. Single keys can be switched off, for who dictates.

import { h, button } from './dom.js';
import { toggle } from './theme.js';

const LIST = [
  ['g l', 'overview and leaderboard'], ['g f', 'what segments foretell'], ['g b', 'stability'], ['g k', 'choose k'], ['g t', 'structure'], ['g m', 'map'], ['g s', 'silhouette'], ['g p', 'profile'], ['g c', 'segment cards'],
  ['/', 'filter the leaderboard'], ['j k', 'next, previous row'], ['Enter', 'open what is chosen'],
  ['[ ]', 'previous, next segment'], ['n N', 'next, previous run'], ['arrows + − 0', 'move and zoom the map'],
  ['t', 'charts as tables'], ['d', 'dark or light'], ['Esc', 'let go of the selection'], ['?', 'this list'],
];

let off = localStorage.getItem('mores.keys') === 'off';

export function help() {
  const old = document.querySelector('dialog.help');
  if (old) { old.close(); old.remove(); return; }
  const box = h('input', { type: 'checkbox', id: 'single', checked: !off, onchange: () => { off = !box.checked; localStorage.setItem('mores.keys', off ? 'off' : 'on'); } });
  const d = h('dialog', { class: 'help', 'aria-label': 'Keyboard shortcuts', onclose: () => d.remove() },
    h('h2', {}, 'Keyboard'),
    h('dl', {}, LIST.map(([k, t]) => [h('dt', {}, k.split(' ').map((x) => h('kbd', {}, x))), h('dd', {}, t)])),
    h('label', { for: 'single' }, box, ' single-key shortcuts'),
    button('Close', () => d.close(), { class: 'main' }));
  document.body.append(d);
  d.showModal();
}

export function keys(app, screens) {
  let g = 0;
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const field = e.target.matches('input, select, textarea');
    if (e.key === 'Escape') {
      if (document.querySelector('dialog[open]')) return;
      const menu = document.querySelector('details.menu[open]');
      if (menu) { menu.open = false; return; }
      if (field) e.target.blur();
      else if (!app.view?.escape?.()) { app.selection.clear(); app.go({ seg: '' }); }
      return;
    }
    if (field || document.querySelector('dialog[open]') && e.key !== '?') return;
    if (off && e.key !== '?') return;
    const s = Date.now() - g < 1200 && screens.find((x) => x.key === e.key);
    g = 0;
    if (s) { app.go({ screen: s.id }); e.preventDefault(); return; }
    switch (e.key) {
      case 'g': g = Date.now(); return;
      case '?': help(); break;
      case 'd': toggle(); break;
      case 't': for (const c of document.querySelectorAll('main figure.chart')) c.chart.flip(); break;
      case '/': {
        app.go({ screen: 'overview' });
        requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector('#filter')?.focus()));
        break;
      }
      default:
        if (!app.view?.key?.(e)) return;
    }
    e.preventDefault();
  });
}
