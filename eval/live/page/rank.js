// The leaderboard's rules, as eval/study has them (Rank, Winner, Shown): one feature
// set at a time, seeds folded, runs of like coverage only.

import { value, reason, coverage, better, baseline } from './state.js';

const APART = 0.05; // coverage that differs by more is not ranked together
const LOPSIDED = 0.95; // a larger segment only separates a few outliers

// rank makes the board of a feature set: {groups: [{top, low, rows}], rest}. A row is
// {key, name, run, runs, value, lo, hi, interval, rank, same, coverage, k, lopsided};
// rest lists what cannot be ranked.
export function rank(study, set, metric) {
  if (study.ranked?.seq !== study.seq) study.ranked = { seq: study.seq, boards: new Map() };
  const key = JSON.stringify([set.name, set.scale, metric]), { boards } = study.ranked;
  if (!boards.has(key)) boards.set(key, board(study, set, metric));
  return boards.get(key);
}

function board(study, set, metric) {
  const sign = better(metric) || 1, by = new Map(), rest = [];
  for (const r of study.of(set)) {
    if (r.status !== 'done' || !Number.isFinite(value(r, metric))) { rest.push({ key: r.id, name: study.title(r), run: r, runs: [r], why: r.status === 'running' ? '' : reason(r, metric) }); continue; }
    const cell = r.start.algorithm + JSON.stringify(r.start.params || {});
    if (!by.has(cell)) by.set(cell, { key: cell, name: study.title(r, true), runs: [] });
    by.get(cell).runs.push(r);
  }
  const rows = [...by.values()];
  for (const x of rows) settle(x, metric);
  rows.sort((a, b) => b.coverage - a.coverage);
  const groups = [];
  for (const x of rows) {
    const g = groups.at(-1);
    if (g && g.top - x.coverage <= APART + 1e-12) { g.rows.push(x); g.low = x.coverage; } else groups.push({ top: x.coverage, low: x.coverage, rows: [x] });
  }
  const told = study.ties.find((e) => e.set === set.name && e.scale === set.scale && e.metric === metric);
  for (const g of groups) {
    g.rows.sort((a, b) => sign * (b.value - a.value) || a.run.start.cell - b.run.start.cell);
    const best = g.rows[0];
    g.rows.forEach((x, i) => {
      x.rank = i && x.value === g.rows[i - 1].value ? g.rows[i - 1].rank : i + 1;
      x.told = !!told;
      x.same = i > 0 && (told ? told.runs.includes(x.run.id) : x.lo <= best.hi && best.lo <= x.hi);
    });
    front(g.rows.filter((x) => !x.baseline && !x.lopsided), study.of(set), sign);
  }
  return { set, groups, rest };
}

// front marks what no other row beats in score, time and memory (Group.front).
function front(rows, runs, sign) {
  const top = (k, ds, least = 0) => Math.max(least, ...ds.map((d) => d[k] || 0)), two = (v) => +v.toPrecision(2), scale = Math.max(1, ...rows.map((x) => Math.abs(x.value)));
  for (const x of rows) {
    const d = x.run.done, ds = runs.filter((r) => r.start.algorithm === x.run.start.algorithm && r.done?.shared_seconds).map((r) => r.done);
    x.cost = [-sign * Math.floor((x.value / scale) * 1e3 + 0.5), two(Math.max(1e-3, Math.max(0, d.seconds - (d.shared_seconds || 0) || 0) + top('shared_seconds', ds))), two(top('peak_bytes', [d, ...ds], 1 << 20))];
  }
  for (const x of rows) x.front = rows[1] && !rows.some(({ cost }) => cost.every((v, i) => v <= x.cost[i]) && cost.some((v, i) => x.cost[i] - v > (i ? 0.1 * x.cost[i] : 5)));
}

// settle folds the seeds of a row: the mean, the range, and the median run for them.
function settle(x, metric) {
  const vs = x.runs.map((r) => value(r, metric));
  x.value = vs.reduce((a, b) => a + b, 0) / vs.length;
  [x.lo, x.hi, x.interval] = [Math.min(...vs), Math.max(...vs), vs.length > 1];
  if (vs.length === 1) {
    const e = x.runs[0].scores[metric];
    if (typeof e.lo === 'number' && typeof e.hi === 'number') [x.lo, x.hi, x.interval] = [e.lo, e.hi, true];
  }
  const at = vs.map((_, i) => i).sort((a, b) => vs[a] - vs[b] || a - b);
  x.run = x.runs[at[(at.length - 1) >> 1]];
  x.coverage = Math.min(1, ...x.runs.map(coverage));
  x.k = [Math.min(...x.runs.map((r) => r.done.n_clusters || 0)), Math.max(...x.runs.map((r) => r.done.n_clusters || 0))];
  x.lopsided = Math.max(...x.runs.map((r) => Math.max(r.done.n_noise || 0, ...(r.done.sizes || [])) / r.done.n)) > LOPSIDED;
  x.baseline = baseline(x.run.start.algorithm);
}

// marked is the row to take: of a judged study the verdict's choice, on its own board
// alone, else the winner.
export function marked(study, board) {
  if (!study.verdict) return winner(board);
  for (const g of board.groups) {
    const row = g.rows.find((x) => x.runs.some((r) => r.id === study.verdict.run));
    if (row) return { row, group: g };
  }
  return null;
}

// winner is the best that is not lopsided, of the first group that has one.
export function winner(board) {
  for (const g of board.groups) {
    const x = g.rows.find((y) => !y.lopsided);
    if (x) return { row: x, group: g };
  }
  return null;
}

// shown is the row that stands for the study: the verdict's choice, else the winner of
// the first feature set whose winner is no baseline.
export function shown(study, metric) {
  if (study.verdict?.run) for (const set of study.sets) {
    const m = marked(study, rank(study, set, metric));
    if (m) return m.row;
  }
  let first = null;
  for (const set of study.sets) {
    const w = winner(rank(study, set, metric));
    if (w && !w.row.baseline) return w.row;
    first ||= w?.row || null;
  }
  return first;
}

// headline is the metric a study is judged by unless another is asked for.
export function headline(study) {
  const all = study.metrics();
  return all.includes('silhouette') ? 'silhouette' : all.find((m) => better(m)) || all[0] || 'silhouette';
}
