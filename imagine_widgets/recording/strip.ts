// The strip below a recording: all its time, where the regions are, what of it is in sight, and the cursor.
import { colourOf } from "../drawing/palette.ts";
import { clock } from "../sound/axes.ts";

export interface Bar {
  from: number;
  to: number;
  label: number;
  isSelected: boolean;
  isOpen: boolean; // the model said it, nobody decided on it
  keys: readonly number[];
  parts?: readonly (readonly [from: number, to: number])[]; // where it is there, if not all the time
}

const MOST = 4; // rows of bars
const LEAST = 0.5; // seconds that it shows at least
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
  private readonly moved: () => void;
  private start = 0; // of what it shows, in seconds
  private length = Infinity;
  private last = 0; // where the cursor was

  /** `seek` hears the second that somebody points at, `moved` that the strip shows another stretch. */
  constructor(canvas: HTMLCanvasElement, seconds: () => number, seek: (time: number) => void, moved: () => void) {
    this.canvas = canvas;
    this.seconds = seconds;
    this.moved = moved;
    const share = ({ clientX }: MouseEvent): number => {
      const { left, width } = canvas.getBoundingClientRect();
      return Math.max(0, Math.min(1, (clientX - left) / width));
    };
    const point = (event: PointerEvent): void => {
      if (event.buttons) seek(this.shown.from + share(event) * (this.shown.to - this.shown.from));
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      point(event);
    });
    canvas.addEventListener("pointermove", point);
    const turn = (event: WheelEvent): void => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.002), share(event));
    };
    canvas.addEventListener("wheel", turn, { passive: false });
  }

  /** The seconds that it shows. */
  get shown(): { from: number; to: number } {
    const length = Math.min(this.length, this.seconds());
    const from = Math.max(0, Math.min(this.start, this.seconds() - length));
    return { from, to: from + length };
  }

  /** Show less time, or more, around a share of what it shows; without one, around the cursor. */
  zoom(factor: number, around?: number): void {
    const { from, to } = this.shown;
    const share = around ?? Math.max(0, Math.min(1, (this.last - from) / (to - from)));
    const length = Math.max(LEAST, (to - from) / factor);
    this.start = from + share * (to - from - length);
    this.length = length < this.seconds() ? length : Infinity;
    this.moved();
  }

  /** Bars begin in the order of time. */
  draw(bars: readonly Bar[], time: number, seen: { from: number; to: number } | undefined): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const pen = prepared(this.canvas, width, height);
    const style = getComputedStyle(this.canvas);
    this.follow(time);
    const { from, to } = this.shown;
    const scale = width / Math.max(to - from, 1e-9);
    pen.save();
    pen.translate(-from * scale, 0);
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
    pen.restore();
    if (this.length < Infinity) writeEnds(pen, clock(from, 1), clock(to, 1), width, height, style);
    this.canvas.setAttribute("aria-valuemax", this.seconds().toFixed(3));
    this.canvas.setAttribute("aria-valuenow", time.toFixed(3));
    this.canvas.setAttribute("aria-valuetext", clock(time, 2));
  }

  /** The cursor stays in sight where it moves. */
  private follow(time: number): void {
    const { from, to } = this.shown;
    if (time !== this.last && (time < from || time > to)) this.start = time - (to - from) * 0.1;
    this.last = time;
  }
}

/** From when until when a strip shows that is not the whole. */
function writeEnds(pen: CanvasRenderingContext2D, from: string, to: string, width: number, height: number, style: CSSStyleDeclaration): void {
  pen.font = "11px system-ui, sans-serif";
  pen.lineWidth = 3;
  pen.fillStyle = style.color;
  pen.strokeStyle = style.backgroundColor;
  for (const [text, x, align] of [[from, 4, "left"], [to, width - 4, "right"]] as const) {
    pen.textAlign = align;
    pen.strokeText(text, x, height - 3);
    pen.fillText(text, x, height - 3);
  }
}

function drawBar(pen: CanvasRenderingContext2D, bar: Bar, scale: number, top: number, high: number, ink: string): void {
  const [x, wide] = [bar.from * scale, Math.max(2, (bar.to - bar.from) * scale)];
  pen.fillStyle = colourOf(bar.label);
  pen.globalAlpha = bar.isOpen ? 0.45 : 1;
  pen.fillRect(x, top + (bar.parts ? high / 2 - 0.5 : 0), wide, bar.parts ? 1 : high);
  for (const [from, to] of bar.parts ?? []) pen.fillRect(from * scale, top, Math.max(2, (to - from) * scale), high);
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
