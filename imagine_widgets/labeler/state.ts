// What the browser knows of one labeler: samples, the regions of the one in sight, its tiles.
import { Places } from "../drawing/places.ts";
import type { Shape } from "../drawing/shapes.ts";
import type { Model } from "../link.ts";
import { Journal } from "../regions/journal.ts";
import type { Told } from "../regions/wire.ts";
import { TileMail } from "./tiles.ts";
import type { Drawn, FromKernel, Opened, State, Tile } from "./wire.ts";

const REMEMBERED = 4; // pictures whose regions can be had in the next one

export class LabelerState extends Journal<Shape, FromKernel, "opened" | "better" | "value" | "missed"> {
  names: string[] = [];
  project = ""; // where the labels are kept
  opened: Opened | undefined;
  places = new Places<Drawn>();
  value: { x: number; y: number; value: (number | string)[] } | undefined;
  page: readonly [width: number, height: number] = expected(); // on which pictures are shown
  copied: { row: number; regions: Drawn[] } = { row: -1, regions: [] };
  readonly left = new Map<number, Places<Drawn>>(); // regions of pictures that were in sight before this one
  readonly mail = new TileMail((message) => this.send(message));

  constructor(model: Model<FromKernel>) {
    super(model, "The labeler");
    this.row = -1;
    this.begin();
  }

  get shelf(): Places<Drawn> {
    return this.places;
  }

  get isOpen(): boolean {
    return this.opened?.row === this.row;
  }

  /** Go to a sample; what it shows comes with the kernel's answer. */
  open(row: number): void {
    if (row < 0 || row >= this.names.length) return;
    this.row = row;
    this.send({ type: "open", row, page: this.page });
  }

  override dispose(): void {
    super.dispose();
    this.mail.dispose();
  }

  protected override greeting(): object {
    return { row: Math.max(this.row, 0), page: this.page };
  }

  protected hear(message: FromKernel, buffers: DataView<ArrayBuffer>[]): void {
    if (message.type === "opened") this.mail.opened(message, buffers);
    if (message.type === "better") this.mail.outdate(message.row);
    if (message.type === "tile") {
      this.mail.answered(message, buffers[0]);
      return this.missed(message);
    }
    if (message.to && message.to !== this.me) return; // an answer to another tab
    if (message.type === "failure") this.fail(message);
    else if (message.type === "state") this.applyState(message);
    else if (message.type === "changes") this.changed(message);
    else if (message.type === "favourites") this.laid(message.favourites);
    else if (message.type === "opened" && message.row === this.row) this.applyOpened(message);
    else if (message.type === "regions" && message.row === this.row) this.applyRegions(message);
    else if (message.type === "better" && message.row === this.row) this.tell("better");
    else if (message.type === "value") {
      this.value = message;
      this.tell("value");
    }
  }

  /** A tile could not be made, or one could again: the file went away, or came back. */
  private missed({ place, why }: Tile): void {
    if (!this.opened || place[0] !== this.row || this.opened.missed === why) return;
    this.opened.missed = why;
    this.tell("missed");
  }

  private applyState({ row, names, place: project, steps, undone, classes, favourites }: State): void {
    Object.assign(this, { names, project, steps, undone, classes, favourites });
    this.settle();
    this.tell("state");
    if (row === Math.max(this.row, 0)) this.row = row; // its picture comes along
    else this.open(Math.max(this.row, 0));
  }

  private applyOpened(opened: Opened): void {
    if (this.opened && this.opened.row !== opened.row) this.leave(this.opened.row);
    this.opened = opened;
    this.classes = opened.classes;
    this.applyRegions(opened);
    this.tell("opened");
  }

  /** What a picture holds is remembered while the next ones are looked at. */
  private leave(row: number): void {
    this.left.delete(row);
    this.left.set(row, this.places);
    for (const oldest of this.left.keys()) if (this.left.size > REMEMBERED) this.left.delete(oldest);
  }

  private applyRegions(told: Told<Shape>): void {
    if (this.opened) this.told(told, (regions) => (this.places = new Places(regions)));
  }
}

/** The room that a picture will have, before there is a page to be measured: as labeler.css has it. */
function expected(): [number, number] {
  return [window.innerWidth * 0.6, Math.min(Math.max(360, window.innerHeight - 280), 760)];
}
