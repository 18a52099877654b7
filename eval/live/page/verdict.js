// The verdict: the first screen of a judged study, as eval/verdict words it, with what
// it rests on beside it.

import { h, s, put, pct, plural, whole } from './dom.js';
import { now, line } from './theme.js';
import { brief, share, pvalue, between, date, list, CLASS, MEANS } from './say.js';

const READ = { stable: '✓ stable', doubtful: '~ doubtful', unstable: '✗ unstable' };
const BESIDE = { better: '✓ better', worse: '✗ worse', same: 'no better' };

export class VerdictPanel {
  constructor(app) {
    this.app = app;
    this.el = h('section', { class: 'panel judged', 'aria-label': 'The verdict', hidden: true });
  }

  update(st) {
    const v = st.verdict, names = this.names(st, v), sig = v ? JSON.stringify([v, names, this.app.link({}), document.documentElement.dataset.theme]) : '';
    if (sig === this.sig) return;
    this.sig = sig;
    this.el.hidden = !v;
    if (!v) { this.el.replaceChildren(); return; }
    const [use, ...rest] = v.sentences || [], open = this.el.querySelector('details')?.open, to = (screen, text) => h('a', { href: this.app.link({ screen }) }, text);
    put(this.el,
      h('div', { class: 'use' }, h('h2', {}, use), v.run && h('span', { class: 'badge ' + v.class, title: MEANS[v.class] }, CLASS[v.class]),
        v.run && h('a', { href: this.app.link({ screen: 'segments', run: v.run, seg: '' }) }, 'see the segments')),
      v.run && this.answers(st, v, names),
      h('div', { class: 'words' }, rest.map((t) => h('p', {}, t))),
      v.run && h('div', { class: 'grounds' }, this.foretells(st, v), this.comesBack(v, names)),
      h('p', { class: 'onward' }, h('span', { class: 'hush' }, 'What it rests on: '), to('foretells', 'what segments foretell'), to('stability', 'stability'), to('choose', 'how many segments'), to('structure', 'natural groups or not')),
      v.notes?.length && h('details', { class: 'notes', open }, h('summary', {}, 'How it was decided'), v.notes.map((t) => h('p', {}, t))));
  }

  // names of the choice's segments, fetched once.
  names(st, v) {
    const want = v?.run ? st.name + '\0' + v.run : '';
    if (want !== this.want) {
      this.want = want;
      this.got = null;
      if (want) this.app.arrays.cards(st.name, v.run).then((names) => { if (this.want === want) { this.got = names; this.app.changed('names'); } }, () => {});
    }
    return this.got;
  }

  // answers: the questions of a fresh reader.
  answers(st, v, names) {
    const set = st.sets.find((x) => x.name === v.set && x.scale === v.scale), at = { better: [], worse: [], same: [] };
    for (const f of v.foretells || []) at[f.against]?.push(brief(f.target));
    const compared = at.better.length + at.worse.length + at.same.length, shaky = v.shaky || [], all = v.clustered + (v.left || []).reduce((n, x) => n + x.customers, 0);
    const who = (v.left || []).map((x) => `${whole(x.customers)} with ${x.words}` + (x.value_share !== undefined ? `, ${pct(x.value_share)} of revenue` : ''));
    if (v.unassigned) who.push(`${whole(v.unassigned)} unassigned`);
    const out = all ? 1 - (v.clustered - v.unassigned) / all : 0;
    const tested = v.p !== undefined ? `p = ${pvalue(v.p)}` : `not tested: ${v.untested || 'no test'}`;
    return h('dl', { class: 'answers' }, [
      ['Segments', whole(v.k), `${v.algorithm} on ${v.set}` + (set?.columns?.length ? `, ${plural(set.columns.length, 'feature')}` : '')],
      ['Natural groups?', v.class === 'natural' ? 'Yes' : v.p === undefined ? 'Not known' : 'No', `${v.class}: ${MEANS[v.class].split(',')[0].split(':')[0]} (${tested})`],
      ['Better than RFM at', !compared ? 'Not known' : at.better.length ? list(at.better) : 'nothing', !compared ? st.holdout?.reason || 'not compared' : [at.worse.length && 'worse: ' + at.worse.join(', '), at.same.length && 'no better: ' + at.same.join(', ')].filter(Boolean).join('; ') || 'at all that was asked'],
      ['Shaky', !v.segments?.length ? 'Not known' : !shaky.length ? 'none' : list(shaky.map((i) => 'Segment ' + (i + 1))), !v.segments?.length ? 'whether they come back was not looked at' : shaky.length ? shaky.map((i) => names?.[i]).filter(Boolean).join('; ') || 'found again too seldom' : 'each is found again in other samples'],
      ['Left out', out > 0 ? pct(out) : 'nobody', who.join('; ') || 'every customer is in a segment'],
    ].map(([q, a, why]) => h('div', {}, h('dt', {}, q), h('dd', {}, h('b', { class: a.length > 14 ? 'long' : null }, a), h('span', { class: 'hush' }, why)))));
  }

  // foretells: what the segments say of what came next, beside RFM with as many segments.
  foretells(st, v) {
    const rows = v.foretells || [];
    if (!rows.length) return h('p', { class: 'hush' }, 'What they foretell is undefined: ' + (st.holdout?.reason || 'nothing was held out') + '.');
    const top = Math.max(0.05, ...rows.flatMap((f) => [f.outside, f.hi, f.rfm, f.ceiling]).filter(Number.isFinite));
    return h('div', {}, h('table', { class: 'small' }, h('caption', {}, h('b', {}, 'What they foretell'), ` of customers not learned from, after ${date(rows[0].origin)}: 0 = as good as no segments, 1 = perfect`),
      h('thead', {}, h('tr', {}, [['', ''], ['', 'drawn'], ['these', 'n'], ['RFM', 'n'], ['no groups', 'n most'], ['beside RFM', '']].map(([t, c]) => h('th', { scope: 'col', class: c, title: t === 'no groups' ? 'a continuous model of all features: a mark to reach for' : t === 'RFM' ? 'RFM k-means with as many segments' : null }, t)))),
      h('tbody', {}, rows.map((f) => h('tr', {}, h('th', { scope: 'row', title: f.measure }, brief(f.target)),
        h('td', { class: 'drawn' }, bar(f.outside, f.lo, f.hi, top, f.rfm, f.ceiling)),
        h('td', { class: 'n', title: between(f.lo, f.hi, 3) }, h('b', {}, share(f.outside))), h('td', { class: 'n' }, share(f.rfm)), h('td', { class: 'n most' }, share(f.ceiling)),
        h('td', { class: f.against || 'hush' }, BESIDE[f.against] || 'not compared'))))),
    h('p', { class: 'key hush' }, 'Bar: these, with their 95 % interval. ', mark('rfm'), ' RFM with as many segments. ', mark('most'), ' a continuous model without groups.'));
  }

  // comesBack: each segment's stability, beside random groups of its size.
  comesBack(v, names) {
    if (!v.segments?.length) return h('p', { class: 'hush' }, 'Whether the segments come back is undefined: it was not looked at.');
    return h('div', {}, h('table', { class: 'small' }, h('caption', {}, h('b', {}, 'Which segments come back'), ' in other samples: how much of a segment is found again (Jaccard)'),
      h('thead', {}, h('tr', {}, [['', ''], ['', 'drawn'], ['found', 'n'], ['by chance', 'n'], ['reading', '']].map(([t, c]) => h('th', { scope: 'col', class: c }, t)))),
      h('tbody', {}, v.segments.map((x, i) => h('tr', {},
        h('th', { scope: 'row', class: 'wrap' }, h('b', {}, i + 1), ' ', names?.[i] || 'Segment ' + (i + 1)),
        h('td', { class: 'drawn' }, bar(x.jaccard, null, null, 1, x.null)),
        h('td', { class: 'n' }, h('b', {}, pct(x.jaccard))), h('td', { class: 'n' }, pct(x.null)), h('td', { class: x.reading === 'stable' ? 'better' : 'worse' }, READ[x.reading] || x.reading))))),
    h('p', { class: 'key hush' }, 'Bar: these. ', mark('rfm'), ' random groups of the same size.'));
  }
}

// bar draws a value with its interval, a diamond at what is compared with, a line at
// what is possible.
function bar(value, lo, hi, top, rfm, most) {
  const w = 132, ht = 16, x = (q) => 5 + (w - 10) * Math.min(1, Math.max(0, q / top)), t = now();
  const g = s('svg', { viewBox: `0 0 ${w} ${ht}`, width: w, height: ht, 'aria-hidden': 'true' },
    s('rect', { x: 5, y: 4, width: w - 10, height: 8, rx: 2, fill: t.faint }), s('rect', { x: 5, y: 4, width: Math.max(1, x(value) - 5), height: 8, rx: 2, fill: line(0), opacity: 0.85 }));
  if (Number.isFinite(lo) && Number.isFinite(hi)) g.append(s('line', { x1: x(lo), x2: x(hi), y1: 8, y2: 8, stroke: t.ink, 'stroke-width': 1.6 }));
  if (Number.isFinite(most)) g.append(s('line', { x1: x(most), x2: x(most), y1: 1, y2: 15, stroke: t.soft, 'stroke-width': 1.6 }));
  if (Number.isFinite(rfm)) g.append(diamond(x(rfm), 8, t));
  return g;
}
const diamond = (x, y, t) => s('path', { d: `M${x} ${y - 4.6}L${x + 4.6} ${y}L${x} ${y + 4.6}L${x - 4.6} ${y}Z`, fill: t.bg, stroke: t.ink, 'stroke-width': 1.3 });
const mark = (kind) => s('svg', { viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true' }, kind === 'rfm' ? diamond(6, 6, now()) : s('line', { x1: 6, x2: 6, y1: 0, y2: 12, stroke: now().soft, 'stroke-width': 1.6 }));
