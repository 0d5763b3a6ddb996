// Small pictures in the browser: asked for in the order of need, a few at a time, the longest unused given back.
import type { Thumbnails } from "./wire.ts";

const ROOM = 1500; // pictures kept
const CHUNK = 15; // pictures in one message
const TOGETHER = 2; // messages under way
const LOST = 20000; // milliseconds after which a message is asked for again

export interface Kept {
  url: string;
  why: string;
  name: string;
}

export class Thumbs {
  readonly send: (message: object) => void;
  readonly changed: (rows: number[]) => void;
  readonly kept = new Map<number, Kept>(); // by row, the longest unused first
  readonly asked = new Map<number, number>(); // row → when
  readonly wanted = new Map<object, number[]>(); // view → rows in the order of need
  timer?: number;

  constructor(send: (message: object) => void, changed: (rows: number[]) => void) {
    this.send = send;
    this.changed = changed;
  }

  /** What a view needs now, the page in sight first. What others asked for before and is not under way is dropped. */
  want(view: object, rows: number[]): void {
    this.wanted.set(view, rows);
    this.pump();
  }

  get(row: number): Kept | undefined {
    const kept = this.kept.get(row);
    if (kept) {
      this.kept.delete(row);
      this.kept.set(row, kept);
    }
    return kept;
  }

  pump(): void {
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
    if (this.asked.size) this.timer = window.setTimeout(() => this.pump(), LOST);
  }

  answered(message: Thumbnails, buffers: DataView<ArrayBuffer>[]): void {
    message.rows.forEach((row, i) => {
      this.asked.delete(row);
      this.forget(row);
      const why = message.why[i]!;
      this.kept.set(row, { why, name: message.names[i]!, url: why ? "" : URL.createObjectURL(new Blob([buffers[i]!])) });
    });
    this.makeRoom();
    this.pump();
    this.changed(message.rows);
  }

  makeRoom(): void {
    const needed = new Set([...this.wanted.values()].flat());
    for (const row of [...this.kept.keys()]) {
      if (this.kept.size <= ROOM) return;
      if (!needed.has(row)) this.forget(row);
    }
  }

  forget(row: number): void {
    const kept = this.kept.get(row);
    if (kept?.url) URL.revokeObjectURL(kept.url);
    this.kept.delete(row);
  }

  /** A view is gone; with the last one all pictures are given back. */
  leave(view: object): void {
    this.wanted.delete(view);
    if (this.wanted.size === 0) this.dispose();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const row of [...this.kept.keys()]) this.forget(row);
    this.asked.clear();
  }
}
