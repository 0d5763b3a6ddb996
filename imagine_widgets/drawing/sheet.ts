// One bitmap of regions, somewhat larger than the page, drawn a few milliseconds at a time.
import { type Look, painting, type Pen } from "./paint.ts";
import type { Places, Region } from "./places.ts";
import { between, seen, type Size, type View } from "./view.ts";

export const SLICE = 4; // milliseconds of drawing in a frame that also moves
const RIM = 0.25; // of the page on each side that the bitmap holds beyond it
const SPARE = 0.1; // of the page that has to be left of the rim, or the next bitmap is begun
const STRETCH = 1.6; // a bitmap is not scaled by more than this, up or down, if it can be helped
const ALIKE = 1e-6; // difference of two scales that nobody sees

/** What a bitmap was drawn for, and how long that took in milliseconds. */
export interface Drawn {
  view: View;
  page: Size;
  cost: number;
}

/** Whether to draw anew, or to go on showing what was drawn: while the view moves, that only has to cover the page. */
export function plan(drawn: Drawn, now: View, page: Size, isMoving: boolean): "paint" | "shift" {
  if (drawn.page.width !== page.width || drawn.page.height !== page.height) return "paint";
  const { scale, x, y } = between(drawn.view, now);
  const isAlike = Math.abs(scale - 1) < ALIKE;
  if (!isMoving) return isAlike && Math.abs(x) < 0.01 && Math.abs(y) < 0.01 ? "shift" : "paint";
  if (!isAlike && drawn.cost <= SLICE) return "paint"; // lines keep their thickness where that costs nothing
  if (scale > STRETCH || scale < 1 / STRETCH) return "paint";
  const [rimX, rimY] = [page.width * (RIM * scale - SPARE), page.height * (RIM * scale - SPARE)];
  const [right, bottom] = [x + page.width * scale, y + page.height * scale];
  const covers = x <= rimX && y <= rimY && right + rimX >= page.width && bottom + rimY >= page.height;
  return covers ? "shift" : "paint";
}

/** What is to be drawn, and how. */
export interface Scene {
  places: Places;
  shows: (region: Region) => boolean;
  look: Look;
}

export class Sheet implements Drawn {
  view: View = { left: 0, top: 0, scale: 1 };
  page: Size = { width: 0, height: 0 };
  cost = 0;
  private readonly canvas = document.createElement("canvas");
  private pen: Pen | undefined;
  private work: Generator<void, void> | undefined;

  /** Nothing was drawn upon it. */
  get isEmpty(): boolean {
    return this.page.width === 0;
  }

  begin(view: View, page: Size, { places, shows, look }: Scene): void {
    const began = performance.now();
    const [x, y] = [(page.width * RIM) / view.scale, (page.height * RIM) / view.scale];
    const wide = { left: view.left - x, top: view.top - y, scale: view.scale };
    const size = { width: page.width * (1 + 2 * RIM), height: page.height * (1 + 2 * RIM) };
    this.pen = prepared(this.canvas, size, true);
    this.work = painting(this.pen, places.within(seen(wide, size)), wide, look, shows);
    Object.assign(this, { view, page, cost: performance.now() - began });
  }

  /** Draw on for so many milliseconds; whether all is drawn. */
  draw(milliseconds: number): boolean {
    const began = performance.now();
    let isDone = false;
    while (!isDone && performance.now() - began < milliseconds) {
      isDone = this.work?.next().done ?? true;
      this.pen?.getImageData(0, 0, 1, 1); // else the browser puts the drawing off, to where it holds up a frame
    }
    this.cost += performance.now() - began;
    return isDone;
  }

  /** Put it on the page where it belongs in a view. */
  show(pen: Pen, view: View): void {
    if (this.isEmpty) return;
    const ratio = window.devicePixelRatio || 1;
    const { scale, x, y } = between(this.view, view);
    const [left, top] = [x - this.page.width * RIM * scale, y - this.page.height * RIM * scale];
    const { width, height } = this.canvas;
    if (Math.abs(scale - 1) >= ALIKE) pen.drawImage(this.canvas, left, top, (width / ratio) * scale, (height / ratio) * scale);
    else pen.drawImage(this.canvas, Math.round(left * ratio) / ratio, Math.round(top * ratio) / ratio, width / ratio, height / ratio);
  }

  /** Gives the memory back at once. */
  clear(): void {
    this.canvas.width = this.canvas.height = 0;
    Object.assign(this, { page: { width: 0, height: 0 }, cost: 0, work: undefined });
  }
}

/** An empty canvas of a size in pixels of the page, as fine as the screen. `isRead` where its pixels are asked for. */
export function prepared(canvas: HTMLCanvasElement, { width, height }: Size, isRead = false): Pen {
  const ratio = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
  const pen = canvas.getContext("2d", { willReadFrequently: isRead })!;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, across, down);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}
