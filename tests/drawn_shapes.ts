// Random shapes for the tests of the drawing layer, the same in every run.
import assert from "node:assert/strict";
import { maskOf } from "../imagine_widgets/drawing/masks.ts";
import type { Shape, XY } from "../imagine_widgets/drawing/shapes.ts";

export type Random = () => number;

/** `count` sources of numbers from 0 to 1, each with its own seed (mulberry32). */
export function* numbers(count: number): Generator<Random> {
  for (let seed = 1; seed <= count; seed++) {
    let state = seed * 0x9e3779b9;
    yield () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }
}

export function near(found: readonly XY[], wanted: readonly XY[]): void {
  assert.equal(found.length, wanted.length);
  found.forEach(([x, y], i) => {
    const [wantedX, wantedY] = wanted[i]!;
    assert.ok(Math.hypot(x - wantedX, y - wantedY) < 1e-6, `${x}, ${y} instead of ${wantedX}, ${wantedY}`);
  });
}

/** A shape of any kind between 0 and about 100 on both axes. */
export function someShape(random: Random): Shape {
  const [x, y, width, height] = [random() * 60 + 20, random() * 60 + 20, random() * 30 + 2, random() * 30 + 2];
  const points = (count: number): XY[] => Array.from({ length: count }, () => [random() * 100, random() * 100]);
  const side = 2 + Math.floor(random() * 12);
  const choices: Shape[] = [
    { kind: "Point", x, y },
    { kind: "Line", points: points(2 + Math.floor(random() * 5)) },
    { kind: "Box", x, y, width, height },
    { kind: "RotatedBox", x, y, width, height, angle: random() * 360 },
    { kind: "Ellipse", x, y, radius_x: width, radius_y: height, angle: random() * 360 },
    { kind: "Polygon", points: points(3 + Math.floor(random() * 6)), holes: random() < 0.5 ? [points(3)] : [] },
    { kind: "MultiPolygon", parts: [{ kind: "Polygon", points: points(3) }, { kind: "Polygon", points: points(4), holes: [points(3)] }] },
    maskOf(Uint8Array.from({ length: side * side }, () => (random() < 0.5 ? 1 : 0)), Math.floor(x), Math.floor(y), side),
  ];
  return choices[Math.floor(random() * choices.length)]!;
}
