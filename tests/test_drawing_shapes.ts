// Shapes as records have them: corners, boxes around them, what is inside, what a click picks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { area, fromSegment, isInside, picked, touches } from "../imagine_widgets/drawing/hit.ts";
import { covers, maskOf, pixelCount, stretches } from "../imagine_widgets/drawing/masks.ts";
import { bounds, corners, inward, outward, rings, type Shape, type XY } from "../imagine_widgets/drawing/shapes.ts";
import { near, numbers, someShape } from "./drawn_shapes.ts";

const SQUARE: XY[] = [[0, 0], [10, 0], [10, 10], [0, 10]];
const WINDOW: Shape = { kind: "Polygon", points: SQUARE, holes: [[[3, 3], [7, 3], [7, 7], [3, 7]]] };

test("the corners of a turned box go clockwise from where its sides begin", () => {
  const found = corners({ kind: "RotatedBox", x: 10, y: 20, width: 8, height: 4, angle: 90 });
  near(found, [[12, 16], [12, 24], [8, 24], [8, 16]]);
});

test("inward and outward are each other's way back", () => {
  for (const random of numbers(100)) {
    const at = { x: random() * 100, y: random() * 100, angle: random() * 720 - 360 };
    const place: XY = [random() * 500 - 250, random() * 500 - 250];
    near([outward(inward(place, at), at)], [place]);
  }
});

test("the box around a shape holds every place that the shape touches", () => {
  for (const random of numbers(300)) {
    const shape = someShape(random);
    const { left, top, right, bottom } = bounds(shape);
    for (let i = 0; i < 50; i++) {
      const at: XY = [random() * 140 - 20, random() * 140 - 20];
      if (!touches(shape, at, 1e-9)) continue;
      assert.ok(at[0] >= left - 1e-6 && at[0] <= right + 1e-6 && at[1] >= top - 1e-6 && at[1] <= bottom + 1e-6, JSON.stringify(shape));
    }
  }
});

test("the area of a shape is the share of places that are inside it", () => {
  for (const random of numbers(30)) {
    const shape = someShape(random);
    if (shape.kind === "MultiPolygon" || shape.kind === "Polygon" || area(shape) === 0) continue; // may cross themselves
    const { left, top, right, bottom } = bounds(shape);
    let inside = 0;
    const grid = 200;
    for (let i = 0; i < grid * grid; i++) {
      const x = left + ((i % grid) + 0.5) * ((right - left) / grid);
      if (touches(shape, [x, top + (Math.floor(i / grid) + 0.5) * ((bottom - top) / grid)], 0)) inside++;
    }
    const told = (inside / grid ** 2) * (right - left) * (bottom - top);
    assert.ok(Math.abs(told / area(shape) - 1) < 0.05, `${JSON.stringify(shape)}: ${told} and ${area(shape)}`);
  }
});

test("a hole is outside, its rim is not", () => {
  assert.equal(isInside([5, 5], rings(WINDOW)), false);
  assert.equal(isInside([1, 5], rings(WINDOW)), true);
  assert.equal(touches(WINDOW, [5, 5], 1), false);
  assert.equal(touches(WINDOW, [3.5, 5], 1), true);
  assert.equal(area(WINDOW), 84);
});

test("the distance to a stretch ends at its ends", () => {
  assert.equal(fromSegment([5, 3], [0, 0], [10, 0]), 3);
  assert.equal(fromSegment([13, 4], [0, 0], [10, 0]), 5);
  assert.equal(fromSegment([3, 4], [0, 0], [0, 0]), 5);
});

test("of shapes upon another a click means the smallest, and a point wins over all", () => {
  const large = { id: "large", shape: { kind: "Box", x: 0, y: 0, width: 100, height: 100 } as Shape };
  const small = { id: "small", shape: { kind: "Ellipse", x: 50, y: 50, radius_x: 20, radius_y: 10, angle: 30 } as Shape };
  const dot = { id: "dot", shape: { kind: "Point", x: 52, y: 50 } as Shape };
  assert.equal(picked([small, large], [50, 50], 1), small);
  assert.equal(picked([large, small, dot], [50, 50], 3), dot);
  assert.equal(picked([large, small], [5, 5], 1), large);
  assert.equal(picked([large, small], [150, 5], 1), undefined);
});

test("a mask says of each pixel what its bytes say, and becomes the same bytes again", () => {
  for (const random of numbers(50)) {
    const [width, height] = [1 + Math.floor(random() * 12), 1 + Math.floor(random() * 12)];
    const bytes = Uint8Array.from({ length: width * height }, () => (random() < 0.4 ? 1 : 0));
    const mask = maskOf(bytes, 7, 9, width);
    assert.equal(mask.counts.reduce((a, b) => a + b, 0), width * height);
    assert.equal(pixelCount(mask), bytes.reduce((a, b) => a + b, 0));
    const again = new Uint8Array(bytes.length);
    for (const [row, from, to] of stretches(mask)) again.fill(1, (row - 9) * width + from - 7, (row - 9) * width + to - 7);
    assert.deepEqual(again, bytes);
    for (let i = 0; i < bytes.length; i++) {
      assert.equal(covers(mask, [7 + (i % width) + 0.5, 9 + Math.floor(i / width) + 0.5]), bytes[i] === 1);
    }
    assert.equal(covers(mask, [6.9, 9]), false);
  }
});
