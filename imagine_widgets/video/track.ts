// A thing through a film: where it is at a time, and what becomes of its key frames. The same numbers as track.py.
import type { Shape, XY } from "../drawing/shapes.ts";
import type { Key, Track } from "../recording/wire.ts";

const SAME = 1e-6; // seconds: two times nearer than that are one

/** Where the thing is at a time; undefined before its first key frame and where it is gone. */
export function at({ keys }: Track, time: number): Shape | undefined {
  const after = keys.findIndex((key) => key.time > time + SAME);
  const before = keys[(after < 0 ? keys.length : after) - 1];
  const next = after < 0 ? undefined : keys[after];
  if (!before?.shape) return undefined;
  if (!next?.shape || Math.abs(before.time - time) <= SAME) return before.shape;
  return between(before.shape, next.shape, (time - before.time) / (next.time - before.time));
}

/** The shape on the way from one to another; the first where they are not alike. */
export function between(first: Shape, second: Shape, share: number): Shape {
  const even = (a: number, b: number): number => a + (b - a) * share;
  const turn = (a: number, b: number): number => upTo360(a + (upTo360(b - a + 180) - 180) * share);
  const all = (a: readonly XY[], b: readonly XY[]): XY[] => a.map(([x, y], i) => [even(x, b[i]![0]), even(y, b[i]![1])]);
  if (first.kind === "Line" && second.kind === "Line" && first.points.length === second.points.length)
    return { ...first, points: all(first.points, second.points) };
  if (first.kind === "Polygon" && second.kind === "Polygon" && first.points.length === second.points.length)
    return first.holes?.length || second.holes?.length ? first : { ...first, points: all(first.points, second.points) };
  if (first.kind !== second.kind || !("x" in first) || first.kind === "Mask") return first;
  const made: Record<string, unknown> = { ...first };
  for (const [name, a] of Object.entries(first)) {
    const b = (second as unknown as Record<string, unknown>)[name] ?? 0;
    if (typeof a === "number") made[name] = name === "angle" ? turn(a, b as number) : even(a, b as number);
  }
  return made as unknown as Shape;
}

function upTo360(degrees: number): number {
  return ((degrees % 360) + 360) % 360;
}

/** From when until when it is seen; `end` is that of the film where it never goes. */
export function span({ keys }: Track, end: number): { from: number; to: number } {
  const last = keys.at(-1)!;
  return { from: keys[0]!.time, to: last.shape ? end : last.time };
}

/** The stretches of time in which it is seen. */
export function seenParts({ keys }: Track, end: number): [from: number, to: number][] {
  const parts: [number, number][] = [];
  keys.forEach(({ time, shape }, i) => {
    if (!shape) return;
    const to = keys[i + 1]?.time ?? Math.max(end, time);
    const last = parts.at(-1);
    if (last?.[1] === time) last[1] = to;
    else parts.push([time, to]);
  });
  return parts;
}

/** The track with a key frame at a time, in place of one that is there. */
export function withKey({ keys }: Track, time: number, shape: Shape | null): Track {
  const key: Key = { kind: "Key", time, shape };
  const others = keys.filter((one) => !isSame(one.time, time));
  return { kind: "Track", keys: [...others, key].sort((a, b) => a.time - b.time) };
}

export function hasKey({ keys }: Track, time: number): boolean {
  return keys.some((one) => isSame(one.time, time));
}

/** The track without its key frame at a time; undefined where it would have none that shows anything. */
export function withoutKey({ keys }: Track, time: number): Track | undefined {
  const left = keys.filter((one) => !isSame(one.time, time));
  const first = left.findIndex(({ shape }) => shape);
  return first < 0 ? undefined : { kind: "Track", keys: left.slice(first) };
}

/** Both parts of a track that is cut at a time; undefined where one of them would show nothing. */
export function split(track: Track, time: number): [Track, Track] | undefined {
  const shape = at(track, time);
  const before = track.keys.filter((one) => one.time < time - SAME);
  if (!shape || before.length === 0) return undefined;
  const after = track.keys.filter((one) => one.time > time + SAME);
  const end: Key = { kind: "Key", time, shape: null };
  return [
    { kind: "Track", keys: [...before, end] },
    { kind: "Track", keys: [{ kind: "Key", time, shape }, ...after] },
  ];
}

/** One track of two: while the one that begins later is seen, its key frames hold; up to its first it moves evenly. */
export function joined(one: Track, other: Track): Track {
  const [first, second] = one.keys[0]!.time <= other.keys[0]!.time ? [one, other] : [other, one];
  const [from, last] = [second.keys[0]!.time, second.keys.at(-1)!];
  const before = first.keys.filter((key) => key.time < from - SAME);
  const after = last.shape ? [] : first.keys.filter((key) => key.time > last.time + SAME);
  const again = at(first, last.time);
  const isOver = !last.shape && again && !isSame(last.time, from); // the first goes on where the second is gone
  const middle = isOver ? [...second.keys.slice(0, -1), { ...last, shape: again }] : second.keys;
  return { kind: "Track", keys: [...before, ...middle, ...after] };
}

function isSame(one: number, other: number): boolean {
  return Math.abs(one - other) <= SAME;
}
