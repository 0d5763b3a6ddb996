// What the pointer does in the picture: pick, drag a handle, move, draw, paint. What it does not take, pans and zooms.
import { Brush } from "../drawing/brush.ts";
import { dragged, moved, withHole, withoutVertex } from "../drawing/edit.ts";
import { type Handle, handles, heldAt } from "../drawing/handles.ts";
import { picked } from "../drawing/hit.ts";
import type { Mask, Shape, XY } from "../drawing/shapes.ts";
import { Sketch, type Tool } from "../drawing/sketch.ts";
import type { Size, View } from "../drawing/view.ts";
import type { Drawn } from "./wire.ts";

const GRASP = 10; // pixels of the page around a handle
const REACH = 6; // and around a line or a point
const SLIP = 3; // pixels of the page that a click may slip

export type Mode = "select" | "brush" | "hole" | Tool;

/** Where the hand works: an element, and what of the picture it shows where. */
export interface Ground {
  readonly element: HTMLElement;
  readonly view: View;
  /** The picture's place under a pointer. */
  at(event: { clientX: number; clientY: number }): XY;
}

/** What the hand needs to know and may do. */
export interface Desk {
  readonly stage: Ground;
  readonly picture: Size;
  selected(): Drawn | undefined;
  /** Regions near a place. */
  near(at: XY, reach: number): Drawn[];
  select(id: string | undefined): void;
  /** A new shape is drawn. */
  made(shape: Shape): void;
  /** The selected region became another. */
  became(shape: Shape): void;
  /** A ruler was laid on something. */
  measured?(shape: Shape): void;
  /** Tell the person in words. */
  say(words: string): void;
  /** Something in hand looks another way now. */
  redraw(): void;
}

type Held =
  | { kind: "handle"; handle: Handle; from: XY }
  | { kind: "shape"; from: XY }
  | { kind: "brush"; way: XY[]; rub: boolean };

export class Hand {
  mode: Mode = "select";
  radius = 14; // of the brush, in pixels of the page
  sketch: Sketch | undefined;
  /** The selected shape while it is dragged. */
  shape: Shape | undefined;
  private readonly desk: Desk;
  private held: Held | undefined;
  private pressed: XY | undefined;
  private isFree = false; // the space bar is down: the hand pans whatever the mode

  constructor(desk: Desk) {
    this.desk = desk;
    const { element } = desk.stage;
    element.addEventListener("pointerdown", (event) => this.down(event), { capture: true });
    element.addEventListener("pointermove", (event) => this.move(event), { capture: true });
    element.addEventListener("pointerup", (event) => this.up(event), { capture: true });
    element.addEventListener("pointercancel", () => this.letGo(), { capture: true });
    element.addEventListener("dblclick", () => this.finish(), { capture: true });
  }

  /** The way of the brush, while it paints. */
  get brush(): { way: readonly XY[]; radius: number } | undefined {
    return this.held?.kind === "brush" ? { way: this.held.way, radius: this.radius / this.scale } : undefined;
  }

  set free(isFree: boolean) {
    this.isFree = isFree;
  }

  use(mode: Mode): void {
    this.letGo();
    this.mode = mode;
    this.desk.stage.element.dataset.mode = mode;
    if (!["select", "brush", "hole"].includes(mode)) this.desk.select(undefined);
  }

  /** Forget what is half done; whether there was something. */
  letGo(): boolean {
    const had = this.sketch !== undefined || this.held !== undefined;
    this.sketch = this.held = this.shape = this.pressed = undefined;
    this.desk.redraw();
    return had;
  }

  /** The shape that is drawn is ready, if it can be. */
  finish(): void {
    this.sketch?.finish();
    this.done();
  }

  /** One vertex back; whether there was one. */
  back(): boolean {
    if (!this.sketch) return false;
    this.sketch.back();
    if (this.sketch.empty) this.sketch = undefined;
    this.desk.redraw();
    return true;
  }

  private get scale(): number {
    return this.desk.stage.view.scale;
  }

  /** The pen touches the picture; whether it took hold of something, or draws. */
  press(at: XY, takesAway = false, rubs = false): boolean {
    if (this.mode === "select") this.held = this.grasp(at, takesAway);
    else if (this.mode === "brush") this.held = { kind: "brush", way: [at], rub: rubs };
    else {
      this.sketch ??= new Sketch(this.mode === "hole" ? "polygon" : this.mode);
      this.sketch.press(this.inside(at));
    }
    this.desk.redraw();
    return this.mode !== "select" || this.held !== undefined;
  }

  /** The pen is elsewhere now. */
  follow(at: XY): void {
    if (this.sketch) this.sketch.move(this.inside(at));
    else this.drag(at);
    this.desk.redraw();
  }

  /** The pen leaves the picture. */
  lift(at: XY): void {
    if (this.sketch) {
      this.sketch.release(this.inside(at), this.scale);
      this.done();
    } else if (this.held) this.drop(at);
  }

  /** Whether the pen holds something, or paints. */
  get isHolding(): boolean {
    return this.held !== undefined;
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0 || this.isFree) return;
    this.pressed = [event.clientX, event.clientY];
    if (!this.press(this.desk.stage.at(event), event.altKey, event.shiftKey)) return;
    event.stopPropagation();
    this.desk.stage.element.setPointerCapture(event.pointerId);
  }

  /** What of the selected region, or which other region, is taken hold of. */
  private grasp(at: XY, takesAway: boolean): Held | undefined {
    const selected = this.desk.selected();
    if (selected) {
      const handle = heldAt(handles(selected.shape, this.scale), at, GRASP / this.scale);
      if (handle && takesAway) return void this.desk.became(withoutVertex(selected.shape, handle));
      if (handle) return { kind: "handle", handle, from: at };
    }
    const reach = REACH / this.scale;
    const found = picked(this.desk.near(at, reach), at, reach);
    if (!found) return undefined;
    if (found.id !== selected?.id) this.desk.select(found.id);
    return { kind: "shape", from: at };
  }

  private move(event: PointerEvent): void {
    if (this.sketch) {
      this.follow(this.desk.stage.at(event));
      if (this.desk.stage.element.hasPointerCapture(event.pointerId)) event.stopPropagation();
      return;
    }
    if (!this.held) return;
    event.stopPropagation();
    if (this.slipped(event)) this.follow(this.desk.stage.at(event));
  }

  private slipped(event: PointerEvent): boolean {
    if (!this.pressed) return true;
    if (Math.hypot(event.clientX - this.pressed[0], event.clientY - this.pressed[1]) <= SLIP) return false;
    this.pressed = undefined;
    return true;
  }

  private drag(at: XY): void {
    const selected = this.desk.selected();
    if (this.held?.kind === "brush") this.held.way.push(at);
    else if (!selected || !this.held) return;
    else if (this.held.kind === "handle") this.shape = dragged(selected.shape, this.held.handle, this.inside(at));
    else {
      const { from } = this.held;
      this.shape = moved(selected.shape, at[0] - from[0], at[1] - from[1], this.desk.picture);
    }
  }

  private up(event: PointerEvent): void {
    if (this.sketch || this.held) {
      event.stopPropagation();
      this.lift(this.desk.stage.at(event));
    } else if (this.mode === "select" && this.pressed && !this.slipped(event)) this.desk.select(undefined);
    this.pressed = undefined;
  }

  /** What was dragged is let go. */
  private drop(at: XY): void {
    const { held, shape } = this;
    this.held = this.shape = undefined;
    if (held?.kind === "brush") this.painted([...held.way, at], held.rub);
    else if (shape) this.desk.became(shape);
    this.desk.redraw();
  }

  private painted(way: XY[], rub: boolean): void {
    const before = this.desk.selected()?.shape;
    const mask: Mask | undefined = before?.kind === "Mask" ? before : undefined;
    const brush = new Brush(this.desk.picture, mask);
    way.forEach((place, i) => brush.stroke(way[i - 1] ?? place, place, this.radius / this.scale, rub));
    const after = brush.mask();
    if (after && mask) this.desk.became(after);
    else if (after) this.desk.made(after);
  }

  private done(): void {
    const shape = this.sketch?.finished ? this.sketch.shape() : undefined;
    if (this.sketch?.finished) this.sketch = undefined;
    if (shape && this.mode === "ruler") this.desk.measured?.(shape);
    else if (shape && this.mode === "hole") this.cut(shape);
    else if (shape) this.desk.made(shape);
    this.desk.redraw();
  }

  private cut(shape: Shape): void {
    const before = this.desk.selected()?.shape;
    const after = before && shape.kind === "Polygon" ? withHole(before, shape.points) : undefined;
    if (after) this.desk.became(after);
    else this.desk.say("A hole is drawn inside the selected outline");
  }

  private inside([x, y]: XY): XY {
    const { width, height } = this.desk.picture;
    return [Math.max(0, Math.min(width, x)), Math.max(0, Math.min(height, y))];
  }
}
