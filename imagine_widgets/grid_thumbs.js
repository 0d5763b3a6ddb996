// Small pictures in the browser: asked for in the order of need, a few at a time, the longest unused given back.

const ROOM = 1500; // pictures kept
const CHUNK = 15; // pictures in one message
const TOGETHER = 2; // messages under way
const LOST = 20000; // milliseconds after which a message is asked for again

export class Thumbs {
  constructor(send, changed) {
    this.send = send;
    this.changed = changed;
    this.kept = new Map(); // row → { url, why }, the longest unused first
    this.asked = new Map(); // row → when
    this.wanted = new Map(); // view → rows in the order of need
  }

  /** What a view needs now, the page in sight first. What others asked for before and is not under way is dropped. */
  want(view, rows) {
    this.wanted.set(view, rows);
    this.pump();
  }

  get(row) {
    const kept = this.kept.get(row);
    if (kept) {
      this.kept.delete(row);
      this.kept.set(row, kept);
    }
    return kept;
  }

  pump() {
    clearTimeout(this.timer);
    const now = Date.now();
    for (const [row, when] of this.asked) if (now - when > LOST) this.asked.delete(row);
    const missing = [...new Set([...this.wanted.values()].flat())].filter(
      (row) => !this.kept.has(row) && !this.asked.has(row),
    );
    while (missing.length && this.asked.size < CHUNK * TOGETHER) {
      const rows = missing.splice(0, CHUNK);
      for (const row of rows) this.asked.set(row, now);
      this.send({ type: "thumbs", rows });
    }
    if (this.asked.size) this.timer = setTimeout(() => this.pump(), LOST);
  }

  answered(message, buffers) {
    message.rows.forEach((row, i) => {
      this.asked.delete(row);
      this.forget(row);
      const why = message.why[i];
      this.kept.set(row, { why, url: why ? "" : URL.createObjectURL(new Blob([buffers[i]])) });
    });
    this.makeRoom();
    this.pump();
    this.changed(message.rows);
  }

  makeRoom() {
    const needed = new Set([...this.wanted.values()].flat());
    for (const row of [...this.kept.keys()]) {
      if (this.kept.size <= ROOM) return;
      if (!needed.has(row)) this.forget(row);
    }
  }

  forget(row) {
    const kept = this.kept.get(row);
    if (kept?.url) URL.revokeObjectURL(kept.url);
    this.kept.delete(row);
  }

  /** A view is gone; with the last one all pictures are given back. */
  leave(view) {
    this.wanted.delete(view);
    if (this.wanted.size === 0) this.dispose();
  }

  dispose() {
    clearTimeout(this.timer);
    for (const row of [...this.kept.keys()]) this.forget(row);
    this.asked.clear();
  }
}
