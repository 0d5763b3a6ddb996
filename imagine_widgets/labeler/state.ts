// What the browser knows of one labeler: samples, the regions of the one in sight, steps, and edits on their way.
import { Places } from "../drawing/places.ts";
import { newId } from "../outbox.ts";
import type { Class, Failure } from "../wire.ts";
import { TileMail } from "./tiles.ts";
import type { Change, Changes, Drawn, FromKernel, Model, Opened, Sent, Step } from "./wire.ts";
import { Outbox } from "../outbox.ts";

/** What changed, for the views. */
export type News = "state" | "opened" | "regions" | "saving" | "better" | "value" | "failure";

const PATIENCE_FOR_STATE = 5000; // milliseconds before the kernel is asked for everything once more

export class LabelerState {
  readonly model: Model;
  readonly me = newId();
  names: string[] = [];
  classes: Class[] = [];
  steps: Step[] = [];
  failures: Failure[] = [];
  row = -1;
  opened: Opened | undefined;
  places = new Places<Drawn>();
  value: { x: number; y: number; value: number[] } | undefined;
  isReady = false;
  isCut = false;
  since = performance.now(); // the last step, for what a region costs
  acts = 0; // keys and clicks since then
  timer = 0;
  readonly listeners = new Set<(what: News) => void>();
  readonly mail = new TileMail((message) => this.send(message));
  readonly outbox = new Outbox<Sent>(
    (sent) => this.send({ type: "edits", edits: sent.map(({ things: _, ...edit }) => edit) }),
    () => this.tell("saving"),
  );
  readonly receive = (message: FromKernel, buffers: DataView<ArrayBuffer>[]): void =>
    this.guard(() => this.apply(message, buffers));
  readonly look = (): void => void (this.isReady && this.send({ type: "refresh" }));
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
      console.info("The labeler has lost its kernel:", error);
      this.isCut = true;
      this.tell("saving");
    }
  }

  listen(listener: (what: News) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  tell(what: News): void {
    for (const listener of this.listeners) this.guard(() => listener(what));
  }

  guard(work: () => unknown): void {
    try {
      work();
    } catch (caught) {
      const error = caught instanceof Error ? caught : new Error(String(caught));
      this.fail({ sentence: `The labeler stumbled: ${error.message}`, detail: error.stack ?? "" });
    }
  }

  fail(failure: Failure): void {
    this.failures = [...this.failures.filter((one) => one.sentence !== failure.sentence), failure].slice(-5);
    for (const listener of this.listeners) listener("failure");
  }

  /** Go to a sample; what it shows comes with the kernel's answer. */
  open(row: number): void {
    if (row < 0 || row >= this.names.length) return;
    this.row = row;
    this.send({ type: "open", row });
  }

  /** Put and drop regions of the sample in sight: seen at once, on disk when the kernel says so. */
  edit(put: Drawn[], drop: string[] = []): void {
    if (this.isCut || !this.opened) return;
    const change: Change = { row: this.row, put: put.map(({ id, label, shape, state }) => ({ id, label, shape, state })), drop };
    for (const region of put) this.places.put(region);
    for (const id of drop) this.places.remove(id);
    const batch = newId();
    const now = performance.now();
    this.steps.push({ id: batch, row: this.row });
    const cost = { seconds: (now - this.since) / 1000, keys: this.acts };
    this.outbox.put({ kind: "edit", batch, things: [...put.map(({ id }) => id), ...drop], ...cost, ...change });
    Object.assign(this, { since: now, acts: 0 });
    this.tell("regions");
  }

  /** Take the last step back, whichever sample it was on; that sample's row, or -1 where nothing is left to undo. */
  undo(): number {
    const step = this.isCut ? undefined : this.steps.pop();
    if (!step) return -1;
    this.outbox.put({ kind: "undo", batch: newId(), things: [step.id], of: step.id, row: step.row });
    this.tell("saving");
    return step.row;
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    window.removeEventListener("beforeunload", this.warn);
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.look);
    this.outbox.dispose();
    this.mail.dispose();
    this.listeners.clear();
  }

  private hello(): void {
    this.send({ type: "hello" });
    this.timer = window.setTimeout(() => this.hello(), PATIENCE_FOR_STATE);
  }

  private apply(message: FromKernel, buffers: DataView<ArrayBuffer>[]): void {
    if (message.type === "tile") return this.mail.answered(message, buffers[0]);
    if (message.to && message.to !== this.me) return; // an answer to another tab
    if (message.type === "failure") this.fail(message);
    else if (message.type === "state") this.applyState(message.names, message.steps, message.classes);
    else if (message.type === "changes") this.applyChanges(message);
    else if (message.type === "opened" && message.row === this.row) this.applyOpened(message);
    else if (message.type === "regions" && message.row === this.row) this.applyRegions(message.regions, message.whole);
    else if (message.type === "better" && message.row === this.row) this.tell("better");
    else if (message.type === "value") {
      this.value = message;
      this.tell("value");
    }
  }

  private applyState(names: string[], steps: Step[], classes: Class[]): void {
    window.clearTimeout(this.timer);
    Object.assign(this, { names, steps, classes, isReady: true });
    this.tell("state");
    this.open(Math.max(this.row, 0));
  }

  private applyOpened(opened: Opened): void {
    this.opened = opened;
    this.classes = opened.classes;
    this.applyRegions(opened.regions, opened.whole);
    this.tell("opened");
  }

  private applyRegions(regions: Drawn[], whole: string[]): void {
    if (!this.opened) return;
    this.opened.whole = whole;
    this.places = new Places(regions);
    this.replay();
    this.tell("regions");
  }

  private applyChanges(message: Changes): void {
    this.outbox.answered(message.batches, message.failed);
    for (const { row, put, drop } of message.changed) {
      if (row !== this.row) continue;
      for (const region of put) this.places.put(region);
      for (const id of drop) this.places.remove(id);
    }
    const gone = new Set([...message.undone, ...this.outbox.waiting.map((edit) => (edit.kind === "undo" ? edit.of : ""))]);
    const known = new Set(this.steps.map(({ id }) => id));
    this.steps = [...this.steps, ...message.done.filter(({ id }) => !known.has(id))].filter(({ id }) => !gone.has(id));
    this.replay();
    this.tell("regions");
    this.tell("saving");
  }

  /** What is on its way to the kernel stands over what came from it. */
  private replay(): void {
    for (const edit of this.outbox.waiting) {
      if (edit.kind !== "edit" || edit.row !== this.row) continue;
      for (const region of edit.put) this.places.put({ ...region, score: this.places.get(region.id)?.score ?? null });
      for (const id of edit.drop) this.places.remove(id);
    }
  }
}
