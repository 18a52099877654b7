// What comes from the server: counts once a second, changes as they happen. After a cut
// the changes go on where they stopped; after a restart of the server they begin anew,
// and the page says so.

const FIRST = 250, LAST = 8000, EVERY = 1000, BACK = 2000;

export class Feed {
  // on: {now(a), past(p), change(u, old), gap(), state(text, kind), restart(started)}
  constructor(on) {
    this.on = on;
    this.epoch = '';
    this.seq = -1; // of the last change seen
    this.opened = 0; // changes up to this one are of before the page
    this.tries = 0;
    this.turn = 0;
    this.beat();
    document.addEventListener('visibilitychange', () => !document.hidden && this.beat());
  }

  // beat asks for the counts, and the socket to be open.
  async beat() {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    let wait = EVERY;
    try {
      const r = await fetch('/api/contacts', { cache: 'no-store' });
      if (r.status === 401) throw new Error('stranger');
      if (!r.ok) throw new Error('not served');
      const a = await r.json();
      if (turn !== this.turn) return;
      const cut = this.tries > 0;
      this.tries = 0;
      if (a.epoch !== this.epoch) {
        const again = this.epoch !== '';
        this.epoch = a.epoch;
        this.seq = again ? 0 : Math.max(0, a.seq - BACK);
        this.opened = again ? 0 : a.seq;
        this.ws?.close();
        this.ws = null;
        this.asked = 0;
        if (again) this.on.restart(a.started);
      } else if (cut) this.on.state('connected again', 'resumed');
      this.on.now(a);
      if (!this.ws) this.connect();
      if (!document.hidden && Date.now() - (this.asked || 0) > 5000) {
        this.asked = Date.now();
        fetch('/api/contacts/past', { cache: 'no-store' }).then((x) => x.ok && x.json()).then((p) => p && p.epoch === this.epoch && this.on.past(p)).catch(() => {});
      }
    } catch (e) {
      if (turn !== this.turn) return;
      this.tries++;
      // Full jitter: tabs of one server do not come back all at once.
      wait = 50 + Math.random() * Math.min(LAST, FIRST * 2 ** Math.min(this.tries, 8));
      if (e.message === 'stranger') this.on.state('mores was started anew: open the address it printed', 'stranger');
      else if (e.message === 'not served') this.on.state('mores labels no customers at this address now', 'lost');
      else this.on.state(this.tries > 1 ? 'mores is not running here; waiting for it' : 'reconnecting…', 'lost');
    }
    this.timer = setTimeout(() => this.beat(), document.hidden ? 15000 : wait);
  }

  connect() {
    const ws = new WebSocket(`ws://${location.host}/ws/changes?after=${this.seq}`, 'mores.changes.v1');
    this.ws = ws;
    ws.onmessage = (e) => {
      if (ws !== this.ws) return;
      const m = JSON.parse(e.data);
      if (m.t === 'u') {
        this.seq = m.seq;
        this.on.change(m.u, m.seq <= this.opened);
      } else if (m.t === 'gap') {
        if (m.to > this.opened) this.on.gap();
      }
    };
    ws.onclose = () => { // the next beat opens another
      if (ws !== this.ws) return;
      this.ws = null;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.beat(), 50 + Math.random() * FIRST);
    };
  }
}

// card asks for one customer: a study.Card, {error, fix}, or null when nobody answers.
export async function card(id, than = '') {
  try {
    const r = await fetch('/api/contacts/card?' + new URLSearchParams({ id, than }), { cache: 'no-store' });
    return r.ok || r.status === 404 ? await r.json() : null;
  } catch {
    return null;
  }
}
