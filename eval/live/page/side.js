// Beside the map: the legend with counts, and what the selection is like.

import { h, put, button, num, pct, whole, words, copyText, download, slug, toast, csv } from './dom.js';
import { segmentName, chip, unit } from './runview.js';
import { sequential, diverging, fit } from './theme.js';

export class Side {
  constructor(view) {
    this.view = view;
    this.legend = h('ul', { class: 'legend' });
    this.ramp = h('div', { class: 'ramp', hidden: true });
    this.sel = h('section', { class: 'selection', 'aria-label': 'Selection' });
    this.el = h('aside', { class: 'side' }, h('h3', {}, 'Segments'), this.legend, this.ramp, this.sel);
  }

  update({ set, run }) {
    const { view } = this, { app } = view, sel = app.selection, n = run.label.length;
    const rows = [...run.sizes.keys()];
    if (run.noise) rows.push(-1);
    this.legend.replaceChildren(...rows.map((i) => {
      const size = i < 0 ? run.noise : run.sizes[i];
      return h('li', {}, h('button', { type: 'button', 'aria-pressed': String(sel.segment === i), onclick: (e) => (i < 0 ? sel.pick(run.label, -1, e.shiftKey) : view.toggle(i, e.shiftKey)) },
        chip(i), h('span', { class: 'no' }, i < 0 ? '' : i + 1), h('span', { class: 'nm' }, segmentName(run, i)), h('span', { class: 'ct' }, whole(size)), h('span', { class: 'hush sh' }, pct(size / n))));
    }));
    this.scale(set);
    this.selected(set, run);
  }

  // scale is the key to the colours where they are not segments.
  scale(set) {
    const { view } = this, by = view.colour.value, sil = by === 'silhouette';
    this.ramp.hidden = !by;
    if (!by) return;
    const v = view.values?.name === by ? view.values : null, lo = sil ? -1 : v?.range[0], hi = sil ? 1 : v?.range[1];
    const c = set.columns.find((x) => x.name === by);
    put(this.ramp, h('p', {}, sil ? 'silhouette' : words(by), c?.unit && h('span', { class: 'hush' }, ' ' + unit(c.unit, view.app))),
      h('div', { class: 'cells', 'aria-hidden': 'true' }, Array.from({ length: 24 }, (_, i) => h('i', { style: { background: sil ? diverging(fit(i / 11.5 - 1)) : sequential(i / 23) } }))),
      h('div', { class: 'ends' }, h('span', {}, num(lo)), h('span', {}, num(hi))), !sil && h('p', { class: 'hush' }, '1st to 99th percentile'));
  }

  selected(set, run) {
    const { app } = this.view, sel = app.selection, n = run.label.length;
    if (!sel.mask) {
      this.sel.replaceChildren(h('h3', {}, 'Selection'), h('p', { class: 'hush' }, 'Click a segment, or draw around customers with the lasso. The other views follow.'));
      return;
    }
    const rows = [];
    for (const c of set.columns) {
      if (!c.v) continue;
      c.all ||= moments(c.v, null);
      const m = moments(c.v, sel.mask);
      rows.push({ c, m: m.mean, z: (m.mean - c.all.mean) / (c.all.sd || 1), all: c.all.mean });
    }
    rows.sort((a, b) => Math.abs(b.z) - Math.abs(a.z));
    this.sel.replaceChildren(h('h3', {}, 'Selection'), h('p', {}, h('b', {}, whole(sel.count)), ` of ${whole(n)} customers `, h('span', { class: 'hush' }, `(${pct(sel.count / n, 1)})`)),
      h('ul', { class: 'diffs' }, rows.slice(0, 6).map(({ c, m, z, all }) => h('li', { title: c.doc }, h('span', {}, words(c.name)), this.lean(z), h('span', { class: 'n' }, num(m), h('small', { class: 'hush' }, ` all ${num(all)} ${unit(c.unit, app)}`))))),
      h('div', { class: 'row' }, button('Copy ids', async () => { copyText((await this.ids(set)).join('\n')); toast(`${whole(sel.count)} ids copied`); }),
        button('Save ids', async () => download(slug(app.study.name + ' selection') + '.csv', csv([['id', 'cluster'], ...(await this.ids(set, run))]), 'text/csv')),
        button('Clear', () => { sel.clear(); app.go({ seg: '' }); }, { class: 'quiet' })));
  }

  // lean shows which way and how far a mean is from everyone's, in deviations.
  lean(z) {
    const w = Math.min(50, Math.abs(z) * 25);
    return h('span', { class: 'lean', 'aria-hidden': 'true' }, h('i', { style: { left: (z < 0 ? 50 - w : 50) + '%', width: w + '%', background: diverging(z < 0 ? -0.9 : 0.9) } }));
  }

  // ids of the selected, in the input's order.
  async ids(set, run) {
    const { arrays, selection } = this.view.app, [ids, order] = await Promise.all([arrays.ids(set), arrays.order(set)]);
    const at = [...selection.mask.keys()].filter((i) => selection.mask[i]).sort((a, b) => order[a] - order[b]);
    return at.map((i) => (run ? [ids[i], String(run.label[i])] : ids[i]));
  }
}

function moments(v, mask) {
  let n = 0, sum = 0, sq = 0;
  for (let i = 0; i < v.length; i++) {
    if (mask && !mask[i] || Number.isNaN(v[i])) continue;
    n++;
    sum += v[i];
    sq += v[i] * v[i];
  }
  const mean = sum / n;
  return { n, mean, sd: Math.sqrt(Math.max(0, sq / n - mean * mean)) };
}
