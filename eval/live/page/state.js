// The journal folded up, as eval/study does it, and the ranking made from it.

export class Study {
  constructor(name) {
    this.name = name;
    this.start = {};
    this.runs = []; // {id, status, start, done, scores}
    this.byID = new Map();
    this.warnings = [];
    this.ties = []; // which runs cannot be told from the best, by set, scale and metric
    this.structures = []; // the structure test of each feature set
    this.holdout = null; // what segmentations foretell
    this.verdict = null;
    this.finished = false;
    this.seq = 0;
    this.progress = null;
    this.trace = []; // of the running run: objective, falling
  }

  fold(events) {
    for (const e of events) {
      if (e.seq && e.seq <= this.seq) continue;
      this.seq = Math.max(this.seq, e.seq || 0);
      const r = this.byID.get(e.run);
      switch (e.event) {
        case 'study_start': this.start = e; this.finished = false; break;
        case 'study_done': this.finished = true; this.progress = null; break;
        case 'ties': this.ties.push(e); break;
        case 'structure': this.structures.push(e); break;
        case 'holdout': this.holdout = e; break;
        case 'verdict': this.verdict = e.verdict; break;
        case 'warning': this.warnings.push(e); break;
        case 'run_start':
          if (r) Object.assign(r, { status: 'running', start: e, done: null, scores: {} });
          else {
            const x = { id: e.run, status: 'running', start: e, done: null, scores: {} };
            this.byID.set(e.run, x);
            this.runs.push(x);
          }
          this.trace = [];
          this.named = null;
          break;
        case 'score': if (r) r.scores[e.metric] = e; break;
        case 'run_done': if (r) { r.status = 'done'; r.done = e; } break;
        case 'run_failed': if (r) { r.status = 'failed'; r.done = e; } break;
      }
    }
  }

  advance(p) {
    if (this.finished) return;
    if (this.progress?.run !== p.run) this.trace = [];
    this.progress = p;
    if (p.phase === 'fit' && p.obj) {
      this.trace.push(p.obj);
      if (this.trace.length > 400) this.trace = this.trace.filter((_, i) => i % 2 === 0);
    }
  }

  get ended() { return this.runs.filter((r) => r.status !== 'running').length; }
  get total() { return Math.max(this.start.total || 0, this.runs.length); }
  // judging: the runs are done, and what they say together is being worked out.
  get judging() { return !this.finished && (this.progress?.phase === 'judge' || this.judged && !this.verdict); }
  get judged() { return !!(this.ties.length || this.structures.length || this.holdout || this.verdict); }
  get data() { return this.start.data || {}; }

  // sets lists the feature sets in the study's order: [{name, scale, n, columns}].
  get sets() {
    const seen = new Map();
    for (const b of this.start.sets || []) seen.set(b.name + '/' + b.scale, b);
    for (const r of this.runs) {
      const k = r.start.set + '/' + r.start.scale;
      if (!seen.has(k)) seen.set(k, { name: r.start.set, scale: r.start.scale, columns: [] });
    }
    return [...seen.values()];
  }
  of(set) { return this.runs.filter((r) => r.start.set === set.name && r.start.scale === set.scale); }

  metrics() {
    const m = new Set(this.start.metrics || []);
    for (const r of this.runs) for (const k in r.scores) m.add(k);
    return [...m];
  }

  // title names a run by what tells it from the others.
  title(r, plain) {
    this.named ||= namer(this.runs);
    return this.named(r, plain); // plain: without its seed
  }
}

// Options that people call a run by, and what they call them.
const HEADLINE = new Set(['n_clusters', 'eps', 'min_cluster_size']);
const SHORT = { n_clusters: 'k' };

function namer(runs) {
  const vary = {}, first = {}, seeds = new Set();
  for (const { start: e } of runs) {
    seeds.add(e.seed || 0);
    const ps = e.params || {}, v = (vary[e.algorithm] ||= new Set()), f = (first[e.algorithm] ||= ps);
    for (const k of new Set([...Object.keys(ps), ...Object.keys(f)])) if (JSON.stringify(ps[k]) !== JSON.stringify(f[k])) v.add(k);
  }
  return ({ start: e }, plain) => {
    let t = e.algorithm;
    for (const [k, v] of Object.entries(e.params || {})) {
      if (v === null || !(HEADLINE.has(k) || vary[e.algorithm]?.has(k))) continue;
      t += ' ' + (SHORT[k] || k) + '=' + (typeof v === 'number' ? +v.toPrecision(4) : typeof v === 'string' ? v : JSON.stringify(v));
    }
    if (seeds.size > 1 && !plain) t += ' seed ' + (e.seed || 0);
    return t;
  };
}

export const coverage = (r) => (r.done?.n ? 1 - (r.done.n_noise || 0) / r.done.n : NaN);

// What is known of the metrics, from the server: name -> {title, better}; better is
// +1, −1, or 0 for neither.
let known = {}, baselines = new Set();
export const learn = (m) => {
  known = Object.fromEntries((m.metrics || []).map((x) => [x.name, x]));
  baselines = new Set(m.baselines || []);
};
export const baseline = (algorithm) => baselines.has(algorithm);
export const better = (metric) => known[metric]?.better ?? 1;
export const about = (metric) => known[metric]?.title || '';

export const value = (r, metric) => {
  const e = r.scores[metric];
  return e && typeof e.value === 'number' ? e.value : NaN;
};
export const reason = (r, metric) => r.scores[metric]?.reason || (r.status === 'running' ? 'still running' : r.status === 'failed' ? r.done?.reason || 'failed' : 'not computed');
