// What the browser knows of one recording: its regions, steps to undo and redo, and edits on their way.
import { newId, Outbox } from "../outbox.ts";
import type { Class, Failure } from "../wire.ts";
import type { Changes, FromKernel, Labelled, Model, Sent, State } from "./wire.ts";

/** What changed, for the views. */
export type News = "state" | "regions" | "saving" | "failure" | "surveyed";
type Part = (buffer: DataView<ArrayBuffer> | undefined, why: string, place: number[]) => void;

const PATIENCE_FOR_STATE = 5000; // milliseconds before the kernel is asked for everything once more

export class RecordingState {
  readonly model: Model;
  readonly me = newId();
  name = "";
  facts: unknown;
  figures: DataView<ArrayBuffer>[] = []; // numbers that go beside the facts
  classes: Class[] = [];
  regions = new Map<string, Labelled>();
  whole: string[] = [];
  steps: string[] = [];
  redos: { of: string; root: string }[] = [];
  failures: Failure[] = [];
  surveyed = 0;
  isReady = false;
  isCut = false;
  since = performance.now(); // the last step, for what a region costs
  acts = 0; // keys and clicks since then
  readonly parts = new Set<Part>(); // who waits for pictures
  readonly waves = new Set<(number: number, buffer: DataView<ArrayBuffer>) => void>();
  readonly outbox = new Outbox<Sent>(
    (sent) => this.send({ type: "edits", edits: sent.map(({ things: _, ...edit }) => edit) }),
    () => this.tell("saving"),
  );
  readonly look = (): void => void (this.isReady && this.send({ type: "refresh" }));
  private timer = 0;
  private readonly listeners = new Set<(what: News) => void>();
  private readonly receive = (message: FromKernel, buffers: DataView<ArrayBuffer>[]): void =>
    this.guard(() => this.apply(message, buffers));
  private readonly warn = (event: Event): void => void (this.outbox.count && event.preventDefault());

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
      console.info("The widget has lost its kernel:", error);
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
      this.stumble(caught);
    }
  }

  stumble(caught: unknown): void {
    const error = caught instanceof Error ? caught : new Error(String(caught));
    this.fail({ sentence: `The widget stumbled: ${error.message}`, detail: error.stack ?? "" });
  }

  fail(failure: Failure): void {
    this.failures = [...this.failures.filter((one) => one.sentence !== failure.sentence), failure].slice(-5);
    for (const listener of this.listeners) listener("failure");
  }

  /** Put and drop regions: seen at once, on disk when the kernel says so. */
  edit(put: Labelled[], drop: string[] = []): void {
    if (this.isCut || !this.isReady) return;
    for (const one of put) this.regions.set(one.id, one);
    for (const id of drop) this.regions.delete(id);
    const [batch, now] = [newId(), performance.now()];
    this.steps.push(batch);
    this.redos = [];
    const told = put.map(({ id, label, shape, state }) => ({ id, label, shape, state }));
    const cost = { seconds: (now - this.since) / 1000, keys: this.acts };
    this.outbox.put({ kind: "edit", batch, things: [...put.map(({ id }) => id), ...drop], put: told, drop, ...cost });
    Object.assign(this, { since: now, acts: 0 });
    this.tell("regions");
  }

  /** Take the last step back; whether there was one. */
  undo(): boolean {
    const of = this.isCut ? undefined : this.steps.pop();
    if (!of) return false;
    const batch = newId();
    this.redos.push({ of: batch, root: of });
    this.outbox.put({ kind: "undo", batch, things: [of], of });
    this.tell("saving");
    return true;
  }

  /** Do again what was taken back last; whether there was anything. */
  redo(): boolean {
    const step = this.isCut ? undefined : this.redos.pop();
    if (!step) return false;
    this.steps.push(step.root);
    this.outbox.put({ kind: "redo", batch: newId(), things: [step.root], ...step });
    this.tell("saving");
    return true;
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    window.removeEventListener("beforeunload", this.warn);
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.look);
    this.outbox.dispose();
    for (const one of [this.listeners, this.parts, this.waves]) one.clear();
  }

  private hello(): void {
    this.send({ type: "hello" });
    this.timer = window.setTimeout(() => this.hello(), PATIENCE_FOR_STATE);
  }

  private apply(message: FromKernel, buffers: DataView<ArrayBuffer>[]): void {
    if (message.type === "part") {
      for (const part of this.parts) part(message.why ? undefined : buffers[0], message.why, message.place);
      return;
    }
    if (message.to && message.to !== this.me) return; // an answer to another tab
    if (message.type === "failure") this.fail(message);
    else if (message.type === "state") this.applyState(message, buffers);
    else if (message.type === "changes") this.applyChanges(message);
    else if (message.type === "regions") this.applyRegions(message.regions, message.whole);
    else if (message.type === "wave") for (const wave of this.waves) wave(message.number, buffers[0]!);
    else if (message.type === "surveyed") {
      this.surveyed = message.share;
      this.tell("surveyed");
    }
  }

  private applyState({ name, facts, classes, steps, regions, whole }: State, figures: DataView<ArrayBuffer>[]): void {
    window.clearTimeout(this.timer);
    Object.assign(this, { name, facts, figures, classes, isReady: true, steps: steps.map(({ id }) => id) });
    this.applyRegions(regions, whole);
    this.tell("state");
  }

  private applyRegions(regions: Labelled[], whole: string[]): void {
    this.whole = whole;
    this.regions = new Map(regions.map((one) => [one.id, one]));
    this.replay();
    this.tell("regions");
  }

  private applyChanges(message: Changes): void {
    this.outbox.answered(message.batches, message.failed);
    const waiting = this.outbox.waiting.map((edit) => (edit.kind === "undo" ? edit.of : ""));
    const gone = new Set([...message.undone, ...waiting]);
    const known = new Set([...this.steps, ...this.redos.map(({ root }) => root)]);
    for (const id of message.done) if (!known.has(id)) this.steps.push(id);
    const again = new Set(this.outbox.waiting.map((edit) => (edit.kind === "redo" ? edit.root : "")));
    this.steps = this.steps.filter((id) => !gone.has(id) || again.has(id));
    this.tell("saving");
  }

  /** What is on its way to the kernel stands over what came from it. */
  private replay(): void {
    for (const edit of this.outbox.waiting) {
      if (edit.kind !== "edit") continue;
      for (const one of edit.put) this.regions.set(one.id, { ...one, score: this.regions.get(one.id)?.score ?? null });
      for (const id of edit.drop) this.regions.delete(id);
    }
  }
}
