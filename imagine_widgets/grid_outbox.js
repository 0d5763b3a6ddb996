// Edits on their way to the kernel: in order, one message at a time, kept until the kernel has them on disk.

const PATIENCE = 8000; // milliseconds without an answer before the same edits are sent again
const MOST = 100; // edits in one message

export class Outbox {
  constructor(send, changed) {
    this.send = send;
    this.changed = changed;
    this.waiting = [];
    this.flying = false;
    this.refusal = ""; // why the kernel could not write them; they wait for "try again"
    this.late = false;
    this.pause = PATIENCE;
  }

  /** How many samples have a label that is not on disk yet. */
  get count() {
    return new Set(this.waiting.flatMap((edit) => edit.rows)).size;
  }

  put(edit) {
    this.waiting.push(edit);
    this.flush();
  }

  flush() {
    if (this.flying || this.waiting.length === 0) return;
    this.flying = true;
    const edits = this.waiting.slice(0, MOST).map(({ after, ...edit }) => edit);
    this.send({ type: "edits", edits });
    this.timer = setTimeout(() => this.sendAgain(), this.pause);
  }

  /** No answer came, or a person asked: the kernel knows edits by their id and does none of them twice. */
  sendAgain() {
    clearTimeout(this.timer);
    this.late = !this.refusal;
    this.refusal = "";
    this.flying = false;
    this.pause = Math.min(this.pause * 2, 8 * PATIENCE);
    this.flush();
    this.changed();
  }

  /** The kernel answered: `batches` are on disk or refused for good, `failed` could not be written now. */
  answered(batches, failed) {
    const known = new Set(batches);
    const before = this.waiting.length;
    this.waiting = this.waiting.filter((edit) => !known.has(edit.batch));
    const isOurs = failed && this.waiting.some((edit) => edit.batch === failed.batch);
    if (before === this.waiting.length && !isOurs) return; // an answer to another tab
    clearTimeout(this.timer);
    this.flying = false;
    this.late = false;
    this.pause = PATIENCE;
    this.refusal = isOurs ? failed.why : "";
    if (!isOurs) this.flush();
  }

  dispose() {
    clearTimeout(this.timer);
  }
}
