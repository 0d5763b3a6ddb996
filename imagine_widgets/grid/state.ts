// What the browser knows of one grid, shared by all its views: the kernel's truth, and over it the edits on their way.
import { Arrangement, type Group, numbers, openOf } from "./arrangement.ts";
import { Thumbs } from "./thumbs.ts";
import type { By, ChangesMessage, Edit, Favourites, FromKernel, Look, OrderMessage, Sent, StateMessage, Step } from "./wire.ts";
import type { Class } from "../wire.ts";
import { Link, type Model, type News as NewsOf } from "../link.ts";
import { newId, Outbox } from "../outbox.ts";

type Own = "order" | "decided" | "thumbs" | "closer";
/** What changed, for the views; "thumbs" brings rows, "closer" a closer look. */
export type News = NewsOf<Own>;

export const NONE = -1; // not predicted, not decided

export class GridState extends Link<FromKernel, Own, number[] | Look> {
  readonly arrangement = new Arrangement();
  isOrdered = false;
  classes: Class[] = [];
  favourites: Favourites = {};
  used = new Map<number, number>(); // class → when somebody last labelled with it
  predicted = new Int32Array();
  second = new Int32Array(); // the model's second guesses
  scores = new Uint8Array(); // of a hundred, 255 where the model told none; empty before anybody wants to see them
  page = 1;
  steps: Step[] = [];
  undone: { rows: number[]; labels: number[] }[] = []; // what redo does again, the next last
  truth = new Int32Array();
  shown = new Int32Array();
  readonly outbox = new Outbox<Sent & { things: number[] }>(
    (sent) => this.send({ type: "edits", edits: sent.map(({ after: _, things: __, ...edit }) => edit) }),
    () => this.tell("saving"),
  );
  readonly thumbs = new Thumbs((message) => this.send(message), (rows) => this.tell("thumbs", rows));

  constructor(model: Model<FromKernel>) {
    super(model, "The grid");
    this.begin();
  }

  get groups(): Group[] {
    return this.arrangement.groups;
  }

  override tell(what: News, detail?: number[] | Look): void {
    if (what === "state" || what === "decided") this.arrangement.recount(this.shown, this.predicted);
    super.tell(what, detail);
  }

  protected hear(message: FromKernel, buffers: DataView<ArrayBuffer>[]): void {
    if (message.to && message.to !== this.me) return; // an answer to another tab
    if (message.type === "state") this.applyState(message, buffers);
    else if (message.type === "changes") this.applyChanges(message);
    else if (message.type === "thumbs") this.thumbs.answered(message, buffers);
    else if (message.type === "closer") this.tell("closer", { ...message, picture: buffers[0]! });
    else if (message.type === "order") this.applyOrder(message, buffers[0]!);
    else if (message.type === "scores") this.applyScores(buffers[0]!);
    else if (message.type === "favourites") this.applyFavourites(message.favourites);
    else if (message.type === "failure") this.fail(message);
  }

  applyState(message: StateMessage, buffers: DataView<ArrayBuffer>[]): void {
    const { classes, page, steps, favourites, hasFeatures, isOrdered } = message;
    const [order, predicted, truth, second] = buffers.map(numbers) as [Int32Array, Int32Array, Int32Array, Int32Array];
    Object.assign(this, { classes, page, steps, favourites, isOrdered, predicted, second, truth, shown: truth.slice() });
    this.arrangement.begin(message.groups, order);
    this.replay();
    this.settle();
    this.tell("state");
    if (hasFeatures) this.send({ type: "order", by: "outliers" }); // it is here before anybody asks for it
    if (this.isScored) this.send({ type: "scores" });
  }

  /** Show how sure the model was of each, or hide it. */
  toggleScores(): void {
    this.isScored = !this.isScored;
    if (!this.scores.length) this.send({ type: "scores" });
    this.tell("decided");
  }

  applyScores({ buffer, byteOffset, byteLength }: DataView<ArrayBuffer>): void {
    this.scores = new Uint8Array(buffer, byteOffset, byteLength);
    this.tell("decided");
  }

  /** "87 %", "" where it is not shown. */
  score(row: number): string {
    const score = this.isScored ? (this.scores[row] ?? 255) : 255;
    return score > 100 ? "" : `${score} %`;
  }

  applyOrder({ by, row }: OrderMessage, buffer: DataView<ArrayBuffer>): void {
    if (by === "likeness" && row !== this.arrangement.pinned) return; // another one is pinned by now
    this.arrangement.orders.set(by, numbers(buffer));
    if (by === this.arrangement.by || by === "likeness") this.sort(by);
  }

  applyFavourites(favourites: Favourites): void {
    this.favourites = favourites;
    this.tell("decided");
  }

  /** Sort within the classes; false where the order has to come from the kernel first. */
  sort(by: By): boolean {
    const isHere = this.arrangement.use(by);
    if (isHere) this.tell("order");
    else if (by === "outliers") this.send({ type: "order", by });
    return isHere;
  }

  pin(row: number | undefined): void {
    this.arrangement.pinned = row;
    this.arrangement.orders.delete("likeness");
    if (row !== undefined) this.send({ type: "order", by: "likeness", row });
  }

  applyChanges(message: ChangesMessage): void {
    if (!this.isReady) return;
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
    this.used.set(label, performance.now());
    this.step({ kind: "label", rows, label, after: rows.map(() => label) });
  }

  /** Label each with its own: what the model would have said next. */
  takeSecond(rows: number[]): void {
    const labels = rows.map((row) => this.second[row]!);
    this.step({ kind: "each", rows, labels, after: labels });
  }

  accept(rows: number[]): void {
    this.step({ kind: "accept", rows, after: rows.map((row) => this.predicted[row]!) });
  }

  /** Takes the last step back; returns its rows, or none where nothing is left to undo. */
  undo(): number[] {
    if (this.isCut) return [];
    const step = this.steps.pop();
    if (!step) return [];
    this.undone.push({ rows: step.rows, labels: step.rows.map((row) => this.shown[row]!) });
    this.edit({ kind: "undo", of: step.id, rows: step.rows, after: step.before });
    return step.rows;
  }

  /** Does again what was undone last; returns its rows. */
  redo(): number[] {
    const again = this.isCut ? undefined : this.undone.pop();
    if (!again) return [];
    this.remember(this.edit({ kind: "each", ...again, after: again.labels }));
    return again.rows;
  }

  /** What a person newly did: nothing that was undone can be done again after it. */
  step(edit: Edit): void {
    this.undone = [];
    this.remember(this.edit(edit));
  }

  remember(step: Step | undefined): void {
    if (step) this.steps.push(step);
    this.tell("decided");
  }

  edit(edit: Edit): Step | undefined {
    if (this.isCut) return;
    const batch = newId();
    const step = { id: batch, rows: edit.rows, before: edit.rows.map((row) => this.shown[row]!) };
    edit.rows.forEach((row, i) => (this.shown[row] = edit.after[i]!));
    this.outbox.put({ batch, things: edit.rows, ...edit, ...this.cost(edit.kind === "undo" ? 0 : edit.rows.length) });
    if (edit.kind === "undo") this.tell("decided");
    return step;
  }

  open(rows: ArrayLike<number>): number[] {
    return openOf(rows, this.shown);
  }

  override dispose(): void {
    super.dispose();
    this.thumbs.dispose();
  }
}
