// What the page asks for beside the journal: feature sets, finished runs, their
// arrays. All arrays of a set are in the set's order of display.

const KEEP = 16; // runs with their labels

export class Arrays {
  constructor(socket) {
    this.socket = socket;
    this.sets = new Map();
    this.runs = new Map();
    this.named = new Map();
    this.columns = new Map(); // address -> Float32Array or list
  }

  // forget drops what another server, or a study of the same name, has said.
  forget() {
    this.sets.clear();
    this.runs.clear();
    this.named.clear();
  }

  async json(path, q) {
    const r = await fetch(path + '?' + new URLSearchParams(q));
    if (!r.ok) throw new Error((await r.text()).trim());
    return r.json();
  }

  once(map, key, make) {
    if (!map.has(key)) {
      const p = make();
      map.set(key, p);
      p.catch(() => map.delete(key));
    }
    return map.get(key);
  }

  // set is a feature set: {…, columns, at: Float32Array of x, y pairs}.
  set(study, set, scale) {
    return this.once(this.sets, study + '\0' + set + '\0' + scale, async () => {
      const a = await this.json('/api/set', { study, set, scale });
      a.at = a.xy ? new Float32Array(await this.socket.get(a.xy)) : null;
      return a;
    });
  }

  // run is a finished run: {…, labels: Int32Array with −1 = noise, sil: Float32Array}.
  run(study, id) {
    const key = study + '\0' + id;
    const got = this.once(this.runs, key, async () => {
      const a = await this.json('/api/run', { study, run: id }), p = a.profile;
      Object.assign(a, { sizes: p.sizes, noise: p.num_noise, segments: p.segments, overall: p.overall, unassigned: p.noise, values: p.values, value_noise: p.value_noise || 0 });
      const [labels, sil] = await Promise.all([this.socket.get(a.labels), a.silhouette ? this.socket.get(a.silhouette) : null]);
      a.label = Int32Array.from(new Uint16Array(labels), (v) => (v === 0xffff ? -1 : v));
      a.sil = sil && Float32Array.from(new Int16Array(sil), (v) => (v === -32768 ? NaN : v / 32767));
      return a;
    });
    this.runs.delete(key); // the latest last
    this.runs.set(key, got);
    if (this.runs.size > KEEP) this.runs.delete(this.runs.keys().next().value);
    return got;
  }

  // cards are the names of a run's segments, by segment.
  cards(study, id) {
    return this.once(this.named, study + '\0' + id, async () => Object.fromEntries((await this.json('/api/run', { study, run: id })).cards.map((c) => [c.segment, c.name])));
  }

  // column is a feature's values, NaN = missing.
  column(c) {
    return this.once(this.columns, c.blob, async () => new Float32Array(await this.blob(c.blob).then((r) => r.arrayBuffer())));
  }
  ids(set) {
    return this.once(this.columns, set.ids, () => this.blob(set.ids).then((r) => r.json()));
  }
  order(set) {
    return this.once(this.columns, set.order, async () => new Uint32Array(await this.blob(set.order).then((r) => r.arrayBuffer())));
  }
  async blob(address) {
    const r = await fetch('/blob/' + address);
    if (!r.ok) throw new Error((await r.text()).trim());
    return r;
  }
}
