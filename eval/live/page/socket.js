// The connection: one websocket, resumed where it was cut.

const VERSION = 1, FIRST = 250, LAST = 8000;

export class Socket {
  // on: {message(m), state(text, kind), frame(id, view)}
  constructor(on) {
    this.on = on;
    this.study = '';
    this.epoch = '';
    this.seq = 0;
    this.tries = 0;
    this.cut = false;
    this.next = 1;
    this.asked = new Map(); // arrays under way: id -> {blob, parts, resolve, reject}
  }

  open(study) {
    this.study = study || this.study;
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    const ws = new WebSocket(`ws://${location.host}/ws`, 'mores.v1');
    ws.binaryType = 'arraybuffer';
    this.ws = ws;
    ws.onopen = () => {
      this.send({ t: 'hello', v: VERSION, study: this.study, resume: this.epoch ? { epoch: this.epoch, seq: this.seq } : undefined });
      for (const [id, a] of this.asked) { a.parts = []; this.send({ t: 'get', id, blob: a.blob }); }
    };
    ws.onmessage = (e) => (typeof e.data === 'string' ? this.text(JSON.parse(e.data)) : this.binary(e.data));
    ws.onclose = () => ws === this.ws && this.lost();
  }

  send(m) {
    if (this.ws?.readyState === WebSocket.OPEN) this.ws.send(JSON.stringify(m));
  }

  // subscribe switches to another study.
  subscribe(study) {
    this.study = study;
    this.epoch = '';
    this.seq = 0;
    this.send({ t: 'sub', study });
  }

  text(m) {
    if (m.t === 'welcome') {
      const again = this.cut;
      this.tries = 0;
      this.cut = this.stranger = false;
      this.study = m.study;
      this.epoch = m.epoch;
      if (m.resumed && again) this.on.state('resumed at #' + m.seq, 'resumed');
      else this.on.state('', 'live');
    }
    if ((m.t === 'snap' || m.t === 'd' || m.t === 'p' || m.t === 'gap') && m.study !== this.study) return;
    if (m.t === 'd') this.seq = m.seq;
    if (m.t === 'snap' && m.part === m.of) this.seq = m.seq;
    if (m.t === 'err' && this.asked.has(m.id)) {
      this.asked.get(m.id).reject(new Error(m.msg));
      this.asked.delete(m.id);
      return;
    }
    this.on.message(m);
  }

  // binary takes a frame of an array: 16 bytes of header, then elements.
  binary(buf) {
    const head = new DataView(buf);
    const id = head.getUint32(4, true), a = this.asked.get(id);
    if (!a || head.getUint8(0) !== 1) return;
    a.parts.push(buf.slice(16));
    if (!(head.getUint16(2, true) & 1)) { a.progress?.(a.parts); return; }
    this.asked.delete(id);
    const out = new Uint8Array(a.parts.reduce((n, p) => n + p.byteLength, 0));
    let at = 0;
    for (const p of a.parts) { out.set(new Uint8Array(p), at); at += p.byteLength; }
    a.resolve(out.buffer);
  }

  // get fetches an array by its address.
  get(blob) {
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.asked.set(id, { blob, parts: [], resolve, reject });
      this.send({ t: 'get', id, blob });
    });
  }

  lost() {
    this.cut = true;
    this.tries++;
    if (!this.stranger) this.on.state('reconnecting…', 'lost');
    // Full jitter: tabs of one server do not come back all at once.
    const wait = 50 + Math.random() * Math.min(LAST, FIRST * 2 ** Math.min(this.tries, 8));
    this.timer = setTimeout(() => this.connect(), wait);
    if (this.tries > 1) this.ask();
  }

  // ask finds out whether the server still knows this browser.
  async ask() {
    try {
      const r = await fetch('/page/icon.svg', { cache: 'no-store' });
      this.stranger = r.status === 401;
      if (this.stranger) this.on.state('mores was started anew: open the address it printed', 'stranger');
    } catch {
      this.stranger = false;
      this.on.state('mores is not running here; waiting for it', 'lost');
    }
  }
}
