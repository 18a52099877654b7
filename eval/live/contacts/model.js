// What the page knows: segments, changes, moves, rates. Nothing here is drawn, and nothing
// grows with the time the page is open.

export const KEPT = 400; // changes kept for the list
const NEW = ''; // where those come from who are labelled for the first time

export class Contacts {
  constructor() {
    this.at = new Date(); // when the page was opened
    this.first = null; // counts as of then, by segment
    this.moves = new Map(); // 'from\0to' -> {from, to, n}
    this.moved = 0;
    this.counted = 0; // changes heard of
    this.changes = []; // the latest first
    this.beats = []; // {t, events, changes} of the last minute
    this.holes = []; // why moves are not all there
    this.labels = new Map();
  }

  now(a) {
    this.data = a;
    this.labels = new Map(a.summary.segments.map((s) => [s.segment, s.label]));
    this.first ||= new Map(a.summary.segments.map((s) => [key(s), s.customers]));
    const t = Date.parse(a.now) / 1000, last = this.beats.at(-1);
    if (last && (a.events < last.events || a.changes < last.changes)) this.beats = [];
    if (!last || t > last.t) this.beats.push({ t, events: a.events, changes: a.changes });
    while (this.beats.length > 2 && this.beats[0].t < t - 62) this.beats.shift();
  }

  // rate is per second over the last seconds; undefined until there are two looks.
  rate(what, seconds = 10) {
    const b = this.beats, end = b.at(-1);
    if (b.length < 2) return undefined;
    let i = b.length - 2;
    while (i > 0 && b[i].t > end.t - seconds) i--;
    return (end[what] - b[i][what]) / (end.t - b[i].t);
  }
  // rates are those between the looks of the last minute.
  rates(what) {
    return this.beats.slice(1).map((b, i) => (b[what] - this.beats[i][what]) / (b.t - this.beats[i].t));
  }

  change(u, old) {
    const c = { id: ++this.counted, u, old, from: u.was || NEW, to: u.segment, seen: new Date() };
    this.changes.unshift(c);
    if (this.changes.length > KEPT) this.changes.length = KEPT;
    if (old) return;
    this.moved++;
    const k = c.from + '\0' + c.to, m = this.moves.get(k);
    if (m) m.n++;
    else this.moves.set(k, { from: c.from, to: c.to, n: 1 });
  }

  // since is how a segment's count differs from when the page was opened.
  since(s) {
    return s.customers - (this.first?.get(key(s)) ?? 0);
  }

  label(segment) {
    return this.labels.get(segment) ?? -1;
  }

  // trend is a segment's counts over the last hour or day, ending now.
  trend(s, span) {
    const p = this.past, line = p?.segments?.find((x) => x.label === s.label && x.segment === s.segment);
    if (!line || !p[span].length) return null;
    const now = Date.parse(this.data.taken) / 1000, from = now - (span === 'hour' ? 3600 : 86400);
    const at = [], n = [];
    p[span].forEach((t, i) => { if (t >= from && t < now) { at.push(t); n.push(line[span][i]); } });
    at.push(now);
    n.push(s.customers);
    return { at, n, delta: s.customers - n[0], span: now - at[0] };
  }
}

export const key = (s) => s.label + ' ' + s.segment;
