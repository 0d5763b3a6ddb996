// The strip below a recording: all its time, where the regions are, what of it is in sight, and the cursor.
import { colourOf } from "../drawing/palette.ts";

export interface Bar {
  from: number;
  to: number;
  label: number;
  isSelected: boolean;
  isOpen: boolean; // the model said it, nobody decided on it
  keys: readonly number[];
}

const MOST = 4; // rows of bars
const EDGE = 3; // pixels of the page above the first row

/** The row of each bar: the first in which nothing lies at its time; past the last row they share it. */
export function rowsOf(bars: readonly Bar[]): number[] {
  const ends: number[] = [];
  return bars.map(({ from, to }) => {
    const free = ends.findIndex((end) => end <= from);
    const row = free >= 0 ? free : Math.min(ends.length, MOST - 1);
    ends[row] = Math.max(to, ends[row] ?? 0);
    return row;
  });
}

export class Strip {
  readonly canvas: HTMLCanvasElement;
  private readonly seconds: () => number;

  /** `seek` hears the second that somebody points at. */
  constructor(canvas: HTMLCanvasElement, seconds: () => number, seek: (time: number) => void) {
    this.canvas = canvas;
    this.seconds = seconds;
    const point = (event: PointerEvent): void => {
      if (!event.buttons) return;
      const { left, width } = canvas.getBoundingClientRect();
      seek(Math.max(0, Math.min(1, (event.clientX - left) / width)) * seconds());
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      point(event);
    });
    canvas.addEventListener("pointermove", point);
  }

  /** Bars begin in the order of time. */
  draw(bars: readonly Bar[], time: number, seen: { from: number; to: number } | undefined): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const pen = prepared(this.canvas, width, height);
    const style = getComputedStyle(this.canvas);
    const scale = width / Math.max(this.seconds(), 1e-9);
    if (seen) {
      pen.fillStyle = style.color;
      pen.globalAlpha = 0.16;
      pen.fillRect(seen.from * scale, 0, Math.max(2, (seen.to - seen.from) * scale), height);
      pen.globalAlpha = 1;
    }
    const high = (height - 2 * EDGE) / MOST;
    rowsOf(bars).forEach((row, i) => drawBar(pen, bars[i]!, scale, EDGE + row * high, high - 1, style.color));
    pen.fillStyle = style.color;
    pen.fillRect(time * scale - 1, 0, 2, height);
    this.canvas.setAttribute("aria-valuemax", this.seconds().toFixed(3));
    this.canvas.setAttribute("aria-valuenow", time.toFixed(3));
  }
}

function drawBar(pen: CanvasRenderingContext2D, bar: Bar, scale: number, top: number, high: number, ink: string): void {
  const [x, wide] = [bar.from * scale, Math.max(2, (bar.to - bar.from) * scale)];
  pen.fillStyle = colourOf(bar.label);
  pen.globalAlpha = bar.isOpen ? 0.45 : 1;
  pen.fillRect(x, top, wide, high);
  pen.globalAlpha = 1;
  pen.fillStyle = pen.strokeStyle = ink;
  if (bar.isSelected) pen.strokeRect(x - 1, top - 1, wide + 2, high + 2);
  if (bar.isSelected) for (const key of bar.keys) pen.fillRect(key * scale - 1, top, 2, high);
}

/** An empty canvas of a size in pixels of the page, as fine as the screen. */
export function prepared(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
  const pen = canvas.getContext("2d")!;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, across, down);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}
