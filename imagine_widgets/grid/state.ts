// What the browser knows of one grid, shared by all its views: the kernel's truth, and over it the edits on their way.
import { Thumbs } from "./thumbs.ts";
import type { ChangesMessage, Edit, FromKernel, Group, Look, Model, Sent, StateMessage, Step } from "./wire.ts";
import type { Class, Failure } from "../wire.ts";
import { newId, Outbox } from "../outbox.ts";

/** What changed, for the views; "thumbs" brings rows, "closer" a closer look. */
export type News = "state" | "decided" | "saving" | "failure" | "thumbs" | "closer";
export type Listener = (what: News, detail?: number[] | Look) => void;

export const NONE = -1; // not predicted, not decided
const PATIENCE_FOR_STATE = 5000; // milliseconds before the kernel is asked for everything once more

export class GridState {
  readonly model: Model;
  readonly me = newId();
  ready = false;
  isCut = false;
  classes: Class[] = [];
  groups: Group[] = [];
  names: string[] = [];
  predicted: number[] = [];
  page = 1;
  steps: Step[] = [];
  truth = new Int32Array();
  shown = new Int32Array();
  failures: Failure[] = [];
  timer?: number;
  since = performance.now(); // the last step, for what a label costs
  acts = 0; // keys and clicks since then
  readonly listeners = new Set<Listener>();
  readonly outbox = new Outbox<Sent & { things: number[] }>(
    (sent) => this.send({ type: "edits", edits: sent.map(({ after: _, things: __, ...edit }) => edit) }),
    () => this.tell("saving"),
  );
  readonly thumbs = new Thumbs((message) => this.send(message), (rows) => this.tell("thumbs", rows));
  readonly receive = (message: FromKernel, buffers: DataView<ArrayBuffer>[]): void =>
    this.guard(() => this.apply(message, buffers));
  readonly look = (): void => void (this.ready && this.send({ type: "refresh" }));
  readonly warn = (event: Event): void => void (this.outbox.count && event.preventDefault());

  constructor(model: Model) {
    this.model = model;
    model.on("msg:custom", this.receive);
    model.on("comm_live_update", this.look);
    window.addEventListener("beforeunload", this.warn);
    this.hello();
  }

  send(message: object): void {
    try {
      this.model.send({ ...message, to: this.me });
    } catch (error) {
      console.info("The review grid has lost its kernel:", error);
      this.isCut = true; // the kernel was restarted or ended: this grid is no more than a picture
      this.tell("saving");
    }
  }

  hello(): void {
    this.send({ type: "hello" });
    this.timer = window.setTimeout(() => this.hello(), PATIENCE_FOR_STATE);
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  tell(what: News, detail?: number[] | Look): void {
    for (const listener of this.listeners) this.guard(() => listener(what, detail));
  }

  guard(work: () => unknown): void {
    try {
      work();
    } catch (caught) {
      const error = caught instanceof Error ? caught : new Error(String(caught));
      this.fail({ sentence: `The grid stumbled: ${error.message}`, detail: error.stack ?? "" });
    }
  }

  fail(failure: Failure): void {
    this.failures = [...this.failures.filter((one) => one.sentence !== failure.sentence), failure].slice(-5);
    for (const listener of this.listeners) listener("failure");
  }

  apply(message: FromKernel, buffers: DataView<ArrayBuffer>[]): void {
    if (message.to && message.to !== this.me) return; // an answer to another tab
    if (message.type === "state") this.applyState(message);
    else if (message.type === "changes") this.applyChanges(message);
    else if (message.type === "thumbs") this.thumbs.answered(message, buffers);
    else if (message.type === "closer") this.tell("closer", { ...message, picture: buffers[0]! });
    else if (message.type === "failure") this.fail(message);
  }

  applyState(message: StateMessage): void {
    clearTimeout(this.timer);
    const { classes, groups, names, predicted, page, steps } = message;
    Object.assign(this, { classes, groups, names, predicted, page, steps });
    this.truth = Int32Array.from(message.decided);
    this.shown = this.truth.slice();
    this.replay();
    this.ready = true;
    this.tell("state");
  }

  applyChanges(message: ChangesMessage): void {
    if (!this.ready) return;
    this.outbox.answered(message.batches, message.failed);
    if (message.classes) this.classes = message.classes;
    message.rows.forEach((row, i) => {
      this.truth[row] = message.labels[i]!;
      this.shown[row] = message.labels[i]!;
    });
    const undone = new Set([...message.undone, ...this.outbox.waiting.map((edit) => (edit.kind === "undo" ? edit.of : ""))]);
    const known = new Set(this.steps.map((step) => step.id));
    this.steps.push(...message.done.filter((step) => !known.has(step.id)));
    this.steps = this.steps.filter((step) => !undone.has(step.id));
    this.replay();
    this.tell("decided");
  }

  replay(): void {
    for (const edit of this.outbox.waiting) edit.rows.forEach((row, i) => (this.shown[row] = edit.after[i]!));
  }

  label(rows: number[], label: number): void {
    this.edit({ kind: "label", rows, label, after: rows.map(() => label) }, true);
  }

  accept(rows: number[]): void {
    this.edit({ kind: "accept", rows, after: rows.map((row) => this.predicted[row]!) }, true);
  }

  /** Takes the last step back; returns its rows, or none where nothing is left to undo. */
  undo(): number[] {
    if (this.isCut) return [];
    const step = this.steps.pop();
    if (!step) return [];
    this.edit({ kind: "undo", of: step.id, rows: step.rows, after: step.before }, false);
    return step.rows;
  }

  edit(edit: Edit, isStep: boolean): void {
    if (this.isCut) return;
    const batch = newId();
    if (isStep) this.steps.push({ id: batch, rows: edit.rows, before: edit.rows.map((row) => this.shown[row]!) });
    edit.rows.forEach((row, i) => (this.shown[row] = edit.after[i]!));
    const now = performance.now();
    this.outbox.put({ batch, things: edit.rows, ...edit, seconds: (now - this.since) / 1000, keys: this.acts });
    Object.assign(this, { since: now, acts: 0 });
    this.tell("decided");
  }

  /** Totals over all samples. */
  progress(): { total: number; decided: number; corrected: number } {
    let confirmed = 0;
    let corrected = 0;
    for (let row = 0; row < this.shown.length; row++) {
      if (this.shown[row] === NONE) continue;
      if (this.shown[row] === this.predicted[row]) confirmed++;
      else corrected++;
    }
    return { total: this.shown.length, decided: confirmed + corrected, corrected };
  }

  open(rows: number[]): number[] {
    return rows.filter((row) => this.shown[row] === NONE);
  }

  dispose(): void {
    clearTimeout(this.timer);
    window.removeEventListener("beforeunload", this.warn);
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.look);
    this.outbox.dispose();
    this.thumbs.dispose();
    this.listeners.clear();
  }
}
