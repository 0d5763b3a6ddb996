// The scales of a spectrogram, written over it: seconds below, hertz at the left.
import type { Size, View } from "../drawing/view.ts";
import { type Axes, clock, hertzOf, steps, yOf } from "./axes.ts";

const APART = 90; // pixels between two times, at least
const HIGH = 40; // and between two frequencies

export function paintAxes(pen: CanvasRenderingContext2D, axes: Axes, view: View, page: Size): void {
  pen.font = "11px system-ui, sans-serif";
  pen.fillStyle = "#fff";
  pen.strokeStyle = "rgb(0 0 0 / 75%)";
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  const [from, to] = [view.left / axes.perSecond, (view.left + page.width) / axes.perSecond];
  const times = steps(from, to, page.width / APART);
  const digits = times.length > 1 ? Math.max(0, Math.min(4, -Math.floor(Math.log10(times[1]! - times[0]!) + 1e-9))) : 3;
  for (const time of times) {
    const x = time * axes.perSecond - view.left;
    tick(pen, x, page.height - 5, 1, 5);
    if (x > 40 && x < page.width - 30) write(pen, clock(time, digits), x, page.height - 9, "center");
  }
  for (const hertz of frequencies(axes, view, page)) {
    const y = yOf(hertz, axes) - view.top;
    tick(pen, 0, y, 5, 1);
    if (y > 8 && y < page.height - 16) write(pen, hertz >= 1000 ? `${round(hertz / 1000)} kHz` : `${round(hertz)} Hz`, 9, y + 4, "left");
  }
}

/** Frequencies with a name: in even steps, or 1, 2 and 5 times each power of ten where there is room. */
export function frequencies(axes: Axes, view: View, page: Size): number[] {
  const [high, low] = [hertzOf(view.top, axes), hertzOf(view.top + page.height, axes)];
  if (!axes.isLog) return steps(low, high, page.height / HIGH);
  const found: number[] = [];
  for (let power = 1; power <= high; power *= 10) for (const times of [1, 2, 5]) found.push(times * power);
  let last = Infinity;
  return found.filter((hertz) => {
    const y = yOf(hertz, axes);
    if (hertz < Math.max(low, axes.least) || hertz > high || last - y < HIGH / 2) return false;
    last = y;
    return true;
  });
}

function tick(pen: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  pen.fillRect(x, y, width, height);
}

function write(pen: CanvasRenderingContext2D, text: string, x: number, y: number, align: CanvasTextAlign): void {
  pen.textAlign = align;
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
}

function round(number: number): string {
  return String(Number(number.toPrecision(4)));
}
