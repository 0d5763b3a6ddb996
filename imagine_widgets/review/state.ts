// What the browser knows of one review: the queue, where it is, and the next pictures before they are wanted.
import type { Shape } from "../drawing/shapes.ts";
import { LabelerState } from "../labeler/state.ts";
import type { Opened } from "../labeler/wire.ts";
import type { Labelled } from "../regions/wire.ts";
import { BECAME, type Item, PAUSE, Queue } from "./queue.ts";
import type { FromReview, Line, Stretch } from "./wire.ts";

export const AHEAD = 2; // regions whose pictures are asked for before they come: the kernel keeps three open
const KNOWN = 100; // regions after the one in question that are always known

export class ReviewState extends LabelerState {
  queue: Queue | undefined;
  guesses = 0;
  readonly ahead = new Map<number, Opened>(); // samples that were told before they are wanted
  private readonly asked = new Set<number>();
  private readonly where = new Map<string, number>(); // step → its place in the queue
  private isAsking = false; // for a stretch of the queue

  /** Go to a region; its picture is there at once where it was told ahead. */
  go(place: number): void {
    const { queue } = this;
    if (!queue || place < 0 || place >= queue.total) return;
    queue.at = place;
    if (queue.item && queue.item.row !== this.row) this.open(queue.item.row);
    this.prepare();
    this.tell("state");
  }

  placeOf(step: string): number | undefined {
    return this.where.get(step);
  }

  override open(row: number): void {
    const known = this.ahead.get(row);
    const { item } = this.queue ?? {};
    if (row < 0 || row >= this.names.length) return;
    this.ahead.delete(row);
    this.row = row;
    if (known) super.hear(known, []);
    else if (!this.asked.has(row)) this.ask(row, item?.row === row ? item : undefined);
  }

  override edit(put: Labelled<Shape | null>[], drop: string[] = []): void {
    const { length } = this.steps;
    const { queue } = this;
    super.edit(put, drop);
    const one = put.find(({ id }) => id === queue?.item?.id);
    if (!queue || !one || queue.item?.row !== this.row || this.steps.length === length) return;
    this.where.set(this.steps.at(-1)!.id, queue.at);
    queue.set(queue.at, Math.max(0, BECAME.indexOf(one.state as "accepted")));
    this.tell("state");
  }

  /** A break is no time that a region took. */
  override cost(): { seconds: number; keys: number } {
    const { seconds, keys } = super.cost();
    const cost = { seconds: Math.min(seconds, PAUSE), keys };
    this.queue?.took(cost.seconds);
    return cost;
  }

  /** Before the queue is known, the kernel says which sample comes first. */
  protected override greeting(): object {
    return { ...super.greeting(), row: this.row };
  }

  protected override hear(message: FromReview, buffers: DataView<ArrayBuffer>[]): void {
    const isOurs = !message.to || message.to === this.me;
    if (message.type === "line") return void (isOurs && this.applyLine(message, buffers[0]!));
    if (message.type === "queue") return void (isOurs && this.applyStretch(message));
    if (message.type === "codes") {
      for (const [place, code] of message.changed) this.queue?.set(place, code);
      return this.tell("state");
    }
    if (message.type === "changes") for (const { row } of message.changed) this.ahead.delete(row);
    if (message.type === "regions" && this.ahead.has(message.row)) Object.assign(this.ahead.get(message.row)!, message, { type: "opened" });
    if (message.type === "opened" && isOurs) this.asked.delete(message.row);
    if (message.type === "opened" && isOurs && message.row !== this.row) return this.keep(message);
    super.hear(message, buffers);
    if (message.type === "opened") this.prepare();
  }

  private applyLine({ at, speed, steps, guesses }: Line, codes: DataView<ArrayBuffer>): void {
    const before = this.queue?.total === codes.byteLength ? this.queue : undefined;
    this.queue = new Queue(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength), before?.at ?? at, speed);
    for (const [place, item] of before?.items ?? []) this.queue.items.set(place, item);
    for (const [step, place] of Object.entries(steps)) this.where.set(step, place);
    this.guesses = guesses;
  }

  private applyStretch({ from, items, classes }: Stretch): void {
    this.isAsking = false;
    this.classes = classes;
    items.forEach((item, i) => this.queue?.items.set(from + i, item));
    if (this.isReady) this.go(this.queue?.at ?? 0);
    else if (this.row < 0) this.row = this.queue?.item?.row ?? 0; // the kernel tells the samples next: this one is opened
  }

  private keep(opened: Opened): void {
    this.ahead.set(opened.row, opened);
    for (const row of this.ahead.keys()) if (this.ahead.size > 2 * AHEAD) this.ahead.delete(row);
    this.tell("state");
  }

  /** Ask for what comes next before it is wanted. */
  private prepare(): void {
    const { queue } = this;
    const from = queue?.unknown(KNOWN);
    if (from !== undefined && !this.isAsking) {
      this.isAsking = true;
      this.send({ type: "queue", from: from === queue!.at ? Math.max(0, from - KNOWN) : from });
    }
    for (const place of queue?.coming(AHEAD) ?? []) {
      const row = queue!.items.get(place)?.row;
      if (row === undefined || row === this.row || this.ahead.has(row) || this.asked.has(row)) continue;
      this.asked.add(row);
      this.ask(row, queue!.items.get(place));
    }
  }

  /** The tiles of all of it come along, but where only a part will be shown. */
  private ask(row: number, item: Item | undefined): void {
    this.send({ type: "open", row, page: item?.bounds ? [] : this.page });
  }
}
