// What a person does to the regions of a sample: seen at once, sent, kept until it is on disk, undone and done again.
import { Link } from "../link.ts";
import { newId, Outbox } from "../outbox.ts";
import type { Class } from "../wire.ts";
import type { Changes, Favourites, Labelled, Sent, Step, Told, Undone } from "./wire.ts";

/** Where the regions lie that have a shape. */
export interface Shelf<Item> {
  get(id: string): Item | undefined;
  put(item: Item): void;
  remove(id: string): boolean;
  values(): Iterable<Item>;
}

/** `S` are the shapes of this widget's regions. */
export abstract class Journal<S, Heard, Own extends string> extends Link<Heard, Own | "regions" | "labels"> {
  row = 0; // of the sample in sight
  classes: Class[] = [];
  favourites: Favourites = {};
  others: string[] = [];
  steps: Step[] = [];
  undone: Undone[] = []; // what redo does again, the next last
  readonly used = new Map<number, number>(); // class → when somebody last labelled with it
  readonly whole = new Map<string, Labelled<null>>(); // regions that stand for the whole sample
  readonly outbox = new Outbox<Sent<S>>(
    (sent) => this.send({ type: "edits", edits: sent.map(({ things: _, ...edit }) => edit) }),
    () => this.tell("saving"),
  );

  abstract get shelf(): Shelf<Labelled<S>>;
  /** Whether the sample in sight can be edited now. */
  abstract get isOpen(): boolean;

  get(id: string): Labelled<S | null> | undefined {
    return this.whole.get(id) ?? this.shelf.get(id);
  }

  /** Put and drop regions of the sample in sight: seen at once, on disk when the kernel says so. */
  edit(put: Labelled<S | null>[], drop: string[] = []): void {
    if (this.isCut || !this.isOpen) return;
    this.place(put, drop);
    for (const { label } of put) this.used.set(label, performance.now());
    const [batch, things] = [newId(), [...put.map(({ id }) => id), ...drop]];
    this.steps.push({ id: batch, row: this.row });
    this.undone = [];
    const told = put.map(({ score: _, ...one }) => one);
    this.outbox.put({ kind: "edit", batch, things, row: this.row, put: told, drop, ...this.cost(things.length) });
    this.tell("regions");
  }

  /** Take the last step back, whichever sample it was on; the step, or none where nothing is left to undo. */
  undo(): Step | undefined {
    const step = this.isCut ? undefined : this.steps.pop();
    if (!step) return undefined;
    const [batch, { id: of, row }] = [newId(), step];
    this.undone.push({ of: batch, root: of, row });
    this.outbox.put({ kind: "undo", batch, things: [of], of, row });
    this.tell("saving");
    return step;
  }

  /** Do again what was taken back last; the step, or none. */
  redo(): Step | undefined {
    const step = this.isCut ? undefined : this.undone.pop();
    if (!step) return undefined;
    this.steps.push({ id: step.root, row: step.row });
    this.outbox.put({ kind: "redo", batch: newId(), things: [step.root], ...step });
    this.tell("saving");
    return this.steps.at(-1);
  }

  /** Lay a class on a key, or, with -1, none. */
  lay(key: string, label: number): void {
    this.send({ type: "favourite", key, label });
    const others = Object.entries(this.favourites).filter(([one, place]) => one !== key && place !== label);
    this.laid(Object.fromEntries(label < 0 ? others : [...others, [key, label]]));
  }

  /** What lies on which key. */
  protected laid(favourites: Favourites): void {
    this.favourites = favourites;
    this.tell("labels");
  }

  /** The kernel told all regions of the sample in sight; `take` puts those with a shape where they lie. */
  protected told({ regions, whole, others }: Told<S>, take: (regions: Labelled<S>[]) => void): void {
    this.others = others;
    this.whole.clear();
    for (const one of whole) this.whole.set(one.id, one);
    take(regions);
    this.replay();
    this.tell("regions");
  }

  protected changed({ batches, failed, changed, done, undone }: Changes<S>): void {
    this.outbox.answered(batches, failed);
    for (const { row, put, drop } of changed) if (row === this.row) this.place(put, drop);
    const { waiting } = this.outbox;
    const gone = new Set([...undone, ...waiting.map((edit) => (edit.kind === "undo" ? edit.of : ""))]);
    const again = new Set(waiting.map((edit) => (edit.kind === "redo" ? edit.root : "")));
    const known = new Set([...this.steps.map(({ id }) => id), ...this.undone.map(({ root }) => root)]);
    const steps = [...this.steps, ...done.filter(({ id }) => !known.has(id))];
    this.steps = steps.filter(({ id }) => !gone.has(id) || again.has(id));
    this.replay();
    this.tell("regions");
    this.tell("saving");
  }

  private place(put: readonly Labelled<S | null>[], drop: readonly string[]): void {
    for (const one of put) {
      if (one.shape === null) this.whole.set(one.id, one as Labelled<null>);
      else this.shelf.put(one as Labelled<S>);
    }
    for (const id of drop) if (!this.whole.delete(id)) this.shelf.remove(id);
  }

  /** What is on its way to the kernel stands over what came from it. */
  private replay(): void {
    for (const edit of this.outbox.waiting) {
      if (edit.kind !== "edit" || edit.row !== this.row) continue;
      this.place(edit.put.map((one) => ({ ...one, score: this.get(one.id)?.score ?? null })), edit.drop);
    }
  }
}

type Open = "me" | "acts" | "isCut" | "isReady" | "isScored" | "speed" | "send" | "guard" | "classes" | "favourites" | "others" | "steps" | "undone" | "used" | "whole" | "outbox";
/** A journal as those see it who need not know how its kernel speaks. */
export type Kept<S> = Pick<Journal<S, unknown, string>, Open | "get" | "edit" | "undo" | "redo" | "lay">;
