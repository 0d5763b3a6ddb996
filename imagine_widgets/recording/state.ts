// What the browser knows of one recording: its regions and facts, and who waits for pictures and sounds of it.
import type { Model } from "../link.ts";
import { Journal } from "../regions/journal.ts";
import type { Told } from "../regions/wire.ts";
import type { FromKernel, Labelled, State, Timed } from "./wire.ts";

/** The first bytes of one stretch of numbers, and all of another. */
function joined(before: DataView<ArrayBuffer>, bytes: number, more: DataView<ArrayBuffer>): DataView<ArrayBuffer> {
  const whole = new Uint8Array(bytes + more.byteLength);
  whole.set(new Uint8Array(before.buffer, before.byteOffset, bytes));
  whole.set(new Uint8Array(more.buffer, more.byteOffset, more.byteLength), bytes);
  return new DataView(whole.buffer);
}

type Part = (buffer: DataView<ArrayBuffer> | undefined, why: string, place: number[]) => void;

class Regions extends Map<string, Labelled> {
  put(one: Labelled): void {
    this.set(one.id, one);
  }

  remove(id: string): boolean {
    return this.delete(id);
  }
}

export class RecordingState extends Journal<Timed, FromKernel, "surveyed"> {
  name = "";
  facts: unknown;
  figures: DataView<ArrayBuffer>[] = []; // numbers that go beside the facts
  regions = new Regions();
  surveyed = 0;
  readonly parts = new Set<Part>(); // who waits for pictures
  readonly waves = new Set<(number: number, buffer: DataView<ArrayBuffer>) => void>();

  constructor(model: Model<FromKernel>) {
    super(model, "The widget");
    this.begin();
  }

  get shelf(): Regions {
    return this.regions;
  }

  get isOpen(): boolean {
    return this.isReady;
  }

  override dispose(): void {
    super.dispose();
    for (const one of [this.parts, this.waves]) one.clear();
  }

  protected hear(message: FromKernel, buffers: DataView<ArrayBuffer>[]): void {
    if (message.type === "part") {
      for (const part of this.parts) part(message.why ? undefined : buffers[0], message.why, message.place);
      return;
    }
    if (message.to && message.to !== this.me) return; // an answer to another tab
    if (message.type === "failure") this.fail(message);
    else if (message.type === "state") this.applyState(message, buffers);
    else if (message.type === "changes") this.changed(message);
    else if (message.type === "favourites") this.laid(message.favourites);
    else if (message.type === "regions") this.applyRegions(message);
    else if (message.type === "wave") for (const wave of this.waves) wave(message.number, buffers[0]!);
    else if (message.type === "surveyed") {
      this.surveyed = message.share;
      this.figures = [joined(this.figures[0]!, message.from * 8, buffers[0]!)];
      this.tell("surveyed");
    }
  }

  private applyState(state: State, figures: DataView<ArrayBuffer>[]): void {
    const { name, facts, classes, steps, undone, favourites } = state;
    Object.assign(this, { name, facts, figures, classes, steps, undone, favourites });
    this.settle();
    this.applyRegions(state);
    this.tell("state");
  }

  private applyRegions(told: Told<Timed>): void {
    this.told(told, (regions) => (this.regions = new Regions(regions.map((one) => [one.id, one]))));
  }
}
