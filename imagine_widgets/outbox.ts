// Edits on their way to the kernel: in order, one message at a time, kept until the kernel has them on disk.
import type { Refusal } from "./wire.ts";

const PATIENCE = 8000; // milliseconds without an answer before the same edits are sent again
const MOST = 100; // edits in one message

/** A name for a batch of edits that no other one has. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `things` are what an edit changes: they are counted as not saved. */
export class Outbox<Edit extends { batch: string; things: readonly unknown[] }> {
  readonly send: (edits: Edit[]) => void;
  readonly changed: () => void;
  waiting: Edit[] = [];
  flying = false;
  refusal = ""; // why the kernel could not write them; they wait for "try again"
  late = false;
  pause = PATIENCE;
  timer?: number;

  constructor(send: (edits: Edit[]) => void, changed: () => void) {
    this.send = send;
    this.changed = changed;
  }

  /** How many things have a label that is not on disk yet. */
  get count(): number {
    return new Set(this.waiting.flatMap((edit) => edit.things)).size;
  }

  put(edit: Edit): void {
    this.waiting.push(edit);
    this.flush();
  }

  flush(): void {
    if (this.flying || this.waiting.length === 0) return;
    this.flying = true;
    this.send(this.waiting.slice(0, MOST));
    this.timer = window.setTimeout(() => this.sendAgain(), this.pause);
  }

  /** No answer came, or a person asked: the kernel knows edits by their id and does none of them twice. */
  sendAgain(): void {
    clearTimeout(this.timer);
    this.late = !this.refusal;
    this.refusal = "";
    this.flying = false;
    this.pause = Math.min(this.pause * 2, 8 * PATIENCE);
    this.flush();
    this.changed();
  }

  /** The kernel answered: `batches` are on disk or refused for good, `failed` could not be written now. */
  answered(batches: string[], failed: Refusal | null): void {
    const known = new Set(batches);
    const before = this.waiting.length;
    this.waiting = this.waiting.filter((edit) => !known.has(edit.batch));
    const isOurs = failed !== null && this.waiting.some((edit) => edit.batch === failed.batch);
    if (before === this.waiting.length && !isOurs) return; // an answer to another tab
    clearTimeout(this.timer);
    this.flying = false;
    this.late = false;
    this.pause = PATIENCE;
    this.refusal = isOurs ? failed.why : "";
    if (!isOurs) this.flush();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}
