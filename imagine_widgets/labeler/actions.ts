// What a person does in the labeler by key or button beside what regions know everywhere: turn, zoom, go over fields.
import { grown, moved, turned } from "../drawing/edit.ts";
import { fieldAt, fieldNear, fieldsOf } from "../drawing/mower.ts";
import { type Bounds, bounds, type Shape, type XY } from "../drawing/shapes.ts";
import type { Size } from "../drawing/view.ts";
import { count } from "../elements.ts";
import { newId } from "../outbox.ts";
import { Deeds, type Detail } from "../regions/deeds.ts";
import { helpSheet } from "../regions/frame.ts";
import type { Labelled, Step } from "../regions/wire.ts";
import { Crosshair } from "./crosshair.ts";
import type { Parts } from "./frame.ts";
import type { Mode } from "./hand.ts";
import { HELP } from "./keys.ts";
import type { Stage } from "./stage.ts";
import type { LabelerState } from "./state.ts";
import type { Drawn } from "./wire.ts";

type Way = [x: number, y: number, fine?: number];
const FILLS = [0.15, 0.5, 0];
const SHARE = 0.2; // of the page that an arrow moves the view
const FINE = 0.1; // of that with Shift
const ZOOMED = 0.3; // doublings of the scale from which on she wants fields of another size
const BESIDE = 14; // pixels of the page between a region and its double

export abstract class Actions extends Deeds<Shape> {
  abstract override readonly state: LabelerState;
  abstract override readonly parts: Parts;
  abstract readonly stage: Stage;
  readonly crosshair = new Crosshair();
  private mown = ""; // the picture whose fields this view goes over

  abstract setFill(fill: number): void;
  abstract selected(): Drawn | undefined;
  abstract redraw(): void;

  own(name: string, detail: Detail): void {
    const actions: Record<string, () => void> = {
      pen: () => this.pen(detail !== undefined),
      finish: () => this.hand.finish(),
      twice: () => this.twice(),
      copy: () => this.copy(),
      paste: () => this.paste(this.state.copied),
      asBefore: () => this.asBefore(),
      radius: () => (this.hand.radius = Math.max(1, Math.min(200, this.hand.radius * Number(detail)))),
      zoom: () => this.stage.zoom(Number(detail)),
      near: () => this.stage.reveal(bounds(this.selected()?.shape ?? this.everything()), true),
      whole: () => this.stage.whole(),
      field: () => this.mow(Number(detail)),
      fill: () => this.setFill(FILLS[(FILLS.indexOf(this.stage.layer.look.fill) + 1) % FILLS.length]!),
      turn: () => this.turn(Number(detail)),
      free: () => void (this.hand.free = true),
      pan: () => this.pan(way(detail)),
      nudge: () => this.nudge(way(detail)),
      rotate: () => this.rotate(Number(detail)),
      grow: () => this.grow(way(detail)),
    };
    actions[name]?.();
  }

  listed(): Drawn[] {
    return [...this.state.places.values()].filter(({ state }) => state !== "rejected");
  }

  describe(one: Labelled<Shape>): string {
    return one.shape.kind.replace("Rotated", "Turned ");
  }

  reveal(one: Labelled<Shape>): void {
    this.stage.reveal(bounds(one.shape));
  }

  help(): void {
    helpSheet(this.parts.sheet, HELP, () => this.closeSheet());
  }

  override use(mode: Mode): void {
    if (mode === "hole" && !/Polygon/.test(this.selected()?.shape.kind ?? "")) return this.say("Select an outline first: a hole is drawn into it");
    super.use(mode);
  }

  protected override stepped(step: Step | undefined, done: string, nothing: string): void {
    if (step && step.row !== this.state.row) this.state.open(step.row);
    super.stepped(step, done, nothing);
  }

  protected override letGo(): void {
    if (!this.crosshair.leave()) super.letGo();
    this.redraw();
  }

  /** Enter ends what the mouse draws; without that it is the pen of the keyboard. `away`: it takes points away, rubs out. */
  private pen(away: boolean): void {
    const { hand, stage, crosshair } = this;
    if (hand.sketch && !crosshair.at) return hand.finish();
    if (!this.state.opened) return;
    const said = crosshair.press(hand, stage, this.state.opened, away);
    if (said) this.say(said);
    this.redraw();
  }

  private pan([x, y, fine = 0]: Way): void {
    const { crosshair, stage, state } = this;
    if (crosshair.at && state.opened) crosshair.move(x, y, this.hand, stage, state.opened, fine !== 0);
    else stage.pan(x * SHARE * (fine ? FINE : 1), y * SHARE * (fine ? FINE : 1));
    this.redraw();
  }

  /** The selected region once more, a little beside it. */
  private twice(): void {
    const one = this.selected();
    if (!one) return this.say("Select a region first");
    this.paste({ row: this.state.row, regions: [one] });
  }

  /** The selected region, or all that a person stands for, are kept for this picture and for others. */
  private copy(): void {
    const one = this.selected();
    const regions = one ? [one] : this.listed().filter(isHers);
    this.state.copied = { row: this.state.row, regions };
    this.say(`${count(regions.length)} copied`);
  }

  /** Regions once more, in one step: where they were, or beside it in the picture they are from. */
  private paste({ row, regions }: { row: number; regions: readonly Drawn[] }): void {
    const { opened } = this.state;
    if (!opened || !this.state.isOpen) return this.say("The picture is not here yet");
    const far = row === opened.row ? BESIDE / this.stage.view.scale : 0;
    const fitting = regions.filter(({ shape }) => isWithin(bounds(shape), opened));
    const made = fitting.map((one): Drawn => ({ ...one, id: newId(), shape: moved(one.shape, far, far, opened), state: "", score: null }));
    if (made.length) this.state.edit(made);
    if (made.length) this.choose(made.length === 1 ? made[0]!.id : undefined);
    const larger = regions.length - made.length;
    this.say(`${count(made.length)} pasted${larger ? `, ${count(larger)} larger than this picture` : ""}`);
  }

  /** What she stands for in the picture before, here too. */
  private asBefore(): void {
    const { left, row } = this.state;
    const before = left.get(row - 1);
    if (!before) return this.say("Come from the picture before: what is in it is had here then");
    this.paste({ row: row - 1, regions: [...before.values()].filter(isHers) });
  }

  private turn(way: number): void {
    const to = this.state.row + way;
    if (to < 0 || to >= this.state.names.length) return this.say(way > 0 ? "This is the last picture" : "This is the first picture");
    this.hand.letGo();
    this.choose(undefined);
    this.state.open(to);
  }

  /** On to the next field of the picture; in the same browser it goes on where it was, at another scale from here. */
  private mow(way: number): void {
    const { opened, names, row, project } = this.state;
    if (!opened) return;
    const place = `imagine-labeler-field ${project} ${names[row]} ${opened.width} ${opened.height}`;
    const { page, scale, view } = this.stage;
    const { left, top } = view;
    const last = JSON.parse(localStorage.getItem(place) ?? "null") as { index: number; field: Size } | null;
    const fits = last ? Math.min(page.width / last.field.width, page.height / last.field.height) : 0;
    const kept = this.mown === place && Math.abs(Math.log2(scale / fits)) > ZOOMED ? null : last;
    this.mown = place;
    const field = kept?.field ?? { width: page.width / scale, height: page.height / scale };
    const { across, down } = fieldsOf(opened, field);
    const middle: XY = [left + field.width / 2, top + field.height / 2];
    const index = kept ? kept.index + way : fieldNear(middle, opened, field);
    if (index < 0 || index >= across * down) {
      localStorage.removeItem(place);
      return this.say(`All ${count(across * down)} fields are seen`);
    }
    localStorage.setItem(place, JSON.stringify({ index, field }));
    this.stage.fit(fieldAt(index, opened, field));
    this.say(`Field ${count(index + 1)} of ${count(across * down)}`);
  }

  private nudge([x, y]: Way): void {
    const selected = this.selected();
    if (!selected || !this.state.opened) return;
    const far = selected.shape.kind === "Mask" ? Math.max(1, 1 / this.stage.view.scale) : 1 / this.stage.view.scale;
    this.state.edit([this.reshaped(selected, moved(selected.shape, x * far, y * far, this.state.opened))]);
  }

  private rotate(degrees: number): void {
    const selected = this.selected();
    if (selected) this.state.edit([this.reshaped(selected, turned(selected.shape, degrees))]);
  }

  private grow([x, y]: Way): void {
    const selected = this.selected();
    const far = 1 / this.stage.view.scale;
    const shape = selected && this.state.opened && grown(selected.shape, x * far, -y * far, this.state.opened);
    if (shape) this.state.edit([this.reshaped(selected, shape)]);
    else this.say("Points of it are taken with the crosshair: Enter");
  }

  private everything(): { kind: "Box"; x: number; y: number; width: number; height: number } {
    const { width, height } = this.state.opened ?? { width: 1, height: 1 };
    return { kind: "Box", x: 0, y: 0, width, height };
  }
}

/** Drawn or agreed to, not only said by a model. */
function isHers({ state }: Drawn): boolean {
  return state === "" || state === "accepted" || state === "corrected";
}

function isWithin({ left, top, right, bottom }: Bounds, { width, height }: Size): boolean {
  return right - left <= width && bottom - top <= height;
}

/** "1 0" is to the right; a third number tells that it is a fine step. */
function way(detail: Detail): Way {
  return String(detail).split(" ").map(Number) as unknown as Way;
}
