// Between seconds and hertz and the pixels of the page: a picture of all the sound, of which the stage shows a part.
import type { Box } from "../drawing/shapes.ts";
import type { TimeFrequency } from "../recording/wire.ts";

const SAME = 1e-6; // pixels: an edge that moved less did not move
const FINE = 1e6; // seconds and hertz are kept to the millionth

/** The whole sound as a picture: `perSecond` pixels wide, `height` pixels high. */
export interface Axes {
  seconds: number;
  top: number; // hertz, the highest there is
  least: number; // hertz, where a logarithmic axis begins
  isLog: boolean;
  perSecond: number;
  height: number;
}

export function yOf(hertz: number, { top, least, isLog, height }: Axes): number {
  if (!isLog) return (1 - hertz / top) * height;
  return (1 - Math.log(Math.max(hertz, least) / least) / Math.log(top / least)) * height;
}

export function hertzOf(y: number, { top, least, isLog, height }: Axes): number {
  const share = Math.max(0, Math.min(1, 1 - y / height));
  if (!isLog) return share * top;
  return share === 0 ? 0 : least * (top / least) ** share; // the lowest line stands for all that is lower
}

/** The box that stands for a stretch of time and its band. */
export function boxOf({ start, end, low, high }: TimeFrequency, axes: Axes): Box {
  const [top, bottom] = [yOf(high ?? axes.top, axes), yOf(low ?? 0, axes)];
  return { kind: "Box", x: start * axes.perSecond, y: top, width: (end - start) * axes.perSecond, height: Math.max(bottom - top, 1) };
}

/** What a box stands for. Edges that did not move keep the numbers of `before`, be they finer than a pixel or missing. */
export function stretchOf(box: Box, axes: Axes, before?: TimeFrequency): TimeFrequency {
  const was = before && boxOf(before, axes);
  const kept = (edge: number, old: number | undefined): boolean => old !== undefined && Math.abs(edge - old) < SAME;
  const fine = (number: number, most: number): number => Math.max(0, Math.min(most, Math.round(number * FINE) / FINE));
  const time = (x: number): number => fine(x / axes.perSecond, axes.seconds);
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  const start = was && before && kept(box.x, was.x) ? before.start : time(box.x);
  const end = was && before && kept(right, was.x + was.width) ? before.end : time(right);
  const high = was && before && kept(box.y, was.y) ? before.high : fine(hertzOf(box.y, axes), axes.top);
  const low = was && before && kept(bottom, was.y + was.height) ? before.low : fine(hertzOf(bottom, axes), axes.top);
  return { kind: "TimeFrequency", start, end: Math.max(end, start + 1 / FINE), low: low ?? null, high: high ?? null };
}

/** Round steps, about so many between two numbers: 1, 2 or 5 times a power of ten. */
export function steps(from: number, to: number, most: number): number[] {
  const rough = (to - from) / Math.max(most, 1);
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-9)));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough)!;
  const found: number[] = [];
  for (let at = Math.ceil(from / step); at * step <= to + 1e-9; at++) found.push(at * step);
  return found;
}

/** A time in words: "12.34 s" among seconds, "1:02:03" among hours. */
export function clock(time: number, digits = 0): string {
  const [minutes, seconds] = [Math.floor(time / 60), time % 60];
  const tail = seconds.toFixed(digits);
  if (minutes === 0) return `${tail} s`;
  const padded = seconds < 10 ? `0${tail}` : tail;
  return minutes < 60 ? `${minutes}:${padded}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${padded}`;
}

/** The moment of a recording's second, where it is known when it began: ", 2026-01-02 03:04:05.1 UTC". */
export function moment(taken: string | null | undefined, time: number): string {
  const isZoned = /(Z|[+-]\d\d:?\d\d)$/.test(taken ?? "");
  const begin = taken?.includes("T") ? Date.parse(isZoned ? taken : `${taken}Z`) : NaN;
  if (Number.isNaN(begin)) return "";
  return `, ${new Date(begin + time * 1000).toISOString().slice(0, 21).replace("T", " ")}${isZoned ? " UTC" : ""}`;
}
