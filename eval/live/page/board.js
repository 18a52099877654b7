// The leaderboard: a table for each feature set. Scores of different sets are not
// comparable, nor are those of runs that cover very different shares of the
// customers, so neither are ranked together.

import { h, button, DASH, duration, pct, plural, score, title, whole } from './dom.js';
import { value, reason, coverage, better } from './state.js';
import { rank, marked } from './rank.js';
import { line } from './theme.js';

const JUDGES = new Set(['value_stability', 'resample_ari', 'seed_ari', 'prediction_strength', 'temporal_stability']);
const FIRST = 14; // rows of a set shown before one asks for all

export class Board {
  constructor(app) {
    this.app = app;
    this.el = h('div', {});
    this.blocks = new Map(); // feature set -> its table
    this.at = null; // the run the keyboard is at
    this.all = new Set(); // sets shown whole
  }

  update(metric, filter) {
    const { app } = this, st = app.study, want = [];
    this.order = [];
    for (const set of st.sets) {
      const key = st.name + '\0' + set.name + '\0' + set.scale;
      if (!this.blocks.has(key)) this.blocks.set(key, this.block(set, key));
      const b = this.blocks.get(key);
      if (this.rows(b, set, key, metric, filter)) want.push(b.el);
    }
    if (want.length !== this.el.children.length || want.some((x, i) => this.el.children[i] !== x)) this.el.replaceChildren(...want);
    if (!want.length) this.el.replaceChildren(h('p', { class: 'hush' }, filter && st.runs.length ? 'No run matches the filter.' : 'The first run is on its way.'));
  }

  block(set, key) {
    const b = { set, cache: new Map(), head: h('tr', {}), body: h('tbody', {}), more: h('p', {}) };
    b.title = h('h3', {}, set.name, h('span', { class: 'hush' }, ' ' + (set.columns?.length ? plural(set.columns.length, 'feature') + ', scale ' + set.scale : 'scale ' + set.scale)));
    b.el = h('section', { class: 'board' }, b.title, h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Leaderboard of ' + set.name }, h('table', { class: 'ranking' }, h('thead', {}, b.head), b.body)), b.more);
    b.key = key;
    return b;
  }

  // columns: [id, label, how to read it, numeric]
  // Scores of the judgement are of few runs: of them stability alone has a column, where
  // a run of the set has it.
  columns(st, metric, set) {
    const asked = st.start.metrics || [], ms = [metric, ...st.metrics().filter((m) => m !== metric && (!st.judged || asked.includes(m) || !JUDGES.has(m) && st.of(set).some((r) => Number.isFinite(value(r, m)))))];
    return [
      ['rank', '', ''], ['name', 'run', ''], ['k', 'k', 'segments found'], ['coverage', 'coverage', 'share of customers in a segment'],
      ...ms.map((m) => ['m:' + m, title(m), better(m) > 0 ? 'larger is better' : better(m) < 0 ? 'smaller is better' : '']),
      ['seconds', 'time', 'seconds of fitting'],
    ];
  }

  rows(b, set, key, metric, filter) {
    const { app } = this, st = app.study, cols = this.columns(st, metric, set), board = rank(st, set, metric), star = st.verdict?.run ? marked(st, board)?.row : null;
    const sort = app.url.sort || '', [by, dir] = [sort.replace(/^-/, ''), sort.startsWith('-') ? -1 : 1];
    this.header(b, cols, by, dir);
    const terms = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = (x) => { const t = (x.name + ' ' + x.run.status).toLowerCase(); return terms.every((w) => t.includes(w)); };
    const metrics = cols.filter(([id]) => id.startsWith('m:')).map(([id]) => id.slice(2)), best = {}, span = {};
    for (const m of metrics) {
      const vs = st.of(set).map((r) => value(r, m)).filter(Number.isFinite);
      span[m] = [Math.min(...vs, 0), Math.max(...vs, 0)];
    }
    let lines = [];
    for (const g of board.groups) {
      for (const m of metrics) {
        const sign = better(m);
        if (!sign) continue;
        let top = null;
        for (const x of g.rows) { const v = of(x, m, metric); if (Number.isFinite(v) && (!top || sign * (v - top.v) > 0)) top = { v, x }; }
        if (top && g.rows.length > 1) best[m + '\0' + top.x.key] = true;
      }
      const rows = g.rows.filter(kept);
      if (rows.length && board.groups.length > 1 && !by) lines.push({ group: g });
      lines.push(...rows);
    }
    lines.push(...board.rest.filter(kept));
    if (by) {
      const get = (x) => (by === 'name' ? x.name : by === 'k' ? x.run.done?.n_clusters ?? NaN : by === 'coverage' ? coverage(x.run) : by === 'seconds' ? x.run.done?.seconds ?? NaN : of(x, by.slice(2), metric));
      lines.sort((p, q) => { const x = get(p), y = get(q); return typeof x === 'string' ? dir * x.localeCompare(y, 'en', { numeric: true }) : (Number.isNaN(x) - Number.isNaN(y)) || dir * (x - y) || p.run.start.cell - q.run.start.cell; });
    }
    const limit = this.all.has(key) ? Infinity : FIRST, cut = lines.length > limit ? lines.slice(0, limit) : lines.slice(), chosen = app.run()?.id;
    if (star && lines.includes(star) && !cut.includes(star)) cut.push(star); // the choice is always in sight
    const rows = cut.map((x) => {
      if (x.group) return this.keyed(b, 'g' + x.group.top, JSON.stringify([x.group.top, x.group.low, cols.length]), () => h('tr', { class: 'apart' }, h('td', { colspan: cols.length }, this.span(x.group))));
      this.order.push(x.run.id);
      const here = x.runs.some((r) => r.id === chosen), at = x.run.id === this.at, tops = metrics.map((m) => best[m + '\0' + x.key]);
      const sig = JSON.stringify([x.name, x.rank, x.same, x.run.id, x.lopsided, x.front, here, at, tops, span, cols, x === star, x.runs.map((r) => [r.status, r.scores, r.done?.seconds])]);
      return this.keyed(b, x.key, sig, () => this.row(x, cols, best, span, metric, here, at, x === star));
    });
    if (rows.length !== b.body.children.length || rows.some((x, i) => b.body.children[i] !== x)) b.body.replaceChildren(...rows);
    b.more.replaceChildren(...(cut.length < lines.length ? [button(`Show all ${whole(lines.filter((x) => x.run).length)}${this.left(lines.slice(limit))}`, () => { this.all.add(key); app.changed('state'); }, { class: 'quiet' })] : []));
    b.more.hidden = cut.length === lines.length;
    return lines.length;
  }

  // left says what is among the rows not shown, lest a failure be overlooked.
  left(lines) {
    const failed = lines.filter((x) => x.run?.status === 'failed').length, none = lines.filter((x) => x.run?.status === 'done' && !x.rank).length, on = lines.filter((x) => x.run?.status === 'running').length;
    const t = [none && `${none} undefined`, failed && `${failed} failed`, on && `${on} running`].filter(Boolean).join(', ');
    return t ? `, with ${t}` : '';
  }

  span(g) {
    const t = Math.abs(g.top - g.low) < 0.005 ? pct(g.top) : `${pct(g.low)} to ${pct(g.top)}`;
    return `${t} of the customers are in a segment: ranked among themselves`;
  }

  keyed(b, key, sig, make) {
    const old = b.cache.get(key);
    if (old && old.sig === sig) return old.el;
    const el = make();
    b.cache.set(key, { sig, el });
    return el;
  }

  header(b, cols, by, dir) {
    const sig = JSON.stringify([cols, by, dir]);
    if (b.headSig === sig) return;
    b.headSig = sig;
    b.head.replaceChildren(...cols.map(([id, label, tip]) => {
      if (id === 'rank') return h('th', { scope: 'col' }, h('span', { class: 'sr' }, 'rank'));
      const smaller = tip === 'smaller is better';
      return h('th', { scope: 'col', class: id === 'name' ? 'name' : 'n', 'aria-sort': by === id ? (dir > 0 ? 'ascending' : 'descending') : null },
        button(label + (smaller ? ' ↓' : '') + (by === id ? (dir > 0 ? ' ▴' : ' ▾') : ''), () => this.sort(id), { class: 'quiet', title: tip ? tip + '; click to sort' : 'Click to sort' }));
    }));
  }

  sort(id) {
    const now = this.app.url.sort || '', down = id.startsWith('m:') && better(id.slice(2)) > 0 ? '-' : '', up = down ? '' : '-';
    this.app.go({ sort: now === down + id ? up + id : now === up + id ? '' : down + id });
  }

  row(x, cols, best, span, metric, here, at, star) {
    const r = x.run;
    return h('tr', { class: [r.status, here && 'chosen', at && 'at', x.rank === 1 && 'first'].filter(Boolean).join(' '), 'data-run': r.id, onclick: (e) => { if (!getSelection().toString() && r.status === 'done' && !e.target.closest('a')) this.app.go({ screen: 'map', run: r.id }); } },
      cols.map(([id]) => this.cell(x, id, best, span, metric, star)));
  }

  cell(x, id, best, span, metric, star) {
    const r = x.run;
    switch (id) {
      case 'rank': return h('td', { class: 'rank' }, r.status === 'running' ? h('span', { class: 'pulse', title: 'running' }) : null, star && h('span', { class: 'star', title: "the verdict's choice", role: 'img', 'aria-label': "the verdict's choice" }, '★ '), r.status !== 'running' && (x.same ? h('span', { title: `rank ${x.rank}, but not distinguishable from the best: ${x.told ? 'it is in the confidence set of the best' : 'the intervals overlap'}` }, '~') : x.rank ? String(x.rank) : ''));
      case 'name': return h('th', { scope: 'row', class: 'name' }, r.status === 'done' ? h('a', { href: this.app.link({ screen: 'map', run: r.id }) }, x.name) : x.name,
        x.runs.length > 1 && h('span', { class: 'hush' }, ` ${x.runs.length} seeds`), x.lopsided && h('span', { class: 'hush', title: 'its largest segment holds more than 95 % of the customers' }, ' lopsided'),
        r.status === 'failed' && h('span', { class: 'why' }, r.done.reason || 'failed'), r.status === 'running' && h('span', { class: 'hush' }, ' running'));
      case 'k': return h('td', { class: 'n' }, x.k && x.k[0] !== x.k[1] ? x.k[0] + '–' + x.k[1] : r.done?.n_clusters ? whole(r.done.n_clusters) : DASH);
      case 'coverage': return h('td', { class: 'n' }, pct(coverage(r)));
      case 'seconds': return h('td', { class: 'n hush' }, x.front && h('span', { title: 'no other run of like coverage beats it in score, time and memory at once' }, '• '), r.status === 'done' ? duration(r.done.seconds || 0) : DASH);
    }
    const m = id.slice(2), e = r.scores[m] || {}, v = of(x, m, metric);
    if (!Number.isFinite(v)) {
      const why = reason(r, m);
      return h('td', { class: 'n' }, h('span', { class: 'undef', ...(r.status === 'done' ? { tabindex: 0, 'data-tip': why, 'aria-label': 'undefined: ' + why } : {}) }, DASH));
    }
    const iv = m === metric && x.interval ? [x.lo, x.hi] : x.runs.length === 1 && typeof e.lo === 'number' ? [e.lo, e.hi] : null;
    const [lo, hi] = span[m], w = hi > lo ? hi - lo : 1, at = (y) => (100 * (Math.max(lo, Math.min(hi, y)) - lo)) / w;
    const bar = h('span', { class: 'mini', 'aria-hidden': 'true' }, h('i', { style: { left: Math.min(at(0), at(v)) + '%', width: Math.abs(at(v) - at(0)) + '%', background: line(0) } }),
      iv && h('u', { style: { left: at(iv[0]) + '%', width: at(iv[1]) - at(iv[0]) + '%' } }));
    const tip = [iv && (x.runs.length > 1 ? `${x.runs.length} seeds: ` : '95 % interval ') + `${score(iv[0])} to ${score(iv[1])}`, e.sampled && `looked at ${whole(e.sampled)} customers`, e.noise && `unassigned: ${e.noise.replace('_', ' ')}`].filter(Boolean).join('; ');
    return h('td', { class: 'n score' + (best[m + '\0' + x.key] ? ' top' : ''), title: tip || null }, bar, h('span', {}, score(v), e.sampled && h('sup', {}, 's')));
  }

  key(e) {
    const i = this.order.indexOf(this.at);
    if (e.key === 'j' || e.key === 'k') {
      this.at = this.order[Math.max(0, Math.min(this.order.length - 1, i + (e.key === 'j' ? 1 : -1)))] || null;
      this.app.changed('state');
      requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector('tr.at')?.scrollIntoView({ block: 'nearest' })));
      return true;
    }
    if (e.key === 'Enter' && this.at) {
      this.app.go({ screen: 'map', run: this.at });
      return true;
    }
    return false;
  }
}

// of is a row's value by a metric: the mean over its seeds.
function of(x, m, metric) {
  if (m === metric && Number.isFinite(x.value)) return x.value;
  const vs = x.runs.map((r) => value(r, m)).filter(Number.isFinite);
  return vs.length ? vs.reduce((a, b) => a + b, 0) / vs.length : NaN;
}
