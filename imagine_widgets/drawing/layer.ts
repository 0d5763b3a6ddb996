// The canvas with all regions above the picture. While the view moves, what takes too long to draw anew in each frame is
// shifted as a bitmap, and drawn once more when the view stands still.
import { type Look, paint, type Pen } from "./paint.ts";
import type { Places, Region } from "./places.ts";
import { between, seen, type Size, type View } from "./view.ts";

const BUDGET = 6; // milliseconds that drawing may take in a frame that also moves
const RIM = 0.25; // of the page on each side that the bitmap holds beyond it
const STRETCH = 1.6; // a bitmap is not scaled by more than this, up or down
const STILL = 120; // milliseconds without a move after which everything is drawn anew

/** What was drawn into the bitmap, and how long that took in milliseconds. */
export interface Drawn {
  view: View;
  page: Size;
  cost: number;
}

/** Whether to draw anew, or to shift what was drawn: "shift" needs a bitmap that covers the page well enough. */
export function plan(drawn: Drawn | undefined, now: View, page: Size, isMoving: boolean): "paint" | "shift" {
  if (!drawn || !isMoving || drawn.cost <= BUDGET) return "paint";
  if (drawn.page.width !== page.width || drawn.page.height !== page.height) return "paint";
  const { scale, x, y } = between(drawn.view, now);
  if (scale > STRETCH || scale < 1 / STRETCH) return "paint";
  const [rimX, rimY] = [page.width * RIM * scale, page.height * RIM * scale];
  const [right, bottom] = [x + page.width * scale + rimX, y + page.height * scale + rimY];
  const covers = x - rimX <= 0 && y - rimY <= 0 && right >= page.width && bottom >= page.height;
  return covers ? "shift" : "paint";
}

export class Layer {
  readonly canvas: HTMLCanvasElement;
  places: Places;
  look: Look = { fill: 0.15, line: 2 };
  shows: (region: Region) => boolean = () => true; // what is selected or rejected is drawn elsewhere or not at all
  private readonly bitmap = document.createElement("canvas");
  private drawn: Drawn | undefined;
  private view: View = { left: 0, top: 0, scale: 1 };
  private page: Size = { width: 0, height: 0 };
  private still = 0;

  constructor(canvas: HTMLCanvasElement, places: Places) {
    this.canvas = canvas;
    this.places = places;
  }

  /** Show the regions as this view has them; `isMoving` while more moves are to come. */
  show(view: View, page: Size, isMoving: boolean): void {
    Object.assign(this, { view, page });
    window.clearTimeout(this.still);
    if (plan(this.drawn, view, page, isMoving) === "paint") this.draw();
    this.blit();
    if (isMoving) this.still = window.setTimeout(() => this.changed(), STILL);
  }

  /** Regions or their looks changed. */
  changed(): void {
    this.drawn = undefined;
    this.show(this.view, this.page, false);
  }

  /** The milliseconds that the last full drawing took. */
  get cost(): number {
    return this.drawn?.cost ?? 0;
  }

  dispose(): void {
    window.clearTimeout(this.still);
    for (const canvas of [this.canvas, this.bitmap]) canvas.width = canvas.height = 0; // gives the memory back at once
  }

  private draw(): void {
    const began = performance.now();
    const { page, view } = this;
    const [rimX, rimY] = [page.width * RIM, page.height * RIM];
    const wide = { left: view.left - rimX / view.scale, top: view.top - rimY / view.scale, scale: view.scale };
    const size = { width: page.width + 2 * rimX, height: page.height + 2 * rimY };
    const pen = prepared(this.bitmap, size);
    paint(pen, this.places.within(seen(wide, size)).filter(this.shows), wide, this.look);
    this.drawn = { view, page, cost: performance.now() - began };
  }

  private blit(): void {
    const pen = prepared(this.canvas, this.page);
    if (!this.drawn || this.bitmap.width === 0) return;
    const { scale, x, y } = between(this.drawn.view, this.view);
    const { width, height } = this.page;
    pen.drawImage(
      this.bitmap,
      x - width * RIM * scale,
      y - height * RIM * scale,
      width * (1 + 2 * RIM) * scale,
      height * (1 + 2 * RIM) * scale,
    );
  }
}

/** An empty canvas of a size in pixels of the page, as fine as the screen. */
function prepared(canvas: HTMLCanvasElement, { width, height }: Size): Pen {
  const ratio = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
  const pen = canvas.getContext("2d")!;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, across, down);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}
