// The customers that all views have selected, and the one pointed at.

export class Selection {
  constructor(changed) {
    this.changed = changed;
    this.clear(true);
  }

  clear(quietly) {
    this.key = ''; // the feature set it is of
    this.mask = null; // one byte a customer, in the set's order; null = nothing selected
    this.count = 0;
    this.segment = null; // where it is exactly one segment of a run
    this.hover = -1;
    if (!quietly) this.changed();
  }

  // of drops the selection when the set is another.
  of(key) {
    if (this.key !== key) {
      this.clear(true);
      this.key = key;
    }
  }

  // choose selects what test accepts. mode: set, add, remove.
  choose(n, test, mode = 'set', segment = null) {
    const mask = mode === 'set' || !this.mask ? new Uint8Array(n) : this.mask.slice();
    let count = 0;
    for (let i = 0; i < n; i++) {
      if (test(i)) mask[i] = mode === 'remove' ? 0 : 1;
      count += mask[i];
    }
    this.mask = count ? mask : null;
    this.count = count;
    this.segment = mode === 'set' && count ? segment : null;
    this.changed();
  }

  // pick selects a segment of a run, or lets go of it.
  pick(label, segment, more) {
    if (this.segment === segment && !more) { this.clear(); return; }
    const key = this.key;
    this.choose(label.length, (i) => label[i] === segment, more ? 'add' : 'set', segment);
    this.key = key;
  }
}
